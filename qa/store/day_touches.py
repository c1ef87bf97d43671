"""Writing down which days' figures no longer hold, in the transaction that changes them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.orm import Session

from qa.store.convert import chunks
from qa.store.tables_figures import DayTouchRow
from qa.store.tables_review import CallStatusRow

Stretch = tuple[datetime, datetime]
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_MOST = 48
"""So many stretches are written for one change; more are drawn together."""


def touch_calls(session: Session, call_ids: Sequence[str]) -> None:
    """Say that the states of calls are about to change or to go; call it before they do."""
    for ids in chunks(call_ids):
        touch_where(session, CallStatusRow.call_id.in_(ids))


def touch_where(session: Session, condition: ColumnElement[bool]) -> None:
    """Say the same of all calls whose state fits a condition."""
    times = session.scalars(select(CallStatusRow.sorted_at).where(condition))
    touch_times(session, times)


def touch_times(session: Session, times: Iterable[datetime]) -> None:
    """Say that the states of calls that began at some moments change."""
    moments = {moment.replace(minute=0, second=0, microsecond=0) for moment in times}
    found = merged((moment, moment + _HOUR) for moment in moments)
    if len(found) > _MOST:
        days = {moment.replace(hour=0) for moment in moments}
        found = merged((day, day + _DAY) for day in days)
    if len(found) > _MOST:
        found = [(found[0][0], found[-1][1])]
    if found:
        rows = [{"since": since, "until": until} for since, until in found]
        session.execute(insert(DayTouchRow), rows)


def add_touch(session: Session, since: datetime, until: datetime) -> None:
    """Say that anything may change between two moments."""
    session.execute(insert(DayTouchRow).values(since=since, until=until))


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Put stretches in order, those that touch or overlap made one."""
    found: list[Stretch] = []
    for since, until in sorted(stretches):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((since, until))
    return found
