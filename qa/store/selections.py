"""Which calls are counted, as conditions and as rows that can be added up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    SQLColumnExpression,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import Subquery

from qa.records import Basis, Scope
from qa.store.day_figures import DayKind, Parts, parts_of
from qa.store.scope import agent_in_scope, call_in_scope
from qa.store.tables_figures import AgentDayRow, TeamDayRow
from qa.store.tables_review import CallStatusRow

_OF: Any = bindparam("scope_agent_id")
_SINCE: Any = bindparam("selected_since")
_UNTIL: Any = bindparam("selected_until")


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


_OF_AGENT = Scope(agent_id=_OF)


def form_of_scope(scope: Scope) -> tuple[Scope, dict[str, Any]]:
    """Give what a statement about a scope is kept under, and the values to run it with.

    Every page of an agent asks the same of another agent. To put a statement together takes longer
    than to run it, so that of one agent is put together once.
    """
    own = scope.agent_id
    if own is None or scope != Scope(agent_id=own):
        return scope, {}
    return _OF_AGENT, {"scope_agent_id": own}


def form_of(wanted: Selection) -> tuple[Selection, dict[str, Any]]:
    """Give what a statement about a selection is kept under, and the values to run it with."""
    scope, values = form_of_scope(wanted.scope)
    if not values or wanted != Selection(wanted.scope, wanted.since, wanted.until):
        return wanted, {}
    values |= {"selected_since": wanted.since, "selected_until": wanted.until}
    return Selection(scope, _SINCE, _UNTIL), values


def within(wanted: Selection, parts: Parts | None = None) -> list[ColumnElement[bool]]:
    """Write a selection as conditions on the calls' states.

    Args:
        parts: only the calls of its spans, instead of all in the selection's days.
    """
    moment = CallStatusRow.sorted_at.expression
    spans = parts or Parts((), ((wanted.since, wanted.until),))
    conditions = [
        call_in_scope(wanted.scope, CallStatusRow.agent_id.expression, CallStatusRow.call_id),
        spans.in_spans(moment),
    ]
    if wanted.team is not None:
        conditions.append(CallStatusRow.team == wanted.team)
    if wanted.agent_id is not None:
        conditions.append(CallStatusRow.agent_id == wanted.agent_id)
    if wanted.ruleset_id is not None:
        conditions.append(CallStatusRow.ruleset_id == wanted.ruleset_id)
    return conditions


def cells(
    session: Session, wanted: Selection, cuts: Sequence[datetime] = (), *, of: Sequence[str] = ()
) -> Subquery:
    """Select what a selection is made of: its days' figures, and calls where those do not hold.

    Args:
        cuts: its begin, moments that no day may hold within it, and its end.
        of: only these agents; none for all.

    Returns:
        Rows with `at`, a moment within the day, `agent_id` and `team` ('' for unknown), and counts.
    """
    return cells_in(wanted, cell_parts(session, wanted, cuts), of=of)


def cell_parts(session: Session, wanted: Selection, cuts: Sequence[datetime] = ()) -> Parts:
    """Cut what `cells` reads into days that hold and what is read call by call."""
    bounds = list(cuts) or [wanted.since, wanted.until]
    one = wanted.agent_id is not None or (not wanted.scope.everything and not wanted.scope.teams)
    # Sums of days hold closed calls too: one such day alone would tell what was found of them.
    one = one or bool(wanted.scope.closed)
    return Parts((), ((bounds[0], bounds[-1]),)) if one else parts_of(session, bounds)


def cells_in(
    wanted: Selection, parts: Parts, *, of: Sequence[str] = (), sums: Sequence[str] = ()
) -> Subquery:
    """Select as `cells` does, of parts that are known already.

    Args:
        sums: only these counts, for each costs time in every row; none for all.
    """
    names = sums or tuple(SUMS)
    rolled = select(AgentDayRow.starts.label("at"), AgentDayRow.agent_id, AgentDayRow.team)
    rolled = rolled.add_columns(*(getattr(AgentDayRow, name) for name in names)).where(
        parts.in_days(AgentDayRow.day),
        agent_in_scope(wanted.scope, AgentDayRow.agent_id.expression),
    )
    if wanted.team is not None:
        rolled = rolled.where(AgentDayRow.team == wanted.team)
    if wanted.ruleset_id is not None:
        rolled = rolled.where(AgentDayRow.ruleset_id == wanted.ruleset_id)
    agent, team = (func.coalesce(c, "") for c in (CallStatusRow.agent_id, CallStatusRow.team))
    read = select(CallStatusRow.sorted_at.label("at"), agent.label("agent_id"), team.label("team"))
    read = read.add_columns(*(SUMS[name]().label(name) for name in names))
    read = read.where(*within(wanted, parts))
    if of:
        rolled = rolled.where(AgentDayRow.agent_id.in_(of))
        read = read.where(CallStatusRow.agent_id.in_(of))
    both = [*([rolled] if parts.days else []), *([read] if parts.spans else [])]
    return (union_all(*both) if len(both) > 1 else both[0]).subquery()


def team_parts(session: Session, wanted: Selection) -> Parts:
    """Cut a selection's days; of a single agent all is read, for teams' days do not name them."""
    scope = wanted.scope
    by_team = scope.everything or scope.agent_id is None
    if wanted.agent_id is None and by_team and not scope.closed:
        return parts_of(session, [wanted.since, wanted.until])
    return Parts((), ((wanted.since, wanted.until),))


def team_days(wanted: Selection, parts: Parts) -> list[ColumnElement[bool]]:
    """Write the condition for the days of a selection whose figures hold, by team."""
    conditions = [parts.in_days(TeamDayRow.day)]
    if not wanted.scope.everything:
        conditions.append(TeamDayRow.team.in_(sorted(wanted.scope.teams)))
    if wanted.team is not None:
        conditions.append(TeamDayRow.team == wanted.team)
    if wanted.ruleset_id is not None:
        conditions.append(TeamDayRow.ruleset_id == wanted.ruleset_id)
    return conditions


def by_key(
    session: Session, wanted: Selection, parts: Parts, kind: DayKind
) -> dict[str, tuple[int, int, int]]:
    """Add up one kind of count in the days whose figures hold."""
    if not parts.days:
        return {}
    counts = (TeamDayRow.first, TeamDayRow.second, TeamDayRow.third)
    rows = session.execute(
        select(TeamDayRow.key, *(sum_of(count) for count in counts))
        .where(TeamDayRow.kind == kind.value, *team_days(wanted, parts))
        .group_by(TeamDayRow.key)
    )
    return {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in rows}


def one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Write 1 where a condition holds, else 0."""
    return case((condition, 1), else_=0)


def sum_of(values: SQLColumnExpression[int]) -> ColumnElement[int]:
    """Write a sum, 0 of nothing."""
    return cast(func.coalesce(func.sum(values), 0), BigInteger)


# What the figures of days hold, written for a single call.
SUMS: dict[str, Callable[[], ColumnElement[int]]] = {
    "calls": lambda: literal(1),
    "total": lambda: CallStatusRow.score.expression,
    "squares": lambda: CallStatusRow.score * CallStatusRow.score,
    "lowest": lambda: CallStatusRow.score.expression,
    "undecided_calls": lambda: one_if(CallStatusRow.undecided > 0),
    "undecided": lambda: CallStatusRow.undecided.expression,
    "reviewed": lambda: one_if(CallStatusRow.basis == Basis.REVIEWED.value),
    "final": lambda: one_if(CallStatusRow.basis == Basis.FINAL.value),
    "open_flags": lambda: CallStatusRow.open_flags.expression,
    "fines": lambda: CallStatusRow.confirmed_fines.expression,
    "praised": lambda: one_if(CallStatusRow.is_praised.is_(True)),
}
