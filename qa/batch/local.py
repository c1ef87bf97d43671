"""Worker processes on this machine: hand in jobs, get results; nothing else crosses.

Each worker is a fresh process (spawn) that leads a process group of its own. So Ctrl-C in the
terminal reaches only the runner, and killing the group takes along what the worker started (the
decoders). A worker whose runner is gone ends its whole group itself.

A worker has one job in hand, or several at once (`batch.together`), and a few more, which it
decodes meanwhile; it answers in the order of its jobs. When it dies, the first counts as having
killed it; to be sure of that next time, all that it had are then done alone, without anything
decoded ahead.
"""

import logging
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

from qa.batch import machine
from qa.batch.jobs import EngineFailed as EngineFailed
from qa.batch.jobs import Heard as Heard
from qa.batch.jobs import Job as Job
from qa.batch.jobs import Refused as Refused
from qa.batch.jobs import Result as Result
from qa.batch.jobs import Transcriber as Transcriber
from qa.batch.jobs import WorkerDied as WorkerDied
from qa.batch.jobs import WorkerFactory as WorkerFactory
from qa.batch.working import CannotStart, Message, Ready, Task, work
from qa.config import Settings
from qa.errors import EngineError

if TYPE_CHECKING:
    from qa.batch.rulesets import Rulesets

_MAX_FAILED_STARTS = 3
_STOP_S = 2.0
_WEIGH_EVERY_S = 0.5
_FULL_SHARE = 0.75
"""Of its memory: a worker that takes more is replaced between two recordings."""
_LEAST_RECORDINGS = 20
"""A worker that is full sooner is not replaced: its model alone may take that much."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Worker:
    """A worker process as the pool sees it.

    Attributes:
        number: from 0, its own among those alive.
        jobs: what it was given and has not answered, in order; the first are in hand.
        done: recordings that it has answered.
        took_mb: memory for which it was ended.
    """

    number: int
    process: SpawnProcess
    pipe: "Connection[Job | None, Message]"
    jobs: deque[Job] = field(default_factory=deque)
    ready: bool = False
    leaving: bool = False
    done: int = 0
    took_mb: int | None = None


def real_worker(settings: Settings) -> AbstractContextManager[Transcriber]:
    """Make the transcriber of a worker process: the real recogniser.

    It stands in this module because a worker imports the module of its factory: here that costs
    neither the database nor the rules.
    """
    from qa.pipeline import Worker

    return Worker(settings)


class LocalPool:
    """Worker processes that each hold one model; dead ones are replaced.

    Args:
        factory: makes the transcriber inside a worker; a module-level callable, since it is
            pickled.
        size: processes, at least 1.
        rulesets: what asks questions of the sound; None asks nothing.
    """

    def __init__(
        self,
        factory: WorkerFactory,
        settings: Settings,
        size: int,
        rulesets: "Rulesets | None" = None,
    ) -> None:
        self._gpus = machine.gpu_count(settings)
        decoders = machine.decoder_count(settings, self._gpus)
        together = machine.together_count(settings, self._gpus)
        batch = settings.batch.model_copy(update={"decoders": decoders, "together": together})
        self._task = Task(factory, settings.model_copy(update={"batch": batch}), rulesets)
        self._size, self._batch = size, batch
        self._memory_mb = machine.worker_memory_mb(settings, size)
        self._waiting: deque[Job] = deque()
        self._workers: list[_Worker] = []
        self._alone: set[str] = set()
        self._failed_starts = 0
        self._weighed_at = 0.0

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
        return len(self._waiting) + sum(len(worker.jobs) for worker in self._workers)

    @property
    def appetite(self) -> int:
        """How many more jobs may be handed in before there are more than workers soon need."""
        wanted = self._size * 2 * (self._batch.together + self._batch.ahead)
        return max(0, wanted - self.unfinished)

    def submit(self, jobs: Sequence[Job]) -> None:
        """Hand in jobs; they start in this order."""
        self._waiting.extend(jobs)

    def poll(self, timeout_s: float) -> list[Result]:
        """Wait until at least one result is there, or the time is over.

        Raises:
            QAError: workers cannot start; the first worker's own error where it gave one.
        """
        self._fill()
        if not self._workers:
            return []
        handles = [handle for w in self._workers for handle in (w.pipe, w.process.sentinel)]
        wait(handles, timeout_s)
        results = [r for worker in list(self._workers) for r in self._collect(worker)]
        self._weigh()
        self._fill()
        return results

    def close(self) -> None:
        """End all workers and what they started; idle ones may finish by themselves."""
        for worker in self._workers:
            with suppress(OSError):
                if not worker.jobs and worker.ready:
                    worker.pipe.send(None)
                else:
                    _kill_group(worker.process)
        for worker in self._workers:
            worker.process.join(_STOP_S)
            self._bury(worker)
        self._workers.clear()

    def _fill(self) -> None:
        """Start missing workers, and give work to those that have room for more."""
        wanted = min(self._size, self.unfinished)
        while len(self._workers) < wanted:
            self._workers.append(self._start())
        for depth in range(
            self._batch.together + self._batch.ahead
        ):  # every worker has one before one has two
            for worker in self._workers:
                if self._waiting and self._has_room(worker, depth, self._waiting[0]):
                    self._give(worker, self._waiting.popleft())

    def _has_room(self, worker: _Worker, depth: int, job: Job) -> bool:
        if not worker.ready or worker.leaving or len(worker.jobs) > depth:
            return False
        alone = any(one.recording_id in self._alone for one in (*worker.jobs, job))
        return not (alone and worker.jobs)

    def _give(self, worker: _Worker, job: Job) -> None:
        try:
            worker.pipe.send(job)
        except OSError:  # it has just died: `_collect` will find out
            self._waiting.appendleft(job)
            worker.leaving = True
        else:
            worker.jobs.append(job)

    def _start(self) -> _Worker:
        number = min(set(range(self._size)) - {worker.number for worker in self._workers})
        environment = machine.gpu_environment(number, self._gpus, os.environ)
        return _start(number, replace(self._task, environment=environment))

    def _collect(self, worker: _Worker) -> list[Result]:
        """Take what a worker has sent, then notice whether it is dead."""
        results: list[Result] = []
        # Asked before the pipe is read, so that the last message of a dead worker is not lost.
        dead = not worker.process.is_alive()
        try:
            while worker.pipe.poll():
                results += self._read(worker, worker.pipe.recv())
        except (EOFError, OSError):
            dead = True
        except (AttributeError, ImportError, IndexError, TypeError, ValueError):
            dead = True  # killed in the middle of a message
        if dead:
            results += self._replace(worker)
        return results

    def _read(self, worker: _Worker, message: Message) -> list[Result]:
        if isinstance(message, CannotStart):
            raise message.error
        if isinstance(message, Ready):
            worker.ready, self._failed_starts = True, 0
            return []
        job = worker.jobs.popleft()
        worker.done += 1
        self._alone.discard(job.recording_id)
        self._dismiss_if_spent(worker)
        return [message]

    def _dismiss_if_spent(self, worker: _Worker) -> None:
        """Give a worker that has done enough, or grown enough, nothing more; then let it go."""
        if worker.done >= self._batch.worker_recordings:
            worker.leaving = True
        elif self._memory_mb and worker.done >= _LEAST_RECORDINGS:
            taken = machine.resident_mb(worker.process.pid or 0)
            worker.leaving |= taken is not None and taken > self._memory_mb * _FULL_SHARE
        if worker.leaving and not worker.jobs:
            with suppress(OSError):
                worker.pipe.send(None)

    def _weigh(self) -> None:
        """End workers that take more memory than they may, before the kernel ends anybody."""
        if self._memory_mb is None or time.monotonic() - self._weighed_at < _WEIGH_EVERY_S:
            return
        self._weighed_at = time.monotonic()
        for worker in self._workers:
            taken = machine.resident_mb(worker.process.pid or 0)
            if taken is not None and taken > self._memory_mb and worker.jobs:
                worker.took_mb = taken
                _kill_group(worker.process)

    def _replace(self, worker: _Worker) -> list[Result]:
        self._workers.remove(worker)
        self._bury(worker)
        code = worker.process.exitcode
        if worker.leaving and not worker.jobs and code == 0:
            return []
        _log.warning("a worker process ended with exit code %s", code)
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= _MAX_FAILED_STARTS:
                problem = (
                    f"worker processes end while they start (exit code {code}): too little memory?"
                )
                raise EngineError("workers", problem)
        if not worker.jobs:
            return []
        self._alone.update(job.recording_id for job in worker.jobs)
        blamed = worker.jobs.popleft()
        self._waiting.extendleft(reversed(worker.jobs))
        return [WorkerDied(blamed, code, worker.took_mb)]

    def _bury(self, worker: _Worker) -> None:
        """Kill a worker's whole group before its process number can be used again."""
        _kill_group(worker.process)
        worker.process.join()
        worker.pipe.close()


def _start(number: int, task: Task) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, task), name="qa-worker")
    process.start()
    theirs.close()  # so that the worker's end closes when the worker dies
    return _Worker(number, process, cast("Connection[Job | None, Message]", ours))


def _kill_group(process: SpawnProcess) -> None:
    if process.pid is None:
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.is_alive():  # it had no time to found its group
        process.kill()
