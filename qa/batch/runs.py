"""The list of runs, and how far each has come."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from qa.batch.events import Advanced, Event, Listener, StageFinished, StageStarted, ignore
from qa.errors import QAError, StoreError
from qa.store import ledger, runs
from qa.store.ledger import RunCounts
from qa.store.runs import RunProgress, RunState
from qa.store.store import Store

_EVERY_S = 1.0


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
    now = datetime.now(UTC)
    with store.writing() as session:
        runs.interrupt_running(session, now)
        if run_id is None:
            run_id = ledger.start_run(session, kind, now)
            runs.add_task(session, run_id, now, state=RunState.RUNNING)
        else:
            runs.begin_run(session, run_id, now)
    run = RecordedRun(run_id, RunCounts(), ProgressKeeper(store, run_id, listener))
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
        now = datetime.now(UTC)
        with store.writing() as session:
            ledger.update_run(session, run_id, run.counts, finished_at)
            runs.end_run(session, run_id, state, now, fault=fault, result=run.result)


class ProgressKeeper:
    """Listens to a run and keeps its progress, once a second at most."""

    def __init__(self, store: Store, run_id: int, listener: Listener) -> None:
        self._store, self._run_id, self._listener = store, run_id, listener
        self._progress = RunProgress()
        self._written_at = 0.0

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
