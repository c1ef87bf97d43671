"""Gas service, phone etiquette, courier and trading on calls as different people hold them."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from qa.scoring.check import Scene
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import Ruleset, load_ruleset, ruleset_text
from qa.scoring.ruleset_schema import call_model
from qa.types import Call, Verdict

DIALOGUES = Path(__file__).resolve().parents[1] / "fixtures" / "dialogues"
RULESETS = ("gas-service", "phone-etiquette", "courier", "trading")
COMPANIES = {
    "gas-service": "蓝焰燃气",
    "phone-etiquette": "恒美家装",
    "courier": "顺风达物流",
    "trading": "鼎盛商贸",
}


@cache
def ruleset(name: str) -> Ruleset:
    """One centre's settings, given to every ruleset alike."""
    return load_ruleset(name, values={"companies": COMPANIES})


@cache
def example_call(name: str) -> Mapping[str, Any]:
    shared: Mapping[str, Any] = yaml.safe_load(ruleset_text(name))["example_call"]
    return shared


def judge(name: str, rule_id: str, dialogue: str, **call: Any) -> Verdict:
    metadata = {"call_id": "test", **example_call(name), **call}
    model = call_model().model_validate({"value": metadata})
    given: Call = getattr(model, "value")  # noqa: B009
    rule = ruleset(name).rule(rule_id)
    assert rule is not None, f"{name} has no rule {rule_id}"
    return rule.check.run(Scene(parse_dialogue(dialogue), given))


def conversations() -> Iterator[Any]:
    for name in RULESETS:
        for entry in yaml.safe_load((DIALOGUES / f"{name}.yaml").read_text("utf-8")):
            for rule_id, outcome in entry["outcomes"].items():
                yield pytest.param(
                    name, rule_id, entry, outcome, id=f"{name}-{rule_id}-{entry['note']}"
                )


@pytest.mark.parametrize(("name", "rule_id", "entry", "outcome"), list(conversations()))
def test_conversation(name: str, rule_id: str, entry: Mapping[str, Any], outcome: str) -> None:
    verdict = judge(name, rule_id, entry["dialogue"], **entry.get("call", {}))
    assert verdict.outcome.value == outcome, verdict
    if reason := entry.get("reasons", {}).get(rule_id):
        assert verdict.reason == reason


@pytest.mark.parametrize("name", RULESETS)
def test_each_ruleset_is_tried_on_a_dozen_conversations(name: str) -> None:
    entries = yaml.safe_load((DIALOGUES / f"{name}.yaml").read_text("utf-8"))
    assert len(entries) >= 12
    own = {rule.rule_id for rule in ruleset(name).rules if rule.rule_id[:2] in OWN}
    tried = {rule_id for entry in entries for rule_id in entry["outcomes"]}
    assert own <= tried | UNTRIED


OWN = ("GS", "PE", "CO", "TR")
UNTRIED = frozenset({"CO02"})  # its kind has tests of its own (read-back)


@pytest.mark.parametrize("name", RULESETS)
def test_every_rule_has_six_examples_and_the_shared_rules_are_there(name: str) -> None:
    rules = {rule.rule_id: rule for rule in ruleset(name).rules}
    for rule in rules.values():
        if rule.rule_id[:2] in OWN:
            assert len(rule.examples) >= 6, rule.rule_id
    assert rules.keys() >= {"FP01", "FP02", "FP03", "FP04", "IP01", "TM01", "TM02"}
    assert rules.keys() >= {"AC01", "AC02", "AC03", "AC04"}


@pytest.mark.parametrize("name", RULESETS)
def test_rules_name_sentences_of_their_own_regulation(name: str) -> None:
    own = {"gas-service": "000", "phone-etiquette": "002", "courier": "003", "trading": "004"}
    for rule in ruleset(name).rules:
        if rule.rule_id[:2] in OWN:
            assert all(r.startswith(own[name]) for r in rule.regulations), rule.rule_id


@pytest.mark.parametrize(
    ("greeting", "outcome"),
    [
        ("您好，蓝焰燃气，我是林晓。", "MET"),
        ("您好，蓝焰燃气，我叫欧阳雪。", "MET"),
        ("您好，蓝焰燃气，零三七为您服务。", "MET"),
        ("您好，蓝焰燃气37号为您服务。", "MET"),
        ("您好，蓝焰燃气客户服务中心，我姓高，请问有什么可以帮您？", "MET"),
        ("早上好，蓝焰燃气小周。", "MET"),
        ("你好，蓝焰燃气接线员小何，您请讲。", "MET"),
        ("您好蓝焰燃气我是客服林晓请问有什么可以帮您", "MET"),
        ("您好，兰燕燃气，我是林晓。", "MET"),
        ("您好，蓝焰燃气客服为您服务。", "VIOLATED"),
        ("您好，蓝焰燃气，竭诚为您服务。", "VIOLATED"),
        ("您好，蓝焰燃气，我是话务员。", "VIOLATED"),
        ("您好，我是蓝焰燃气的。", "VIOLATED"),
        ("您好，蓝焰燃气24小时抢修热线，请讲。", "VIOLATED"),
        ("您好，东方热力，我是林晓。", "VIOLATED"),
        ("您好，蓝焰燃气，谢谢来电，高兴为您服务。", "VIOLATED"),
    ],
)
def test_company_and_own_name(greeting: str, outcome: str) -> None:
    assert judge("gas-service", "GS01", f"坐席: {greeting}").outcome.value == outcome


PRESSURE = (
    "今天不定就没了啊。",
    "您现在就交定金吧，别等了。",
    "名额就剩最后一个了。",
    "您再不签就给别人了。",
    "我都给您留好了您不能不要。",
    "过了今天就不是这个价了。",
    "过了这村没这店了。",
    "您今天不定肯定会后悔的。",
    "别到时候后悔啊。",
    "您先转两千块定金占个位。",
    "您把钱转过来就行。",
    "别犹豫了，赶紧定吧。",
    "这还考虑什么呀。",
    "还犹豫啥啊。",
    "您必须今天签。",
    "今天您得定下来。",
    "别人抢着要呢。",
    "后面好几个客户排队等着呢。",
    "再犹豫就没了。",
    "最后一套了。",
    "我替您做主了，给您报名了。",
    "不用跟家里商量了，直接定。",
    "您不答应我就一直打。",
    "我天天给您打电话。",
    "您先别挂电话，听我说完。",
    "您今天无论如何得来店里一趟。",
    "给个痛快话，定还是不定，行不行？",
    "就差您这一单完成任务了，您帮帮忙，帮我冲业绩。",
    "这点钱您还舍不得？",
    "您是不是做不了主啊？",
    "您小区的邻居都定了，就差您家了。",
    "不装新风，甲醛超标出了事您自己负责。",
    "别家都是骗人的。",
    "明天就涨价了，今天赶紧定。",
    "赶紧签了吧。",
    "我好不容易给您申请下来的，您今天必须定。",
    "您就说签不签吧，给句痛快话。",
    "您当场付全款，当场定，不付就取消优惠。",
    "错过今天，再等一年。",
    "这个价格给您留不住了，不给您留了。",
    "您把验证码报给我，我给您办。",
    "您可不能反悔啊。",
    "您现在不下单，明天恢复原价。",
)
NO_PRESSURE = (
    "您不着急定，考虑好了再说。",
    "活动到这个月底，您有空来看看。",
    "合同签了以后再付首付。",
    "不用现在交定金。",
    "您今天方便的话可以来看看样板间。",
    "我们没有强制消费，您可以多对比几家。",
    "您和家里商量商量，没关系。",
    "量房是免费的，不用交钱。",
    "您别着急，我慢慢给您介绍。",
    "您看定在几点上门合适？",
    "您考虑一下，改天我再给您打电话。",
    "签合同的时候请您带上身份证。",
    "定金可以退，您放心。",
    "不定也没关系的。",
    "您要是不需要，我就不打扰您了。",
    "还有名额，您不用着急。",
    "这个月的活动价是八万八。",
    "我给您留个电话，有需要您找我。",
)


@pytest.mark.parametrize("words", PRESSURE)
def test_pressure_selling_is_heard(words: str) -> None:
    verdict = judge("phone-etiquette", "PE07", f"坐席: {words}", direction="outbound")
    assert verdict.outcome.value == "VIOLATED", verdict


@pytest.mark.parametrize("words", NO_PRESSURE)
def test_an_offer_is_no_pressure(words: str) -> None:
    verdict = judge("phone-etiquette", "PE07", f"坐席: {words}", direction="outbound")
    assert verdict.outcome.value == "MET", verdict
