"""Adding up the days, so that pages need not: by the clock, some days at a time.

Harmless to repeat. A day is read anew as a whole, so that no error could stay.
"""

import json
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, literal, select, text
from sqlalchemy.orm import Session

from qa.records import FlagAction
from qa.store.call_status import UNKNOWN_TIME
from qa.store.day_figures import FIRST, LAST, DayKind, overlaps, touches
from qa.store.selections import SUMS, one_if, sum_of
from qa.store.store import Store
from qa.store.tables import ScorecardRow, VerdictRow
from qa.store.tables_figures import (
    AgentDayRow,
    AgentRuleRow,
    DayTouchRow,
    RolledDayRow,
    TeamDayRow,
)
from qa.store.tables_review import CallStatusRow
from qa.store.team_figures import decided_outcome, decisions_of, is_waiting
from qa.store.upsert import insert_into
from qa.types import Outcome

_LOCK = 7_312_004  # any number that nothing else in the database uses
DAYS_AT_ONCE = 10
"""So many days are added up in one transaction: some tenths of a second in a large centre."""

LONGEST_GAP_DAYS = 31
"""Days without calls are added up, too, so that a stretch of days is read as one; not so where a
recorder's clock stood at 2000, and thousands of them lie before the next call."""


@dataclass(frozen=True, slots=True)
class _Day:
    """A day of the zone, as moments.

    Attributes:
        day: None for a stretch of days without any call.
    """

    day: date | None
    starts: datetime
    ends: datetime

    def holds(self) -> ColumnElement[bool]:
        return and_(CallStatusRow.sorted_at >= self.starts, CallStatusRow.sorted_at < self.ends)


def roll(store: Store, *, go_on: Callable[[], bool] = lambda: True) -> bool:
    """Add up the days that are not, or whose calls changed since; the newest first.

    Args:
        go_on: asked between transactions; False leaves the rest to the next time.

    Returns:
        Whether nothing is left, or another process is at it.
    """
    with store.reading() as session:
        if next(_stale(session, store.zone), None) is None:
            return True
    while go_on():
        with store.writing() as session:
            if not _alone(session):
                return True
            if not _roll_some(session, store.zone):
                return True
    return False


def _alone(session: Session) -> bool:
    """Keep other processes from adding up the same; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "sqlite":
        return True
    return bool(session.scalar(text(f"SELECT pg_try_advisory_xact_lock({_LOCK})")))


def _roll_some(session: Session, zone: ZoneInfo) -> bool:
    """Add up some days; False where none is left."""
    if session.scalar(select(RolledDayRow.day).where(RolledDayRow.zone != zone.key).limit(1)):
        for table in (RolledDayRow, AgentDayRow, TeamDayRow, AgentRuleRow):
            session.execute(delete(table))
    known = session.execute(select(DayTouchRow.touch_id, DayTouchRow.since, DayTouchRow.until))
    before = [(row[0], row[1], row[2]) for row in known]
    some = list(islice(_stale(session, zone), DAYS_AT_ONCE))
    for one in some:
        if one.day is not None:
            _roll_day(session, one, zone)
    _forget_touches(session, before, some)
    return bool(some)


def _stale(session: Session, zone: ZoneInfo) -> Iterator[_Day]:
    """List the days to add up, the newest first, and at last that of calls of unknown time."""
    rolled = set(session.scalars(select(RolledDayRow.day).where(RolledDayRow.zone == zone.key)))
    touched = touches(session, FIRST, LAST)
    for one in _days(session, zone, rolled):
        is_new = one.day is not None and one.day not in rolled
        if is_new or overlaps(touched, one.starts, one.ends):
            yield one


def _days(session: Session, zone: ZoneInfo, rolled: set[date]) -> Iterator[_Day]:
    """List the days of all calls, the newest first; long stretches without calls as one."""
    is_known = and_(CallStatusRow.sorted_at > UNKNOWN_TIME, CallStatusRow.sorted_at < LAST)
    # Two questions: SQLite answers each from the end of an index, and both together by a scan.
    first = session.scalar(select(func.min(CallStatusRow.sorted_at)).where(is_known))
    last = session.scalar(select(func.max(CallStatusRow.sorted_at)).where(is_known))
    unknown, above = _day(UNKNOWN_TIME.astimezone(zone).date(), zone), LAST
    if first is not None and last is not None:
        # Days that were added up and lost all their calls are looked at, too.
        known = sorted(one for one in rolled if one.year > UNKNOWN_TIME.year)
        ends = [first.astimezone(zone).date(), last.astimezone(zone).date(), *known]
        day, end = max(ends), min(ends)
        yield _Day(None, _day(day, zone).ends, above)
        above = _day(end, zone).starts
        while day >= end:
            one = _day(day, zone)
            if day not in rolled:
                before = _last_with_calls(session, one, zone, known)
                if (day - before).days > LONGEST_GAP_DAYS:
                    yield _Day(None, _day(before, zone).ends, one.ends)
                    day = before
                    continue
            yield one
            day -= timedelta(days=1)
    yield _Day(None, unknown.ends, above)
    yield unknown


def _last_with_calls(session: Session, until: _Day, zone: ZoneInfo, known: list[date]) -> date:
    """Find the last day, this one or before, that has calls or was added up."""
    newest = session.scalar(
        select(func.max(CallStatusRow.sorted_at)).where(
            CallStatusRow.sorted_at > UNKNOWN_TIME, CallStatusRow.sorted_at < until.ends
        )
    )
    day = newest.astimezone(zone).date() if newest is not None else date.min
    at = bisect_left(known, until.ends.date())
    return max(day, known[at - 1]) if at else day


def _day(day: date, zone: ZoneInfo) -> _Day:
    return _Day(day, _midnight(day, zone), _midnight(day + timedelta(days=1), zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _roll_day(session: Session, day: _Day, zone: ZoneInfo) -> None:
    missed = _missed(session, day)
    before = session.execute(
        select(AgentDayRow.agent_id, AgentDayRow.missed).where(AgentDayRow.day == day.day)
    )
    change: Counter[tuple[str, str]] = Counter()
    for agent_id, written in before:
        change.subtract({(agent_id, rule): times for rule, times in json.loads(written).items()})
    for (agent_id, _, _), rules in missed.items():
        change.update({(agent_id, rule): times for rule, times in rules.items()})
    for table in (AgentDayRow, TeamDayRow, RolledDayRow):
        session.execute(delete(table).where(table.day == day.day))
    _write(session, AgentDayRow, _agent_rows(session, day, missed))
    _write(session, TeamDayRow, _team_rows(session, day))
    _add_missed(session, change)
    row = {"day": day.day, "zone": zone.key, "starts": day.starts, "ends": day.ends}
    session.execute(insert(RolledDayRow), [row])


def _write(session: Session, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(table), rows)


def _add_missed(session: Session, change: Counter[tuple[str, str]]) -> None:
    rows = [
        {"agent_id": agent_id, "rule_id": rule_id, "times": times}
        for (agent_id, rule_id), times in sorted(change.items())
        if times
    ]
    if rows:
        statement = insert_into(session, AgentRuleRow)
        added = AgentRuleRow.times + statement.excluded.times
        keys = ["agent_id", "rule_id"]
        statement = statement.on_conflict_do_update(index_elements=keys, set_={"times": added})
        session.connection().execute(statement, rows)
        session.execute(delete(AgentRuleRow).where(AgentRuleRow.times == 0))


def _group() -> tuple[Any, Any, Any]:
    agent, team = CallStatusRow.agent_id, CallStatusRow.team
    return func.coalesce(agent, ""), func.coalesce(team, ""), CallStatusRow.ruleset_id


def _current() -> ColumnElement[bool]:
    of_call = ScorecardRow.call_id == CallStatusRow.call_id
    return and_(of_call, ScorecardRow.is_current.is_(True))


def _missed(session: Session, day: _Day) -> dict[tuple[str, str, str], dict[str, int]]:
    """Count violated lines of the current scorecards, by agent, team and ruleset."""
    group = _group()
    # Not a condition: SQLite would begin with the violations of all days.
    violations = sum_of(one_if(VerdictRow.outcome == Outcome.VIOLATED.value))
    rows = session.execute(
        select(*group, VerdictRow.rule_id, violations)
        .select_from(CallStatusRow)
        .join(ScorecardRow, _current())
        .join(VerdictRow, VerdictRow.scorecard_id == ScorecardRow.scorecard_id)
        .where(day.holds())
        .group_by(*group, VerdictRow.rule_id)
    )
    found: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    for agent_id, team, ruleset_id, rule_id, times in rows:
        if times:
            found[agent_id, team, ruleset_id][rule_id] = int(times)
    return found


def _agent_rows(
    session: Session, day: _Day, missed: dict[tuple[str, str, str], dict[str, int]]
) -> list[dict[str, Any]]:
    group = _group()
    counts = {name: sum_of(made()) for name, made in SUMS.items()}
    counts["lowest"] = func.min(CallStatusRow.score)
    counts |= {
        "critical": sum_of(one_if(ScorecardRow.critical_failure.is_(True))),
        "violated": sum_of(ScorecardRow.violated.expression),
        "left_undecided": sum_of(ScorecardRow.undecided.expression),
    }
    rows = session.execute(
        select(*group, *counts.values())
        .select_from(CallStatusRow)
        .outerjoin(ScorecardRow, _current())
        .where(day.holds())
        .group_by(*group)
    )
    return [
        {
            "day": day.day,
            "starts": day.starts,
            **dict(zip(("agent_id", "team", "ruleset_id"), row, strict=False)),
            **{name: int(value) for name, value in zip(counts, row[3:], strict=True)},
            "missed": json.dumps(missed.get((row[0], row[1], row[2]), {}), sort_keys=True),
        }
        for row in rows
    ]


def _team_rows(session: Session, day: _Day) -> list[dict[str, Any]]:
    group = _group()[1:]
    calls = (func.count(), 0, 0)
    asked: dict[DayKind, Select[Any]] = {
        DayKind.SCORE: _counted(day, CallStatusRow.score, calls),
        DayKind.STATE: _counted(day, CallStatusRow.state, calls),
        DayKind.WAITING: _counted(day, "", calls).where(is_waiting()),
    }
    last = decisions_of(day.holds())
    outcome = decided_outcome(last)
    lines = (
        sum_of(one_if(outcome == Outcome.VIOLATED.value)),
        sum_of(one_if(outcome == Outcome.UNDECIDED.value)),
        sum_of(one_if(last.c.action == FlagAction.REJECT.value)),
    )
    of_line = and_(
        last.c.scorecard_id == VerdictRow.scorecard_id, last.c.rule_id == VerdictRow.rule_id
    )
    asked[DayKind.RULE] = (
        select(*group, VerdictRow.rule_id, *lines)
        .select_from(CallStatusRow)
        .join(VerdictRow, VerdictRow.scorecard_id == CallStatusRow.scorecard_id)
        .outerjoin(last, of_line)
        .where(day.holds())
        .group_by(*group, VerdictRow.rule_id)
    )
    names = ("team", "ruleset_id", "key", "first", "second", "third")
    return [
        {"day": day.day, "kind": kind.value}
        | dict(zip(names, (*row[:2], str(row[2]), *map(int, row[3:])), strict=True))
        for kind, statement in asked.items()
        for row in session.execute(statement)
    ]


def _counted(day: _Day, key: Any, counts: tuple[Any, ...]) -> Select[Any]:
    group = _group()[1:]
    named = literal(key) if isinstance(key, str) else key
    numbers = [literal(one) if isinstance(one, int) else one for one in counts]
    columns = [] if isinstance(key, str) else [key]
    return (
        select(*group, named, *numbers)
        .select_from(CallStatusRow)
        .where(day.holds())
        .group_by(*group, *columns)
    )


def _forget_touches(
    session: Session, before: list[tuple[int, datetime, datetime]], days: list[_Day]
) -> None:
    """Remove what was known before the days were read, as far as it lies in them.

    A transaction that ends meanwhile leaves a touch of its own, which stays.
    """
    if not days or not before:
        return
    done = sorted((day.starts, day.ends) for day in days)
    gone, left = [], []
    for number, since, until in before:
        rest = _rest(since, until, done)
        if rest != [(since, until)]:
            gone.append(number)
            left += rest
    for first in range(0, len(gone), 500):
        some = gone[first : first + 500]
        session.execute(delete(DayTouchRow).where(DayTouchRow.touch_id.in_(some)))
    _write(session, DayTouchRow, [{"since": one, "until": end} for one, end in left])


def _rest(
    since: datetime, until: datetime, done: list[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """Cut out of a stretch what lies in some others, which are in order."""
    rest = []
    for starts, ends in done:
        if ends <= since or starts >= until:
            continue
        if since < starts:
            rest.append((since, starts))
        since = ends
    if since < until:
        rest.append((since, until))
    return rest
