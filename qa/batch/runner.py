"""The main job: take in a folder, transcribe what is new, judge what is pending.

The tables are the ledger: each stage asks them what is still to do, so that a run that was
interrupted anywhere is finished by running again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from qa.batch import local
from qa.batch.events import Listener, ignore
from qa.batch.intake import IntakeReport, take_in
from qa.batch.judging import Judging, score_pending
from qa.batch.local import WorkerFactory
from qa.batch.reviewing import do_daily_work
from qa.batch.rulesets import Rulesets
from qa.batch.runs import recorded_run
from qa.batch.transcribing import Hearing, Workforce, transcribe_pending
from qa.config import Settings
from qa.ingest.sources.folder import FolderSource
from qa.store import ledger
from qa.store.ledger import RunCounts
from qa.store.store import Store


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one run did; `wall_s` is the time it took, seconds."""

    run_id: int
    intake: IntakeReport
    hearing: Hearing
    judging: Judging
    wall_s: float

    @property
    def is_clean(self) -> bool:
        """Whether nothing failed, was rejected, or stayed unjudged."""
        bad = self.hearing.failed or self.judging.broken_checks or self.judging.unjudged
        return not bad and not self.intake.rejected


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run.

    Attributes:
        retry_failed: try recordings again that an earlier run marked as failed.
        factory: makes what transcribes, inside each worker process; None is the real one.
        engine: fingerprint of what it hears with; None asks the pipeline.
        run_id: the row of a run that was asked for; None makes one.
    """

    retry_failed: bool = False
    factory: WorkerFactory | None = None
    engine: str | None = None
    run_id: int | None = None


def run_folder(
    store: Store,
    settings: Settings,
    folder: Path,
    *,
    options: RunOptions | None = None,
    listener: Listener = ignore,
) -> RunReport:
    """Do the main job on a folder; running again finishes what is left, and repeats nothing.

    Raises:
        ConfigError: the ruleset or the model is wrong; nothing was started.
        IngestError: the folder cannot be read.
        ConflictError: another run is working on the database.
        EngineError: no worker process can start.
    """
    source = FolderSource(folder, store.zone)
    return run_intake(
        *(store, settings, lambda heard: take_in(store, source, listener=heard)),
        options=options,
        listener=listener,
    )


def run_intake(
    store: Store,
    settings: Settings,
    take: Callable[[Listener], IntakeReport],
    *,
    options: RunOptions | None = None,
    listener: Listener = ignore,
) -> RunReport:
    """Do the main job on whatever `take` takes in.

    Args:
        take: is called once, while the run's lock is held.

    Raises:
        ConfigError: the ruleset or the model is wrong; nothing was started.
        ConflictError: another run is working on the database.
        EngineError: no worker process can start.
    """
    options = options or RunOptions()
    started = time.monotonic()
    Rulesets.in_force(
        store, settings
    )  # a wrong ruleset or a missing model is told before hours of work
    engine = options.engine or _real_engine(settings)
    with (
        store.run_lock(),
        recorded_run(store, "run", listener=listener, run_id=options.run_id) as run,
    ):
        intake = take(run.listener)
        with store.writing() as session:
            ledger.use_engine(session, engine)
        with store.reading() as session:
            pending = ledger.pending_recordings(session, engine, retry_failed=options.retry_failed)
        # Read again: the folder may have brought another station table.
        rulesets = Rulesets.in_force(store, settings)
        workforce = Workforce(options.factory or local.real_worker, engine, rulesets)
        hearing = transcribe_pending(store, settings, pending, workforce, run.listener)
        run.counts = _counts(hearing, None)
        judging = score_pending(store, settings, listener=run.listener)
        run.counts = _counts(hearing, judging)
        do_daily_work(store, settings, datetime.now(UTC))
    return RunReport(run.run_id, intake, hearing, judging, time.monotonic() - started)


def ingest_folder(store: Store, folder: Path, *, listener: Listener = ignore) -> IntakeReport:
    """Take in a folder and nothing more.

    Raises:
        IngestError: the folder cannot be read.
        ConflictError: another run is working on the database.
    """
    with store.run_lock(), recorded_run(store, "ingest", listener=listener) as run:
        return take_in(store, FolderSource(folder, store.zone), listener=run.listener)


def score_all_pending(
    store: Store, settings: Settings, *, listener: Listener = ignore, run_id: int | None = None
) -> Judging:
    """Judge everything pending.

    Args:
        run_id: the row of a run that was asked for; None makes one.

    Raises:
        RulesetError: the ruleset of the settings is wrong.
        ConflictError: another run is working on the database.
    """
    with store.run_lock(), recorded_run(store, "score", listener=listener, run_id=run_id) as run:
        judging = score_pending(store, settings, listener=run.listener)
        run.counts = RunCounts(scored=judging.scored)
        return judging


def _real_engine(settings: Settings) -> str:
    from qa.pipeline import engine_fingerprint

    return engine_fingerprint(settings)


def _counts(hearing: Hearing, judging: Judging | None) -> RunCounts:
    return RunCounts(
        transcribed=hearing.transcribed,
        failed=hearing.failed.total(),
        scored=judging.scored if judging else 0,
        audio_ms=hearing.audio_ms,
    )
