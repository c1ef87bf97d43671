"""Nights with a fault at a chosen write, and what must be true of the tables afterwards.

What every night begins with is made once: the folder of recordings, and a database that is up to
date, of which each night gets a copy. The pool of workers is replaced by one in this process, since
it writes nothing; all else is the program itself.
"""

import os
import shutil
import signal
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, Self
from unittest.mock import patch
from zoneinfo import ZoneInfo

import qa.batch.patience
import qa.batch.reporting
import qa.batch.runs
import qa.batch.transcribing
from benchlib.postgres import Cluster
from benchlib.write_points import (
    COMMIT,
    Fault,
    FullDisk,
    InjectedError,
    Killed,
    NoPages,
    Nothing,
    Raised,
    SecondWriter,
    Trouble,
    injected,
)
from qa.batch.events import Event, Waiting
from qa.batch.jobs import Job, Result
from qa.batch.local import LocalPool
from qa.batch.nightly import run_night
from qa.batch.runner import RunOptions
from qa.batch.working import Task, answer
from qa.config import DatabaseSettings, Settings
from qa.errors import QAError
from qa.ingest.sources.configured import NamedSource
from qa.ingest.sources.folder import FolderSource
from qa.store.store import Store
from tests.batch.test_nightly import contents, make_night
from tests.support import talking_files
from tests.support.call_folders import MIDDAY, damages_of, rows_of, settings_for, settled

WAITED = ("pages", "disk", "busy", "room", "lock", "cut off", "unanswered")
"""Faults that the very same night waits for; after the others the next night goes on."""
PAGE_BYTES = 512
"""So small that hardly a write needs no page."""
DISK_MIB = 8
"""Of the file system that gets full; a night's database takes some 2."""
_OPTIONS = RunOptions(factory=talking_files.factory, engine=talking_files.ENGINE, wait_s=10)


class InProcessPool:
    """Does the jobs where it is; see `qa.batch.local.LocalPool`."""

    def __init__(self, factory: Any, settings: Any, size: int, rulesets: Any = None) -> None:
        self._transcriber = talking_files.factory(settings)
        self._task = Task(talking_files.factory, settings, rulesets)
        self._waiting: deque[Job] = deque()

    def __enter__(self) -> Self:
        """See `LocalPool`."""
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.clear()

    @property
    def unfinished(self) -> int:
        """See `LocalPool`."""
        return len(self._waiting)

    def submit(self, jobs: Sequence[Job]) -> None:
        """See `LocalPool`."""
        self._waiting.extend(jobs)

    def poll(self, timeout_s: float) -> list[Result]:
        """See `LocalPool`."""
        return [answer(self._transcriber, self._waiting.popleft(), self._task)]


@contextmanager
def quick_nights(log: Path) -> Iterator[None]:
    """Let nights in the block hear in this process, wait shortly and keep all their progress."""
    with (
        patch.dict(os.environ, {"TALKING_LOG": str(log)}),
        patch.multiple(LocalPool, **_methods(InProcessPool)),
        patch.object(qa.batch.patience, "_FIRST_PAUSE_S", 0.001),
        patch.object(qa.batch.runs, "_EVERY_S", 0.0),
        # Else a slow machine writes results more often, and a point is another write each time.
        patch.object(qa.batch.transcribing, "_HOLD_S", 3600.0),
        # A week's daily reports are all written alike; one day, week and month will do.
        patch.object(qa.batch.reporting, "CATCH_UP_DAYS", 1),
    ):
        yield


def _methods(of: type) -> dict[str, Any]:
    names = ("__init__", "__enter__", "__exit__", "unfinished", "submit", "poll")
    return {name: vars(of)[name] for name in names}


def make_full_night(folder: Path) -> Path:
    """Make a folder with calls of yesterday, a file that is no audio, and every kind of table."""
    make_night(folder)
    day = datetime.now(ZoneInfo(MIDDAY)).date() - timedelta(days=1)
    tables = {
        "tickets": (
            "ticket_id,name,address,phone,problem,station,received_at",
            f"T1,李雷,幸福小区1号楼2单元301,13900000001,不热,东站,{day} 09:00:00",
            f"T2,韩梅,幸福小区2号楼1单元102,13900000002,漏水,西站,{day} 09:10:00",
        ),
        "agents": ("agent_id,name,team", "108,赵一,班组1", "109,钱二,班组1"),
        "answers": ("call_id,a,b,c,d", "A1,1,1,2,5", "A2,2,3,2,1"),
        "stations": ("compound,station", "幸福小区,东站", "和平小区,西站"),
        "roster": ("日期,分机,工号,上班,下班", f"{day},8001,108,08:00,12:00"),
    }
    for name, lines in tables.items():
        settled(folder / f"{name}.csv", "\n".join(lines) + "\n")
    return folder


class Ground(Protocol):
    """A database on which night after night begins anew.

    Attributes:
        name: of the database.
        store: open, with connections of its own only since the last `renew`.
        faults: the names of the faults that it knows.
    """

    name: str
    store: Store
    settings: Settings
    faults: tuple[str, ...]

    def renew(self) -> None:
        """Put the database that every night begins with in place."""

    def trouble(self, fault: str) -> Trouble:
        """Make one of `faults`."""

    def close(self) -> None:
        """Give back the connections, and leave nothing on a server."""


class SqliteGround:
    """An SQLite file; see `Ground`.

    Args:
        folder: of its own.
        disk: a small file system of its own for the database; without it, no fault `disk`.
    """

    name = "sqlite"

    def __init__(self, folder: Path, disk: Path | None = None) -> None:
        self.faults = ("exception", "kill", "pages", "busy", *(("disk",) if disk else ()))
        self._template = folder / "template.sqlite3"
        self._disk, data = disk, disk or folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        self._path = data / "qa.sqlite3"
        made = sqlite3.connect(self._path, isolation_level=None)
        made.executescript(f"PRAGMA page_size = {PAGE_BYTES}; VACUUM;")
        made.close()
        self.settings = _settings(folder, f"sqlite:///{self._path}")
        self.store = _opened(self.settings)
        self.store.close()
        shutil.move(self._path, self._template)

    def renew(self) -> None:
        """See `Ground.renew`."""
        self.store.close()
        for left in self._path.parent.glob("qa.sqlite3*"):
            left.unlink()
        shutil.copyfile(self._template, self._path)

    def trouble(self, fault: str) -> Trouble:
        """See `Ground.trouble`."""
        made: dict[str, Callable[[], Trouble]] = {
            "exception": Raised,
            "kill": Killed,
            "pages": NoPages,
            "busy": lambda: SecondWriter(self._path),
            "disk": lambda: FullDisk(self._path.parent),
        }
        return made[fault]()

    def close(self) -> None:
        """See `Ground.close`."""
        self.store.close()


class PostgresGround:
    """A database of a PostgreSQL server; see `Ground`."""

    name = "postgres"
    faults = ("exception", "kill", "room", "lock", "cut off", "unanswered")

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        self._cluster = cluster
        cluster.execute("CREATE DATABASE night_template")
        Store.open(cluster.url("night_template")).close()
        cluster.execute("CREATE DATABASE night TEMPLATE night_template")
        # So that who meets a lock is refused, as where a house sets such a limit.
        limited = f"{cluster.url('night')}&options=-c%20lock_timeout%3D30ms"
        self.settings = _settings(folder, limited)
        self.store = _opened(self.settings)

    def renew(self) -> None:
        """See `Ground.renew`."""
        self.store.close()
        self._cluster.execute("DROP DATABASE night WITH (FORCE)")
        self._cluster.execute("CREATE DATABASE night TEMPLATE night_template")

    def trouble(self, fault: str) -> Trouble:
        """See `Ground.trouble`."""
        from benchlib import write_points_postgres as server

        conninfo = self._cluster.conninfo("night")
        made: dict[str, Callable[[], Trouble]] = {
            "exception": Raised,
            "kill": Killed,
            "room": server.NoRoom,
            "lock": lambda: server.Locked(conninfo),
            "cut off": lambda: server.CutOff(conninfo),
            "unanswered": lambda: server.Unanswered(conninfo),
        }
        return made[fault]()

    def close(self) -> None:
        """See `Ground.close`."""
        self.store.close()
        for name in ("night", "night_template"):
            self._cluster.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _settings(folder: Path, url: str) -> Settings:
    settings = settings_for(folder, workers=1)
    own = {"database": DatabaseSettings(url=url), "timezone": MIDDAY}
    return settings.model_copy(update=own)


def _opened(settings: Settings) -> Store:
    return Store.open(settings.database_url, timezone=settings.timezone)


@dataclass(slots=True)
class Findings:
    """What trying one fault at many points came to.

    Attributes:
        tried: nights with the fault.
        waited: nights that were refused by the database, waited and went on.
        second: nights that needed another night.
        wrong: what was not as it should be, by point.
    """

    fault: str
    tried: int = 0
    waited: int = 0
    second: int = 0
    wrong: list[str] = field(default_factory=list)


class Trials:
    """Tries faults on one ground.

    Args:
        source: the folder that every night takes in.

    Attributes:
        ground: where.
        writes: the statements that change something, and commits, of a night without faults.
        expected: what such a night leaves.
    """

    def __init__(self, ground: Ground, source: Path) -> None:
        self.ground, self._source = ground, source
        ground.renew()
        with injected(Fault(Nothing(), 0)) as counted:
            self.night()
        self.writes = tuple(counted.writes)
        self.expected: dict[str, Any] = contents(ground.store)

    def points(self, fault: str) -> list[int]:
        """List the writes at which a fault means something of its own."""
        numbered = list(enumerate(self.writes, 1))
        if fault == "busy":  # only there one writer of SQLite meets another
            return [number for number, what in numbered if what == "BEGIN IMMEDIATE"]
        if fault == "unanswered":
            return [number for number, what in numbered if what == COMMIT]
        return [number for number, _ in numbered]

    def try_at(self, fault: str, point: int, findings: Findings) -> None:
        """Do a night with a fault at a point, and the next one where that is needed."""
        ground = self.ground
        ground.renew()
        findings.tried += 1
        made = Fault(ground.trouble(fault), point)
        ended = self._killed(made) if fault == "kill" else self._disturbed(made)
        was_met = ended is None if fault == "kill" else made.done
        if not was_met or (fault == "exception" and ended is not None):
            findings.wrong.append(f"{point}: {'swallowed' if was_met else 'never met'}")
        findings.waited += ended is not None and ended > 0
        if ended is None:
            findings.second += 1
            self.night()
        for what in self._differences(fault):
            findings.wrong.append(f"{point} ({_short(self.writes[point - 1])}): {what}")

    def night(self, fault: Fault | None = None, settings: Settings | None = None) -> int:
        """Do a night; return how often it waited for the database.

        Args:
            fault: is over as soon as the night waits; None leaves alone whatever is injected.
            settings: others than the ground's.
        """
        waited = 0

        def listen(event: Event) -> None:
            nonlocal waited
            if isinstance(event, Waiting):
                waited += 1
                if fault is not None:
                    fault.pass_by()

        store = self.ground.store
        sources = [NamedSource("night", FolderSource(self._source, store.zone), False)]
        settings = settings or self.ground.settings
        run_night(store, settings, sources, options=_OPTIONS, listener=listen)
        return waited

    def _disturbed(self, fault: Fault) -> int | None:
        """Do a night with a fault; how often it waited, or None where it ended."""
        with injected(fault), suppress(InjectedError, QAError):
            return self.night(fault)
        return None

    def _killed(self, fault: Fault) -> int | None:
        """Do a night in another process that is killed; see `_disturbed`."""
        child = os.fork()
        if child == 0:
            code = 1
            try:
                with injected(fault):
                    self.night(fault)
                code = 0
            finally:
                os._exit(code)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status not in (0, -signal.SIGKILL):
            raise RuntimeError(f"a night that was to be killed ended with {status}")
        return 0 if status == 0 else None

    def _differences(self, fault: str) -> Iterator[str]:
        store = self.ground.store
        found = contents(store)
        for name, rows in self.expected.items():
            if found[name] != rows:
                yield f"{name} differ: {len(found[name])} rows, {len(rows)} expected"
        yield from map(str, damages_of(store))
        states = [row[0] for row in rows_of(store, "SELECT state FROM run_tasks ORDER BY run_id")]
        if states[-1] != "done":
            yield f"the last run is {states[-1]}"
        if fault in WAITED and states != ["done"]:
            yield f"not the very same night went on: {states}"


def _short(statement: str) -> str:
    return " ".join(statement.split()[:3])
