"""Judge calls from their stored transcripts; no audio is opened here."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from qa.batch.events import Advanced, Listener, Stage, StageFinished, StageStarted, ignore
from qa.config import Settings
from qa.errors import RulesetError
from qa.scoring.ruleset import Ruleset, load_ruleset
from qa.scoring.scorecard import score_call
from qa.store import scorecards as cards
from qa.store.convert import chunks
from qa.store.scorecards import Judgeable, RulesetRecord
from qa.store.store import Store
from qa.types import Call, Outcome, Scorecard

CHECK_FAILED = "check_failed"
BATCH = 200


class Rulesets:
    """The rulesets in force, each read once.

    Args:
        only: judge by this ruleset, and only the calls that it is meant for.

    Raises:
        RulesetError: the ruleset of the settings is wrong. One that only some calls name is found
            out later, and costs only those.
    """

    def __init__(self, settings: Settings, only: Ruleset | None = None) -> None:
        self._values = settings.scoring.values
        self._default = load_ruleset(settings.scoring.ruleset, values=self._values)
        self._only = only
        self._named: dict[str, Ruleset | None] = {self._default.ruleset_id: self._default}
        self.problems: dict[str, str] = {}

    def of(self, call: Call) -> Ruleset | None:
        """Find the ruleset that judges a call; None where it cannot be used or is not wanted."""
        name = call.ruleset or self._default.ruleset_id
        if self._only is not None:
            return self._only if self._only.ruleset_id == name else None
        if name not in self._named:
            try:
                self._named[name] = load_ruleset(name, values=self._values)
            except RulesetError as error:
                self._named[name], self.problems[name] = None, str(error)
        return self._named[name]

    def used(self) -> list[RulesetRecord]:
        """List what may have judged so far."""
        rulesets = [*self._named.values(), self._only]
        return [RulesetRecord(r.hash, r.ruleset_id, r.title) for r in rulesets if r is not None]


@dataclass(frozen=True, slots=True)
class Judging:
    """What judging did.

    Attributes:
        flagged: calls with a violated or undecided line.
        violated, undecided: lines.
        unjudged: calls whose ruleset cannot be used; `problems` says why, by ruleset name.
        broken_checks: lines that are undecided because a check broke, by rule id.
    """

    scored: int
    flagged: int
    violated: int
    undecided: int
    unjudged: int
    problems: Mapping[str, str]
    broken_checks: Mapping[str, int]


def score_pending(store: Store, settings: Settings, *, listener: Listener = ignore) -> Judging:
    """Judge every call that has no scorecard for its transcript and its context.

    Raises:
        RulesetError: the ruleset of the settings is wrong.
    """
    rulesets = Rulesets(settings)
    with store.reading() as session:
        call_ids = cards.calls_to_score(session)
    listener(StageStarted(Stage.SCORE, len(call_ids)))
    counts: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    for ids in chunks(call_ids, BATCH):
        judged = [card for _, card in judge_calls(store, rulesets, ids)]
        publish(store, rulesets, judged)
        for card in judged:
            counts += _counts(card)
            broken.update(broken_checks(card))
        listener(Advanced(Stage.SCORE, len(ids)))
    listener(StageFinished(Stage.SCORE))
    return Judging(
        scored=counts["scored"],
        flagged=counts["flagged"],
        violated=counts["violated"],
        undecided=counts["undecided"],
        unjudged=len(call_ids) - counts["scored"],
        problems=dict(rulesets.problems),
        broken_checks=dict(broken),
    )


def judge_calls(
    store: Store, rulesets: Rulesets, call_ids: Sequence[str], *, with_current: bool = False
) -> Iterator[tuple[Judgeable, Scorecard]]:
    """Judge calls one by one, in order; calls that no ruleset judges are left out."""
    with store.reading() as session:
        for item in cards.load_judgeable(session, call_ids, store.zone, with_current=with_current):
            ruleset = rulesets.of(item.call)
            if ruleset is not None:
                yield item, score_call(item.transcript, item.call, ruleset)


def publish(store: Store, rulesets: Rulesets, judged: Sequence[Scorecard]) -> None:
    """Keep scorecards as the current ones, in one transaction."""
    now = datetime.now(UTC)
    with store.writing() as session:
        cards.put_rulesets(session, rulesets.used(), now)
        cards.publish(session, judged, now)


def broken_checks(card: Scorecard) -> list[str]:
    """List the rules whose check broke on a call: a bug, never the agent's fault."""
    return [line.rule_id for line in card.lines if line.verdict.reason == CHECK_FAILED]


def _counts(card: Scorecard) -> Counter[str]:
    outcomes = [line.verdict.outcome for line in card.lines]
    return Counter(
        scored=1,
        flagged=int(bool(card.flags)),
        violated=outcomes.count(Outcome.VIOLATED),
        undecided=outcomes.count(Outcome.UNDECIDED),
    )
