"""The main job: take in a folder, transcribe what is new, judge what is pending.

The tables are the ledger: each stage asks them what is still to do, so that a run that was
interrupted anywhere is finished by running again.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from qa.batch import local
from qa.batch.events import Listener, ignore
from qa.batch.intake import IntakeReport, take_in
from qa.batch.jobs import WorkerFactory
from qa.batch.judging import Judging, score_pending
from qa.batch.patience import patiently
from qa.batch.reviewing import DailyWork, do_daily_work
from qa.batch.rulesets import Rulesets
from qa.batch.runs import RecordedRun, recorded_run
from qa.batch.transcribing import Hearing, Workforce, transcribe_pending
from qa.config import Settings
from qa.ingest.objects import Folder
from qa.ingest.sources.folder import FolderSource
from qa.store import ledger
from qa.store.ledger import RunCounts
from qa.store.lock import RunLock
from qa.store.store import Store

_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one run did; `wall_s` is the time it took, seconds."""

    run_id: int
    intake: IntakeReport
    hearing: Hearing
    judging: Judging
    daily: DailyWork
    wall_s: float

    @property
    def is_clean(self) -> bool:
        """Whether nothing failed, was rejected, or stayed unjudged."""
        bad = self.hearing.failed or self.judging.broken_checks or self.judging.unjudged
        return not bad and not self.intake.rejected

    @property
    def audio_hours_per_hour(self) -> float | None:
        """Length of what was transcribed over the time that the whole run took."""
        if not self.hearing.audio_ms or self.wall_s <= 0:
            return None
        return self.hearing.audio_ms / 1000 / self.wall_s


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run.

    Attributes:
        retry_failed: try recordings again that an earlier run marked as failed.
        factory: makes what transcribes, inside each worker process; None is the real one.
        engine: fingerprint of what it hears with; None asks the pipeline.
        run_id: the row of a run that was asked for; None makes one.
        kind: what the list of runs calls it.
        wait_s: how long to wait while another run is working, seconds; None as the store does.
    """

    retry_failed: bool = False
    factory: WorkerFactory | None = None
    engine: str | None = None
    run_id: int | None = None
    kind: str = "run"
    wait_s: float | None = None


def run_folder(
    store: Store,
    settings: Settings,
    folder: Folder,
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
    Rulesets.in_force(
        store, settings
    )  # a wrong ruleset or a missing model is told before hours of work
    engine = options.engine or _real_engine(settings)
    patience_s = settings.batch.patience_s
    with (
        patiently(lambda: store.run_lock(options.wait_s), patience_s, listener) as lock,
        recorded_run(store, options.kind, listener=listener, run_id=options.run_id) as run,
    ):
        started = time.monotonic()
        stages = _Stages(store, settings, run, options, lock)
        intake = stages.patiently(lambda: take(run.listener))
        hearing = stages.patiently(lambda: stages.transcribe(engine))
        judging = stages.patiently(stages.judge)
        run.counts = _counts(hearing, judging)
        daily = stages.patiently(lambda: do_daily_work(store, settings, datetime.now(UTC)))
        wall_s = time.monotonic() - started
        report = RunReport(run.run_id, intake, hearing, judging, daily, wall_s)
        run.result = run_result(report)
    return report


class _Stages:
    """The stages of one run; each goes on from what stands in the tables.

    So a stage that the database refused is simply done again once the database can be written; its
    report then counts what was left.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        run: RecordedRun,
        options: RunOptions,
        lock: RunLock,
    ) -> None:
        self._store, self._settings = store, settings
        self._run, self._options = run, options
        self._lock = lock

    def patiently(self, work: Callable[[], _Done]) -> _Done:
        """Do a stage as often as it takes, under the lock also where a server lost it."""

        def locked() -> _Done:
            self._lock.keep()
            return work()

        return patiently(locked, self._settings.batch.patience_s, self._run.listener)

    def transcribe(self, engine: str) -> Hearing:
        """Transcribe what is pending."""
        store, settings, options = self._store, self._settings, self._options
        with store.writing() as session:
            ledger.use_engine(session, engine)
        with store.reading() as session:
            pending = ledger.pending_recordings(session, engine, retry_failed=options.retry_failed)
        # Read again: the folder may have brought another station table.
        rulesets = Rulesets.in_force(store, settings)
        workforce = Workforce(options.factory or local.real_worker, engine, rulesets)
        hearing = transcribe_pending(store, settings, pending, workforce, self._run.listener)
        self._run.counts = _counts(hearing, None)
        return hearing

    def judge(self) -> Judging:
        """Judge what is pending."""
        return score_pending(self._store, self._settings, listener=self._run.listener)


def run_result(report: RunReport) -> Mapping[str, Any]:
    """Sum a run up as it is kept with its row; counts and codes only, nothing of a call."""
    intake, hearing, judging = report.intake, report.hearing, report.judging
    rate = report.audio_hours_per_hour
    return {
        "files": intake.files,
        "new_calls": intake.new_calls,
        "changed_calls": intake.changed_calls,
        "rejected": dict(Counter(issue.code for issue in intake.rejected)),
        "transcribed": hearing.transcribed,
        "failed": dict(hearing.failed),
        "audio_ms": hearing.audio_ms,
        "judged": judging.scored,
        "flagged": judging.flagged,
        "violated": judging.violated,
        "undecided": judging.undecided,
        "unjudged": judging.unjudged,
        "broken_checks": dict(judging.broken_checks),
        "open_questions": judging.open_questions,
        "closed": report.daily.closed,
        "drawn": len(report.daily.drawn),
        "wall_s": round(report.wall_s, 1),
        "audio_hours_per_hour": None if rate is None else round(rate, 2),
        "is_clean": report.is_clean,
    }


def ingest_folder(store: Store, folder: Folder, *, listener: Listener = ignore) -> IntakeReport:
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
