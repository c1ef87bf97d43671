"""Faults at chosen writes of a night: what a program, a disk or another process can do there.

Every statement that changes something, and every commit, is a point; they are counted from 1. The
pool of workers is replaced by one in this process, since it writes nothing; all else is real.
"""

import os
import signal
import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Engine, event

from qa.batch.jobs import Job, Result
from qa.batch.working import Task, answer
from tests import talking_files

ENDLESS = 0x3FFFFFFF
"""More pages than a database has."""


class InProcessPool:
    """Does the jobs where it is; see `qa.batch.local.LocalPool`."""

    def __init__(self, factory: Any, settings: Any, size: int, rulesets: Any = None) -> None:
        self._transcriber = talking_files.factory(settings)
        self._task = Task(talking_files.factory, settings, rulesets)
        self._waiting: deque[Job] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.clear()

    @property
    def unfinished(self) -> int:
        return len(self._waiting)

    def submit(self, jobs: Sequence[Job]) -> None:
        self._waiting.extend(jobs)

    def poll(self, timeout_s: float) -> list[Result]:
        return [answer(self._transcriber, self._waiting.popleft(), self._task)]


class InjectedError(Exception):
    """What nobody expected."""


class Fault:
    """Does something at one write of everything that this process writes.

    Args:
        kind: `exception`, `kill`, `full` (a disk without room for one page more) or `busy` (another
            process is writing).
        point: at which write; 0 counts only.
    """

    def __init__(self, kind: str, point: int, path: Path | None = None) -> None:
        self.kind, self._point, self._path = kind, point, path
        self.seen = 0
        self.done = False
        self._limited: Any = None
        self._other: sqlite3.Connection | None = None

    def at(self, connection: Any, statement: str) -> None:
        """Count a write, and do it where it is time."""
        if statement.lstrip().upper().startswith(("SELECT", "PRAGMA", "SHOW")):
            return
        self.seen += 1
        if self.seen < self._point or self.done or not self._point:
            return
        if self.kind == "busy" and statement != "BEGIN IMMEDIATE":
            return  # only there one writer meets another
        self.done = True
        self._do(connection)

    def _do(self, connection: Any) -> None:
        if self.kind == "exception":
            raise InjectedError
        if self.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        connection.execute("PRAGMA busy_timeout = 20")
        if self.kind == "full":
            ((pages,),) = connection.execute("PRAGMA page_count")
            connection.execute(f"PRAGMA max_page_count = {pages}")
            self._limited = connection
        else:
            self._other = sqlite3.connect(str(self._path), isolation_level=None)
            self._other.execute("BEGIN IMMEDIATE")

    def pass_by(self) -> None:
        """The disk has room again; the other process is done."""
        if self._limited is not None:
            self._limited.execute(f"PRAGMA max_page_count = {ENDLESS}")
            self._limited = None
        if self._other is not None:
            self._other.close()
            self._other = None


@contextmanager
def injected(fault: Fault) -> Iterator[Fault]:
    """Let a fault happen meanwhile."""

    def execute(
        connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        raw = connection.connection.dbapi_connection
        fault.at(raw, statement)

    def commit(connection: Any) -> None:
        fault.at(connection.connection.dbapi_connection, "COMMIT")

    event.listen(Engine, "before_cursor_execute", execute)
    event.listen(Engine, "commit", commit)
    try:
        yield fault
    finally:
        event.remove(Engine, "before_cursor_execute", execute)
        event.remove(Engine, "commit", commit)
        fault.pass_by()
