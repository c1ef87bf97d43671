"""What each agent did in a month, counted for the assessment sheets."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, and_, func, select
from sqlalchemy.orm import Session

from qa.records import AppealState, Scope
from qa.review.booking import next_month
from qa.review.events import EventAction, OmissionAction, OmissionKind
from qa.review.sheets import Work
from qa.store.omissions import has_moved
from qa.store.scope import agent_in_scope
from qa.store.tables_events import EventRow, EventStepRow, OmissionRow, OmissionStepRow
from qa.store.tables_people import UserRow
from qa.store.tables_review import (
    AppealRow,
    AppealStepRow,
    CallStatusRow,
    SpotCheckResultRow,
    SpotCheckRow,
)


def first_day(month: str) -> date:
    """Name the first day of a month, `2025-11`."""
    return date(int(month[:4]), int(month[5:]), 1)


def first_moment(month: str, zone: ZoneInfo) -> datetime:
    """Name the moment at which a month begins in a zone."""
    return datetime.combine(first_day(month), time(), zone).astimezone(UTC)


def month_work(session: Session, scope: Scope, month: str, zone: ZoneInfo) -> dict[str, Work]:
    """Count what each agent did in a month."""
    since, until = first_moment(month, zone), first_moment(next_month(month), zone)
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    of_month = and_(
        CallStatusRow.sorted_at >= since,
        CallStatusRow.sorted_at < until,
        agent_in_scope(scope, CallStatusRow.agent_id),
        CallStatusRow.agent_id.is_not(None),
    )
    _add(counts, ("calls", "points", "confirmed_fines", "praised"), _calls(session, of_month))
    _add(counts, ("appeals", "appeals_upheld"), _appeals(session, of_month))
    _add(counts, ("events_filed",), _filed(session, scope, since, until))
    for kind in OmissionKind:
        _add(counts, (kind.value,), _omissions(session, scope, kind, since, until))
    _add(counts, ("checked",), _checked(session, scope, month))
    known = {field.name for field in fields(Work)}
    return {
        agent_id: Work(**{name: number for name, number in own.items() if name in known})
        for agent_id, own in counts.items()
    }


def _add(
    counts: dict[str, dict[str, int]],
    names: Sequence[str],
    rows: Sequence[Row[*tuple[object, ...]]],
) -> None:
    for agent_id, *numbers in rows:
        for name, number in zip(names, numbers, strict=True):
            counts[str(agent_id)][name] = int(str(number or 0))


def _calls(session: Session, of_month: ColumnElement[bool]) -> Sequence[Row[*tuple[object, ...]]]:
    fined = func.count().filter(CallStatusRow.confirmed_fines > 0)
    praised = func.count().filter(CallStatusRow.is_praised.is_(True))
    return session.execute(
        select(CallStatusRow.agent_id, func.count(), func.sum(CallStatusRow.score), fined, praised)
        .where(of_month)
        .group_by(CallStatusRow.agent_id)
    ).all()


def _appeals(session: Session, of_month: ColumnElement[bool]) -> Sequence[Row[*tuple[object, ...]]]:
    upheld = func.count().filter(AppealStepRow.state == AppealState.UPHELD.value)
    return session.execute(
        select(CallStatusRow.agent_id, func.count(), upheld)
        .select_from(AppealRow)
        .join(CallStatusRow, CallStatusRow.call_id == AppealRow.call_id)
        .outerjoin(AppealStepRow, AppealStepRow.appeal_id == AppealRow.appeal_id)
        .where(of_month)
        .group_by(CallStatusRow.agent_id)
    ).all()


def _filed(
    session: Session, scope: Scope, since: datetime, until: datetime
) -> Sequence[Row[*tuple[object, ...]]]:
    return session.execute(
        select(UserRow.agent_id, func.count(EventStepRow.event_id.distinct()))
        .select_from(EventStepRow)
        .join(EventRow, EventRow.event_id == EventStepRow.event_id)
        .join(UserRow, UserRow.user_id == EventStepRow.done_by)
        .where(
            EventStepRow.action == EventAction.FILE.value,
            EventStepRow.done_at >= since,
            EventStepRow.done_at < until,
            UserRow.agent_id.is_not(None),
            agent_in_scope(scope, UserRow.agent_id),
        )
        .group_by(UserRow.agent_id)
    ).all()


def _omissions(
    session: Session, scope: Scope, kind: OmissionKind, since: datetime, until: datetime
) -> Sequence[Row[*tuple[object, ...]]]:
    last = (
        select(func.max(OmissionStepRow.step_id))
        .group_by(OmissionStepRow.omission_id)
        .scalar_subquery()
    )
    return session.execute(
        select(OmissionRow.agent_id, func.count())
        .select_from(OmissionRow)
        .join(OmissionStepRow, OmissionStepRow.omission_id == OmissionRow.omission_id)
        .where(
            OmissionRow.kind == kind.value,
            ~has_moved(),
            OmissionRow.known_since >= since,
            OmissionRow.known_since < until,
            OmissionStepRow.step_id.in_(last),
            OmissionStepRow.action == OmissionAction.CONFIRM.value,
            OmissionRow.agent_id.is_not(None),
            agent_in_scope(scope, OmissionRow.agent_id),
        )
        .group_by(OmissionRow.agent_id)
    ).all()


def _checked(session: Session, scope: Scope, month: str) -> Sequence[Row[*tuple[object, ...]]]:
    return session.execute(
        select(SpotCheckRow.agent_id, func.count(SpotCheckRow.check_id.distinct()))
        .select_from(SpotCheckRow)
        .join(SpotCheckResultRow, SpotCheckResultRow.check_id == SpotCheckRow.check_id)
        .where(
            SpotCheckRow.day >= first_day(month),
            SpotCheckRow.day < first_day(next_month(month)),
            agent_in_scope(scope, SpotCheckRow.agent_id),
        )
        .group_by(SpotCheckRow.agent_id)
    ).all()
