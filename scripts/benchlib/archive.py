"""A made-up archive of repair calls in the real store format, of any size.

Each call is put together from an opening, a fault, the read-back of address, name and phone, small
talk on both sides and a closing, filled with its own names, places and numbers. Then every
character goes through recogniser-like noise: 4 % become a homophone, 2 % another syllable of the
same class, 1 % any other character, 1 % get lost, and a filler stands before 2 %; doubtful words
get low confidences. So nearly every longer sentence is unique, and remembering sentences that were
seen before is no help. Half of the calls have 20 turns or more (median about 70 s), one in a
hundred more than 80, the longest ten minutes. Nothing is taken from any recorded call.
"""

import hashlib
import math
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from qa.codec import encode
from qa.scoring.syllables import fold_syllable, syllable_of
from qa.text import FILLERS
from qa.types import ChannelMeasures, Role, Segment, Span, Transcript, Utterance, Word

ENGINE = "bench"
MAX_MS = 600_000
_HOMOPHONE, _CONFUSED, _STRANGER, _LOST, _FILLER = 0.04, 0.02, 0.01, 0.01, 0.02

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华建国玉梅志红文慧海燕春秀云飞鹏浩宇欣"
_PLACES = "阳光金色锦绣翠湖紫荆银河南苑北辰东方西山滨江龙泉凤凰花溪御景尚城名都嘉和天润盛世康乐福"
_KINDS = ("小区", "家园", "花园", "新村", "公寓", "苑", "华庭", "里")
_ROOMS = ("客厅", "主卧", "次卧", "厨房", "卫生间", "阳台", "全屋", "北屋", "南屋", "书房")
_FAULTS = (
    "{room}的暖气不热",
    "{room}暖气片漏水",
    "{room}的温度上不去只有十{digit}度",
    "{room}暖气管子嗡嗡响",
    "分水器那儿滴水",
    "阀门拧不动{room}就是不热",
    "供暖以后{room}一直冰凉",
    "楼上热我家{room}不热",
)
_AGENT_TALK = (
    "好的{room}是吧我给您记一下",
    "您家是{digit}楼对吗方便的话看一下进户阀门",
    "这个情况我登记给维修站",
    "您稍等我查一下您的信息",
    "室温大概有多少度呢",
    "您家交费的名字是{surname}先生吗",
    "之前有没有放过气呢",
    "维修师傅上门前会给您打电话的",
    "请问是从什么时候开始的",
    "除了{room}别的房间热不热呢",
    "麻烦您说一下门牌号",
    "我这边看到您是{place}的对吧",
    "嗯我听着呢您说",
    "好的我都记下来了",
    "现在是高峰期请您耐心等一下",
)
_CUSTOMER_TALK = (
    "对就是{room}摸着冰凉",
    "家里有老人孩子冻得受不了",
    "我前天也打过电话说有人来",
    "你们师傅大概几点能到啊",
    "我白天上班晚上{digit}点以后在家",
    "费早就交了呀",
    "隔壁{surname}姐家就挺热的",
    "我也不懂这个阀门在哪儿呢",
    "行行行那你给快点吧",
    "去年也是这个毛病修了好几回",
    "嗯对没错",
    "好的好的谢谢啊",
    "我住{place}这边好几年了",
    "温度计上就十{digit}度",
    "水都流到地板上了用盆接着呢",
)
_AGENT_SLIPS = (
    "这个不归我们管您找物业吧",
    "我也没办法啊您等着吧",
    "保证今天下午给您修好",
    "您到底听没听懂我说的话",
    "我不清楚您问别人吧",
)
_FORMAL = {"0": "零洞", "1": "幺", "2": "二两", "3": "三", "4": "四", "5": "五", "6": "六"}
_FORMAL |= {"7": "七拐", "8": "八", "9": "九勾"}


@dataclass(frozen=True, slots=True)
class ArchivedCall:
    """A call as its rows hold it, but for times of storing."""

    call: dict[str, Any]
    ticket: dict[str, Any]
    recording_id: str
    duration_ms: int
    blob: bytes
    transcript_key: str


def archived_calls(first: int, last: int) -> Iterator[ArchivedCall]:
    """Make the calls `[first, last)`; a number always makes the same call."""
    for number in range(first, last):
        yield _archived(number)


def transcript_of(number: int) -> Transcript:
    """Make the transcript of one call."""
    return _made(number)[1]


def _archived(number: int) -> ArchivedCall:
    values, transcript = _made(number)
    started = datetime(2025, 11, 1, tzinfo=UTC) + timedelta(seconds=number * 11 % 12_000_000)
    call = {
        "call_id": f"bench-{number:08}",
        "recording_id": transcript.recording_id,
        "has_metadata": True,
        "started_at": started,
        "agent_id": values["agent"],
        "direction": "inbound",
        "ring_count": 1 + number % 4,
        "released_by": "agent" if number % 9 == 0 else "customer",
        "caller_number": values["phone"],
        "ticket_id": f"ticket-{number:08}",
        "context": "",
    }
    ticket = {
        "ticket_id": call["ticket_id"],
        "name": values["name"],
        "address": values["address"],
        "phone": values["phone"],
        "problem": values["fault"],
        "station": "城东维修站",
    }
    return ArchivedCall(
        call,
        ticket,
        transcript.recording_id,
        transcript.duration_ms,
        encode(transcript),
        f"{transcript.recording_id}:{ENGINE}",
    )


def _made(number: int) -> tuple[dict[str, str], Transcript]:
    chance = random.Random(number)
    values = _values(chance)
    turns = list(_turns(chance, values))
    return values, _transcript(number, chance, turns)


def _values(chance: random.Random) -> dict[str, str]:
    surname = chance.choice(_SURNAMES)
    place = "".join(chance.sample(_PLACES, 3)) + chance.choice(_KINDS)
    building, unit, room = chance.randint(1, 40), chance.randint(1, 6), chance.randint(1, 18)
    door = f"{room}0{chance.randint(1, 4)}"
    picked = {"surname": surname, "place": place, "digit": str(chance.randint(1, 9))}
    picked["room"] = chance.choice(_ROOMS)
    return {
        **picked,
        "name": surname + "".join(chance.sample(_GIVEN, chance.randint(1, 2))),
        "phone": "13" + "".join(chance.choices("0123456789", k=9)),
        "agent": f"{chance.randint(101, 399)}",
        "address": f"{place}{building}号楼{unit}单元{door}室",
        "door": _read_out(door, chance),
        "building": _read_out(str(building), chance),
        "unit": "一二三四五六"[unit - 1],
        "fault": chance.choice(_FAULTS).format(**picked),
    }


def _read_out(digits: str, chance: random.Random) -> str:
    return "".join(chance.choice(_FORMAL[digit]) for digit in digits)


def _turns(chance: random.Random, v: dict[str, str]) -> Iterator[tuple[Role, str]]:
    """Say who speaks, and what; punctuation included."""
    agent, customer = Role.AGENT, Role.CUSTOMER
    number, phone = _read_out(v["agent"], chance), _read_out(v["phone"], chance)
    yield agent, f"您好，大龙供暖报修，{number}为您服务，请问您有什么问题？"
    yield customer, f"喂，你好，我家{v['fault']}。"
    yield agent, f"您家{v['fault']}，是吧？请问您的具体地址？"
    yield customer, f"{v['place']}，{v['building']}号楼{v['unit']}单元{v['door']}。"
    if chance.random() < 0.9:
        yield agent, f"{v['place']}{v['building']}号楼{v['unit']}单元{v['door']}，对吗？"
        yield customer, "对。"
    for _ in range(_talk_length(chance)):
        role = chance.choice((agent, customer))
        talk = _AGENT_TALK if role is agent else _CUSTOMER_TALK
        if role is agent and chance.random() < 0.004:
            talk = _AGENT_SLIPS
        fresh = {**v, "room": chance.choice(_ROOMS), "digit": str(chance.randint(1, 9))}
        said = [text.format(**fresh) for text in chance.sample(talk, chance.randint(1, 2))]
        yield role, "，".join(said) + "。"
    yield agent, "请问您贵姓？"
    yield customer, f"我叫{v['name']}。"
    yield agent, f"{v['name']}，好的，请留一下联系电话。"
    yield customer, f"{phone[:3]}，{phone[3:7]}，{phone[7:]}。"
    if chance.random() < 0.9:
        yield agent, f"{phone[:3]}{phone[3:7]}{phone[7:]}，对吗？"
        yield customer, "对的。"
    yield agent, "好的，维修人员会尽快跟您联系，感谢您的来电，再见。"
    yield customer, "好，再见。"


def _talk_length(chance: random.Random) -> int:
    return min(160, round(math.exp(chance.gauss(math.log(7), 1.1))))


def _transcript(number: int, chance: random.Random, turns: list[tuple[Role, str]]) -> Transcript:
    at = chance.randint(300, 1500)
    utterances = []
    for role, text in turns:
        words, end = _words(text, at, chance)
        if not words:
            continue
        utterances.append(_utterance(role, words, Span(at, end), chance))
        at = end + chance.randint(100, 900)
        if at > MAX_MS:
            break
    speech = tuple(Segment(u.channel, u.span) for u in utterances)
    sums = [sum(s.span.duration_ms for s in speech if s.channel == c) for c in (0, 1)]
    return Transcript(
        recording_id=hashlib.sha256(f"bench {number}".encode()).hexdigest(),
        engine=ENGINE,
        duration_ms=at + 500,
        channel_count=2,
        utterances=tuple(utterances),
        channels=tuple(ChannelMeasures(c, sums[c], -24.5 - c, 0.0) for c in (0, 1)),
        speech=speech,
    )


def _utterance(role: Role, words: list[Word], span: Span, chance: random.Random) -> Utterance:
    letters = sum(len(word.text) for word in words)
    return Utterance(
        role=role,
        role_confidence=1.0,
        channel=0 if role is Role.AGENT else 1,
        span=span,
        text="".join(word.text for word in words),
        words=tuple(words),
        confidence=round(sum(w.confidence * len(w.text) for w in words) / letters, 4),
        level_dbfs=round(chance.gauss(-25, 3), 1),
    )


def _words(text: str, at: int, chance: random.Random) -> tuple[list[Word], int]:
    words: list[Word] = []
    for char in text:
        if char in "，。？！":
            if words:
                last = words[-1]
                words[-1] = Word(last.text + char, last.span, last.confidence)
                at += 120
            continue
        for heard, sure in _heard(char, chance):
            end = at + chance.randint(140, 300)
            # The recogniser's probabilities are doubles of any value, so they are here.
            confidence = chance.betavariate(12, 1.2) if sure else chance.betavariate(3, 2.5)
            words.append(Word(heard, Span(at, end), confidence))
            at = end
    return words, at


def _heard(char: str, chance: random.Random) -> Iterator[tuple[str, bool]]:
    draw = chance.random()
    if draw < _FILLER:
        yield chance.choice(sorted(FILLERS)), False
    draw = chance.random()
    homophones, confusables, every = _neighbours()
    if draw < _LOST:
        return
    if draw < _LOST + _STRANGER:
        yield chance.choice(every), False
    elif draw < _LOST + _STRANGER + _CONFUSED:
        yield chance.choice(confusables[fold_syllable(syllable_of(char))] or every), False
    elif draw < _LOST + _STRANGER + _CONFUSED + _HOMOPHONE:
        yield chance.choice(homophones[syllable_of(char)] or every), False
    else:
        yield char, True


@cache
def _neighbours() -> tuple[dict[str, str], dict[tuple[str, str], str], str]:
    """Characters by syllable and by class, from a few thousand common ones, and all of them."""
    homophones: dict[str, str] = defaultdict(str)
    confusables: dict[tuple[str, str], str] = defaultdict(str)
    # GB 2312 lists the 3,755 commonest characters first.
    every = "".join(
        bytes([high, low]).decode("gb2312", "ignore")
        for high in range(0xB0, 0xD8)
        for low in range(0xA1, 0xFF)
    )
    for char in every:
        homophones[syllable_of(char)] += char
        confusables[fold_syllable(syllable_of(char))] += char
    return homophones, confusables, every
