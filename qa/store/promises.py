"""What agents promised on the published scorecards, and whether it was kept."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, RowMapping, Select, and_, bindparam, select
from sqlalchemy.orm import Session

from qa.records import Scope
from qa.review.promises import PromiseState, TicketTimes, Unclear, fate_of
from qa.store.convert import chunks
from qa.store.scope import call_in_scope
from qa.store.scorecards import current_scorecards
from qa.store.selections import form_of_scope
from qa.store.tables import AgentRow, CallRow, PromiseRow, ScorecardRow, TicketRow
from qa.store.tables_reports import PromiseRulingRow
from qa.store.tables_review import CallStatusRow
from qa.types import Scorecard


@dataclass(frozen=True, slots=True)
class PromiseFilter:
    """Which promises: all that fit everything given.

    Attributes:
        since, until: of calls that started at or after, and before.
        scope: whose calls; None for everybody's.
        overdue: only open ones whose due time is over.
        unclear: only those of which nothing tells, for this reason.
    """

    agent_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    state: PromiseState | None = None
    scope: Scope | None = None
    overdue: bool = False
    call_id: str | None = None
    unclear: Unclear | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a person says became of a promise; `state` is None where that was taken back."""

    state: PromiseState | None
    reason: str
    ruled_by: int
    ruled_at: datetime


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """One promise.

    Attributes:
        due: the latest moment that fulfils it; None where no time was named.
        contacted_at, arrived_at, completed_at: of the call's ticket; None where it does not tell.
        state: what a person said became of it, else what the ticket's times tell.
        by_ticket: what the ticket's times tell, whatever a person said.
        unclear: why the ticket tells nothing; None where it tells, or a person said.
        overdue: open, and the due time is over.
        quote: the words, as recognised.
        rulings: what people said, the oldest first.
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
    by_ticket: PromiseState = PromiseState.UNKNOWN
    contacted_at: datetime | None = None
    arrived_at: datetime | None = None
    rulings: tuple[Ruling, ...] = ()
    unclear: Unclear | None = None


_PLACES: dict[str, Any] = {
    name: bindparam(f"wanted_{name}") for name in ("agent_id", "since", "until", "call_id")
}


def list_promises(
    session: Session, wanted: PromiseFilter, zone: ZoneInfo, now: datetime
) -> Iterator[PromiseLine]:
    """List the promises of published scorecards: by due time, then by call; those without last."""
    form, values = _form_of(wanted)
    for rows in chunks(session.execute(_ordered(form), values).mappings()):
        yield from (line for line in _lines(session, rows, zone, now) if is_wanted(line, wanted))


def _form_of(wanted: PromiseFilter) -> tuple[PromiseFilter, dict[str, Any]]:
    """Give what the statement is kept under, and the values to run it with."""
    scope, values = form_of_scope(wanted.scope) if wanted.scope is not None else (None, {})
    given = {name: getattr(wanted, name) for name in _PLACES}
    given = {name: value for name, value in given.items() if value is not None}
    form = PromiseFilter(scope=scope, **{name: _PLACES[name] for name in given})
    return form, values | {_PLACES[name].key: value for name, value in given.items()}


@lru_cache(maxsize=64)
def _ordered(wanted: PromiseFilter) -> Select[Any]:
    return _promises(wanted).order_by(
        PromiseRow.due.is_(None), PromiseRow.due, CallRow.call_id, PromiseRow.start_ms
    )


def promises_of(
    session: Session, call_ids: Sequence[str], zone: ZoneInfo, now: datetime
) -> dict[str, list[PromiseLine]]:
    """List the promises of some calls, those of each in order of time; for lists page by page."""
    found: dict[str, list[PromiseLine]] = defaultdict(list)
    # By the scorecards' index, for the promises themselves have none by call.
    wanted = _promises(PromiseFilter()).where(ScorecardRow.call_id.in_(call_ids))
    rows = session.execute(wanted.order_by(PromiseRow.start_ms, PromiseRow.rule_id)).mappings()
    for line in _lines(session, list(rows), zone, now):
        found[line.call_id].append(line)
    return found


def is_wanted(line: PromiseLine, wanted: PromiseFilter) -> bool:
    """Whether a promise fits what only its words and its ticket tell."""
    return (
        wanted.state in (None, line.state)
        and wanted.unclear in (None, line.unclear)
        and (line.overdue or not wanted.overdue)
    )


def _lines(
    session: Session, rows: Sequence[RowMapping], zone: ZoneInfo, now: datetime
) -> Iterator[PromiseLine]:
    call_ids = sorted({row["call_id"] for row in rows})
    cards = current_scorecards(session, call_ids)
    rulings = _rulings(session, call_ids)
    for row in rows:
        own = rulings.get((row["call_id"], row["rule_id"]), ())
        yield _line(dict(row), cards[row["call_id"]], own, (zone, now))


def _rulings(
    session: Session, call_ids: Sequence[str]
) -> dict[tuple[str, str], list[PromiseRulingRow]]:
    found: dict[tuple[str, str], list[PromiseRulingRow]] = defaultdict(list)
    for row in session.scalars(_rulings_on(), {"call_ids": call_ids}):
        found[row.call_id, row.rule_id].append(row)
    return found


@cache
def _rulings_on() -> Select[PromiseRulingRow]:
    wanted: BindParameter[Any] = bindparam("call_ids", expanding=True)
    on_calls = PromiseRulingRow.call_id.in_(wanted)
    return select(PromiseRulingRow).where(on_calls).order_by(PromiseRulingRow.ruling_id)


def _promises(wanted: PromiseFilter) -> Select[Any]:
    columns: tuple[Any, ...] = (
        CallRow.call_id,
        CallRow.agent_id,
        AgentRow.name.label("agent_name"),
        CallRow.started_at,
        CallRow.ticket_id,
        TicketRow.ticket_id.label("ticket"),
        PromiseRow.rule_id,
        PromiseRow.position,
        PromiseRow.start_ms,
        PromiseRow.end_ms,
        PromiseRow.due,
        *(TicketRow.contacted_at, TicketRow.arrived_at, TicketRow.completed_at),
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
    if wanted.call_id is not None:
        statement = statement.where(CallRow.call_id == wanted.call_id)
    if wanted.scope is not None:
        own = call_in_scope(wanted.scope, CallRow.agent_id, CallRow.call_id)
        statement = statement.where(own)
    return statement


def _line(
    row: dict[str, Any],
    card: Scorecard,
    rulings: Sequence[PromiseRulingRow],
    at: tuple[ZoneInfo, datetime],
) -> PromiseLine:
    zone, now = at
    promises = next(x.verdict.promises for x in card.lines if x.rule_id == row["rule_id"])
    quote = promises[row["position"]].match.quote
    stages = ("contacted_at", "arrived_at", "completed_at")
    times = TicketTimes(*(row[name] for name in stages)) if row["ticket"] else None
    is_awaited = row["ticket_id"] is not None and row["due"] is not None and now <= row["due"]
    fate = fate_of(quote, row["due"], times, awaited=is_awaited)
    said = tuple(
        Ruling(PromiseState(r.state) if r.state else None, r.reason, r.ruled_by, r.ruled_at)
        for r in rulings
        if r.start_ms < row["end_ms"] and row["start_ms"] < r.end_ms
    )
    by_person = said[-1].state if said else None
    state = by_person or fate.state
    local = {
        name: row[name].astimezone(zone) if row[name] else None
        for name in ("started_at", "due", *stages)
    }
    return PromiseLine(
        call_id=row["call_id"],
        agent_id=row["agent_id"],
        agent_name=row["agent_name"],
        ticket_id=row["ticket_id"],
        rule_id=row["rule_id"],
        start_ms=row["start_ms"],
        end_ms=row["end_ms"],
        state=state,
        overdue=state is PromiseState.OPEN and row["due"] is not None and row["due"] < now,
        quote=quote,
        by_ticket=fate.state,
        rulings=said,
        unclear=None if by_person else fate.why,
        **local,
    )
