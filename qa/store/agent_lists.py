"""Which agents and teams lie within a person's scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import CTE, Select, bindparam, func, select, union
from sqlalchemy.orm import Session, aliased

from qa.errors import NotFoundError
from qa.records import Scope
from qa.store.scope import agent_in_scope
from qa.store.tables import AgentRow
from qa.store.tables_review import CallStatusRow


@dataclass(frozen=True, slots=True)
class AgentEntry:
    """An agent: one of the table of agents, or one whom only calls name."""

    agent_id: str
    name: str | None
    team: str | None


def agents_in_scope(session: Session, scope: Scope) -> list[AgentEntry]:
    """List the agents that a person may see, in order of number."""
    known = select(AgentRow.agent_id).where(agent_in_scope(scope, AgentRow.agent_id))
    heard = heard_agents()
    named = select(heard.c.agent_id).where(
        heard.c.agent_id.is_not(None), agent_in_scope(scope, heard.c.agent_id)
    )
    ids = union(known, named).subquery()
    rows = session.execute(
        select(ids.c.agent_id, AgentRow.name, AgentRow.team)
        .outerjoin(AgentRow, AgentRow.agent_id == ids.c.agent_id)
        .order_by(ids.c.agent_id)
    )
    return [AgentEntry(*row) for row in rows]


def heard_agents() -> CTE:
    """Select the agents whom judged calls name, and one row without an agent.

    Each is the next one behind the last in the index, so that nobody's calls are gone through.
    """
    after = aliased(CallStatusRow)
    heard = select(func.min(CallStatusRow.agent_id).label("agent_id")).cte("heard", recursive=True)
    behind = select(func.min(after.agent_id)).where(after.agent_id > heard.c.agent_id)
    return heard.union_all(select(behind.scalar_subquery()).where(heard.c.agent_id.is_not(None)))


def require_agent(session: Session, scope: Scope, agent_id: str) -> AgentEntry:
    """Find an agent within a scope.

    Raises:
        NotFoundError: there is none of this number, or not within the scope.
    """
    row = session.execute(_agent(), {"agent_id": agent_id}).one_or_none()
    entry = AgentEntry(agent_id, *(row or (None, None)))
    seen = select(CallStatusRow.agent_id).where(CallStatusRow.agent_id == agent_id).limit(1)
    if row is None and session.scalar(seen) is None and scope.agent_id != agent_id:
        raise NotFoundError("agent", agent_id)
    if scope.everything or scope.agent_id == agent_id:
        return entry
    if entry.team is None or entry.team not in scope.teams:
        raise NotFoundError("agent", agent_id)
    return entry


@cache
def _agent() -> Select[*tuple[Any, ...]]:
    agents = AgentRow.__table__.c
    return select(agents.name, agents.team).where(agents.agent_id == bindparam("agent_id"))


def teams_in_scope(session: Session, scope: Scope) -> Sequence[str]:
    """List the teams that a person may see, in order; teams without agents are left out."""
    wanted = select(AgentRow.team).where(AgentRow.team.is_not(None)).distinct()
    if not scope.everything:
        wanted = wanted.where(AgentRow.team.in_(sorted(scope.teams)))
    return [team for team in session.scalars(wanted.order_by(AgentRow.team)) if team]
