"""Put each row about a call together with its recording file."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from qa.ingest.rows import AnswersEntry, CallEntry, FoundFile, Intake, Issue


@dataclass(frozen=True, slots=True)
class JoinedCall:
    """A call with its recording, or one of the two.

    Attributes:
        derived: the id comes from the file's name; another call may have it already.
        values: None for a recording without metadata.
    """

    call_id: str
    derived: bool
    file: FoundFile | None
    values: Mapping[str, Any] | None


def join(intake: Intake) -> tuple[tuple[JoinedCall, ...], tuple[Issue, ...]]:
    """Match rows to files: by relative path, then by a name that only one file has.

    A row without a file takes the one whose name, without its ending, is the call id. Of two rows
    with one call id or one file the first counts; the other is rejected. A recording without a row
    is a call too, named after its file: by the name alone where it is the only one, else by the
    path.

    Returns:
        Calls in the order of the rows, then the recordings without metadata in order of path; and
        what was rejected.
    """
    joiner = _Joiner(intake.files, intake.calls)
    matched: dict[int, FoundFile | None] = {}
    # Rows that name their file choose first, so that no id takes a file away from them.
    by_certainty = sorted(enumerate(intake.calls), key=lambda item: item[1].file is None)
    for number, row in by_certainty:
        if joiner.accepts(row):
            matched[number] = joiner.claim(row)
    calls = []
    for number in sorted(matched):
        row, file = intake.calls[number], matched[number]
        name = file.relative if file else _normal(row.file or "")
        call_id = row.call_id or joiner.id_from(name)
        calls.append(JoinedCall(call_id, row.call_id is None, file, row.values))
    for file in intake.files:
        if file.relative not in joiner.claimed:
            calls.append(JoinedCall(joiner.id_from(file.relative), True, file, None))
    return tuple(calls), tuple(joiner.issues)


def paths_of_answers(intake: Intake) -> Iterator[tuple[AnswersEntry, str | None]]:
    """Give each row of keyed answers the path of the recording that it names, if it names one.

    A recording that is no longer in the folder has the path that it had there.
    """
    joiner = _Joiner(intake.files, ())
    for entry in intake.answers:
        if entry.file is None:
            yield entry, None
            continue
        named = joiner.named(entry.file)
        gone = PurePosixPath(intake.origin, _normal(entry.file))
        yield entry, str(named[0].path) if len(named) == 1 else str(gone)


class _Joiner:
    """Holds which file and which call id each row has taken."""

    def __init__(self, files: Sequence[FoundFile], rows: Sequence[CallEntry]) -> None:
        self.issues: list[Issue] = []
        self.claimed: dict[str, CallEntry] = {}
        self._ids: dict[str, CallEntry] = {}
        self._by_path = {file.relative: file for file in files}
        self._by_name: dict[str, list[FoundFile]] = defaultdict(list)
        self._by_stem: dict[str, list[FoundFile]] = defaultdict(list)
        for file in files:
            self._by_name[PurePosixPath(file.relative).name].append(file)
            self._by_stem[PurePosixPath(file.relative).stem].append(file)
        missing = {_normal(row.file) for row in rows if row.file} - self._by_path.keys()
        unnamed = {name for name in missing if PurePosixPath(name).name not in self._by_name}
        self._stems = Counter(PurePosixPath(n).stem for n in (*self._by_path, *unnamed))

    def accepts(self, row: CallEntry) -> bool:
        """Whether the row may stand; otherwise it is reported."""
        if row.call_id is not None:
            other = self._ids.setdefault(row.call_id, row)
            if other is not row:
                self._reject(row, "duplicate_call", "the same call id stands", other)
                return False
        if row.file is None:
            return True
        named = self.named(row.file)
        if len(named) > 1:
            reason = f"{len(named)} recordings have this name; write the path below the folder"
            self.issues.append(Issue(row.table, row.line, True, "ambiguous_file", reason))
            return False
        key = named[0].relative if named else _normal(row.file)
        other = self.claimed.setdefault(key, row)
        if other is not row:
            self._reject(row, "duplicate_file", "the same recording stands", other)
            return False
        return True

    def claim(self, row: CallEntry) -> FoundFile | None:
        """Give an accepted row its recording, if there is one."""
        if row.file is not None:
            named = self.named(row.file)
            return named[0] if named else None
        same = self._by_stem.get(_normal(row.call_id or ""), [])
        if len(same) != 1 or same[0].relative in self.claimed:
            return None
        self.claimed[same[0].relative] = row
        return same[0]

    def id_from(self, name: str) -> str:
        """Name a call after its file: without folder where no other file is called so."""
        pure = PurePosixPath(name)
        stem = pure.stem if self._stems[pure.stem] < 2 else pure.with_suffix("").as_posix()
        return stem[-200:]

    def named(self, text: str) -> list[FoundFile]:
        """Find the files that a row means: by path, else by name."""
        path = _normal(text)
        exact = self._by_path.get(path)
        return [exact] if exact else self._by_name.get(PurePosixPath(path).name, [])

    def _reject(self, row: CallEntry, code: str, reason: str, other: CallEntry) -> None:
        place = f"{reason} in {other.table}, line {other.line}"
        self.issues.append(Issue(row.table, row.line, True, code, place))


def _normal(text: str) -> str:
    """Write a path as the files are listed: NFC, with `/`, without a leading `./`."""
    path = unicodedata.normalize("NFC", text).replace("\\", "/")
    return path.removeprefix("./")
