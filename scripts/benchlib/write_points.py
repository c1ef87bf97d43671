"""Faults at chosen writes of a night: what a program, a disk, a server or another process can do.

Every statement that changes something, and every commit, is a point; they are counted from 1. What
happens there is real wherever it can be made so: signal 9, SQLite's own limit of pages, a file
system without room, a second writer, a connection that the server ends.
"""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Engine, event

COMMIT = "COMMIT"
_ENDLESS = 0x3FFFFFFF
"""More pages than a database has."""
_READING = ("SELECT", "PRAGMA", "SHOW", "SAVEPOINT", "RELEASE", "ROLLBACK")
_BLOCK = 1 << 16


class InjectedError(Exception):
    """What nobody expected."""


class Trouble(Protocol):
    """What happens at a point."""

    def begin(self, connection: Any, statement: str) -> str | None:
        """Let it happen; the statement to send instead of this one, or None.

        Args:
            connection: the driver's own.
        """

    def pass_by(self) -> None:
        """Let it be over, as a disk that has room again."""


class Nothing:
    """Only counts."""

    def begin(self, connection: Any, statement: str) -> str | None:
        """See `Trouble.begin`."""
        return None

    def pass_by(self) -> None:
        """See `Trouble.pass_by`."""


class Raised(Nothing):
    """An error that nobody expected, out of the very statement."""

    def begin(self, connection: Any, statement: str) -> str | None:
        """See `Trouble.begin`."""
        raise InjectedError


class Killed(Nothing):
    """The process ends by signal 9."""

    def begin(self, connection: Any, statement: str) -> str | None:
        """See `Trouble.begin`."""
        os.kill(os.getpid(), signal.SIGKILL)
        return None


class NoPages:
    """SQLite may take no page more: the file has its size."""

    def __init__(self) -> None:
        self._limited: Any = None

    def begin(self, connection: Any, statement: str) -> str | None:
        """See `Trouble.begin`."""
        ((pages,),) = connection.execute("PRAGMA page_count")
        connection.execute(f"PRAGMA max_page_count = {pages}")
        self._limited = connection
        return None

    def pass_by(self) -> None:
        """See `Trouble.pass_by`."""
        if self._limited is not None:
            self._limited.execute(f"PRAGMA max_page_count = {_ENDLESS}")
            self._limited = None


@dataclass(slots=True)
class FullDisk:
    """The file system of the database has no byte left.

    Attributes:
        folder: on that file system; a small one of its own.
    """

    folder: Path

    def begin(self, connection: Any, statement: str) -> str | None:
        """See `Trouble.begin`."""
        with self._ballast.open("wb", buffering=0) as out, suppress(OSError):
            while out.write(b"\0" * _BLOCK):
                pass
        return None

    def pass_by(self) -> None:
        """See `Trouble.pass_by`."""
        self._ballast.unlink(missing_ok=True)

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"


class SecondWriter:
    """Another connection has begun to write to the SQLite file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._other: sqlite3.Connection | None = None

    def begin(self, connection: Any, statement: str) -> str | None:
        """See `Trouble.begin`."""
        connection.execute("PRAGMA busy_timeout = 20")
        self._other = sqlite3.connect(str(self._path), isolation_level=None)
        self._other.execute("BEGIN IMMEDIATE")
        return None

    def pass_by(self) -> None:
        """See `Trouble.pass_by`."""
        if self._other is not None:
            self._other.close()
            self._other = None


class Fault:
    """Lets trouble begin at one write of everything that this process writes.

    Args:
        trouble: what happens.
        point: at which write; 0 counts only.

    Attributes:
        writes: the statements that were met, without their values; not those of trouble itself.
    """

    def __init__(self, trouble: Trouble, point: int) -> None:
        self._trouble, self._point = trouble, point
        self.writes: list[str] = []
        self.done = False

    @property
    def seen(self) -> int:
        """How many writes were met."""
        return len(self.writes)

    def at(self, connection: Any, statement: str) -> str | None:
        """Count a write, and let it happen where it is time."""
        words = statement.upper().split()
        if words[0] in _READING or words == ["BEGIN"]:  # one that writes begins IMMEDIATE
            return None
        self.writes.append(statement)
        if self.seen < self._point or self.done or not self._point:
            return None
        self.done = True
        return self._trouble.begin(connection, statement)

    def pass_by(self) -> None:
        """Let it be over."""
        self._trouble.pass_by()


@contextmanager
def injected(fault: Fault) -> Iterator[Fault]:
    """Let a fault happen meanwhile."""

    def execute(
        connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool
    ) -> tuple[str, Any]:
        instead = fault.at(connection.connection.dbapi_connection, statement)
        if instead is None:
            return statement, values
        # Not by `many`: rows that are one statement of many VALUES are sent as one.
        return instead, [()] if isinstance(values, list) else ()

    def commit(connection: Any) -> None:
        fault.at(connection.connection.dbapi_connection, COMMIT)

    event.listen(Engine, "before_cursor_execute", execute, retval=True)
    event.listen(Engine, "commit", commit)
    try:
        yield fault
    finally:
        event.remove(Engine, "before_cursor_execute", execute)
        event.remove(Engine, "commit", commit)
        fault.pass_by()
