"""Copying a whole database into another, SQLite or PostgreSQL, and proving that all of it came.

The copy is one transaction of the database that receives it: killed in the middle it leaves that
one as empty as it was, and the same command can be given again.
"""

import hashlib
import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, inspect, make_url, select, text
from sqlalchemy import Table as SqlTable
from sqlalchemy.exc import ArgumentError, DBAPIError

import qa.store
from qa.errors import ConfigError, StoreError
from qa.store.store import Store
from qa.store.tables import Table
from qa.store.tables_people import AuditHeadRow

BATCH = 500
"""Rows held at a time: with the largest blobs some ten MB."""
VERSION_TABLE = "alembic_version"
_MODULUS = 1 << 256
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Every table of the program, whichever modules it has: one that is forgotten would be lost.
for _module in pkgutil.iter_modules(qa.store.__path__, "qa.store."):
    if _module.name.rpartition(".")[2].startswith("tables"):
        importlib.import_module(_module.name)

OnRows = Callable[[str, int], None]
"""Is told the name of a table and how many of its rows are done."""


@dataclass(frozen=True, slots=True)
class TableSum:
    """What a table holds.

    Attributes:
        digest: of all rows in whatever order, 64 hexadecimal digits; the same on every database.
    """

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class TableCopy:
    """One table before and after it was copied."""

    table: str
    source: TableSum
    target: TableSum

    @property
    def is_equal(self) -> bool:
        """Whether every row came over as it was."""
        return self.source == self.target


def all_tables() -> Sequence[SqlTable]:
    """List the program's tables, each behind those that it refers to."""
    return Table.metadata.sorted_tables


def move(source: Store, url: str, on_rows: OnRows = lambda table, rows: None) -> list[TableCopy]:
    """Copy everything into an empty database; the source stays as it is.

    No run can start and nobody can write to the source meanwhile: SQLite refuses writers after
    half a minute, PostgreSQL lets them wait.

    Args:
        url: SQLAlchemy URL; the tables are made, and an SQLite file that is missing.

    Raises:
        ConfigError: the URL is wrong, or is that of the source.
        ConflictError: a run is going on.
        StoreError: the target holds something, cannot take a value, or a table came over
            otherwise than it was; the target is as empty as before.
    """
    with source.reading() as session:
        _refuse_itself(session.connection(), url)
    with (
        source.run_lock(),
        Store.open(url, timezone=source.zone.key) as target,
        target.run_lock(),
        _frozen(source) as read,
        target.writing() as writing,
    ):
        return copy_all(read, writing.connection(), on_rows)


def copy_all(source: Connection, target: Connection, on_rows: OnRows) -> list[TableCopy]:
    """Copy every table within the transactions of both connections.

    Raises:
        StoreError: as for `move`; roll the target's transaction back.
    """
    if held := rows_held(target):
        raise StoreError(_not_empty(held))
    _refuse_strange_tables(source)
    for table in all_tables():
        target.execute(table.delete())  # what the migrations put there
    if target.dialect.name == "sqlite":
        target.execute(text("PRAGMA defer_foreign_keys = ON"))
    copied = []
    for table in all_tables():
        before = _copy(source, target, table, on_rows)
        copied.append(TableCopy(table.name, before, sum_of(target, table)))
    if target.dialect.name == "postgresql":
        _set_sequences(target)
    if wrong := [one.table for one in copied if not one.is_equal]:
        raise StoreError(
            f"these tables came over otherwise than they were: {', '.join(wrong)}. Nothing was "
            "kept in the new database, and the old one is untouched. Please report this."
        )
    return copied


def sum_of(
    connection: Connection, table: SqlTable, on_rows: OnRows = lambda table, rows: None
) -> TableSum:
    """Count a table's rows and hash them; holds few at a time."""
    total = rows = 0
    for batch in _batches(connection, table):
        total += sum(map(_row_number, batch))
        rows += len(batch)
        on_rows(table.name, rows)
    return TableSum(rows, f"{total % _MODULUS:064x}")


def count_rows(connection: Connection) -> dict[str, int]:
    """Count the rows of each of the program's tables that is there."""
    there = set(inspect(connection).get_table_names())
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in all_tables()
        if table.name in there
    }


def rows_held(connection: Connection) -> dict[str, int]:
    """Count what people or runs put into a database, by table; empty for a new one."""
    held = {name: rows for name, rows in count_rows(connection).items() if rows}
    head = AuditHeadRow.__tablename__
    if head in held and not connection.scalar(select(func.max(AuditHeadRow.entries))):
        del held[head]  # the migrations make this row
    return held


@contextmanager
def _frozen(store: Store) -> Iterator[Connection]:
    """See one state of a database that nobody can change meanwhile."""
    with store.writing() as session:
        if session.get_bind().dialect.name != "postgresql":
            yield session.connection()
            return
        connection = session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        names = ", ".join(
            connection.dialect.identifier_preparer.quote(t.name) for t in all_tables()
        )
        connection.execute(text(f"LOCK TABLE {names} IN SHARE MODE"))
        yield connection


def _refuse_itself(source: Connection, url: str) -> None:
    try:
        wanted = make_url(url)
    except ArgumentError as error:
        raise ConfigError("the address of the new database is no SQLAlchemy URL") from error
    if wanted.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError("the new database must be sqlite:///… or postgresql+psycopg://…")
    if wanted.set(password=None) == source.engine.url.set(password=None):
        raise ConfigError("the new database is the one that the settings name already")


def _not_empty(held: dict[str, int]) -> str:
    named = ", ".join(f"{name} ({rows})" for name, rows in sorted(held.items())[:3])
    return (
        f"the new database is not empty: {named}{', …' if len(held) > 3 else ''}. Name an empty "
        "one; nothing was changed"
    )


def _refuse_strange_tables(source: Connection) -> None:
    known = {table.name for table in all_tables()} | {VERSION_TABLE}
    strange = sorted(set(inspect(source).get_table_names()) - known)
    if strange:
        raise StoreError(
            f"the database holds tables that are not the program's: {', '.join(strange)}. Take "
            "them out first, for they would be left behind"
        )


def _batches(connection: Connection, table: SqlTable) -> Iterator[Sequence[Any]]:
    # In order of the key: a row may refer to one before it in the same table.
    wanted = select(table).order_by(*table.primary_key)
    streamed = connection.execute(wanted, execution_options={"yield_per": BATCH})
    yield from streamed.partitions(BATCH)


def _copy(source: Connection, target: Connection, table: SqlTable, on_rows: OnRows) -> TableSum:
    total = rows = 0
    put = _put_postgres if target.dialect.name == "postgresql" else _put_sqlite
    for batch in _batches(source, table):
        total += sum(map(_row_number, batch))
        try:
            put(target, table, batch)
        except (DBAPIError, _driver_errors(target)) as error:
            raise StoreError(_refused(table, batch, target)) from error
        rows += len(batch)
        on_rows(table.name, rows)
    return TableSum(rows, f"{total % _MODULUS:064x}")


def _put_sqlite(target: Connection, table: SqlTable, batch: Sequence[Any]) -> None:
    target.execute(table.insert(), [row._asdict() for row in batch])


def _put_postgres(target: Connection, table: SqlTable, batch: Sequence[Any]) -> None:
    quote = target.dialect.identifier_preparer.quote
    columns = ", ".join(quote(column.name) for column in table.columns)
    driver: Any = target.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {quote(table.name)} ({columns}) FROM STDIN") as copy,
    ):
        for row in batch:
            copy.write_row(tuple(row))


def _driver_errors(connection: Connection) -> type[Exception]:
    """Name the driver's own error, which COPY raises past SQLAlchemy."""
    found: type[Exception] = connection.dialect.loaded_dbapi.Error
    return found


def _refused(table: SqlTable, batch: Sequence[Any], target: Connection) -> str:
    """Say which value the target cannot take, by its place and never by itself."""
    for row in batch:
        for column, value in zip(table.columns, row, strict=True):
            if problem := _problem(column.type, value):
                key = [str(row._mapping[part.name]) for part in table.primary_key]
                shown = ", ".join(key) if not column.primary_key else "its own key"
                return f"{table.name}.{column.name} of row {shown}: {problem}"
    return f"{target.dialect.name} refuses rows of the table {table.name}; see `qa db check`"


def _problem(kind: Any, value: Any) -> str:
    if not isinstance(value, str):
        return ""
    length = getattr(kind, "length", None)
    if length is not None and len(value) > length:
        return f"{len(value)} characters, at most {length} fit"
    if "\0" in value:
        return "it holds a NUL character, which PostgreSQL cannot keep"
    if any("\ud800" <= character <= "\udfff" for character in value):
        return "it holds half a character (a lone surrogate)"
    return ""


def _set_sequences(target: Connection) -> None:
    """Let new rows be numbered behind those that came with their numbers."""
    for table in all_tables():
        column = table.autoincrement_column
        if column is None:
            continue
        highest = target.scalar(select(func.max(column)))
        sequence = target.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
        if highest is not None and sequence is not None:
            target.execute(select(func.setval(sequence, highest)))


def _row_number(row: Any) -> int:
    """Hash a row to a number; sums of these do not depend on the order, and notice doubles."""
    digest = hashlib.sha256()
    for value in row:
        kind, content = _canonical(value)
        digest.update(b"%b%d:" % (kind, len(content)))
        digest.update(content)
    return int.from_bytes(digest.digest(), "big")


def _canonical(value: Any) -> tuple[bytes, bytes]:
    """Write a value the same way whatever database it came from."""
    if value is None:
        return b"n", b""
    if isinstance(value, bool):
        return b"b", b"1" if value else b"0"
    if isinstance(value, int):
        return b"i", b"%d" % value
    if isinstance(value, str):
        return b"s", value.encode("utf-8", "surrogatepass")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return b"x", bytes(value)
    if isinstance(value, datetime):
        return b"t", b"%d" % ((value - _EPOCH) // _MICROSECOND)
    if isinstance(value, date):
        return b"d", value.isoformat().encode()
    if isinstance(value, float):
        return b"f", value.hex().encode()
    raise StoreError(f"a value of type {type(value).__name__} cannot be copied")
