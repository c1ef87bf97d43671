"""What a database does for a request: SQLite's own steps, or the rows that PostgreSQL touches."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from qa.store.store import Store

STEP_GRAIN = 50
"""SQLite's steps are counted to that many."""


@dataclass
class Work:
    """What the database did for a request.

    Attributes:
        done: statements with their cost: steps on SQLite, rows on PostgreSQL.
    """

    done: list[tuple[int, str]] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Add up steps or rows."""
        return sum(cost for cost, _ in self.done)

    def told(self) -> str:
        """Name the dearest statements."""
        dearest = sorted(self.done, reverse=True)[:2]
        return " | ".join(f"{cost}: {' '.join(text.split())[:600]}" for cost, text in dearest)


@contextmanager
def counted(store: Store) -> Iterator[Work]:
    """Count what the database does within the block."""
    work, engine = Work(), store._engine
    before, after = (_before, _after) if engine.dialect.name == "sqlite" else (_nothing, _explain)

    def begin(connection: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
        before(connection)

    def end(connection: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
        # Rows are fetched after this, so SQLite's steps are read when the next statement begins.
        after(connection, statement, values, work)

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
    try:
        yield work
    finally:
        event.remove(engine, "before_cursor_execute", begin)
        event.remove(engine, "after_cursor_execute", end)
        work.done = [(cost() if callable(cost) else cost, text) for cost, text in work.done]


def _before(connection: Any) -> None:
    steps = [0]

    def step() -> int:
        steps[0] += STEP_GRAIN
        return 0

    connection.connection.driver_connection.set_progress_handler(step, STEP_GRAIN)
    connection.info["steps"] = steps


def _after(connection: Any, statement: str, _values: Any, work: Work) -> None:
    steps = connection.info["steps"]
    work.done.append((lambda: steps[0], statement))  # type: ignore[arg-type]


def _nothing(connection: Any) -> None:
    return None


def _explain(connection: Any, statement: str, values: Any, work: Work) -> None:
    if not statement.lstrip().upper().startswith(("SELECT", "WITH")):
        return
    with connection.connection.driver_connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", values)
        found = cursor.fetchone()[0]
    plan = found if isinstance(found, list) else json.loads(found)
    work.done.append((_touched(plan[0]["Plan"]), statement))


def _touched(node: dict[str, Any]) -> int:
    """Count the rows that the scans of a plan read, those that a filter threw away included."""
    inner = sum(_touched(child) for child in node.get("Plans", ()))
    if "Relation Name" not in node:
        return inner
    rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    rows += node.get("Rows Removed by Index Recheck", 0)
    return inner + round(rows * node["Actual Loops"])
