"""What is to be delivered, who is at it, and every attempt: nothing is delivered twice.

A delivery is claimed in a transaction of its own before anything leaves the house. Who claimed it
and then died leaves it `sending`; whether it arrived nobody knows, so it becomes `unclear` and
waits for a person (decision record 36).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import User
from qa.refusals import Refusal, TransitionError
from qa.store.audit import audit
from qa.store.messages import MessageKind, tell_heads
from qa.store.tables_reports import (
    AlarmWatchRow,
    ReportAttemptRow,
    ReportDeliveryRow,
    ReportRow,
)
from qa.store.upsert import upsert

ABANDONED = timedelta(minutes=15)
"""A delivery that is `sending` for so long was left by a process that died."""
_WATCH_ID = 1


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    SENDING = "sending"
    FAILED = "failed"
    """Tried, certainly not delivered; it is tried again."""
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    """Tried as often as the settings say."""
    UNCLEAR = "unclear"
    """It may have arrived; a person asks, and says."""


class Purpose(StrEnum):
    """What is delivered."""

    REPORT = "report"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Target:
    """Where to: `email` and an address, or `webhook` and a URL."""

    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, or a person's word; the detail holds no secret."""

    at: datetime
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery and its attempts, the oldest first."""

    delivery_id: int
    report_id: int
    purpose: Purpose
    target: Target
    state: DeliveryState
    attempts: int
    queued_at: datetime
    log: tuple[Attempt, ...]


NEEDS_A_PERSON = (DeliveryState.GIVEN_UP, DeliveryState.UNCLEAR)
"""Nothing more happens by itself: a person says whether it arrived, or has it sent again."""


def queue(
    session: Session,
    report_id: int,
    purpose: Purpose,
    targets: Sequence[Target],
    *,
    now: datetime,
) -> int:
    """Have something delivered to some targets; those that have it in hand are left out.

    Returns:
        How many are new.
    """
    # Held, so that of two that queue the same, as two nights may, the second finds it queued.
    own = select(ReportRow.report_id).where(ReportRow.report_id == report_id)
    session.execute(own.with_for_update())
    known = {
        (row.channel, row.target)
        for row in session.scalars(
            select(ReportDeliveryRow).where(
                ReportDeliveryRow.report_id == report_id,
                ReportDeliveryRow.purpose == purpose.value,
            )
        )
    }
    new = [t for t in dict.fromkeys(targets) if (t.channel, t.address) not in known]
    for target in new:
        session.execute(
            insert(ReportDeliveryRow).values(
                report_id=report_id,
                purpose=purpose.value,
                channel=target.channel,
                target=target.address,
                state=DeliveryState.WAITING.value,
                queued_at=now,
                next_at=now,
            )
        )
    return len(new)


def claim(session: Session, *, now: datetime) -> Delivery | None:
    """Take the next delivery that is due, so that nobody else sends it; None without any.

    Commit before sending.
    """
    due = (DeliveryState.WAITING.value, DeliveryState.FAILED.value)
    row = session.scalar(
        select(ReportDeliveryRow)
        .where(ReportDeliveryRow.state.in_(due), ReportDeliveryRow.next_at <= now)
        .order_by(ReportDeliveryRow.next_at, ReportDeliveryRow.delivery_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return None
    _set(session, row.delivery_id, DeliveryState.SENDING, now, attempts=row.attempts + 1)
    return _load(session, [row.delivery_id])[0]


def finish(
    session: Session,
    delivery: Delivery,
    outcome: DeliveryState,
    detail: str,
    *,
    now: datetime,
    retry_at: datetime | None = None,
) -> None:
    """Write down how an attempt ended; heads are told of a report that waits for a person now.

    Args:
        detail: for people; up to 200 characters, no secret.
        retry_at: for `failed`, when to try again.
    """
    _set(session, delivery.delivery_id, outcome, retry_at or now)
    _log(session, delivery.delivery_id, outcome.value, detail, now)
    if outcome in NEEDS_A_PERSON and delivery.purpose is Purpose.REPORT:
        tell_heads(session, MessageKind.REPORT_UNDELIVERED, now)


def release_abandoned(session: Session, *, now: datetime) -> int:
    """Mark what a process that died was sending as unclear; returns how many."""
    left = list(
        session.scalars(
            select(ReportDeliveryRow.delivery_id).where(
                ReportDeliveryRow.state == DeliveryState.SENDING.value,
                ReportDeliveryRow.next_at <= now - ABANDONED,
            )
        )
    )
    for delivery in _load(session, left):
        finish(session, delivery, DeliveryState.UNCLEAR, "the sender stopped", now=now)
    return len(left)


def settle(session: Session, user: User, delivery_id: int, *, arrived: bool, now: datetime) -> None:
    """Write down what a person found out of an unclear delivery, or try a given-up one again.

    Args:
        arrived: it is delivered; otherwise it is sent again.

    Raises:
        NotFoundError: there is no such delivery.
        TransitionError: it is neither unclear nor given up.
    """
    row = session.get(ReportDeliveryRow, delivery_id, with_for_update=True)
    if row is None:
        raise NotFoundError("delivery", str(delivery_id))
    if row.state not in (DeliveryState.UNCLEAR.value, DeliveryState.GIVEN_UP.value):
        raise TransitionError(Refusal.NO_CHANGE)
    state = DeliveryState.DELIVERED if arrived else DeliveryState.WAITING
    _set(session, delivery_id, state, now, attempts=row.attempts if arrived else 0)
    _log(session, delivery_id, "arrived" if arrived else "again", f"said by {user.login}", now)
    audit(session, user, "report.settle", "report", str(row.report_id), {"arrived": arrived})


def deliveries_of(session: Session, report_id: int) -> list[Delivery]:
    """List what was to be delivered of a report, in order."""
    wanted = select(ReportDeliveryRow.delivery_id).where(ReportDeliveryRow.report_id == report_id)
    return _load(session, list(session.scalars(wanted.order_by(ReportDeliveryRow.delivery_id))))


def not_arrived(session: Session, report_ids: Collection[int]) -> set[int]:
    """List those of some reports that have not arrived everywhere they were sent to."""
    wanted = select(ReportDeliveryRow.report_id).where(
        ReportDeliveryRow.report_id.in_(report_ids),
        ReportDeliveryRow.purpose == Purpose.REPORT.value,
        ReportDeliveryRow.state != DeliveryState.DELIVERED.value,
    )
    return set(session.scalars(wanted))


def is_alarmed(session: Session, report_id: int) -> bool:
    """Whether the alarm of a late report was raised."""
    wanted = select(ReportDeliveryRow.delivery_id).where(
        ReportDeliveryRow.report_id == report_id,
        ReportDeliveryRow.purpose == Purpose.ALARM.value,
    )
    return session.scalar(wanted.limit(1)) is not None


def alarms_since(session: Session) -> datetime | None:
    """Find since when reports are looked at for being late; None where they are not."""
    return session.scalar(select(AlarmWatchRow.since).where(AlarmWatchRow.watch_id == _WATCH_ID))


def watch_alarms(session: Session, since: datetime | None) -> None:
    """Begin to look at reports for being late, or with None, end it."""
    row = {"watch_id": _WATCH_ID, "since": since}
    upsert(session, AlarmWatchRow, [row], update=("since",))


def _set(
    session: Session,
    delivery_id: int,
    state: DeliveryState,
    next_at: datetime,
    attempts: int | None = None,
) -> None:
    values: dict[str, object] = {"state": state.value, "next_at": next_at}
    if attempts is not None:
        values["attempts"] = attempts
    own = ReportDeliveryRow.delivery_id == delivery_id
    session.execute(update(ReportDeliveryRow).where(own).values(**values))


def _log(session: Session, delivery_id: int, outcome: str, detail: str, now: datetime) -> None:
    values = {"attempted_at": now, "outcome": outcome, "detail": detail[:200]}
    session.execute(insert(ReportAttemptRow).values(delivery_id=delivery_id, **values))


def _load(session: Session, delivery_ids: Sequence[int]) -> list[Delivery]:
    own = ReportAttemptRow.delivery_id.in_(delivery_ids)
    log: dict[int, list[Attempt]] = {}
    for entry in session.scalars(
        select(ReportAttemptRow).where(own).order_by(ReportAttemptRow.attempt_id)
    ):
        attempt = Attempt(entry.attempted_at, entry.outcome, entry.detail)
        log.setdefault(entry.delivery_id, []).append(attempt)
    rows = session.scalars(
        select(ReportDeliveryRow)
        .where(ReportDeliveryRow.delivery_id.in_(delivery_ids))
        .order_by(ReportDeliveryRow.delivery_id)
        .execution_options(populate_existing=True)
    )
    return [
        Delivery(
            delivery_id=row.delivery_id,
            report_id=row.report_id,
            purpose=Purpose(row.purpose),
            target=Target(row.channel, row.target),
            state=DeliveryState(row.state),
            attempts=row.attempts,
            queued_at=row.queued_at,
            log=tuple(log.get(row.delivery_id, ())),
        )
        for row in rows
    ]
