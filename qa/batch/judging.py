"""Judge calls from their stored transcripts; no audio is opened here."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from qa.batch.changes import broken_checks as broken_checks
from qa.batch.events import Advanced, Listener, Stage, StageFinished, StageStarted, ignore
from qa.batch.rejudging import BATCH, SPREAD_FROM, How, judged_batches, write_batches
from qa.batch.rulesets import Rulesets
from qa.config import Settings
from qa.scoring.scorecard import score_call
from qa.store import scorecards as cards
from qa.store.convert import chunks
from qa.store.publishing import PackedCard
from qa.store.scorecards import Judgeable
from qa.store.store import Store
from qa.types import Scorecard


@dataclass(frozen=True, slots=True)
class Judging:
    """What judging did.

    Attributes:
        flagged: calls with a violated or undecided line.
        violated, undecided: lines.
        unjudged: calls whose ruleset cannot be used; `problems` says why, by ruleset name.
        broken_checks: lines that are undecided because a check broke, by rule id.
        open_questions: what the calls judged now still ask of the sound.
    """

    scored: int
    flagged: int
    violated: int
    undecided: int
    unjudged: int
    problems: Mapping[str, str]
    broken_checks: Mapping[str, int]
    open_questions: int = 0


def score_pending(store: Store, settings: Settings, *, listener: Listener = ignore) -> Judging:
    """Judge every call that has no scorecard for its transcript, hearings and context.

    Many calls are judged in several processes, as after a night that a whole centre filled.

    Raises:
        RulesetError: the ruleset of the settings is wrong.
        EngineError: a worker process died; what it had judged by then is kept.
    """
    rulesets = Rulesets.in_force(store, settings)
    with store.reading() as session:
        call_ids = cards.calls_to_score(session)
    listener(StageStarted(Stage.SCORE, len(call_ids)))
    counts: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    problems = dict(rulesets.problems)
    batches = iter(chunks(call_ids, BATCH))
    spread = len(call_ids) >= SPREAD_FROM
    for batch in judged_batches(
        *(store, settings, rulesets, batches, How(packed=True)), spread=spread
    ):
        write_batches(store, [batch])
        for card in batch.cards:
            counts += _counts(card)
        broken += batch.tally.broken
        problems |= batch.problems
        listener(Advanced(Stage.SCORE, batch.call_ids))
    listener(StageFinished(Stage.SCORE))
    return Judging(
        scored=counts["scored"],
        flagged=counts["flagged"],
        violated=counts["violated"],
        undecided=counts["undecided"],
        unjudged=len(call_ids) - counts["scored"],
        problems=problems,
        broken_checks=dict(broken),
        open_questions=counts["open"],
    )


def judge_calls(
    store: Store, rulesets: Rulesets, call_ids: Sequence[str]
) -> Iterator[tuple[Judgeable, Scorecard]]:
    """Judge calls one by one, in order; calls that no ruleset judges are left out."""
    with store.reading() as session:
        for item in cards.load_judgeable(session, call_ids, store.zone):
            ruleset = rulesets.of(item.call)
            if ruleset is not None:
                yield item, score_call(item.transcript, item.call, ruleset)


def publish(store: Store, rulesets: Rulesets, judged: Sequence[Scorecard]) -> None:
    """Keep scorecards as the current ones, in one transaction."""
    now = datetime.now(UTC)
    with store.writing() as session:
        cards.put_rulesets(session, rulesets.used(), now)
        cards.publish(session, judged, now)


def _counts(card: PackedCard) -> Counter[str]:
    return Counter(
        scored=1,
        flagged=int(bool(card.verdicts)),
        violated=card.row["violated"],
        undecided=card.row["undecided"],
        open=card.row["open_questions"],
    )
