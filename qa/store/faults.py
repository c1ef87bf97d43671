"""Refusals of a database as the program's own errors, and which of them may pass by themselves."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from qa.errors import StoreError, StoreUnavailableError

_SQLITE_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,  # also a full disk, where a file beside the database cannot grow
    sqlite3.SQLITE_CANTOPEN,
}
_POSTGRES_PASSING = (
    "08",  # the connection broke
    "53",  # no disk, no memory, too many connections
    "57P",  # the server is shut down or starts
    "40",  # a deadlock
    "55P03",  # a lock was not had in time
)


def is_passing(error: DBAPIError) -> bool:
    """Whether a database refused because it is locked, full or away, not for what was asked."""
    original = error.orig
    if isinstance(original, sqlite3.Error):
        code = getattr(original, "sqlite_errorcode", None)
        return code is not None and code & 0xFF in _SQLITE_PASSING
    state = getattr(original, "sqlstate", None)
    if state is None:  # no server answered
        return error.connection_invalidated or type(original).__name__ == "OperationalError"
    return str(state).startswith(_POSTGRES_PASSING)


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the driver raises in the block into errors of the program.

    Raises:
        StoreUnavailableError: the same may well succeed later.
        StoreError: the database refused what was asked.
    """
    try:
        yield
    except DBAPIError as error:
        kind = StoreUnavailableError if is_passing(error) else StoreError
        raise kind(f"the database refused: {cause_of(error)}") from error


def cause_of(error: Exception) -> str:
    """Name what the driver said, never the statement: its values are people's data."""
    original = getattr(error, "orig", None)
    if original is None:
        return str(error).splitlines()[0]
    first_line = (str(original).splitlines() or [""])[0]
    # PostgreSQL puts the offending values on later lines; a constraint's name is on the first.
    return f"{type(original).__name__}: {first_line}"
