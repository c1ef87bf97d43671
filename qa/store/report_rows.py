"""Count a report's figures, and list the rows behind each."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from qa.review.promises import PromiseState, Unclear
from qa.review.report_model import (
    FIGURES,
    GROUPINGS,
    MEANS,
    MET,
    NOT_MET,
    RATES,
    UNKNOWN_GROUP,
    Breakdown,
    Counted,
    Figure,
    Part,
    ReportBody,
    ReportRow,
    RowKind,
    groupings_of,
    mean_of,
)
from qa.scoring.readback.fault_words import FAULTS
from qa.store.promises import PromiseFilter, PromiseLine, list_promises
from qa.store.report_sources import SOURCES
from qa.store.tables import AnswersRow, CallRow, TicketRow
from qa.store.tables_events import EventScanRow

_KINDS = {
    "repairs": RowKind.TICKET,
    "flags": RowKind.DECISION,
    "fines": RowKind.DECISION,
    "appeals": RowKind.APPEAL,
    "checks": RowKind.CHECK,
    "promises": RowKind.PROMISE,
    "events": RowKind.EVENT,
}
_OF_TICKETS = frozenset(
    {"callbacks_planned", "callbacks_reached", "callbacks_missing", "kpi_completed", "kpi_hours"}
)
_WITH_STATION = frozenset({"answers_points", "kpi_satisfied", "kpi_solved"})
_AT_ONCE = 2000
"""Rows fetched at a time, so that a year of calls does not have to fit into memory."""
_FAULTS: Final = {kind: re.compile(words) for kind, words in FAULTS.items()}
OTHER_FAULT = "other"
_PROMISES = {
    "promises_kept": PromiseState.KEPT,
    "promises_broken": PromiseState.BROKEN,
    "promises_open": PromiseState.OPEN,
    "promises_unknown": PromiseState.UNKNOWN,
}


def count_report(session: Session, wanted: Counted, team: str = "") -> ReportBody:
    """Count every figure of a report, and break some of them down."""
    known = _known(session, wanted)
    promises = _promise_rows(session, wanted)
    tallies = {
        key: _tally(session, wanted, key, promises)
        for key in FIGURES
        if known[key] and (key in MEANS or key in GROUPINGS or not _is_counted_by_query(key))
    }

    def figure(key: str) -> Figure:
        if not known[key]:
            return Figure(key, None, 0)
        return tallies[key].figure if key in tallies else _count(session, wanted, key)

    return _body(wanted, team, [figure(key) for key in FIGURES], tallies)


def list_rows(
    session: Session, wanted: Counted, key: str, *, by: str = "", name: str = ""
) -> list[ReportRow]:
    """List the rows behind a figure, or those of one of its groups, in order of time.

    Raises:
        KeyError: no report has such a figure.
    """
    rows = _rows(session, wanted, key, None)
    if by:
        rows = (row for row in rows if row.groups.get(by, UNKNOWN_GROUP) == name)
    return list(rows)


def recount(session: Session, wanted: Counted, team: str = "") -> ReportBody:
    """Count every figure again by listing its rows one by one, not by the queries that count."""
    known = _known(session, wanted)
    tallies = {key: _tally(session, wanted, key, None) for key in FIGURES if known[key]}
    figures = [tallies[key].figure if key in tallies else Figure(key, None, 0) for key in FIGURES]
    return _body(wanted, team, figures, tallies)


def _body(
    wanted: Counted, team: str, figures: list[Figure], tallies: Mapping[str, "_Tally"]
) -> ReportBody:
    days = wanted.days
    return ReportBody(
        kind=days.kind,
        first=days.first,
        last=days.last,
        team=team,
        timezone=wanted.zone.key,
        terms=wanted.terms,
        figures=tuple(figures),
        breakdowns=tuple(
            tallies[key].breakdown(by)
            for key in GROUPINGS
            if key in tallies and tallies[key].rows
            for by in groupings_of(key, days.kind)
        ),
    )


class _Tally:
    """Counts the rows of a figure one by one, and what they are worth, keeping none of them."""

    def __init__(self, key: str, groupings: Iterable[str]) -> None:
        self._key = key
        self._whole = _Sum()
        self._parts: dict[str, dict[str, _Sum]] = {by: defaultdict(_Sum) for by in groupings}

    def add(self, row: ReportRow) -> None:
        """Count one row."""
        self._whole.add(row.value)
        for by, parts in self._parts.items():
            parts[row.groups.get(by, UNKNOWN_GROUP)].add(row.value)

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return self._whole.rows

    @property
    def figure(self) -> Figure:
        """The figure: the mean where it is one, else the number of rows."""
        value = self._whole.mean if self._key in MEANS else self.rows
        return Figure(self._key, value, self.rows)

    def breakdown(self, by: str) -> Breakdown:
        """Give the rows by group, in order of time or number, else the largest first."""
        parts = self._parts[by]
        names = sorted(parts)
        if by not in ("hour", "day", "month", "agent"):
            names.sort(key=lambda name: -parts[name].rows)
        is_mean = self._key in MEANS and by != "met"
        return Breakdown(
            self._key,
            by,
            tuple(
                Part(name, parts[name].rows, parts[name].mean if is_mean else None)
                for name in names
            ),
        )


class _Sum:
    """Rows, and the sum of the values of those that have one."""

    __slots__ = ("_sum", "_values", "rows")

    def __init__(self) -> None:
        self.rows, self._values, self._sum = 0, 0, 0.0

    def add(self, value: float | None) -> None:
        self.rows += 1
        if value is not None:
            self._values, self._sum = self._values + 1, self._sum + value

    @property
    def mean(self) -> float | None:
        return mean_of(self._sum, self._values)


def _known(session: Session, wanted: Counted) -> dict[str, bool]:
    """Say of which figures anything is known: of data that never came, nothing is.

    Data of a kind have come where any of it is as new as the first day. What people did in the
    service itself is always known.
    """

    def has(*conditions: ColumnElement[bool]) -> bool:
        return bool(session.scalar(select(exists().where(*conditions))))

    calls = has(CallRow.started_at >= wanted.since)
    received = has(TicketRow.received_at >= wanted.since)
    completed = has(TicketRow.completed_at >= wanted.since)
    answers = calls and has(
        AnswersRow.call_id == CallRow.call_id, CallRow.started_at >= wanted.since
    )
    by_prefix = {
        **{"repairs": received and completed, "callbacks": completed, "answers": answers},
        **{"calls": calls, "score": calls, "promises": calls},
        "events": calls and bool(session.scalar(select(exists(select(EventScanRow.scan_id))))),
    }
    own = {
        "repairs_received": received,
        "repairs_completed": completed,
        "repairs_untimed": calls,
        "callbacks_done": calls,
        "answers_none": calls,
        "kpi_satisfied": answers,
        "kpi_solved": answers,
        "kpi_complaints": by_prefix["events"],
        "kpi_completed": by_prefix["repairs"],
        "kpi_hours": by_prefix["repairs"],
        "kpi_adopted": by_prefix["events"],
    }
    return {key: own.get(key, by_prefix.get(key.split("_")[0], True)) for key in FIGURES}


def _is_counted_by_query(key: str) -> bool:
    """Whether a query alone can count a figure; what promises are worth only Python tells."""
    return not key.startswith("promises") and key != "repairs_long"


def _count(session: Session, wanted: Counted, key: str) -> Figure:
    statement = SOURCES[key](wanted).subquery()
    count = session.scalar(select(func.count()).select_from(statement)) or 0
    return Figure(key, count, count)


def _tally(
    session: Session, wanted: Counted, key: str, promises: list[PromiseLine] | None
) -> _Tally:
    tally = _Tally(key, groupings_of(key, wanted.days.kind))
    for row in _rows(session, wanted, key, promises):
        tally.add(row)
    return tally


def _rows(
    session: Session, wanted: Counted, key: str, promises: list[PromiseLine] | None
) -> Iterator[ReportRow]:
    if key.startswith("promises"):
        lines = _promise_rows(session, wanted) if promises is None else promises
        yield from (_promise(line, wanted) for line in lines if _is_of(line, key, wanted))
        return
    statement = SOURCES[key](wanted)
    ordered = statement.order_by(statement.selected_columns["at"], "row_id")
    found = session.execute(ordered, execution_options={"yield_per": _AT_ONCE})
    for row in found.mappings():
        if key != "repairs_long" or _is_long(row, wanted):
            yield _row(key, row, wanted)


def _is_long(row: Mapping[Any, Any], wanted: Counted) -> bool:
    received, completed = row["received_at"], row["completed_at"]
    if received is None or completed is None:
        return False
    return bool(completed - received > timedelta(hours=wanted.terms.long_hours))


def _row(key: str, row: Mapping[Any, Any], wanted: Counted) -> ReportRow:
    kind = _kind(key)
    at = row["at"].astimezone(wanted.zone) if row["at"] else None
    label = row["label"] or ""
    groups = {"hour": f"{at:%H}", "day": f"{at:%Y-%m-%d}", "month": f"{at:%Y-%m}"} if at else {}
    groups["agent"] = row["agent_id"] or UNKNOWN_GROUP
    if kind is RowKind.TICKET:
        groups |= {"station": label, "fault": _fault(row["problem"])}
    elif key in _WITH_STATION:
        groups["station"] = label
    elif kind is RowKind.DECISION:
        groups["rule"] = label
    elif kind is RowKind.EVENT:
        groups["kind"] = label
    value = float(row["value"]) if row["value"] is not None else None
    if key in RATES:
        groups["met"] = MET if value else NOT_MET
    elif kind is RowKind.TICKET:
        value = _hours(row)
    return ReportRow(
        *(kind, str(row["row_id"]), at, row["agent_id"], row["call_id"], row["ticket_id"]),
        *(label, value, groups),
    )


def _kind(key: str) -> RowKind:
    if key in _OF_TICKETS:
        return RowKind.TICKET
    return RowKind.EVENT if key == "kpi_adopted" else _KINDS.get(key.split("_")[0], RowKind.CALL)


def _hours(row: Mapping[Any, Any]) -> float | None:
    """Return how long a repair took, in hours; None where nobody told."""
    if row["received_at"] is None or row["completed_at"] is None:
        return None
    took: timedelta = row["completed_at"] - row["received_at"]
    return round(took.total_seconds() / 3600, 1)


def _fault(problem: str | None) -> str:
    """Sort what a ticket says is wrong, by the words that the read-back rules know."""
    if not problem:
        return UNKNOWN_GROUP
    return next((kind for kind, words in _FAULTS.items() if words.search(problem)), OTHER_FAULT)


def _promise_rows(session: Session, wanted: Counted) -> list[PromiseLine]:
    asked = PromiseFilter(since=wanted.since, until=wanted.until, scope=wanted.scope)
    return list(list_promises(session, asked, wanted.zone, wanted.until))


def _is_of(line: PromiseLine, key: str, wanted: Counted) -> bool:
    if key == "promises_overdue":
        return line.overdue
    if key == "promises_no_ticket":
        return line.unclear is Unclear.NO_TICKET
    state = _PROMISES.get(key)
    return state is None or line.state is state


def _promise(line: PromiseLine, wanted: Counted) -> ReportRow:
    return ReportRow(
        kind=RowKind.PROMISE,
        row_id=f"{line.call_id}:{line.rule_id}:{line.start_ms}",
        at=line.due or line.started_at,
        agent_id=line.agent_id,
        call_id=line.call_id,
        ticket_id=line.ticket_id,
        label=line.state.value,
        value=None,
        groups={"agent": line.agent_id or UNKNOWN_GROUP},
    )
