"""A changed list judges a call as before unless the call holds what the list gained or lost."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from benchlib.list_changes import NARROW, variants

from qa.codec import encode, said_in
from qa.scoring.check import MIN_ROLE_CONFIDENCE, Check, Scene
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.reach import Reach
from qa.scoring.ruleset import Rule, check_of, load_ruleset
from qa.scoring.scorecard import judge_rule
from qa.scoring.spotting import Guards, Policy
from qa.scoring.sweep import Said, Sweep
from qa.types import Role, Transcript, Verdict

RULES = {rule.rule_id: rule for rule in load_ruleset("heating-repair").rules}
CHECKS = {i: rule.check for i, rule in RULES.items() if rule.check.kind in NARROW}
SEEDS = 2


def heard_badly(transcript: Transcript) -> Transcript:
    """Words of little confidence, about which rules ask the sound."""
    utterances = [
        replace(u, words=tuple(replace(w, confidence=0.45) for w in u.words), confidence=0.45)
        for u in transcript.utterances
    ]
    return replace(transcript, utterances=tuple(utterances))


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    """Calls of the rules' own examples, so that much is nearly there."""
    examples = [example for rule in RULES.values() for example in rule.examples][::9]
    return [
        Scene(heard_badly(e.transcript) if number % 2 else e.transcript, e.call)
        for number, e in enumerate(examples)
    ]


def said_by(scene: Scene) -> Said | None:
    texts = said_in(encode(scene.transcript), MIN_ROLE_CONFIDENCE)
    return None if texts is None else Said(*texts)


def verdicts(rule: Rule, scenes: Sequence[Scene]) -> list[Verdict]:
    return [judge_rule(rule, scene) for scene in scenes]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_calls_that_a_change_does_not_reach_are_judged_as_before(
    scenes: list[Scene], seed: int
) -> None:
    told = [(scene, said) for scene in scenes if (said := said_by(scene)) is not None]
    calls = [scene for scene, _ in told]
    texts = [u.text for scene in calls for u in scene.transcript.utterances]
    moved = spared = 0
    for rule_id, before, after in variants(CHECKS, texts, seed):
        reach = after.reach(before)
        assert reach is not None
        named = Sweep({rule_id: reach}).reached([said for _, said in told])
        old = verdicts(RULES[rule_id], calls)
        new = verdicts(replace(RULES[rule_id], check=after), calls)
        for rules, was, now in zip(named, old, new, strict=True):
            assert was == now or rules == {rule_id}
            moved += was != now
            spared += not rules
    assert moved > 5  # else nothing was proven
    assert spared > len(calls)


def test_what_both_sides_said_is_what_their_tracks_hold(scenes: list[Scene]) -> None:
    for scene in scenes:
        said = said_by(scene)
        if said is None:
            assert not scene.roles_known
        else:
            for role in (Role.AGENT, Role.CUSTOMER):
                spoken = [u.text for u in scene.transcript.utterances if u.role is role]
                assert getattr(said, role.value) == "".join(spoken)
    unknown = parse_dialogue("未知: 不归我们管。\n坐席: 好。")
    assert said_in(encode(unknown), MIN_ROLE_CONFIDENCE) is None
    unsure = parse_dialogue("坐席: 不归我们管。")
    utterances = tuple(replace(u, role_confidence=0.5) for u in unsure.utterances)
    assert said_in(encode(replace(unsure, utterances=utterances)), MIN_ROLE_CONFIDENCE) is None


def check_with(kind: str, **parameters: Any) -> Check:
    return CHECKS[kind].__class__(**parameters)


PHRASES = ("不归我们管", "您爱找谁找谁", "不知道")


@pytest.mark.parametrize(
    "change",
    [
        {"phrases": PHRASES[::-1]},
        {"policy": Policy(unsure_chars=0.3)},
        {"phrases": (*PHRASES, "另请高明"), "policy": Policy(convict_chars=0.9)},
    ],
)
def test_other_changes_reach_every_call(change: Mapping[str, Any]) -> None:
    before = check_with("FP02", phrases=PHRASES)
    assert check_with("FP02", **{"phrases": PHRASES, **change}).reach(before) is None
    assert before.reach(CHECKS["IP01"]) is None
    assert RULES["GR01"].check.reach(RULES["GR01"].check) is None


@pytest.mark.parametrize(
    ("change", "text", "reached"),
    [
        ({"phrases": (*PHRASES, "另请高明吧您")}, "那您零请高明吧您", True),
        ({"phrases": (*PHRASES, "另请高明吧您")}, "那您另请", False),
        ({"phrases": PHRASES[1:]}, "这不归我们馆", True),
        ({"phrases": PHRASES[1:]}, "这归物业", False),
        ({"doubtful": ("归物业",)}, "归物业", True),
        ({"asked": ("不归我们管",)}, "不归你们馆", True),
        ({"asked": ("不归我们管",)}, "好的，再见", False),
        ({"guards": Guards(unless=("不知道您的",))}, "不知道您的地址", True),
        ({"guards": Guards(unless=("不知道您的",))}, "不知道", False),
        ({"guards": Guards(quoted_after=("师傅说",))}, "师傅跟您说说，", True),
        ({"guards": Guards(quoted_after=("师傅说",))}, "师傅讲，", False),
        ({"guards": Guards(excused_by=("给您登记",))}, "我给您登记", True),
        ({"guards": Guards(excused_by=("给您登记",))}, "我给您查", False),
        ({"phrases": (*PHRASES, "另请高明吧您")}, "㍿", True),  # becomes several characters
        ({"phrases": (*PHRASES, "另请高明吧您")}, "🙂", True),  # is two in UTF-16
    ],
)
def test_what_a_change_reaches(change: Mapping[str, Any], text: str, reached: bool) -> None:
    before = check_with("FP02", phrases=PHRASES)
    reach = check_with("FP02", **{"phrases": PHRASES, **change}).reach(before)
    assert reach is not None
    sweep = Sweep({"FP02": reach})
    words = Said("您好。" + text + "。", ""), Said("您好。", text), Said("", "")
    assert [bool(rules) for rules in sweep.reached(words)] == [reached, False, False]


def test_prompts_come_and_go_for_every_call() -> None:
    before = check_with("EV01", phrases=("提个建议",))
    assert check_with("EV01", phrases=("提个建议",), prompts=("有建议吗",)).reach(before) is None


def test_an_unchanged_check_reaches_nothing() -> None:
    chance = random.Random(1)
    for rule_id, check in CHECKS.items():
        assert check.reach(check) == Reach()
        sweep = Sweep({rule_id: Reach()})
        texts = "".join(chance.choices("不归我们管好的", k=40))
        assert sweep.reached([Said(texts, texts)]) == [frozenset()]


def test_a_check_comes_back_from_what_was_kept_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for rule in RULES.values():
        assert check_of(rule.content) == rule.check
    content = RULES["FP02"].content
    assert check_of(content.replace("phrase_absent", "a_kind_of_old")) is None
    assert check_of(content.replace('"phrases"', '"words"')) is None
    monkeypatch.setattr("qa.scoring.ruleset_model.SCORING_REVISION", 10_000)
    assert check_of(content) is None
