"""Agents in numbers: what their calls are worth now, in sum and week by week."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, select, union
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import Basis, Scope
from qa.store.agent_lists import heard_agents
from qa.store.call_status import UNKNOWN_TIME
from qa.store.day_figures import FIRST, LAST
from qa.store.scope import agent_id_in_scope, agent_in_scope, is_open_to
from qa.store.selections import Selection, cells, sum_of
from qa.store.tables import AgentRow, VerdictRow
from qa.store.tables_review import CallStatusRow
from qa.types import Outcome


@dataclass(frozen=True, slots=True)
class Window:
    """Calls that started at or after, and before; a call without a time only fits no window.

    Attributes:
        closed: calls that are left out, for the reader labels them blind.
    """

    since: datetime | None = None
    until: datetime | None = None
    closed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AgentSum:
    """One agent's scored calls.

    Attributes:
        mean_score, lowest_score: of the scores shown, 0–100; None without calls.
        by_machine: calls whose score no person has looked at.
        open_flags, undecided: lines.
    """

    agent_id: str
    name: str | None
    team: str | None
    calls: int
    mean_score: float | None
    lowest_score: int | None
    by_machine: int
    open_flags: int
    undecided: int
    confirmed_fines: int
    praised: int


@dataclass(frozen=True, slots=True)
class Week:
    """One week of an agent, from its Monday in the centre's zone."""

    monday: date
    calls: int
    mean_score: float
    lowest_score: int
    by_machine: int
    undecided: int


def list_agents(
    session: Session, scope: Scope, window: Window, *, after: str | None, limit: int
) -> list[AgentSum]:
    """Sum up agents in order of their numbers, those without calls too.

    Args:
        after: only numbers behind this one.
    """
    known = select(AgentRow.agent_id).where(agent_in_scope(scope, AgentRow.agent_id.expression))
    named = heard_agents()
    heard = select(named.c.agent_id).where(
        named.c.agent_id.is_not(None), agent_in_scope(scope, named.c.agent_id)
    )
    ids = union(known, heard).subquery()
    column = ids.c.agent_id
    wanted = select(column).order_by(column).limit(limit)
    if after is not None:
        wanted = wanted.where(column > after)
    return _sums(session, list(session.scalars(wanted)), window)


def find_agent(session: Session, scope: Scope, agent_id: str, window: Window) -> AgentSum:
    """Sum up one agent.

    Raises:
        NotFoundError: nobody has this number, or they lie outside the scope.
    """
    if not agent_id_in_scope(session, scope, agent_id):
        raise NotFoundError("agent", agent_id)
    found = _sums(session, [agent_id], window)[0]
    is_known = session.get(AgentRow, agent_id) is not None
    has_calls = select(CallStatusRow.call_id).where(CallStatusRow.agent_id == agent_id).limit(1)
    if not is_known and session.scalar(has_calls) is None:
        raise NotFoundError("agent", agent_id)
    return found


def weeks_of(session: Session, agent_id: str, window: Window, zone: ZoneInfo) -> list[Week]:
    """Cut an agent's calls into weeks, in order; weeks without calls and unknown times left out."""
    rows = session.execute(
        select(
            CallStatusRow.sorted_at,
            CallStatusRow.score,
            CallStatusRow.basis,
            CallStatusRow.undecided,
        )
        .where(CallStatusRow.agent_id == agent_id, *_within(window))
        .where(CallStatusRow.sorted_at > UNKNOWN_TIME)
        .order_by(CallStatusRow.sorted_at)
    )
    weeks: dict[date, list[tuple[int, str, int]]] = {}
    for started_at, score, basis, undecided in rows:
        day = started_at.astimezone(zone).date()
        weeks.setdefault(day - timedelta(days=day.weekday()), []).append((score, basis, undecided))
    return [
        Week(
            monday=monday,
            calls=len(some),
            mean_score=sum(score for score, _, _ in some) / len(some),
            lowest_score=min(score for score, _, _ in some),
            by_machine=sum(basis == Basis.MACHINE.value for _, basis, _ in some),
            undecided=sum(undecided for _, _, undecided in some),
        )
        for monday, some in weeks.items()
    ]


def rules_missed(
    session: Session, agent_id: str, window: Window, *, limit: int = 20
) -> list[tuple[str, int]]:
    """Count the rules found violated in an agent's calls, the most missed first."""
    rows = session.execute(
        select(VerdictRow.rule_id, func.count().label("times"))
        .join(CallStatusRow, CallStatusRow.scorecard_id == VerdictRow.scorecard_id)
        .where(
            CallStatusRow.agent_id == agent_id,
            VerdictRow.outcome == Outcome.VIOLATED.value,
            *_within(window),
        )
        .group_by(VerdictRow.rule_id)
    )
    return Counter({row[0]: row[1] for row in rows}).most_common(limit)


def _sums(session: Session, agent_ids: Sequence[str], window: Window) -> list[AgentSum]:
    # A call of unknown time fits no end; without one it counts.
    first = FIRST if window.until is None else UNKNOWN_TIME + timedelta(microseconds=1)
    since = max(window.since, first) if window.since else first
    wanted = Selection(Scope(everything=True, closed=window.closed), since, window.until or LAST)
    found = cells(session, wanted, of=agent_ids or [""])
    names = ("calls", "total", "reviewed", "final", "open_flags", "undecided", "fines", "praised")
    rows = session.execute(
        select(
            found.c.agent_id, func.min(found.c.lowest), *(sum_of(found.c[name]) for name in names)
        ).group_by(found.c.agent_id)
    )
    sums = {row[0]: (row[1], *map(int, row[2:])) for row in rows}
    people = session.execute(
        select(AgentRow.agent_id, AgentRow.name, AgentRow.team).where(
            AgentRow.agent_id.in_(agent_ids)
        )
    )
    known = {row[0]: (row[1], row[2]) for row in people}
    agents = []
    for agent_id in agent_ids:
        lowest, calls, total, reviewed, final, *counts = sums.get(agent_id, (None, *[0] * 8))
        agents.append(
            AgentSum(
                agent_id,
                *known.get(agent_id, (None, None)),
                calls,
                total / calls if calls else None,
                lowest,
                calls - reviewed - final,
                *counts,
            )
        )
    return agents


def _within(window: Window) -> list[ColumnElement[bool]]:
    own = Scope(everything=True, closed=window.closed)
    conditions = [is_open_to(own, CallStatusRow.call_id)]
    if window.since is not None:
        conditions.append(CallStatusRow.sorted_at >= window.since)
    if window.until is not None:
        until = CallStatusRow.sorted_at < window.until
        conditions.append(and_(until, CallStatusRow.sorted_at > UNKNOWN_TIME))
    return conditions
