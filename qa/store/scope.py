"""A person's scope as a condition of every query about calls."""

from functools import lru_cache

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    false,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import Scope
from qa.refusals import NotAllowedError, Refusal
from qa.store.tables import AgentRow, CallRow


def agent_in_scope(scope: Scope, agent_id: SQLColumnExpression[str | None]) -> ColumnElement[bool]:
    """Write the condition that the agent of a row lies within a scope.

    Args:
        agent_id: the row's column with the agent's number.
    """
    if scope.everything:
        return true()
    conditions: list[ColumnElement[bool]] = []
    if scope.agent_id is not None:
        conditions.append(agent_id == scope.agent_id)
    if scope.teams:
        members = select(AgentRow.agent_id).where(AgentRow.team.in_(sorted(scope.teams)))
        conditions.append(agent_id.in_(members))
    return or_(*conditions) if conditions else false()


def is_open_to(scope: Scope, call_id: SQLColumnExpression[str | None]) -> ColumnElement[bool]:
    """Write the condition that a row is about no call whose results are closed for now.

    Args:
        call_id: the row's column with the call; null for what is about none.
    """
    if not scope.closed:
        return true()
    return or_(call_id.is_(None), call_id.not_in(sorted(scope.closed)))


def call_in_scope(
    scope: Scope,
    agent_id: SQLColumnExpression[str | None],
    call_id: SQLColumnExpression[str | None],
) -> ColumnElement[bool]:
    """Write the condition that a row tells of a call whose results the person may see.

    Everything that lists scores, verdicts, flags, decisions, events or money by call asks this,
    and not `agent_in_scope` alone.
    """
    return and_(agent_in_scope(scope, agent_id), is_open_to(scope, call_id))


def require_not_closed(scope: Scope, call_id: str) -> None:
    """Keep who still has to label a call blind from its results.

    Raises:
        NotAllowedError: they have not handed in yet.
    """
    if call_id in scope.closed:
        raise NotAllowedError(Refusal.BLIND)


def require_call(session: Session, scope: Scope, call_id: str) -> None:
    """Make sure that a call exists and lies within a scope.

    Raises:
        NotFoundError: it does not; the two cases look alike, for ids of other people's calls are
            no business of the person who asks.
        NotAllowedError: the person still has to label it blind.
    """
    require_not_closed(scope, call_id)
    if session.scalar(_call_within(scope), {"call_id": call_id}) is None:
        raise NotFoundError("call", call_id)


@lru_cache(maxsize=256)
def _call_within(scope: Scope) -> Select[str]:
    calls = CallRow.__table__.c
    return select(calls.call_id).where(
        calls.call_id == bindparam("call_id"), agent_in_scope(scope, calls.agent_id)
    )


def agent_id_in_scope(session: Session, scope: Scope, agent_id: str) -> bool:
    """Whether an agent of some number, known or not, lies within a scope."""
    if scope.everything or scope.agent_id == agent_id:
        return True
    team = session.scalar(select(AgentRow.team).where(AgentRow.agent_id == agent_id))
    return team is not None and team in scope.teams
