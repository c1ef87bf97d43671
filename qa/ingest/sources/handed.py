"""Rows that another program hands in, over the API for example: tickets, keyed answers, agents.

They are read as the rows of a JSON Lines table are: the same names of fields, the same checks.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from zoneinfo import ZoneInfo

from qa.ingest.columns import AGENTS, ANSWERS, TICKETS
from qa.ingest.entries import answers_entry, record_entry, ticket_entry
from qa.ingest.rows import AnswersEntry, Intake, RecordEntry
from qa.ingest.tables import Report, Row, object_row

HandedKind = Literal["tickets", "answers", "agents"]
_KINDS = {kind.name: kind for kind in (TICKETS, ANSWERS, AGENTS)}


class HandedSource:
    """A list of rows of one kind.

    Args:
        kind: `tickets`, `answers` or `agents`.
        rows: objects as `tickets.jsonl` and so on hold them; of two with one key the last counts.
        zone: of times that are written without one.
        origin: who hands them in, for people.
    """

    def __init__(
        self,
        kind: HandedKind,
        rows: Sequence[Mapping[str, Any]],
        zone: ZoneInfo,
        origin: str = "api",
    ) -> None:
        self._kind, self._rows = kind, tuple(rows)
        self._zone, self._origin = zone, origin

    def read(self) -> Intake:
        """Check the rows; `line` of what is rejected is its place in the list, from 1."""
        report = Report(self._origin)
        kind = _KINDS[self._kind]
        checked = [
            row
            for number, value in enumerate(self._rows, start=1)
            if (row := object_row(number, value, kind, report)) is not None
        ]
        issues = report.issues
        if self._kind == "answers":
            answers = {e.call_id: e for e in (_answers(row, report) for row in checked) if e}
            return Intake(self._origin, answers=tuple(answers.values()), issues=tuple(issues))
        records = {e.key: e for e in (self._record(row, report) for row in checked) if e}
        entries = tuple(records.values())
        if self._kind == "tickets":
            return Intake(self._origin, tickets=entries, issues=tuple(issues))
        return Intake(self._origin, agents=entries, issues=tuple(issues))

    def _record(self, row: Row, report: Report) -> RecordEntry | None:
        if self._kind == "tickets":
            return ticket_entry(row, report, self._zone)
        return record_entry(row, report, "agent_id")


def _answers(row: Row, report: Report) -> AnswersEntry | None:
    """Take only rows with a call id: whoever hands them in knows no folder."""
    entry = answers_entry(row, report)
    if entry is not None and entry.call_id is None:
        report.reject(row.line, "no_key", "call_id: the row must name its call")
        return None
    return entry
