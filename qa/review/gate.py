"""What a ruleset version must show before it may be published. Pure.

Three answers, never two: a rule that costs money is proved, refuted, or simply not proved. A new
installation has no labels, so that "not proved" alone stops nobody unless the settings say so; it
is written down with the publication and shown wherever the ruleset is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from qa.review.backtest import RuleProof
from qa.review.exact import Share
from qa.types import Grade

MIN_CHANGE_CALLS = 30
"""Fewer calls judged by both rulesets say nothing of how much changes."""


class Standing(StrEnum):
    """What the labels say of a rule, or the gate of a version."""

    PROVED = "proved"
    NOT_PROVED = "not_proved"
    """Too few labels to say either."""
    REFUTED = "refuted"
    """Enough labels, and too many of its flags were wrong."""


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
    """One fine rule at the gate; `is_new` where it differs from the one in force."""

    rule_id: str
    standing: Standing
    is_new: bool
    precision: Share | None


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

    Few labels refute as well, where even the upper end of the interval stays below the demand.
    """
    precision = proof.precision if proof else None
    if precision is None:
        return Standing.NOT_PROVED
    if precision.high < demands.min_precision:
        return Standing.REFUTED
    if precision.whole < demands.min_labels:
        return Standing.NOT_PROVED
    return Standing.PROVED if precision.low >= demands.min_precision else Standing.REFUTED


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
            precision = proof.precision if proof else None
            rules.append(RuleGate(rule_id, standing, rule_id not in unchanged, precision))
    is_measured = changed is not None and changed.whole >= MIN_CHANGE_CALLS
    too_much = is_measured and changed is not None and changed.low > demands.max_changed
    held = {rule.standing for rule in rules if rule.is_new}
    stops = too_much or Standing.REFUTED in held
    if not demands.unproved_may_publish:
        stops = stops or Standing.NOT_PROVED in held
    all_of = {rule.standing for rule in rules}
    standing = Standing.PROVED
    if too_much or Standing.REFUTED in all_of:
        standing = Standing.REFUTED
    elif Standing.NOT_PROVED in all_of:
        standing = Standing.NOT_PROVED
    return Gate(standing, tuple(rules), changed, too_much, stops)
