"""Workers on many machines: the same two functions as the workers of this machine.

The run keeps the jobs; a process beside it holds the connection to the cluster
(`qa.batch.cluster_ray`). Where that process ends, because the head or the whole cluster is lost, a
new one is started and given everything whose result has not come: work is done again, never lost.
"""

import logging
import multiprocessing
import os
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import qa
from qa.batch.cluster_words import Answered, CannotStart, Orders, Recipe, Turn
from qa.batch.jobs import Heard, Job, Refused, Result, WorkerFactory
from qa.batch.rulesets import Rulesets
from qa.batch.working import Task
from qa.config import Settings
from qa.errors import ClusterError, ConfigError, RecordingFault

_SILENT_S = 90.0
"""After so long without a word the connection is taken to hang."""
_RECONNECT_S = 2.0
_STOP_S = 5.0
TOKEN_FILE = Path("~/.ray/auth_token")

_log = logging.getLogger(__name__)


def check_cluster() -> None:
    """Make sure that this machine can reach a cluster at all, and only with a token.

    Raises:
        ConfigError: Ray is not installed, or there is no token.
    """
    if find_spec("ray") is None:
        raise ConfigError(
            "workers on a cluster need the extra 'cluster':\n    pip install 'tingjian[cluster]'"
        )
    if os.environ.get("RAY_AUTH_TOKEN"):
        return
    file = Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or TOKEN_FILE).expanduser()
    try:
        known = bool(file.read_text("utf-8").strip())
    except (OSError, UnicodeDecodeError):
        known = False
    if not known:
        raise ConfigError(
            f"there is no cluster token in {file}; copy the head's, or make one there:\n"
            "    ray get-auth-token --generate"
        )


class ClusterPool:
    """Workers on the nodes of a cluster; what is lost with a node or the cluster is done again.

    Args:
        factory: makes the transcriber inside a worker; a module-level callable that the nodes
            can import.
        rulesets: what asks questions of the sound; None asks nothing.
        engine: fingerprint that transcripts must have; a node that gives another is used no more.

    Raises:
        ConfigError: see `check_cluster`.
    """

    def __init__(
        self, factory: WorkerFactory, settings: Settings, rulesets: Rulesets | None, engine: str
    ) -> None:
        check_cluster()
        self._recipe = Recipe(Task(factory, settings, rulesets), qa.__version__)
        self._engine = engine
        self._waiting: deque[Job] = deque()
        self._out: dict[str, Job] = {}
        self._banned: dict[str, str] = {}
        self._connection: _Connection | None = None
        self._was_connected = False
        self._next_try = 0.0
        self._lost_since: float | None = None
        self._no_worker_since: float | None = None
        self._last_notice = "there is no node with room for one"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def unfinished(self) -> int:
        """Jobs handed in whose result has not come out."""
        return len(self._waiting) + len(self._out)

    def submit(self, jobs: Sequence[Job]) -> None:
        """Hand in jobs; they start in about this order."""
        self._waiting.extend(jobs)

    def poll(self, timeout_s: float) -> list[Result]:
        """Wait until at least one result is there, or the time is over.

        Raises:
            ClusterError: there is no cluster, or it stayed away for longer than the settings'
                patience; what was heard is kept.
            ConfigError: no node can be used.
        """
        if not self.unfinished:
            return []
        until = time.monotonic() + timeout_s
        results: list[Result] = []
        while not results and (left := until - time.monotonic()) > 0:
            results = self._turn(left)
        return results

    def close(self) -> None:
        """End the connection, and with it the workers."""
        if self._connection is not None:
            self._connection.end()
            self._connection = None

    def _turn(self, timeout_s: float) -> list[Result]:
        """Take one turn with the connection, and make it anew where it is lost."""
        now = time.monotonic()
        if self._connection is None:
            if now < self._next_try:
                time.sleep(min(timeout_s, self._next_try - now))
                return []
            self._connection = _Connection(self._recipe)
        try:
            said = self._connection.hear(timeout_s)
            if said is None:
                return []
            if isinstance(said, CannotStart):
                self._refused(said)
                return []
            return self._take(said)
        except _LostError as error:
            self._lose(str(error))
            return []

    def _take(self, turn: Turn) -> list[Result]:
        self._was_connected = True
        if turn.ready:
            self._lost_since = None
        for notice in turn.notices:
            self._last_notice = notice
            _log.warning("cluster: %s", notice)
        results = [r for answered in turn.answers for r in self._checked(answered)]
        some = [self._waiting.popleft() for _ in range(min(turn.wanted, len(self._waiting)))]
        self._out.update((job.recording_id, job) for job in some)
        try:
            if self._connection is not None:
                self._connection.order(Orders(tuple(some), tuple(self._banned.items())))
        except _LostError as error:  # not without the results of this turn
            self._lose(str(error))
        if not results:
            self._expect_workers(turn)
        return results

    def _checked(self, answered: Answered) -> list[Result]:
        """Let a result pass, unless the node and not the recording is at fault."""
        job = self._out.pop(answered.result.job.recording_id, None)
        if job is None:  # its result came already
            return []
        problem = self._fault_of_node(answered.result)
        if problem is None:
            return [answered.result]
        self._banned[answered.node] = f"{answered.place}: {problem}"
        self._waiting.appendleft(job)
        return []

    def _fault_of_node(self, result: Result) -> str | None:
        if isinstance(result, Heard) and result.transcript.engine != self._engine:
            return "its workers hear with another model or version than this run"
        if isinstance(result, Refused) and result.error.fault is RecordingFault.VANISHED:
            # A node without the share would otherwise fail every recording it is given.
            return _not_shared(result.job)
        return None

    def _expect_workers(self, turn: Turn) -> None:
        """Give up where no worker starts for too long.

        Raises:
            ClusterError: no node has had room for a worker, or none came up.
        """
        now = time.monotonic()
        if turn.ready:
            self._no_worker_since = None
            return
        self._no_worker_since = self._no_worker_since or now
        patience_s = self._recipe.task.settings.cluster.patience_s
        if now - self._no_worker_since > patience_s:
            problem = (
                f"no worker has started in {patience_s:.0f} s: does any node lend what it asks"
            )
            raise ClusterError("cluster", f"{problem} for? 'qa cluster status' shows the nodes")

    def _refused(self, said: CannotStart) -> None:
        if not self._was_connected or isinstance(said.error, ConfigError):
            raise said.error
        self._lose(str(said.error))

    def _lose(self, problem: str) -> None:
        """Note that the connection is lost; everything whose result has not come starts anew.

        Raises:
            ClusterError: it has been lost for longer than the settings' patience.
        """
        now = time.monotonic()
        if self._lost_since is None:
            _log.warning("cluster: the connection is lost (%s); trying again", problem)
        self._lost_since = self._lost_since or now
        self.close()
        self._waiting.extendleft(reversed(self._out.values()))
        self._out.clear()
        self._banned.clear()  # nodes of a new cluster have new ids
        self._next_try = now + _RECONNECT_S
        if now - self._lost_since > self._recipe.task.settings.cluster.patience_s:
            raise ClusterError(f"it is lost ({problem}); all that was heard is kept: run again")


class _LostError(Exception):
    """The connection's process ended, or hangs."""


class _Connection:
    """The process that is connected to the cluster."""

    def __init__(self, recipe: Recipe) -> None:
        from qa.batch.cluster_ray import connect

        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(
            target=connect, args=(theirs, recipe), name="qa-cluster"
        )
        self._process.start()
        theirs.close()  # so that its end closes when the process ends
        self._pipe: Connection[Any, Any] = ours
        self._heard = time.monotonic()

    def hear(self, timeout_s: float) -> Turn | CannotStart | None:
        """Wait for what the process says; None when the time is over.

        Raises:
            _LostError: it ended, or has been silent for too long.
        """
        try:
            if not self._pipe.poll(timeout_s):
                if time.monotonic() - self._heard > _SILENT_S:
                    raise _LostError(f"no word for {_SILENT_S:.0f} s")
                return None
            said: Turn | CannotStart = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise _LostError("its process ended") from error
        self._heard = time.monotonic()
        return said

    def order(self, orders: Orders | None) -> None:
        """Say the run's half of a turn; None ends the process.

        Raises:
            _LostError: it ended.
        """
        try:
            self._pipe.send(orders)
        except OSError as error:
            raise _LostError("its process ended") from error

    def end(self) -> None:
        """End the process; with it the cluster ends its workers."""
        with suppress(_LostError):
            self.order(None)
        self._process.join(_STOP_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._pipe.close()


def _not_shared(job: Job) -> str | None:
    if "://" in job.path or not os.path.exists(job.path):  # noqa: PTH110  # a Path says less
        return None
    return "it does not see a recording that this machine sees; is the share mounted there?"
