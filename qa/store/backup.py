"""Backups of the database, taken while the service runs, and read again before they count.

An SQLite database becomes an SQLite file; PostgreSQL becomes a dump of its own, or an SQLite file,
which either database can be restored from. Recordings are files of their own and not in it.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, Connection, func, select
from sqlalchemy.orm import Session

from qa.errors import ConflictError, StoreError
from qa.store import dumps
from qa.store.copying import VERSION_TABLE, all_tables, copy_all, count_rows
from qa.store.store import Store

SQLITE_MAGIC = b"SQLite format 3\0"
_PAGES = 4096
_BESIDE = ("-wal", "-shm", "-journal")

OnShare = Callable[[float], None]
"""Is told which share of the work is done, 0–1."""


class Form(StrEnum):
    """What a backup is."""

    SQLITE = "sqlite"
    DUMP = "postgresql dump"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written and read again.

    Attributes:
        seconds: what writing and reading took.
        rows: how many there are, by table.
    """

    file: Path
    form: Form
    size_bytes: int
    seconds: float
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds, read from its first to its last byte.

    Attributes:
        revision: of the tables; None for a dump, which does not say.
        rows: by table.
    """

    form: Form
    revision: str | None
    rows: dict[str, int]


def back_up(
    store: Store, file: Path, *, portable: bool = False, on_share: OnShare = lambda share: None
) -> Backup:
    """Write one state of the database to a new file; others read and write meanwhile.

    The file appears when it is whole and was read again; only its owner may read it.

    Args:
        portable: an SQLite file from PostgreSQL as well; so it is where `pg_dump` is missing.

    Raises:
        ConflictError: the file is there already.
        StoreError: it cannot be written, or does not hold what the database held.
    """
    started = time.monotonic()
    file = file.absolute()
    if file.exists():
        raise ConflictError(f"{file} is there already; name a new file")
    try:
        with _partial(file) as part:
            with store.reading() as session:
                form, rows = _write(session, part, portable, on_share)
            found = read_backup(part)
            if found.rows != rows:
                raise StoreError(f"the backup {file.name} does not hold what the database held")
            _publish(part, file)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"cannot write the backup {file}: {error}") from error
    return Backup(file, form, file.stat().st_size, time.monotonic() - started, rows)


def read_backup(file: Path) -> Contents:
    """Read a backup to its end: its pages and indexes, or its compressed rows.

    Raises:
        StoreError: it is no backup, is damaged or cut off.
    """
    try:
        with file.open("rb") as opened:
            beginning = opened.read(len(SQLITE_MAGIC))
    except OSError as error:
        raise StoreError(f"cannot read the backup {file}: {error.strerror}") from error
    if beginning.startswith(dumps.MAGIC):
        rows = dumps.count_dump(file)
        if rows.pop(VERSION_TABLE, None) is None:
            raise StoreError(f"{file.name} is no backup of Tingjian")
        return Contents(Form.DUMP, None, rows)
    if beginning == SQLITE_MAGIC:
        return _read_sqlite(file)
    raise StoreError(f"{file.name} is no backup: neither an SQLite file nor a PostgreSQL dump")


def sqlite_url(file: Path) -> str:
    """Write the URL of an SQLite file."""
    return URL.create("sqlite", database=str(file)).render_as_string(hide_password=False)


def remove_sqlite(file: Path) -> None:
    """Delete an SQLite file and what lies beside it."""
    for name in (file, *(Path(f"{file}{end}") for end in _BESIDE)):
        name.unlink(missing_ok=True)


def settle(file: Path) -> None:
    """Make one file of an SQLite database that nobody else has open.

    Raises:
        ConflictError: somebody has it open.
        sqlite3.DatabaseError: it is damaged.
    """
    with closing(sqlite3.connect(file, timeout=2)) as connection:
        try:
            mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            mode = "wal"
        if mode == "wal":
            raise ConflictError(f"{file.name} is in use; stop the service and every run first")


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(
    session: Session, part: Path, portable: bool, on_share: OnShare
) -> tuple[Form, dict[str, int]]:
    """Write what the session sees, and say how much that was."""
    if session.get_bind().dialect.name == "sqlite":
        connection = session.connection()
        rows = count_rows(connection)  # the first look: from here on the state stands still
        _write_pages(connection, part, on_share)
        return Form.SQLITE, rows
    connection = session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    rows = count_rows(connection)
    if portable or not dumps.has_programs():
        _write_rows(connection, part, sum(rows.values()), on_share)
        return Form.SQLITE, rows
    snapshot = str(connection.scalar(select(func.pg_export_snapshot())))
    dumps.write_dump(connection.engine.url, part, snapshot)
    return Form.DUMP, rows


def _write_pages(connection: Connection, part: Path, on_share: OnShare) -> None:
    source = connection.connection.driver_connection
    assert isinstance(source, sqlite3.Connection)  # the dialect says so

    def told(_status: int, left: int, total: int) -> None:
        on_share(1 - left / max(total, 1))

    with closing(sqlite3.connect(part)) as target:
        source.backup(target, pages=_PAGES, progress=told)
    settle(part)


def _write_rows(connection: Connection, part: Path, total: int, on_share: OnShare) -> None:
    done = dict.fromkeys([table.name for table in all_tables()], 0)

    def told(table: str, rows: int) -> None:
        done[table] = rows
        on_share(sum(done.values()) / max(total, 1))

    with Store.open(sqlite_url(part)) as target, target.writing() as session:
        copy_all(connection, session.connection(), told)
    settle(part)


def _read_sqlite(file: Path) -> Contents:
    address = f"file:{quote(str(file.absolute()))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                raise StoreError(f"the backup {file.name} is damaged")
            there = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
            if VERSION_TABLE not in there:
                raise StoreError(f"{file.name} is no backup of Tingjian")
            revision = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()
            rows = {
                table.name: connection.execute(f'SELECT count(*) FROM "{table.name}"').fetchone()[0]
                for table in all_tables()
                if table.name in there
            }
    except sqlite3.Error as error:
        raise StoreError(f"the backup {file.name} is damaged or cut off: {error}") from error
    return Contents(Form.SQLITE, revision[0] if revision else None, rows)


@contextmanager
def _partial(file: Path) -> Iterator[Path]:
    """Give a file beside the final one; it is gone afterwards, unless it got that one's name."""
    part = file.with_name(f".{file.name}.{os.getpid()}.partial")
    remove_sqlite(part)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield part
    finally:
        with suppress(OSError):
            remove_sqlite(part)


def _publish(part: Path, file: Path) -> None:
    with part.open("rb") as written:
        os.fsync(written.fileno())
    try:
        os.link(part, file)  # unlike a renaming it never replaces anything
    except FileExistsError:
        raise ConflictError(f"{file} is there already; name a new file") from None
    except OSError:  # a file system without links
        part.rename(file)
    sync_folder(file.parent)
