"""Precision, recall and F1 per rule, VIOLATED being the positive class.

Of the rules that listen for something (praise, events) the positive class is MET: heard.

UNDECIDED is a class of its own: on a call labelled VIOLATED it is a miss for recall, on any other
it is no false alarm; its share is shown apart. A rule without a violated label has neither recall
nor F1 (`n/a`): only its false alarms count. Macro accuracy is the mean, over the outcomes that
occur in the labels, of the share of calls with that label that got that outcome.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa.types import Outcome

LISTENING = ("PR", "EV")
"""Families of rules that are MET when heard, and else not applicable."""


@dataclass(frozen=True)
class Judgement:
    """What one system found for one rule on one call, beside the label."""

    call_id: str
    rule_id: str
    expected: Outcome
    got: Outcome

    @property
    def is_wrong(self) -> bool:
        """Whether the outcome is not the label."""
        return self.got is not self.expected

    @property
    def positive(self) -> Outcome:
        """The outcome that this rule is there to find."""
        return Outcome.MET if self.rule_id.startswith(LISTENING) else Outcome.VIOLATED


@dataclass(frozen=True)
class Tally:
    """Counts over judgements; see the module for how UNDECIDED counts."""

    judgements: tuple[Judgement, ...]

    def _count(self, expected: bool, got: bool) -> int:
        return sum(
            (one.expected is one.positive) is expected and (one.got is one.positive) is got
            for one in self.judgements
        )

    @property
    def hits(self) -> int:
        """Violations found (true positives)."""
        return self._count(True, True)

    @property
    def false_alarms(self) -> int:
        """Calls called violated that are not."""
        return self._count(False, True)

    @property
    def misses(self) -> int:
        """Violations not found, undecided ones among them."""
        return self._count(True, False)

    @property
    def undecided(self) -> int:
        """Calls left to a person."""
        return sum(one.got is Outcome.UNDECIDED for one in self.judgements)

    @property
    def undecided_rightly(self) -> int:
        """Calls left to a person whose label is UNDECIDED too."""
        both = (Outcome.UNDECIDED, Outcome.UNDECIDED)
        return sum((one.expected, one.got) == both for one in self.judgements)

    @property
    def undecided_share(self) -> float | None:
        """Share of calls left to a person."""
        return self.undecided / len(self.judgements) if self.judgements else None

    @property
    def precision(self) -> float | None:
        """Share of the found violations that are violations; None when none was found."""
        found = self.hits + self.false_alarms
        return self.hits / found if found else None

    @property
    def recall(self) -> float | None:
        """Share of the violations that were found; None when there is none."""
        due = self.hits + self.misses
        return self.hits / due if due else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None when there is no violation to find."""
        if not self.hits + self.misses:
            return None
        return 2 * self.hits / (2 * self.hits + self.false_alarms + self.misses)

    @property
    def macro_accuracy(self) -> float | None:
        """Mean share of right outcomes over the outcomes that the labels hold."""
        shares = []
        for outcome in {one.expected for one in self.judgements}:
            due = [one for one in self.judgements if one.expected is outcome]
            shares.append(sum(not one.is_wrong for one in due) / len(due))
        return sum(shares) / len(shares) if shares else None


def tally(judgements: Iterable[Judgement], rule_ids: Sequence[str]) -> Tally:
    """Count the judgements of some rules."""
    return Tally(tuple(one for one in judgements if one.rule_id in rule_ids))
