"""The condition language: each operator both ways, unknown things, errors with their lines."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from qa.errors import RulesetError
from qa.scoring.check import Scene
from qa.scoring.checks.condition import ConditionHolds
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import parse_ruleset
from qa.scoring.ruleset_schema import call_model, parameters_model
from qa.types import Outcome, Role, Transcript, Verdict

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "conditions.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.S)
RULESET = """\
id: mine
title: 我的规则
title_en: Mine
version: 1
groups:
  language: {title: 用语, title_en: Language}
rules:
"""
YES, NO, UNSURE = Outcome.MET, Outcome.VIOLATED, Outcome.UNDECIDED


def build(parameters: dict[str, Any]) -> ConditionHolds:
    model = parameters_model(ConditionHolds).model_validate({"value": parameters})
    check: ConditionHolds = getattr(model, "value")  # noqa: B009
    return check


def judge(parameters: dict[str, Any], dialogue: str | Transcript, **call: Any) -> Verdict:
    transcript = parse_dialogue(dialogue) if isinstance(dialogue, str) else dialogue
    known = call_model().model_validate({"value": {"call_id": "x", **call}})
    return build(parameters).run(Scene(transcript, getattr(known, "value")))  # noqa: B009


def holds(condition: str, dialogue: str, **call: Any) -> Outcome:
    return judge({"condition": yaml.safe_load(condition)}, dialogue, **call).outcome


CASES = [
    ("{phrase: 请稍等}", "坐席: 请稍等。", YES),
    ("{phrase: 请稍等}", "客户: 请稍等。\n坐席: 好。", NO),
    ("{phrase: 请稍等, by: customer}", "客户: 请稍等。", YES),
    ("{phrase: 请稍等, by: anyone}", "客户: 请稍等。", YES),
    ("{phrase: 请稍等, by: anyone}", "未知: 请稍等。", YES),
    ("{phrase: 请稍等}", "未知: 请稍等。", UNSURE),
    ("{phrase: 感谢您的耐心等待}", "坐席: 感谢您的耐信等带。", YES),
    ("{phrase: 感谢您的耐心等待, match: characters}", "坐席: 感谢您的耐信等带。", NO),
    ("{phrase: 感谢您的耐心等待, match: characters}", "坐席: 感谢您的耐心等待。", YES),
    ("{phrase: 感谢您的耐心等待, similarity: 1.0}", "坐席: 感谢您的耐听等待。", UNSURE),
    ("{phrase: [谢谢, 请, 您], at_least: 2}", "坐席: 请您讲。", YES),
    ("{phrase: [谢谢, 请, 您], at_least: 2}", "坐席: 您讲。", NO),
    ("{phrase: [您贵姓, 您的电话], all_of: true}", "坐席: 您贵姓？您的电话？", YES),
    ("{phrase: [您贵姓, 您的电话], all_of: true}", "坐席: 您贵姓？", NO),
    ("{regex: '[0-9]+[块元]'}", "坐席: 材料费35块。", YES),
    ("{regex: '[0-9]+[块元]'}", "坐席: 材料费三十五块。", NO),
    ("{regex: '费.三十'}", "坐席: 材料费，三十五块。", YES),
    ("{regex: '(a+)+$'}", "坐席: " + "a" * 200 + "你", NO),
    ("{similar: 请问还有什么可以帮您的吗}", "坐席: 请问还有什么可以帮你的？", YES),
    ("{similar: 请问还有什么可以帮您的吗}", "坐席: 请问您家在哪里？", NO),
    ("{repeated: 3}", "坐席: 我不是说了吗。我不是说了吗。好。我不是说了嘛。", YES),
    ("{repeated: 3}", "坐席: 我不是说了吗。我不是说了吗。好的。好的。好的。", NO),
    (
        "{phrase: 您好, where: {first_turns: 1}}",
        "坐席: 喂。\n客户: 我家暖气不热。\n坐席: 您好。",
        NO,
    ),
    ("{phrase: 您好, where: {first_turns: 1}}", "坐席: 您好。\n客户: 我家暖气不热。", YES),
    ("{phrase: 您好, where: {first_s: 5}}", "坐席: 喂。\n(停顿 12秒)\n坐席: 您好。", NO),
    ("{phrase: 再见, where: {last_turns: 1}}", "坐席: 再见。\n客户: 等一下再挂。\n坐席: 好。", NO),
    ("{phrase: 再见, where: {window: closing}}", "坐席: 感谢来电，再见。", YES),
    ("{phrase: 再见, by: customer, where: {window: closing}}", "坐席: 好。\n客户: 再见。", YES),
    ("{all: [{phrase: 您好}, {phrase: 再见}]}", "坐席: 您好。再见。", YES),
    ("{all: [{phrase: 您好}, {phrase: 再见}]}", "坐席: 您好。", NO),
    ("{any: [{phrase: 您好}, {phrase: 再见}]}", "坐席: 您好。", YES),
    ("{any: [{phrase: 您好}, {phrase: 再见}], at_least: 2}", "坐席: 您好。", NO),
    ("{not: {phrase: 您好}}", "坐席: 喂。", YES),
    ("{not: {phrase: 您好}}", "坐席: 您好。", NO),
    ("{not: {phrase: 您好}}", "未知: 您好。", UNSURE),
    ("{sequence: [{phrase: 您好}, {phrase: 再见}]}", "坐席: 您好。\n客户: 嗯。\n坐席: 再见。", YES),
    ("{sequence: [{phrase: 再见}, {phrase: 您好}]}", "坐席: 您好。\n客户: 嗯。\n坐席: 再见。", NO),
    (
        "{sequence: [{phrase: 您好}, {phrase: 再见}], max_gap_turns: 1}",
        "坐席: 您好。\n客户: 嗯。\n坐席: 再见。",
        NO,
    ),
    (
        "{sequence: [{phrase: 您好}, {phrase: 再见}], max_gap_s: 3}",
        "坐席: 您好。\n(停顿 5秒)\n坐席: 再见。",
        NO,
    ),
    ("{near: [{phrase: 收费}, {phrase: 保修期}], max_gap_chars: 5}", "坐席: 保修期内不收费。", YES),
    (
        "{near: [{phrase: 收费}, {phrase: 保修期}], max_gap_chars: 5}",
        "坐席: 保修期这个事我给您登记，维修师傅上门再说收费。",
        NO,
    ),
    (
        "{after: {phrase: 投诉, by: customer}, find: {phrase: 对不起}}",
        "客户: 投诉！\n坐席: 对不起。",
        YES,
    ),
    (
        "{after: {phrase: 投诉, by: customer}, find: {phrase: 对不起}}",
        "坐席: 对不起。\n客户: 投诉！",
        NO,
    ),
    ("{before: {phrase: 再见}, find: {phrase: 还有什么}}", "坐席: 还有什么问题？再见。", YES),
    ("{before: {phrase: 再见}, find: {phrase: 还有什么}}", "坐席: 再见。还有什么问题？", NO),
    ("{count: {phrase: 您, match: characters}, at_least: 2}", "坐席: 您请您讲。", YES),
    ("{count: {phrase: 您, match: characters}, at_most: 1}", "坐席: 您请您讲。", NO),
    ("{silence: 10}", "坐席: 您好。\n(停顿 12秒)\n客户: 喂。", YES),
    ("{silence: 10}", "坐席: 您好。\n(停顿 5秒)\n客户: 喂。", NO),
    (
        "{overlap: 1, started_by: agent}",
        "[00:00-00:03]客户: 我家暖气昨天晚上就不热了\n[00:01-00:03]坐席: 您先听我跟您说啊",
        YES,
    ),
    (
        "{overlap: 1, started_by: customer}",
        "[00:00-00:03]客户: 我家暖气昨天晚上就不热了\n[00:01-00:03]坐席: 您先听我跟您说啊",
        NO,
    ),
    (
        "{rate: {above: 320}}",
        "[00:00-00:02]坐席: 您好大龙供暖报修幺零八为您服务请问您有什么问题",
        YES,
    ),
    ("{rate: {above: 320}}", "[00:00-00:10]坐席: 您好大龙供暖报修", NO),
    ("{rate: {below: 160}}", "未知: 您好。", UNSURE),
    (
        "{rate: {above: 320}, per: utterance}",
        "[00:00-00:02]坐席: 您好大龙供暖报修幺零八为您服务\n[00:09-00:19]坐席: 好",
        YES,
    ),
    (
        "{rate: {above: 320}, per: utterance, min_chars: 30}",
        "[00:00-00:02]坐席: 您好大龙供暖报修为您服务",
        NO,
    ),
    ("{phrase: [收费, 保修期], all_of: true, within: sentence}", "坐席: 保修期内不收费。", YES),
    ("{phrase: [收费, 保修期], all_of: true, within: sentence}", "坐席: 保修期过了。不收费。", NO),
    ("{phrase: [收费, 保修期], all_of: true, within: turn}", "坐席: 保修期过了。不收费。", YES),
    (
        "{phrase: [收费, 保修期], all_of: true, within: turn}",
        "坐席: 保修期过了。\n客户: 那怎么办啊？\n坐席: 不收费。",
        NO,
    ),
    ("{regex: 退.*钱, unless: 不能}", "坐席: 退您的钱。", YES),
    ("{regex: 退.*钱, unless: 不能}", "坐席: 不能退您的钱。", NO),
    ("{repeated: 2, within_sentences: 2}", "坐席: 请您稍等一下。我查查。请您稍等一下。", NO),
    ("{repeated: 2, within_sentences: 3}", "坐席: 请您稍等一下。我查查。请您稍等一下。", YES),
    ("{repeated: 2, except: [稍等]}", "坐席: 请您稍等一下。请您稍等一下。", NO),
    ("{silence: 5, after: customer, before: agent}", "客户: 在吗？\n(停顿 8秒)\n坐席: 在。", YES),
    ("{silence: 5, after: customer, before: agent}", "坐席: 在吗？\n(停顿 8秒)\n客户: 在。", NO),
    (
        "{after: {phrase: 投诉, by: customer}, nth: 2, find: {phrase: 对不起}}",
        "客户: 投诉！\n坐席: 对不起。\n客户: 我要投诉！",
        NO,
    ),
    (
        "{after: {phrase: 投诉, by: customer}, nth: -1, find: {phrase: 对不起}}",
        "客户: 投诉！\n坐席: 好。\n客户: 我要投诉！\n坐席: 对不起。",
        YES,
    ),
]


@pytest.mark.parametrize(("condition", "dialogue", "outcome"), CASES)
def test_operator(condition: str, dialogue: str, outcome: Outcome) -> None:
    assert holds(condition, dialogue) is outcome


METADATA = [
    ("{metadata: ring_count, at_least: 4}", {"ring_count": 5}, YES),
    ("{metadata: ring_count, at_least: 4}", {"ring_count": 2}, NO),
    ("{metadata: ring_count, at_least: 4}", {}, UNSURE),
    ("{metadata: ring_count, known: true}", {}, NO),
    ("{metadata: direction, is: outbound}", {"direction": "outbound"}, YES),
    ("{metadata: agent_id, is: ['108', '109']}", {"agent_id": "109"}, YES),
    ("{metadata: weekday, at_least: 6}", {"started_at": "2025-11-22T09:00:00+08:00"}, YES),
    ("{metadata: hour, is: [8, 9]}", {"started_at": "2025-11-22T10:00:00+08:00"}, NO),
    ("{metadata: duration_s, at_most: 60}", {}, YES),
    (
        "{metadata: station, is: 城东维修站}",
        {"ticket": {"ticket_id": "1", "station": "城东维修站"}},
        YES,
    ),
]


@pytest.mark.parametrize(("condition", "call", "outcome"), METADATA)
def test_metadata(condition: str, call: dict[str, Any], outcome: Outcome) -> None:
    assert holds(condition, "坐席: 您好。", **call) is outcome


@pytest.mark.parametrize(
    ("known", "unknown", "together"),
    [("all", False, NO), ("all", True, UNSURE), ("any", True, YES), ("any", False, UNSURE)],
)
def test_what_is_unknown_decides_only_where_it_matters(
    known: str, unknown: bool, together: Outcome
) -> None:
    other = "您好" if unknown else "再见"
    condition = {known: [{"metadata": "ring_count", "at_least": 4}, {"phrase": other}]}
    assert judge({"condition": condition}, "坐席: 您好。").outcome is together


def test_loud_utterances_stand_out_from_the_speakers_own_median() -> None:
    lines = "坐席: 您好请问您有什么问题\n客户: 我家暖气不热\n" * 3
    transcript = parse_dialogue(lines + "坐席: 你到底听没听懂我说的话")
    levels = [-20.0] * (len(transcript.utterances) - 1) + [-8.0]
    loud = tuple(
        replace(u, level_dbfs=level) for u, level in zip(transcript.utterances, levels, strict=True)
    )
    assert judge({"condition": {"loud": 8}}, replace(transcript, utterances=loud)).outcome is YES
    assert judge({"condition": {"loud": 15}}, replace(transcript, utterances=loud)).outcome is NO
    assert judge({"condition": {"loud": 8}}, transcript).outcome is UNSURE


def test_evidence_quotes_the_words_and_their_speaker() -> None:
    verdict = judge({"condition": {"phrase": "别挂", "by": "customer"}}, "客户: 你先别挂啊。")
    assert [(m.quote, m.role) for m in verdict.matches] == [("别挂", Role.CUSTOMER)]


def test_a_doubtful_phrase_asks_the_sound() -> None:
    transcript = parse_dialogue("坐席: 感谢您的耐听等待。")
    scene = Scene(transcript, call_model().model_validate({"value": {"call_id": "x"}}).value)
    check = build({"condition": {"phrase": "感谢您的耐心等待", "similarity": 0.95}})
    assert check.run(scene).outcome is UNSURE
    assert [q.hypotheses for q in scene.asked] == [("感谢您的耐心等待",)]


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_every_example_of_the_page_can_be_pasted(block: str) -> None:
    if block.lstrip().startswith("- id"):
        ruleset = parse_ruleset(RULESET + block, source="page")
        for rule in ruleset.rules:
            for example in rule.examples:
                scene = Scene(example.transcript, example.call)
                assert rule.check.run(scene).outcome is example.outcome
    else:
        assert judge(yaml.safe_load(block), "坐席: 您好。\n客户: 你好。").outcome in Outcome


RULE = """\
  - id: XY01
    title: 规则
    title_en: A rule
    group: language
    regulations: ["001 §1"]
    check: condition
    parameters:
      condition:
        all:
          - {phrase: 您好}
          - BAD
    grade: score
    points: 2
    examples:
      - {outcome: MET, dialogue: "坐席: 您好"}
      - {outcome: VIOLATED, dialogue: "坐席: 喂"}
"""
BAD = {
    "{phrase: 您好, bye: agent}": "unknown key",
    "{phras: 您好}": "exactly one of",
    "{phrase: 您好, regex: 您}": "exactly one of",
    "{regex: '(您'}": "missing )",
    "{phrase: ''}": "empty",
    "{metadata: rings, at_least: 2}": "no metadata 'rings'",
    "{near: [{phrase: 您好}, {phrase: 再见}]}": "max_gap",
    "{count: {metadata: hour, is: 3}, at_least: 2}": "has none",
    "{phrase: [您好, 再见], at_least: 3}": "at_least",
    "{phrase: 您好, by: boss}": "'agent', 'customer' or 'anyone'",
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_condition_names_its_line(bad: str) -> None:
    with pytest.raises(RulesetError) as caught:
        parse_ruleset(RULESET + RULE.replace("BAD", bad), source="mine.yaml")
    line = (RULESET + RULE).splitlines().index("          - BAD") + 1
    assert f"line {line}:" in str(caught.value)
    assert BAD[bad] in str(caught.value)
