"""A folder of recordings with its tables: the first kind of source."""

import os
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from qa.errors import IngestError
from qa.ingest.columns import (
    AGENTS,
    ANSWERS,
    CALLS,
    KINDS,
    NOTICES,
    STATIONS,
    TICKETS,
    TableKind,
)
from qa.ingest.entries import (
    answers_entry,
    call_entry,
    notice_entry,
    record_entry,
    station_entry,
    ticket_entry,
)
from qa.ingest.rows import (
    AnswersEntry,
    CallEntry,
    FoundFile,
    Intake,
    Issue,
    NoticeEntry,
    RecordEntry,
    StationEntry,
)
from qa.ingest.tables import Report, Row, read_table

AUDIO_SUFFIXES = frozenset(
    f".{ending}"
    for ending in (
        *("wav", "wave", "mp3", "ogg", "oga", "opus", "m4a", "mp4", "aac", "amr", "awb"),
        *("gsm", "flac", "wma", "au", "aif", "aiff", "webm", "3gp"),
    )
)
_FRESH_S = 2.0
_SETTLE_S = 0.5
_ENDINGS = (".csv", ".jsonl")


class FolderSource:
    """Recordings anywhere below a folder, and the tables (`calls`, `tickets`, …) in it.

    Args:
        folder: the top folder.
        zone: of times that are written without one.
    """

    def __init__(self, folder: Path, zone: ZoneInfo) -> None:
        self._folder = folder.absolute()
        self._zone = zone

    def read(self) -> Intake:
        """Find the recordings and read the tables.

        Raises:
            IngestError: there is no such folder, or it cannot be listed.
        """
        try:
            os.listdir(self._folder)  # noqa: PTH208  # asks the system once, for its own error
        except OSError as error:
            problem = f"cannot be read: {error.strerror}"
            raise IngestError(str(self._folder), problem) from error
        issues: list[Issue] = []
        files = _settled(self._recordings(issues), issues)
        notices, stations = self._notices(issues), self._stations(issues)
        return Intake(
            origin=str(self._folder),
            files=tuple(files),
            calls=tuple(self._calls(issues)),
            tickets=tuple(self._tickets(issues)),
            agents=tuple(self._agents(issues)),
            answers=tuple(self._answers(issues)),
            notices=notices,
            stations=stations,
            issues=tuple(issues),
        )

    def _recordings(self, issues: list[Issue]) -> list[FoundFile]:
        found: list[FoundFile] = []
        unreadable: list[OSError] = []
        for parent, folders, names in os.walk(self._folder, onerror=unreadable.append):
            folders[:] = sorted(f for f in folders if not f.startswith("."))
            for name in sorted(names):
                path = Path(parent, name)
                if name.startswith((".", "~$")):
                    continue
                if Path(parent) != self._folder and _is_table(name):
                    reason = "only tables at the top of the folder are read; ingest this folder too"
                    issues.append(
                        Issue(_shown(path, self._folder), None, False, "deep_table", reason)
                    )
                if path.suffix.lower() in AUDIO_SUFFIXES:
                    found.extend(_found(path, self._folder, issues))
        for error in unreadable:
            shown = _shown(Path(str(error.filename)), self._folder)
            reason = f"the folder cannot be read: {error.strerror}"
            issues.append(Issue(shown, None, True, "unreadable_folder", reason))
        return found

    def _rows(self, kind: TableKind, issues: list[Issue]) -> Iterator[tuple[Row, Report]]:
        for ending in _ENDINGS:
            path = self._folder / f"{kind.name}{ending}"
            if not path.is_file():
                continue
            report = Report(path.name)
            for row in read_table(path, kind, report):
                yield row, report
            issues.extend(report.issues)

    def _calls(self, issues: list[Issue]) -> Iterator[CallEntry]:
        for row, report in self._rows(CALLS, issues):
            entry = call_entry(row, report, self._zone)
            if entry:
                yield entry

    def _tickets(self, issues: list[Issue]) -> Iterator[RecordEntry]:
        rows = self._rows(TICKETS, issues)
        parsed = ((ticket_entry(row, report, self._zone), row, report) for row, report in rows)
        return _first_of_each(parsed, lambda entry: entry.key, "ticket_id")

    def _agents(self, issues: list[Issue]) -> Iterator[RecordEntry]:
        rows = self._rows(AGENTS, issues)
        parsed = ((record_entry(row, report, "agent_id"), row, report) for row, report in rows)
        return _first_of_each(parsed, lambda entry: entry.key, "agent_id")

    def _answers(self, issues: list[Issue]) -> Iterator[AnswersEntry]:
        parsed = ((answers_entry(row, rep), row, rep) for row, rep in self._rows(ANSWERS, issues))
        return _first_of_each(parsed, lambda entry: (entry.call_id, entry.file), "call")

    def _notices(self, issues: list[Issue]) -> tuple[NoticeEntry, ...] | None:
        if not self._has(NOTICES):
            return None
        parsed = ((notice_entry(row, rep), row, rep) for row, rep in self._rows(NOTICES, issues))
        key = lambda entry: (entry.festival, entry.first_day, entry.last_day)  # noqa: E731
        return tuple(_first_of_each(parsed, key, "notice"))

    def _stations(self, issues: list[Issue]) -> tuple[StationEntry, ...] | None:
        if not self._has(STATIONS):
            return None
        parsed = ((station_entry(row, rep), row, rep) for row, rep in self._rows(STATIONS, issues))
        return tuple(_first_of_each(parsed, lambda entry: entry.compound, "compound"))

    def _has(self, kind: TableKind) -> bool:
        return any((self._folder / f"{kind.name}{ending}").is_file() for ending in _ENDINGS)


class _Hashable(Protocol):
    def __hash__(self) -> int: ...


_Entry = TypeVar("_Entry")


def _first_of_each(
    parsed: Iterable[tuple[_Entry | None, Row, Report]],
    key_of: Callable[[_Entry], _Hashable],
    name: str,
) -> Iterator[_Entry]:
    """Pass on the first entry of each key; reject the others with the line of the first."""
    lines: dict[_Hashable, tuple[str, int]] = {}
    for entry, row, report in parsed:
        if entry is None:
            continue
        first = lines.setdefault(key_of(entry), (report.file, row.line))
        if first != (report.file, row.line):
            reason = f"the same {name} stands in {first[0]}, line {first[1]}"
            report.reject(row.line, "duplicate_key", reason)
            continue
        yield entry


def _is_table(name: str) -> bool:
    return name.lower() in {f"{kind.name}{ending}" for kind in KINDS for ending in _ENDINGS}


def _shown(path: Path, folder: Path) -> str:
    """Write a path below the folder as text that can be stored and printed, whatever its bytes."""
    try:
        relative = path.relative_to(folder).as_posix()
    except ValueError:
        relative = path.name
    return relative.encode("utf-8", "backslashreplace").decode()


def _found(path: Path, folder: Path, issues: list[Issue]) -> Iterator[FoundFile]:
    shown = _shown(path, folder)
    try:
        str(path).encode()
    except UnicodeEncodeError:
        reason = "the file name is not UTF-8; rename it (convmv -f gbk -t utf-8 does it for many)"
        issues.append(Issue(shown, None, True, "bad_file_name", reason))
        return
    if not path.is_file():
        if path.is_symlink():
            issues.append(Issue(shown, None, True, "broken_link", "the link leads nowhere"))
        return
    state = path.stat()
    yield FoundFile(path, unicodedata.normalize("NFC", shown), state.st_size, state.st_mtime_ns)


def _settled(files: list[FoundFile], issues: list[Issue]) -> Iterator[FoundFile]:
    """Leave out files that are still being written; they come with the next ingest."""
    now = time.time()
    fresh = [f for f in files if abs(now - f.mtime_ns / 1e9) < _FRESH_S]
    if fresh:
        time.sleep(_SETTLE_S)
    changed = {f.path for f in fresh if not is_unchanged(f)}
    for file in files:
        if file.path in changed:
            reason = "still being written; it is taken in next time"
            issues.append(Issue(file.relative, None, True, "unfinished_file", reason))
        else:
            yield file


def is_unchanged(file: FoundFile) -> bool:
    """Whether a file still has the size and time it was found with."""
    try:
        state = file.path.stat()
    except OSError:
        return False
    return (state.st_size, state.st_mtime_ns) == (file.size_bytes, file.mtime_ns)
