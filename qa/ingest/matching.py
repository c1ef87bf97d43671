"""Find the recording that a row means: by path, name, an id inside the name, or caller and time."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Protocol, TypeVar

from qa.ingest.rows import CallEntry, FoundFile

WINDOW = timedelta(seconds=10)
"""A recording begins at most so long before or after the call record says that the call began."""
CALLER_DIGITS = 8
"""Last digits of a number that must be equal: exchanges write area codes in different ways."""
# What telephone systems name calls by: Asterisk's uniqueid (with or without the system's name
# before it) and FreeSWITCH's UUID.
_ID = re.compile(
    r"\d{9,11}\.\d{1,10}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    re.IGNORECASE,
)


class FileIndex:
    """Recordings by what rows call them."""

    def __init__(self, files: Sequence[FoundFile]) -> None:
        self._by_path = {file.relative: file for file in files}
        self._by_name: dict[str, list[FoundFile]] = defaultdict(list)
        self._by_stem: dict[str, list[FoundFile]] = defaultdict(list)
        self._by_id: dict[str, list[FoundFile]] = defaultdict(list)
        for file in files:
            name = file.relative.rpartition("/")[2]
            stem = PurePosixPath(name).stem
            self._by_name[name].append(file)
            self._by_stem[stem].append(file)
            for found in _ID.findall(stem):
                self._by_id[found.lower()].append(file)

    @property
    def paths(self) -> Set[str]:
        """Relative paths."""
        return self._by_path.keys()

    def named(self, path: str) -> list[FoundFile]:
        """Find the files that a path means: the very one, else those of this name."""
        exact = self._by_path.get(path)
        return [exact] if exact else self._by_name.get(PurePosixPath(path).name, [])

    def called(self, stem: str) -> list[FoundFile]:
        """Find the files with this name, but for the ending."""
        return self._by_stem.get(stem, [])

    def with_ids(self, ids: Iterable[str]) -> list[FoundFile]:
        """Find the files that have one of these ids in their names, each once."""
        found = {
            file.relative: file
            for name in ids
            for key in _ID.findall(name)
            for file in self._by_id.get(key.lower(), ())
        }
        return list(found.values())


class _HasEntries(Protocol):
    @property
    def entries(self) -> list[CallEntry]: ...


_Group = TypeVar("_Group", bound=_HasEntries)


def match_by_time(
    records: Sequence[_Group], recorded: Sequence[_Group]
) -> Iterator[tuple[_Group, _Group]]:
    """Pair call records with recordings of the same caller that began when they did.

    Only where it is the one candidate on both sides: two calls of one number within seconds are
    left apart, for a person.
    """
    by_caller: dict[str, list[tuple[datetime, _Group]]] = defaultdict(list)
    for group in recorded:
        for caller, moment in _keys(group):
            by_caller[caller].append((moment, group))
    forth: dict[int, list[_Group]] = {}
    back: dict[int, list[_Group]] = defaultdict(list)
    for record in records:
        near = {
            id(group): group
            for caller, moment in _keys(record)
            for other, group in by_caller.get(caller, ())
            if abs(other - moment) <= WINDOW
        }
        forth[id(record)] = list(near.values())
        for group in near.values():
            back[id(group)].append(record)
    for record in records:
        near_by = forth[id(record)]
        if len(near_by) == 1 and len(back[id(near_by[0])]) == 1:
            yield record, near_by[0]


def _keys(group: _HasEntries) -> Iterator[tuple[str, datetime]]:
    for entry in group.entries:
        digits = re.sub(r"\D", "", str(entry.values.get("caller_number") or ""))
        if digits:
            for moment in entry.moments:
                yield digits[-CALLER_DIGITS:], moment
