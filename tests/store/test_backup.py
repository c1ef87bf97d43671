"""A backup holds one state, is proven before it counts, and comes back as it was."""

import multiprocessing
import shutil
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from qa.config import Settings
from qa.errors import ConfigError, ConflictError, StoreError
from qa.store import dumps
from qa.store.backup import Form, back_up, read_backup
from qa.store.copying import all_tables, rows_held, sum_of
from qa.store.restore import restore
from qa.store.store import Store
from qa.store.tables import AgentRow, TicketRow
from tests.support.databases import Databases
from tests.support.review_archive import AGENTS, fill
from tests.support.waiting import SLOW_S, until

BACKENDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    with Store.open(f"sqlite:///{folder / 'qa.sqlite3'}") as store:
        fill(store, Settings(data_dir=folder), agents=AGENTS[:2])
    return folder / "qa.sqlite3"


@pytest.fixture
def empty(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Give the URL of a new, empty database of a kind."""

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / 'made' / 'qa.sqlite3'}"
        databases: Databases = request.getfixturevalue("postgres")
        return databases.empty()

    return make


def sums(url: str) -> dict[str, object]:
    with Store.open(url) as store, store.reading() as session:
        return {table.name: sum_of(session.connection(), table) for table in all_tables()}


def add_ticket(url: str, name: str) -> None:
    with Store.open(url) as store, store.writing() as session:
        session.add(TicketRow(ticket_id=name))


@pytest.fixture
def filled(archive: Path, tmp_path: Path, empty: Callable[[str], str]) -> Callable[[str], str]:
    def make(kind: str) -> str:
        url = empty(kind)
        if kind == "sqlite":
            (tmp_path / "made").mkdir()
            with Store.open(f"sqlite:///{archive}") as store:
                back_up(store, tmp_path / "made" / "qa.sqlite3")
        else:
            restore(archive, url)
        return url

    return make


@pytest.mark.parametrize("kind", BACKENDS)
@pytest.mark.parametrize("portable", [False, True])
def test_what_was_backed_up_comes_back(
    kind: str, portable: bool, filled: Callable[[str], str], tmp_path: Path
) -> None:
    url, file = filled(kind), tmp_path / "backup"
    before = sums(url)
    shares: list[float] = []
    with Store.open(url) as store:
        made = back_up(store, file, portable=portable, on_share=shares.append)
    is_dump = kind == "postgres" and not portable
    assert made.form is (Form.DUMP if is_dump else Form.SQLITE)
    assert made.size_bytes == file.stat().st_size > 100_000
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert is_dump or shares[-1] == 1.0
    assert made.rows["calls"] > 80 and read_backup(file).rows == made.rows
    assert [p.name for p in tmp_path.iterdir() if p.name not in ("made", "backup")] == []
    add_ticket(url, "later")
    with pytest.raises(ConflictError, match="--replace"):
        restore(file, url)
    done = restore(file, url, replace=True)
    assert sums(url) == before and done.rows == made.rows
    assert done.kept is not None
    assert kept_tickets(url, done.kept) == made.rows["tickets"] + 1


def kept_tickets(url: str, kept: str) -> int:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(kept)) as connection:
            return int(connection.execute("SELECT count(*) FROM tickets").fetchone()[0])
    with Store.open(url) as store, store.reading() as session:
        return int(session.scalar(text(f"SELECT count(*) FROM {kept.split()[1]}.tickets")) or 0)


@pytest.mark.parametrize("kind", BACKENDS)
def test_into_an_empty_database_nothing_is_kept(
    kind: str, archive: Path, empty: Callable[[str], str]
) -> None:
    url = empty(kind)
    Store.open(url).close()
    assert restore(archive, url).kept is None
    assert sums(url) == sums(f"sqlite:///{archive}")


@pytest.mark.postgres
def test_a_dump_goes_into_an_empty_server_and_not_into_sqlite(
    filled: Callable[[str], str], empty: Callable[[str], str], tmp_path: Path
) -> None:
    url, fresh, file = filled("postgres"), empty("postgres"), tmp_path / "dump"
    with Store.open(url) as store:
        back_up(store, file)
    with pytest.raises(ConfigError, match="PostgreSQL dump"):
        restore(file, f"sqlite:///{tmp_path / 'x.sqlite3'}")
    for _ in range(2):  # without tables, then with empty ones
        target = fresh
        assert restore(file, target).kept is None
        assert sums(target) == sums(url)
        fresh = empty("postgres")
        Store.open(fresh).close()
    with Store.open(target) as store, store.reading() as session:
        wanted = text("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'qa_kept_%'")
        assert session.scalar(wanted) == 0


def writing(url: str, begun: str, end: str) -> None:
    """Add an agent and a ticket together, again and again."""
    number = 0
    with Store.open(url) as store:
        while not Path(end).exists():
            with store.writing() as session:
                session.add(AgentRow(agent_id=f"w{number}"))
                session.add(TicketRow(ticket_id=f"w{number}"))
            number += 1
            if number == 20:
                Path(begun).touch()


def tickets(store: Store) -> int:
    with store.reading() as session:
        return session.query(TicketRow).count()


@pytest.mark.parametrize("kind", BACKENDS)
def test_while_another_process_writes_it_is_of_one_moment(
    kind: str, filled: Callable[[str], str], tmp_path: Path
) -> None:
    url, begun, end = filled(kind), tmp_path / "begun", tmp_path / "end"
    process = multiprocessing.get_context("spawn").Process(
        target=writing, args=(url, str(begun), str(end))
    )
    process.start()
    try:
        while not begun.exists() and process.is_alive():
            threading.Event().wait(0.01)
        with Store.open(url) as store:
            made = []
            for number in range(3):
                made.append(back_up(store, tmp_path / f"b{number}"))
                before = made[-1].rows["tickets"]
                until(lambda: tickets(store) > before or not process.is_alive())  # noqa: B023
        assert process.is_alive()
    finally:
        end.touch()
        process.join(SLOW_S)
    calls = made[0].rows["calls"]
    for one in made:
        assert one.rows["tickets"] - calls == one.rows["agents"] - 2 >= 20
        assert read_backup(one.file).rows == one.rows
    assert made[0].rows["tickets"] < made[-1].rows["tickets"]


def test_a_file_that_is_there_stays_as_it_is(archive: Path, tmp_path: Path) -> None:
    file = tmp_path / "precious"
    file.write_text("old")
    with Store.open(f"sqlite:///{archive}") as store, pytest.raises(ConflictError, match="new"):
        back_up(store, file)
    assert file.read_text() == "old" and list(tmp_path.iterdir()) == [file]


def test_a_folder_that_is_not_there_is_named(archive: Path, tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{archive}") as store, pytest.raises(StoreError, match="cannot"):
        back_up(store, tmp_path / "no" / "backup")


def spoil(file: Path, how: str) -> None:
    size = file.stat().st_size
    with file.open("r+b") as opened:
        if how == "cut":
            opened.truncate(size * 2 // 3)
        elif how == "overwritten":
            opened.seek(size // 2)
            opened.write(b"\xa5" * 20_000)
        else:
            opened.truncate(0)
            opened.write(b"something else")


@pytest.mark.parametrize("how", ["cut", "overwritten", "other"])
@pytest.mark.parametrize("kind", BACKENDS)
def test_a_damaged_backup_is_refused_and_changes_nothing(
    kind: str, how: str, filled: Callable[[str], str], tmp_path: Path
) -> None:
    url, file = filled(kind), tmp_path / "backup"
    with Store.open(url) as store:
        back_up(store, file)
    before = sums(url)
    spoil(file, how)
    with pytest.raises(StoreError, match=r"damaged|cut off|no backup"):
        restore(file, url, replace=True)
    assert sums(url) == before


def test_an_sqlite_file_of_something_else_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other")) as other:
        other.execute("CREATE TABLE t (a)")
    with pytest.raises(StoreError, match="no backup of Tingjian"):
        restore(tmp_path / "other", f"sqlite:///{tmp_path / 'qa.sqlite3'}")
    assert not (tmp_path / "qa.sqlite3").exists()


@pytest.mark.parametrize("kind", BACKENDS)
def test_a_backup_of_a_newer_program_is_refused_and_the_old_database_stays(
    kind: str, archive: Path, filled: Callable[[str], str], tmp_path: Path
) -> None:
    url, file = filled(kind), tmp_path / "newer"
    before = sums(url)
    with Store.open(f"sqlite:///{archive}") as store:
        back_up(store, file)
    with closing(sqlite3.connect(file)) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
        other.commit()
    with pytest.raises(StoreError, match="9999"):
        restore(file, url, replace=True)
    assert sums(url) == before


@pytest.mark.parametrize("kind", BACKENDS)
def test_a_database_in_use_is_not_replaced(
    kind: str, archive: Path, filled: Callable[[str], str]
) -> None:
    url = filled(kind)
    with Store.open(url) as store:
        with store.reading() as session:
            count = rows_held(session.connection())
            with pytest.raises(ConflictError, match="in use"):
                restore(archive, url, replace=True)
        with pytest.raises(ConflictError, match="in use"):  # idle, as a service at night
            restore(archive, url, replace=True)
        with store.run_lock(), pytest.raises(ConflictError):
            restore(archive, url, replace=True)
    with Store.open(url) as store, store.reading() as session:
        assert rows_held(session.connection()) == count


def test_a_damaged_database_gives_way_and_is_kept(archive: Path, tmp_path: Path) -> None:
    path = tmp_path / "qa.sqlite3"
    path.write_bytes(b"no database at all" * 1000)
    with pytest.raises(ConflictError, match="cannot be read"):
        restore(archive, f"sqlite:///{path}")
    done = restore(archive, f"sqlite:///{path}", replace=True)
    assert done.kept is not None and Path(done.kept).read_bytes().startswith(b"no database")
    assert sums(f"sqlite:///{path}") == sums(f"sqlite:///{archive}")


@pytest.mark.postgres
def test_without_its_programs_a_server_is_backed_up_row_by_row(
    filled: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, file = filled("postgres"), tmp_path / "backup"
    before = sums(url)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not dumps.has_programs() and shutil.which("sh") is None
    with Store.open(url) as store:
        assert back_up(store, file).form is Form.SQLITE
    assert sums(f"sqlite:///{file}") == before
