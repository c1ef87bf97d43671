"""The list of runs, and how far each has come."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from qa.batch.events import (
    Advanced,
    Event,
    Listener,
    RecordingMarked,
    Stage,
    StageFinished,
    StageStarted,
    ignore,
)
from qa.batch.patience import patiently
from qa.errors import QAError, StoreError
from qa.store import claims, ledger, runs
from qa.store.ledger import RunCounts
from qa.store.runs import RunProgress, RunState
from qa.store.store import Session, Store

_EVERY_S = 1.0
_PATIENCE_S = 60.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class RecordedRun:
    """A run that is going on; its counts are kept when it ends.

    Attributes:
        listener: tells what goes on to the database and to whoever else listens.
        result: what is kept of it, as JSON would hold it, once it is done.
    """

    run_id: int
    counts: RunCounts
    listener: Listener = ignore
    result: Mapping[str, Any] | None = None


@contextmanager
def recorded_run(
    store: Store, kind: str, *, listener: Listener = ignore, run_id: int | None = None
) -> Iterator[RecordedRun]:
    """Keep a row about a run; one that was interrupted has counts but no end.

    Use it while holding the run lock: what else is said to be running was broken off.

    Args:
        listener: is told what the run tells, too.
        run_id: the row of a run that was asked for; None makes one.
    """
    run_id = patiently(_Beginning(store, kind, run_id), _PATIENCE_S, listener)
    keeper = ProgressKeeper(store, run_id, listener)
    run = RecordedRun(run_id, RunCounts(), keeper)
    finished_at, state, fault = None, RunState.INTERRUPTED, None
    try:
        yield run
        finished_at, state = datetime.now(UTC), RunState.DONE
    except QAError as error:
        state, fault = RunState.FAILED, str(error)
        raise
    except Exception as error:
        state, fault = RunState.FAILED, type(error).__name__
        raise
    finally:
        counts = run.counts if state is RunState.DONE else keeper.counts
        ended = _Ended(run_id, counts, finished_at, state, fault, run.result)
        try:
            patiently(lambda: _end(store, ended), _PATIENCE_S, listener)
        except StoreError:  # the next run notes that this one was interrupted
            if state is RunState.DONE:
                raise
            _log.exception("the end of run %d could not be written down", run_id)


class _Beginning:
    """Makes the row of a run, or begins the one that waits; may be called until it succeeds."""

    def __init__(self, store: Store, kind: str, run_id: int | None) -> None:
        self._store, self._kind, self._run_id = store, kind, run_id
        self._now = datetime.now(UTC)
        self._made: int | None = None

    def __call__(self) -> int:
        with self._store.writing() as session:
            runs.interrupt_running(session, self._now)
            claims.drop_all(session)
            run_id = self._run_id
            if run_id is None and self._is_made(session):
                run_id = self._made
            if run_id is not None:
                runs.begin_run(session, run_id, self._now)
                return run_id
            self._made = ledger.start_run(session, self._kind, self._now)
            runs.add_task(session, self._made, self._now, state=RunState.RUNNING)
            return self._made

    def _is_made(self, session: Session) -> bool:
        """Whether the row is there after all: of a commit, only the answer may be lost."""
        if self._made is None:
            return False
        # A number that was rolled back may be another run's by now.
        return runs.began_at(session, self._made) == self._now


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a run ended."""

    run_id: int
    counts: RunCounts
    finished_at: datetime | None
    state: RunState
    fault: str | None
    result: Mapping[str, Any] | None


def _end(store: Store, ended: _Ended) -> None:
    now, run_id = datetime.now(UTC), ended.run_id
    with store.writing() as session:
        ledger.update_run(session, run_id, ended.counts, ended.finished_at)
        runs.end_run(session, run_id, ended.state, now, fault=ended.fault, result=ended.result)


class ProgressKeeper:
    """Listens to a run and keeps its progress, once a second at most."""

    def __init__(self, store: Store, run_id: int, listener: Listener) -> None:
        self._store, self._run_id, self._listener = store, run_id, listener
        self._progress = RunProgress()
        self._written_at = 0.0
        self.counts = RunCounts()
        """What was told so far; of a run that is killed, this is what its row holds."""

    def __call__(self, event: Event) -> None:
        """Take in what the run tells, and pass it on."""
        progress = self._progress
        if isinstance(event, StageStarted):
            self._progress = RunProgress(
                event.stage.value, datetime.now(UTC), event.total, 0, event.total_bytes, 0
            )
        elif isinstance(event, Advanced):
            self._progress = replace(
                progress,
                done=progress.done + event.count,
                done_bytes=progress.done_bytes + event.size_bytes,
            )
        self.counts = _counted(self.counts, event)
        whole = isinstance(event, StageStarted | StageFinished)
        if whole or time.monotonic() - self._written_at >= _EVERY_S:
            self._write()
        self._listener(event)

    def _write(self) -> None:
        self._written_at = time.monotonic()
        with (
            suppress(StoreError),
            self._store.writing() as session,
        ):  # progress is no reason to fail
            runs.put_progress(session, self._run_id, self._progress, datetime.now(UTC))
            ledger.update_run(session, self._run_id, self.counts, None)


def _counted(counts: RunCounts, event: Event) -> RunCounts:
    if isinstance(event, RecordingMarked) and event.stage is Stage.TRANSCRIBE:
        # It advances too, as every piece does.
        return replace(counts, failed=counts.failed + 1, transcribed=counts.transcribed - 1)
    if not isinstance(event, Advanced):
        return counts
    if event.stage is Stage.TRANSCRIBE:
        heard, audio_ms = counts.transcribed + event.count, counts.audio_ms + event.audio_ms
        return replace(counts, transcribed=heard, audio_ms=audio_ms)
    if event.stage is Stage.SCORE:
        return replace(counts, scored=counts.scored + event.count)
    return counts
