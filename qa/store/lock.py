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

from qa.errors import ConflictError, StoreError, StoreUnavailableError
from qa.store.faults import translated

_RUN_LOCK = 7_312_002  # any number that nothing else in the database uses
_TAKE = text(f"SELECT pg_try_advisory_lock({_RUN_LOCK}), pg_backend_pid()")
_HOLDER = text(
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
    f" AND (classid, objid, objsubid) = (0, {_RUN_LOCK}, 1)"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


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
    session = _LockingSession(engine)
    return RunLock(session.release, session.keep)


class _LockingSession:
    """A session of the server that holds the lock."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection, self._pid = _locked(engine)

    def keep(self) -> None:
        """See `RunLock.keep`."""
        try:
            with translated():
                self._connection.execute(text("SELECT 1"))
                self._connection.commit()
        except StoreUnavailableError:
            if self._goes_on():  # refused, but not ended: the lock is held as before
                raise
            self._take_again()
        except (StoreError, SQLAlchemyError):
            self._take_again()

    def release(self) -> None:
        """End the lock, and give the connection back."""
        try:
            self._connection.execute(text(f"SELECT pg_advisory_unlock({_RUN_LOCK})"))
            self._connection.close()
        except SQLAlchemyError:  # the lock ended with the connection
            _break_off(self._connection)
        except BaseException:
            _break_off(self._connection)
            raise

    def _goes_on(self) -> bool:
        if self._connection.invalidated:
            return False
        try:
            self._connection.rollback()
        except SQLAlchemyError:
            return False
        return not self._connection.invalidated

    def _take_again(self) -> None:
        _break_off(self._connection)
        self._connection, self._pid = _locked(self._engine, self._pid)


def _locked(engine: Engine, former: int | None = None) -> tuple[Connection, int]:
    """Take the lock; the connection that holds it, and the server's number of its session.

    Args:
        former: number of the session that held it for this run and broke off.
    """
    with translated():
        connection = engine.connect()
        try:
            taken, pid = connection.execute(_TAKE).one()
            holder = None if taken else connection.execute(_HOLDER).scalar()
            connection.commit()
        except BaseException:
            _break_off(connection)
            raise
    if taken:
        return connection, pid
    connection.close()
    if former is not None and holder in (None, former):
        # A moment after the client, or much later where a network fails without a word.
        raise StoreUnavailableError("the server has not ended the session that broke off")
    raise ConflictError(_message(""))


def _break_off(connection: Connection) -> None:
    """End the session, and its lock with it: a pooled connection would go on holding it."""
    if not connection.closed:
        connection.invalidate()
        connection.close()


def _message(holder: str) -> str:
    who = f" (process {holder})" if holder else ""
    return f"another run is working on this database{who}; wait for it to end, then try again"
