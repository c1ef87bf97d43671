"""Abnormal events: entered or taken over from what was found, filed, passed on, followed up.

Every function checks right, scope and state itself, inside the transaction that writes. Steps are
added, never changed.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Subquery, and_, func, or_, select
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import Right, Scope, User, UserRole
from qa.refusals import InvalidRequestError, NotAllowedError, Refusal, TransitionError
from qa.review.events import (
    AFTER,
    LEADS_ONLY,
    NEEDS_TEXT,
    Event,
    EventAction,
    EventKind,
    EventState,
    EventStep,
    require_possible,
)
from qa.review.reviewing import check_text
from qa.review.rights import rights_of, scope_of
from qa.store.audit import Detail, audit
from qa.store.blind import open_scope
from qa.store.convert import chunks
from qa.store.messages import MessageKind, tell_user
from qa.store.scope import agent_id_in_scope, agent_in_scope, is_open_to, require_call
from qa.store.tables import AgentRow, CallRow
from qa.store.tables_events import EventRow, EventStepRow
from qa.store.tables_people import UserRow, UserTeamRow
from qa.types import Span

SENT_TWICE = timedelta(minutes=10)
FIRST_YEAR = 1900
"""Earlier times are a slip of the keyboard, and some databases do not keep them."""
OPEN_STATES = (EventState.DETECTED, EventState.FILED, EventState.ESCALATED)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events a list shows.

    Attributes:
        since, until: when they happened, the end not included.
    """

    states: tuple[EventState, ...] = ()
    kinds: tuple[EventKind, ...] = ()
    agent_id: str | None = None
    call_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event that a person enters.

    Attributes:
        call_id: the call that shows it; None where it came otherwise.
        agent_id: whom it concerns, where there is no call; else the call's agent counts.
        happened_at: where there is no call; else the call's start counts.
    """

    kind: EventKind
    text: str
    call_id: str | None = None
    agent_id: str | None = None
    happened_at: datetime | None = None


def list_events(
    session: Session,
    user: User,
    wanted: EventFilter,
    *,
    before: int | None = None,
    limit: int = 50,
) -> list[Event]:
    """List the events that a person may see, the newest first by number.

    Args:
        before: number of the last event of the page before.
    """
    statement = select(EventRow).where(_visible(session, user), *_conditions(wanted))
    if before is not None:
        statement = statement.where(EventRow.event_id < before)
    rows = session.scalars(statement.order_by(EventRow.event_id.desc()).limit(limit)).all()
    return load_events(session, rows)


def count_events(session: Session, user: User, wanted: EventFilter) -> dict[EventState, int]:
    """Count the events that a person may see, by where they stand."""
    last, action = _last_steps(), EventStepRow.action
    rows = session.execute(
        select(action, func.count())
        .select_from(EventRow)
        .outerjoin(last, last.c.event_id == EventRow.event_id)
        .outerjoin(EventStepRow, EventStepRow.step_id == last.c.step_id)
        .where(_visible(session, user), *_conditions(wanted))
        .group_by(action)
    )
    counts: dict[EventState, int] = defaultdict(int)
    for name, count in rows:
        counts[AFTER[EventAction(name)] if name else EventState.DETECTED] += count
    return dict(counts)


def find_event(session: Session, user: User, event_id: int) -> Event:
    """Load one event that a person may see.

    Raises:
        NotFoundError: there is none of that number for them.
    """
    row = session.scalar(
        select(EventRow).where(_visible(session, user), EventRow.event_id == event_id)
    )
    if row is None:
        raise NotFoundError("event", str(event_id))
    return load_events(session, [row])[0]


def enter_event(session: Session, user: User, draft: EventDraft, *, now: datetime) -> Event:
    """Record and report an event; where the machine found it already, that one is filed.

    A complaint is passed on to leads and heads at once. The same without a call by the same person
    within `SENT_TWICE` is one event: a form was sent twice.

    Raises:
        NotAllowedError: the person lacks the right, or it is another's.
        NotFoundError: no such call or agent in their scope.
        InvalidRequestError: no text, or a time that is to come.
        TransitionError: the call has an open event of this kind, filed before.
    """
    _require(user, Right.FILE_EVENTS)
    text = check_text(draft.text)
    if draft.call_id is not None:
        require_call(session, open_scope(session, user), draft.call_id)
        known = _of_call(session, draft.call_id, draft.kind)
        if known is not None:
            if known.state in (EventState.FILED, EventState.ESCALATED):
                raise TransitionError(Refusal.EVENT_KNOWN)
            if known.state in (EventState.DETECTED, EventState.GONE):
                return take_step(session, user, known.event_id, EventAction.FILE, text, now=now)
    row = _new_row(session, user, draft, text, now)
    if row.call_id is None and (twin := _sent_before(session, row)) is not None:
        return _loaded(session, twin)
    session.add(row)
    session.flush()
    _add_step(session, row.event_id, EventAction.FILE, "", user, now)
    details: dict[str, Detail] = {"kind": draft.kind.value, "call": row.call_id}
    _pass_on(session, user, _loaded(session, row.event_id), now)
    audit(session, user, "event.enter", "event", str(row.event_id), details)
    return _loaded(session, row.event_id)


def _sent_before(session: Session, row: EventRow) -> int | None:
    """Find what the same person entered just now in the same words."""
    same = select(EventRow.event_id).where(
        EventRow.kind == row.kind,
        EventRow.call_id.is_(None),
        EventRow.created_by == row.created_by,
        EventRow.created_at >= row.created_at - SENT_TWICE,
        EventRow.text == row.text,
        EventRow.agent_id.is_not_distinct_from(row.agent_id),
    )
    return session.scalar(same.limit(1))


def _new_row(session: Session, user: User, draft: EventDraft, text: str, now: datetime) -> EventRow:
    agent_id, at = draft.agent_id, draft.happened_at or now
    if draft.call_id is not None:
        call = session.get(CallRow, draft.call_id)
        agent_id, at = (call.agent_id, call.started_at or now) if call else (None, now)
    elif user.role is UserRole.AGENT:
        agent_id = user.agent_id
    elif agent_id is not None and not agent_id_in_scope(session, scope_of(user), agent_id):
        raise NotFoundError("agent", agent_id)
    if at.year < FIRST_YEAR or at > now:
        raise InvalidRequestError(Refusal.EVENT_WRONG)
    return EventRow(
        kind=draft.kind.value,
        call_id=draft.call_id,
        agent_id=agent_id,
        text=text,
        happened_at=at,
        created_by=user.user_id,
        created_at=now,
    )


def take_step(
    session: Session, user: User, event_id: int, action: EventAction, text: str, *, now: datetime
) -> Event:
    """File, pass on, follow up, close, dismiss or reopen an event.

    The same step by the same person with the same text twice in a row is one.

    Raises:
        NotAllowedError: the person lacks the right.
        NotFoundError: no such event in their scope.
        InvalidRequestError: the step needs a text.
        TransitionError: where the event stands forbids it.
    """
    _require(user, Right.DECIDE_EVENTS if action in LEADS_ONLY else Right.FILE_EVENTS)
    _lock(session, event_id)
    event = find_event(session, user, event_id)
    text = check_text(text, required=action in NEEDS_TEXT)
    last = next((step for step in reversed(event.steps)), None)
    if last is not None and _is_repeated(last, action, text, user):
        return event
    require_possible(event.state, event.kind, action)
    _add_step(session, event_id, action, text, user, now)
    if action is EventAction.FILE:
        _pass_on(session, user, event, now)
    elif action is EventAction.ESCALATE:
        _tell(session, user, event, now)
    audit(session, user, f"event.{action.value}", "event", str(event_id), {"call": event.call_id})
    return _loaded(session, event_id)


def _is_repeated(last: EventStep, action: EventAction, text: str, user: User) -> bool:
    # Filing a complaint passes it on by itself, so that step is the last one then.
    same = last.action is action or (
        action is EventAction.FILE and last.action is EventAction.ESCALATE and not text
    )
    return same and last.done_by == user.user_id and (last.text == text or not text)


def _pass_on(session: Session, user: User, event: Event, now: datetime) -> None:
    """Pass a complaint on at once; other events go into the reports."""
    if event.is_complaint:
        _add_step(session, event.event_id, EventAction.ESCALATE, "", user, now)
        _tell(session, user, event, now)


def _tell(session: Session, user: User, event: Event, now: datetime) -> None:
    """Tell the leads of the agent's team and the heads, but for whoever reported it."""
    team = select(AgentRow.team).where(AgentRow.agent_id == event.agent_id).scalar_subquery()
    leads = select(UserTeamRow.user_id).where(UserTeamRow.team == team)
    whom = session.scalars(
        select(UserRow.user_id)
        .where(
            UserRow.is_disabled.is_(False),
            or_(
                UserRow.role == UserRole.HEAD.value,
                and_(UserRow.role == UserRole.LEAD.value, UserRow.user_id.in_(leads)),
            ),
            UserRow.user_id != user.user_id,
        )
        .order_by(UserRow.user_id)
    )
    for user_id in whom.all():
        tell_user(session, MessageKind.EVENT_ESCALATED, user_id, event.call_id, now)


def add_program_steps(
    session: Session, event_ids: Iterable[int], action: EventAction, now: datetime
) -> None:
    """Add a step that the program takes itself; the caller has checked that it may."""
    for event_id in event_ids:
        _add_step(session, event_id, action, "", None, now)


def load_events(session: Session, rows: Sequence[EventRow]) -> list[Event]:
    """Load events with their steps, in the order of the rows."""
    steps: dict[int, list[EventStep]] = defaultdict(list)
    for ids in chunks([row.event_id for row in rows]):
        found = select(EventStepRow).where(EventStepRow.event_id.in_(ids))
        for one in session.scalars(found.order_by(EventStepRow.step_id)):
            step = EventStep(EventAction(one.action), one.text, one.done_by, one.done_at)
            steps[one.event_id].append(step)
    return [_event(row, steps[row.event_id]) for row in rows]


def _event(row: EventRow, steps: Sequence[EventStep]) -> Event:
    has_span = row.start_ms is not None and row.end_ms is not None
    return Event(
        event_id=row.event_id,
        kind=EventKind(row.kind),
        call_id=row.call_id,
        agent_id=row.agent_id,
        scorecard_id=row.scorecard_id,
        span=Span(row.start_ms or 0, row.end_ms or 0) if has_span else None,
        text=row.text,
        happened_at=row.happened_at,
        created_by=row.created_by,
        created_at=row.created_at,
        steps=tuple(steps),
    )


def _of_call(session: Session, call_id: str, kind: EventKind) -> Event | None:
    """Find the newest event of a kind that a call has."""
    wanted = select(EventRow).where(EventRow.call_id == call_id, EventRow.kind == kind.value)
    rows = session.scalars(wanted.order_by(EventRow.event_id.desc())).all()
    events = load_events(session, rows)
    return next((e for e in events if e.state in OPEN_STATES), events[0] if events else None)


def _loaded(session: Session, event_id: int) -> Event:
    row = session.get(EventRow, event_id)
    if row is None:
        raise NotFoundError("event", str(event_id))
    return load_events(session, [row])[0]


def _require(user: User, right: Right) -> None:
    if right not in rights_of(user):
        raise NotAllowedError(Refusal.NO_RIGHT)


def _lock(session: Session, event_id: int) -> None:
    if session.get_bind().dialect.name != "sqlite":
        wanted = select(EventRow.event_id).where(EventRow.event_id == event_id)
        session.execute(wanted.with_for_update()).all()


def _add_step(
    session: Session,
    event_id: int,
    action: EventAction,
    text: str,
    user: User | None,
    now: datetime,
) -> None:
    session.add(
        EventStepRow(
            event_id=event_id,
            action=action.value,
            text=text,
            done_by=user.user_id if user else None,
            done_at=now,
        )
    )
    session.flush()


def _visible(session: Session, user: User) -> ColumnElement[bool]:
    """Write the condition that a person may see an event: in their scope, or entered by them."""
    scope: Scope = open_scope(session, user)
    seen = or_(agent_in_scope(scope, EventRow.agent_id), EventRow.created_by == user.user_id)
    return and_(seen, is_open_to(scope, EventRow.call_id))


def _conditions(wanted: EventFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.kinds:
        found.append(EventRow.kind.in_([kind.value for kind in wanted.kinds]))
    if wanted.agent_id is not None:
        found.append(EventRow.agent_id == wanted.agent_id)
    if wanted.call_id is not None:
        found.append(EventRow.call_id == wanted.call_id)
    if wanted.since is not None:
        found.append(EventRow.happened_at >= wanted.since)
    if wanted.until is not None:
        found.append(EventRow.happened_at < wanted.until)
    if wanted.states:
        found.append(_in_states(wanted.states))
    return found


def _last_steps() -> Subquery:
    """Select the last step of each event that says where it stands."""
    return (
        select(EventStepRow.event_id, func.max(EventStepRow.step_id).label("step_id"))
        .where(EventStepRow.action != EventAction.FOLLOW.value)
        .group_by(EventStepRow.event_id)
        .subquery()
    )


def _in_states(states: Sequence[EventState]) -> ColumnElement[bool]:
    last = _last_steps()
    actions = [action.value for action, state in AFTER.items() if state in states]
    matching = (
        select(EventStepRow.event_id)
        .join(last, last.c.step_id == EventStepRow.step_id)
        .where(EventStepRow.action.in_(actions))
    )
    condition: ColumnElement[bool] = EventRow.event_id.in_(matching)
    if EventState.DETECTED in states:
        with_step = select(EventStepRow.event_id).where(
            EventStepRow.action != EventAction.FOLLOW.value
        )
        condition = or_(condition, EventRow.event_id.not_in(with_step))
    return condition
