"""Names read in several ways, other surnames, and what is no name."""

from dataclasses import replace

import pytest

from qa.scoring.check import Scene
from qa.scoring.checks.read_back import ReadBack
from qa.scoring.checks.ticket_matches import TicketMatches
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.name_sounds import same_name
from qa.types import Call, Outcome, ReleasedBy, Ticket

CALL = Call("test", released_by=ReleasedBy.CUSTOMER)
MET, VIOLATED, NOT_APPLICABLE = Outcome.MET, Outcome.VIOLATED, Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("覃丽", "秦丽", True),
        ("覃丽", "谭丽", True),
        ("仇晟", "求胜", True),
        ("尉迟行", "玉迟航", True),
        ("单传", "善船", True),
        ("沈茜", "陈茜", False),
        ("林芳", "凌芳", False),
        ("曾乐", "郑乐", False),
    ],
)
def test_any_reading_makes_names_equal(left: str, right: str, same: bool) -> None:
    assert same_name(left, right) is same


def scene(middle: str, ticket: Ticket | None = None) -> Scene:
    text = (
        f"坐席: 您好，请问您有什么问题？\n客户: 我家暖气不热。\n坐席: 暖气不热，{middle}\n"
        "坐席: 感谢您的来电，再见。"
    )
    return Scene(parse_dialogue(text), replace(CALL, ticket=ticket))


@pytest.mark.parametrize(
    ("outcome", "written", "said"),
    [
        (MET, "秦玉梅", "覃玉梅"),
        (MET, "谭玉梅", "覃玉梅"),
        (MET, "解志强", "谢志强"),
        (VIOLATED, "程玉梅", "覃玉梅"),
        (VIOLATED, "李晟", "李静"),
    ],
)
def test_a_ticket_with_a_surname_of_two_readings(outcome: Outcome, written: str, said: str) -> None:
    middle = f"您的姓名？\n客户: {said}。\n坐席: {said}，好的。\n客户: 对。"
    verdict = TicketMatches("name").run(scene(middle, Ticket("T1", name=written)))
    assert verdict.outcome is outcome


@pytest.mark.parametrize(
    ("outcome", "given", "reply"),
    [
        (VIOLATED, "古小芬，古老的古", "胡小芬，好的"),
        (MET, "古小芬，古老的古", "古小芬，好的"),
        (VIOLATED, "黄秀云", "王秀云，好的"),
        (MET, "施秀云", "施秀云，好的"),
        (MET, "姓龚，龚秀云", "龚秀云，好的"),
    ],
)
def test_a_given_name_after_another_surname(outcome: Outcome, given: str, reply: str) -> None:
    middle = f"您的姓名？\n客户: {given}。\n坐席: {reply}。\n客户: 嗯。"
    assert ReadBack("name").run(scene(middle)).outcome is outcome


def test_a_building_spells_no_surname() -> None:
    middle = (
        "地址？\n客户: 丰收里十二栋三单元四零一，姓龚，龚秀云。\n"
        "坐席: 丰收里十二栋三单元四零一，龚秀云女士。\n客户: 对。"
    )
    verdict = TicketMatches("name").run(scene(middle, Ticket("T1", name="龚秀云")))
    assert verdict.outcome is MET


@pytest.mark.parametrize(
    ("outcome", "reply"),
    [(MET, "丰收里二号楼二单元六零一，丁建平"), (VIOLATED, "丰收里二号楼二单元六零一")],
)
def test_what_happens_to_a_valve_is_no_name(outcome: Outcome, reply: str) -> None:
    middle = (
        "先关阀门。\n客户: 关了的，关不动。\n坐席: 怎么会关不动。\n"
        "客户: 就是关不动。\n坐席: 地址。\n"
        "客户: 丰收里二号楼二单元六零一，丁建平，幺三五八七三四零零二六。\n"
        f"坐席: {reply}，幺三五八七三四零零二六。\n客户: 嗯。"
    )
    assert ReadBack("name").run(scene(middle)).outcome is outcome


@pytest.mark.parametrize("detail", ["address", "phone"])
def test_a_corrected_tail_of_a_phone_is_no_room(detail: str) -> None:
    middle = (
        "好的。\n客户: 丰收里五号楼一单元幺八零二，电话幺八幺七六四零二九三五。\n"
        "坐席: 丰收里五号楼一单元幺八零二，幺八幺七六四零二九五三。\n客户: 错啦，尾号是九三五。\n"
        "坐席: 九三五，幺八幺七六四零二九三五。\n客户: 对。"
    )
    assert ReadBack(detail).run(scene(middle)).outcome is MET


def test_who_says_to_report_nothing_is_not_concerned() -> None:
    text = (
        "坐席: 您好，请问您有什么问题？\n客户: 我不是要报修，我就打听一下，冬天不住的话怎么停？\n"
        "坐席: 不住什么时候都能停。\n客户: 谢谢。\n坐席: 再见。"
    )
    assert ReadBack("address").run(Scene(parse_dialogue(text), CALL)).outcome is NOT_APPLICABLE
