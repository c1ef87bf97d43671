"""Count a report's figures, and list the rows behind each."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from qa.review.promises import PromiseState
from qa.review.report_model import (
    FIGURES,
    GROUPINGS,
    MEANS,
    UNKNOWN_GROUP,
    Breakdown,
    Counted,
    Figure,
    Part,
    ReportBody,
    ReportKind,
    ReportRow,
    RowKind,
    mean_of_rows,
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
_OF_TICKETS = ("callbacks_planned", "callbacks_reached", "callbacks_missing")
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
    figures = [_figure(session, wanted, key, promises) for key in FIGURES if known[key]]
    by_key = {one.key: one for one in figures}
    days = wanted.days
    skipped = "day" if days.kind is ReportKind.DAILY else "hour"
    breakdowns = []
    for key, groupings in GROUPINGS.items():
        if known[key] and by_key[key].rows:
            rows = list(_rows(session, wanted, key, promises))
            breakdowns += [_breakdown(key, by, rows) for by in groupings if by != skipped]
    return ReportBody(
        kind=days.kind,
        first=days.first,
        last=days.last,
        team=team,
        timezone=wanted.zone.key,
        terms=wanted.terms,
        figures=tuple(by_key.get(key) or Figure(key, None, 0) for key in FIGURES),
        breakdowns=tuple(breakdowns),
    )


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
    known, found = _known(session, wanted), {}
    figures, breakdowns = [], []
    skipped = "day" if wanted.days.kind is ReportKind.DAILY else "hour"
    for key in FIGURES:
        rows = found[key] = list_rows(session, wanted, key) if known[key] else []
        figures.append(_figure_of(key, rows) if known[key] else Figure(key, None, 0))
    for key, groupings in GROUPINGS.items():
        if found[key]:
            breakdowns += [_breakdown(key, by, found[key]) for by in groupings if by != skipped]
    days = wanted.days
    return ReportBody(
        *(days.kind, days.first, days.last, team, wanted.zone.key, wanted.terms),
        *(tuple(figures), tuple(breakdowns)),
    )


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
    }
    return {key: own.get(key, by_prefix.get(key.split("_")[0], True)) for key in FIGURES}


def _figure(session: Session, wanted: Counted, key: str, promises: list[PromiseLine]) -> Figure:
    if key.startswith("promises") or key in MEANS or key == "repairs_long":
        return _figure_of(key, list(_rows(session, wanted, key, promises)))
    statement = SOURCES[key](wanted).subquery()
    count = session.scalar(select(func.count()).select_from(statement)) or 0
    return Figure(key, count, count)


def _figure_of(key: str, rows: list[ReportRow]) -> Figure:
    if key not in MEANS:
        return Figure(key, len(rows), len(rows))
    return Figure(
        key, mean_of_rows([row.value for row in rows if row.value is not None]), len(rows)
    )


def _breakdown(key: str, by: str, rows: Iterable[ReportRow]) -> Breakdown:
    groups: dict[str, list[ReportRow]] = defaultdict(list)
    for row in rows:
        groups[row.groups.get(by, UNKNOWN_GROUP)].append(row)
    sizes = Counter({name: len(some) for name, some in groups.items()})
    if by in ("hour", "day", "agent"):
        names = sorted(sizes)
    else:
        names = sorted(sizes, key=lambda name: (-sizes[name], name))
    parts = []
    for name in names:
        values = [row.value for row in groups[name] if row.value is not None]
        parts.append(Part(name, sizes[name], mean_of_rows(values) if key in MEANS else None))
    return Breakdown(key, by, tuple(parts))


def _rows(
    session: Session, wanted: Counted, key: str, promises: list[PromiseLine] | None
) -> Iterator[ReportRow]:
    if key.startswith("promises"):
        lines = _promise_rows(session, wanted) if promises is None else promises
        yield from (_promise(line, wanted) for line in lines if _is_of(line, key, wanted))
        return
    statement = SOURCES[key](wanted)
    ordered = statement.order_by(statement.selected_columns["at"], "row_id")
    for row in session.execute(ordered).mappings():
        if key != "repairs_long" or _is_long(row, wanted):
            yield _row(key, row, wanted)


def _is_long(row: Mapping[Any, Any], wanted: Counted) -> bool:
    received, completed = row["received_at"], row["completed_at"]
    if received is None or completed is None:
        return False
    return bool(completed - received > timedelta(hours=wanted.terms.long_hours))


def _row(key: str, row: Mapping[Any, Any], wanted: Counted) -> ReportRow:
    prefix = key.split("_")[0]
    kind = RowKind.TICKET if key in _OF_TICKETS else _KINDS.get(prefix, RowKind.CALL)
    at = row["at"].astimezone(wanted.zone) if row["at"] else None
    label = row["label"] or ""
    groups = {"hour": f"{at:%H}", "day": f"{at:%Y-%m-%d}"} if at else {}
    groups["agent"] = row["agent_id"] or UNKNOWN_GROUP
    if kind is RowKind.TICKET:
        groups |= {"station": label, "fault": _fault(row["problem"])}
    elif prefix == "answers":
        groups["station"] = label
    elif kind is RowKind.DECISION:
        groups["rule"] = label
    elif kind is RowKind.EVENT:
        groups["kind"] = label
    value = float(row["value"]) if row["value"] is not None else None
    if kind is RowKind.TICKET:
        value = _hours(row)
    return ReportRow(
        *(kind, str(row["row_id"]), at, row["agent_id"], row["call_id"], row["ticket_id"]),
        *(label, value, groups),
    )


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
