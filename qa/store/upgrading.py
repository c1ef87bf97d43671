"""Bringing a database up to date, and saying what that changed."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, inspect, make_url, select, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from qa.store.copying import VERSION_TABLE
from qa.store.migrations import HEAD
from qa.store.store import Store, make_engine
from qa.store.tables_review import CallStatusRow


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What opening the database did.

    Attributes:
        before: revision of the tables; None where there were none.
        after: the revision that this program needs.
        rebuilt: rows of `call_status` that were made since an older program had none.
    """

    before: str | None
    after: str
    rebuilt: int


def upgrade_database(url: str, *, timezone: str = "Asia/Shanghai") -> Upgrade:
    """Open the database, which brings it up to date, and close it.

    Raises:
        ConfigError, StoreError: as `Store.open`.
    """
    before, rows = _state(url)
    with Store.open(url, timezone=timezone) as store, store.reading() as session:
        after = session.scalar(select(func.count()).select_from(CallStatusRow)) or 0
    return Upgrade(before, HEAD, after if not rows else 0)


def has_password(url: str) -> bool:
    """Whether an address tells a password."""
    parsed = make_url(url)
    return parsed.password is not None or "password" in parsed.query


def _state(url: str) -> tuple[str | None, int]:
    """Read revision and rows of `call_status` without changing anything; errors are left to open.

    An SQLite file that is missing is not made here.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
            return None, 0
        engine = make_engine(parsed)
    except (ArgumentError, SQLAlchemyError, ModuleNotFoundError):
        return None, 0
    try:
        with engine.connect() as connection:
            there = inspect(connection).get_table_names()
            if VERSION_TABLE not in there:
                return None, 0
            revision = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))
            if CallStatusRow.__tablename__ not in there:
                return revision, 0
            return revision, connection.scalar(select(func.count()).select_from(CallStatusRow)) or 0
    except SQLAlchemyError:
        return None, 0
    finally:
        engine.dispose()
