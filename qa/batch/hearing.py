"""Put open questions to the sound of stored recordings, and judge their calls again.

Most questions are answered while a recording is transcribed. Some come later: a new ruleset asks
something else, a ticket names another address. What is answered is kept at once, so that a run
that was interrupted goes on where it stopped.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from qa.batch import local
from qa.batch.events import (
    Advanced,
    Listener,
    RecordingMarked,
    Stage,
    StageFinished,
    StageStarted,
    ignore,
)
from qa.batch.jobs import EngineFailed, Heard, Job, Refused, Result, WorkerFactory
from qa.batch.judging import Judging, judge_calls, score_pending
from qa.batch.machine import worker_count
from qa.batch.pools import Pool, open_pool
from qa.batch.rejudging import BATCH
from qa.batch.rulesets import Rulesets
from qa.batch.runs import recorded_run
from qa.config import Settings
from qa.errors import NotFoundError, RecordingFault
from qa.scoring.scorecard import open_questions
from qa.store.convert import chunks
from qa.store.hearings import put_hearings
from qa.store.ledger import RunCounts
from qa.store.open_questions import calls_with_open_questions, paths_of
from qa.store.scorecards import Judgeable, calls_since, load_judgeable
from qa.store.store import Store
from qa.types import Question, Transcript

OTHER_ENGINE = "other_engine"
CANNOT_WEIGH = "cannot_weigh"
WINDOW_MS = 30_000
START_S = 5.0
WINDOW_S = 3.0
HYPOTHESIS_S = 0.06
"""Rough times of one processor core with the default model: a worker that starts, a window that is
decoded and encoded, a text that is weighed."""
_HOLD_S = 1.0
_SOME = 100


@dataclass(frozen=True, slots=True)
class OpenRecording:
    """What is open about one recording, under the rulesets of its calls.

    Attributes:
        path: a file that holds it; None where none is there any more.
        engine: fingerprint of what transcribed it.
        questions, hypotheses, windows: what is to be asked; texts to be weighed; stretches of
            30 s that must be encoded for it.
    """

    recording_id: str
    path: str | None
    engine: str
    call_ids: tuple[str, ...]
    questions: int
    hypotheses: int
    windows: int

    @property
    def estimate_s(self) -> float:
        """Rough time on one core, seconds."""
        return self.windows * WINDOW_S + self.hypotheses * HYPOTHESIS_S


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """A recording whose questions stay open, and why; `fault` is a code."""

    call_ids: tuple[str, ...]
    questions: int
    fault: str
    advice: str


@dataclass(frozen=True, slots=True)
class HearingReport:
    """What `qa hear` found and did.

    Attributes:
        recordings: what was open at the start.
        heard: recordings that were listened to.
        hearings: answers that were new.
        unanswered: questions that the sound gave no answer to, of the recordings listened to.
        left: recordings that could not be listened to.
        judging: None where nothing was to be done.
        estimate_s: rough time for all of `recordings`, seconds.
    """

    recordings: tuple[OpenRecording, ...]
    heard: int
    hearings: int
    unanswered: int
    left: tuple[LeftOpen, ...]
    judging: Judging | None
    estimate_s: float
    wall_s: float

    @property
    def is_clean(self) -> bool:
        """Whether every recording could be listened to, and every call judged."""
        judging = self.judging
        return not self.left and not (judging and (judging.unjudged or judging.broken_checks))


@dataclass(frozen=True, slots=True)
class HearOptions:
    """What to ask.

    Attributes:
        ruleset: an id or a YAML file whose questions are asked, of the calls that it is meant
            for; None asks what the rulesets in force ask.
        call_id: only this call.
        limit: at most so many recordings; 0 is all.
        dry_run: list what is open, and open no audio.
        factory, engine: as in `qa.batch.runner.RunOptions`.
    """

    ruleset: str | None = None
    call_id: str | None = None
    limit: int = 0
    dry_run: bool = False
    factory: WorkerFactory | None = None
    engine: str | None = None


def hear_open(
    store: Store, settings: Settings, options: HearOptions, *, listener: Listener = ignore
) -> HearingReport:
    """Answer open questions from the audio, then judge the calls concerned again.

    Raises:
        ConfigError: a ruleset or the model is wrong.
        NotFoundError: there is no such call.
        ConflictError: another run is working on the database, and this is no dry run.
        EngineError: no worker process can start.
    """
    started = time.monotonic()
    rulesets = Rulesets.in_force(store, settings, options.ruleset)
    engine, weighs = options.engine or _real_engine(settings), _can_weigh(settings)
    if options.dry_run:
        recordings = tuple(find_open(store, rulesets, options))
        left = tuple(_unreachable(recordings, engine, weighs))
        estimate_s = _estimate_s(recordings, settings)
        return HearingReport(recordings, 0, 0, 0, left, None, estimate_s, _since(started))
    with store.run_lock(), recorded_run(store, "hear", listener=listener) as run:
        listener = run.listener
        recordings = tuple(find_open(store, rulesets, options))
        left = tuple(_unreachable(recordings, engine, weighs))
        stage = _Stage(store, listener, list(left))
        ready = [r for r in recordings if weighs and r.path is not None and r.engine == engine]
        factory = options.factory or local.real_worker
        with _pool(settings, len(ready), factory, rulesets, engine) as pool:
            try:
                stage.run(pool, ready)
            finally:
                stage.flush()  # what was answered is kept, also on Ctrl-C
        judging = score_pending(store, settings, listener=listener)
        run.counts = RunCounts(failed=len(stage.left), scored=judging.scored)
    return HearingReport(
        recordings,
        stage.heard,
        stage.hearings,
        stage.unanswered,
        tuple(stage.left),
        judging,
        _estimate_s(recordings, settings),
        _since(started),
    )


def find_open(store: Store, rulesets: Rulesets, options: HearOptions) -> Iterator[OpenRecording]:
    """Find what is open, in order of the first call: judged anew, since answers may be in since.

    Raises:
        NotFoundError: there is no such call, or it has no transcript.
    """
    found: dict[str, OpenRecording] = {}
    for ids in chunks(_candidates(store, options), BATCH):
        for item, card in judge_calls(store, rulesets, ids):
            questions = open_questions(card)
            key = item.transcript.recording_id
            if questions and (key in found or not options.limit or len(found) < options.limit):
                found[key] = _with_call(found.get(key), item, questions)
        if options.limit and len(found) == options.limit:
            break
    with store.reading() as session:
        paths = paths_of(session, list(found))
    for key, recording in found.items():
        yield replace(recording, path=paths.get(key))


def _candidates(store: Store, options: HearOptions) -> list[str]:
    with store.reading() as session:
        if options.call_id is None and options.ruleset is None:
            return calls_with_open_questions(session)
        call_ids = calls_since(session, None)
    if options.call_id is None:
        return call_ids
    if options.call_id not in call_ids:
        raise NotFoundError("transcribed call", options.call_id)
    return [options.call_id]


def _with_call(
    known: OpenRecording | None, item: Judgeable, questions: Sequence[Question]
) -> OpenRecording:
    """Add what another call of the same recording asks."""
    transcript, call_id = item.transcript, item.call.call_id
    if known is None:
        key, engine = transcript.recording_id, transcript.engine
        known = OpenRecording(key, None, engine, (), 0, 0, 0)
    windows = {question.span.start_ms // WINDOW_MS for question in questions}
    return replace(
        known,
        call_ids=(*known.call_ids, call_id),
        questions=known.questions + len(questions),
        hypotheses=known.hypotheses + sum(len(q.hypotheses) for q in questions),
        windows=max(known.windows, len(windows)),
    )


def _unreachable(
    recordings: Sequence[OpenRecording], engine: str, weighs: bool
) -> Iterator[LeftOpen]:
    for recording in recordings:
        if recording.engine != engine:
            advice = "it was transcribed by another engine; `qa run DIR` transcribes it again"
            yield LeftOpen(recording.call_ids, recording.questions, OTHER_ENGINE, advice)
        elif not weighs:
            advice = "the model of the settings cannot weigh texts; a person listens to the call"
            yield LeftOpen(recording.call_ids, recording.questions, CANNOT_WEIGH, advice)
        elif recording.path is None:
            fault = RecordingFault.VANISHED.value
            advice = "its file is not there any more; put it back, then run `qa ingest DIR`"
            yield LeftOpen(recording.call_ids, recording.questions, fault, advice)


def _estimate_s(recordings: Sequence[OpenRecording], settings: Settings) -> float:
    if not recordings:
        return 0.0
    total = sum(recording.estimate_s for recording in recordings)
    return START_S + total / worker_count(settings, at_most=len(recordings))


def _pool(
    settings: Settings, count: int, factory: WorkerFactory, rulesets: Rulesets, engine: str
) -> Pool:
    size = worker_count(settings, at_most=count)
    return open_pool(settings, size, factory=factory, rulesets=rulesets, engine=engine)


class _Stage:
    """The state of the stage: answers that are held back for one commit, and what failed."""

    def __init__(self, store: Store, listener: Listener, left: list[LeftOpen]) -> None:
        self._store, self._listener = store, listener
        self._held: list[Transcript] = []
        self._held_since = 0.0
        self._open: dict[str, OpenRecording] = {}
        self.left = left
        self.heard = self.hearings = self.unanswered = 0

    def run(self, pool: Pool, recordings: Sequence[OpenRecording]) -> None:
        """Work until nothing is left."""
        self._open = {recording.recording_id: recording for recording in recordings}
        self._listener(StageStarted(Stage.HEAR, len(recordings)))
        for some in chunks(recordings, _SOME):
            pool.submit(list(self._jobs(some)))
            while pool.unfinished:
                for result in pool.poll(0.5):
                    self._take(result)
                if self._held and time.monotonic() - self._held_since >= _HOLD_S:
                    self.flush()
        self._listener(StageFinished(Stage.HEAR))

    def flush(self) -> None:
        """Write the answers that are held back, in one transaction."""
        if self._held:
            now = datetime.now(UTC)
            with self._store.writing() as session:
                for transcript in self._held:
                    key = f"{transcript.recording_id}:{transcript.engine}"
                    self.hearings += put_hearings(session, key, transcript.hearings, now)
            self._held = []

    def _jobs(self, recordings: Sequence[OpenRecording]) -> Iterator[Job]:
        ids = [call_id for recording in recordings for call_id in recording.call_ids]
        with self._store.reading() as session:
            items = list(load_judgeable(session, ids, self._store.zone))
        calls = defaultdict(list)
        transcripts = {}
        for item in items:
            calls[item.transcript.recording_id].append(item.call)
            transcripts[item.transcript.recording_id] = item.transcript
        for recording in recordings:
            key = recording.recording_id
            if key in transcripts and recording.path is not None:
                yield Job(key, recording.path, None, tuple(calls[key]), transcripts[key])

    def _take(self, result: Result) -> None:
        if isinstance(result, Heard):
            if not self._held:
                self._held_since = time.monotonic()
            self._held.append(result.transcript)
            self.heard += 1
            self.unanswered += result.open_questions
        elif isinstance(result, Refused):
            self._leave(result.job, result.error.fault.value, result.error.advice)
        elif isinstance(result, EngineFailed):
            advice = f"{result.problem}; run `qa hear` again"
            self._leave(result.job, "engine_failed", advice)
        else:
            advice = f"the worker process ended ({result.how}); run it again"
            self._leave(result.job, "worker_died", advice)
        self._listener(Advanced(Stage.HEAR))

    def _leave(self, job: Job, fault: str, advice: str) -> None:
        recording = self._open[job.recording_id]
        self.left.append(LeftOpen(recording.call_ids, recording.questions, fault, advice))
        self._listener(RecordingMarked(Path(job.path).name, fault, advice, Stage.HEAR))


def _real_engine(settings: Settings) -> str:
    from qa.pipeline import engine_fingerprint

    return engine_fingerprint(settings)


def _can_weigh(settings: Settings) -> bool:
    from qa.transcribe.recognisers import abilities_of

    return abilities_of(settings.hearing).weighs


def _since(started: float) -> float:
    return time.monotonic() - started
