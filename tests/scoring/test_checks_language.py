"""FP01–FP05, IP01 and MG01 beyond their own examples: what sounds alike, what others said."""

import pytest

from qa.types import Outcome
from tests.scoring.judging import EMPTY, GREETING, judge

MET, VIOLATED, UNDECIDED = Outcome.MET, Outcome.VIOLATED, Outcome.UNDECIDED
ABOUT_WORDS = ("FP01", "FP02", "FP03", "FP04", "FP05", "IP01", "MG01")
NEEDS_SPEECH = ("GR01", "GR02", "GR03", "CL01", *ABOUT_WORDS)


@pytest.mark.parametrize(
    ("rule", "said", "outcome"),
    [
        # by sound alone nobody is convicted
        ("FP03", "师傅不指导，您自己看说明。", MET),
        ("FP03", "我布置到维修站了。", MET),
        ("FP03", "步至道口。", MET),
        ("FP01", "暖气片烫，您小心。", MET),
        ("FP01", "家里有病人是吧。", MET),
        ("FP01", "阀门有毛病的话您说一下。", MET),
        ("FP02", "这个管子归我们管。", MET),
        ("FP04", "您投诉的事我登记了。", MET),
        ("FP04", "感谢您的合作，以后有什么问题请您随时拨打。", MET),
        ("FP04", "您懂我的意思就好。", MET),
        ("IP01", "保证金可以退。", MET),
        ("IP01", "师傅一般两个小时到。", MET),
        ("IP01", "我不敢保证今天修好。", MET),
        ("IP01", "能不能修好要看现场。", MET),
        # the thing itself, with homophones, fillers and across a backchannel
        ("FP01", "你有病吧。", VIOLATED),
        ("FP01", "您这人脑子有毛病吧。", VIOLATED),
        ("FP02", "这个真不归我们馆。", VIOLATED),
        ("FP02", "这个不归嗯我们管。", VIOLATED),
        ("FP02", "这个不归\n客户: 嗯。\n我们管。", VIOLATED),
        ("FP03", "那我不知道。", VIOLATED),
        ("FP04", "你到底听没听董啊。", VIOLATED),
        ("IP01", "我保证今天给您修好。", VIOLATED),
        ("IP01", "我一定尽快给您催，保证今天修好。", VIOLATED),
        ("IP01", "我保证尽快给您催，保证今天修好。", VIOLATED),
        ("IP01", "我们有保证的，您放心。保证今天给您修好。", VIOLATED),
        ("FP03", "森今宾。不自到。我不知道。", VIOLATED),
        # a denial with a way forward, and without one
        ("FP03", "这个我不清楚，我把您的电话转给收费处。", MET),
        ("FP03", "您那边声音不清楚，我再讲一遍。", MET),
        ("FP03", "暖气一直没办法热起来，是吧。", MET),
        ("FP03", "这个我不清楚，您爱问谁问谁。", VIOLATED),
        ("FP03", "谁说得准呢，就这么几个人。", VIOLATED),
        ("FP03", "改不了，定了就定了。", VIOLATED),
        # sent away, or shown the way
        ("FP02", "您跟物业说去，跟我说有什么用。", VIOLATED),
        ("FP02", "我说了又不算，您冲领导要去。", VIOLATED),
        ("FP02", "丢件的事您找发货方，我们只管运输。", VIOLATED),
        ("FP02", "这个不归我这个组，我给您转接过去。", MET),
        ("FP02", "楼道灯是物业维护的，您可以联系一下物业，暖气我先给您报上。", MET),
        ("FP02", "公共管道也是我们负责，您说一下地址。", MET),
        # rhetorical, sarcastic, or simply asked
        ("FP04", "等一天怎么了，别人等三天的都有。", VIOLATED),
        ("FP04", "行了行了，您说得都对行了吧。", VIOLATED),
        ("FP04", "电视台来了我也这么说。", VIOLATED),
        ("FP04", "我说得还不够清楚吗？", VIOLATED),
        ("FP04", "您都说了好几遍了，实在抱歉。", MET),
        ("FP04", "至于费用，师傅上门会跟您说。", MET),
        ("FP04", "不着急，我等着您。", MET),
        # money and the far future
        ("IP01", "我做主给您减一半暖气费。", VIOLATED),
        ("IP01", "换完新阀门，十年都不带漏的。", VIOLATED),
        ("IP01", "包票我打不了。", MET),
        ("IP01", "您千万别动阀门，一定等师傅来。", MET),
        # who is sent away is no quotation; what the customer said is one
        ("FP02", "您去街道反映，我们这儿不接。", VIOLATED),
        ("FP02", "师傅跟您说不归我们管，是吗？", MET),
        ("FP03", "您说的这个情况我不清楚。", VIOLATED),
        # said by others, or quoted
        ("FP01", "您慢慢说。\n客户: 你有病吧！", MET),
        ("FP02", "您说不归我们管是吗？我给您记下来。", MET),
        ("IP01", "客户: 你保证今天修好？\n我给您登记。", MET),
        ("IP01", "师傅说保证修好，是吗？", MET),
    ],
)
def test_near_misses(rule: str, said: str, outcome: Outcome) -> None:
    verdict = judge(rule, said)
    assert verdict.outcome is outcome, verdict


@pytest.mark.parametrize("rule", ABOUT_WORDS)
def test_an_ordinary_call_is_clean(rule: str) -> None:
    dialogue = (
        f"{GREETING}\n客户: 我家暖气不热。\n请问您的具体地址？\n客户: 三号楼。\n"
        "维修人员会尽快跟您联系，感谢您的来电，再见。"
    )
    verdict = judge(rule, dialogue)
    assert verdict.outcome is MET
    assert verdict.searched is not None


@pytest.mark.parametrize("rule", ABOUT_WORDS)
def test_without_roles_only_what_nobody_said_is_judged(rule: str) -> None:
    verdict = judge(rule, "未知: 你有病吧，保证今天修好。")
    heard = UNDECIDED if rule in ("FP01", "IP01") else MET
    assert verdict.outcome is heard
    assert judge(rule, GREETING + "\n未知: 喂。").outcome is MET


@pytest.mark.parametrize("rule", NEEDS_SPEECH)
def test_nothing_heard_decides_nothing(rule: str) -> None:
    assert judge(rule, EMPTY).outcome is UNDECIDED
    assert judge(rule, "客户: 喂？喂？").outcome is UNDECIDED


def test_a_dispute_needs_three_arguing_turns_that_stand_together() -> None:
    quarrel = [
        "没有，您肯定没打通。",
        "客户: 打通了，你们有人接的。",
        "我们这儿没有这个人，您记错了。",
        "客户: 那我跟谁说的？",
        "您别跟我抬杠。",
    ]
    verdict = judge("FP05", "\n".join(quarrel))
    assert (verdict.outcome, dict(verdict.details)) == (VIOLATED, {"turns": "3"})
    assert len({m.utterance for m in verdict.matches}) == 3
    assert judge("FP05", "\n".join(quarrel[:3])).outcome is MET
    calm = "\n客户: 好的，您说。\n请问您的地址？" * 8
    apart = quarrel[0] + calm + "\n" + quarrel[2] + calm + "\n" + quarrel[4]
    assert judge("FP05", apart).outcome is MET


def test_who_apologises_or_helps_does_not_argue() -> None:
    said = "不可能吧，真对不起，我给您查一下。"
    dialogue = "\n客户: 怎么会没有？\n".join([said] * 5)
    assert judge("FP05", dialogue).outcome is MET


def test_a_phrase_said_two_thousand_times_is_one_violation() -> None:
    verdict = judge("FP03", "不知道" * 1_100)
    assert verdict.outcome is VIOLATED
    assert len(verdict.matches) == 1_100


@pytest.mark.parametrize(
    "said",
    [
        "具体时间我不能跟您保证，单子已经派到维修站了。",
        "具体时间我步能跟您保证，单子已经派到维修站了。",
        "具体时间我不能更林保证，单子已经派到维修站了。",
    ],
)
def test_a_refusal_to_promise_is_no_promise_even_misheard(said: str) -> None:
    assert judge("IP01", said).outcome is MET
    assert judge("IP01", "维修部保证今天修好。").outcome is VIOLATED
