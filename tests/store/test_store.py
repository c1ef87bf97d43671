"""The database: migrations, sessions, times, locks."""

import multiprocessing
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import qa.store.migrations
from qa.errors import ConfigError, ConflictError, StoreError
from qa.store.ledger import RunCounts, start_run, update_run
from qa.store.store import Store
from qa.store.tables import RunRow, Table


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def test_a_missing_file_and_its_folder_are_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "qa.sqlite3"
    with Store.open(url(path)) as store, store.reading() as session:
        assert session.execute(sqlalchemy.text("PRAGMA integrity_check")).scalar() == "ok"
        assert session.execute(sqlalchemy.text("PRAGMA journal_mode")).scalar() == "wal"
        assert session.execute(sqlalchemy.text("PRAGMA foreign_keys")).scalar() == 1
        assert session.execute(sqlalchemy.text("PRAGMA synchronous")).scalar() == 1


def test_an_old_empty_file_is_migrated_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "qa.sqlite3"
    sqlite3.connect(path).close()
    path.touch()
    for _ in range(2):
        with Store.open(url(path)) as store, store.reading() as session:
            version = session.execute(sqlalchemy.text("SELECT * FROM alembic_version")).all()
            assert [tuple(row) for row in version] == [(qa.store.migrations.HEAD,)]


def test_migrations_give_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    with Store.open(url(tmp_path / "qa.sqlite3")) as store, store.reading() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_head_is_the_last_migration() -> None:
    config = Config()
    folder = Path(qa.store.migrations.__file__).parent
    config.set_main_option("script_location", str(folder))
    assert ScriptDirectory.from_config(config).get_current_head() == qa.store.migrations.HEAD


def test_a_database_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "qa.sqlite3"
    Store.open(url(path)).close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="a newer Tingjian made it"):
        Store.open(url(path))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "qa.sqlite3"
    path.write_text("this is a letter, not a database\n" * 100)
    with pytest.raises(StoreError, match=r"cannot open the database.*not a database"):
        Store.open(url(path))
    assert path.read_text().startswith("this is a letter")


def test_wrong_urls_and_zones_are_config_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"database\.url"):
        Store.open("no url at all")
    with pytest.raises(ConfigError, match="zone"):
        Store.open(url(tmp_path / "a.sqlite3"), timezone="Mars/Olympus")


def test_the_password_is_not_shown() -> None:
    with pytest.raises(StoreError) as caught:
        Store.open("postgresql+nodriver://user:hush@localhost/qa")
    assert "hush" not in str(caught.value)


def test_times_come_back_aware_and_equal(tmp_path: Path) -> None:
    shanghai = timezone(timedelta(hours=8))
    moment = datetime(2025, 11, 18, 0, 30, tzinfo=shanghai)
    with Store.open(url(tmp_path / "qa.sqlite3")) as store:
        with store.writing() as session:
            number = start_run(session, "run", moment)
        with store.reading() as session:
            row = session.get(RunRow, number)
            assert row is not None
            assert row.started_at == moment
            assert row.started_at.tzinfo is UTC
        with pytest.raises(StoreError, match="refused"), store.writing() as session:
            session.add(RunRow(kind="run"))  # a column that must not be empty
        with (
            pytest.raises(sqlalchemy.exc.StatementError, match="without a zone"),
            store.writing() as session,
        ):
            start_run(session, "run", datetime(2025, 11, 18))


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    with Store.open(url(tmp_path / "qa.sqlite3")) as store:
        with pytest.raises(ZeroDivisionError), store.writing() as session:
            start_run(session, "run", datetime.now(UTC))
            raise ZeroDivisionError
        with store.reading() as session:
            assert session.scalars(sqlalchemy.select(RunRow)).all() == []


def hold_lock(database: str, ready: Any) -> None:
    with Store.open(database) as store, store.run_lock():
        ready.send(True)
        ready.recv()


def test_one_run_at_a_time_and_a_dead_one_does_not_count(tmp_path: Path) -> None:
    database = url(tmp_path / "qa.sqlite3")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    holder = context.Process(target=hold_lock, args=(database, theirs))
    with Store.open(database) as store:
        holder.start()
        assert ours.recv()
        with pytest.raises(ConflictError, match=rf"another run.*process {holder.pid}"):
            store.run_lock()
        holder.kill()
        holder.join()
        with store.run_lock():
            pass
    ours.close()
    theirs.close()
    holder.close()


def test_a_run_that_was_cut_off_has_no_end(tmp_path: Path) -> None:
    with Store.open(url(tmp_path / "qa.sqlite3")) as store:
        with store.writing() as session:
            number = start_run(session, "run", datetime.now(UTC))
            update_run(session, number, RunCounts(transcribed=3, audio_ms=9000), None)
        with store.reading() as session:
            row = session.get(RunRow, number)
            assert row is not None
            assert (row.transcribed, row.audio_ms, row.finished_at) == (3, 9000, None)
