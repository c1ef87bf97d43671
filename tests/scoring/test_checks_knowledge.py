"""MG01 beyond its own examples: the call set's form of entries, matching by example."""

from typing import Any

import pytest

from qa.scoring.check import Scene
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import Rule, load_ruleset
from qa.types import Call, Outcome, Verdict

MET, VIOLATED = Outcome.MET, Outcome.VIOLATED
ENTRIES: list[dict[str, Any]] = [
    {
        "id": "X1",
        "topic": "烟道",
        "wrong": "住户可以自己清理烟道",
        "right": "烟道由专业人员清理",
        "examples": ["您自己拿根棍子把烟道捅一捅就通了", "好的"],
    },
    {
        "id": "X2",
        "topic": "表具押金",
        "wrong": "换表要交两百块押金",
        "right": "换表不收押金",
        "examples": ["换表得先交两百块钱押金"],
    },
    {"id": "X3", "topic": "放水", "wrong": "自己放水", "right": "不要放水", "examples": []},
]


def _rule(entries: list[dict[str, Any]]) -> Rule:
    rule = load_ruleset("heating-repair", values={"knowledge": entries}).rule("MG01")
    assert rule is not None
    return rule


def _judge(dialogue: str, entries: list[dict[str, Any]] = ENTRIES) -> Verdict:
    scene = Scene(parse_dialogue(dialogue), Call("test"))
    return _rule(entries).check.run(scene)


@pytest.mark.parametrize(
    ("dialogue", "outcome"),
    [
        ("坐席: 您自己拿根棍子把烟道捅一捅就通了。", VIOLATED),
        ("坐席: 您就自己拿个棍子，把那个烟道捅一捅，就通了。", VIOLATED),
        ("坐席: 您自己拿根棍子把烟到捅一捅就通了。", VIOLATED),
        ("坐席: 您不要自己拿根棍子把烟道捅一捅。", MET),
        ("坐席: 烟道由我们的人清理，您等一下。", MET),
        ("坐席: 您说您自己拿根棍子把烟道捅一捅就通了，是吗？", MET),
        ("客户: 您自己拿根棍子把烟道捅一捅就通了？\n坐席: 好的。", MET),
        ("坐席: 换表您得先交两百块押金。", VIOLATED),
        ("坐席: 换表您得先交三百块押金。", MET),
        ("坐席: 换表不用先交两百块押金。", MET),
        ("坐席: 好的。", MET),
        ("坐席: 您自己把暖气片里的水放一桶就热了。", VIOLATED),
        ("坐席: 您千万不要自己放水。", MET),
    ],
)
def test_entries_are_known_by_example_or_by_topic(dialogue: str, outcome: Outcome) -> None:
    assert _judge(dialogue).outcome is outcome


def test_the_verdict_names_the_entry_and_what_is_right() -> None:
    verdict = _judge("坐席: 换表您得先交两百块押金。")
    details = dict(verdict.details)
    assert (details["entry"], details["right"]) == ("X2", "换表不收押金")
    assert "押金" in verdict.matches[0].quote


def test_a_topic_that_no_entry_names_is_not_judged() -> None:
    assert _judge("坐席: 您自己装个循环泵就行。").outcome is MET


def test_without_entries_nothing_can_be_wrong() -> None:
    verdict = _judge("坐席: 您自己装个循环泵就行。", [])
    assert (verdict.outcome, verdict.reason) == (Outcome.NOT_APPLICABLE, "knowledge_empty")


def test_a_number_misheard_is_no_wrong_number() -> None:
    entry = {"id": "T", "topic": "室温标准", "wrong": "十六度达标", "right": "十八度"}
    assert _judge("坐席: 室温十六度就算达标了。", [entry]).outcome is VIOLATED
    assert _judge("坐席: 室温16度就算达标了。", [entry]).outcome is VIOLATED
    assert _judge("坐席: 室温十八度就算达标了。", [entry]).outcome is MET
    assert _judge("坐席: 十六度不行，十八度才达标。", [entry]).outcome is MET
