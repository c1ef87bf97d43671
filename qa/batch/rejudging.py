"""Judge many calls from what is stored, in this process or in several, batch by batch in order.

Worker processes only read. What they hand back is packed, so that the one process that writes has
little to do: a million calls are judged in minutes only if nothing is done twice.
"""

import gc
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from qa.batch.changes import Tally
from qa.batch.rulesets import Rulesets
from qa.batch.taking_over import Taker
from qa.config import Settings
from qa.errors import EngineError
from qa.store.publishing import PackedCard, pack_card, publish_packed
from qa.store.scorecards import RulesetRecord, put_rulesets
from qa.store.store import Store

BATCH = 200
SPREAD_FROM = 2_000
"""Calls from which starting worker processes, which takes seconds, pays."""
_AHEAD = 3
"""Batches per worker that are handed out at a time: enough to keep it busy, little to hold."""


@dataclass(frozen=True, slots=True)
class JudgedBatch:
    """A batch of calls that was judged.

    Attributes:
        call_ids: how many calls were handed in; those that no ruleset judges count, too.
        cards: empty where nothing will be written.
        used, problems: as `Rulesets` has them so far.
    """

    call_ids: int
    tally: Tally
    cards: tuple[PackedCard, ...]
    used: tuple[RulesetRecord, ...]
    problems: dict[str, str] = field(default_factory=dict)


Judge = Callable[[list[str]], JudgedBatch]


@dataclass(frozen=True, slots=True)
class How:
    """How to judge again; can be pickled.

    Attributes:
        packed: hand back the cards that are to be written.
        full: judge by every rule, also those that did not change.
    """

    packed: bool
    full: bool = False


def judge_batch(taker: Taker, rulesets: Rulesets, call_ids: list[str], how: How) -> JudgedBatch:
    """Judge calls and count what changes."""
    tally, cards = Tally(), []
    for one in taker.rejudge(call_ids):
        tally.add(one.call, one.before, one.card)
        if how.packed and not one.is_current:
            cards.append(pack_card(one.card, one.laid))
    used, problems = tuple(rulesets.used()), dict(rulesets.problems)
    return JudgedBatch(len(call_ids), tally, tuple(cards), used, problems)


def judged_batches(
    store: Store,
    settings: Settings,
    rulesets: Rulesets,
    batches: Iterator[list[str]],
    how: How,
    *,
    spread: bool,
) -> Iterator[JudgedBatch]:
    """Judge batches of call ids, in order.

    Args:
        spread: whether to start worker processes (as many as the settings say).

    Raises:
        EngineError: a worker process died.
    """
    workers = settings.batch.workers or os.cpu_count() or 1
    if not spread or workers < 2:
        taker = Taker(store, rulesets, full=how.full)
        for call_ids in batches:
            yield judge_batch(taker, rulesets, call_ids, how)
        return
    with _pool(settings, rulesets, workers, how) as pool:
        waiting: deque[Future[JudgedBatch]] = deque()
        for call_ids in batches:
            waiting.append(pool.submit(_judge, call_ids))
            if len(waiting) >= workers * _AHEAD:
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())


def write_batches(store: Store, batches: Sequence[JudgedBatch]) -> None:
    """Keep the cards of some batches as the current ones of their calls, in one transaction."""
    now = datetime.now(UTC)
    with store.writing() as session:
        put_rulesets(session, list(dict.fromkeys(u for b in batches for u in b.used)), now)
        publish_packed(session, [card for batch in batches for card in batch.cards], now)


@contextmanager
def _pool(
    settings: Settings, rulesets: Rulesets, workers: int, how: How
) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(settings, rulesets, how),
    )
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _result(future: "Future[JudgedBatch]") -> JudgedBatch:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise EngineError("workers", "a worker process ended: too little memory?") from error


_worker: Judge | None = None
"""What this process judges with, if it is a worker."""


def _start(settings: Settings, rulesets: Rulesets, how: How) -> None:
    """Make this process a worker."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the runner ends its workers
    store = Store.open(settings.database_url, timezone=settings.timezone)
    judge_calmly()
    taker = Taker(store, rulesets, full=how.full)

    def judge(call_ids: list[str]) -> JudgedBatch:
        return judge_batch(taker, rulesets, call_ids, how)

    _worker = judge


def judge_calmly() -> None:
    """Keep the garbage collector from looking through rulesets, in a process that only judges.

    Rulesets stay, and a call's objects go as soon as it is judged: looking for garbage among them
    every few hundred objects finds none.
    """
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)


def _judge(call_ids: list[str]) -> JudgedBatch:
    assert _worker is not None  # `_start` ran before any job
    return _worker(call_ids)
