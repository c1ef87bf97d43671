"""Judge the archive by a draft in all processes, compare with what is published, change nothing."""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from multiprocessing import active_children, get_context

from qa.batch.events import Advanced, Listener, Stage, StageFinished, StageStarted, ignore
from qa.batch.judging import broken_checks
from qa.batch.rejudging import BATCH, judge_calmly
from qa.batch.rulesets import Rulesets
from qa.batch.taking_over import Taker
from qa.config import Settings
from qa.errors import ConfigError
from qa.reports.what_if import CallDiff, WhatIf
from qa.scoring.ruleset import Ruleset
from qa.scoring.scorecard import open_questions
from qa.store.convert import chunks
from qa.store.scorecards import calls_since
from qa.store.store import Store

_FEW = 4 * BATCH
"""So few calls are judged sooner than another process starts."""
_AHEAD = 3
"""Batches per worker that are handed out at a time."""


@dataclass(frozen=True, slots=True)
class WhatIfOptions:
    """What to try.

    Attributes:
        draft: a YAML file (or an id).
        since: calls that started at or after this time.
        every_call: takes each call that changes; called in this process, in order of call id.
    """

    draft: str
    since: datetime | None = None
    every_call: Callable[[CallDiff], None] | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """The draft, and what it would change."""

    draft: Ruleset
    result: WhatIf


@dataclass(frozen=True, slots=True)
class _Judge:
    """What every process is given: the draft, and what is in force; both can be pickled."""

    draft: Rulesets
    in_force: Rulesets
    keep_calls: bool


def try_ruleset(
    store: Store, settings: Settings, options: WhatIfOptions, *, listener: Listener = ignore
) -> Trial:
    """Say what a draft ruleset would change; reads only, and needs no audio.

    Raises:
        RulesetError: the draft, or the ruleset of the settings, is wrong.
    """
    draft = Rulesets.in_force(store, settings, options.draft)
    judge = _Judge(
        draft, Rulesets.in_force(store, settings), keep_calls=options.every_call is not None
    )
    if draft.only is None:
        raise ConfigError("a draft is needed")
    with store.reading() as session:
        call_ids = calls_since(session, options.since)
    result = WhatIf()
    listener(StageStarted(Stage.SCORE, len(call_ids)))
    for count, part, diffs in _parts(store, settings, judge, call_ids):
        result.add(part)
        for diff in diffs:
            if options.every_call is not None:
                options.every_call(diff)
        listener(Advanced(Stage.SCORE, count))
    listener(StageFinished(Stage.SCORE))
    return Trial(draft.only, result)


_Part = tuple[int, WhatIf, list[CallDiff]]


def _parts(
    store: Store, settings: Settings, judge: _Judge, call_ids: Sequence[str]
) -> Iterator[_Part]:
    workers = settings.batch.workers or os.cpu_count() or 1
    if workers == 1 or len(call_ids) <= _FEW:
        comparer = _Comparer(store, judge)
        yield from (comparer.compare(ids) for ids in chunks(call_ids, BATCH))
        return
    executor = ProcessPoolExecutor(
        workers,
        mp_context=get_context("spawn"),
        initializer=_start,
        initargs=(settings, judge),
    )
    others = set(active_children())
    batches = chunks(call_ids, BATCH)
    waiting: deque[Future[_Part]] = deque()
    try:
        with _held_back():
            waiting.extend(
                executor.submit(_compare_here, ids) for ids in islice(batches, workers * _AHEAD)
            )
        while waiting:
            part = waiting.popleft().result()
            # Never more than these are out: what waits to be read does not grow with the archive.
            waiting.extend(executor.submit(_compare_here, ids) for ids in islice(batches, 1))
            yield part
    except BaseException:  # Ctrl-C above all: they only read, so nothing is lost with them
        for process in set(active_children()) - others:
            process.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


@contextmanager
def _held_back() -> Iterator[None]:
    """Hold Ctrl-C back while processes start: they inherit that and never see one of their own."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_here: "_Comparer | None" = None
"""What a worker process compares with, set once when it starts."""


def _start(settings: Settings, judge: _Judge) -> None:
    global _here
    store = Store.open(settings.database_url, timezone=settings.timezone)
    judge_calmly()
    _here = _Comparer(store, judge)


def _compare_here(call_ids: Sequence[str]) -> _Part:
    assert _here is not None
    return _here.compare(call_ids)


class _Comparer:
    """Compares batches of calls; rules that the draft leaves as they are judge nothing anew."""

    def __init__(self, store: Store, judge: _Judge) -> None:
        self._judge, self._taker = judge, Taker(store, judge.draft)

    def compare(self, call_ids: Sequence[str]) -> _Part:
        """Judge a batch by the draft and set it against what is published."""
        part, diffs = WhatIf(), []
        for one in self._taker.compare(call_ids):
            part.broken.update(broken_checks(one.card))
            questions = len(open_questions(one.card))
            part.open_questions += questions
            part.open_calls += bool(questions)
            if one.before is None:
                part.without_card += 1
                continue
            now = self._judge.in_force.of(one.call)
            part.outdated += now is None or now.hash != one.before.ruleset_hash
            diff = part.compare(one.call, one.before, one.card)
            if diff is not None and self._judge.keep_calls:
                diffs.append(diff)
        return len(call_ids), part, diffs
