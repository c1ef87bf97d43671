"""What people are told on the page: a released call, an appeal's answer, a task."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from qa.records import User, UserRole
from qa.store.tables import CallRow
from qa.store.tables_people import UserRow
from qa.store.tables_review import MessageRow


class MessageKind(StrEnum):
    """What a message says; pages have the sentence."""

    CALL_RELEASED = "call_released"
    CALL_TAKEN_BACK = "call_taken_back"
    CALL_REOPENED = "call_reopened"
    """The call was judged again, with another result; it will be reviewed again."""
    CALL_MOVED = "call_moved"
    """A call that was released to this agent is another's; it counts for them no more."""
    APPEAL_SUBMITTED = "appeal_submitted"
    APPEAL_UPHELD = "appeal_upheld"
    APPEAL_DISMISSED = "appeal_dismissed"
    CHECK_ASSIGNED = "check_assigned"
    EVENT_ESCALATED = "event_escalated"
    """An abnormal event was passed on to leads and heads; a complaint always is."""
    FINE_BOOKED = "fine_booked"
    FINE_REVERSED = "fine_reversed"
    FINE_RECKONED = "fine_reckoned"
    """A fine was reckoned anew, and costs another sum: another case or reading came before it."""
    CHARGE_CONFIRMED = "charge_confirmed"
    """Something that a person entered was confirmed; the agent may object."""
    LABELS_ASSIGNED = "labels_assigned"
    """Calls to label apart from the machine."""
    REPORT_LATE = "report_late"
    """A report is not sent by its hour, or is sent and has not arrived everywhere."""
    REPORT_UNDELIVERED = "report_undelivered"
    """A sent report does not reach somebody, or nobody knows whether it did."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message to one person; `read_at` is None while it is new."""

    message_id: int
    kind: MessageKind
    call_id: str | None
    sent_at: datetime
    read_at: datetime | None


def tell_agent(session: Session, kind: MessageKind, call_id: str, now: datetime) -> None:
    """Tell the agent of a call; a call without an agent tells nobody."""
    agent_id = session.scalar(select(CallRow.agent_id).where(CallRow.call_id == call_id))
    if agent_id is not None:
        tell_agent_named(session, kind, agent_id, call_id, now)


def tell_agent_named(
    session: Session, kind: MessageKind, agent_id: str, call_id: str, now: datetime
) -> None:
    """Tell an agent by 工号, whoever's the call is by now."""
    row = {"agent_id": agent_id, "kind": kind.value, "call_id": call_id, "sent_at": now}
    session.execute(insert(MessageRow).values(row))


def calls_told(session: Session, kind: MessageKind, *conditions: ColumnElement[bool]) -> set[str]:
    """List the calls of which the agent whose they are now was told something.

    Args:
        conditions: which calls.
    """
    to_their_agent = (MessageRow.call_id == CallRow.call_id) & (
        MessageRow.agent_id == CallRow.agent_id
    )
    wanted = select(CallRow.call_id).join(MessageRow, to_their_agent)
    return set(session.scalars(wanted.where(MessageRow.kind == kind.value, *conditions)))


def tell_user(
    session: Session, kind: MessageKind, user_id: int, call_id: str | None, now: datetime
) -> None:
    """Tell a person by user id."""
    row = {"user_id": user_id, "kind": kind.value, "call_id": call_id, "sent_at": now}
    session.execute(insert(MessageRow).values(row))


def tell_heads(session: Session, kind: MessageKind, now: datetime) -> None:
    """Tell every head whose account is in use."""
    heads = select(UserRow.user_id).where(
        UserRow.role == UserRole.HEAD.value, UserRow.is_disabled.is_(False)
    )
    for user_id in session.scalars(heads.order_by(UserRow.user_id)).all():
        tell_user(session, kind, user_id, None, now)


def messages_for(
    session: Session,
    user: User,
    *,
    before: int | None = None,
    limit: int = 50,
    closed: frozenset[str] = frozenset(),
) -> list[Message]:
    """List a person's messages, the newest first.

    Args:
        closed: calls that they still label blind; a message about one does not name it.
        before: number of the last message of the page before; None for the first page.
    """
    wanted = select(MessageRow).where(_of(user))
    if before is not None:
        wanted = wanted.where(MessageRow.message_id < before)
    rows = session.scalars(wanted.order_by(MessageRow.message_id.desc()).limit(limit))
    return [
        Message(
            row.message_id,
            MessageKind(row.kind),
            None if row.call_id in closed else row.call_id,
            row.sent_at,
            row.read_at,
        )
        for row in rows
    ]


def count_new_messages(session: Session, user: User) -> int:
    """Count the messages that a person has not read."""
    wanted = _new_messages(user.agent_id is not None)
    return session.scalar(wanted, {"user_id": user.user_id, "agent_id": user.agent_id}) or 0


@cache
def _new_messages(is_agent: bool) -> Select[int]:
    messages = MessageRow.__table__.c
    own = messages.user_id == bindparam("user_id")
    if is_agent:
        own = or_(own, messages.agent_id == bindparam("agent_id"))
    return select(func.count()).where(own, messages.read_at.is_(None))


def mark_read(session: Session, user: User, last: int, now: datetime) -> int:
    """Mark a person's messages up to a number as read; harmless to repeat.

    Returns:
        How many were new.
    """
    new = (_of(user), MessageRow.read_at.is_(None), MessageRow.message_id <= last)
    result = session.connection().execute(update(MessageRow).where(*new).values(read_at=now))
    return int(result.rowcount)


def _of(user: User) -> ColumnElement[bool]:
    own = MessageRow.user_id == user.user_id
    return own if user.agent_id is None else or_(own, MessageRow.agent_id == user.agent_id)
