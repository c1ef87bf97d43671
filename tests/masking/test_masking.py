"""What is personal is hidden, wherever and however it is said; everything else stays readable."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import pytest

from qa.codec import to_plain
from qa.masking import (
    MARK,
    Kind,
    find_personal,
    listen,
    mask_address,
    mask_call,
    mask_match,
    mask_name,
    mask_number,
    mask_numbers_in,
    mask_scorecard,
    mask_text,
    mask_transcript,
    personal_spans,
)
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import load_ruleset
from qa.scoring.scorecard import score_call
from qa.types import (
    Call,
    Direction,
    Hearing,
    KeyedAnswers,
    Match,
    Role,
    Span,
    Ticket,
    Transcript,
)

TICKET = Ticket("T7", name="欧阳雪", address="银杏苑12栋3单元1701室", phone="13644205519")
CALL = Call("c1", agent_id="318", caller_number="02488213377", ticket=TICKET)
NOBODY = Call("c2")


def shown(dialogue: str, call: Call = NOBODY) -> list[str]:
    heard = parse_dialogue(dialogue)
    return [u.text for u in mask_transcript(heard, call).utterances]


def hidden(text: str) -> str:
    """What is hidden in one text by itself."""
    return "".join(text[s.start : s.end] for s in personal_spans(text))


CONVERSATION = """\
坐席: 您好，大龙供暖报修，三幺八为您服务，请问您有什么问题？
客户: 我家十六度，两个屋都凉，昨天下午三点报过一次。
坐席: 请问您的具体地址？
客户: 银杏苑的，十二栋。
坐席: 嗯，十二栋，几单元？
客户: 三单元，幺拐洞幺。
坐席: 银杏苑十二栋三单元一七零一，对吗？
客户: 对。
坐席: 请问您贵姓？
客户: 免贵姓欧阳，欧阳雪，下雪的雪。
坐席: 欧阳雪女士，电话呢？
客户: 幺三六。
坐席: 幺三六。
客户: 四四二零，后边是五五幺九。
坐席: 幺三六四四二零五五幺九，记好了。
客户: 行。你工号多少？
坐席: 我工号是三幺八。换一个阀门四十五块钱，两天以内给您换。
坐席: 以后有什么问题，请您随时拨打五幺八六六零零，再见。
客户: 五幺八六六零零，好，再见。
"""


@pytest.mark.parametrize("call", [NOBODY, CALL], ids=["words alone", "with the ticket"])
def test_a_whole_call(call: Call) -> None:
    assert shown(CONVERSATION, call) == [
        "您好，大龙供暖报修，三幺八为您服务，请问您有什么问题？",
        "我家十六度，两个屋都凉，昨天下午三点报过一次。",
        "请问您的具体地址？",
        "＊＊＊的，＊＊＊。",
        "嗯，＊＊＊，几单元？",
        "＊＊＊，＊＊＊＊。",
        "＊＊＊＊＊＊＊＊＊＊＊＊＊，对吗？",
        "对。",
        "请问您贵姓？",
        "免贵姓＊＊，＊＊＊，＊＊＊＊。",
        "＊＊＊女士，电话呢？",
        "＊＊＊。",
        "＊＊＊。",
        "＊＊＊＊，后边是＊＊＊＊。",
        "＊＊＊＊＊＊＊＊＊＊＊，记好了。",
        "行。你工号多少？",
        "我工号是三幺八。换一个阀门四十五块钱，两天以内给您换。",
        "以后有什么问题，请您随时拨打五幺八六六零零，再见。",
        "五幺八六六零零，好，再见。",
    ]


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("我叫王建国", "王建国"),
        ("王建国先生您好", "王建国"),
        ("免贵姓王", "王"),
        ("好的，诸葛女士", "诸葛"),
        ("住户叫上官云，您记一下", "上官云"),
        ("我的手机是幺三九，四四零八，拐拐勾两", "幺三九四四零八拐拐勾两"),
        ("电话 13944087792", "13944087792"),
        ("座机零四三一八八二六七七幺零", "零四三一八八二六七七幺零"),
        ("尾号七七九二的", "七七九二"),
        ("我住松江花园八号楼二单元六零三", "松江花园八号楼二单元六零三"),
        ("家在青年大街一百零八号", "青年大街一百零八号"),
        ("身份证二二零一零四一九八八零三一二四五六七", "二二零一零四一九八八零三一二四五六七"),
        ("备注：8-2-403 找不到", "82403"),
    ],
)
def test_what_is_hidden_by_itself(text: str, out: str) -> None:
    assert "".join(c for c in hidden(text) if c.isalnum()) == out


@pytest.mark.parametrize(
    "text",
    [
        "您好，大龙供暖报修，幺零八为您服务，请问您有什么问题？",
        "三零六号为您服务",
        "请您随时拨打五幺八六六零零",
        "有问题打幺二三四五或者幺幺零",
        "今天十二月二十五号，上午九点半到十一点四十",
        "一共收了二百八十五块，三天以内退",
        "二十三度，两个屋，十五六分钟，一百二十平",
        "一到十分您打几分",
        "感谢您的来电，再见",
        "我们领导说了，先生您别着急，女士您稍等",
        "暖气片上边热下边不热，楼上楼下都热",
        "楼道的灯归物业，小区里贴个公告",
        "李师傅态度特别好，那个姓鲍的师傅也不错",
        "合同第八条写着呢，第三遍了",
        "开工从二十号推到二十七号",
        "2025-12-19 10:30 通话 3.5 分钟",
        "收费工作已经开始，请您方便的时候交纳供暖费",
        "喂，听得到吗？我在电梯里头。",
    ],
)
def test_what_stays_readable(text: str) -> None:
    assert hidden(text) == ""


def test_measures_and_times_beside_a_number_stay() -> None:
    said = shown("坐席: 联系电话？\n客户: 幺五零，二二零七，四四八幺，我五点半下班，屋里才十四度。")
    assert said[1] == "＊＊＊，＊＊＊＊，＊＊＊＊，我五点半下班，屋里才十四度。"


def test_a_number_told_in_single_turns() -> None:
    said = shown(
        "坐席: 请留一下联系电话？\n客户: 幺八六。\n坐席: 嗯。\n客户: 零四。\n坐席: 零四。\n"
        "客户: 五。\n客户: 三六七七。\n坐席: 后边呢？\n客户: 八。"
    )
    assert not any(char in "".join(said[1:]) for char in "零一二三四五六七八九幺")


def test_misheard_words_are_hidden_by_their_sound() -> None:
    said = shown(
        "坐席: 请问您的性名？\n客户: 欧洋雪，下学的雪。\n坐席: 欧阳学女士，联系电画？\n"
        "客户: 要三六，是四二零，五五要九。\n坐席: 地址说一下？\n"
        "客户: 引杏院，十二栋三单元，一气零一。",
        CALL,
    )
    assert said[1].startswith("＊＊＊") and said[2].startswith("＊＊＊女士")
    assert said[3] == "＊＊＊，＊＊＊＊，＊＊＊＊。"
    assert said[5] == "＊＊＊，＊＊＊＊＊＊，＊＊＊＊。"


def test_what_the_ticket_knows_is_hidden_where_nobody_asked() -> None:
    said = shown(
        "客户: 我是银杏苑那边的，上回登记的是雪，就是欧阳雪家。\n"
        "坐席: 尾号五五幺九那个单子，一七零一室，是吧？",
        CALL,
    )
    assert "银杏" not in said[0] and "欧阳雪" not in said[0]
    assert "五五幺九" not in said[1] and "一七零一" not in said[1]


def test_a_third_persons_name_and_a_second_address() -> None:
    said = shown(
        "坐席: 您的地址？\n客户: 柳条巷七号楼，不对，那是我妈家，我家是长春里九栋二门五零四。\n"
        "坐席: 户主姓名？\n客户: 写我爱人吧，罗玉兵，玉石的玉，当兵的兵。"
    )
    assert "柳条" not in said[1] and "长春里" not in said[1] and "九栋" not in said[1]
    assert "五零四" not in said[1] and "我妈家" in said[1]
    assert said[3] == "写我爱人吧，＊＊＊，＊＊＊＊，＊＊＊＊。"


def test_the_agents_own_name_and_number_stay() -> None:
    said = shown(
        "坐席: 您好，安民燃气，我是客服林晓，工号三零六。\n客户: 你叫什么名字？\n坐席: 我叫林晓。\n"
        "客户: 林晓是吧，行。"
    )
    assert said[0] == "您好，安民燃气，我是客服林晓，工号三零六。"
    assert said[2] == "我叫林晓。"


def test_roles_that_nobody_knows() -> None:
    said = shown(
        "未知: 请问您的姓名？\n未知: 蒋立文。\n未知: 电话？\n未知: 幺三三，四零二二，七七五九。"
    )
    assert said[1] == "＊＊＊。" and said[3] == "＊＊＊，＊＊＊＊，＊＊＊＊。"


def test_kinds_and_order_of_the_spans() -> None:
    heard = parse_dialogue(
        "坐席: 姓名、地址和电话？\n客户: 姚建军，紫藤园六号楼三零二，幺三九，四五五零，七七八八。"
    )
    spans = find_personal(heard, NOBODY).spans[1]
    assert spans[0].kind is Kind.NAME
    assert {s.kind for s in spans} == {Kind.NAME, Kind.ADDRESS, Kind.PHONE}
    assert all(a.end <= b.start for a, b in pairwise(spans))


def test_words_keep_their_lengths_and_times() -> None:
    heard = parse_dialogue(CONVERSATION)
    masked = mask_transcript(heard, CALL)
    for before, after in zip(heard.utterances, masked.utterances, strict=True):
        assert [w.span for w in before.words] == [w.span for w in after.words]
        assert [len(w.text) for w in before.words] == [len(w.text) for w in after.words]
        assert "".join(w.text for w in after.words) == after.text
        assert before.span == after.span and before.role is after.role


def test_words_that_do_not_make_up_the_text_are_hidden_with_it() -> None:
    heard = parse_dialogue("坐席: 姓名？\n客户: 蒋立文，对。")
    said = heard.utterances[1]
    odd = replace(heard, utterances=(heard.utterances[0], replace(said, words=said.words[:3])))
    after = mask_transcript(odd, NOBODY).utterances[1]
    assert set("".join(w.text for w in after.words)) == {MARK}


def test_what_the_sound_was_asked_is_hidden() -> None:
    asked = Hearing(0, Span(0, 10), "欧阳雪", -1.0, 3)
    heard = replace(parse_dialogue("客户: 好。"), hearings=(asked,))
    assert mask_transcript(heard, NOBODY).hearings[0].text == MARK * 3


HASHES = {"transcript_key", "context", "ruleset_hash", "hearings"}
"""Their digits are nobody's flat."""


def texts_of(plain: object) -> Iterator[str]:
    """All that a scorecard says in words; times are numbers, and hashes are left out."""
    if isinstance(plain, dict):
        for name, value in plain.items():
            yield from () if name in HASHES else texts_of(value)
    elif isinstance(plain, list | tuple):
        for value in plain:
            yield from texts_of(value)
    elif isinstance(plain, str):
        yield plain


def test_a_scorecard_shows_nothing_that_the_transcript_hides() -> None:
    heard = parse_dialogue(CONVERSATION)
    call = replace(
        CALL,
        direction=Direction.INBOUND,
        started_at=datetime.fromisoformat("2025-12-08T10:00:00+08:00"),
        ticket=replace(TICKET, name="欧阳云", phone="13644205591"),
    )
    card = score_call(heard, call, load_ruleset("heating-repair"))
    before = "\n".join(texts_of(to_plain(card)))
    assert "欧阳" in before and "13644205519" in before and "银杏苑的，十二栋" in before
    masked = mask_scorecard(card, listen(heard, call))
    after = "\n".join(texts_of(to_plain(masked)))
    for secret in ("欧阳", "1364420", "银杏", "一七零一", "1701", "五五幺九", "十二栋", "下雪"):
        assert secret not in after, secret
    assert "三幺八" in after and masked.total == card.total
    reasons = [(x.rule_id, x.verdict.outcome, x.verdict.reason) for x in masked.lines]
    assert reasons == [(x.rule_id, x.verdict.outcome, x.verdict.reason) for x in card.lines]


def test_a_quote_over_several_utterances_and_one_from_nowhere() -> None:
    heard = parse_dialogue("坐席: 电话？\n客户: 幺三六。\n坐席: 嗯。\n客户: 四四二零，五五幺九。")
    found = listen(heard, CALL)
    quote = Match(1, Role.CUSTOMER, Span(0, 9), "幺三六…四四二零，五五幺九", "13644205519", 1.0)
    masked = mask_match(quote, found)
    assert masked.quote == "＊＊＊…＊＊＊＊，＊＊＊＊" and masked.expected == MARK * 11
    strange = mask_match(replace(quote, quote="欧阳雪，幺三六四四二零五五幺九"), found)
    assert strange.quote == "＊＊＊，" + MARK * 11
    phrase = Match(0, Role.AGENT, Span(0, 9), "不归我管", "不归我管", 1.0)
    assert mask_match(phrase, found) == phrase


def test_what_is_known_of_a_call() -> None:
    call = replace(
        CALL,
        ticket=replace(TICKET, problem="暖气不热，联系13644205519找欧阳雪"),
        keyed=KeyedAnswers(points=9, remark="欧阳雪说屋里才十六度"),
    )
    masked = mask_call(call)
    assert masked.ticket is not None and masked.keyed is not None
    assert masked.ticket.name == "欧**" and masked.ticket.phone == "136****5519"
    assert masked.ticket.address == "*" * len("银杏苑12栋3单元1701室")
    assert masked.ticket.problem == "暖气不热，联系" + MARK * 11 + "找＊＊＊"
    assert masked.keyed.remark == "＊＊＊说屋里才十六度"
    assert masked.caller_number == "024****3377"
    assert masked.call_id == "c1" and masked.agent_id == "318"
    assert mask_call(NOBODY) == NOBODY


def test_notes_are_hidden_by_what_the_call_taught() -> None:
    heard = listen(parse_dialogue("坐席: 姓名？\n客户: 蒋立文。"), NOBODY)
    assert mask_text("给蒋立文道歉，扣2分", heard) == "给＊＊＊道歉，扣2分"


def test_empty_things() -> None:
    empty = Transcript("id", "engine", 0, 1, ())
    assert mask_transcript(empty, CALL) == empty
    assert personal_spans("") == () and personal_spans("。？") == ()


@pytest.mark.parametrize(
    ("number", "out"),
    [
        ("13812341234", "138****1234"),
        ("02488886666", "024****6666"),
        ("12345", "***45"),
        ("1", "*"),
        (None, ""),
        ("+8613812341234", "+86*******1234"),
    ],
)
def test_written_numbers(number: str | None, out: str) -> None:
    assert mask_number(number) == out


def test_written_names_addresses_and_ids() -> None:
    assert [mask_name(n) for n in ("王小明", "林芳", "王", None)] == ["王**", "林*", "王*", ""]
    assert mask_address("和平里3号") == "*****" and mask_address(None) == ""
    assert mask_numbers_in("rec_13812341234_01.wav") == "rec_138****1234_01.wav"
