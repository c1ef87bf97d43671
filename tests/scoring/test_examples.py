"""Every example of every bundled ruleset and of every check comes out as it says."""

from collections.abc import Iterator
from typing import Any

import pytest

from qa.scoring.check import Check, Example, Scene
from qa.scoring.checks import load_checks
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import Rule, RuleExample, bundled_rulesets, load_ruleset
from qa.scoring.ruleset_schema import call_model, parameters_model
from qa.types import Outcome, Verdict
from qa.wording import REASONS


def examples() -> Iterator[Any]:
    for kind, check in load_checks().items():
        for number, example in enumerate(check.examples, start=1):
            yield pytest.param(check, example, id=f"check-{kind}-{number}")
    for name in bundled_rulesets():
        for rule in load_ruleset(name).rules:
            for number, rule_example in enumerate(rule.examples, start=1):
                yield pytest.param(rule, rule_example, id=f"{name}-{rule.rule_id}-{number}")


def run_check_example(check: type[Check], example: Example) -> Verdict:
    """Fill a check from its example's parameters as the loader would."""
    model = parameters_model(check).model_validate({"value": dict(example.parameters)})
    metadata = {"call_id": "example", **(example.call or {})}
    call = call_model().model_validate({"value": metadata})
    scene = Scene(parse_dialogue(example.dialogue), getattr(call, "value"))  # noqa: B009
    verdict: Verdict = getattr(model, "value").run(scene)  # noqa: B009
    return verdict


@pytest.mark.parametrize(("subject", "example"), list(examples()))
def test_example(subject: type[Check] | Rule, example: Example | RuleExample) -> None:
    if isinstance(subject, Rule):
        assert isinstance(example, RuleExample)
        verdict = subject.judging(example).check.run(Scene(example.transcript, example.call))
    else:
        assert isinstance(example, Example)
        verdict = run_check_example(subject, example)
    assert verdict.outcome is example.outcome, verdict
    assert verdict.reason in REASONS
    names = [name for name, _ in verdict.details]
    assert names == sorted(names)


@pytest.mark.parametrize("kind", load_checks())
def test_each_check_shows_more_than_one_outcome(kind: str) -> None:
    outcomes = {example.outcome for example in load_checks()[kind].examples}
    assert Outcome.MET in outcomes
    assert len(outcomes) > 1
