"""People's names by user id, for pages that say who did what."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from qa.store.tables_people import UserRow


def user_names(session: Session, user_ids: Iterable[int | None]) -> dict[int, str]:
    """Find the names of users; ids that nobody has are left out."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    if not wanted:
        return {}
    rows = session.execute(select(UserRow.user_id, UserRow.name).where(UserRow.user_id.in_(wanted)))
    return {row[0]: row[1] for row in rows}
