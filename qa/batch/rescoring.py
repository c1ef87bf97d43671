"""Judge what was judged before again, and say what changes, before or while it is published."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime

from qa.batch.events import Advanced, Listener, Stage, StageFinished, StageStarted, ignore
from qa.batch.judging import BATCH, broken_checks, judge_calls, publish
from qa.batch.rulesets import Rulesets
from qa.batch.runs import RecordedRun, recorded_run
from qa.config import Settings
from qa.store.convert import chunks
from qa.store.ledger import RunCounts
from qa.store.scorecards import calls_since
from qa.store.store import Store
from qa.types import Call, Scorecard


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule on one call; an outcome is None where the rule was not, or is no longer, judged."""

    rule_id: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class CallChange:
    """A call whose scorecard differs; `before` is None where it had none."""

    call_id: str
    agent_id: str | None
    before: int | None
    after: int
    rules: tuple[RuleChange, ...]


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """How often each outcome stood before and stands after, on calls that had a card before."""

    before: Mapping[str, int]
    after: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AgentMeans:
    """An agent's mean total over calls that had a scorecard before; 0–100."""

    calls: int
    before: float
    after: float


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
    changes: tuple[CallChange, ...]
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
    """

    ruleset: str | None = None
    since: datetime | None = None
    dry_run: bool = False


def rescore(
    store: Store, settings: Settings, options: RescoreOptions, *, listener: Listener = ignore
) -> Rescoring:
    """Judge stored transcripts again, compare, and publish unless it is a dry run.

    Raises:
        RulesetError: a ruleset is wrong.
        ConflictError: another run is working on the database, and this is no dry run.
    """
    rulesets = Rulesets.in_force(store, settings, options.ruleset)
    with store.reading() as session:
        call_ids = calls_since(session, options.since)
    listener(StageStarted(Stage.SCORE, len(call_ids)))
    tally = _Tally()
    with nullcontext() if options.dry_run else _publishing(store) as run:
        for ids in chunks(call_ids, BATCH):
            judged = list(judge_calls(store, rulesets, ids, with_current=True))
            for item, card in judged:
                tally.add(item.call, item.current, card)
            if run is not None:
                publish(store, rulesets, [card for _, card in judged])
                run.counts = RunCounts(scored=tally.calls)
            listener(Advanced(Stage.SCORE, len(ids)))
    listener(StageFinished(Stage.SCORE))
    return tally.result(rulesets)


@contextmanager
def _publishing(store: Store) -> Iterator[RecordedRun]:
    with store.run_lock(), recorded_run(store, "rescore") as run:
        yield run


@dataclass(slots=True)
class _Tally:
    calls: int = 0
    changes: list[CallChange] = field(default_factory=list)
    rules: dict[str, tuple[Counter[str], Counter[str]]] = field(
        default_factory=lambda: defaultdict(lambda: (Counter(), Counter()))
    )
    agents: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    broken: Counter[str] = field(default_factory=Counter)

    def add(self, call: Call, before: Scorecard | None, after: Scorecard) -> None:
        """Count one call in."""
        self.calls += 1
        self.broken.update(broken_checks(after))
        old, new = _outcomes(before), _outcomes(after)
        if before is not None:
            for rule_id in old | new:
                self.rules[rule_id][0].update([old[rule_id]] if rule_id in old else [])
                self.rules[rule_id][1].update([new[rule_id]] if rule_id in new else [])
            self.agents[call.agent_id or ""].append((before.total, after.total))
        rules = tuple(
            RuleChange(rule_id, old.get(rule_id), new.get(rule_id))
            for rule_id in sorted(old | new)
            if old.get(rule_id) != new.get(rule_id)
        )
        total = before.total if before else None
        if rules or total != after.total:
            change = CallChange(call.call_id, call.agent_id, total, after.total, rules)
            self.changes.append(change)

    def result(self, rulesets: Rulesets) -> Rescoring:
        """Sum up."""
        agents = {
            agent_id: AgentMeans(
                len(totals),
                sum(before for before, _ in totals) / len(totals),
                sum(after for _, after in totals) / len(totals),
            )
            for agent_id, totals in sorted(self.agents.items())
        }
        rules = {
            rule_id: RuleCounts(dict(before), dict(after))
            for rule_id, (before, after) in sorted(self.rules.items())
        }
        changes = tuple(self.changes)
        return Rescoring(
            self.calls, changes, rules, agents, dict(rulesets.problems), dict(self.broken)
        )


def _outcomes(card: Scorecard | None) -> dict[str, str]:
    if card is None:
        return {}
    return {line.rule_id: line.verdict.outcome.value for line in card.lines}
