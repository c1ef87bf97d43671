"""One run at a time on one database.

The lock belongs to an open file (SQLite) or an open connection (PostgreSQL), so it ends with the
process that holds it, however that process ends.
"""

import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from qa.errors import ConflictError, StoreUnavailableError
from qa.store.faults import translated

_RUN_LOCK = 7_312_002  # any number that nothing else in the database uses


class RunLock:
    """A held lock; closing gives it back.

    Args:
        keep: makes sure that it is still held; see `keep`.
    """

    def __init__(
        self, release: Callable[[], None], keep: Callable[[], None] = lambda: None
    ) -> None:
        self._release: Callable[[], None] | None = release
        self._keep = keep

    def keep(self) -> None:
        """Make sure that it is still held: a server that starts again has given all locks back.

        Raises:
            ConflictError: another run has taken it meanwhile.
            StoreUnavailableError: the server cannot be asked now.
        """
        self._keep()

    def close(self) -> None:
        """Give the lock back; doing it again does nothing."""
        # Not twice: by then the file's number may be that of another one.
        release, self._release = self._release, None
        if release is not None:
            release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def file_lock(path: Path) -> RunLock:
    """Lock a file beside the database; the file itself stays, empty of meaning when unlocked.

    Raises:
        ConflictError: another process holds it.
        StoreUnavailableError: there is no room for the file, or it cannot be opened.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreUnavailableError(f"no file for the run lock: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(handle, 20).decode("ascii", "replace").strip()
        os.close(handle)
        raise ConflictError(_message(holder)) from error
    with suppress(OSError):  # a full disk: who holds the lock stands there for people only
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
    return RunLock(lambda: os.close(handle))


def database_lock(engine: Engine) -> RunLock:
    """Take an advisory lock on a connection of its own.

    Raises:
        ConflictError: another session holds it.
        StoreUnavailableError: the server does not answer.
    """
    held = [_locked(engine)]

    def keep() -> None:
        try:
            held[0].execute(text("SELECT 1"))
            held[0].commit()
        except SQLAlchemyError:
            _break_off(held[0])
            held[0] = _locked(engine)

    def release() -> None:
        try:
            held[0].execute(text(f"SELECT pg_advisory_unlock({_RUN_LOCK})"))
            held[0].close()
        except SQLAlchemyError:  # the lock ended with the connection
            _break_off(held[0])
        except BaseException:
            _break_off(held[0])
            raise

    return RunLock(release, keep)


def _locked(engine: Engine) -> Connection:
    with translated():
        connection = engine.connect()
        try:
            asked = text(f"SELECT pg_try_advisory_lock({_RUN_LOCK})")
            taken = connection.execute(asked).scalar()
            connection.commit()
        except BaseException:
            _break_off(connection)
            raise
    if not taken:
        connection.close()
        raise ConflictError(_message(""))
    return connection


def _break_off(connection: Connection) -> None:
    """End the session, and its lock with it: a pooled connection would go on holding it."""
    if not connection.closed:
        connection.invalidate()
        connection.close()


def _message(holder: str) -> str:
    who = f" (process {holder})" if holder else ""
    return f"another run is working on this database{who}; wait for it to end, then try again"
