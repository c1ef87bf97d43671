"""What people wrote of a call: no name and no place stays, and what is nobody's own does."""

import pytest

from qa.api.words import WORDS
from qa.api.words.call import WORDS as OF_CALLS
from qa.masking import MARK, listen, mask_written
from qa.types import Call, Ticket

NOBODY = listen(None, Call(""))


def hidden(text: str) -> str:
    """What is hidden of a text about a call of which nothing is known."""
    shown = mask_written(text, NOBODY)
    assert len(shown) == len(text)
    return "".join(a if b == MARK else "" for a, b in zip(text, shown, strict=True))


@pytest.mark.parametrize(
    ("text", "personal"),
    [
        (
            "客户韩小宝13812345678住云杉小区5号楼2单元103室",
            "韩小宝13812345678云杉小区5号楼2单元103室",
        ),
        ("业主王有为家住云杉里，没接电话", "王有为云杉里"),
        ("客户韩宝住云杉苑,说暖气不热", "韩宝云杉苑"),
        ("用户姓名：欧阳小雪，地址：云杉 12-3-1701", "欧阳小雪云杉1231701"),
        ("住户韩小宝先生反映漏水，韩小宝还说", "韩小宝韩小宝"),
        ("客户张女士家住龙湖湾，要求回电", "张龙湖湾"),
        ("说话的是韩梅梅，不是坐席", "韩梅梅"),
        ("坐席没问韩梅梅的电话", "韩梅梅"),
        ("韩小宝 13812345678 反映三次", "韩小宝13812345678"),
        ("韩小宝来电称家住金水区文化路88号", "韩小宝金水区文化路88号"),
        ("客户叫周明，地址是翠竹公寓", "周明翠竹公寓"),
        ("报修人李雷（13812345678）在阳光花园七号楼三单元", "李雷13812345678阳光花园七号楼三单元"),
        ("机主姓名陈建国、座机024-88213377", "陈建国02488213377"),
        ("地址：云杉", "云杉"),
        ("住云杉，其他没有", "云杉"),
        ("回拨13812345678分机", "13812345678"),
    ],
)
def test_names_and_places_are_hidden(text: str, personal: str) -> None:
    found = hidden(text)
    assert [c for c in found if c.isalnum()] == [c for c in personal if c.isalnum()]


@pytest.mark.parametrize(
    "text",
    [
        "工号318，FP03，14:30，扣5分，得分95.5，2026-01-03 12:30:05",
        "坐席工号20318在03:25说了保证，扣10分，12月3日改判",
        "坐席没有复述地址，也没有复述电话",
        "地址没有核实，地址不全，地址记录错误",
        "客户常说暖气不热，坐席已安抚",
        "客户高兴地挂了电话，客户于昨天来电，客户要求回电",
        "客户已经住院，住户家里没人",
        "对方态度强硬，和客户周旋很久",
        "坐席报了工号，是工号108，说得很清楚，同意申诉",
        "转述客户的话，不构成违规，第3句",
        "坐席给客户承诺24小时内上门，两天以内给您换",
        "客户任何时候都可以投诉，客户单位停暖",
        "王师傅上门维修，维修师傅已联系",
        "温度十六度，客户应该再报一次",
        "这个小区停暖，该小区都不热",
        "同意：客户先说的，坐席只是重复",
        "这句我说了，请再听一遍录音。",
        "申诉成立，扣分取消，平均分不变",
        "维持原判：IP01 第三段 02:15 说了“今天保证给您修好”",
        "heard it at 03:25, agent 318, rule FP03: met, 95 points",
        "",
    ],
)
def test_what_is_nobodys_own_stays(text: str) -> None:
    assert mask_written(text, NOBODY) == text


def test_what_the_pages_themselves_offer_stays() -> None:
    reasons = [OF_CALLS[key] for key in OF_CALLS if key.startswith("why_")]
    assert len(reasons) > 5
    for wording in reasons:
        assert mask_written(wording.zh, NOBODY) == wording.zh
    words = [wording.zh for wording in WORDS.values()]
    touched = [text for text in words if mask_written(text, NOBODY) != text]
    assert len(touched) < len(words) / 100, touched


def test_what_is_known_of_the_call_is_hidden_too() -> None:
    ticket = Ticket("T7", name="阿依古丽", address="银杏12栋3单元1701室", phone="13644205519")
    heard = listen(None, Call("c1", agent_id="318", ticket=ticket))
    assert (
        mask_written("阿依古丽说过，银杏不热，工号318", heard) == "＊＊＊＊说过，＊＊不热，工号318"
    )
