"""Details repeated in the agent's own way: names that nobody asked for, numbers mended by a group,
streets, records read out; what sounds equal is right, and digits are never lenient."""

import pytest

from qa.scoring.check import Scene
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.readback import judge_detail
from tests.scoring.judging import CALL

START = "坐席: 您好，请问您有什么问题？\n客户: 我家暖气不热。\n坐席: 暖气不热。"
END = "\n坐席: 好，感谢您的来电，再见。\n客户: 再见。"
NAMES = [
    ("right", "您住哪儿？\n客户: 六号楼一单元一零一，蒲江。\n坐席: 六号楼一单元一零一，蒲江先生。"),
    ("right", "您住哪儿？\n客户: 五号楼一单元六零二，成功。\n坐席: 六零二，成功先生。"),
    ("right", "哪个小区？\n客户: 八号楼三单元四零二，叫肖玉兰。\n坐席: 三单元四零二，肖玉兰。"),
    ("right", "您叫？\n客户: 金铃，金子的金。\n坐席: 金铃女士，记下了。"),
    ("right", "您叫？\n客户: 庄秀梅。\n坐席: 庄秀梅，好。"),
    ("right", "您叫？\n客户: 张子豪。\n坐席: 章子豪先生。"),
    ("wrong", "您叫？\n客户: 庄秀梅。\n坐席: 刘建国先生，好。"),
    ("missing", "您叫？\n客户: 庄秀梅。\n坐席: 好的，记下了。"),
    ("not_asked", "您住哪儿？\n客户: 六号楼一单元一零一。\n坐席: 六号楼一单元一零一。"),
    ("not_asked", "您住哪儿？\n客户: 六号楼，靠马路。\n坐席: 六号楼，靠马路。"),
]
PHONES = [
    (
        "corrected",
        "电话幺三六四五五九零零九零？\n客户: 零零零九，最后是九。\n"
        "坐席: 零零零九，幺三六四五五九零零零九。",
    ),
    (
        "corrected",
        "电话幺三六四五五九零零九零？\n客户: 不对，中间是五五八，五五八。\n"
        "坐席: 对不起，幺三六四五五八零零九零。",
    ),
    # 改错了地方、没有再念、念成别的：都不算对
    (
        "",
        "电话幺三六四五五九零零九零？\n客户: 零零零九，最后是九。\n"
        "坐席: 零零零九，幺三六四五五九零零零八。",
    ),
    ("", "电话幺三六四五五九零零九零？\n客户: 零零零九，最后是九。\n坐席: 好的，知道了。"),
    (
        "",
        "电话幺三六四五五九零零九零？\n客户: 零零零九，最后是九。\n"
        "坐席: 幺三六四五五九零零零九。\n客户: 不对不对。",
    ),
    (
        "",
        "电话幺三六四五五九零零九零？\n客户: 零零零九，最后是九。\n坐席: 幺三八四五五九零零零九。",
    ),
]
WAYBILLS = [
    ("right", "客户: 单号九三三零五五二幺幺。\n坐席: 九三三零五五二幺幺，对吧？\n客户: 对。"),
    (
        "corrected",
        "客户: 单号五五二零零八八六三幺。\n坐席: 五五二零零八八六三，是吗？\n"
        "客户: 少了一位，后头还有个幺。\n坐席: 哦对不起，五五二零零八八六三幺。\n客户: 好。",
    ),
    ("", "客户: 单号九三三零五五二幺幺。\n坐席: 九三三零五五二幺，是吧？\n客户: 后面两个幺。"),
    ("", "客户: 单号九三三零五五二幺幺。\n坐席: 三三零五五二幺幺，是吧？\n客户: 嗯。"),
]
STREETS = [
    ("right", "客户: 地址中山路十二号，叫宫羽。\n坐席: 中山路十二号，宫羽女士。\n客户: 对。"),
    ("right", "客户: 改到学府路七十七号。\n坐席: 学府路七十七号，改好了。\n客户: 行。"),
    ("wrong", "客户: 改到学府路七十七号。\n坐席: 学府路七十一号，改好了。\n客户: 行。"),
    ("missing", "客户: 改到学府路七十七号。\n坐席: 好的，改好了。\n客户: 行。"),
    ("not_asked", "客户: 我走的是三号线。\n坐席: 好的。\n客户: 行。"),
]
RECORDS = [
    (
        "right",
        "坐席: 您还是三楼那屋，建国路二号一单元三零一，张淑清，对吧？\n客户: 对，你都记着呢。",
    ),
    ("", "坐席: 您还是建国路二号一单元三零一，张淑清，对吧？\n客户: 不是，张淑清是我妈。"),
    ("", "坐席: 您还是建国路二号一单元三零一，对吧？\n客户: 对。"),
]
CASES = [
    *(("name", state, START + said) for state, said in NAMES),
    *(("phone", state, START + said) for state, said in PHONES),
    *(("waybill", state, said) for state, said in WAYBILLS),
    *(("address", state, said) for state, said in STREETS),
    *(("name", state, said) for state, said in RECORDS),
]
RIGHT = ("right", "corrected")


@pytest.mark.parametrize(("detail", "state", "dialogue"), CASES)
def test_details_are_repeated_in_the_agents_own_way(detail: str, state: str, dialogue: str) -> None:
    """Where no state is named any will do but a right one."""
    found = judge_detail(Scene(parse_dialogue(dialogue + END), CALL), detail).state.value
    found = found.removeprefix("readback_")
    assert found == state if state else found not in RIGHT, found
