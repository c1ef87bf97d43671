"""What convicts of a missing or wrong read-back, and what leaves it to a person instead."""

import pytest

from qa.types import Outcome
from tests.scoring.judging import GREETING, judge

RULES = {"problem": "RB01", "address": "RB02", "name": "RB03", "phone": "RB04"}
PARTS = {
    "problem": "C我家暖气不热。/A暖气不热是吧。",
    "address": "A请问您的具体地址？/C幸福小区三号楼二单元五零二。/A幸福小区三号楼二单元五零二。",
    "name": "A请问您的姓名？/C张建国。/A张建国先生。",
    "phone": "A请留一下联系电话？/C幺三八，四五零零，九九六三。/A幺三八，四五零零，九九六三。",
}
CLOSING = "A好，维修人员会尽快跟您联系，感谢您的来电，再见。/C再见。"
TOGETHER = "福星小区三号楼二单元一零一，池亮，幺三八零四五六六零六六"
MET = [
    ("name", "A户主是谁？/C户主是我老伴儿，叫佟桂芝。/A佟桂芝，好的。"),
    ("name", "A请问您的姓名？/C我姓展。/A展览的展？/C对，展昭的展。/A好的，展先生。"),
    ("name", "A您怎么称呼？/C你就叫我老张吧。/A好的老张大哥。"),
    ("name", "A您是张建国先生吧？/C是我。"),
    ("name", "A我看系统里登记的是张建国，没变吧？/C没变。"),
    ("address", "A请问您是幸福小区三号楼二单元五零二，顾芳女士？/C对。"),
    ("address", "A地址？/C月亮湾九号楼一单元三零五，不对，是四零五……哎不，三零五，三零五。"
                "/A三零五，月亮湾九号楼一单元三零五，定了是吧？/C定了。"),
    ("phone", "A电话？/C幺三八四五六六六六六六。/A幺三八，四五六六，六六六六。"),
    ("phone", "A电话幺三八四五六六六六六六吧？/C是。"),
    ("phone", "A留个电话。/C幺三八。/A幺三八。/C四五零零。/A四五零零。/C九九六三。/A九九六三。"),
]  # fmt: skip
UNDECIDED = [
    ("name", "A您还是张先生，对吧？/C对。"),
    ("name", "A姓名还用原来那个吗？/C用原来的。/A好的。"),
    ("name", "A留谁的名字？/C就留原来那个名字。/A行。"),
    ("name", "A您怎么称呼？/C不用留名，有电话就行。/A那也行。"),
    ("phone", "A电话还是上次那个吗？/C还是那个。/A好的。"),
    ("phone", "A留个电话。/C幺三八四五零零九九六三。/A幺三八四五零零九九六二？/C最后一位是三。"
              "/A哦，三，改过来了。/C对了。"),
    ("address", "A地址还是上回那个吧？/C对，没换。/A好的。"),
]  # fmt: skip
VIOLATED = [
    ("name", "A请问您的姓名？/C张建国。/A嗯，行。"),
    ("name", "A请问您的姓名？/C罗军罗城的罗军人的军。/A嗯，行。"),
    ("name", "A请问您的姓名？/C孙秀英。/A宋秀英女士。"),
    ("name", "A您贵姓？/C免贵姓郭。/A好，郑先生。"),
    ("name", ""),
    ("phone", "A请留一下联系电话？/C幺三八四五零零九九六三。/A尾号九九六三，好的。"),
    ("phone", "A电话就打您这个号呗？/C对，就打这个。/A行。"),
    ("phone", ""),
    ("address", "A地址？/C月亮湾九号楼一单元三零五。/A月亮湾九号楼一单元三零五。"
                "/C不对，说错了，是四零五。/A好的。"),
    ("problem", "C厨房暖气漏水，淌一地。/A嗯，您先说地址。"),
]  # fmt: skip
CASES = [
    *((*case, Outcome.MET) for case in MET),
    *((*case, Outcome.UNDECIDED) for case in UNDECIDED),
    *((*case, Outcome.VIOLATED) for case in VIOLATED),
]
NO_REPORT = [
    "C我家马桶堵了，你们给通不？/A下水这块我们修不了，您打物业的电话更快。/C那你给我找找。"
    "/A您哪个小区？找着了，物业电话是幺二八八零零九。",
    "C你帮我看看我家是哪个换热站供的？/A您报下地址，我才知道查哪儿。/C世纪城八号楼。"
    "/A世纪城八号楼是三号换热站供的。",
    "C要我说呀，你们该弄个夜班维修队，半夜漏水谁等得起到天亮。/A我记录下来反映上去。您贵姓？"
    "/C免贵姓常。/A常先生，我记好了。",
    "C我想查一下交没交费。/A您的地址？/C幸福小区三号楼二单元五零二。/A已经交了。",
]


def dialogue(turns: str) -> str:
    """Write turns of A (坐席) and C (客户) as a dialogue."""
    names = {"A": "坐席", "C": "客户"}
    return "\n".join(f"{names[turn[0]]}: {turn[1:]}" for turn in turns.split("/") if turn)


@pytest.mark.parametrize(("detail", "said", "outcome"), CASES)
def test_one_detail_of_a_whole_call(detail: str, said: str, outcome: Outcome) -> None:
    parts = {**PARTS, detail: said}
    whole = dialogue("/".join(["A" + GREETING, *parts.values(), CLOSING]))
    verdict = judge(RULES[detail], whole)
    assert verdict.outcome is outcome, verdict


@pytest.mark.parametrize("rule_id", RULES.values())
def test_details_in_one_breath_are_told_apart(rule_id: str) -> None:
    given = f"A地址呢？/C{TOGETHER}。/A{TOGETHER}，对吗？/C全对。"
    whole = dialogue("/".join(["A" + GREETING, PARTS["problem"], given, CLOSING]))
    assert judge(rule_id, whole).outcome is Outcome.MET


@pytest.mark.parametrize("rule_id", RULES.values())
@pytest.mark.parametrize("turns", NO_REPORT)
def test_who_may_have_reported_nothing_convicts_nobody(turns: str, rule_id: str) -> None:
    whole = dialogue(f"A{GREETING}/{turns}/A感谢您的来电，再见。/C再见。")
    assert judge(rule_id, whole).outcome is not Outcome.VIOLATED
