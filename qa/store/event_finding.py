"""Finding abnormal events: what scorecards heard, what tickets tell.

Scorecards are looked through once, in order of their numbers; a row says how far. What a later
scorecard of a call no longer has is marked so, unless a person has acted on it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from qa.codec import decode
from qa.errors import StoreError
from qa.review.events import EventAction, EventKind, EventState, events_heard
from qa.store.events import add_program_steps, load_events
from qa.store.tables import CallRow, ScorecardRow, TicketRow
from qa.store.tables_events import EventRow, EventScanRow
from qa.store.upsert import upsert
from qa.types import Direction, Scorecard, Span

SCAN_ID = 1
BATCH = 500
"""Scorecards looked through in one transaction."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one look found.

    Attributes:
        events: new ones; `gone` those that a later scorecard no longer has.
        is_done: nothing is left to look through.
    """

    events: int
    gone: int
    is_done: bool


def has_unscanned(session: Session) -> bool:
    """Whether there are scorecards that were not looked through."""
    last = session.scalar(select(func.max(ScorecardRow.scorecard_id))) or 0
    return last > _scanned(session)


def scan_horizon(session: Session) -> int:
    """Find up to which number every scorecard is there that ever will be.

    Numbers are dealt out before rows are committed: where several write, a lower number may appear
    after a higher one, and would be passed over. Here that is waited for. The transaction should
    do nothing else, for nobody writes scorecards until it ends.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"LOCK TABLE {ScorecardRow.__tablename__} IN SHARE MODE"))
    return session.scalar(select(func.max(ScorecardRow.scorecard_id))) or 0


def find_heard(session: Session, now: datetime, horizon: int) -> Found:
    """Look through the next scorecards for events that were heard; harmless to repeat.

    Args:
        horizon: the last scorecard to look through, see `scan_horizon`.
    """
    last = _scanned(session)
    rows = session.execute(
        select(ScorecardRow.scorecard_id, ScorecardRow.call_id, ScorecardRow.blob)
        .where(
            ScorecardRow.scorecard_id > last,
            ScorecardRow.scorecard_id <= horizon,
            ScorecardRow.is_current.is_(True),
        )
        .order_by(ScorecardRow.scorecard_id)
        .limit(BATCH)
    ).all()
    heard = {row[1]: (row[0], _events_of(row[2])) for row in rows}
    new, gone = _follow(session, heard, now)
    is_done = len(rows) < BATCH
    reached = horizon if is_done else rows[-1][0]
    if reached > last:
        place = {"scan_id": SCAN_ID, "scorecard_id": reached}
        upsert(session, EventScanRow, [place], update=("scorecard_id",))
    return Found(new, gone, is_done)


def follow_again(session: Session, cards: Mapping[str, int], now: datetime) -> None:
    """Bring events up to scorecards that are the current ones again; those were looked through.

    Args:
        cards: scorecard number by call id; at most `CHUNK`.
    """
    with_events = select(EventRow.call_id).where(
        EventRow.call_id.in_(list(cards)), EventRow.scorecard_id.is_not(None)
    )
    numbers = [cards[call_id] for call_id in set(session.scalars(with_events)) if call_id]
    if not numbers:
        return
    rows = session.execute(
        select(ScorecardRow.scorecard_id, ScorecardRow.call_id, ScorecardRow.blob).where(
            ScorecardRow.scorecard_id.in_(numbers)
        )
    )
    _follow(session, {row[1]: (row[0], _events_of(row[2])) for row in rows}, now)


def _scanned(session: Session) -> int:
    return (
        session.scalar(select(EventScanRow.scorecard_id).where(EventScanRow.scan_id == SCAN_ID))
        or 0
    )


def _events_of(blob: bytes) -> dict[EventKind, Span | None]:
    try:
        return events_heard(decode(Scorecard, blob))
    except StoreError:  # a damaged scorecard is reported where it is shown
        return {}


def _follow(
    session: Session,
    heard: dict[str, tuple[int, dict[EventKind, Span | None]]],
    now: datetime,
) -> tuple[int, int]:
    """Bring the events of calls up to what their scorecards say."""
    known: dict[str, dict[EventKind, tuple[int, EventState]]] = defaultdict(dict)
    wanted = select(EventRow).where(
        EventRow.call_id.in_(list(heard)), EventRow.scorecard_id.is_not(None)
    )
    for event in load_events(session, session.scalars(wanted).all()):
        known[event.call_id or ""][event.kind] = (event.event_id, event.state)
    places = _places(session, list(heard))
    new: list[dict[str, Any]] = []
    gone, back = [], []
    for call_id, (scorecard_id, events) in heard.items():
        if call_id not in places:
            continue
        for kind, span in events.items():
            if kind not in known[call_id]:
                agent_id, at = places[call_id]
                new.append(
                    _row(kind, call_id, agent_id, at or now, now) | _place(scorecard_id, span)
                )
            elif known[call_id][kind][1] is EventState.GONE:
                back.append(known[call_id][kind][0])
        for kind, (event_id, state) in known[call_id].items():
            if kind not in events and state is EventState.DETECTED:
                gone.append(event_id)
    if new:
        session.execute(insert(EventRow), new)
    add_program_steps(session, gone, EventAction.GONE, now)
    add_program_steps(session, back, EventAction.FOUND, now)
    return len(new), len(gone)


def _places(
    session: Session, call_ids: Sequence[str]
) -> dict[str, tuple[str | None, datetime | None]]:
    rows = session.execute(
        select(CallRow.call_id, CallRow.agent_id, CallRow.started_at).where(
            CallRow.call_id.in_(call_ids), CallRow.replaced_by.is_(None)
        )
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _row(
    kind: EventKind, call_id: str, agent_id: str | None, at: datetime, now: datetime
) -> dict[str, Any]:
    return {
        "kind": kind.value,
        "call_id": call_id,
        "agent_id": agent_id,
        "scorecard_id": None,
        "start_ms": None,
        "end_ms": None,
        "text": "",
        "happened_at": at,
        "created_by": None,
        "created_at": now,
    }


def _place(scorecard_id: int, span: Span | None) -> dict[str, Any]:
    return {
        "scorecard_id": scorecard_id,
        "start_ms": span.start_ms if span else None,
        "end_ms": span.end_ms if span else None,
    }


def find_long_repairs(session: Session, now: datetime, hours: int) -> int:
    """Find repairs that took longer than the limit, by the tickets that calls reported.

    A repair takes from the ticket's time of report, as in the reports, until its completion; where
    nobody entered the former, from the start of the first inbound call that names the ticket. A
    ticket whose completion nobody entered says nothing; neither does one without a call.

    Returns:
        How many are new.
    """
    known = select(EventRow.call_id).where(EventRow.kind == EventKind.OVER_FOUR_HOURS.value)
    rows = session.execute(
        select(
            CallRow.ticket_id,
            CallRow.call_id,
            CallRow.agent_id,
            CallRow.started_at,
            TicketRow.received_at,
            TicketRow.completed_at,
        )
        .join(TicketRow, TicketRow.ticket_id == CallRow.ticket_id)
        .where(
            CallRow.replaced_by.is_(None),
            CallRow.started_at.is_not(None),
            CallRow.direction == Direction.INBOUND.value,
            TicketRow.completed_at.is_not(None),
        )
        .order_by(CallRow.ticket_id, CallRow.started_at, CallRow.call_id)
    )
    done = set(session.scalars(known.where(EventRow.call_id.is_not(None))))
    first: dict[str, tuple[Any, ...]] = {}
    for ticket_id, *rest in rows:
        first.setdefault(ticket_id or "", tuple(rest))
    limit = timedelta(hours=hours)
    new = [
        _row(EventKind.OVER_FOUR_HOURS, call_id, agent_id, started_at, now)
        for call_id, agent_id, started_at, received_at, completed_at in first.values()
        if call_id not in done and completed_at - (received_at or started_at) > limit
    ]
    if new:
        session.execute(insert(EventRow), new)
    return len(new)
