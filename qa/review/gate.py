"""What a ruleset version must show before it may be published. Pure.

Three answers, never two: a rule that costs money is proved, refuted, or simply not proved. A new
installation has no labels, so that "not proved" alone stops nobody unless the settings say so; it
is written down with the publication and shown wherever the ruleset is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from qa.review.backtest import RuleProof
from qa.review.exact import LEVEL, Share, lower_bound
from qa.types import Grade

MIN_CHANGE_CALLS = 30
"""Fewer calls judged by both rulesets say nothing of how much changes."""
MOST_LABELS = 20_000
"""So many labels nobody gives: what takes more is not proved by more labels."""


class Standing(StrEnum):
    """What the labels say of a rule, or the gate of a version."""

    PROVED = "proved"
    NOT_PROVED = "not_proved"
    """Not enough labels to say either: the interval reaches to both sides of what is asked."""
    REFUTED = "refuted"
    """Too many of its flags were wrong: the whole interval lies below what is asked."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What is asked of a version (settings `proof.*`).

    Attributes:
        min_precision: the lower end of each fine rule's precision must reach it, 0–1.
        min_labels: labelled flags that this takes.
        max_changed: share of calls, 0–1, whose score a new version may change.
        unproved_may_publish: whether a rule without enough labels stops nobody.
    """

    min_precision: float
    min_labels: int
    max_changed: float
    unproved_may_publish: bool


@dataclass(frozen=True, slots=True)
class RuleGate:
    """One fine rule at the gate.

    Attributes:
        is_new: it differs from the one in force.
        more: labelled flags that are still needed; 0 where none are, None where no number of them
            proves the rule while as large a share of its flags is wrong.
        stops: it alone is reason enough not to publish.
    """

    rule_id: str
    standing: Standing
    is_new: bool
    precision: Share | None
    more: int | None = 0
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """What the gate says of a version.

    Attributes:
        standing: REFUTED where something must stop it, PROVED where every fine rule is proved.
        rules: the fine rules, in the ruleset's order.
        changed: share of calls whose score changes; None where there was nothing to compare.
        changes_too_much: whether that is surely more than is allowed.
        stops: whether it may not be published without a head's written reason.
    """

    standing: Standing
    rules: tuple[RuleGate, ...]
    changed: Share | None
    changes_too_much: bool
    stops: bool


def standing_of(proof: RuleProof | None, demands: Demands) -> Standing:
    """Say what labels make of a fine rule.

    An interval that is only wide says neither, however many labels there are; a few labels refute
    where even the upper end of the interval stays below the demand.
    """
    precision = proof.precision if proof else None
    if precision is None:
        return Standing.NOT_PROVED
    if precision.high < demands.min_precision:
        return Standing.REFUTED
    is_enough = precision.whole >= demands.min_labels
    is_sure = precision.low >= demands.min_precision
    return Standing.PROVED if is_enough and is_sure else Standing.NOT_PROVED


def labels_needed(proof: RuleProof | None, demands: Demands) -> int | None:
    """Say how many more flags have to be labelled to prove a rule, if as many of them are right.

    Without any label, all flags are taken to be right: it is the least that it takes.

    Returns:
        0 where it is proved; None where no number does, as of a rule that is refuted.
    """
    standing = standing_of(proof, demands)
    if standing is not Standing.NOT_PROVED:
        return 0 if standing is Standing.PROVED else None
    seen = proof.precision if proof else None
    wrong, whole = (seen.whole - seen.count, seen.whole) if seen else (0, 0)
    least, most = max(whole + 1, demands.min_labels), MOST_LABELS
    if not _would_prove(wrong, whole, most, demands):
        return None
    while least < most:
        middle = (least + most) // 2
        if _would_prove(wrong, whole, middle, demands):
            most = middle
        else:
            least = middle + 1
    return least - whole


def _would_prove(wrong: int, whole: int, labels: int, demands: Demands) -> bool:
    """Whether so many labels would do, if the same share of them, rounded up, is wrong."""
    expected = -(-labels * wrong // whole) if whole else 0
    return lower_bound(labels - expected, labels, (1 - LEVEL) / 2) >= demands.min_precision


def _is_held(proof: RuleProof | None, standing: Standing, demands: Demands) -> bool:
    """Whether a rule alone stops a version.

    Not only one that is refuted: where as many labels as are asked for show less than is asked, a
    wide interval is no excuse. Where they show enough, it is like any rule that is not proved.
    """
    if standing is not Standing.NOT_PROVED:
        return standing is Standing.REFUTED
    seen = proof.precision if proof else None
    falls_short = (
        seen is not None and seen.whole >= demands.min_labels and seen.value < demands.min_precision
    )
    return falls_short or not demands.unproved_may_publish


def judge_gate(
    grades: Sequence[tuple[str, Grade]],
    proofs: Mapping[str, RuleProof],
    unchanged: frozenset[str],
    changed: Share | None,
    demands: Demands,
) -> Gate:
    """Hold a version against what is asked of it.

    A rule that is in force already and does not change is reported, and held against nobody: to
    stop the rest of the version would keep the rule as it is.

    Args:
        grades: every rule of the version with its grade.
        changed: share of calls whose score changes, of a sample.
    """
    rules = []
    for rule_id, grade in grades:
        if grade is Grade.FINE:
            proof = proofs.get(rule_id)
            standing = standing_of(proof, demands)
            precision, is_new = proof.precision if proof else None, rule_id not in unchanged
            more = labels_needed(proof, demands)
            stops = is_new and _is_held(proof, standing, demands)
            rules.append(RuleGate(rule_id, standing, is_new, precision, more, stops))
    is_measured = changed is not None and changed.whole >= MIN_CHANGE_CALLS
    too_much = is_measured and changed is not None and changed.low > demands.max_changed
    stops = too_much or any(rule.stops for rule in rules)
    all_of = {rule.standing for rule in rules}
    standing = Standing.PROVED
    if too_much or Standing.REFUTED in all_of:
        standing = Standing.REFUTED
    elif Standing.NOT_PROVED in all_of:
        standing = Standing.NOT_PROVED
    return Gate(standing, tuple(rules), changed, too_much, stops)
