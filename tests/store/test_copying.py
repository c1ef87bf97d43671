"""A database moves to the other kind and back, and nothing of it changes on the way."""

import multiprocessing
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text

from qa.config import Settings
from qa.errors import ConfigError, ConflictError, StoreError
from qa.records import UserRole
from qa.store.accounts import UserDraft, add_user
from qa.store.copying import _row_number, all_tables, move, rows_held, sum_of
from qa.store.queries import call_detail
from qa.store.store import Store
from qa.store.tables import HearingsRow, NoticeRow, TicketRow, TranscriptRow
from tests.support.databases import Databases
from tests.support.review_archive import Archive, fill
from tests.support.waiting import until

BOSS = UserDraft("boss", "老板", UserRole.ADMIN)


class Source:
    """An archive of some hundred calls, and a little of what its calls do not have."""

    def __init__(self, folder: Path) -> None:
        self.store = Store.open(f"sqlite:///{folder / 'qa.sqlite3'}")
        self.archive: Archive = fill(self.store, Settings(data_dir=folder))
        with self.store.writing() as session:
            key = session.scalars(select(TranscriptRow.transcript_key)).first()
            odd = datetime(2026, 1, 2, 3, 4, 5, 678901, timezone(timedelta(hours=8)))
            session.add(
                HearingsRow(
                    transcript_key=key, revision="r", created_at=odd, blob=bytes(range(256))
                )
            )
            session.add(
                NoticeRow(
                    origin="a\\b\tc\n",
                    festival="春节",
                    first_day=date(2026, 2, 16),
                    last_day=date(2026, 2, 23),
                    script="\\N",
                )
            )
            session.add(TicketRow(ticket_id="odd", name="", phone=None, address="𠮷\r\n'\""))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    made = Source(tmp_path_factory.mktemp("archive"))
    with made.store:
        yield made


def sums(store: Store) -> dict[str, object]:
    with store.reading() as session:
        return {t.name: sum_of(session.connection(), t) for t in all_tables()}


def held(url: str) -> dict[str, int]:
    with Store.open(url) as store, store.reading() as session:
        return rows_held(session.connection())


@pytest.mark.postgres
def test_to_postgresql_and_back_nothing_changes(
    source: Source, postgres: Databases, tmp_path: Path
) -> None:
    there, back = postgres.empty(), f"sqlite:///{tmp_path / 'back.sqlite3'}"
    before = sums(source.store)
    moved = move(source.store, there)
    assert all(one.is_equal for one in moved)
    assert {one.table: one.target for one in moved} == before
    with Store.open(there) as server:
        assert {one.table: one.target for one in move(server, back)} == before
    assert sum(one.source.rows for one in moved) > 3000
    zone = source.store.zone
    with Store.open(back) as again, Store.open(there) as server:
        for call_id in source.archive.call_ids[::20]:
            details = []
            for store in (source.store, server, again):
                with store.reading() as session:
                    details.append(call_detail(session, call_id, zone))
            assert details[0] == details[1] == details[2] and details[0].scorecard is not None


@pytest.mark.postgres
def test_new_rows_are_numbered_behind_those_that_came(source: Source, postgres: Databases) -> None:
    there = postgres.empty()
    move(source.store, there)
    with Store.open(there) as server, server.writing() as session:
        highest = session.scalar(text("SELECT max(scorecard_id) FROM scorecards"))
        wanted = text("SELECT nextval(pg_get_serial_sequence('scorecards', 'scorecard_id'))")
        assert session.scalar(wanted) == highest + 1
        boss = add_user(session, BOSS, password_hash=None, actor=None, now=datetime.now(UTC))
        assert boss.user_id == 1


def test_a_database_that_holds_something_is_left_alone(source: Source, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'full.sqlite3'}"
    with Store.open(url) as other, other.writing() as session:
        session.add(TicketRow(ticket_id="T"))
    with pytest.raises(StoreError, match=r"not empty: tickets \(1\)"):
        move(source.store, url)
    assert held(url) == {"tickets": 1}


def test_the_source_itself_and_strange_addresses_are_refused(source: Source) -> None:
    with source.store.reading() as session:
        own = session.connection().engine.url.render_as_string()
    for url, said in ((own, "already"), ("no url", "URL"), ("mysql://x/y", "postgresql")):
        with pytest.raises(ConfigError, match=said):
            move(source.store, url)


def test_no_run_and_no_writer_meanwhile(source: Source, tmp_path: Path) -> None:
    refused = []

    def told(table: str, rows: int) -> None:
        if table != "calls":
            return
        with pytest.raises(ConflictError):
            source.store.run_lock()
        with source.store.reading() as session:
            path = session.connection().engine.url.database
        with closing(sqlite3.connect(str(path), timeout=0)) as other:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("UPDATE agents SET name = 'x'")
            refused.append(other.execute("SELECT count(*) FROM calls").fetchone()[0])

    move(source.store, f"sqlite:///{tmp_path / 'new.sqlite3'}", told)
    assert refused[0] == len(source.archive.call_ids)
    source.store.run_lock().close()


def test_a_table_of_somebody_else_is_not_left_behind(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'a.sqlite3'}") as store:
        with store.writing() as session:
            session.execute(text("CREATE TABLE wages (name TEXT)"))
        with pytest.raises(StoreError, match="wages"):
            move(store, f"sqlite:///{tmp_path / 'b.sqlite3'}")


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("value", "said"),
    [("x" * 1001, "1001 characters, at most 1000"), ("a\0b", "NUL"), ("密" * 1001, "1001")],
)
def test_what_postgresql_cannot_keep_is_named_by_its_place(
    postgres: Databases, tmp_path: Path, value: str, said: str
) -> None:
    there = postgres.empty()
    with Store.open(f"sqlite:///{tmp_path / 'a.sqlite3'}") as store:
        with store.writing() as session:
            session.add_all([TicketRow(ticket_id="T1"), TicketRow(ticket_id="T2", name=value)])
        with pytest.raises(StoreError, match=rf"tickets\.name of row T2: .*{said}") as caught:
            move(store, there)
    assert value not in str(caught.value)
    assert held(there) == {}


def moving(source: str, target: str, mark: str) -> None:
    def told(table: str, rows: int) -> None:
        if table == "scorecards":
            Path(mark).touch()
            time.sleep(3600)  # until it is killed

    with Store.open(source) as store:
        move(store, target, told)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_killed_in_the_middle_it_can_be_given_again(
    source: Source, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite3'}"
    if kind == "postgres":
        url = request.getfixturevalue("postgres").empty()
    with source.store.reading() as session:
        own = session.connection().engine.url.render_as_string()
    mark = tmp_path / "mark"
    process = multiprocessing.get_context("spawn").Process(
        target=moving, args=(own, url, str(mark))
    )
    process.start()
    until(lambda: mark.exists() or not process.is_alive())
    assert mark.exists() and process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert held(url) == {}
    assert {one.table: one.target for one in move(source.store, url)} == sums(source.store)


def test_a_table_that_came_over_otherwise_is_noticed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'b.sqlite3'}"
    Store.open(url).close()
    with closing(sqlite3.connect(tmp_path / "b.sqlite3")) as other:
        other.execute(
            "CREATE TRIGGER meddler AFTER INSERT ON tickets "
            "BEGIN UPDATE tickets SET phone = '1' WHERE ticket_id = new.ticket_id; END"
        )
    with Store.open(f"sqlite:///{tmp_path / 'a.sqlite3'}") as store:
        with store.writing() as session:
            session.add(TicketRow(ticket_id="T", phone="2"))
        with pytest.raises(StoreError, match="otherwise than they were: tickets"):
            move(store, url)
    assert held(url) == {}


def test_the_hash_of_rows_tells_apart_what_differs() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        *[(None, ""), ("", None), (0, ""), (False, ""), ("0", ""), (b"0", ""), ("ab", "c")],
        *[("a", "bc"), (moment, ""), (moment + timedelta(microseconds=1), ""), (moment.date(), "")],
    ]
    assert len({_row_number(row) for row in rows}) == len(rows)
    beijing = moment.astimezone(timezone(timedelta(hours=8)))
    assert _row_number((beijing,)) == _row_number((moment,))


def test_every_table_of_the_program_is_known(source: Source) -> None:
    with source.store.reading() as session:
        wanted = text("SELECT name FROM sqlite_master WHERE type = 'table'")
        there = set(session.scalars(wanted))
    assert there == {table.name for table in all_tables()} | {"alembic_version"}
