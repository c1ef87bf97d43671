"""Sessions, times and the lock of runs, on each database."""

import multiprocessing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from qa.errors import ConflictError, StoreError, StoreUnavailableError
from qa.store.ledger import RunCounts, start_run, update_run
from qa.store.store import Store
from qa.store.tables import RunRow
from tests.support.call_folders import open_store, settings_for


def test_times_come_back_aware_and_equal(tmp_path: Path) -> None:
    shanghai = timezone(timedelta(hours=8))
    moment = datetime(2025, 11, 18, 0, 30, tzinfo=shanghai)
    with open_store(settings_for(tmp_path)) as store:
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
    with open_store(settings_for(tmp_path)) as store:
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
    database = settings_for(tmp_path).database_url
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    holder = context.Process(target=hold_lock, args=(database, theirs))
    with Store.open(database) as store:
        holder.start()
        assert ours.recv()
        # Only the file of SQLite says who holds it.
        named = rf".*process {holder.pid}" if database.startswith("sqlite") else ""
        with pytest.raises(ConflictError, match=f"another run{named}"):
            store.run_lock()
        holder.kill()
        holder.join()
        with store.run_lock():
            pass
    ours.close()
    theirs.close()
    holder.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk without room, of Linux")
def test_a_full_disk_keeps_nobody_from_the_lock(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/own.sqlite3"
    with Store.open(database) as store:
        file = tmp_path / "own.sqlite3.run-lock"
        file.symlink_to("/dev/full")
        with store.run_lock(), pytest.raises(ConflictError, match="another run"):
            store.run_lock()
        file.unlink()
        file.mkdir()
        with pytest.raises(StoreUnavailableError, match="run lock"):
            store.run_lock()


def test_a_lock_is_kept(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with open_store(settings) as store, open_store(settings) as other:
        with store.run_lock() as lock:
            lock.keep()
            with pytest.raises(ConflictError):
                other.run_lock()
        other.run_lock().close()


def test_a_run_that_was_cut_off_has_no_end(tmp_path: Path) -> None:
    with open_store(settings_for(tmp_path)) as store:
        with store.writing() as session:
            number = start_run(session, "run", datetime.now(UTC))
            update_run(session, number, RunCounts(transcribed=3, audio_ms=9000), None)
        with store.reading() as session:
            row = session.get(RunRow, number)
            assert row is not None
            assert (row.transcribed, row.audio_ms, row.finished_at) == (3, 9000, None)
