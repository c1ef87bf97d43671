"""The state of each scored call in one row, so that lists are quick (decision record 22).

The rows follow from scorecards, decisions, releases and appeals, and can be made anew at any time.
They are written in the transaction that changes what they follow from.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from qa.errors import StoreError
from qa.records import Basis, ReviewState
from qa.review.reviewing import is_praised, machine_score, machine_severity
from qa.store.convert import chunks
from qa.store.day_touches import add_touch, touch_calls, touch_times, touch_where
from qa.store.moved_calls import reopen_moved
from qa.store.review_rows import CallReview, load_reviews
from qa.store.tables import AgentRow, CallRow, ScorecardRow
from qa.store.tables_events import EventRow
from qa.store.tables_review import CallStatusRow
from qa.store.upsert import upsert
from qa.types import Grade, Outcome, Scorecard

UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Where calls whose time is unknown stand in lists: behind all others."""

_log = logging.getLogger(__name__)
_COLUMNS = tuple(c.name for c in CallStatusRow.__table__.columns if c.name != "call_id")


@dataclass(frozen=True, slots=True)
class CallPlace:
    """What a call's row says of when and whose it is."""

    started_at: datetime | None
    agent_id: str | None
    team: str | None


def machine_columns(card: Scorecard) -> dict[str, Any]:
    """Lay out what a status row says of a scorecard that nobody has looked at."""
    severity, flags = machine_severity(card), card.flags
    machine = machine_score(card)
    return {
        "ruleset_id": card.ruleset_id,
        "severity": severity,
        "priority": severity + 1 if flags else 0,
        "state": (ReviewState.OPEN if flags else ReviewState.CLEAN).value,
        "basis": Basis.MACHINE.value,
        "machine": machine,
        "score": machine,
        "flags": len(flags),
        "open_flags": len(flags),
        "undecided": sum([line.verdict.outcome is Outcome.UNDECIDED for line in flags]),
        "confirmed_fines": 0,
        "is_praised": is_praised(card),
        "is_judged_anew": False,
        "released_at": None,
        "appeal_until": None,
    }


def put_machine_status(
    session: Session, cards: Mapping[str, tuple[int, Mapping[str, Any]]]
) -> None:
    """Write the rows of calls that nobody has touched, in one statement.

    Args:
        cards: scorecard id and `machine_columns` by call id; at most `CHUNK`.
    """
    places = _places(session, list(cards))
    rows = [
        {"call_id": call_id, "scorecard_id": number, **columns, **_placed(places[call_id])}
        for call_id, (number, columns) in cards.items()
        if call_id in places
    ]
    _put(session, rows)


def _put(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows; the days in which they stood and stand have to be added up anew."""
    touch_calls(session, [row["call_id"] for row in rows])
    touch_times(session, (row["sorted_at"] for row in rows))
    upsert(session, CallStatusRow, rows, update=_COLUMNS)


def write_status(session: Session, call_ids: Sequence[str], now: datetime) -> None:
    """Write the rows of calls from all that is known of them; remove those of replaced calls.

    Raises:
        StoreError: a stored scorecard is damaged.
    """
    for ids in chunks(call_ids):
        rows = compute_status(session, ids, now)
        gone = [call_id for call_id in ids if call_id not in rows]
        if gone:
            touch_calls(session, gone)
            session.execute(delete(CallStatusRow).where(CallStatusRow.call_id.in_(gone)))
        _put(session, list(rows.values()))


def compute_status(
    session: Session, call_ids: Sequence[str], now: datetime
) -> dict[str, dict[str, Any]]:
    """Make the rows of calls from all that is known of them, without writing; by call id.

    Args:
        call_ids: at most `CHUNK`; those that belong in no list are left out.

    Raises:
        StoreError: a stored scorecard is damaged.
    """
    places = _places(session, call_ids)
    reviews = load_reviews(session, list(places), now)
    return {
        i: {"call_id": i, **_columns(review), **_placed(places[i])} for i, review in reviews.items()
    }


def _columns(review: CallReview) -> dict[str, Any]:
    card = review.card
    severity = max([line.severity for line in card.lines], default=0)
    waits = review.state in (ReviewState.OPEN, ReviewState.STARTED) or review.is_judged_anew
    release = review.release
    return {
        "scorecard_id": review.scorecard_id,
        "ruleset_id": card.card.ruleset_id,
        "severity": severity,
        "priority": severity + 1 if waits else 0,
        "state": review.state.value,
        "basis": review.basis.value,
        "machine": card.machine,
        "score": review.score,
        "flags": len(card.flags),
        "open_flags": sum([line.is_open for line in card.lines]),
        "undecided": sum([line.outcome is Outcome.UNDECIDED for line in card.lines]),
        "confirmed_fines": sum(
            [
                line.line.grade is Grade.FINE
                and line.outcome is Outcome.VIOLATED
                and line.decision is not None
                for line in card.lines
            ]
        ),
        "is_praised": is_praised(card.card),
        "is_judged_anew": review.is_judged_anew,
        "released_at": release.done_at if release else None,
        "appeal_until": release.appeal_until if release else None,
    }


def _places(session: Session, call_ids: Sequence[str]) -> dict[str, CallPlace]:
    """Load when and whose calls are; replaced ones are left out."""
    rows = session.execute(
        select(CallRow.call_id, CallRow.started_at, CallRow.agent_id, AgentRow.team)
        .outerjoin(AgentRow, AgentRow.agent_id == CallRow.agent_id)
        .where(CallRow.call_id.in_(call_ids), CallRow.replaced_by.is_(None))
    )
    return {row[0]: CallPlace(row[1], row[2], row[3]) for row in rows}


def _placed(place: CallPlace) -> dict[str, Any]:
    return {
        "started_at": place.started_at,
        "sorted_at": place.started_at or UNKNOWN_TIME,
        "agent_id": place.agent_id,
        "team": place.team,
    }


def lock_status(session: Session, call_ids: Sequence[str]) -> None:
    """Keep other writers from these calls until the transaction ends; at most `CHUNK` ids.

    SQLite has one writer anyway; elsewhere the rows are locked in order, so that two writers of
    many calls cannot wait for each other.
    """
    if session.get_bind().dialect.name == "sqlite":
        return
    wanted = select(CallStatusRow.call_id).where(CallStatusRow.call_id.in_(call_ids))
    session.execute(wanted.order_by(CallStatusRow.call_id).with_for_update()).all()


def calls_changed(session: Session, call_ids: Sequence[str], now: datetime) -> None:
    """Follow changes of calls' own rows: time, agent, replaced or back again."""
    for ids in chunks(call_ids):
        places = _places(session, ids)
        _move_events(session, places)
        kept = set(
            session.scalars(select(CallStatusRow.call_id).where(CallStatusRow.call_id.in_(ids)))
        )
        gone = sorted(kept - places.keys())
        touch_calls(session, sorted(kept))
        if gone:
            session.execute(delete(CallStatusRow).where(CallStatusRow.call_id.in_(gone)))
        rows = [{"call_id": i, **_placed(places[i])} for i in sorted(kept & places.keys())]
        if rows:
            touch_times(session, (row["sorted_at"] for row in rows))
            session.execute(update(CallStatusRow), rows)
        opened = reopen_moved(session, sorted(kept & places.keys()), now)
        write_status(session, sorted({*opened, *(places.keys() - kept)}), now)


def _move_events(session: Session, places: Mapping[str, CallPlace]) -> None:
    """Let the events of calls follow them: whom an event is about is whose the call is."""
    for event in session.scalars(select(EventRow).where(EventRow.call_id.in_(list(places)))):
        place = places[event.call_id or ""]
        event.agent_id = place.agent_id
        event.happened_at = place.started_at or event.happened_at
    session.flush()


def teams_changed(session: Session, agent_ids: Sequence[str]) -> None:
    """Follow changes of agents' teams."""
    for ids in chunks(agent_ids):
        found = session.execute(
            select(AgentRow.agent_id, AgentRow.team).where(AgentRow.agent_id.in_(ids))
        )
        for agent_id, team in found.all():
            own = CallStatusRow.agent_id == agent_id
            differs = CallStatusRow.team.is_distinct_from(team)
            touch_where(session, own & differs)
            session.execute(update(CallStatusRow).where(own, differs).values(team=team))


def close_windows(session: Session, now: datetime) -> int:
    """Make the calls final whose appeal window has passed; harmless to repeat.

    Returns:
        How many became final.
    """
    touch_where(session, _is_over(now))
    result = session.connection().execute(
        update(CallStatusRow)
        .where(_is_over(now))
        .values(state=ReviewState.FINAL.value, basis=Basis.FINAL.value)
    )
    return int(result.rowcount)


def has_windows_to_close(session: Session, now: datetime) -> bool:
    """Whether `close_windows` has anything to do: a reader asks this before it begins to write."""
    return bool(session.scalar(select(exists().where(_is_over(now)))))


def _is_over(now: datetime) -> Any:
    is_released = CallStatusRow.state == ReviewState.RELEASED.value
    return is_released & (CallStatusRow.appeal_until <= now)


def is_missing(session: Session) -> bool:
    """Whether there are scorecards and not a single row here: an older program wrote them."""
    has_rows = session.scalar(select(exists().select_from(CallStatusRow)))
    return not has_rows and bool(
        session.scalar(select(exists().where(ScorecardRow.is_current.is_(True))))
    )


def rebuild(
    session: Session, now: datetime, *, listener: Callable[[int], None] = lambda done: None
) -> int:
    """Make every row anew, some at a time; a call whose scorecard is damaged stays without one.

    Args:
        listener: is told how many calls are done.

    Returns:
        How many rows there are.
    """
    bounds = session.execute(
        select(func.min(CallStatusRow.sorted_at), func.max(CallStatusRow.sorted_at))
    ).one()
    if bounds[0] is not None:
        add_touch(session, bounds[0], bounds[1] + timedelta(hours=1))
    session.execute(delete(CallStatusRow))
    done = 0
    for ids in _scored_calls(session):
        try:
            write_status(session, ids, now)
        except StoreError:
            _write_readable(session, ids, now)
        done += len(ids)
        listener(done)
    return session.scalar(select(func.count()).select_from(CallStatusRow)) or 0


def _write_readable(session: Session, call_ids: Sequence[str], now: datetime) -> None:
    for call_id in call_ids:
        try:
            write_status(session, [call_id], now)
        except StoreError as error:
            _log.warning("call %s has no state in the lists: %s", call_id, error)


def _scored_calls(session: Session) -> Iterator[list[str]]:
    last = ""
    while True:
        wanted = select(ScorecardRow.call_id).where(
            ScorecardRow.is_current.is_(True), ScorecardRow.call_id > last
        )
        ids = list(session.scalars(wanted.order_by(ScorecardRow.call_id).limit(500)))
        if not ids:
            return
        yield ids
        last = ids[-1]
