"""Faults at chosen writes of a night on PostgreSQL; see `write_points`.

What the server answers is its own: it refuses a statement, or the commit, with the code of a full
disk; it gives up waiting for a lock that another session holds; it ends the connection, before the
commit or right after it, so that nobody is told that it was done.
"""

from typing import Any

import psycopg

from benchlib.write_points import COMMIT, Nothing

_NO_ROOM = "RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'"
_REFUSE = f"DO $$ BEGIN {_NO_ROOM}; END $$"
_REFUSE_COMMIT = f"""
CREATE FUNCTION pg_temp.no_room() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN {_NO_ROOM}; END $$;
CREATE TEMP TABLE no_room (x int);
CREATE CONSTRAINT TRIGGER no_room AFTER INSERT ON no_room DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pg_temp.no_room();
INSERT INTO no_room VALUES (1);
"""
_LOCK_ALL = """
DO $$ DECLARE t regclass; BEGIN
    FOR t IN SELECT oid::regclass FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    LOOP
        BEGIN
            EXECUTE format('LOCK TABLE %s IN EXCLUSIVE MODE NOWAIT', t);
        EXCEPTION WHEN lock_not_available THEN NULL;  -- who writes there already goes on
        END;
    END LOOP;
END $$
"""


class NoRoom(Nothing):
    """The server refuses with the code of a full disk, and the transaction is lost."""

    def begin(self, connection: Any, statement: str) -> str | None:
        """See `Trouble.begin`."""
        if statement != COMMIT:
            return _REFUSE
        connection.execute(_REFUSE_COMMIT)
        return None


class Locked:
    """Another session locks every table that it gets, against all that write.

    Sessions must have a `lock_timeout`, without which they wait as long as it takes.
    """

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._other: psycopg.Connection[Any] | None = None

    def begin(self, connection: Any, statement: str) -> str | None:
        """See `Trouble.begin`."""
        self._other = psycopg.connect(self._conninfo)
        self._other.execute(_LOCK_ALL)
        return None

    def pass_by(self) -> None:
        """See `Trouble.pass_by`."""
        if self._other is not None:
            self._other.close()
            self._other = None


class CutOff(Nothing):
    """The server ends the connection."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo

    def begin(self, connection: Any, statement: str) -> str | None:
        """See `Trouble.begin`."""
        self._end(connection)
        return None

    def _end(self, connection: Any) -> None:
        pid = connection.info.backend_pid
        with psycopg.connect(self._conninfo, autocommit=True) as other:
            # Waits until it is gone, up to so many milliseconds.
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


class Unanswered(CutOff):
    """The commit is done, but the connection ends before anybody is told; for commits only."""

    def begin(self, connection: Any, statement: str) -> str | None:
        """See `Trouble.begin`."""
        connection.commit()
        connection.execute("SELECT 1")  # or the driver would have nothing to commit, and not ask
        self._end(connection)
        return None
