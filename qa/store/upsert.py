"""Insert or update, the same on SQLite and PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from qa.errors import StoreError
from qa.store.tables import Table


def upsert(
    session: Session,
    table: type[Table],
    rows: Sequence[Mapping[str, Any]],
    *,
    update: Sequence[str] = (),
) -> None:
    """Insert rows by primary key; where the key exists, update the named columns, or nothing.

    Args:
        rows: all with the same columns.
    """
    if not rows:
        return
    key = [column.name for column in table.__table__.primary_key]
    statement = insert_into(session, table)
    if update:
        changed = {name: statement.excluded[name] for name in update}
        statement = statement.on_conflict_do_update(index_elements=key, set_=changed)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=key)
    # Not the session: it looks at each row for mapped objects, which costs a third more.
    session.connection().execute(statement, list(rows))


def insert_into(session: Session, table: type[Table]) -> Any:
    """Begin an INSERT that knows ON CONFLICT, in the database's own dialect.

    Raises:
        StoreError: the database is neither of the two.
    """
    dialect = session.get_bind().dialect.name
    if dialect == "sqlite":
        return sqlite.insert(table)
    if dialect == "postgresql":
        return postgresql.insert(table)
    raise StoreError(f"database '{dialect}' is not supported; use sqlite or postgresql")
