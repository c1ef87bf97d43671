"""The tables at the top of a folder: `calls.csv`, `tickets.csv`, `roster.csv` and the others.

A kind's file is `tickets.csv` or `tickets.jsonl`, or a dated drop such as `tickets-2025-11-18.csv`:
drops are read in order of name, and a later one replaces what earlier ones said of the same key.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from pathlib import PurePosixPath
from typing import TypeVar
from zoneinfo import ZoneInfo

from qa.ingest.columns import (
    AGENTS,
    ANSWERS,
    CALLS,
    KINDS,
    NOTICES,
    ROSTER,
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
from qa.ingest.finished import Finished, tell
from qa.ingest.listing_objects import list_object_tables
from qa.ingest.objects import Folder, ObjectFolder
from qa.ingest.roster import roster_entry
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
from qa.ingest.scan import list_tables
from qa.ingest.tables import TABLE_ENDINGS, Report, Row, read_table

_Entry = TypeVar("_Entry")
_NAME = re.compile(
    rf"(?P<kind>{'|'.join(kind.name for kind in KINDS)})(?P<drop>[-_].+)?(?:\.csv|\.jsonl)"
)


def is_table(relative: str) -> bool:
    """Whether a file's name is that of a table."""
    return _NAME.fullmatch(PurePosixPath(relative).name.lower()) is not None


class TablesSource:
    """The tables at the top of a folder.

    Args:
        folder: where they lie.
        zone: of times that are written without one.
        finished: decides which tables may be read now; None takes them as they are.
    """

    def __init__(self, folder: Folder, zone: ZoneInfo, finished: Finished | None = None) -> None:
        self._folder = folder.absolute()
        self._zone = zone
        self._finished = finished
        self._last: tuple[list[FoundFile], list[Issue], Intake] | None = None

    def read(self) -> Intake:
        """Read every table that is there and finished, where one has changed since the last look.

        Raises:
            IngestError: there is no such folder, or it cannot be listed.
        """
        found, issues = _listed(self._folder)
        tables = [file for file in found if is_table(file.relative)]
        waiting = self._finished.waiting(tables, set()) if self._finished else {}
        issues += tell(self._finished, waiting) if self._finished else []
        ready = [table for table in tables if table.relative not in waiting]
        if self._last is None or self._last[:2] != (ready, issues):
            self._last = (ready, list(issues), self._read(ready, issues))
        return self._last[2]

    def _read(self, tables: list[FoundFile], issues: list[Issue]) -> Intake:
        look = _Look(self._zone, tables, issues)
        return Intake(
            origin=str(self._folder),
            calls=tuple(look.calls()),
            tickets=look.keyed(TICKETS, ticket_entry, lambda entry: entry.key, "ticket_id") or (),
            agents=look.keyed(AGENTS, _agent_entry, lambda entry: entry.key, "agent_id") or (),
            answers=look.keyed(ANSWERS, _answers_entry, _answers_key, "call") or (),
            notices=look.keyed(NOTICES, _notice_entry, _notice_key, "notice"),
            stations=look.keyed(STATIONS, _station_entry, lambda entry: entry.compound, "compound"),
            roster=look.keyed(ROSTER, roster_entry, lambda entry: entry, "shift"),
            issues=tuple(issues),
        )


def _listed(folder: Folder) -> tuple[list[FoundFile], list[Issue]]:
    if isinstance(folder, ObjectFolder):
        return list_object_tables(folder)
    return list_tables(folder)


class _Look:
    """One reading of the tables; what is wrong goes to `issues`."""

    def __init__(self, zone: ZoneInfo, tables: list[FoundFile], issues: list[Issue]) -> None:
        self._zone, self._issues = zone, issues
        self._tables = tables

    def calls(self) -> Iterator[CallEntry]:
        """Yield the rows about calls; of a call that several drops name, the last one's."""
        said: dict[Hashable, list[CallEntry]] = {}
        for files in self._generations(CALLS):
            fresh: dict[Hashable, list[CallEntry]] = defaultdict(list)
            for row, report in self._rows(CALLS, files):
                entry = call_entry(row, report, self._zone)
                if entry is not None:  # doubles within one export are the joiner's to tell
                    fresh[entry.call_id or entry.file].append(entry)
            said.update(fresh)
        for entries in said.values():
            yield from entries

    def keyed(
        self,
        kind: TableKind,
        parse: Callable[[Row, Report, ZoneInfo], _Entry | None],
        key_of: Callable[[_Entry], Hashable],
        name: str,
    ) -> tuple[_Entry, ...] | None:
        """Read the entries of a kind, each key once; None where there is no such table."""
        generations = self._generations(kind)
        if not any(generations):
            return None
        entries: dict[Hashable, _Entry] = {}
        for files in generations:
            rows = self._rows(kind, files)
            parsed = ((parse(row, report, self._zone), row, report) for row, report in rows)
            fresh = {key_of(entry): entry for entry in _first_of_each(parsed, key_of, name)}
            entries = {**{k: v for k, v in entries.items() if k not in fresh}, **fresh}
        return tuple(entries.values())

    def _generations(self, kind: TableKind) -> list[list[FoundFile]]:
        """List the plain tables of a kind, then each drop by itself in order of name."""
        plain: list[FoundFile] = []
        drops: list[list[FoundFile]] = []
        for file in self._tables:
            found = _NAME.fullmatch(file.relative.lower())
            if found is None or found["kind"] != kind.name:
                continue
            if found["drop"]:
                drops.append([file])
            else:
                plain.append(file)
        plain.sort(key=lambda file: TABLE_ENDINGS.index(file.path.suffix.lower()))
        return [plain, *drops]

    def _rows(self, kind: TableKind, files: list[FoundFile]) -> Iterator[tuple[Row, Report]]:
        for file in files:
            report = Report(file.relative)
            for row in read_table(file.path, kind, report):
                yield row, report
            self._issues.extend(report.issues)


def _agent_entry(row: Row, report: Report, zone: ZoneInfo) -> RecordEntry | None:
    return record_entry(row, report, "agent_id")


def _answers_entry(row: Row, report: Report, zone: ZoneInfo) -> AnswersEntry | None:
    return answers_entry(row, report)


def _notice_entry(row: Row, report: Report, zone: ZoneInfo) -> NoticeEntry | None:
    return notice_entry(row, report)


def _station_entry(row: Row, report: Report, zone: ZoneInfo) -> StationEntry | None:
    return station_entry(row, report)


def _answers_key(entry: AnswersEntry) -> Hashable:
    return entry.call_id, entry.file


def _notice_key(entry: NoticeEntry) -> Hashable:
    return entry.festival, entry.first_day, entry.last_day


def _first_of_each(
    parsed: Iterable[tuple[_Entry | None, Row, Report]],
    key_of: Callable[[_Entry], Hashable],
    name: str,
) -> Iterator[_Entry]:
    """Pass on the first entry of each key; reject the others with the line of the first."""
    lines: dict[Hashable, tuple[str, int]] = {}
    for entry, row, report in parsed:
        if entry is None:
            continue
        first = lines.setdefault(key_of(entry), (report.file, row.line))
        if first != (report.file, row.line):
            reason = f"the same {name} stands in {first[0]}, line {first[1]}"
            report.reject(row.line, "duplicate_key", reason)
            continue
        yield entry
