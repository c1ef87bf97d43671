"""People's names, for pages: who did what, and which agents there are to choose from."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from qa.records import Scope
from qa.store.scope import agent_in_scope
from qa.store.tables import AgentRow
from qa.store.tables_people import UserRow


def user_names(session: Session, user_ids: Iterable[int | None]) -> dict[int, str]:
    """Find the names of users; ids that nobody has are left out."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    if not wanted:
        return {}
    rows = session.execute(select(UserRow.user_id, UserRow.name).where(UserRow.user_id.in_(wanted)))
    return {row[0]: row[1] for row in rows}


def agent_choices(session: Session, scope: Scope, *, limit: int = 2000) -> dict[str, str]:
    """List the agents of the table of agents within a scope, by number, with their names."""
    rows = session.execute(
        select(AgentRow.agent_id, AgentRow.name)
        .where(agent_in_scope(scope, AgentRow.agent_id))
        .order_by(AgentRow.agent_id)
        .limit(limit)
    )
    return {row[0]: row[1] or "" for row in rows}
