"""The callback's rules on many ways of talking: questions, answers, refusals, closings."""

from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from qa.scoring.callback import Interview, interview
from qa.scoring.callback_answers import (
    ATTITUDE,
    CHARGED,
    POINTS,
    SOLVED,
    Form,
    read_answers,
    read_bare,
    settle,
)
from qa.scoring.callback_sounds import read_by_sound
from qa.scoring.check import Scene
from qa.scoring.checks.asked_question import AskedQuestion
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import Ruleset, load_ruleset
from qa.types import (
    Attitude,
    Call,
    Direction,
    Hearing,
    KeyedAnswers,
    Outcome,
    ReleasedBy,
    SlotStatus,
    Transcript,
    Verdict,
)

MET, VIOLATED = Outcome.MET, Outcome.VIOLATED
NA, UNDECIDED = Outcome.NOT_APPLICABLE, Outcome.UNDECIDED
CALL = Call(
    "test",
    started_at=datetime.fromisoformat("2025-12-11T16:20:00+08:00"),
    direction=Direction.OUTBOUND,
    released_by=ReleasedBy.CUSTOMER,
    fee_unpaid=False,
)
QUESTIONS = {"CBA": SOLVED, "CBB": ATTITUDE, "CBC": CHARGED, "CBD": POINTS}
OPENING = "坐席: 您好，我们是供暖报修平台，对您家报修的处理情况进行回访，您现在方便吗？"
CLOSING = "坐席: 感谢您的合作，以后有什么问题，请您随时拨打五幺八六六零零，我们将及时为您服务。"
FULL = f"""{OPENING}
客户: 方便。
坐席: 问题解决了吗？
客户: 解决了。
坐席: 维修工态度如何？
客户: 满意。
坐席: 跟您收费了吗？
客户: 没收。
坐席: 请您为我们的服务打分。
客户: 十分。
坐席: 您对我们的服务还有什么建议或者意见吗？
客户: 没有。
{CLOSING}
客户: 再见。"""


@cache
def ruleset() -> Ruleset:
    return load_ruleset("heating-callback")


def scene(dialogue: str | Transcript, **call: Any) -> Scene:
    transcript = parse_dialogue(dialogue) if isinstance(dialogue, str) else dialogue
    return Scene(transcript, replace(CALL, **call))


def judge(rule_id: str, dialogue: str | Transcript, **call: Any) -> Verdict:
    rule = ruleset().rule(rule_id)
    assert rule is not None
    return rule.check.run(scene(dialogue, **call))


def talk(dialogue: str) -> Interview:
    rule = ruleset().rule("CBA")
    assert rule is not None
    assert isinstance(rule.check, AskedQuestion)
    return interview(scene(dialogue), rule.check.script)


def exchange(question: str, answer: str) -> str:
    """One question between an opening and a closing."""
    lines = answer.replace("/", "\n坐席: ").replace("|", "\n客户: ")
    return (
        f"{OPENING}\n客户: 方便，你说。\n坐席: {question}\n客户: {lines}\n{CLOSING}\n客户: 再见。"
    )


def values(kind: str, text: str) -> set[str]:
    """All values that a reply leaves open, by its characters."""
    found = settle(kind, read_answers(kind, text), text)
    return {value for reading in found for value in reading.values}


@pytest.mark.parametrize(
    ("rule_id", "question"),
    [
        ("CBA", "请问您家的问题解决了吗"),
        ("CBA", "暖气现在热了没有"),
        ("CBA", "师傅给您修好了没"),
        ("CBA", "您家那个漏水的毛病还漏不漏了"),
        ("CBA", "修完以后屋里暖和了吗"),
        ("CBA", "现在家里温度上来了没有"),
        ("CBA", "您报的那个故障处理好了是吧"),
        ("CBA", "您家暖气修得怎么样了"),
        ("CBA", "是不是都修好了"),
        ("CBB", "维修工态度如何"),
        ("CBB", "去您家的师傅态度怎么样啊"),
        ("CBB", "您对维修人员的服务满意吗"),
        ("CBB", "上门师傅服务得咋样"),
        ("CBB", "师傅的服务您是满意、普通还是不满意"),
        ("CBB", "您给师傅做个评价吧，满意还是不满意"),
        ("CBB", "维修师傅干活怎么样"),
        ("CBC", "跟您收费了吗"),
        ("CBC", "师傅收没收您钱"),
        ("CBC", "有没有跟您要钱啊"),
        ("CBC", "那师傅没跟您收什么费用吧"),
        ("CBC", "上门维修产生费用了没有"),
        ("CBC", "您给师傅钱了吗"),
        ("CBC", "有没有另外收取材料费"),
        ("CBD", "请您为我们的服务打分，一到十分"),
        ("CBD", "满分十分您给我们打几分"),
        ("CBD", "麻烦您打个分吧"),
        ("CBD", "一到十分，您能给几分"),
        ("CBD", "给我们这次服务评个分吧"),
        ("CBE", "您对我们的服务还有什么建议或者意见吗"),
        ("CBE", "还有什么想反映的吗"),
        ("CBE", "对我们工作有没有什么意见"),
        ("CBE", "您看我们哪块做得不到位"),
        ("CBE", "再给我们提点建议呗"),
        ("CBE", "您还有啥意见没有"),
        # topics and forms of asking that no list of wordings holds
        ("CBA", "厨房那根管子弄利索了没有"),
        ("CBA", "您反映的毛病，这回给您弄妥了吧"),
        ("CBA", "卧室那组这会儿好使了吗"),
        ("CBA", "阀门那儿还滴不滴，修没修好"),
        ("CBA", "屋里现在是个啥情况，问题排除了吗"),
        ("CBB", "上门那位师傅的态度，您觉着咋样"),
        ("CBB", "对来修的小伙子，您满不满意"),
        ("CBB", "师傅说话客不客气"),
        ("CBB", "满意、一般、不满意，您挑一个"),
        ("CBB", "那人家干活的这个为人，您看还行吗"),
        ("CBC", "钱的话，师傅收了没有"),
        ("CBC", "您掏钱了没"),
        ("CBC", "人家有没有问您要个辛苦费啥的钱"),
        ("CBC", "这次是给您免费修的吧"),
        ("CBC", "费用这块儿，当时产生了没有"),
        ("CBD", "十分封顶，您赏个分"),
        ("CBD", "零到十分，您心里给多少"),
        ("CBE", "哪块儿您觉着还得改，您尽管说"),
        ("CBE", "想跟我们说点啥，建议也行"),
        ("CBE", "意见呢，有没有"),
        ("CBE", "什么地方我们做得还不够，您提提"),
        ("CBE", "欢迎您给我们多提意见"),
    ],
)
def test_a_question_is_asked_in_many_words(rule_id: str, question: str) -> None:
    verdict = judge(rule_id, exchange(question + "？", "嗯。"))
    assert verdict.outcome is MET
    assert any(match.role.value == "agent" for match in verdict.matches)


@pytest.mark.parametrize(
    ("rule_id", "words"),
    [
        ("CBA", "好的，没解决的话我给您再报一次。"),
        ("CBA", "解决了就好。"),
        ("CBA", "您现在方便吗？"),
        ("CBB", "您对我们的服务还有什么建议或者意见吗？"),
        ("CBB", "师傅马上就到。"),
        ("CBC", "我们的收费工作已经开始，请您方便的时候交纳供暖费。"),
        ("CBC", "您供暖费交了吗？"),
        ("CBD", "十分感谢您。"),
        ("CBD", "您等我五分钟。"),
        ("CBE", "以后有什么问题请您随时拨打我们电话。"),
        ("CBE", "您的意见我记录下来了。"),
        ("CBE", "您有什么意见可以随时打电话。"),
        ("CBA", "修好了是应该的。"),
        ("CBA", "我让师傅尽快给您处理。"),
        ("CBB", "师傅态度不好，我跟您道个歉。"),
        ("CBB", "您满意我们就放心了。"),
        ("CBC", "发票您收到了吗？"),
        ("CBC", "今年的暖气费您交没交？"),
        ("CBD", "五分钟就行。"),
        ("CBE", "谢谢您的宝贵建议。"),
        ("CBE", "您提的意见我转达给站里。"),
    ],
)
def test_what_only_resembles_a_question_is_none(rule_id: str, words: str) -> None:
    other = (
        "维修工态度如何？\n客户: 满意。\n坐席: "
        if rule_id == "CBC"
        else "跟您收费了吗？\n客户: 没收。\n坐席: "
    )
    assert judge(rule_id, exchange(other + words, "嗯，行。")).outcome is VIOLATED


@pytest.mark.parametrize(
    ("kind", "reply", "expected"),
    [
        (SOLVED, "解决了", "yes"),
        (SOLVED, "修好了，现在可热了", "yes"),
        (SOLVED, "好了好了，热乎着呢", "yes"),
        (SOLVED, "不漏了", "yes"),
        (SOLVED, "早就没事了，二十多度", "yes"),
        (SOLVED, "解决是解决了，现在热了", "yes"),
        (SOLVED, "刚开始不热，后来又来了一趟，现在热了", "yes"),
        (SOLVED, "头一趟没修好，第二天又来一趟，这下好了", "yes"),
        (SOLVED, "好了，上回没弄好，这回好了", "yes"),
        (SOLVED, "修利索了，就是墙皮不是我弄的", "yes"),
        (SOLVED, "没解决", "no"),
        (SOLVED, "解决个啥，人影都没见着", "no"),
        (SOLVED, "热什么热，跟原来一样凉", "no"),
        (SOLVED, "还那样，一点没变化", "no"),
        (SOLVED, "修是修了，就是还不热", "no"),
        (SOLVED, "热了一会儿，晚上又凉了", "no"),
        (SOLVED, "根本没人来修", "no"),
        (SOLVED, "白折腾，照样冰凉", "no"),
        (SOLVED, "好了一点，还行吧", "no yes"),
        (SOLVED, "基本解决了", "no yes"),
        (SOLVED, "应该好了吧，我没在家", "no yes"),
        (ATTITUDE, "满意", "满意"),
        (ATTITUDE, "态度没得说", "满意"),
        (ATTITUDE, "挺好的，人特别客气", "满意"),
        (ATTITUDE, "没什么不满意的，挺好", "满意"),
        (ATTITUDE, "满意、普通、不满意啊，那就满意吧", "满意"),
        (ATTITUDE, "十分满意", "满意"),
        (ATTITUDE, "一般", "普通"),
        (ATTITUDE, "凑合吧", "普通"),
        (ATTITUDE, "也就那样", "普通"),
        (ATTITUDE, "不好不坏", "普通"),
        (ATTITUDE, "不咋地", "不满意"),
        (ATTITUDE, "态度恶劣", "不满意"),
        (ATTITUDE, "满意什么呀，爱搭不理的", "不满意"),
        (ATTITUDE, "不太满意", "不满意"),
        (ATTITUDE, "还行吧", "普通 满意"),
        (ATTITUDE, "差点意思", "不满意 普通"),
        (ATTITUDE, "人都没见着，我咋评", "-"),
        (ATTITUDE, "没人来过，评不了", "-"),
        (CHARGED, "没收", "no"),
        (CHARGED, "没要钱", "no"),
        (CHARGED, "一分钱没要", "no"),
        (CHARGED, "免费的", "no"),
        (CHARGED, "给他钱他死活不要", "no"),
        (CHARGED, "收费倒是没收", "no"),
        (CHARGED, "收了五十", "yes"),
        (CHARGED, "要了材料费", "yes"),
        (CHARGED, "给了师傅三十块钱", "yes"),
        (CHARGED, "没收修理费，就收了个材料费", "yes"),
        (CHARGED, "没收，不对，收了二十", "yes"),
        (CHARGED, "记不清了，好像没收", "no yes"),
        (CHARGED, "收了，没给收据", "yes"),
        (CHARGED, "我扫码转了他五十", "yes"),
        (CHARGED, "他说换件得五十，我就扫码给他了", "yes"),
        (CHARGED, "收了啊，不是说免费吗", "yes"),
        (CHARGED, "工钱没要，材料钱收了四十", "yes"),
        (CHARGED, "材料钱他没要", "no"),
        (POINTS, "十分", "10"),
        (POINTS, "满分", "10"),
        (POINTS, "打八分", "8"),
        (POINTS, "给个九分吧", "9"),
        (POINTS, "八分，不，九分", "9"),
        (POINTS, "七分，还是给八分吧", "8"),
        (POINTS, "三分都多了，就三分", "3"),
        (POINTS, "打10分", "10"),
        (POINTS, "给个九", "9"),
        (POINTS, "八九分吧", "8 9"),
        (POINTS, "六七分", "6 7"),
        (POINTS, "八分半", "7 8 9"),
        (POINTS, "一到十分啊，那给八分", "8"),
        (POINTS, "上回我给的六分，这回八分", "8"),
    ],
)
def test_answers_as_people_give_them(kind: str, reply: str, expected: str) -> None:
    assert values(kind, reply.replace("、", "，")) == set(expected.split())


@pytest.mark.parametrize(
    ("kind", "reply"),
    [
        (POINTS, "十分满意"),
        (POINTS, "等了五分钟"),
        (POINTS, "一分钱没收"),
        (CHARGED, "没收拾屋子"),
        (CHARGED, "没给收据"),
        (CHARGED, "我交了供暖费了"),
        (SOLVED, "赶紧给我修好"),
        (ATTITUDE, "不好意思"),
    ],
)
def test_words_that_hold_no_answer(kind: str, reply: str) -> None:
    assert values(kind, reply) == set()


@pytest.mark.parametrize(
    ("question", "reply", "keyed", "outcome"),
    [
        # bare replies mean what the question makes of them
        ("问题解决了吗？", "嗯，没有。", KeyedAnswers(solved=False), MET),
        ("问题解决了吗？", "没呢。", KeyedAnswers(solved=True), VIOLATED),
        ("现在还漏水吗？", "没有了。", KeyedAnswers(solved=True), MET),
        ("跟您收费了吗？", "没有没有。", KeyedAnswers(charged=False), MET),
        ("师傅没收您钱吧？", "对。", KeyedAnswers(charged=False), MET),
        ("师傅没收您钱吧？", "收了二十。", KeyedAnswers(charged=False), VIOLATED),
        ("您对师傅的服务满意吗？", "对，满意。", KeyedAnswers(attitude=Attitude.SATISFIED), MET),
        # the answer comes a turn later, after the customer asked back
        ("跟您收费了吗？", "啊？/就是收没收钱。|没收。", KeyedAnswers(charged=False), MET),
        ("请您打分，一到十分。", "嗯。/您打几分？|八分。", KeyedAnswers(points=10), VIOLATED),
        ("请您打分，一到十分。", "我想想啊。|给九分。", KeyedAnswers(points=9), MET),
        # what the agent repeats and the customer agrees with
        (
            "师傅态度如何？",
            "那小伙子啊。/满意是吧？|对对。",
            KeyedAnswers(attitude=Attitude.SATISFIED),
            MET,
        ),
        ("请您打分，一到十分。", "八九分吧。/那就九分，行吗？|行。", KeyedAnswers(points=9), MET),
        # two questions at once
        (
            "解决了吗，师傅态度怎么样？",
            "解决了，态度挺好。",
            KeyedAnswers(True, Attitude.SATISFIED),
            MET,
        ),
        (
            "解决了吗，师傅态度怎么样？",
            "热了，人不咋地。",
            KeyedAnswers(True, Attitude.SATISFIED),
            VIOLATED,
        ),
        # what cannot be told
        ("请您打分，一到十分。", "八九分吧。", KeyedAnswers(points=9), UNDECIDED),
        ("请您打分，一到十分。", "八九分吧。", KeyedAnswers(points=3), VIOLATED),
        ("师傅态度如何？", "还行吧。", KeyedAnswers(attitude=Attitude.ORDINARY), UNDECIDED),
        ("师傅态度如何？", "我没见着他。", KeyedAnswers(attitude=Attitude.SATISFIED), UNDECIDED),
        ("跟您收费了吗？", "这我真不清楚。", KeyedAnswers(charged=False), UNDECIDED),
        ("跟您收费了吗？", "没收。", KeyedAnswers(charged=False, points=10), UNDECIDED),
        ("跟您收费了吗？", "没收。", KeyedAnswers(charged=True, points=10), VIOLATED),
        # volunteered, named, and never asked
        ("师傅态度如何？", "满意，也没收费。", KeyedAnswers(charged=False), MET),
        ("师傅态度如何？", "满意。", KeyedAnswers(), UNDECIDED),
        ("师傅态度如何？", "满意。", None, UNDECIDED),
    ],
)  # fmt: skip
def test_keyed_answers_against_what_was_said(
    question: str, reply: str, keyed: KeyedAnswers | None, outcome: Outcome
) -> None:
    verdict = judge("CBV", exchange(question, reply), keyed=keyed)
    assert verdict.outcome is outcome, verdict
    if outcome is VIOLATED:
        assert any(slot.status is SlotStatus.WRONG and slot.nearest for slot in verdict.slots)


@pytest.mark.parametrize(
    ("customer", "agent", "outcome"),
    [
        ("现在不方便。", "那您看什么时候方便？", MET),
        ("我开车呢。", "好的，那我晚上七点再给您打，行吗？", MET),
        ("正开会呢，你等会儿打。", "好的，半小时后给您打过去。", MET),
        ("哎呀我这会儿忙着呢。", "那给您换个时间，明天上午可以吗？", MET),
        ("我在上课，说话不方便。", "那您几点下课，我们再联系您？", MET),
        ("我正给老人喂饭呢。", "那您看傍晚几点我再打合适？", MET),
        ("哎哟，我这手上全是面呢。", "不急，晚上八点给您去电话成吗？", MET),
        ("孩子正哭着呢。", "好的，那您先忙，我明天上午再联系您。", MET),
        ("没空没空。", "哦，那打扰了，再见。", VIOLATED),
        ("孩子睡觉呢，小点声，不方便。", "好的，不打扰您了。", VIOLATED),
        ("我这会儿走不开啊。", "那算了。", VIOLATED),
        ("你回头再打吧，我在医院。", "行，那您忙。", VIOLATED),
        ("不太方便，接孩子呢。", "那我回头再打给您。", UNDECIDED),
    ],
)
def test_not_convenient(customer: str, agent: str, outcome: Outcome) -> None:
    dialogue = f"{OPENING}\n客户: {customer}\n坐席: {agent}\n客户: 行，再见。"
    assert judge("CB02", dialogue).outcome is outcome
    for rule_id in ("CBA", "CBB", "CBC", "CBD", "CBE", "CBF", "CBV"):
        assert judge(rule_id, dialogue, keyed=KeyedAnswers(True)).outcome is NA, rule_id
    assert judge("CL02", dialogue).outcome is VIOLATED


@pytest.mark.parametrize(
    "customer",
    [
        "方便，你说。",
        "可以，快点说就行，我在外边呢。",
        "我上班呢，没事，你问吧。",
        "嗯，你说。",
        "啥事？",
        "做饭呢，开着免提，你问你的。",
    ],
)
def test_convenient_enough(customer: str) -> None:
    dialogue = FULL.replace("客户: 方便。", f"客户: {customer}")
    assert judge("CB02", dialogue).outcome is NA
    assert judge("CBA", dialogue).outcome is MET


@pytest.mark.parametrize(
    ("opening", "outcome"),
    [
        ("您好，我们是供暖报修平台，您家报修的事儿处理得怎么样，跟您做个回访，您方便吗？", MET),
        ("您好，供暖报修平台的，您前天报的修弄好没有，我们回访一下，您这会儿方便接电话吗？", MET),
        ("您好，我们是供暖报修平台，您现在说话方便吗？", VIOLATED),
        ("您好，我们是供暖报修平台，对您家报修的处理情况进行回访。", VIOLATED),
    ],
)
def test_what_the_call_is_about_is_no_question_yet(opening: str, outcome: Outcome) -> None:
    assert judge("CB01", FULL.replace(OPENING, f"坐席: {opening}")).outcome is outcome
    busy = (
        f"坐席: {opening}\n客户: 正开会呢，回头打吧。\n坐席: 好，下午三点给您打。\n客户: 行，再见。"
    )
    for rule_id in ("CBA", "CBB", "CBE", "CBF", "CBV"):
        assert judge(rule_id, busy, keyed=KeyedAnswers(True)).outcome is NA, rule_id


def test_satisfied_is_not_busy() -> None:
    dialogue = exchange("师傅态度怎么样？", "挺满意的。/您还有什么意见？|没有。")
    assert judge("CB02", dialogue).outcome is NA


@pytest.mark.parametrize(
    ("reply", "keyed", "outcome"),
    [
        ("好了，头一回没修好，昨天又来一趟，这回好了。", True, MET),
        ("解决啥呀，人影都没见着。", False, MET),
        ("解决啥呀，人影都没见着。", True, VIOLATED),
        ("好了好了，就是厨房那儿还漏。", True, UNDECIDED),
    ],
)
def test_only_a_certain_answer_convicts(reply: str, keyed: bool, outcome: Outcome) -> None:
    dialogue = exchange("问题解决了吗？", reply)
    assert judge("CBV", dialogue, keyed=KeyedAnswers(keyed)).outcome is outcome


def test_who_saw_no_repairer_is_not_satisfied() -> None:
    dialogue = exchange("维修工态度如何？", "人我都没见着，评不了。")
    assert judge("CBF", dialogue, fee_unpaid=True).outcome is MET


def test_a_customer_who_relents_is_asked_after_all() -> None:
    more = "客户: 我这会儿忙着呢。\n坐席: 就耽误您一分钟。\n客户: 那行，你问吧。"
    dialogue = FULL.replace("客户: 方便。", more)
    assert judge("CB02", dialogue).outcome is NA
    assert judge("CBD", dialogue).outcome is MET


def test_a_whole_callback_by_the_book() -> None:
    keyed = KeyedAnswers(True, Attitude.SATISFIED, False, 10)
    for rule_id in ("CB01", "CBA", "CBB", "CBC", "CBD", "CBE", "CBF", "CBV", "CL02"):
        assert judge(rule_id, FULL, keyed=keyed).outcome is MET, rule_id
    answers = {rule: dict(judge(rule, FULL).details)["answer"] for rule in QUESTIONS}
    assert answers == {"CBA": "yes", "CBB": "满意", "CBC": "no", "CBD": "10"}
    quotes = [match.quote for match in judge("CBD", FULL).matches]
    assert quotes == ["请您为我们的服务打分", "十分"]


@pytest.mark.parametrize(
    "left_out", ["问题解决了吗", "维修工态度如何", "跟您收费了吗", "打分", "建议"]
)
def test_each_question_is_missed_alone(left_out: str) -> None:
    lines = FULL.splitlines()
    at = next(k for k, line in enumerate(lines) if left_out in line)
    dialogue = "\n".join(lines[:at] + lines[at + 2 :])
    outcomes = [judge(rule, dialogue).outcome for rule in (*QUESTIONS, "CBE")]
    assert outcomes.count(VIOLATED) == 1
    assert outcomes.count(MET) == 4


REMIND = "坐席: 我们的收费工作已经开始，请您方便的时候交纳供暖费。\n"


@pytest.mark.parametrize(
    ("attitude", "said", "unpaid", "outcome"),
    [
        ("满意。", True, True, MET),
        ("满意。", False, True, VIOLATED),
        ("满意。", True, False, VIOLATED),
        ("满意。", False, False, MET),
        ("一般。", True, True, VIOLATED),
        ("一般。", False, True, MET),
        ("不满意。", True, False, VIOLATED),
        ("还行吧。", True, True, UNDECIDED),
        ("还行吧。", False, False, MET),
        ("还行吧。", True, False, VIOLATED),
        ("差点意思。", False, True, MET),
        ("满意。", True, None, UNDECIDED),
        ("满意。", False, None, UNDECIDED),
    ],
)
def test_the_reminder_is_for_the_satisfied_who_owe(
    attitude: str, said: bool, unpaid: bool | None, outcome: Outcome
) -> None:
    dialogue = FULL.replace("客户: 满意。", f"客户: {attitude}")
    if said:
        dialogue = dialogue.replace(CLOSING, REMIND + CLOSING)
    assert judge("CBF", dialogue, fee_unpaid=unpaid).outcome is outcome


@pytest.mark.parametrize(
    "words",
    [
        "取暖费现在可以交了，您抽空交一下",
        "您家采暖费还没交，有时间去缴一下",
        "麻烦您方便的时候把暖气费交上",
        "另外今年的收费已经开始了，请您及时缴费",
    ],
)
def test_other_words_for_the_reminder(words: str) -> None:
    dialogue = FULL.replace(CLOSING, f"坐席: {words}。\n{CLOSING}")
    assert judge("CBF", dialogue, fee_unpaid=True).outcome is MET
    assert judge("CBF", dialogue, fee_unpaid=False).outcome is VIOLATED


@pytest.mark.parametrize("words", ["您供暖费交了吗", "您的供暖费已经交过了", "供暖费不用着急"])
def test_the_fee_mentioned_without_a_reminder(words: str) -> None:
    dialogue = FULL.replace(CLOSING, f"坐席: {words}。\n{CLOSING}")
    assert judge("CBF", dialogue, fee_unpaid=False).outcome is MET


def test_a_customer_who_asks_about_the_fee_may_be_answered() -> None:
    more = (
        "客户: 哎，那个供暖费啥时候开始交啊？\n"
        "坐席: 收费工作已经开始了，您有空交纳供暖费就行。\n客户: 好。\n"
    )
    dialogue = FULL.replace(CLOSING, more + CLOSING)
    assert judge("CBF", dialogue, fee_unpaid=False).outcome is UNDECIDED
    assert judge("CBF", dialogue, fee_unpaid=True).outcome is MET


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        ("五幺八六六零零", MET),
        ("五一八六六零零", MET),
        ("5186600", MET),
        ("五幺八，六六，零零", MET),
        ("五幺八，两个六，两个零", MET),
        ("五幺八六六洞洞", MET),
        ("五幺八六六零六零", VIOLATED),
        ("五幺八六零六零", VIOLATED),
        ("五幺八六六零", VIOLATED),
        ("五幺八六六零九，哦不对，五幺八六六零零", MET),
        ("这个电话", VIOLATED),
    ],
)
def test_the_hotline_digit_by_digit(number: str, outcome: Outcome) -> None:
    assert judge("CL02", FULL.replace("五幺八六六零零", number)).outcome is outcome


def test_a_call_that_broke_off_owes_no_questions() -> None:
    dialogue = f"{OPENING}\n客户: 方便。\n坐席: 问题解决了吗？\n客户: 解决了，喂？听得见吗？"
    assert judge("CBA", dialogue).outcome is MET
    for rule_id in ("CBB", "CBC", "CBD", "CBE", "CL02"):
        assert judge(rule_id, dialogue).outcome is UNDECIDED, rule_id
        assert judge(rule_id, dialogue, released_by=ReleasedBy.AGENT).outcome is VIOLATED, rule_id
    asked = dialogue.replace("问题解决了吗", "问题给您解决了吗")  # no closing's 及时为您服务
    assert judge("CL02", asked).outcome is UNDECIDED
    assert judge("CL02", f"{asked}\n坐席: 感谢您的合作，再见。").outcome is VIOLATED


def test_what_follows_an_answer_is_no_other_answer() -> None:
    dialogue = f"{OPENING}\n客户: 方便。\n坐席: 跟您收费了吗？\n客户: 没有。对了，供暖费能减不？"
    keyed = KeyedAnswers(charged=False)
    assert judge("CBV", f"{dialogue}\n{CLOSING}", keyed=keyed).outcome is MET


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        ("客户: 刚才电话挂了，我家暖气不热。\n坐席: 您家地址。", UNDECIDED),
        ("客户: 解决了。\n坐席: 感谢您的配合，您稍等，我查一下。", UNDECIDED),
        ("客户: 解决了。\n坐席: 感谢您的理解，您稍等，我查一下。\n客户: 好。", UNDECIDED),
        ("客户: 解决了，挂了。\n坐席: 哎，好。", VIOLATED),
        ("客户: 解决了。\n坐席: 好，那先这样，挂了。", VIOLATED),
        ("客户: 解决了。\n坐席: 感谢您的合作。", VIOLATED),
    ],
)
def test_a_callback_ends_with_leave_and_not_with_words_said_amidst(
    ending: str, outcome: Outcome
) -> None:
    dialogue = f"{OPENING}\n客户: 方便。\n坐席: 问题解决了吗？\n{ending}"
    assert judge("CL02", dialogue).outcome is outcome
    assert judge("CBB", dialogue).outcome is outcome


def test_no_question_and_no_refusal_heard_is_for_a_person() -> None:
    dialogue = f"{OPENING}\n客户: 锅上炖着东西呢，孩子还哭。\n坐席: 哦，这样啊。\n客户: 嗯。"
    for rule_id in ("CB02", "CBA", "CBE", "CBF", "CBV"):
        assert judge(rule_id, dialogue).outcome is UNDECIDED, rule_id


def test_a_wrong_number_is_no_bad_moment() -> None:
    dialogue = f"{OPENING}\n客户: 你打错了吧，我家没报过修。\n坐席: 不好意思，再见。\n客户: 再见。"
    assert judge("CB02", dialogue).outcome is NA
    assert judge("CBA", dialogue).outcome is NA


def garbled(dialogue: str, **texts: float) -> Transcript:
    """A dialogue whose words recognition was not sure of, with what the sound answered."""
    heard = parse_dialogue(dialogue)
    doubtful = tuple(
        replace(u, words=tuple(replace(w, confidence=0.6) for w in u.words))
        for u in heard.utterances
    )
    return replace(heard, utterances=doubtful)


@pytest.mark.parametrize(
    ("ten", "outcome"), [(9.0, MET), (-12.0, VIOLATED), (-1.0, UNDECIDED), (None, UNDECIDED)]
)
def test_a_doubtful_score_is_put_to_the_sound(ten: float | None, outcome: Outcome) -> None:
    transcript = garbled(exchange("请您打分，一到十分。", "四分。"))
    open_ = judge("CBV", transcript, keyed=KeyedAnswers(points=10))
    assert open_.outcome is UNDECIDED
    rule = ruleset().rule("CBV")
    assert rule is not None
    asking = scene(transcript, keyed=KeyedAnswers(points=10))
    rule.check.run(asking)
    (question,) = asking.asked
    assert question.hypotheses == ("十分", "四分")
    if ten is not None:
        margins = {"十分": ten, "四分": 0.0}
        hearings = tuple(
            Hearing(question.channel, question.span, text, margins[text], 1)
            for text in question.hypotheses
        )
        transcript = replace(transcript, hearings=hearings)
    assert judge("CBV", transcript, keyed=KeyedAnswers(points=10)).outcome is outcome


def test_a_character_torn_off_by_recognition_belongs_to_the_next() -> None:
    dialogue = exchange("维修工态度如何？", "不|满意，他在屋里抽烟。")
    answer = talk(dialogue).answer(ATTITUDE)
    assert answer is not None
    assert answer.value == "不满意"


def test_homophones_are_read_but_never_firm() -> None:
    (reading,) = read_by_sound(ATTITUDE, "满一")
    assert reading.values == {"满意"}
    assert not reading.firm
    assert not read_by_sound(POINTS, "分吧")


def test_bare_replies_follow_the_form_of_the_question() -> None:
    denied = read_bare("没有", Form("yes", "no"))
    assert [r.values for r in denied] == [{"no"}]
    assert [r.values for r in read_bare("没有", Form("no", "yes"))] == [{"yes"}]
    assert read_bare("没有，没收拾", Form()) == []
    assert not read_bare("嗯", Form("yes", "no"))[0].firm
