"""What only a server can show: migrations on it, two programs at once, what it says in errors."""

import multiprocessing
import os
import pkgutil
import socket
import threading
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from benchlib.write_points import Fault, Nothing, injected
from benchlib.write_points_postgres import NoRoom
from sqlalchemy import create_engine, text

import qa.store
import qa.store.migrations
from qa.errors import ConflictError, StoreError, StoreUnavailableError
from qa.store.event_finding import scan_horizon
from qa.store.ledger import start_run
from qa.store.store import Store
from qa.store.tables import Table
from tests.support.databases import Databases
from tests.support.waiting import SLOW_S, until

pytestmark = pytest.mark.postgres


def revisions() -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(Path(qa.store.migrations.__file__).parent))
    return [r.revision for r in ScriptDirectory.from_config(config).walk_revisions()]


def test_the_tables_are_what_the_program_expects(postgres: Databases) -> None:
    for module in pkgutil.iter_modules(qa.store.__path__):
        if module.name.startswith("tables"):
            import_module(f"qa.store.{module.name}")
    address = postgres.empty()
    Store.open(address).close()
    engine = create_engine(address)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []
    engine.dispose()


def test_a_scorecard_that_is_committed_late_is_not_passed_over(postgres: Databases) -> None:
    """Numbers are dealt out before rows are committed: a look waits for the lower one."""
    address = postgres.empty()
    with Store.open(address) as store:
        with store.writing() as early:
            early.execute(text("SELECT nextval('scorecards_scorecard_id_seq')"))
            early.execute(text("LOCK TABLE scorecards IN ROW EXCLUSIVE MODE"))  # as an INSERT does
            found: list[int] = []

            def look() -> None:
                with store.writing() as session:
                    found.append(scan_horizon(session))

            thread = threading.Thread(target=look)
            thread.start()
            thread.join(0.5)
            assert thread.is_alive() and not found
        thread.join(SLOW_S)
        assert found == [0]


def test_a_database_of_a_newer_program_is_refused(postgres: Databases) -> None:
    address = postgres.empty()
    Store.open(address).close()
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'v9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match="v9999"):
        Store.open(address)


def opened(address: str) -> int:
    with Store.open(address) as store, store.reading() as session:
        return len(sqlalchemy.inspect(session.get_bind()).get_table_names())


def test_programs_that_open_a_new_database_at_once_do_not_meet(postgres: Databases) -> None:
    address = postgres.empty()
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        counts = pool.map(opened, [address] * 4)
        pool.close()
        pool.join()
    assert len(set(counts)) == 1 and counts[0] > 10


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(StoreError) as caught:
        Store.open("postgresql+psycopg://qa:hush@127.0.0.1:1/qa")
    assert "hush" not in str(caught.value) and "127.0.0.1" in str(caught.value)


def test_what_the_server_refuses_shows_no_values(postgres: Databases, tmp_path: Path) -> None:
    with Store.open(postgres.url(tmp_path)) as store:
        with pytest.raises(StoreError) as caught, store.writing() as session:
            session.execute(
                text(
                    "INSERT INTO tickets (ticket_id, name) VALUES ('T', '王建国'), ('T', '王建国')"
                )
            )
        assert "王建国" not in str(caught.value) and "refused" in str(caught.value)


def test_a_connection_that_the_server_ended_is_made_anew(
    postgres: Databases, tmp_path: Path
) -> None:
    with Store.open(postgres.url(tmp_path)) as store:
        with store.reading() as session:
            own = session.execute(text("SELECT pg_backend_pid()")).scalar()
        with store.reading() as session:
            session.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> :own "
                    "AND datname = current_database() AND backend_type = 'client backend'"
                ),
                {"own": own},
            )
        with Store.open(postgres.url(tmp_path)) as other, other.reading() as session:
            session.execute(text("SELECT pg_terminate_backend(:own)"), {"own": own})
        with store.reading() as session:
            assert session.execute(text("SELECT 1")).scalar() == 1


def end_locks(store: Store) -> None:
    """Let the server forget who holds a lock, as it does when it starts again."""
    with store.reading() as session:
        ended = "SELECT pg_terminate_backend(pid, 300000) FROM pg_locks WHERE locktype = 'advisory'"
        assert session.execute(text(ended)).all() == [(True,)]


def test_a_lock_that_the_server_lost_is_taken_again_or_is_lost(postgres: Databases) -> None:
    url = postgres.empty()
    with Store.open(url) as store, Store.open(url) as other:
        lock = store.run_lock()
        end_locks(other)
        lock.keep()
        with pytest.raises(ConflictError):
            other.run_lock()
        end_locks(other)
        theirs = other.run_lock()
        with pytest.raises(ConflictError, match="another run"):
            lock.keep()
        lock.close()
        with pytest.raises(ConflictError):
            store.run_lock()  # closing what was lost gives back nobody else's
        end_locks(store)
        theirs.close()  # nor is it an error that the server has given it back
        store.run_lock().close()


def test_a_lock_outlives_a_refusal(postgres: Databases) -> None:
    url = postgres.empty()
    with Store.open(url) as store, Store.open(url) as other, store.run_lock() as lock:
        with injected(Fault(NoRoom(), 1)), pytest.raises(StoreUnavailableError):
            lock.keep()
        with pytest.raises(ConflictError):
            other.run_lock()
        lock.keep()


class Unplugged(Nothing):
    """The client's end of the connection breaks, and the server is not told."""

    def begin(self, connection: Any, statement: str) -> str | None:
        number = connection.fileno()
        self.servers = os.dup(number)
        ours, nobodys = socket.socketpair()
        nobodys.close()
        with ours:
            os.dup2(ours.fileno(), number)
        return None


def test_a_session_of_its_own_that_lingers_is_no_other_run(postgres: Databases) -> None:
    with Store.open(postgres.empty()) as store, store.run_lock() as lock:
        broken = Unplugged()
        with injected(Fault(broken, 1)), pytest.raises(StoreUnavailableError, match="not ended"):
            lock.keep()
        with pytest.raises(StoreUnavailableError, match="not ended"):
            lock.keep()
        os.close(broken.servers)

        def is_kept() -> bool:
            with suppress(StoreUnavailableError):
                lock.keep()
                return True
            return False

        until(is_kept)


def test_every_revision_is_reachable(postgres: Databases) -> None:
    """Up from each older revision, with a row that must survive."""
    for revision in revisions()[1:]:
        address = postgres.empty()
        engine = create_engine(address)
        with engine.begin() as connection:
            config = Config()
            folder = Path(qa.store.migrations.__file__).parent
            config.set_main_option("script_location", str(folder))
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            connection.execute(text("INSERT INTO agents (agent_id, name) VALUES ('108', '王丽')"))
        engine.dispose()
        with Store.open(address) as store, store.writing() as session:
            assert session.execute(text("SELECT name FROM agents")).scalar() == "王丽"
            start_run(session, "run", datetime.now(UTC))
