"""What agents promised on the published scorecards, and whether it was kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, case, or_, select
from sqlalchemy.orm import Session

from qa.store.convert import chunks
from qa.store.scorecards import current_scorecards
from qa.store.tables import AgentRow, CallRow, PromiseRow, ScorecardRow, TicketRow
from qa.store.tables_review import CallStatusRow
from qa.types import Scorecard


class PromiseState(StrEnum):
    """What became of a promise, by the completion of the call's ticket.

    `open`: the ticket is not completed yet. `unknown`: no time was named, or the call has no
    ticket, so that nothing tells.
    """

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PromiseFilter:
    """Which promises: all that fit everything given.

    Attributes:
        since, until: of calls that started at or after, and before.
    """

    agent_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    state: PromiseState | None = None


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """One promise.

    Attributes:
        due: the latest moment that fulfils it; None where no time was named.
        completed_at: of the call's ticket.
        overdue: open, and the due time is over.
        quote: the words, as recognised.
    """

    call_id: str
    agent_id: str | None
    agent_name: str | None
    started_at: datetime | None
    ticket_id: str | None
    rule_id: str
    start_ms: int
    end_ms: int
    due: datetime | None
    completed_at: datetime | None
    state: PromiseState
    overdue: bool
    quote: str


_NOTHING_TELLS = or_(PromiseRow.due.is_(None), CallRow.ticket_id.is_(None))
_STATE = case(
    (_NOTHING_TELLS, PromiseState.UNKNOWN.value),
    (TicketRow.completed_at.is_(None), PromiseState.OPEN.value),
    (TicketRow.completed_at <= PromiseRow.due, PromiseState.KEPT.value),
    else_=PromiseState.BROKEN.value,
)


def list_promises(
    session: Session, wanted: PromiseFilter, zone: ZoneInfo, now: datetime
) -> Iterator[PromiseLine]:
    """List the promises of published scorecards: by due time, then by call; those without last."""
    for rows in chunks(session.execute(_promises(wanted)).mappings()):
        cards = current_scorecards(session, sorted({row["call_id"] for row in rows}))
        for row in rows:
            yield _line(dict(row), cards[row["call_id"]], zone, now)


def _promises(wanted: PromiseFilter) -> Select[Any]:
    columns: tuple[Any, ...] = (
        CallRow.call_id,
        CallRow.agent_id,
        AgentRow.name.label("agent_name"),
        CallRow.started_at,
        CallRow.ticket_id,
        PromiseRow.rule_id,
        PromiseRow.position,
        PromiseRow.start_ms,
        PromiseRow.end_ms,
        PromiseRow.due,
        TicketRow.completed_at,
        _STATE.label("state"),
    )
    statement = (
        select(*columns)
        .join(
            ScorecardRow,
            and_(
                ScorecardRow.scorecard_id == PromiseRow.scorecard_id,
                ScorecardRow.is_current.is_(True),
            ),
        )
        .join(CallRow, CallRow.call_id == ScorecardRow.call_id)
        .outerjoin(TicketRow, TicketRow.ticket_id == CallRow.ticket_id)
        .outerjoin(AgentRow, AgentRow.agent_id == CallRow.agent_id)
        .where(CallRow.replaced_by.is_(None))
        .order_by(PromiseRow.due.is_(None), PromiseRow.due, CallRow.call_id, PromiseRow.start_ms)
    )
    if wanted.agent_id is not None:
        statement = statement.where(CallRow.agent_id == wanted.agent_id)
        # The states of calls have an index by agent and time, the calls themselves have none.
        of_agent = [CallStatusRow.agent_id == wanted.agent_id]
        if wanted.since is not None:
            of_agent.append(CallStatusRow.sorted_at >= wanted.since)
        if wanted.until is not None:
            of_agent.append(CallStatusRow.sorted_at < wanted.until)
        same = CallStatusRow.call_id == ScorecardRow.call_id
        statement = statement.join(CallStatusRow, and_(same, *of_agent))
    if wanted.since is not None:
        statement = statement.where(CallRow.started_at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(CallRow.started_at < wanted.until)
    if wanted.state is not None:
        statement = statement.where(_STATE.in_([wanted.state.value]))
    return statement


def _line(row: dict[str, Any], card: Scorecard, zone: ZoneInfo, now: datetime) -> PromiseLine:
    promises = next(x.verdict.promises for x in card.lines if x.rule_id == row["rule_id"])
    state = PromiseState(row["state"])
    local = {
        name: row[name].astimezone(zone) if row[name] else None
        for name in ("started_at", "due", "completed_at")
    }
    return PromiseLine(
        call_id=row["call_id"],
        agent_id=row["agent_id"],
        agent_name=row["agent_name"],
        started_at=local["started_at"],
        ticket_id=row["ticket_id"],
        rule_id=row["rule_id"],
        start_ms=row["start_ms"],
        end_ms=row["end_ms"],
        due=local["due"],
        completed_at=local["completed_at"],
        state=state,
        overdue=state is PromiseState.OPEN and row["due"] < now,
        quote=promises[row["position"]].match.quote,
    )
