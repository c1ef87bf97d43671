"""What runs inside a worker: load once, then answer jobs one after another.

It imports neither the database nor the command line; an engine of another kind (a cluster's actor)
calls `answer` and nothing else.
"""

import logging
import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from qa.batch.fetching import at_hand
from qa.batch.jobs import EngineFailed, Heard, Job, Refused, Result, Transcriber, WorkerFactory
from qa.config import Settings
from qa.errors import ConfigError, EngineError, QAError, RecordingError, ScratchError
from qa.ingest.objects import is_object
from qa.types import Call, Question, Transcript

if TYPE_CHECKING:
    from qa.batch.rulesets import Rulesets
    from qa.pipeline import Ask

_LOOK_S = 0.02
"""How often a worker that hears several recordings looks for new jobs, seconds."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """What every worker process is given when it starts.

    Attributes:
        rulesets: what asks questions of the sound; None asks nothing.
        environment: variables that it sets before it loads anything.
    """

    factory: WorkerFactory
    settings: Settings
    rulesets: "Rulesets | None"
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker can be given jobs."""


@dataclass(frozen=True, slots=True)
class CannotStart:
    """A worker cannot work, nor could any other."""

    error: QAError


Message = Result | Ready | CannotStart


def work(pipe: "Connection[Message, Job | None]", task: Task) -> None:
    """Run a worker process: load once, then answer jobs until told to end."""
    os.setpgid(0, 0)
    os.environ.update(task.environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_runner, daemon=True).start()
    try:
        with task.factory(task.settings) as transcriber:
            pipe.send(Ready())
            _serve(pipe, transcriber, task)
    except QAError as error:
        with suppress(OSError):
            pipe.send(CannotStart(error))
    except (EOFError, BrokenPipeError):
        pass  # the runner is gone


def _serve(pipe: "Connection[Message, Job | None]", transcriber: Transcriber, task: Task) -> None:
    """Answer jobs in order; those that wait are announced, so that they are decoded meanwhile.

    Where several recordings are heard at once, each has a thread; the model decodes what they ask
    for together.
    """
    at_once = max(1, task.settings.batch.together)
    waiting: deque[Job] = deque()
    running: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(at_once, thread_name_prefix="hear") as threads:
        while True:
            while not (waiting or running) or pipe.poll():
                job = pipe.recv()
                if job is None:
                    return
                if job.transcript is None and not is_object(job.path):
                    transcriber.expect(Path(job.path))
                waiting.append(job)
            if at_once == 1:  # no thread is needed
                pipe.send(answer(transcriber, waiting.popleft(), task))
                continue
            while waiting and len(running) < at_once:
                running.append(threads.submit(answer, transcriber, waiting.popleft(), task))
            wait([running[0]], timeout=_LOOK_S)
            while running and running[0].done():
                pipe.send(running.popleft().result())


def answer(transcriber: Transcriber, job: Job, task: Task) -> Result:
    """Do one job; whatever goes wrong with it is its result.

    Raises:
        ConfigError: no recording at all can be heard (the model is gone): end the run.
    """
    try:
        with at_hand(job, task.settings) as path:
            return _heard(transcriber, job, path, task)
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


def _heard(transcriber: Transcriber, job: Job, path: Path, task: Task) -> Heard:
    rulesets = task.rulesets
    ask = _asker(rulesets, job.calls) if rulesets is not None else None
    transcript = job.transcript
    if transcript is None:
        if task.settings.words:
            ruleset = _ruleset_id(rulesets, job.calls)
            transcript = transcriber.transcribe(path, job.source, ask=ask, ruleset=ruleset)
        else:  # nothing is to be chosen
            transcript = transcriber.transcribe(path, job.source, ask=ask)
    elif ask is not None:
        from qa.pipeline import ROUNDS, with_hearings

        for _ in range(ROUNDS + bool(task.settings.hearing.second_model)):
            questions = ask(transcript)
            answers = transcriber.hear(path, transcript, questions) if questions else ()
            if not answers:
                break
            transcript = with_hearings(transcript, answers)
    left = len(ask(transcript)) if ask is not None else 0
    # The transcript goes back once, not a second time inside its job.
    return Heard(replace(job, transcript=None), transcript, left)


def _ruleset_id(rulesets: "Rulesets | None", calls: Sequence[Call]) -> str | None:
    """Name what judges the first of a recording's calls, or calls of which nothing is known."""
    if rulesets is None:
        return None
    ruleset = rulesets.of(calls[0]) if calls else rulesets.default
    return ruleset.ruleset_id if ruleset is not None else None


def _asker(rulesets: "Rulesets", calls: Sequence[Call]) -> "Ask":
    """Ask what the rules of any of a recording's calls ask, each question once."""
    from qa.pipeline import questions_of

    pairs = [(call, rulesets.of(call)) for call in calls]
    asks = [questions_of(call, ruleset) for call, ruleset in pairs if ruleset is not None]
    if not calls:
        asks = [questions_of(Call(call_id=""), rulesets.default)]
    asked: list[tuple[Transcript, tuple[Question, ...]]] = []

    def ask_once(transcript: Transcript) -> tuple[Question, ...]:
        # Judging is most of what a call costs beside the recogniser, and what is open is asked
        # again about the very transcript that was asked about last.
        if not (asked and asked[-1][0] is transcript):
            found = tuple(dict.fromkeys(q for ask in asks for q in ask(transcript)))
            asked[:] = [(transcript, found)]
        return asked[-1][1]

    return ask_once


def _end_with_runner() -> None:
    runner = multiprocessing.parent_process()
    if runner is not None:
        runner.join()
        os.killpg(os.getpgrp(), signal.SIGKILL)
