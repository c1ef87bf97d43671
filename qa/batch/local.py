"""Worker processes on this machine: hand in jobs, get results; nothing else crosses.

Each worker is a fresh process (spawn) that leads a process group of its own. So Ctrl-C in the
terminal reaches only the runner, and killing the group takes along what the worker started (the
decoder). A worker whose runner is gone ends its whole group itself.
"""

import logging
import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, cast

from qa.config import Settings
from qa.errors import ConfigError, EngineError, QAError, RecordingError, ScratchError
from qa.types import Call, Hearing, Question, Transcript

if TYPE_CHECKING:
    from qa.batch.rulesets import Rulesets
    from qa.pipeline import Ask

_MAX_FAILED_STARTS = 3
_STOP_S = 2.0

_log = logging.getLogger(__name__)


class Transcriber(Protocol):
    """What a worker process holds: `qa.pipeline.Worker`, or its like in tests."""

    def transcribe(self, path: Path, source: str | None, *, ask: "Ask | None" = None) -> Transcript:
        """Transcribe one recording, and put what `ask` gives to its sound.

        Raises RecordingError or EngineError.
        """

    def hear(
        self, path: Path, transcript: Transcript, questions: Sequence[Question]
    ) -> tuple[Hearing, ...]:
        """Put questions to the sound; raises RecordingError or EngineError."""


WorkerFactory = Callable[[Settings], AbstractContextManager[Transcriber]]


@dataclass(frozen=True, slots=True)
class Job:
    """One recording to transcribe, or, where it has a transcript, to put questions to.

    Attributes:
        calls: those whose rules ask the questions; without any the default ruleset asks.
        transcript: with the hearings that are known; None for a recording to transcribe.
    """

    recording_id: str
    path: str
    source: str | None
    calls: tuple[Call, ...] = ()
    transcript: Transcript | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """A job is done.

    Attributes:
        transcript: with its hearings, old and new.
        open_questions: how many have no answer.
    """

    job: Job
    transcript: Transcript
    open_questions: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """A recording cannot be used."""

    job: Job
    error: RecordingError


@dataclass(frozen=True, slots=True)
class EngineFailed:
    """The recogniser failed on a job; trying again may help.

    Attributes:
        of_machine: any other recording would have failed too (no space for decoded samples).
    """

    job: Job
    problem: str
    of_machine: bool = False


@dataclass(frozen=True, slots=True)
class WorkerDied:
    """A worker process ended while it worked on a job."""

    job: Job
    exit_code: int | None


Result = Heard | Refused | EngineFailed | WorkerDied


@dataclass(frozen=True, slots=True)
class _Task:
    """What every worker process is given when it starts."""

    factory: WorkerFactory
    settings: Settings
    rulesets: "Rulesets | None"


@dataclass(frozen=True, slots=True)
class _Ready:
    """A worker has loaded its model."""


@dataclass(frozen=True, slots=True)
class _CannotStart:
    error: QAError


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    pipe: "Connection[Job | None, Result | _Ready | _CannotStart]"
    ready: bool = False
    job: Job | None = None


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
        self._task = _Task(factory, settings, rulesets)
        self._size = size
        self._waiting: deque[Job] = deque()
        self._workers: list[_Worker] = []
        self._failed_starts = 0

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
        return len(self._waiting) + sum(worker.job is not None for worker in self._workers)

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
        self._fill()
        return results

    def close(self) -> None:
        """End all workers and what they started; idle ones may finish by themselves."""
        for worker in self._workers:
            with suppress(OSError):
                if worker.job is None and worker.ready:
                    worker.pipe.send(None)
                else:
                    _kill_group(worker.process)
        for worker in self._workers:
            worker.process.join(_STOP_S)
            self._bury(worker)
        self._workers.clear()

    def _fill(self) -> None:
        """Start missing workers, and give idle ones work."""
        wanted = min(self._size, self.unfinished)
        while len(self._workers) < wanted:
            self._workers.append(_start(self._task))
        for worker in self._workers:
            if self._waiting and worker.ready and worker.job is None:
                job = self._waiting.popleft()
                try:
                    worker.pipe.send(job)
                except OSError:  # it has just died: `_collect` will find out
                    self._waiting.appendleft(job)
                else:
                    worker.job = job

    def _collect(self, worker: _Worker) -> list[Result]:
        """Take what a worker has sent, then notice whether it is dead."""
        results: list[Result] = []
        # Asked before the pipe is read, so that the last message of a dead worker is not lost.
        dead = not worker.process.is_alive()
        try:
            while worker.pipe.poll():
                message = worker.pipe.recv()
                if isinstance(message, _CannotStart):
                    raise message.error
                if isinstance(message, _Ready):
                    worker.ready, self._failed_starts = True, 0
                else:
                    worker.job = None
                    results.append(message)
        except (EOFError, OSError):
            dead = True
        except (AttributeError, ImportError, IndexError, TypeError, ValueError):
            dead = True  # killed in the middle of a message
        if dead:
            results.extend(self._replace(worker))
        return results

    def _replace(self, worker: _Worker) -> list[Result]:
        self._workers.remove(worker)
        self._bury(worker)
        code = worker.process.exitcode
        _log.warning("a worker process ended with exit code %s", code)
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= _MAX_FAILED_STARTS:
                problem = (
                    f"worker processes end while they start (exit code {code}): too little memory?"
                )
                raise EngineError("workers", problem)
        return [WorkerDied(worker.job, code)] if worker.job else []

    def _bury(self, worker: _Worker) -> None:
        """Kill a worker's whole group before its process number can be used again."""
        _kill_group(worker.process)
        worker.process.join()
        worker.pipe.close()


def _start(task: "_Task") -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, task), name="qa-worker")
    process.start()
    theirs.close()  # so that the worker's end closes when the worker dies
    return _Worker(process, cast("Connection[Job | None, Result | _Ready | _CannotStart]", ours))


def _kill_group(process: SpawnProcess) -> None:
    if process.pid is None:
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.is_alive():  # it had no time to found its group
        process.kill()


def _work(pipe: "Connection[Result | _Ready | _CannotStart, Job | None]", task: "_Task") -> None:
    """Run a worker process: load once, then answer jobs until told to end."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_runner, daemon=True).start()
    try:
        with task.factory(task.settings) as transcriber:
            pipe.send(_Ready())
            while (job := pipe.recv()) is not None:
                pipe.send(_answer(transcriber, job, task.rulesets))
    except QAError as error:
        with suppress(OSError):
            pipe.send(_CannotStart(error))
    except (EOFError, BrokenPipeError):
        pass  # the runner is gone


def _answer(transcriber: Transcriber, job: Job, rulesets: "Rulesets | None") -> Result:
    try:
        return _heard(transcriber, job, rulesets)
    except RecordingError as error:
        return Refused(job, error)
    except ScratchError as error:
        return EngineFailed(job, error.problem, of_machine=True)
    except EngineError as error:
        return EngineFailed(job, error.problem)
    except ConfigError:  # no recording could be heard: end the run, mark nothing
        raise
    except Exception as error:  # the fence around one call (style guide, section 7)
        # Frames without the error's text, which may hold words of the call.
        frames = "".join(traceback.format_tb(error.__traceback__))
        name = type(error).__name__
        _log.error("recording %s: %s in the worker\n%s", job.recording_id[:12], name, frames)
        return EngineFailed(job, f"{name} in the worker; see the log")


def _heard(transcriber: Transcriber, job: Job, rulesets: "Rulesets | None") -> Heard:
    ask = _asker(rulesets, job.calls) if rulesets is not None else None
    path, transcript = Path(job.path), job.transcript
    if transcript is None:
        transcript = transcriber.transcribe(path, job.source, ask=ask)
    elif ask is not None:
        from qa.pipeline import ROUNDS, with_hearings

        for _ in range(ROUNDS):
            questions = ask(transcript)
            answers = transcriber.hear(path, transcript, questions) if questions else ()
            if not answers:
                break
            transcript = with_hearings(transcript, answers)
    left = len(ask(transcript)) if ask is not None else 0
    # The transcript goes back once, not a second time inside its job.
    return Heard(replace(job, transcript=None), transcript, left)


def _asker(rulesets: "Rulesets", calls: Sequence[Call]) -> "Ask":
    """Ask what the rules of any of a recording's calls ask, each question once."""
    from qa.pipeline import questions_of

    pairs = [(call, rulesets.of(call)) for call in calls]
    asks = [questions_of(call, ruleset) for call, ruleset in pairs if ruleset is not None]
    if not calls:
        asks = [questions_of(Call(call_id=""), rulesets.default)]
    return lambda transcript: tuple(dict.fromkeys(q for ask in asks for q in ask(transcript)))


def _end_with_runner() -> None:
    runner = multiprocessing.parent_process()
    if runner is not None:
        runner.join()
        os.killpg(os.getpgrp(), signal.SIGKILL)
