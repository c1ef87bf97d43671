"""How right a ruleset is, from what people said of calls: precision, recall, fairness. Pure.

A label is what a person found of one rule on one call. Precision needs labels of what was flagged.
Recall needs labels of what was *not* flagged, and those must have been drawn by chance: each call
then stands for as many as its stratum has calls for each drawn (D. G. Horvitz, D. J. Thompson,
Journal of the American Statistical Association 47 (1952) 663-685). Its interval gives each stratum
an exact one and divides the error among them (Bonferroni), so that it covers the truth at least
95 times in 100 however few the labels and rare the mistakes; that makes it wide, and honestly so.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from qa.review.exact import (
    LEVEL,
    Share,
    exact_share,
    fisher,
    holm,
    lower_bound,
    same_share,
    upper_bound,
)
from qa.types import Grade, Outcome

FEW_LABELS = 30
"""Fewer labels of flags carry no statement about a rule that costs money."""
MIN_AGENT_FLAGS = 5
"""An agent with fewer judged flags is listed, and not tested against the others."""
_CURVE_POINTS = 40


class Origin(StrEnum):
    """Where a label comes from, the weightiest last."""

    REVIEW = "review"
    """A decision about a flag; the person saw what the machine had found."""
    FILE = "file"
    CALIBRATION = "calibration"
    SAMPLE = "sample"
    """Blind, and of a call that was drawn by chance."""
    APPEAL = "appeal"
    """The decision of an appeal: final."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What people found of a rule on a call.

    Attributes:
        outcome: UNDECIDED where they could not tell, or did not agree.
        stratum: of a call that was drawn, what it was drawn from; empty for others.
    """

    call_id: str
    rule_id: str
    outcome: Outcome
    origin: Origin
    stratum: str = ""

    @property
    def is_decided(self) -> bool:
        """Whether it says anything of the rule."""
        return self.outcome is not Outcome.UNDECIDED

    @property
    def is_violated(self) -> bool:
        """Whether the rule was violated."""
        return self.outcome is Outcome.VIOLATED


@dataclass(frozen=True, slots=True)
class Found:
    """What the machine found of a rule on a call.

    Attributes:
        strength: how strongly the evidence speaks for a violation, 0–1; None where the rule has
            no such measure.
    """

    outcome: Outcome
    strength: float | None = None

    @property
    def is_flag(self) -> bool:
        """Whether it was held against the agent."""
        return self.outcome is Outcome.VIOLATED


@dataclass(frozen=True, slots=True)
class Pair:
    """A label beside what the machine found."""

    truth: Truth
    found: Found
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """Of the true violations, how many were found.

    Attributes:
        by_chance: whether it holds for all calls that were drawn from; otherwise only for calls
            like those labelled.
        found, missed: labelled true violations that were flagged, and that were not.
        value: None where it cannot be told at all; `reason` then says why.
        reason: `no_violations`, `empty_stratum`, or empty.
    """

    by_chance: bool
    labels: int
    found: int
    missed: int
    value: float | None
    low: float
    high: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What would be if evidence from some strength on were a violation.

    Attributes:
        threshold: strength, 0–1.
        flagged: labelled calls that would be flagged.
    """

    threshold: float
    flagged: int
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class RuleProof:
    """What labels say of one rule.

    Attributes:
        labels: of this rule, those that say something.
        cannot_tell: labels that say nothing: the person could not tell, or people did not agree.
        by_origin: labels by where they come from.
        precision: of labelled flags, those that were right; None without any.
        recall: None without any label of what was not flagged.
        handed_on: like recall, counting what the machine left to people as found.
        undecided: labelled calls that the machine left to people, and how many were violations.
        curve: by threshold, rising; empty without a measure.
    """

    rule_id: str
    grade: Grade
    labels: int
    cannot_tell: int
    by_origin: Mapping[str, int]
    precision: Share | None
    recall: Recall | None
    handed_on: Recall | None
    undecided: tuple[int, int]
    curve: tuple[CurvePoint, ...]

    @property
    def is_few(self) -> bool:
        """Whether too few labelled flags stand behind it to say the rule is right."""
        return self.precision is None or self.precision.whole < FEW_LABELS


@dataclass(frozen=True, slots=True)
class AgentParity:
    """How often an agent was flagged wrongly, of the flags that people judged.

    Attributes:
        chance: how often chance alone sets this agent as far from all others, corrected for how
            many agents were tested; None where too few flags were judged.
    """

    agent_id: str
    wrong: Share
    chance: float | None


@dataclass(frozen=True, slots=True)
class Parity:
    """Whether false alarms fall on everybody alike.

    Attributes:
        chance: how often chance alone spreads them as unevenly; None with fewer than two agents
            who have enough judged flags.
    """

    agents: tuple[AgentParity, ...]
    chance: float | None


def prove(
    rule_id: str, grade: Grade, pairs: Sequence[Pair], populations: Mapping[str, int]
) -> RuleProof:
    """Say what labels tell of a rule.

    Args:
        pairs: of this rule, at most one for each call.
        populations: calls of each stratum of the draw that labels of a sample come from; empty
            without one.
    """
    decided = [one for one in pairs if one.truth.is_decided]
    flagged = [one for one in decided if one.found.is_flag]
    right = sum(one.truth.is_violated for one in flagged)
    left = [one for one in decided if one.found.outcome is Outcome.UNDECIDED]
    return RuleProof(
        rule_id,
        grade,
        labels=len(decided),
        cannot_tell=len(pairs) - len(decided),
        by_origin=dict(Counter(one.truth.origin.value for one in decided)),
        precision=exact_share(right, len(flagged)),
        recall=_recall(decided, populations, handed_on=False),
        handed_on=_recall(decided, populations, handed_on=True),
        undecided=(len(left), sum(one.truth.is_violated for one in left)),
        curve=curve(decided),
    )


def _recall(
    decided: Sequence[Pair], populations: Mapping[str, int], *, handed_on: bool
) -> Recall | None:
    """Estimate recall by the draw where there is one, else among the labels."""
    drawn = [one for one in decided if one.truth.stratum in populations]
    if drawn:
        return _drawn_recall(drawn, populations, handed_on=handed_on)
    # A review only ever sees flags: what it says of recall is nothing.
    chosen = [one for one in decided if one.truth.origin not in (Origin.REVIEW, Origin.APPEAL)]
    if all(one.found.is_flag for one in chosen):
        return None
    violated = [one for one in chosen if one.truth.is_violated]
    caught = sum(_is_caught(one, handed_on) for one in violated)
    share = exact_share(caught, len(violated))
    missed = len(violated) - caught
    if share is None:
        return Recall(False, len(chosen), 0, 0, None, 0.0, 1.0, "no_violations")
    return Recall(False, len(chosen), caught, missed, share.value, share.low, share.high)


def _drawn_recall(
    drawn: Sequence[Pair], populations: Mapping[str, int], *, handed_on: bool
) -> Recall:
    """Weigh each labelled call by what it stands for; the interval by exact ones of the strata."""
    strata = {name: size for name, size in populations.items() if size}
    tail = (1 - LEVEL) / 2 / (2 * len(strata))
    caught_low = caught_high = missed_low = missed_high = 0.0
    caught_sum = missed_sum = 0.0
    found = missing = 0
    is_whole = True
    for name, size in strata.items():
        own = [one for one in drawn if one.truth.stratum == name]
        violated = [one for one in own if one.truth.is_violated]
        caught = sum(_is_caught(one, handed_on) for one in violated)
        missed = len(violated) - caught
        found, missing = found + caught, missing + missed
        if not own:
            is_whole = False
            caught_high, missed_high = caught_high + size, missed_high + size
            continue
        caught_sum += size * caught / len(own)
        missed_sum += size * missed / len(own)
        caught_low += size * lower_bound(caught, len(own), tail)
        caught_high += size * upper_bound(caught, len(own), tail)
        missed_low += size * lower_bound(missed, len(own), tail)
        missed_high += size * upper_bound(missed, len(own), tail)
    low = caught_low / (caught_low + missed_high) if caught_low else 0.0
    high = caught_high / (caught_high + missed_low) if caught_high else 1.0
    total = caught_sum + missed_sum
    value = caught_sum / total if total and is_whole else None
    reason = "" if value is not None else "no_violations" if is_whole else "empty_stratum"
    return Recall(True, len(drawn), found, missing, value, low, high, reason)


def _is_caught(one: Pair, handed_on: bool) -> bool:
    return one.found.is_flag or (handed_on and one.found.outcome is Outcome.UNDECIDED)


def curve(pairs: Sequence[Pair]) -> tuple[CurvePoint, ...]:
    """Say what precision and recall would be at other thresholds, among labels with a measure.

    Where labels were drawn by chance, it still counts labels and not calls: it compares thresholds
    with each other and estimates nothing.
    """
    known = [
        (one.found.strength, one.truth.is_violated)
        for one in pairs
        if one.found.strength is not None
    ]
    positive = sum(violated for _, violated in known)
    levels = sorted({strength for strength, _ in known})
    if len(levels) < 2 or not positive or positive == len(known):
        return ()
    step = max(1, len(levels) // _CURVE_POINTS)
    points = []
    for level in levels[::step]:
        flags = [violated for strength, violated in known if strength >= level]
        right = sum(flags)
        points.append(CurvePoint(level, len(flags), right / len(flags), right / positive))
    return tuple(points)


def parity(pairs: Sequence[Pair]) -> Parity:
    """Compare how often agents were flagged wrongly; exact tests, for the numbers are small."""
    groups: dict[str, list[bool]] = {}
    for one in pairs:
        if one.agent_id is not None and one.found.is_flag and one.truth.is_decided:
            groups.setdefault(one.agent_id, []).append(not one.truth.is_violated)
    counts = {agent: (sum(wrong), len(wrong)) for agent, wrong in sorted(groups.items())}
    tested = [agent for agent, (_, flags) in counts.items() if flags >= MIN_AGENT_FLAGS]
    chances: dict[str, float] = {}
    if len(tested) > 1:
        raw = [fisher(*_against_others(counts, agent)) for agent in tested]
        chances = dict(zip(tested, holm(raw), strict=True))
    agents = [
        AgentParity(agent, share, chances.get(agent))
        for agent, (wrong, flags) in counts.items()
        if (share := exact_share(wrong, flags)) is not None
    ]
    spread = [(counts[agent][0], counts[agent][1] - counts[agent][0]) for agent in tested]
    return Parity(tuple(agents), same_share(spread) if len(tested) > 1 else None)


def _against_others(
    counts: Mapping[str, tuple[int, int]], agent: str
) -> tuple[tuple[int, int], tuple[int, int]]:
    wrong, flags = counts[agent]
    others = [counts[name] for name in counts if name != agent]
    all_wrong, all_flags = sum(one[0] for one in others), sum(one[1] for one in others)
    return (wrong, flags - wrong), (all_wrong, all_flags - all_wrong)
