"""Details as callers tell them: two in one answer, from the display, mended, spelt, or somebody's.

Each group holds what an inspector would let pass beside what differs from it in one word.
"""

from typing import Any

import pytest

from qa.types import Ticket, Transcript
from tests.scoring.judging import EMPTY, GREETING, judge

ADDRESS = (
    "请问您的具体地址？\n客户: 幸福小区三号楼二单元五零一。\n坐席: 幸福小区三号楼二单元五"
    "零一，对吗？\n客户: 对。"
)
END = "\n坐席: 好，维修人员会尽快跟您联系，感谢您的来电，再见。\n客户: 再见。"
PROBLEM = f"坐席: {GREETING}\n客户: 我家暖气不热。\n坐席: 暖气不热，好的。\n坐席: "
NAMES = [
    ("MET", "地址和姓名？\n客户: 粮食局家属院十号楼一单元八零二，汤鹏。\n坐席: 八零二，汤鹏。"),
    (
        "VIOLATED",
        "地址和姓名？\n客户: 粮食局家属院十号楼一单元八零二，汤鹏。\n坐席: 粮食局家属院十"
        "号楼一单元八零二，记下了。",
    ),
    ("MET", "地址和姓名？\n客户: 粮库三号楼一单元三零一，訾艳华。\n坐席: 三零一，訾艳华。"),
    ("MET", "地址和姓名？\n客户: 粮库三号楼一单元三零一汤鹏。\n坐席: 三零一，汤鹏。"),
    ("VIOLATED", "地址和姓名？\n客户: 粮库三号楼一单元三零一，汤鹏。\n坐席: 粮库三号楼，好。"),
    ("MET", f"{ADDRESS}\n坐席: 姓名也登记一下。\n客户: 郝浩。\n坐席: 好的，郝浩。"),
    ("VIOLATED", f"{ADDRESS}\n坐席: 姓名也登记一下。\n客户: 郝浩。\n坐席: 好的好的。"),
    (
        "MET",
        f"{ADDRESS}\n坐席: 请问您的姓名？\n客户: 李志强。\n坐席: 李志刚？\n客户: 强。\n坐"
        "席: 哦，李志强。",
    ),
    ("VIOLATED", f"{ADDRESS}\n坐席: 请问您的姓名？\n客户: 李志强。\n坐席: 李志刚先生，好的。"),
    ("MET", f"{ADDRESS}\n坐席: 您的姓名？\n客户: 李志强。\n坐席: 志气的志，强大的强？\n客户: 对。"),
    (
        "VIOLATED",
        f"{ADDRESS}\n坐席: 您的姓名？\n客户: 王建军。\n坐席: 建国的建，军人的军，黄建军。",
    ),
    ("MET", f"{ADDRESS}\n坐席: 系统里登记的是李志强李先生，是您本人吗？\n客户: 对，是我。"),
    ("MET", f"{ADDRESS}\n坐席: 户主？\n客户: 蒙恩泽，恩情的恩。\n坐席: 蒙恩泽。"),
]
PHONES = [
    ("MET", "我这儿显示的是幺三七六六二幺零九四五，是您这个吧？\n客户: 尾巴四五，是我这个。"),
    ("UNDECIDED", "电话还是原来那个吧？\n客户: 对，没换。\n坐席: 好。"),
    ("VIOLATED", "电话就用您打进来的这个号，行吗？\n客户: 行。\n坐席: 好的。"),
    ("MET", "电话？\n客户: 幺三八双四六零二七九幺。\n坐席: 幺三八，双四，六零二七九幺。"),
    ("VIOLATED", "电话？\n客户: 幺三八双四六零二七九幺。\n坐席: 幺三八，四，六零二七九幺。"),
    (
        "MET",
        "电话幺八七四六幺幺九八二四？\n客户: 是幺八七，四六幺幺，九八二四。\n坐席: 幺八七"
        "，四六幺幺，九八二四，一样的。",
    ),
    (
        "VIOLATED",
        "电话？\n客户: 幺三八四四六零二七九幺。\n坐席: 幺三八四六零二七九幺，好。\n客户: 好。",
    ),
    ("VIOLATED", "电话？\n客户: 幺三八四四六零二七九幺。\n坐席: 幺三八四四六零，嗯，记上了。"),
]
ADDRESSES = [
    (
        "MET",
        "地址？\n客户: 三号楼二单元四零四。\n坐席: 三号楼二单元四幺四。\n客户: 四零四！哪"
        "有四幺四。\n坐席: 四零四，改了。",
    ),
    (
        "VIOLATED",
        "地址？\n客户: 三号楼二单元四零四。\n坐席: 三号楼二单元四幺四。\n客户: 四零四！哪"
        "有四幺四。\n坐席: 哦，知道了。",
    ),
    (
        "MET",
        "地址？\n客户: 云顶华府二十一号楼二单元两千七百零三。\n坐席: 云顶华府二十一号楼二"
        "单元二七零三。",
    ),
    (
        "VIOLATED",
        "地址？\n客户: 云顶华府二十一号楼二单元两千七百零三。\n坐席: 云顶华府二十一号楼二"
        "单元二七三零。",
    ),
    (
        "MET",
        "地址？\n客户: 三号楼二单元五零三，不对，五零二，五零三是我妈家。\n坐席: 三号楼二"
        "单元五零二。",
    ),
    (
        "VIOLATED",
        "地址？\n客户: 三号楼二单元五零三，不对，五零二，五零三是我妈家。\n坐席: 三号楼二"
        "单元五零三。",
    ),
    (
        "VIOLATED",
        "请留一下联系电话？\n客户: 幺三九零四五六幺八二七。\n坐席: 幺三九零四五六幺八二七。",
    ),
]
PROBLEMS = [
    ("MET", "全屋没一点热气，昨天那个接电话的态度差得很。", "全屋不热。"),
    ("MET", "我跟你说，这就是回水堵了。", "回水管不热，我记下来了。"),
    ("VIOLATED", "我跟你说，管子漏了。", "暖气不热，我记下来了。"),
    ("MET", "你来个人帮我把暖气放放气呗，上头那截是凉的。", "您是需要师傅上门放气，对吧？"),
    ("MET", "一样的屋子隔壁二十三度我家十七。", "您家温度偏低，好的。"),
    ("MET", "七楼，暖气死凉死凉的。", "顶楼暖气凉，水上不来。"),
    ("VIOLATED", "七楼，暖气死凉死凉的。", "好的，您先喝点凉水消消气。"),
]


@pytest.mark.parametrize(("outcome", "dialogue"), NAMES)
def test_name(outcome: str, dialogue: str) -> None:
    assert _judged("RB03", PROBLEM + dialogue + END) == outcome


@pytest.mark.parametrize(("outcome", "dialogue"), PHONES)
def test_phone(outcome: str, dialogue: str) -> None:
    assert _judged("RB04", f"{PROBLEM}{ADDRESS}\n坐席: {dialogue}{END}") == outcome


@pytest.mark.parametrize(("outcome", "dialogue"), ADDRESSES)
def test_address(outcome: str, dialogue: str) -> None:
    assert _judged("RB02", PROBLEM + dialogue + END) == outcome


@pytest.mark.parametrize(("outcome", "told", "repeated"), PROBLEMS)
def test_problem(outcome: str, told: str, repeated: str) -> None:
    start = f"坐席: {GREETING}\n客户: {told}\n坐席: {repeated}\n坐席: "
    assert _judged("RB01", start + ADDRESS + END) == outcome


@pytest.mark.parametrize(
    ("outcome", "field", "written", "dialogue"),
    [
        (
            "MET",
            "phone",
            "+8613844602791",
            "电话？\n客户: 幺三八四四六零二七九幺。\n坐席: 幺三八四四六零二七九幺。",
        ),
        (
            "MET",
            "phone",
            "13844602791",
            "电话？\n客户: 幺三八双四六零二七九幺。\n坐席: 幺三八双四六零二七九幺。",
        ),
        (
            "VIOLATED",
            "phone",
            "13844602797",
            "电话？\n客户: 幺三八四四六零二七九七，不对，二七九幺。\n坐席: 幺三八四四六零"
            "二七九幺。",
        ),
        (
            "MET",
            "phone",
            "13844602791",
            "电话？\n客户: 幺三八四四六零二七九七，不对，二七九幺。\n坐席: 幺三八四四六零"
            "二七九幺。",
        ),
        ("MET", "name", "凌素芬", "贵姓？\n客户: 姓凌，凌素芬，不是双木林。\n坐席: 凌素芬，好的。"),
        (
            "VIOLATED",
            "name",
            "林素芬",
            "贵姓？\n客户: 凌素芬，两点水，不是双木林。\n坐席: 凌素芬，好的。",
        ),
        ("MET", "name", "李志强", "户主登记的是李志强李先生，是吧？\n客户: 对，是我。"),
        ("VIOLATED", "name", "李建国", "户主登记的是李志强李先生，是吧？\n客户: 对，是我。"),
    ],
)
def test_ticket(outcome: str, field: str, written: str, dialogue: str) -> None:
    rule = {"phone": "TK02", "name": "TK03"}[field]
    ticket: dict[str, Any] = {field: written}
    verdict = judge(rule, f"{PROBLEM}{dialogue}\n客户: 对。{END}", ticket=Ticket("1", **ticket))
    assert verdict.outcome.value == outcome


def test_line_that_breaks_before_the_matter_is_told() -> None:
    broken = f"坐席: {GREETING}\n客户: 喂，我家那个。\n坐席: 您好，您慢慢说。\n客户: 喂？"
    asked = (
        f"坐席: {GREETING}\n客户: 麻烦问下，几号停暖？\n坐席: 四月十号。\n客户: 谢谢。\n坐"
        "席: 再见。"
    )
    assert _judged("RB01", broken) == "UNDECIDED"
    assert _judged("RB01", asked) == "NOT_APPLICABLE"


def test_own_number_said_again() -> None:
    for start in ("幺零，幺零八", "幺幺八，不好意思，幺零八"):
        assert _judged("GR02", f"您好，大龙供暖报修，{start}为您服务。") == "MET"
    assert _judged("GR02", "您好，大龙供暖报修，幺零八，不好意思，幺幺八为您服务。") == "VIOLATED"


def _judged(rule: str, dialogue: str | Transcript) -> str:
    return judge(rule, dialogue or EMPTY).outcome.value
