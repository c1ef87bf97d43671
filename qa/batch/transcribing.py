"""Transcribe what is pending: jobs out, results in, and only this process writes."""

import heapq
import os
import secrets
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TypeVar

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
from qa.batch.machine import worker_count
from qa.batch.patience import patiently
from qa.batch.pools import Pool, open_pool
from qa.batch.rulesets import Rulesets
from qa.config import BatchSettings, Settings
from qa.errors import ConflictError, StoreError
from qa.store import claims, ledger
from qa.store.claims import Holder
from qa.store.convert import chunks
from qa.store.ledger import NO_SCRATCH_SPACE, Fault, PendingRecording
from qa.store.store import Session, Store
from qa.types import Transcript

MAX_TRIES = 3
WORKER_DIED = "worker_died"
ENGINE_FAILED = "engine_failed"
_HOLD_S = 1.0
_HOLD_RESULTS = 200
_BACK_OFF_S = 1.0

_Written = TypeVar("_Written")


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


@dataclass(frozen=True, slots=True)
class Terms:
    """How a stage works.

    Attributes:
        engine: fingerprint of what its workers hear with.
        batch: how much it claims at once, for how long, and how patient it is.
    """

    engine: str
    batch: BatchSettings


def transcribe_pending(
    store: Store,
    settings: Settings,
    pending: Sequence[PendingRecording],
    workforce: Workforce,
    listener: Listener,
) -> Hearing:
    """Transcribe recordings in workers, here or on a cluster; keep every result within seconds.

    What the rules of a recording's calls ask of its sound is answered while it is at hand.
    A recording that cannot be used, that fails the recogniser three times, or that kills three
    workers is marked with its reason; the others go on.

    Raises:
        QAError: no worker can start.
    """
    total = sum(recording.size_bytes for recording in pending)
    listener(StageStarted(Stage.TRANSCRIBE, len(pending), total))
    size = worker_count(settings, at_most=len(pending))
    pool = open_pool(
        *(settings, size),
        factory=workforce.factory,
        rulesets=workforce.rulesets,
        engine=workforce.engine,
    )
    with pool:
        terms = Terms(workforce.engine, settings.batch)
        hearing = transcribe_with(pool, store, pending, terms, listener)
    listener(StageFinished(Stage.TRANSCRIBE))
    return hearing


def transcribe_with(
    pool: Pool,
    store: Store,
    pending: Sequence[PendingRecording],
    terms: Terms,
    listener: Listener,
) -> Hearing:
    """Transcribe recordings in a pool that has nothing else to do; see `transcribe_pending`.

    Raises:
        QAError: no worker can start.
        ConflictError: another run has taken what this one had claimed.
    """
    stage = _Stage(store, pending, terms, listener)
    try:
        stage.run(pool)
    finally:
        stage.close()  # what is heard is kept, also on Ctrl-C
    return Hearing(stage.transcribed, stage.failed, stage.audio_ms)


class _Stage:
    """The state of the stage: what is held back for one commit, and what waits to be retried."""

    def __init__(
        self,
        store: Store,
        pending: Sequence[PendingRecording],
        terms: Terms,
        listener: Listener,
    ) -> None:
        self._store, self._engine, self._listener = store, terms.engine, listener
        self._batch = terms.batch
        self._holder = Holder(_new_name(), terms.batch.lease_s)
        self._unclaimed = chunks(pending, terms.batch.claim)
        self._is_all_claimed = False
        self._in_hand: dict[str, PendingRecording] = {}
        self._renewed_at = time.monotonic()
        self._deaths: Counter[str] = Counter()
        self._engine_failures: Counter[str] = Counter()
        self._held: list[Transcript] = []
        self._held_since = 0.0
        self._later: list[tuple[float, int, Job]] = []
        self._order = count()
        self.transcribed = 0
        self.failed: Counter[str] = Counter()
        self.audio_ms = 0

    def run(self, pool: Pool) -> None:
        """Work until nothing is left."""
        while True:
            self._claim_more(pool)
            if not (pool.unfinished or self._later):
                break
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
            self._renew()

    def flush(self) -> None:
        """Write the transcripts that are held back in one transaction; their claims end with it."""
        if not self._held:
            return
        held, now = self._held, datetime.now(UTC)
        ids = [transcript.recording_id for transcript in held]

        def write(session: Session) -> None:
            ledger.put_transcripts(session, held, now)
            claims.release(session, self._holder, ids)

        self._write(write)
        self._held = []
        for key in ids:
            self._in_hand.pop(key, None)

    def close(self) -> None:
        """Keep what was heard, and give up what is claimed."""
        try:
            self.flush()
        finally:
            if self._in_hand:
                with suppress(StoreError), self._store.writing() as session:
                    claims.release(session, self._holder)

    def _claim_more(self, pool: Pool) -> None:
        """Claim the next batch before the workers run out, and hand it in."""
        while not self._is_all_claimed and pool.unfinished <= self._batch.claim // 2:
            some = next(self._unclaimed, None)
            if some is None:
                self._is_all_claimed = True
                return
            pool.submit(self._claimed(some))

    def _claimed(self, some: Sequence[PendingRecording]) -> list[Job]:
        """Claim recordings; each gets the calls whose rules may ask questions."""
        ids = [recording.recording_id for recording in some]
        got = self._write(
            lambda session: claims.claim(
                session, self._holder, ids, self._engine, datetime.now(UTC)
            )
        )
        with self._store.reading() as session:
            calls = ledger.calls_of(session, got, self._store.zone)
        mine = set(got)
        for recording in some:
            if recording.recording_id in mine:
                self._in_hand[recording.recording_id] = recording
                self._deaths[recording.recording_id] = recording.attempts % MAX_TRIES
        return [
            Job(r.recording_id, r.path, r.source, tuple(calls.get(r.recording_id, ())))
            for r in some
            if r.recording_id in mine
        ]

    def _renew(self) -> None:
        """Prolong the claims well before they end.

        Raises:
            ConflictError: they are another run's now.
        """
        if time.monotonic() - self._renewed_at < self._batch.lease_s / 4:
            return
        left = self._write(lambda s: claims.renew(s, self._holder, datetime.now(UTC)))
        self._renewed_at = time.monotonic()
        if left < len(self._in_hand):
            raise ConflictError(
                "another run has taken over what this one worked on, since its connection to the "
                "database was lost; what it had heard until then is kept"
            )

    def _write(self, write: Callable[[Session], _Written]) -> _Written:
        """Write in one transaction, as soon as the database takes it."""

        def once() -> _Written:
            with self._store.writing() as session:
                return write(session)

        return patiently(once, self._batch.patience_s, self._listener)

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
        self._deaths.pop(result.job.recording_id, None)
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
            "'qa run' or 'qa nightly' with --retry-failed tries again"
        )
        self._mark(job, Fault(ENGINE_FAILED, advice, self._engine))

    def _worker_died(self, result: WorkerDied) -> None:
        job = result.job
        self._deaths[job.recording_id] += 1
        deaths = self._deaths[job.recording_id]
        self._write(lambda session: ledger.set_attempts(session, job.recording_id, deaths))
        if deaths < MAX_TRIES:
            problem = f"the worker process ended: {result.how}"
            self._listener(Retrying(Path(job.path).name, problem))
            heapq.heappush(self._later, (time.monotonic(), next(self._order), job))
            return
        advice = (
            f"{MAX_TRIES} worker processes ended while they worked on it ({result.how}; "
            "-9 is often too little memory); "
            "'qa run' or 'qa nightly' with --retry-failed tries again"
        )
        self._mark(job, Fault(WORKER_DIED, advice, self._engine))

    def _mark(self, job: Job, fault: Fault) -> None:
        def write(session: Session) -> None:
            ledger.mark_failed(session, job.recording_id, fault, datetime.now(UTC))
            claims.release(session, self._holder, [job.recording_id])

        self._write(write)
        self.failed[fault.code] += 1
        self._listener(RecordingMarked(Path(job.path).name, fault.code, fault.advice))
        self._advance(job, 0)
        self._in_hand.pop(job.recording_id)

    def _advance(self, job: Job, audio_ms: int) -> None:
        size_bytes = self._in_hand[job.recording_id].size_bytes
        self._listener(Advanced(Stage.TRANSCRIBE, 1, size_bytes, audio_ms))


def _new_name() -> str:
    """Make a name that no other run has."""
    return f"{socket.gethostname()[:100]}:{os.getpid()}:{secrets.token_hex(8)}"
