"""Figures of agents, teams and the centre, from the calls' states and people's decisions.

Everything is counted in the database; each query takes what it may count as a `Selection`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    SQLColumnExpression,
    and_,
    case,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import Subquery

from qa.records import Basis, FlagAction, ReviewState, Scope
from qa.review.statistics import Mean, mean_of
from qa.store.scope import agent_in_scope
from qa.store.tables import AgentRow, VerdictRow
from qa.store.tables_people import UserRow
from qa.store.tables_review import CallStatusRow, FlagDecisionRow
from qa.types import Outcome

_WAITING = (ReviewState.OPEN.value, ReviewState.STARTED.value)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which calls are counted: those within a scope that started within some days.

    Attributes:
        since, until: aware; started at or after, and before.
        team, agent_id, ruleset_id: None for all within the scope.
    """

    scope: Scope
    since: datetime
    until: datetime
    team: str | None = None
    agent_id: str | None = None
    ruleset_id: str | None = None


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
    row = session.execute(
        select(
            func.count(),
            _sum(CallStatusRow.score),
            _sum(CallStatusRow.score * CallStatusRow.score),
            _sum(_one(CallStatusRow.undecided > 0)),
            _sum(CallStatusRow.undecided),
            _sum(_one(CallStatusRow.basis == Basis.REVIEWED.value)),
            _sum(_one(CallStatusRow.basis == Basis.FINAL.value)),
            _sum(_one(CallStatusRow.is_praised.is_(True))),
        ).where(*within(wanted))
    ).one()
    calls, total, squares, *counts = (int(value) for value in row)
    return Totals(mean_of(calls, total, squares), *counts)


def agents(session: Session, wanted: Selection) -> list[AgentFigures]:
    """Sum up each agent of a selection who has calls in it, in order of number."""
    rows = session.execute(
        select(
            CallStatusRow.agent_id,
            AgentRow.name,
            CallStatusRow.team,
            func.count(),
            _sum(CallStatusRow.score),
            _sum(CallStatusRow.score * CallStatusRow.score),
            _sum(_one(CallStatusRow.basis == Basis.MACHINE.value)),
            _sum(CallStatusRow.undecided),
            _sum(CallStatusRow.open_flags),
            _sum(CallStatusRow.confirmed_fines),
            _sum(_one(CallStatusRow.is_praised.is_(True))),
        )
        .outerjoin(AgentRow, AgentRow.agent_id == CallStatusRow.agent_id)
        .where(CallStatusRow.agent_id.is_not(None), *within(wanted))
        .group_by(CallStatusRow.agent_id, AgentRow.name, CallStatusRow.team)
        .order_by(CallStatusRow.agent_id)
    )
    return [
        AgentFigures(
            *(row[0] or "", row[1], row[2]),
            mean_of(int(row[3]), int(row[4]), int(row[5])),
            *(int(count) for count in row[6:]),
        )
        for row in rows
    ]


def histogram(session: Session, wanted: Selection) -> dict[int, int]:
    """Count calls by score, 0–100; scores that no call has are left out."""
    rows = session.execute(
        select(CallStatusRow.score, func.count())
        .where(*within(wanted))
        .group_by(CallStatusRow.score)
    )
    return {row[0]: row[1] for row in rows}


def weekly(
    session: Session, wanted: Selection, weeks: Sequence[tuple[datetime, datetime]]
) -> list[WeekSum]:
    """Sum up each agent's calls week by week; weeks without calls are left out.

    Args:
        weeks: in order; the selection's own days are not looked at.
    """
    if not weeks:
        return []
    number = case(
        *(
            (CallStatusRow.sorted_at < until, literal(at, Integer))
            for at, (_, until) in enumerate(weeks)
        ),
        else_=literal(len(weeks), Integer),
    ).label("week")
    whole = Selection(wanted.scope, weeks[0][0], weeks[-1][1], wanted.team, wanted.agent_id)
    inner = (
        select(number, CallStatusRow.agent_id, CallStatusRow.score)
        .where(CallStatusRow.agent_id.is_not(None), *within(whole))
        .subquery()
    )
    rows = session.execute(
        select(inner.c.week, inner.c.agent_id, func.count(), _sum(inner.c.score))
        .group_by(inner.c.week, inner.c.agent_id)
        .order_by(inner.c.week, inner.c.agent_id)
    )
    return [WeekSum(int(row[0]), row[1], int(row[2]), int(row[3])) for row in rows]


def rules(session: Session, wanted: Selection) -> list[RuleCount]:
    """Count violated and undecided lines by rule, those found most often first.

    A flag that a person rejected is no violation; one that a person changed counts as changed.
    """
    last = last_decisions(wanted)
    outcome = decided_outcome(last)
    violated = _sum(_one(outcome == Outcome.VIOLATED.value))
    undecided = _sum(_one(outcome == Outcome.UNDECIDED.value))
    rows = session.execute(
        select(
            VerdictRow.rule_id,
            violated,
            undecided,
            _sum(_one(last.c.action == FlagAction.REJECT.value)),
        )
        .join(CallStatusRow, CallStatusRow.scorecard_id == VerdictRow.scorecard_id)
        .outerjoin(
            last,
            and_(
                last.c.scorecard_id == VerdictRow.scorecard_id,
                last.c.rule_id == VerdictRow.rule_id,
            ),
        )
        .where(*within(wanted))
        .group_by(VerdictRow.rule_id)
        .order_by(violated.desc(), undecided.desc(), VerdictRow.rule_id)
    )
    return [RuleCount(row[0], int(row[1]), int(row[2]), int(row[3])) for row in rows]


def progress(session: Session, wanted: Selection) -> Progress:
    """Say how far reviewing is, and who decided how many flags."""
    states = session.execute(
        select(CallStatusRow.state, func.count())
        .where(*within(wanted))
        .group_by(CallStatusRow.state)
    )
    waiting = and_(CallStatusRow.priority > 0, CallStatusRow.state.in_(_WAITING))
    count, oldest = session.execute(
        select(func.count(), func.min(CallStatusRow.started_at)).where(waiting, *within(wanted))
    ).one()
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
    return Progress(
        {row[0]: row[1] for row in states},
        int(count),
        oldest,
        tuple((row[0], row[1]) for row in people),
    )


def last_decisions(wanted: Selection) -> Subquery:
    """Select the decision that counts for each flag of some calls: the last one that is no note."""
    numbers = (
        select(func.max(FlagDecisionRow.decision_id))
        .join(
            CallStatusRow,
            and_(
                CallStatusRow.call_id == FlagDecisionRow.call_id,
                CallStatusRow.scorecard_id == FlagDecisionRow.scorecard_id,
            ),
        )
        .where(FlagDecisionRow.action != FlagAction.NOTE.value, *within(wanted))
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


def within(wanted: Selection) -> list[ColumnElement[bool]]:
    """Write a selection as conditions on the calls' states."""
    conditions = [
        agent_in_scope(wanted.scope, CallStatusRow.agent_id.expression),
        CallStatusRow.sorted_at >= wanted.since,
        CallStatusRow.sorted_at < wanted.until,
    ]
    if wanted.team is not None:
        conditions.append(CallStatusRow.team == wanted.team)
    if wanted.agent_id is not None:
        conditions.append(CallStatusRow.agent_id == wanted.agent_id)
    if wanted.ruleset_id is not None:
        conditions.append(CallStatusRow.ruleset_id == wanted.ruleset_id)
    return conditions


def _one(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _sum(values: SQLColumnExpression[int]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(values), 0), BigInteger)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)
