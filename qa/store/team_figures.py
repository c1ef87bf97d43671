"""Figures of agents, teams and the centre, from the calls' states and people's decisions.

Everything is counted in the database; each query takes what it may count as a `Selection`.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    select,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import Subquery

from qa.records import FlagAction, ReviewState, Scope
from qa.review.statistics import Mean, mean_of
from qa.store.day_figures import DayKind, Parts
from qa.store.selections import (
    Selection,
    by_key,
    cell_parts,
    cells,
    cells_in,
    form_of,
    one_if,
    sum_of,
    team_days,
    team_parts,
    within,
)
from qa.store.tables import AgentRow, VerdictRow
from qa.store.tables_figures import RolledDayRow, TeamDayRow
from qa.store.tables_people import UserRow
from qa.store.tables_review import CallStatusRow, FlagDecisionRow
from qa.types import Outcome

__all__ = ["Selection", "within"]
_WAITING = (ReviewState.OPEN.value, ReviewState.STARTED.value)


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """One agent's calls; `mean` is None without any."""

    agent_id: str
    name: str | None
    team: str | None
    mean: Mean | None
    by_machine: int
    undecided: int
    open_flags: int
    fines: int
    praised: int


@dataclass(frozen=True, slots=True)
class Totals:
    """All calls of a selection together.

    Attributes:
        undecided_calls: with at least one line that nobody could decide.
        reviewed, final: calls whose score rests on people; the rest rests on the machine.
    """

    mean: Mean | None
    undecided_calls: int
    undecided: int
    reviewed: int
    final: int
    praised: int


@dataclass(frozen=True, slots=True)
class WeekSum:
    """An agent's calls of one week, counted from 0 in the weeks that were asked for."""

    week: int
    agent_id: str
    calls: int
    total: int


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How often a rule was found violated, after what people decided, and left undecided."""

    rule_id: str
    violated: int
    undecided: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far reviewing is.

    Attributes:
        by_state: calls by `ReviewState`.
        waiting: calls that somebody has to look at; `oldest` is the start of the oldest.
        people: names, and how many flags each decided within the selection's days.
    """

    by_state: dict[str, int]
    waiting: int
    oldest: datetime | None
    people: tuple[tuple[str, int], ...]


def weeks_until(last: date, count: int, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """List weeks as windows of time, from their Mondays, the last one with the given day in it."""
    monday = last - timedelta(days=last.weekday())
    starts = [monday - timedelta(weeks=number) for number in range(count - 1, -1, -1)]
    return [(_midnight(day, zone), _midnight(day + timedelta(weeks=1), zone)) for day in starts]


def totals(session: Session, wanted: Selection) -> Totals:
    """Sum up a selection."""
    form, values = form_of(wanted)
    row = session.execute(_totals(form, cell_parts(session, form)), values).one()
    calls, total, squares, *counts = (int(value) for value in row)
    return Totals(mean_of(calls, total, squares), *counts)


@lru_cache(maxsize=64)
def _totals(wanted: Selection, parts: Parts) -> Select[*tuple[Any, ...]]:
    counts = ("undecided_calls", "undecided", "reviewed", "final", "praised")
    names = ("calls", "total", "squares", *counts)
    found = cells_in(wanted, parts, sums=names)
    return select(*(sum_of(found.c[name]) for name in names))


def agents(session: Session, wanted: Selection) -> list[AgentFigures]:
    """Sum up each agent of a selection who has calls in it, in order of number."""
    found = cells(session, wanted)
    sums = ("calls", "total", "squares", "reviewed", "final", "undecided")
    rows = session.execute(
        select(
            *(found.c.agent_id, AgentRow.name, found.c.team),
            *(sum_of(found.c[name]) for name in (*sums, "open_flags", "fines", "praised")),
        )
        .outerjoin(AgentRow, AgentRow.agent_id == found.c.agent_id)
        .where(found.c.agent_id != "")
        .group_by(found.c.agent_id, AgentRow.name, found.c.team)
        .order_by(found.c.agent_id)
    )
    return [
        AgentFigures(
            *(agent_id, name, team or None),
            mean_of(int(calls), int(total), int(squares)),
            int(calls) - int(reviewed) - int(final),
            *(int(count) for count in counts),
        )
        for agent_id, name, team, calls, total, squares, reviewed, final, *counts in rows
    ]


def histogram(session: Session, wanted: Selection) -> dict[int, int]:
    """Count calls by score, 0–100; scores that no call has are left out."""
    parts = team_parts(session, wanted)
    rows = session.execute(
        select(CallStatusRow.score, func.count())
        .where(*within(wanted, parts))
        .group_by(CallStatusRow.score)
    )
    counts = Counter({int(score): calls for score, calls in rows})
    for score, (calls, _, _) in by_key(session, wanted, parts, DayKind.SCORE).items():
        counts[int(score)] += calls
    return dict(counts)


def weekly(
    session: Session, wanted: Selection, weeks: Sequence[tuple[datetime, datetime]]
) -> list[WeekSum]:
    """Sum up each agent's calls week by week; weeks without calls are left out.

    Args:
        weeks: in order; the selection's own days are not looked at.
    """
    if not weeks:
        return []
    cuts = [weeks[0][0], *(until for _, until in weeks)]
    whole = Selection(wanted.scope, cuts[0], cuts[-1], wanted.team, wanted.agent_id)
    if whole == Selection(Scope(agent_id=wanted.scope.agent_id), cuts[0], cuts[-1]):
        return _own_weeks(session, wanted.scope.agent_id or "", cuts)
    parts = cell_parts(session, whole, cuts)
    rows = session.execute(_weekly(whole, parts, tuple(weeks)))
    return [WeekSum(int(row[0]), row[1], int(row[2]), int(row[3])) for row in rows]


def _own_weeks(session: Session, agent_id: str, cuts: Sequence[datetime]) -> list[WeekSum]:
    """Sum up one agent's calls: so few that adding them up here takes less than to ask for it."""
    bounds = {"agent_id": agent_id, "since": cuts[0], "until": cuts[-1]}
    calls, total = Counter[int](), Counter[int]()
    for moment, score in session.execute(_scores_of_agent(), bounds):
        week = bisect_right(cuts, moment) - 1
        calls[week] += 1
        total[week] += score
    return [WeekSum(week, agent_id, calls[week], total[week]) for week in sorted(calls)]


@cache
def _scores_of_agent() -> Select[*tuple[Any, ...]]:
    status = CallStatusRow.__table__.c
    return select(status.sorted_at, status.score).where(
        status.agent_id == bindparam("agent_id"),
        status.sorted_at >= bindparam("since"),
        status.sorted_at < bindparam("until"),
    )


# Kept, for it takes longer to put together than to run; what the statement holds is in its key.
@lru_cache(maxsize=64)
def _weekly(
    whole: Selection, parts: Parts, weeks: tuple[tuple[datetime, datetime], ...]
) -> Select[*tuple[Any, ...]]:
    found = cells_in(whole, parts, sums=("calls", "total"))
    number = case(
        *((found.c.at < until, literal(at, Integer)) for at, (_, until) in enumerate(weeks)),
        else_=literal(len(weeks), Integer),
    ).label("week")
    inner = (
        select(number, found.c.agent_id, found.c.calls, found.c.total)
        .where(found.c.agent_id != "")
        .subquery()
    )
    return (
        select(inner.c.week, inner.c.agent_id, sum_of(inner.c.calls), sum_of(inner.c.total))
        .group_by(inner.c.week, inner.c.agent_id)
        .order_by(inner.c.week, inner.c.agent_id)
    )


def rules(session: Session, wanted: Selection) -> list[RuleCount]:
    """Count violated and undecided lines by rule, those found most often first.

    A flag that a person rejected is no violation; one that a person changed counts as changed.
    """
    parts = team_parts(session, wanted)
    last = decisions_of(and_(*within(wanted, parts)))
    outcome = decided_outcome(last)
    of_line = and_(
        last.c.scorecard_id == VerdictRow.scorecard_id, last.c.rule_id == VerdictRow.rule_id
    )
    rows = session.execute(
        select(
            VerdictRow.rule_id,
            sum_of(one_if(outcome == Outcome.VIOLATED.value)),
            sum_of(one_if(outcome == Outcome.UNDECIDED.value)),
            sum_of(one_if(last.c.action == FlagAction.REJECT.value)),
        )
        .join(CallStatusRow, CallStatusRow.scorecard_id == VerdictRow.scorecard_id)
        .outerjoin(last, of_line)
        .where(*within(wanted, parts))
        .group_by(VerdictRow.rule_id)
    )
    counts = by_key(session, wanted, parts, DayKind.RULE)
    for rule_id, *more in rows:
        known = counts.get(rule_id, (0, 0, 0))
        counts[rule_id] = (known[0] + more[0], known[1] + more[1], known[2] + more[2])
    found = [RuleCount(rule_id, *map(int, numbers)) for rule_id, numbers in counts.items()]
    return sorted(found, key=lambda one: (-one.violated, -one.undecided, one.rule_id))


def progress(session: Session, wanted: Selection) -> Progress:
    """Say how far reviewing is, and who decided how many flags."""
    parts = team_parts(session, wanted)
    rows = session.execute(
        select(CallStatusRow.state, func.count())
        .where(*within(wanted, parts))
        .group_by(CallStatusRow.state)
    )
    states = Counter({row[0]: row[1] for row in rows})
    for state, (calls, _, _) in by_key(session, wanted, parts, DayKind.STATE).items():
        states[state] += calls
    waiting, oldest = _waiting(session, wanted, parts)
    people = session.execute(
        select(UserRow.name, func.count())
        .select_from(FlagDecisionRow)
        .join(UserRow, UserRow.user_id == FlagDecisionRow.decided_by)
        .join(CallStatusRow, CallStatusRow.call_id == FlagDecisionRow.call_id)
        .where(
            FlagDecisionRow.action != FlagAction.NOTE.value,
            FlagDecisionRow.carried_from.is_(None),
            *within(wanted),
        )
        .group_by(UserRow.user_id, UserRow.name)
        .order_by(func.count().desc(), UserRow.name)
    )
    return Progress(dict(states), waiting, oldest, tuple((row[0], row[1]) for row in people))


def _waiting(session: Session, wanted: Selection, parts: Parts) -> tuple[int, datetime | None]:
    """Count the calls that wait for a person, and find when the oldest of them started."""
    oldest = func.min(CallStatusRow.started_at)
    count, first = session.execute(
        select(func.count(), oldest).where(is_waiting(), *within(wanted, parts))
    ).one()
    rolled = by_key(session, wanted, parts, DayKind.WAITING).get("", (0, 0, 0))[0]
    if not rolled:
        return int(count), first
    in_days = and_(TeamDayRow.kind == DayKind.WAITING.value, *team_days(wanted, parts))
    day = session.scalar(select(func.min(TeamDayRow.day)).where(in_days))
    of_day = RolledDayRow.day == day
    bounds = session.execute(select(RolledDayRow.starts, RolledDayRow.ends).where(of_day)).one()
    alone = Parts((), ((bounds[0], bounds[1]),))
    early = session.scalar(select(oldest).where(is_waiting(), *within(wanted, alone)))
    return int(count) + rolled, min([one for one in (first, early) if one], default=None)


def is_waiting() -> ColumnElement[bool]:
    """Write the condition that somebody has to look at a call."""
    return and_(CallStatusRow.priority > 0, CallStatusRow.state.in_(_WAITING))


def last_decisions(wanted: Selection) -> Subquery:
    """Select the decision that counts for each flag of some calls: the last one that is no note."""
    return decisions_of(and_(*within(wanted)))


def decisions_of(calls: ColumnElement[bool]) -> Subquery:
    """Select the same for the calls whose states fit a condition."""
    numbers = (
        select(func.max(FlagDecisionRow.decision_id))
        .join(
            CallStatusRow,
            and_(
                CallStatusRow.call_id == FlagDecisionRow.call_id,
                CallStatusRow.scorecard_id == FlagDecisionRow.scorecard_id,
            ),
        )
        .where(FlagDecisionRow.action != FlagAction.NOTE.value, calls)
        .group_by(FlagDecisionRow.scorecard_id, FlagDecisionRow.rule_id)
    )
    return (
        select(
            FlagDecisionRow.scorecard_id,
            FlagDecisionRow.rule_id,
            FlagDecisionRow.action,
            FlagDecisionRow.outcome,
        )
        .where(FlagDecisionRow.decision_id.in_(numbers))
        .subquery()
    )


def decided_outcome(last: Subquery) -> ColumnElement[str]:
    """Write what a line counts as, given the decision that counts for it, if any."""
    action, changed = last.c.action, last.c.outcome
    return case(
        (action == FlagAction.REJECT.value, literal(Outcome.MET.value)),
        (and_(action == FlagAction.CHANGE.value, changed.is_not(None)), changed),
        else_=VerdictRow.outcome,
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)
