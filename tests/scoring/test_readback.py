"""Read-back and tickets on conversations that no ruleset and no call set holds."""

from dataclasses import replace

import pytest

from qa.scoring.check import Scene
from qa.scoring.checks.details_read_back import DetailsReadBack
from qa.scoring.checks.read_back import ReadBack
from qa.scoring.checks.ticket_matches import TicketMatches
from qa.scoring.checks.ticket_station import TicketStation
from qa.scoring.dialogue import parse_dialogue
from qa.types import (
    Call,
    Hearing,
    Outcome,
    Question,
    ReleasedBy,
    Segment,
    Span,
    Ticket,
    Transcript,
    Verdict,
)

MET, VIOLATED = Outcome.MET, Outcome.VIOLATED
UNDECIDED, NOT_APPLICABLE = Outcome.UNDECIDED, Outcome.NOT_APPLICABLE
CALL = Call("test", released_by=ReleasedBy.CUSTOMER)

CASES = [
    (
        "address",
        MET,
        """
坐席: 麻烦报一下您家住址。
客户: 金都华府B座十八零三。
坐席: 金都华府B座1803，是吗？
客户: 是的。
坐席: 好的，再见。
""",
    ),
    (
        "address",
        VIOLATED,
        """
坐席: 麻烦报一下您家住址。
客户: 金都华府B座十八零三。
坐席: 金都华府A座1803，派单了。
客户: 行。
坐席: 好的，再见。
""",
    ),
    (
        "address",
        MET,
        """
坐席: 您住哪个小区？
客户: 我住红旗大街的万和城，三栋二门五零一。
坐席: 万和城三栋二门五零一对吧？
客户: 对。
坐席: 再见。
""",
    ),
    (
        "address",
        VIOLATED,
        """
坐席: 您住哪个小区？
客户: 我住红旗大街的万和城，三栋二门五零一。
坐席: 万和城三栋三门五零一，记下了。
客户: 好。
坐席: 再见。
""",
    ),
    (
        "address",
        MET,
        """
坐席: 地址说一下。
客户: 红星村三组十五号。
坐席: 红星村三组十五号，好的。
客户: 嗯。
坐席: 再见。
""",
    ),
    (
        "address",
        VIOLATED,
        """
坐席: 地址说一下。
客户: 红星村三组十五号。
坐席: 好的，电话呢？
客户: 幺三五，零零二七，八八四六。
坐席: 再见。
""",
    ),
    (
        "address",
        MET,
        """
坐席: 您家在哪个位置？
客户: 文化街四十六号院，一号楼三单元五零二。
坐席: 文化街四十六号院一号楼三单元五零二。
客户: 没错。
坐席: 再见。
""",
    ),
    (
        "address",
        MET,
        """
客户: 你好，我是滨江新城十一号楼的，我家不热。
坐席: 滨江新城十一号楼，几单元几零几？
客户: 四单元二楼左手。
坐席: 四单元二楼左手，好的。
客户: 嗯。
坐席: 再见。
""",
    ),
    (
        "address",
        VIOLATED,
        """
客户: 你好，我是滨江新城十一号楼四单元九零二的，我家不热。
坐席: 好的，暖气不热，给您登记了，请问您贵姓？
客户: 姓马。
坐席: 马先生，好的，师傅会跟您联系，再见。
客户: 再见。
""",
    ),
    (
        "address",
        MET,
        """
坐席: 请问您的具体地址？
客户: 滨江新城，八号楼，不是，十八号楼，我家刚搬来，四单元九零二。
坐席: 十八号楼四单元九零二，滨江新城，对不对？
客户: 对的对的。
坐席: 再见。
""",
    ),
    (
        "name",
        MET,
        """
坐席: 怎么称呼您？
客户: 我姓欧阳，欧阳春晖。
坐席: 欧阳春晖先生，好的。
坐席: 再见。
""",
    ),
    (
        "name",
        MET,
        """
坐席: 怎么称呼您？
客户: 叫我老李吧。
坐席: 李师傅，您好。
客户: 嗯。
坐席: 再见。
""",
    ),
    (
        "name",
        MET,
        """
坐席: 户主叫什么名字？
客户: 户主是我爱人，叫孟庆华，孟子的孟，国庆的庆，中华的华。
坐席: 孟庆华，对吗？
客户: 对。
坐席: 再见。
""",
    ),
    (
        "name",
        VIOLATED,
        """
坐席: 请问您的姓名？
客户: 孟庆华。
坐席: 孟先生，请留一下电话？
客户: 幺三五，零零二七，八八四六。
坐席: 再见。
""",
    ),
    (
        "name",
        VIOLATED,
        """
坐席: 您贵姓？
客户: 免贵姓沈。
坐席: 嗯好，电话多少？
客户: 幺三五，零零二七，八八四六。
坐席: 幺三五，零零二七，八八四六，再见。
""",
    ),
    (
        "name",
        VIOLATED,
        """
坐席: 您贵姓？
客户: 免贵姓沈。
坐席: 陈女士，电话多少？
客户: 幺三五，零零二七，八八四六。
坐席: 幺三五，零零二七，八八四六，再见。
""",
    ),
    (
        "name",
        MET,
        """
坐席: 您贵姓？
客户: 田地的田。
坐席: 田女士，电话多少？
客户: 幺三五，零零二七，八八四六。
坐席: 再见。
""",
    ),
    (
        "name",
        MET,
        """
坐席: 登记谁的名字？
客户: 登我妈的吧，她叫段玉琴，段落的段。
坐席: 嗯，电话多少？
客户: 幺三五，零零二七，八八四六。
坐席: 我再核对一下，段玉琴，幺三五，零零二七，八八四六，对吧？
客户: 对。
坐席: 再见。
""",
    ),
    (
        "phone",
        MET,
        """
坐席: 电话留一个吧。
客户: 一三五，后面是零零二七，再后面八八四六。
坐席: 135-0027-8846对吧？
客户: 对。
坐席: 再见。
""",
    ),
    (
        "phone",
        MET,
        """
坐席: 电话留一个吧。
客户: 八五六七，三三四二，家里座机。
坐席: 八五六七三三四二。
客户: 对。
坐席: 再见。
""",
    ),
    (
        "phone",
        VIOLATED,
        """
坐席: 电话留一个吧。
客户: 八五六七，三三四二，家里座机。
坐席: 八五六七三二四二，记下了。
客户: 好。
坐席: 再见。
""",
    ),
    (
        "phone",
        MET,
        """
坐席: 联系方式？
客户: 幺三五零零二七八八四六，要不你打我爱人的，幺八六四五七七零九二三。
坐席: 幺八六四五七七零九二三，行。
客户: 行。
坐席: 再见。
""",
    ),
    (
        "phone",
        VIOLATED,
        """
坐席: 联系方式？
客户: 就来电显示这个。
坐席: 好的，记下了。
客户: 行。
坐席: 再见。
""",
    ),
    (
        "phone",
        MET,
        """
坐席: 联系方式？
客户: 幺三五，幺三五。
坐席: 嗯，幺三五。
客户: 两个零二七。
坐席: 零零二七。
客户: 八八四六。
坐席: 八八四六。
客户: 没错。
坐席: 再见。
""",
    ),
    (
        "phone",
        VIOLATED,
        """
坐席: 联系方式？
客户: 幺三五，零零二七，八八四六。
坐席: 幺三五，零零二七，八八四六。
客户: 哎错了，是八八四九。
坐席: 嗯好。
客户: 行。
坐席: 再见。
""",
    ),
    (
        "phone",
        MET,
        """
坐席: 联系方式？
客户: 幺三五，零零二七，八八四六。
坐席: 幺三五，零零二七，八八四六。
客户: 哎错了，是八八四九。
坐席: 哦，八八四九，幺三五零零二七八八四九。
客户: 行。
坐席: 再见。
""",
    ),
    (
        "phone",
        VIOLATED,
        """
客户: 我家暖气片漏水了。
坐席: 暖气片漏水，地址呢？
客户: 万和城三号楼二单元五零一。
坐席: 万和城三号楼二单元五零一，给您派单了，再见。
客户: 再见。
""",
    ),
    (
        "problem",
        MET,
        """
客户: 暖气片跟冰块儿似的，摸着一点温度没有。
坐席: 您是说暖气不热，对吧？地址说一下。
客户: 万和城三号楼二单元五零一。
坐席: 再见。
""",
    ),
    (
        "problem",
        MET,
        """
客户: 地暖管子呲水了，客厅都成河了。
坐席: 地暖管漏水，您先关阀门，地址说一下。
客户: 万和城三号楼二单元五零一。
坐席: 再见。
""",
    ),
    (
        "problem",
        VIOLATED,
        """
客户: 地暖管子呲水了，客厅都成河了。
坐席: 嗯，地址说一下。
客户: 万和城三号楼二单元五零一。
坐席: 万和城三号楼二单元五零一，单子派了，师傅会联系您，再见。
客户: 再见。
""",
    ),
    (
        "problem",
        MET,
        """
客户: 阀门拧不动了，锈得死死的。
坐席: 阀门锈死拧不动是吗，地址说一下。
客户: 万和城三号楼二单元五零一。
坐席: 再见。
""",
    ),
    (
        "problem",
        MET,
        """
客户: 夜里暖气咣咣响，睡不着觉。
坐席: 暖气管里有声音是吧？
客户: 对。
坐席: 您的地址？
客户: 万和城三号楼二单元五零一。
坐席: 再见。
""",
    ),
    (
        "problem",
        NOT_APPLICABLE,
        """
客户: 你好，我想咨询一下暖气费怎么交。
坐席: 您可以在网上交，也可以来营业厅。
客户: 好的，谢谢。
坐席: 再见。
""",
    ),
    (
        "problem",
        NOT_APPLICABLE,
        """
客户: 请问今年什么时候停暖啊？
坐席: 四月十五号。
客户: 好的，谢谢。
坐席: 再见。
""",
    ),
    (
        "address",
        NOT_APPLICABLE,
        """
客户: 喂，是送水的吗？
坐席: 不是，您打错了。
客户: 哦不好意思。
坐席: 没关系，再见。
""",
    ),
    (
        "name",
        UNDECIDED,
        """
坐席: 地址说一下。
客户: 万和城三号楼二单元五零一。
坐席: 万和城三号楼二单元五零一，您贵姓？
客户: 喂？怎么没声了？
""",
    ),
]


@pytest.mark.parametrize(("detail", "outcome", "dialogue"), CASES)
def test_a_detail_is_read_back(detail: str, outcome: Outcome, dialogue: str) -> None:
    verdict = ReadBack(detail).run(Scene(parse_dialogue(dialogue), CALL))
    assert verdict.outcome is outcome, verdict
    if outcome is MET:
        assert {m.role.value for m in verdict.matches} >= {"agent"}


STATIONS = {
    "滨江新城": "江东站",
    "滨江小区": "江西站",
    "金都华府": "江北站",
    "文化家园": "江西站",
    "文化花园": "江北站",
    "一中家属楼": "江东站",
    "万和城一期": "江东站",
    "万和城二期": "江西站",
}
PLAIN = """
坐席: 您家在哪儿？
客户: 滨江新城，十八号楼四单元九零二。
坐席: 滨江新城十八号楼四单元九零二，对吧？
客户: 对。
坐席: 再见。
"""
PHASES = """
坐席: 您家在哪儿？
客户: 万和城二期三号楼一千零二。
坐席: 万和城二期三号楼1002，对吧？
客户: 嗯对。
坐席: 再见。
"""
CORRECTED_ROOM = """
坐席: 您家在哪儿？
客户: 就是一中那个家属楼，五号楼二单元六零一。
坐席: 一中家属楼五号楼二单元六零二？
客户: 六零一。
坐席: 哦好，五号楼二单元六零一。
客户: 对。
坐席: 再见。
"""
CORRECTED_COMPOUND = """
坐席: 您家在哪儿？
客户: 文化花园，五号楼二单元六零一。
坐席: 文化家园五号楼二单元六零一，对吧？
客户: 不是家园，是文化花园。
坐席: 哦，文化花园，好的。
客户: 嗯。
坐席: 再见。
"""
NAMED = """
坐席: 您贵姓？
客户: 姓程，程咬金的程，程晓梅。
坐席: 程晓梅，好的，电话？
客户: 幺三五，零零二七，八八四六。
坐席: 幺三五，零零二七，八八四六，再见。
"""
CALLER = """
坐席: 您贵姓？
客户: 姓程。
坐席: 程女士，好的，电话？
客户: 打这个就行。
坐席: 幺三五，零零二七，八八四六，这个是吧？
客户: 对。
坐席: 再见。
"""
CORRECTED_NAME = """
坐席: 姓名说一下。
客户: 程晓梅。
坐席: 陈晓梅是吧，电话？
客户: 程，前程的程。
坐席: 哦程晓梅，电话多少？
客户: 幺三五，零零二七，八八四六。
坐席: 幺三五，零零二七，八八六四。
客户: 嗯嗯。
坐席: 再见。
"""
TICKETS = [
    ("address", MET, "滨江新城18号楼4单元902", PLAIN),
    ("address", MET, "滨江新城18栋4单元902室", PLAIN),
    ("address", MET, "滨江新城18-4-902", PLAIN),
    ("address", VIOLATED, "滨江小区18号楼4单元902", PLAIN),
    ("address", VIOLATED, "滨江新城8号楼4单元902", PLAIN),
    ("address", VIOLATED, "滨江新城18号楼902", PLAIN),
    ("address", MET, "南岗区滨江新城18号楼4单元902室", PLAIN),
    ("station", MET, "江东站", PLAIN),
    ("station", VIOLATED, "江西站", PLAIN),
    ("address", MET, "万和城二期3号楼1002室", PHASES),
    ("address", VIOLATED, "万和城一期3号楼1002室", PHASES),
    ("station", MET, "江西站", PHASES),
    ("station", VIOLATED, "江东站", PHASES),
    ("address", MET, "一中家属楼5号楼2单元601", CORRECTED_ROOM),
    ("address", VIOLATED, "一中家属楼5号楼2单元602", CORRECTED_ROOM),
    ("station", MET, "江东站", CORRECTED_ROOM),
    ("station", MET, "江北站", CORRECTED_COMPOUND),
    ("station", VIOLATED, "江西站", CORRECTED_COMPOUND),
    ("address", VIOLATED, "文化家园5号楼2单元601", CORRECTED_COMPOUND),
    ("address", MET, "文化花园5号楼2单元601", CORRECTED_COMPOUND),
    ("name", MET, "程小梅", NAMED),
    ("name", VIOLATED, "陈晓梅", NAMED),
    ("phone", MET, "135-0027-8846", NAMED),
    ("phone", VIOLATED, "13500278845", NAMED),
    ("name", MET, "程女士", CALLER),
    ("phone", MET, "13500278846", CALLER),
    ("phone", VIOLATED, "13500278864", CALLER),
    ("name", VIOLATED, "陈晓梅", CORRECTED_NAME),
    ("name", MET, "程晓梅", CORRECTED_NAME),
    ("phone", UNDECIDED, "13500278846", CORRECTED_NAME),
]


def compare(detail: str, written: str, transcript: Transcript) -> Verdict:
    ticket = Ticket("1", **{detail: written})  # type: ignore[arg-type]
    checks = {
        "station": TicketStation(STATIONS),
        "address": TicketMatches("address", STATIONS),
    }
    check = checks.get(detail) or TicketMatches(detail)
    return check.run(Scene(transcript, replace(CALL, ticket=ticket)))


@pytest.mark.parametrize(("detail", "outcome", "written", "dialogue"), TICKETS)
def test_a_ticket_is_compared(detail: str, outcome: Outcome, written: str, dialogue: str) -> None:
    verdict = compare(detail, written, parse_dialogue(dialogue))
    assert verdict.outcome is outcome, verdict
    if outcome is VIOLATED:
        assert verdict.reason == "ticket_differs"
        assert verdict.matches


def heard(dialogue: str, confidence: float, *hearings: Hearing) -> Transcript:
    """A dialogue as a recogniser gives it: its words are not certain."""
    transcript = parse_dialogue(dialogue)
    utterances = tuple(
        replace(
            u,
            confidence=confidence,
            words=tuple(replace(w, confidence=confidence) for w in u.words),
        )
        for u in transcript.utterances
    )
    return replace(transcript, utterances=utterances, hearings=hearings)


PHONE = """
坐席: 请留一下联系电话？
客户: 幺三五，零零二七，八八四六。
坐席: 幺三五，零零二七，八八四九，好的。
客户: 没有别的了。
坐席: 感谢您的来电，再见。
"""


def answer(question: Question, best: str) -> tuple[Hearing, ...]:
    """What the sound says when one hypothesis is what was said."""
    return tuple(
        Hearing(question.channel, question.span, text, 0.0 if text == best else -40.0, 4)
        for text in question.hypotheses
    )


def test_a_digit_that_was_only_heard_convicts_nobody_before_the_sound_was_asked() -> None:
    scene = Scene(heard(PHONE, 0.8), CALL)
    verdict = ReadBack("phone").run(scene)
    assert verdict.outcome is UNDECIDED
    assert verdict.reason == "readback_unsure"
    assert [q.channel for q in scene.asked] == [0, 1]
    assert "幺三五零零二七八八四六" in scene.asked[0].hypotheses


def test_the_sound_acquits_where_the_agent_was_misheard() -> None:
    scene = Scene(heard(PHONE, 0.8), CALL)
    ReadBack("phone").run(scene)
    agent, customer = scene.asked
    said = answer(agent, "幺三五零零二七八八四六")
    other = answer(customer, "幺三五零零二七八八四六")
    verdict = ReadBack("phone").run(Scene(heard(PHONE, 0.8, *said, *other), CALL))
    assert verdict.outcome is MET


def test_the_sound_convicts_where_both_places_are_as_heard() -> None:
    scene = Scene(heard(PHONE, 0.8), CALL)
    ReadBack("phone").run(scene)
    agent, customer = scene.asked
    answers = (
        *answer(agent, "幺三五零零二七八八四九"),
        *answer(customer, "幺三五零零二七八八四六"),
    )
    verdict = ReadBack("phone").run(Scene(heard(PHONE, 0.8, *answers), CALL))
    assert verdict.outcome is VIOLATED
    assert verdict.reason == "readback_wrong"


@pytest.mark.parametrize("source", ["caller", "ticket"])
def test_a_witness_acquits_where_the_customer_was_misheard(source: str) -> None:
    call = (
        replace(CALL, caller_number="13500278849")
        if source == "caller"
        else replace(CALL, ticket=Ticket("1", phone="13500278849"))
    )
    assert ReadBack("phone").run(Scene(heard(PHONE, 0.8), call)).outcome is MET
    # What is certain is not explained away.
    assert ReadBack("phone").run(Scene(parse_dialogue(PHONE), call)).outcome is VIOLATED


def test_a_witness_never_convicts() -> None:
    dialogue = PHONE.replace("八八四九", "八八四六")
    call = replace(CALL, caller_number="13500278849", ticket=Ticket("1", phone="13500278849"))
    assert ReadBack("phone").run(Scene(heard(dialogue, 0.8), call)).outcome is MET


def test_lost_digits_do_not_make_a_reading_wrong() -> None:
    dialogue = PHONE.replace("幺三五，零零二七，八八四九", "三五零二七，八八四六")
    assert ReadBack("phone").run(Scene(heard(dialogue, 0.6), CALL)).outcome is MET


def test_unheard_speech_of_the_agent_leaves_it_open() -> None:
    dialogue = """
客户: 滨江新城三号楼二单元五零一。
[00:30-00:31] 坐席: 好的。
[00:31-00:33] 客户: 谢谢，再见。
"""
    transcript = heard("坐席: 请问您的具体地址？" + dialogue, 0.8)
    assert ReadBack("address").run(Scene(transcript, CALL)).outcome is VIOLATED
    speech = (Segment(0, Span(12_000, 16_000)),)
    spoken = replace(transcript, speech=speech)
    assert ReadBack("address").run(Scene(spoken, CALL)).outcome is UNDECIDED


def test_a_ticket_is_only_accused_by_two_voices() -> None:
    misheard = PLAIN.replace("对吧", "对吗").replace(
        "坐席: 滨江新城十八号楼四单元九零二", "坐席: 滨江新城十八号楼四单元九零七"
    )
    assert compare("address", "滨江新城18号楼4单元907", heard(PLAIN, 0.8)).outcome is VIOLATED
    assert compare("address", "滨江新城18号楼4单元902", heard(misheard, 0.8)).outcome is UNDECIDED


def test_a_digit_that_both_sides_lost_is_asked_for() -> None:
    dialogue = PLAIN.replace("九零二", "一六零")
    verdict = compare("address", "滨江新城18号楼4单元1603", heard(dialogue, 0.8))
    assert verdict.outcome is UNDECIDED


def test_without_a_table_stations_cannot_be_told() -> None:
    call = replace(CALL, ticket=Ticket("1", station="江东站"))
    verdict = TicketStation().run(Scene(parse_dialogue(PLAIN), call))
    assert (verdict.outcome, verdict.reason) == (UNDECIDED, "station_unknown")


def test_unknown_roles_leave_everything_open() -> None:
    dialogue = PLAIN.replace("坐席", "未知").replace("客户", "未知")
    scene = Scene(parse_dialogue(dialogue), replace(CALL, ticket=Ticket("1", station="江东站")))
    for check in (ReadBack("address"), TicketMatches("address"), TicketStation(STATIONS)):
        assert check.run(scene).reason == "role_unknown"


def test_all_details_in_one_summary() -> None:
    dialogue = """
客户: 燃气灶打不着火了。
坐席: 请问您的姓名、地址和电话？
客户: 段玉琴，滨江新城三号楼二单元五零一，幺三五，零零二七，八八四六。
坐席: 核对一下，段玉琴，滨江新城三号楼二单元五零一，电话幺三五，零零二七，八八四六，灶打不着火？
客户: 对。
坐席: 再见。
"""
    check = DetailsReadBack(("name", "address", "phone", "problem"))
    verdict = check.run(Scene(parse_dialogue(dialogue), CALL))
    assert verdict.outcome is MET
    assert [slot.name for slot in verdict.slots] == ["name", "address", "phone", "problem"]
    wrong = dialogue.replace("电话幺三五，零零二七", "电话幺三五，零零七二")
    verdict = check.run(Scene(parse_dialogue(wrong), CALL))
    assert verdict.outcome is VIOLATED
    assert dict(verdict.details) == {"details": "phone"}


@pytest.mark.parametrize("detail", ["problem", "address", "name", "phone", "waybill"])
@pytest.mark.parametrize(
    "dialogue",
    [
        "坐席: 您好。",
        "客户: 喂？",
        "坐席: 地址？\n坐席: 电话？\n坐席: 姓名？",
        "客户: 一一一一一一一一一一一一一一一一。\n坐席: 号楼单元号楼单元。",
        "坐席: 电话？\n客户: 不对不对不对，不是不是。\n坐席: 不对。",
        "客户: 的的的的的，号楼，单元，室。\n坐席: 姓名电话地址单号？\n客户: 嗯。",
    ],
)
def test_odd_talk_breaks_nothing(detail: str, dialogue: str) -> None:
    call = replace(CALL, ticket=Ticket("1", "甲", "乙", "1", "丙", "丁"))
    scene = Scene(parse_dialogue(dialogue), call)
    assert ReadBack(detail, STATIONS).run(scene).outcome in Outcome
    for check in (TicketMatches("address"), TicketMatches("name"), TicketMatches("phone")):
        assert check.run(scene).outcome in Outcome
    assert TicketStation(STATIONS).run(scene).outcome in Outcome


@pytest.mark.parametrize("check", [ReadBack, TicketMatches])
def test_unknown_fields_are_refused(check: type) -> None:
    with pytest.raises(ValueError, match="no "):
        check("colour")


def test_a_surname_that_the_customer_denies_as_heard_makes_no_ticket_right() -> None:
    dialogue = """
坐席: 请问您的姓名？
客户: 周敏，不是周，是周记的周。
坐席: 周敏女士，好的。
客户: 嗯。
坐席: 感谢您的来电，再见。
"""
    call = replace(CALL, ticket=Ticket("T1", name="周敏"))
    verdict = TicketMatches("name").run(Scene(heard(dialogue, 0.7), call))
    assert verdict.outcome is UNDECIDED, verdict
    plain = dialogue.replace("不是周，是", "")
    assert TicketMatches("name").run(Scene(heard(plain, 0.7), call)).outcome is MET
