"""Judge what was judged before again, and say what changes, before or while it is published."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime

from qa.batch.changes import AgentMeans, CallChange, Changes, RuleChange, RuleCounts, Tally
from qa.batch.events import Advanced, Listener, Stage, StageFinished, StageStarted, ignore
from qa.batch.rejudging import BATCH, SPREAD_FROM, How, JudgedBatch, judged_batches, write_batches
from qa.batch.rulesets import Rulesets
from qa.batch.runs import RecordedRun, recorded_run
from qa.config import Settings
from qa.store.ledger import RunCounts
from qa.store.scorecards import calls_after, count_since
from qa.store.store import Store

__all__ = ["AgentMeans", "CallChange", "RuleChange", "RuleCounts"]
COMMIT = 5
"""Batches that are written in one transaction."""
_IDS = 10_000
"""Call ids listed at a time."""


@dataclass(frozen=True, slots=True)
class Rescoring:
    """What judging again found.

    Attributes:
        calls: calls judged.
        changes: by call id; only calls of which an outcome or the total changed.
        rules: by rule id, all rules.
        agents: by agent id; the empty one where it is unknown.
    """

    calls: int
    changes: Sequence[CallChange]
    rules: Mapping[str, RuleCounts]
    agents: Mapping[str, AgentMeans]
    problems: Mapping[str, str]
    broken_checks: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RescoreOptions:
    """What to judge again.

    Attributes:
        ruleset: a name or a YAML file that judges the calls it is meant for (by ruleset id);
            None judges every call by its own ruleset as it is now.
        since: calls that started at or after this time.
        dry_run: publish nothing.
        full: judge by every rule, also by those that did not change since the published scorecard.
        run_id: the row of a run that was asked for; None makes one.
    """

    ruleset: str | None = None
    since: datetime | None = None
    dry_run: bool = False
    full: bool = False
    run_id: int | None = None


def rescore(
    store: Store, settings: Settings, options: RescoreOptions, *, listener: Listener = ignore
) -> Rescoring:
    """Judge stored transcripts again, compare, and publish unless it is a dry run.

    Raises:
        RulesetError: a ruleset is wrong.
        ConflictError: another run is working on the database, and this is no dry run.
        EngineError: a worker process died.
    """
    rulesets = Rulesets.in_force(store, settings, options.ruleset)
    with store.reading() as session:
        count = count_since(session, options.since)
    tally, changes, problems = Tally(), Changes(), dict(rulesets.problems)
    with nullcontext() if options.dry_run else _publishing(store, options, listener) as run:
        listener = listener if run is None else run.listener
        listener(StageStarted(Stage.SCORE, count))
        judged = judged_batches(
            store,
            settings,
            rulesets,
            _batches(store, options.since),
            How(packed=run is not None, full=options.full),
            spread=count >= SPREAD_FROM,
        )
        waiting: list[JudgedBatch] = []
        for batch in judged:
            tally.merge(batch.tally)
            changes.extend(batch.tally.changes)
            problems.update(batch.problems)
            if run is not None:
                waiting.append(batch)
                if len(waiting) == COMMIT:
                    _write(store, run, waiting)
            listener(Advanced(Stage.SCORE, batch.call_ids))
        if run is not None:
            _write(store, run, waiting)
        listener(StageFinished(Stage.SCORE))
    return _result(tally, changes, problems)


def _batches(store: Store, since: datetime | None) -> Iterator[list[str]]:
    """List the calls' ids in batches, in order, without holding them all."""
    last = ""
    while True:
        with store.reading() as session:
            ids = calls_after(session, last, _IDS, since=since)
        if not ids:
            return
        last = ids[-1]
        for start in range(0, len(ids), BATCH):
            yield ids[start : start + BATCH]


def _write(store: Store, run: RecordedRun, batches: list[JudgedBatch]) -> None:
    """Keep some batches, and count them in the row of the run."""
    if not batches:
        return
    write_batches(store, batches)
    run.counts = RunCounts(scored=run.counts.scored + sum(b.tally.calls for b in batches))
    batches.clear()


@contextmanager
def _publishing(store: Store, options: RescoreOptions, listener: Listener) -> Iterator[RecordedRun]:
    with (
        store.run_lock(),
        recorded_run(store, "rescore", listener=listener, run_id=options.run_id) as run,
    ):
        yield run


def _result(tally: Tally, changes: Changes, problems: Mapping[str, str]) -> Rescoring:
    agents = {
        agent_id: AgentMeans(calls, before / calls, after / calls)
        for agent_id, (calls, before, after) in sorted(tally.agents.items())
    }
    return Rescoring(tally.calls, changes, tally.rules(), agents, problems, dict(tally.broken))
