"""A PostgreSQL server of one's own, for tests and measurements: started in a folder, then gone.

It listens on a socket in that folder only, trusts whoever may read it, and keeps nothing safe.
"""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

START_S = 300
UNPRIVILEGED = ("postgres", "nobody")
"""Users under which the server runs for root, whom it refuses."""
UNSAFE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
}


class NoPostgresError(Exception):
    """PostgreSQL cannot be started here; the text says why."""


class Cluster:
    """A running server. Use it with `with`, or call `stop`.

    Args:
        folder: where to make it, or where one was kept; a temporary folder that vanishes if None.
        options: settings of the server beside `UNSAFE`, by name.

    Raises:
        NoPostgresError: its programs are missing, or it did not come up.
    """

    def __init__(
        self, folder: Path | None = None, *, options: Mapping[str, str] | None = None
    ) -> None:
        self._bin = programs()
        self._kept = folder is not None
        self._folder = folder or Path(tempfile.mkdtemp(prefix="qa-pg-"))
        self._folder.mkdir(parents=True, exist_ok=True)
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            user = _somebody()
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(self._folder, user.pw_uid, user.pw_gid)
        self._folder.chmod(0o700)
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._start({**UNSAFE, **(options or {})})
        except BaseException:
            self.stop()
            raise

    def _start(self, options: Mapping[str, str]) -> None:
        data, log = self._folder / "data", self._folder / "log"
        if not (data / "PG_VERSION").exists():
            self._run("initdb", "-D", str(data), "-U", "qa", "-A", "trust", "-E", "UTF8", "-N")
        settings = [f"--{name}={value}" for name, value in options.items()]
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", data, "-k", self._folder, *settings],
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                cwd=self._folder,
                start_new_session=True,  # Ctrl-C is for the tests
                preexec_fn=_end_with_parent,
                **self._as,
            )
        deadline = time.monotonic() + START_S
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                tail = log.read_text("utf-8", "replace").splitlines()[-3:]
                raise NoPostgresError(f"PostgreSQL did not start: {' / '.join(tail)}")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        done = subprocess.run(
            [self._bin / "pg_isready", "-q", "-h", self._folder, "-U", "qa"], check=False
        )
        return done.returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._bin / program, *arguments],
            capture_output=True,
            cwd=self._folder,
            text=True,
            check=False,
            **self._as,
        )
        if done.returncode:
            raise NoPostgresError(f"{program}: {(done.stderr.splitlines() or ['failed'])[-1]}")

    @property
    def data(self) -> Path:
        """The server's own folder."""
        return self._folder / "data"

    def url(self, database: str = "postgres") -> str:
        """Return the SQLAlchemy URL of a database of this server."""
        return f"postgresql+psycopg://qa@/{database}?host={self._folder}"

    def conninfo(self, database: str = "postgres") -> str:
        """Say how libpq, and so psycopg, reaches a database of this server."""
        return f"host={self._folder} user=qa dbname={database}"

    def execute(self, statement: str) -> None:
        """Run one statement outside any transaction, in the database `postgres`."""
        import psycopg

        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            connection.execute(statement)

    def stop(self) -> None:
        """End the server; a temporary one leaves nothing behind."""
        if self._process is not None and self._process.poll() is None:
            # "Fast" keeps what was written; "immediate" is for what is thrown away.
            self._process.send_signal(signal.SIGINT if self._kept else signal.SIGQUIT)
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if not self._kept:
            shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _end_with_parent() -> None:
    """Ask Linux to end the server when whoever started it is killed."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGQUIT))


_PR_SET_PDEATHSIG = 1


def programs() -> Path:
    """Find the folder of PostgreSQL's programs: on the path, or the newest of Debian's.

    Raises:
        NoPostgresError: they are not installed.
    """
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    installed = [p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if not installed:
        raise NoPostgresError("the programs of PostgreSQL are not installed")
    return max(installed, key=lambda path: int(path.parent.name))


def _somebody() -> pwd.struct_passwd:
    for name in UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoPostgresError("there is no user to run PostgreSQL for root")
