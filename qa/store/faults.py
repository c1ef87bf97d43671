"""Which refusals of a database may pass by themselves."""

import sqlite3

from sqlalchemy.exc import DBAPIError

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
