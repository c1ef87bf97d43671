"""Rules that analysts write themselves, in the condition language."""

from dataclasses import dataclass
from typing import Literal

from qa.scoring.check import Check, Example, Scene
from qa.scoring.conditions.evaluate import evaluate
from qa.scoring.conditions.model import Condition
from qa.scoring.conditions.places import Field
from qa.scoring.conditions.result import Result
from qa.types import Match, Outcome, Verdict

MOST_EVIDENCE = 10


@dataclass(frozen=True)
class ConditionHolds(Check):
    """A condition in the analyst's own words holds, or does not.

    Why: no list of built-in checks knows every company's rules.
    Mistakes: those of its parts: phrases go by sound unless `match: characters` is asked for, and
    what falls just short of its similarity is put to the sound. What cannot be told (roles,
    metadata, a doubtful phrase) makes the rule undecided wherever it could change the outcome.

    Attributes:
        condition: what is looked for; the operators are described in docs/reference/conditions.md.
        expect: `must` (VIOLATED where it does not hold), `must_not` (VIOLATED where it does), or
            `listen` (MET where it holds, else NOT_APPLICABLE).
        when: the rule applies only where this holds; otherwise NOT_APPLICABLE.
    """

    kind = "condition"
    condition: Condition
    expect: Literal["must", "must_not", "listen"] = "must"
    when: Condition | None = None
    examples = (
        Example(
            {"condition": {"phrase": ["请稍等", "您稍等"]}},
            "坐席: 请稍等，我查一下。",
            Outcome.MET,
        ),
        Example(
            {"condition": {"phrase": "别挂", "by": "customer"}, "expect": "must_not"},
            "客户: 你先别挂啊。",
            Outcome.VIOLATED,
        ),
        Example(
            {
                "condition": {"phrase": "感谢您的耐心等待"},
                "when": {"metadata": "ring_count", "at_least": 4},
            },
            "坐席: 您好。",
            Outcome.NOT_APPLICABLE,
            {"ring_count": 2},
        ),
        Example(
            {
                "condition": {"phrase": "感谢您的耐心等待"},
                "when": {"metadata": "ring_count", "at_least": 4},
            },
            "坐席: 您好。",
            Outcome.UNDECIDED,
            {"ring_count": None},
        ),
        Example(
            {
                "condition": {
                    "sequence": [
                        {"phrase": "多少钱", "by": "customer"},
                        {"regex": "[0-9零一二三四五六七八九十百两]+[块元]"},
                    ],
                    "max_gap_turns": 1,
                }
            },
            "客户: 换个阀门多少钱？\n坐席: 材料费三十五块。",
            Outcome.MET,
        ),
    )

    def run(self, scene: Scene) -> Verdict:
        """Evaluate the condition, and whether it is due at all."""
        field = Field(scene)
        if self.when is not None:
            due = evaluate(self.when, field)
            if due.truth is False:
                return Verdict(Outcome.NOT_APPLICABLE, "condition_not_due")
            if due.truth is None:
                return self._unknown(due)
        result = evaluate(self.condition, field)
        if result.truth is None:
            return self._unknown(result)
        reason = "condition_holds" if result.truth else "condition_fails"
        evidence = _evidence(result) if result.truth else ()
        return Verdict(self._outcome(result.truth), reason, matches=evidence)

    def _outcome(self, holds: bool) -> Outcome:
        if self.expect == "listen":
            return Outcome.MET if holds else Outcome.NOT_APPLICABLE
        return Outcome.MET if holds == (self.expect == "must") else Outcome.VIOLATED

    @staticmethod
    def _unknown(result: Result) -> Verdict:
        near = [place.match for place in result.places if place.match]
        nearest = max(near, key=lambda match: match.similarity, default=None)
        return Verdict(Outcome.UNDECIDED, result.unknown, nearest=nearest)


def _evidence(result: Result) -> tuple[Match, ...]:
    found = [place.match for place in result.places if place.match and place.sure]
    return tuple(found[:MOST_EVIDENCE])
