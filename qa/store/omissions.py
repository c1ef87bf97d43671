"""Candidates for 漏报 and 知情不报: raised by the program, decided by people only."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, insert, or_, select, true
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import Right, User, UserRole
from qa.refusals import NotAllowedError, Refusal, TransitionError
from qa.review.events import (
    Event,
    EventState,
    Listen,
    OmissionAction,
    OmissionKind,
    is_missed,
    require_not_oneself,
    withheld_by,
)
from qa.review.reviewing import check_text
from qa.review.rights import rights_of
from qa.store.audit import audit
from qa.store.blind import blind_times, open_scope
from qa.store.convert import chunks
from qa.store.events import load_events
from qa.store.scope import agent_in_scope, is_open_to
from qa.store.tables_events import EventRow, EventStepRow, OmissionRow, OmissionStepRow
from qa.store.tables_people import AuditRow, UserRow
from qa.types import Span

LISTENED = ("call.listen", "call.fetch_audio")
"""Entries of the audit log that say that somebody heard a call, or was sent its sound."""
MAX_EVIDENCE = 20


@dataclass(frozen=True, slots=True)
class OmissionStep:
    """What somebody decided of a candidate, and why."""

    action: OmissionAction
    text: str
    done_by: int
    done_at: datetime


@dataclass(frozen=True, slots=True)
class Omission:
    """A candidate with the event that it is about.

    Attributes:
        agent_id: whom a missed event is about, or the agent who listened.
        user_id: who listened and did not file.
        evidence: numbers of entries of the audit log.
        known_since: since when the event was known: found, or first heard.
    """

    omission_id: int
    kind: OmissionKind
    event: Event
    agent_id: str | None
    user_id: int | None
    evidence: tuple[int, ...]
    known_since: datetime
    raised_at: datetime
    steps: tuple[OmissionStep, ...]

    @property
    def is_moved(self) -> bool:
        """Whether it was missed by an agent whose call it no longer is: it counts for nobody."""
        return self.kind is OmissionKind.MISSED and self.agent_id != self.event.agent_id

    @property
    def decision(self) -> OmissionStep | None:
        """The decision that counts: the last; None while nobody decided."""
        return self.steps[-1] if self.steps else None


@dataclass(frozen=True, slots=True)
class Overdue:
    """When an event that was not filed becomes a candidate.

    Attributes:
        hours: after it was found, or heard.
        look_back_days: older events are left alone.
    """

    hours: int
    look_back_days: int


def raise_candidates(session: Session, now: datetime, overdue: Overdue) -> int:
    """Raise what a person should look at; harmless to repeat.

    Returns:
        How many candidates are new.
    """
    oldest = now - timedelta(days=overdue.look_back_days)
    handled = select(EventStepRow.event_id).where(EventStepRow.done_by.is_not(None))
    rows = session.scalars(
        select(EventRow).where(
            EventRow.created_by.is_(None),
            EventRow.created_at >= oldest,
            EventRow.event_id.not_in(handled),
        )
    ).all()
    events = [e for e in load_events(session, rows) if e.state is EventState.DETECTED]
    listens = _listens(session, [e.call_id for e in events if e.call_id])
    own = _agents_of_users(session)
    wanted = []
    for event in events:
        if is_missed(event, now, overdue.hours):
            wanted.append(_missed(event, now))
        heard = withheld_by(event, listens.get(event.call_id or "", ()), now, overdue.hours)
        wanted += [_withheld(event, who, ones, own, now) for who, ones in heard.items()]
    known = _known(session, [event.event_id for event in events])
    new = [row for row in wanted if (row["kind"], row["event_id"], row["person"]) not in known]
    if new:
        session.execute(insert(OmissionRow), new)
        audit(session, None, "omission.raise", None, None, {"candidates": len(new)})
    return len(new)


def _missed(event: Event, now: datetime) -> dict[str, Any]:
    return {
        "kind": OmissionKind.MISSED.value,
        "event_id": event.event_id,
        "person": event.agent_id or "",
        "agent_id": event.agent_id,
        "user_id": None,
        "evidence": "[]",
        "known_since": event.created_at,
        "raised_at": now,
    }


def _withheld(
    event: Event, user_id: int, heard: Sequence[Listen], own: dict[int, str | None], now: datetime
) -> dict[str, Any]:
    return {
        "kind": OmissionKind.WITHHELD.value,
        "event_id": event.event_id,
        "person": f"@{user_id}",
        "agent_id": own.get(user_id),
        "user_id": user_id,
        "evidence": json.dumps([one.entry_id for one in heard[:MAX_EVIDENCE]]),
        "known_since": heard[0].heard_at,
        "raised_at": now,
    }


def _listens(session: Session, call_ids: Sequence[str]) -> dict[str, list[Listen]]:
    """Read who heard which call, from the audit log, in order.

    What somebody heard while they labelled the call blind is left out.
    """
    found: dict[str, list[Listen]] = defaultdict(list)
    for ids in chunks(list(dict.fromkeys(call_ids))):
        rows = session.scalars(
            select(AuditRow)
            .where(
                AuditRow.subject_kind == "call",
                AuditRow.subject.in_(ids),
                AuditRow.action.in_(LISTENED),
                AuditRow.actor.is_not(None),
            )
            .order_by(AuditRow.entry_id)
        )
        blind = blind_times(session, ids)
        for row in rows:
            # While a call is closed to somebody, so are its events: they cannot file any.
            times = blind.get((row.subject or "", row.actor or 0), ())
            if any(a <= row.happened_at and (b is None or row.happened_at <= b) for a, b in times):
                continue
            details = json.loads(row.details)
            span = Span(int(details.get("from_ms", 0)), int(details.get("to_ms", 0)))
            one = Listen(row.entry_id, row.actor or 0, row.happened_at, span)
            found[row.subject or ""].append(one)
    return found


def _agents_of_users(session: Session) -> dict[int, str | None]:
    return {row[0]: row[1] for row in session.execute(select(UserRow.user_id, UserRow.agent_id))}


def _known(session: Session, event_ids: Sequence[int]) -> set[tuple[str, int, str]]:
    found: set[tuple[str, int, str]] = set()
    for ids in chunks(event_ids):
        rows = session.execute(
            select(OmissionRow.kind, OmissionRow.event_id, OmissionRow.person).where(
                OmissionRow.event_id.in_(ids)
            )
        )
        found.update((row[0], row[1], row[2]) for row in rows)
    return found


def list_omissions(
    session: Session,
    user: User,
    *,
    only_open: bool = True,
    before: int | None = None,
    limit: int = 50,
) -> list[Omission]:
    """List the candidates that a person may see, the newest first by number.

    Args:
        before: number of the last candidate of the page before.
    """
    statement = select(OmissionRow).where(_visible(session, user))
    if only_open:
        statement = statement.where(OmissionRow.omission_id.not_in(_decided()), ~has_moved())
    if before is not None:
        statement = statement.where(OmissionRow.omission_id < before)
    rows = session.scalars(statement.order_by(OmissionRow.omission_id.desc()).limit(limit)).all()
    return _load(session, rows)


def count_open_omissions(session: Session, user: User) -> int:
    """Count the candidates that nobody has decided."""
    is_open = OmissionRow.omission_id.not_in(_decided()) & ~has_moved()
    wanted = select(func.count()).where(_visible(session, user), is_open)
    return session.scalar(wanted) or 0


def omissions_of(session: Session, user: User, event_id: int) -> list[Omission]:
    """List the candidates about one event that a person may see."""
    wanted = select(OmissionRow).where(_visible(session, user), OmissionRow.event_id == event_id)
    rows = session.scalars(wanted.order_by(OmissionRow.omission_id)).all()
    return _load(session, rows)


def find_omission(session: Session, user: User, omission_id: int) -> Omission:
    """Load one candidate that a person may see.

    Raises:
        NotFoundError: there is none of that number for them.
    """
    wanted = select(OmissionRow).where(
        _visible(session, user), OmissionRow.omission_id == omission_id
    )
    row = session.scalar(wanted)
    if row is None:
        raise NotFoundError("candidate", str(omission_id))
    return _load(session, [row])[0]


def decide_omission(
    session: Session,
    user: User,
    omission_id: int,
    action: OmissionAction,
    text: str,
    *,
    now: datetime,
) -> Omission:
    """Decide whether something was kept back; a later decision takes the place of an earlier one.

    The same person deciding the same with the same reason twice in a row leaves one decision.

    Raises:
        NotAllowedError: the person lacks the right, or it is about themselves.
        NotFoundError: no such candidate in their scope.
        InvalidRequestError: no reason.
        TransitionError: the call is another agent's by now.
    """
    if Right.DECIDE_EVENTS not in rights_of(user):
        raise NotAllowedError(Refusal.NO_RIGHT)
    if session.get_bind().dialect.name != "sqlite":
        held = select(OmissionRow.omission_id).where(OmissionRow.omission_id == omission_id)
        session.execute(held.with_for_update()).all()
    found = find_omission(session, user, omission_id)
    require_not_oneself(user, found.agent_id, found.user_id)
    if found.is_moved:
        raise TransitionError(Refusal.EVENT_MOVED)
    text = check_text(text)
    last = found.decision
    if last is not None and (last.action, last.text, last.done_by) == (action, text, user.user_id):
        return found
    session.add(
        OmissionStepRow(
            omission_id=omission_id,
            action=action.value,
            text=text,
            done_by=user.user_id,
            done_at=now,
        )
    )
    session.flush()
    details = {"event": found.event.event_id, "action": action.value}
    audit(session, user, "omission.decide", "omission", str(omission_id), details)
    return find_omission(session, user, omission_id)


def has_moved() -> ColumnElement[bool]:
    """Write the condition that a candidate is about an agent whose call it no longer is.

    Nothing is written when a call moves: where it comes back, the candidate counts again.
    """
    return exists().where(
        EventRow.event_id == OmissionRow.event_id,
        OmissionRow.kind == OmissionKind.MISSED.value,
        EventRow.agent_id.is_distinct_from(OmissionRow.agent_id),
    )


def _decided() -> Any:
    return select(OmissionStepRow.omission_id)


def _visible(session: Session, user: User) -> ColumnElement[bool]:
    """Write the condition that a person may see a candidate.

    Leads see those of their teams' agents, and of calls of theirs; what a lead is said to have
    kept back is for heads. An agent sees what a person confirmed about them, and nothing else.
    """
    scope = open_scope(session, user)
    about = select(EventRow.event_id).where(~is_open_to(scope, EventRow.call_id))
    is_open = OmissionRow.event_id.not_in(about) if scope.closed else true()
    if scope.everything:
        return OmissionRow.omission_id.is_not(None) & is_open
    if user.role is UserRole.AGENT:
        confirmed = select(OmissionStepRow.omission_id).where(
            OmissionStepRow.action == OmissionAction.CONFIRM.value
        )
        own = or_(OmissionRow.agent_id == user.agent_id, OmissionRow.user_id == user.user_id)
        return own & OmissionRow.omission_id.in_(confirmed)
    agents = select(UserRow.user_id).where(UserRow.role == UserRole.AGENT.value)
    about_agent = or_(OmissionRow.user_id.is_(None), OmissionRow.user_id.in_(agents))
    return agent_in_scope(scope, OmissionRow.agent_id) & about_agent & is_open


def _load(session: Session, rows: Sequence[OmissionRow]) -> list[Omission]:
    steps: dict[int, list[OmissionStep]] = defaultdict(list)
    events: dict[int, Event] = {}
    for some in chunks(rows):
        ids = [row.omission_id for row in some]
        found = select(OmissionStepRow).where(OmissionStepRow.omission_id.in_(ids))
        for one in session.scalars(found.order_by(OmissionStepRow.step_id)):
            step = OmissionStep(OmissionAction(one.action), one.text, one.done_by, one.done_at)
            steps[one.omission_id].append(step)
        about = select(EventRow).where(EventRow.event_id.in_([row.event_id for row in some]))
        for event in load_events(session, session.scalars(about).all()):
            events[event.event_id] = event
    return [
        Omission(
            omission_id=row.omission_id,
            kind=OmissionKind(row.kind),
            event=events[row.event_id],
            agent_id=row.agent_id,
            user_id=row.user_id,
            evidence=tuple(json.loads(row.evidence)),
            known_since=row.known_since,
            raised_at=row.raised_at,
            steps=tuple(steps[row.omission_id]),
        )
        for row in rows
    ]
