"""Open the database, bring it up to date, hand out sessions."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session as Session

from qa.errors import ConfigError, ConflictError, StoreError
from qa.store.faults import cause_of, translated
from qa.store.lock import RunLock, database_lock, file_lock
from qa.store.migrations import HEAD

BUSY_TIMEOUT_MS = 30_000
_LOOK_EVERY_S = 0.02
_CACHE_KIB = 8_192
"""Pages of the file that each connection keeps: a page of the queue reads some 3 MB of them."""
_MIGRATION_LOCK = 7_312_001  # any number that nothing else in the database uses


class Store:
    """The database of one installation. Open it with `Store.open`; close it or use `with`.

    Attributes:
        zone: the call centre's time zone, in which calls are handed out.
    """

    def __init__(self, engine: Engine, zone: ZoneInfo) -> None:
        self._engine = engine
        self._writing_engine = engine.execution_options(qa_immediate=True)
        self._shared = threading.local()
        self.wait_for_others(0.0)
        self.zone = zone

    @classmethod
    def open(cls, url: str, *, timezone: str = "Asia/Shanghai") -> Self:
        """Open the database and bring its tables up to date; make an SQLite file that is missing.

        Args:
            url: SQLAlchemy URL.
            timezone: IANA name.

        Raises:
            ConfigError: the URL or the zone is wrong.
            StoreError: the database cannot be reached, is no database, or a newer program made it.
        """
        try:
            parsed, zone = make_url(url), ZoneInfo(timezone)
        except (ArgumentError, KeyError, ValueError, OSError) as error:
            raise ConfigError(f"database.url or timezone is wrong: {error}") from error
        shown = parsed.render_as_string(hide_password=True)
        try:
            engine = make_engine(parsed)
            with ExitStack() as undo:
                undo.callback(engine.dispose)
                _migrate(engine, shown)
                _fill_status(engine)
                undo.pop_all()
        except SQLAlchemyError as error:
            raise StoreError(f"cannot open the database {shown}: {cause_of(error)}") from error
        except (OSError, ModuleNotFoundError) as error:
            raise StoreError(f"cannot open the database {shown}: {error}") from error
        return cls(engine, zone)

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that sees one state of the database and changes nothing.

        Within `sharing` it is the block's own.
        """
        shared: Session | None = getattr(self._shared, "session", None)
        if shared is not None:
            yield shared
            return
        with translated(), Session(self._engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def sharing(self) -> Iterator[Session]:
        """Have all that this thread reads within the block see one state of the database.

        A page that is put together from ten places opens one session instead of ten: each costs
        three messages to a PostgreSQL server. What is written meanwhile is not seen in the block,
        and no generator that reads may be handed out of it.
        """
        with self.reading() as session:
            before = getattr(self._shared, "session", None)
            self._shared.session = session
            try:
                yield session
            finally:
                self._shared.session = before

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a session that commits once, at the end, or leaves everything as it was."""
        with (
            translated(),
            Session(self._writing_engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def wait_for_others(self, wait_s: float, told: Callable[[], None] = lambda: None) -> None:
        """Let `run_lock` wait for whoever holds the lock; without this it refuses at once.

        Args:
            wait_s: how long, seconds.
            told: is called once whenever there is something to wait for.
        """
        self._wait_s, self._told = wait_s, told

    def run_lock(self, wait_s: float | None = None) -> RunLock:
        """Lock out other runs on this database until closed; a dead process cannot hold it.

        Args:
            wait_s: how long to wait for whoever holds it; None: see `wait_for_others`.

        Raises:
            ConflictError: another run is going on, and went on all that time.
        """
        until = time.monotonic() + (self._wait_s if wait_s is None else wait_s)
        has_told = False
        while True:
            try:
                return self._run_lock()
            except ConflictError:
                if time.monotonic() >= until:
                    raise
            if not has_told:
                self._told()
                has_told = True
            # Short, because between two uploads the lock is free for a moment only.
            time.sleep(_LOOK_EVERY_S)

    def _run_lock(self) -> RunLock:
        path = self._engine.url.database
        if self._engine.dialect.name == "sqlite" and path and path != ":memory:":
            return file_lock(Path(f"{path}.run-lock"))
        return database_lock(self._engine)


def make_engine(url: URL) -> Engine:
    """Make connections as the program wants them, without looking at what is in the database.

    Values of statements, which are people's data, stand in no error and so in no traceback.
    """
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    wait_s = BUSY_TIMEOUT_MS / 1000
    engine = create_engine(url, connect_args={"timeout": wait_s}, hide_parameters=True)
    event.listen(engine, "connect", _on_sqlite_connect)
    event.listen(engine, "begin", _on_sqlite_begin)
    return engine


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin in `_on_sqlite_begin`, DDL included
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"cache_size=-{_CACHE_KIB}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_sqlite_begin(connection: Connection) -> None:
    # A transaction that reads first and writes later can fail with "locked" at once, whatever the
    # time-out; one that means to write says so from the start.
    immediate = connection.get_execution_options().get("qa_immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _fill_status(engine: Engine) -> None:
    """Make the rows of `call_status` where an older program left scorecards without any."""
    from qa.store.call_status import is_missing, rebuild

    with Session(engine) as session:
        if not is_missing(session):
            return
    with Session(engine.execution_options(qa_immediate=True)) as session, session.begin():
        if engine.dialect.name == "postgresql":
            session.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
        if is_missing(session):  # another process may have done it meanwhile
            rebuild(session, datetime.now(UTC))


def _migrate(engine: Engine, shown: str) -> None:
    with engine.connect() as connection:
        if _revision(connection) == HEAD:
            return
    with engine.execution_options(qa_immediate=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
        revision = _revision(connection)  # another process may have done it meanwhile
        if revision == HEAD:
            return
        from alembic import command, util
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except util.CommandError as error:
            raise StoreError(
                f"the database {shown} is of revision {revision}, which this program does not "
                f"know (it needs {HEAD}): a newer Tingjian made it. Install that version again."
            ) from error
