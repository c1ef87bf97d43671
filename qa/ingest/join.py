"""Put together what is said of each call, and its recording file."""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

from qa.ingest.matching import FileIndex, match_by_time
from qa.ingest.objects import is_object
from qa.ingest.rows import AnswersEntry, CallEntry, FoundFile, Intake, Issue, Voice


@dataclass(frozen=True, slots=True)
class JoinedCall:
    """A call with its recording, or one of the two.

    Attributes:
        derived: the id comes from the file's name, whole or by a pattern; another call may have it
            already, and firmer rows may name the call otherwise.
        values: what the firmest voice that knows says, by field; who the agent was stands in
            `claims`. None for a recording without metadata.
        claims: who answered, by voice; None for a voice that spoke of the call, but not of that.
        source: the source in the settings; None for a folder named on the command line.
    """

    call_id: str
    derived: bool
    file: FoundFile | None
    values: Mapping[str, Any] | None
    claims: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    source: str | None = None


@dataclass(slots=True)
class _Group:
    """Rows that speak of one call, the firmest voice first."""

    entries: list[CallEntry]
    file: FoundFile | None

    def ids(self) -> set[str]:
        """Every id that its rows know it by."""
        named = {entry.call_id for entry in self.entries if entry.call_id}
        return named.union(*(entry.aliases for entry in self.entries))


def join(intake: Intake) -> tuple[tuple[JoinedCall, ...], tuple[Issue, ...]]:
    """Match rows to files: by relative path, then by a name that only one file has.

    A row without a file takes the one whose name, without its ending, is the call id; a call record
    takes the one whose name holds one of its ids, or else the one that began when it did, with the
    same caller. Of two rows of one voice with one call id or one file the first counts; the other
    is rejected. Rows of different voices about one call are put together. A recording without a row
    is a call too, named after its file: by the name alone where it is the only one, else by the
    path.

    Returns:
        Calls in the order of the rows, then the recordings without metadata in order of path; and
        what was rejected.
    """
    joiner = _Joiner(intake.files, intake.calls)
    for voice in Voice:
        joiner.add([entry for entry in intake.calls if entry.voice is voice])
    groups = joiner.groups()
    namer = _Namer(joiner, {name for name in map(_named, groups) if name})
    calls = [_joined(group, namer, intake.source) for group in groups]
    taken = {group.file.relative for group in groups if group.file}
    for file in intake.files:
        if file.relative not in taken:
            call_id = namer.id_from(file.relative)
            calls.append(JoinedCall(call_id, True, file, None, source=intake.source))
    return tuple(calls), tuple(joiner.issues)


def _named(group: _Group) -> str | None:
    """Find the id that the firmest voice gives."""
    return next((entry.call_id for entry in group.entries if entry.call_id), None)


class _Namer:
    """Names calls after their files, so that no two calls of one look are called the same.

    Args:
        used: ids that rows give; a recording must not fall to a call that merely is called so.
    """

    def __init__(self, joiner: "_Joiner", used: set[str]) -> None:
        self._joiner, self._used = joiner, used

    def id_from(self, path: str) -> str:
        """Name a call after a path; where that is taken, with a piece of the path's hash."""
        call_id = self._joiner.id_from(path)
        if not call_id or call_id in self._used:
            call_id = f"{call_id[-190:]}-{sha256(path.encode()).hexdigest()[:8]}"
        self._used.add(call_id)
        return call_id


def _joined(group: _Group, namer: _Namer, source: str | None) -> JoinedCall:
    values: dict[str, Any] = {}
    claims: dict[str, tuple[str, ...] | None] = {}
    for entry in group.entries:
        claims[entry.voice.value] = entry.claimed_agents
        for name, value in entry.values.items():
            if name != "agent_id" and values.get(name) is None:
                values[name] = value
    giver = next((entry for entry in group.entries if entry.call_id), None)
    derived = giver is None or giver.voice is Voice.NAME
    path = next((entry.file for entry in group.entries if entry.file), "")
    call_id = _named(group) or namer.id_from(
        group.file.relative if group.file else normal_path(path)
    )
    return JoinedCall(call_id, derived, group.file, values, claims, source)


def _below(origin: str, relative: str) -> str:
    """Write where a file of a source lay; an address in S3 storage keeps its two slashes."""
    if is_object(origin):
        return f"{origin}/{relative}"
    return str(PurePosixPath(origin, relative))


def paths_of_answers(intake: Intake) -> Iterator[tuple[AnswersEntry, str | None]]:
    """Give each row of keyed answers the path of the recording that it names, if it names one.

    A recording that is no longer in the folder has the path that it had there.
    """
    index = FileIndex(intake.files)
    for entry in intake.answers:
        if entry.file is None:
            yield entry, None
            continue
        named = index.named(normal_path(entry.file))
        gone = _below(intake.origin, normal_path(entry.file))
        yield entry, str(named[0].path) if len(named) == 1 else gone


class _Joiner:
    """Holds which file and which call id each row has taken."""

    def __init__(self, files: Sequence[FoundFile], rows: Sequence[CallEntry]) -> None:
        self.issues: list[Issue] = []
        self._index = FileIndex(files)
        self._groups: list[_Group] = []
        self._by_file: dict[str, _Group] = {}
        self._by_id: dict[str, _Group] = {}
        self._legs: list[CallEntry] = []
        missing = {normal_path(row.file) for row in rows if row.file} - self._index.paths
        unnamed = {name for name in missing if not self._index.named(name)}
        names = (*self._index.paths, *unnamed)
        self._stems = Counter(PurePosixPath(name).stem for name in names)

    def add(self, rows: Sequence[CallEntry]) -> None:
        """Take the rows of one voice in: first those that name their file, so that no id takes it.

        A transferred call of which several parts were recorded is as many calls.
        """
        voice = _Voice()
        placed: dict[int, tuple[CallEntry, FoundFile | None]] = {}
        by_certainty = sorted(enumerate(rows), key=lambda item: item[1].file is None)
        for number, row in by_certainty:
            if self._accepts(row, voice):
                placed[number] = (row, self._claim(row, voice))
        for number in sorted(placed):
            row, file = placed[number]
            recorded = [leg for leg in row.legs if self._index.with_ids(_ids(leg))]
            if file is None and len(recorded) > 1:
                self.add([leg for leg in row.legs if leg in recorded])
            else:
                self._put(row, file)

    def groups(self) -> list[_Group]:
        """Return the calls, once all rows are in."""
        lonely = [g for g in self._groups if g.file is None and _has(g, Voice.CDR)]
        heard = [g for g in self._groups if g.file is not None and not _has(g, Voice.CDR)]
        for record, recorded in match_by_time(lonely, heard):
            self._unite(record, recorded)
        return [group for group in self._groups if group.entries]

    def _accepts(self, row: CallEntry, voice: "_Voice") -> bool:
        """Whether the row may stand; otherwise it is reported."""
        if row.call_id is not None:
            other = voice.ids.setdefault(row.call_id, row)
            if other is not row:
                self._reject(row, "duplicate_call", "the same call id stands", other)
                return False
        if row.file is None:
            return True
        named = self._index.named(normal_path(row.file))
        if len(named) > 1:
            reason = f"{len(named)} recordings have this name; write the path below the folder"
            self.issues.append(Issue(row.table, row.line or None, True, "ambiguous_file", reason))
            return False
        key = named[0].relative if named else normal_path(row.file)
        other = voice.files.setdefault(key, row)
        if other is not row:
            self._reject(row, "duplicate_file", "the same recording stands", other)
            return False
        return True

    def _claim(self, row: CallEntry, voice: "_Voice") -> FoundFile | None:
        """Give an accepted row its recording, if there is one."""
        if row.file is not None:
            named = self._index.named(normal_path(row.file))
            return named[0] if named else None
        same = self._index.called(normal_path(row.call_id or ""))
        same = same or self._index.with_ids(_ids(row) if row.aliases else ())
        if len(same) > 1 and row.aliases and not row.legs:
            reason = f"{len(same)} recordings have an id of this call in their names: none is taken"
            self.issues.append(Issue(row.table, row.line or None, False, "ambiguous_file", reason))
        if len(same) != 1 or same[0].relative in voice.files:
            return None
        voice.files[same[0].relative] = row
        return same[0]

    def _put(self, row: CallEntry, file: FoundFile | None) -> None:
        """Put a row to the call that firmer voices know by its file or its ids, or make one."""
        by_file = self._by_file.get(file.relative) if file else None
        known = (self._by_id.get(name) for name in sorted(_ids(row)))
        by_id = next((group for group in known if group), None)
        group = by_file or by_id
        if group is None:
            self._groups.append(group := _Group([], None))
        elif by_file and by_id and by_file is not by_id:
            if by_file.file and by_id.file:
                reason = "its file belongs to one call and its id to another, as firmer rows say"
                self.issues.append(
                    Issue(row.table, row.line or None, True, "contradiction", reason)
                )
                return
            group = self._unite(by_id, by_file)
        elif file and group.file and group.file is not file:
            reason = "another recording belongs to the call with this id, as firmer rows say"
            self.issues.append(Issue(row.table, row.line or None, True, "contradiction", reason))
            return
        group.entries.append(row)
        group.file = group.file or file
        self._note(group)

    def _unite(self, one: _Group, other: _Group) -> _Group:
        """Make one call of two; the first in order stays."""
        order = list(Voice)
        one.entries = sorted(one.entries + other.entries, key=lambda e: order.index(e.voice))
        one.file = one.file or other.file
        other.entries = []
        other.file = None
        self._note(one)
        return one

    def _note(self, group: _Group) -> None:
        if group.file:
            self._by_file[group.file.relative] = group
        self._by_id.update(dict.fromkeys(group.ids(), group))

    def id_from(self, name: str) -> str:
        """Name a call after its file: without folder where no other file is called so."""
        pure = PurePosixPath(name)
        stem = pure.stem
        if self._stems[stem] > 1 and pure.name:
            stem = pure.with_suffix("").as_posix()
        return stem[-200:]

    def _reject(self, row: CallEntry, code: str, reason: str, other: CallEntry) -> None:
        place = f"{reason} in {other.table}" + (f", line {other.line}" if other.line else "")
        self.issues.append(Issue(row.table, row.line or None, True, code, place))


@dataclass(slots=True)
class _Voice:
    """What the rows of one voice have taken."""

    ids: dict[str, CallEntry] = field(default_factory=dict)
    files: dict[str, CallEntry] = field(default_factory=dict)


def _has(group: _Group, voice: Voice) -> bool:
    return any(entry.voice is voice for entry in group.entries)


def _ids(row: CallEntry) -> set[str]:
    return {*row.aliases, *([row.call_id] if row.call_id else [])}


def normal_path(text: str) -> str:
    """Write a path as the files are listed: NFC, with `/`, without a leading `./`."""
    path = unicodedata.normalize("NFC", text).replace("\\", "/")
    return path.removeprefix("./")
