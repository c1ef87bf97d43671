"""Let PostgreSQL plan for a large archive while a small one stands there.

Its planner knows a table by three things: rows and pages as they were last counted, the pages that
the file has now, and how values are spread. All of them are measured at two sizes of an archive and
carried on to a third: the files are made as long as they would be (what is added takes no room on
the disk, and is read by nobody who does not scan the table), and the counts are written into the
catalogue. What grows with the archive is told from what does not by the two measurements.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from qa.store.store import Store

PAGE_BYTES = 8192
_SEGMENT_PAGES = 131_072
"""A file holds that many; then another one begins."""
_GROWS = 1.2
"""A column that has so many times as many values in twice as many rows has more in still more."""

_COUNT_NO_MORE = """
DO $$ DECLARE t regclass; BEGIN
    FOR t IN SELECT oid::regclass FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off)', t);
    END LOOP;
END $$
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the planner knows of an archive.

    Attributes:
        calls: how many it holds.
        relations: rows and pages of each table and index, by name.
        distinct: how many values a column has, by table and column; negative: a share of the rows.
    """

    calls: int
    relations: Mapping[str, tuple[float, int]]
    distinct: Mapping[tuple[str, str], float]


def measure(store: Store, calls: int) -> Measured:
    """Count anew, now for the last time, and read what was counted."""
    with store._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(_COUNT_NO_MORE))
        connection.execute(text("VACUUM ANALYZE"))
        relations = connection.execute(
            text(
                "SELECT relname, reltuples, relpages FROM pg_class "
                "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')"
            )
        )
        found = {name: (float(rows), int(pages)) for name, rows, pages in relations}
        columns = connection.execute(
            text("SELECT tablename, attname, n_distinct FROM pg_stats WHERE schemaname = 'public'")
        )
        distinct = {(table, column): float(count) for table, column, count in columns}
    return Measured(calls, found, distinct)


def pretend(store: Store, small: Measured, larger: Measured, calls: int, data: Path) -> None:
    """Give the archive of the second measurement the statistics of one with so many calls.

    Nothing may count anew afterwards.

    Args:
        data: the server's own folder, on this machine.
    """
    with store.writing() as session:
        connection = session.connection()
        for name, (rows, pages) in larger.relations.items():
            rows_then = _carried(small, larger, calls, lambda m, n=name: m.relations[n][0])
            pages_then = _carried(small, larger, calls, lambda m, n=name: m.relations[n][1])
            if rows_then <= rows or pages_then <= pages:
                continue
            _lengthen(connection, data, name, round(pages_then))
            connection.execute(
                text(
                    "UPDATE pg_class SET reltuples = :rows, relpages = :pages, relallvisible = "
                    "CASE relkind WHEN 'r' THEN CAST(:pages AS int) ELSE 0 END "
                    "WHERE relname = :name AND relnamespace = 'public'::regnamespace"
                ),
                {"rows": rows_then, "pages": round(pages_then), "name": name},
            )
        for (table, column), count in larger.distinct.items():
            before = small.distinct.get((table, column), count)
            if before > 0 and count > _GROWS * before:
                _spread(connection, table, column, -count / larger.relations[table][0])


def _carried(small: Measured, larger: Measured, calls: int, value: Any) -> float:
    """Carry a straight line through two measurements on."""
    one, two = value(small), value(larger)
    slope = (two - one) / (larger.calls - small.calls)
    return float(two + slope * (calls - larger.calls))


def _lengthen(connection: Connection, data: Path, name: str, pages: int) -> None:
    """Make a relation's files so long; nothing is written, and no room taken."""
    asked = text("SELECT pg_relation_filepath(CAST(:name AS regclass))")
    first = data / connection.execute(asked, {"name": name}).scalar_one()
    owner = first.stat()
    for segment in range(-(-pages // _SEGMENT_PAGES)):
        path = first if segment == 0 else first.with_name(f"{first.name}.{segment}")
        own = min(_SEGMENT_PAGES, pages - segment * _SEGMENT_PAGES)
        path.touch(mode=0o600)
        os.chown(path, owner.st_uid, owner.st_gid)
        os.truncate(path, own * PAGE_BYTES)


def _spread(connection: Connection, table: str, column: str, share: float) -> None:
    connection.execute(
        text(
            "UPDATE pg_statistic SET stadistinct = :share FROM pg_attribute "
            "WHERE attrelid = CAST(:table AS regclass) AND attname = :column "
            "AND starelid = attrelid AND staattnum = attnum"
        ),
        {"share": max(-1.0, share), "table": table, "column": column},
    )
