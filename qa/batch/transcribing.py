"""Transcribe what is pending: jobs out, results in, and only this process writes."""

import heapq
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from qa.batch.events import (
    Advanced,
    Listener,
    RecordingMarked,
    Retrying,
    Stage,
    StageFinished,
    StageStarted,
)
from qa.batch.jobs import (
    EngineFailed,
    Heard,
    Job,
    Refused,
    Result,
    WorkerDied,
    WorkerFactory,
)
from qa.batch.local import LocalPool
from qa.batch.machine import worker_count
from qa.batch.rulesets import Rulesets
from qa.config import Settings
from qa.store import ledger
from qa.store.convert import chunks
from qa.store.ledger import NO_SCRATCH_SPACE, Fault, PendingRecording
from qa.store.store import Store
from qa.types import Transcript

MAX_TRIES = 3
WORKER_DIED = "worker_died"
ENGINE_FAILED = "engine_failed"
_HOLD_S = 1.0
_HOLD_RESULTS = 200
_BACK_OFF_S = 1.0


@dataclass(frozen=True, slots=True)
class Hearing:
    """What the stage did.

    Attributes:
        failed: how many recordings were marked, by reason code.
    """

    transcribed: int
    failed: Counter[str]
    audio_ms: int


@dataclass(frozen=True, slots=True)
class Workforce:
    """What works in the worker processes.

    Attributes:
        engine: fingerprint of what it hears with.
        rulesets: what asks questions of the sound while a recording is at hand.
    """

    factory: WorkerFactory
    engine: str
    rulesets: Rulesets | None = None


def transcribe_pending(
    store: Store,
    settings: Settings,
    pending: Sequence[PendingRecording],
    workforce: Workforce,
    listener: Listener,
) -> Hearing:
    """Transcribe recordings in worker processes and keep every result within seconds.

    What the rules of a recording's calls ask of its sound is answered while it is at hand.
    A recording that cannot be used, that fails the recogniser three times, or that kills three
    workers is marked with its reason; the others go on.

    Raises:
        QAError: no worker can start.
    """
    total = sum(recording.size_bytes for recording in pending)
    listener(StageStarted(Stage.TRANSCRIBE, len(pending), total))
    size = worker_count(settings, at_most=len(pending))
    with LocalPool(workforce.factory, settings, size, workforce.rulesets) as pool:
        hearing = transcribe_with(pool, store, pending, workforce.engine, listener)
    listener(StageFinished(Stage.TRANSCRIBE))
    return hearing


def transcribe_with(
    pool: LocalPool,
    store: Store,
    pending: Sequence[PendingRecording],
    engine: str,
    listener: Listener,
) -> Hearing:
    """Transcribe recordings in a pool that has nothing else to do; see `transcribe_pending`.

    Args:
        engine: fingerprint of what the pool hears with.
    """
    stage = _Stage(store, pending, engine, listener)
    try:
        stage.run(pool)
    finally:
        stage.flush()  # what is heard is kept, also on Ctrl-C
    return Hearing(stage.transcribed, stage.failed, stage.audio_ms)


class _Stage:
    """The state of the stage: what is held back for one commit, and what waits to be retried."""

    def __init__(
        self,
        store: Store,
        pending: Sequence[PendingRecording],
        engine: str,
        listener: Listener,
    ) -> None:
        self._store, self._engine, self._listener = store, engine, listener
        self._pending = {recording.recording_id: recording for recording in pending}
        self._deaths = {r.recording_id: r.attempts % MAX_TRIES for r in pending}
        self._engine_failures: Counter[str] = Counter()
        self._held: list[Transcript] = []
        self._held_since = 0.0
        self._later: list[tuple[float, int, Job]] = []
        self._order = count()
        self.transcribed = 0
        self.failed: Counter[str] = Counter()
        self.audio_ms = 0

    def run(self, pool: LocalPool) -> None:
        """Work until nothing is left."""
        pool.submit(list(self._jobs()))
        while pool.unfinished or self._later:
            now = time.monotonic()
            due = []
            while self._later and self._later[0][0] <= now:
                due.append(heapq.heappop(self._later)[2])
            pool.submit(due)
            if not pool.unfinished:  # only retries are left, and none is due
                time.sleep(min(0.5, max(0.0, self._later[0][0] - now)))
                continue
            for result in pool.poll(0.5):
                self._take(result)
            if self._held and time.monotonic() - self._held_since >= _HOLD_S:
                self.flush()

    def _jobs(self) -> Iterator[Job]:
        """Give each recording the calls whose rules may ask questions."""
        for some in chunks(self._pending.values()):
            with self._store.reading() as session:
                calls = ledger.calls_of(session, [r.recording_id for r in some], self._store.zone)
            for recording in some:
                own = tuple(calls.get(recording.recording_id, ()))
                yield Job(recording.recording_id, recording.path, recording.source, own)

    def flush(self) -> None:
        """Write the transcripts that are held back, in one transaction."""
        if self._held:
            with self._store.writing() as session:
                ledger.put_transcripts(session, self._held, datetime.now(UTC))
            self._held = []

    def _take(self, result: Result) -> None:
        if isinstance(result, Heard):
            self._keep(result)
        elif isinstance(result, Refused):
            error = result.error
            self._mark(result.job, Fault(error.fault.value, error.advice))
        elif isinstance(result, EngineFailed):
            self._engine_failed(result)
        else:
            self._worker_died(result)

    def _keep(self, result: Heard) -> None:
        transcript = result.transcript
        if transcript.recording_id != result.job.recording_id:
            advice = "the file was exchanged after it was taken in; run again to take it in anew"
            self._mark(result.job, Fault("changed", advice))
            return
        if not self._held:
            self._held_since = time.monotonic()
        self._held.append(transcript)
        self.transcribed += 1
        self.audio_ms += transcript.duration_ms
        self._advance(result.job, transcript.duration_ms)
        if len(self._held) >= _HOLD_RESULTS:
            self.flush()

    def _engine_failed(self, result: EngineFailed) -> None:
        job, problem = result.job, result.problem
        self._engine_failures[job.recording_id] += 1
        tries = self._engine_failures[job.recording_id]
        if tries < MAX_TRIES:
            self._listener(Retrying(Path(job.path).name, f"the recogniser failed: {problem}"))
            ready = time.monotonic() + _BACK_OFF_S * 4 ** (tries - 1)
            heapq.heappush(self._later, (ready, next(self._order), job))
            return
        if result.of_machine:
            self._mark(job, Fault(NO_SCRATCH_SPACE, f"{problem}; the next run tries again"))
            return
        advice = (
            f"the recogniser failed {MAX_TRIES} times ({problem}); "
            "'qa run --retry-failed' tries again"
        )
        self._mark(job, Fault(ENGINE_FAILED, advice, self._engine))

    def _worker_died(self, result: WorkerDied) -> None:
        job = result.job
        self._deaths[job.recording_id] += 1
        deaths = self._deaths[job.recording_id]
        with self._store.writing() as session:
            ledger.set_attempts(session, job.recording_id, deaths)
        if deaths < MAX_TRIES:
            problem = f"the worker process ended: {result.how}"
            self._listener(Retrying(Path(job.path).name, problem))
            heapq.heappush(self._later, (time.monotonic(), next(self._order), job))
            return
        advice = (
            f"{MAX_TRIES} worker processes ended while they worked on it ({result.how}; "
            "-9 is often too little memory); 'qa run --retry-failed' tries again"
        )
        self._mark(job, Fault(WORKER_DIED, advice, self._engine))

    def _mark(self, job: Job, fault: Fault) -> None:
        with self._store.writing() as session:
            ledger.mark_failed(session, job.recording_id, fault, datetime.now(UTC))
        self.failed[fault.code] += 1
        self._listener(RecordingMarked(Path(job.path).name, fault.code, fault.advice))
        self._advance(job, 0)

    def _advance(self, job: Job, audio_ms: int) -> None:
        size_bytes = self._pending[job.recording_id].size_bytes
        self._listener(Advanced(Stage.TRANSCRIBE, 1, size_bytes, audio_ms))
