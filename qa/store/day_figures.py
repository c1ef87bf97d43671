"""Which part of a stretch of time has figures by day that hold, and which is read call by call.

A day counts by its figures when it was added up, nothing in it changed since, and it lies in the
stretch as a whole; all else is read from the calls' states. So a figure is right at any moment,
and quick once the days are added up (`rolling`).
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import Session

from qa.store.day_touches import Stretch, merged
from qa.store.tables_figures import DayTouchRow, RolledDayRow

FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
"""Before and behind every call, those of unknown time included."""
_MOST_PARTS = 60
"""With more pieces than this, all is read call by call: a statement has its bounds."""


class DayKind(StrEnum):
    """What a row of `team_days` counts, and its three numbers.

    `RULE` has a rule's id: lines violated, undecided, rejected. The others count calls: by `SCORE`,
    by `STATE`, and those `WAITING` for a person.
    """

    SCORE = "score"
    STATE = "state"
    WAITING = "waiting"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Parts:
    """A stretch of time in two parts that do not overlap.

    Attributes:
        days: from one day to another, both included: by their figures.
        spans: from one moment to another, the end not included: call by call.
    """

    days: tuple[tuple[date, date], ...]
    spans: tuple[Stretch, ...]

    def in_days(self, day: Any) -> ColumnElement[bool]:
        """Write the condition that a row's day belongs to the first part."""
        return _any([day.between(first, last) for first, last in self.days])

    def in_spans(self, moment: Any) -> ColumnElement[bool]:
        """Write the condition that a call's time belongs to the second part."""
        return _any([and_(moment >= since, moment < until) for since, until in self.spans])


def parts_of(session: Session, cuts: Sequence[datetime]) -> Parts:
    """Cut a stretch of time into what its days' figures say and what has to be read.

    Args:
        cuts: begin and end, and in between, in order, where no day may lie on both sides.
    """
    since, until = cuts[0], cuts[-1]
    whole = Parts((), ((since, until),))
    rolled = session.execute(
        select(RolledDayRow.day, RolledDayRow.starts, RolledDayRow.ends)
        .where(RolledDayRow.starts >= since, RolledDayRow.ends <= until)
        .order_by(RolledDayRow.starts)
    ).all()
    if not rolled:
        return whole
    touched = touches(session, since, until)
    days: list[tuple[date, date]] = []
    spans: list[Stretch] = []
    at = since
    for day, starts, ends in rolled:
        is_cut = bisect_right(cuts, starts) < len(cuts) and cuts[bisect_right(cuts, starts)] < ends
        if is_cut or overlaps(touched, starts, ends):
            continue
        if days and at == starts:
            days[-1] = (days[-1][0], day)
        else:
            days.append((day, day))
        if at < starts:
            spans.append((at, starts))
        at = ends
    if at < until:
        spans.append((at, until))
    return Parts(tuple(days), tuple(spans)) if len(days) + len(spans) <= _MOST_PARTS else whole


def touches(session: Session, since: datetime, until: datetime) -> list[Stretch]:
    """List the stretches in which something changed, in order, none touching another."""
    rows = session.execute(
        select(DayTouchRow.since, DayTouchRow.until).where(
            DayTouchRow.since < until, DayTouchRow.until > since
        )
    )
    return merged((row[0], row[1]) for row in rows)


def overlaps(stretches: Sequence[Stretch], since: datetime, until: datetime) -> bool:
    """Whether one of some stretches, which are in order, lies partly between two moments."""
    behind = bisect_right(stretches, since, key=lambda one: one[1])
    return behind < len(stretches) and stretches[behind][0] < until


def _any(conditions: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    return or_(*conditions) if conditions else false()
