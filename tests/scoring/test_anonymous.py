"""Mono recordings without roles: what nobody said is not the agent's; what was said waits."""

import pytest

from qa.scoring.check import Scene
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import load_ruleset
from qa.types import Call, Outcome

POLITE = "未知: 您好，请讲。\n未知: 我家暖气不热。\n未知: 好的，我给您登记，再见。"
CASES = [
    ("FP01", POLITE, Outcome.MET),
    ("FP01", POLITE + "\n未知: 你有病吧你！", Outcome.UNDECIDED),
    ("FP02", POLITE, Outcome.MET),
    ("FP02", POLITE + "\n未知: 这个不归我们管。", Outcome.UNDECIDED),
    ("FP03", POLITE, Outcome.MET),
    ("FP03", "未知: 我不知道。我帮您查一下。", Outcome.UNDECIDED),
    ("FP04", POLITE, Outcome.MET),
    ("FP05", POLITE, Outcome.MET),
    ("IP01", POLITE, Outcome.MET),
    ("IP01", POLITE + "\n未知: 保证今天给您修好。", Outcome.UNDECIDED),
    ("MG01", POLITE, Outcome.MET),
]


@pytest.mark.parametrize(("rule", "dialogue", "outcome"), CASES)
def test_what_nobody_said(rule: str, dialogue: str, outcome: Outcome) -> None:
    found = load_ruleset("heating-repair").rule(rule)
    assert found is not None
    verdict = found.check.run(Scene(parse_dialogue(dialogue), Call("x")))
    assert verdict.outcome is outcome
    assert (verdict.reason == "role_unknown") is (outcome is Outcome.UNDECIDED)


@pytest.mark.parametrize(
    ("dialogue", "outcome"),
    [
        ("未知: 对不起，让您久等了，您好。", Outcome.MET),
        ("未知: 您好，请讲。未知: 暖气不热。", Outcome.VIOLATED),
        ("未知: 您好，请讲。\n未知: 暖气不热，不好意思啊。", Outcome.UNDECIDED),
    ],
)
def test_an_apology_that_nobody_made(dialogue: str, outcome: Outcome) -> None:
    found = load_ruleset("heating-repair").rule("TM02")
    assert found is not None
    scene = Scene(parse_dialogue(dialogue), Call("x", ring_count=6))
    assert found.check.run(scene).outcome is outcome
