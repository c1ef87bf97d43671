"""Putting a backup in the place of a database; what was there before is kept."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from qa.errors import ConfigError, ConflictError, StoreError
from qa.store import dumps
from qa.store.backup import (
    Contents,
    Form,
    read_backup,
    remove_sqlite,
    settle,
    sqlite_url,
    sync_folder,
)
from qa.store.copying import VERSION_TABLE, OnRows, all_tables, count_rows, move, rows_held
from qa.store.lock import database_lock, file_lock
from qa.store.store import Store, make_engine

_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND usename = current_user"
)


@dataclass(frozen=True, slots=True)
class Restored:
    """A database that was restored and counted.

    Attributes:
        rows: by table, as in the backup.
        kept: where the old database is: a file, or a schema of PostgreSQL; None where it was empty.
    """

    rows: dict[str, int]
    kept: str | None


def restore(
    file: Path, url: str, *, replace: bool = False, on_rows: OnRows = lambda table, rows: None
) -> Restored:
    """Put a backup into an empty database, or in the place of one that is then kept aside.

    The backup is read to its end first and stays as it is. Tables of an older program are brought
    up to date.

    Args:
        url: SQLAlchemy URL of the database.
        replace: whether a database that holds something may be replaced.

    Raises:
        ConfigError: the URL is wrong, or a PostgreSQL dump shall go into SQLite.
        ConflictError: the database holds something, or is in use.
        StoreError: the backup is damaged or of a newer program, or a database refuses; what was
            there is still there.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError(f"database.url is wrong: {error}") from error
    contents = read_backup(file)
    if parsed.get_backend_name() == "sqlite":
        if contents.form is Form.DUMP:
            raise ConfigError(
                f"{file.name} is a PostgreSQL dump. Restore it into PostgreSQL; "
                "`qa db move` then takes it to SQLite"
            )
        return _into_file(file, Path(parsed.database or ""), contents, replace)
    try:
        return _into_server(file, parsed, contents, replace, on_rows)
    except SQLAlchemyError as error:
        shown = parsed.render_as_string(hide_password=True)
        cause = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
        raise StoreError(f"cannot restore into {shown}: {cause}") from error


def _into_file(file: Path, path: Path, contents: Contents, replace: bool) -> Restored:
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with file_lock(Path(f"{path}.run-lock")):
            holds = _file_holds(path)
            if holds and not replace:
                raise ConflictError(_refusal(str(path), holds))
            _bring_up_to_date(file, part, contents)
            kept = _put_aside(path, bool(holds))
            part.rename(path)
            sync_folder(path.parent)
    except OSError as error:
        raise StoreError(f"cannot restore {path}: {error}") from error
    finally:
        remove_sqlite(part)
    return Restored(contents.rows, kept)


def _bring_up_to_date(file: Path, part: Path, contents: Contents) -> None:
    """Copy a backup, and bring the tables of the copy up to date."""
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    shutil.copyfile(file, part)
    _require_equal(read_backup(part).rows, contents)
    Store.open(sqlite_url(part)).close()
    settle(part)
    with part.open("rb") as written:
        os.fsync(written.fileno())


def _file_holds(path: Path) -> str:
    """Say what an SQLite database holds; empty where there is none or nothing in it."""
    if not path.exists():
        return ""
    engine = make_engine(make_url(sqlite_url(path)))
    try:
        with engine.connect() as connection:
            return _named(rows_held(connection))
    except SQLAlchemyError:
        return "it cannot be read"
    finally:
        engine.dispose()


def _put_aside(path: Path, is_kept: bool) -> str | None:
    if not path.exists():
        return None
    with suppress(sqlite3.DatabaseError):  # damaged: the files go aside as they are
        settle(path)
    if not is_kept:
        remove_sqlite(path)
        return None
    kept = path.with_name(f"{path.name}.{_stamp()}")
    for end in ("", "-wal", "-shm", "-journal"):
        if Path(f"{path}{end}").exists():
            Path(f"{path}{end}").rename(f"{kept}{end}")
    return str(kept)


def _into_server(
    file: Path, url: URL, contents: Contents, replace: bool, on_rows: OnRows
) -> Restored:
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            holds = _named(rows_held(connection))
        if holds and not replace:
            raise ConflictError(_refusal(url.render_as_string(hide_password=True), holds))
        schema = f"{dumps.KEPT_PREFIX}{_stamp().replace('-', '_')}"
        with _set_aside(engine, schema):
            if contents.form is Form.DUMP:
                _load(engine, file, contents)
            else:
                _copy_file(file, url, contents, on_rows)
        if not holds:
            _drop(engine, schema)
        return Restored(contents.rows, f"schema {schema}" if holds else None)
    finally:
        engine.dispose()


def _load(engine: Engine, file: Path, contents: Contents) -> None:
    url = engine.url
    with database_lock(engine):
        dumps.load_dump(url, file)
        with engine.connect() as connection:
            _require_equal(count_rows(connection), contents)
    Store.open(url.render_as_string(hide_password=False)).close()


def _copy_file(file: Path, url: URL, contents: Contents, on_rows: OnRows) -> None:
    with tempfile.TemporaryDirectory(prefix="qa-restore-") as folder:
        part = Path(folder) / "backup.sqlite3"
        _bring_up_to_date(file, part, contents)
        with Store.open(sqlite_url(part)) as source:
            move(source, url.render_as_string(hide_password=False), on_rows)


@contextmanager
def _set_aside(engine: Engine, schema: str) -> Iterator[None]:
    """Put the tables into a schema of their own; they come back where what follows fails.

    Raises:
        ConflictError: somebody else is connected, or a run is going on.
    """
    with database_lock(engine), engine.begin() as connection:
        # One more than this connection: the lock has one of its own.
        if (connection.scalar(_OTHERS) or 0) > 1:
            raise ConflictError(
                "the database is in use; stop the service and every run first, and close other "
                "connections of its user"
            )
        home = _home(connection)
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        _carry(connection, home, schema)
    engine.dispose()
    try:
        yield
    except BaseException:
        with engine.begin() as connection:
            for name in _tables_in(connection, home):
                connection.execute(text(f'DROP TABLE "{home}"."{name}" CASCADE'))
            _carry(connection, schema, home)
            connection.execute(text(f"DROP SCHEMA {schema}"))
        raise


def _drop(engine: Engine, schema: str) -> None:
    """Drop the tables that were set aside with nothing in them."""
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))


def _home(connection: Connection) -> str:
    return str(connection.scalar(text("SELECT current_schema()")))


def _tables_in(connection: Connection, schema: str) -> list[str]:
    ours = {table.name for table in all_tables()} | {VERSION_TABLE}
    return sorted(ours & set(inspect(connection).get_table_names(schema=schema)))


def _carry(connection: Connection, source: str, target: str) -> None:
    for name in _tables_in(connection, source):
        connection.execute(text(f'ALTER TABLE "{source}"."{name}" SET SCHEMA "{target}"'))


def _require_equal(rows: dict[str, int], contents: Contents) -> None:
    known = {name: contents.rows.get(name, 0) for name in rows}
    if rows != known:
        raise StoreError("the restored database does not hold what the backup holds")


def _named(held: dict[str, int]) -> str:
    return ", ".join(f"{name} ({rows})" for name, rows in sorted(held.items())[:3])


def _refusal(shown: str, holds: str) -> str:
    return (
        f"{shown} is not empty: {holds}. With --replace the backup takes its place, and what is "
        "there now is kept aside"
    )


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
