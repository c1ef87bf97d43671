"""What the store knows of some calls while more is learnt of them: ids, files, values, claims."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from qa.ingest.join import JoinedCall
from qa.store.attributing import merge_claims
from qa.store.convert import CALL_COLUMNS, chunks, row_values
from qa.store.tables import CallRow, FileRow

_KEPT_APART = ("call_id", "path", "recording_id", "replaced_by", "context", "named_by_file")


class KnownCalls:
    """The rows of some calls, to which what is new is added one call at a time.

    Args:
        recordings: recording id by path, for every file of the source.

    Attributes:
        before: the rows as they were, by call id.
    """

    def __init__(
        self, session: Session, calls: Sequence[JoinedCall], recordings: Mapping[str, str]
    ) -> None:
        ids = [call.call_id for call in calls]
        ids += [_longer_id(c, recordings) for c in calls if c.derived and c.file]
        paths = [str(call.file.path) for call in calls if call.file]
        hashes = [recordings[str(c.file.path)] for c in calls if c.file and c.derived]
        self._recordings = recordings
        self._rows: dict[str, dict[str, Any]] = {}
        keys = ((CallRow.call_id, ids), (CallRow.path, paths), (CallRow.recording_id, hashes))
        for column, wanted in keys:
            for some in chunks(wanted):
                for row in session.scalars(select(CallRow).where(column.in_(some))):
                    self._rows[row.call_id] = row_values(row)
        self.before = {call_id: dict(row) for call_id, row in self._rows.items()}
        self._by_path: dict[str, list[str]] = defaultdict(list)
        self._by_recording: dict[str, list[str]] = defaultdict(list)
        for call_id, values in self._rows.items():
            if values["path"] and not values["replaced_by"]:
                self._by_path[values["path"]].append(call_id)
                self._by_recording[values["recording_id"] or ""].append(call_id)
        self._present = set(recordings) | _stored(session, list(self._by_path))

    def updated(self, call: JoinedCall) -> list[tuple[str, dict[str, Any]]]:
        """Take in one call; return the rows that it touches, by call id."""
        path = str(call.file.path) if call.file else None
        same_file = self._by_path[path] if path else []
        call_id = self._own_id(call, same_file)
        row = self._rows.setdefault(call_id, _blank(call_id, named_by_file=call.derived))
        touched = [(call_id, row)]
        row["replaced_by"] = None
        if not call.derived:
            row["named_by_file"] = False
        if call.source is not None and not row["source"]:
            row["source"] = call.source
        if call.values is not None:
            row.update({k: v for k, v in call.values.items() if v is not None or k != "source"})
            merge_claims(row, call.claims)  # first: a row with metadata has claims already
            row["has_metadata"] = True
        if path:
            row["path"], row["recording_id"] = path, self._recordings[path]
            for other in same_file:  # the recording came first, its metadata names it otherwise
                if other != call_id and self._is_provisional(other):
                    self._take_over(row, self._rows[other])
                    touched.append((other, self._rows[other]))
            if call_id not in same_file:
                same_file.append(call_id)
        return touched

    def _is_provisional(self, call_id: str) -> bool:
        row = self._rows[call_id]
        return row["named_by_file"] or not row["has_metadata"]

    def _take_over(self, row: dict[str, Any], other: dict[str, Any]) -> None:
        """Let a call with an id of its own replace one that was named after the file."""
        other["replaced_by"] = row["call_id"]
        for name, value in other.items():
            if name not in _KEPT_APART and row[name] is None:
                row[name] = value

    def _own_id(self, call: JoinedCall, same_file: Sequence[str]) -> str:
        """Choose the call's id; one taken from a file's name must not run into another call's."""
        if not call.derived:
            return call.call_id
        active = [i for i in same_file if not self._rows[i]["replaced_by"]]
        if active:
            return active[0]
        if call.file is None:
            return call.call_id
        recording_id = self._recordings[str(call.file.path)]
        renamed = self._renamed(recording_id) if call.file.size_bytes else []
        if len(renamed) == 1:
            return renamed[0]
        other = self._rows.get(call.call_id)
        if other is None or other["path"] is None or other["recording_id"] == recording_id:
            return call.call_id  # it is new, or the file was moved
        return _longer_id(call, self._recordings)

    def _renamed(self, recording_id: str) -> list[str]:
        """Find the calls of these bytes whose file is gone: this is theirs by another name."""
        return [
            call_id
            for call_id in self._by_recording.get(recording_id, ())
            if self._rows[call_id]["path"] not in self._present
            and not self._rows[call_id]["replaced_by"]
        ]


def _stored(session: Session, paths: Sequence[str]) -> set[str]:
    """Find which paths are files that a source has, as of its last look."""
    found: set[str] = set()
    for some in chunks(paths):
        found.update(session.scalars(select(FileRow.path).where(FileRow.path.in_(some))))
    return found


def _longer_id(call: JoinedCall, recordings: Mapping[str, str]) -> str:
    if call.file is None:
        return call.call_id
    return f"{call.call_id[:190]}-{recordings[str(call.file.path)][:8]}"


def _blank(call_id: str, *, named_by_file: bool) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(CALL_COLUMNS)
    return {**empty, "call_id": call_id, "has_metadata": False, "named_by_file": named_by_file}
