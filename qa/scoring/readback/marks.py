"""Numbers where they stand in a conversation: buildings, units, rooms, and the digits of phones.

A number is found by sound, because a recogniser writes 幺零一 as 要零亿 and 三号楼 as 三浩楼. What
only nearly sounds like a digit (室单元 for 四单元) makes a mark unclear: it may agree, never
contradict.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from qa.scoring.numbers import (
    CLEAR_DIGITS,
    UNIT_CHARS,
    chunk_values,
    digit_by_sound,
    digit_by_syllable,
)
from qa.scoring.readback.digit_table import digits_by_place
from qa.scoring.sounds import sound_regex
from qa.scoring.syllables import syllable_of
from qa.scoring.track import Track
from qa.text import FILLERS

Kind = Literal["building", "unit", "room", "floor", "loose"]

BUILDING = "号楼|栋|幢|号(?=.{1,2}单元)|号院"
UNIT = "单元"
PARTICLES = frozenset("吧就以而其起无")
LETTERED = re.compile("([a-h])(?:座|栋|号楼)")
DOOR = re.compile("[一二两三四五六七八九十1-9]门(?![口牌外锁])")
"""二门 is said for 二单元 in some towns."""
TRAILING = frozenset("吧八就九一以要儿而其起无五")
NO_PHONE_AFTER = re.compile("[度块点分天年月个岁平楼层号]|小时|单元")
"""What makes digits something else: 十六度, 五十块, 三点."""
MAX_MEASURE = 3
"""Digits that a temperature, a price or a duration has at most."""
LOOPED = re.compile(r"(\d)\1{5,}")
"""A recogniser that is stuck repeats one digit for ever."""
SOUND_LIKE_A_BUILDING = frozenset("洞动懂东冻冬董咚栋装状壮庄撞妆桩")
ROOM_REACH = 5
"""Characters between 单元 and its room: 嗯, 没有, 那个."""
MIN_ROOM, MAX_ROOM = 3, 5
MAX_VALUE = 7
"""Characters of a room that is read as a value: 二千七百一十三."""
MOBILE = re.compile(r"1[3-9]\d{9}")
MOBILE_AHEAD = re.compile(r"(\d{3,4}?)1[3-9]\d{9}")
SIDES = "东西中南北左右"


@dataclass(frozen=True, slots=True)
class Mark:
    """A number in its place.

    Attributes:
        start, end: positions in the track's text, what names it (号楼) included.
        value: its digits; 6东 for the eastern door on floor 6.
        clear: whether every syllable is a digit's.
        confidence: the recogniser's own, 0–1.
        number: positions of the number alone.
        or_ten: the tens that may stand before it, where nothing else is unclear: 1 in 是四单元,
            which may be 十四单元; 1 or 2 in 二是四单元.
    """

    kind: Kind
    start: int
    end: int
    value: str
    clear: bool
    confidence: float
    number: tuple[int, int]
    or_ten: str = ""

    @property
    def options(self) -> frozenset[str]:
        """The numbers that a mark may stand for, if it is clear or `or_ten`."""
        return frozenset((self.value, *(ten + self.value for ten in self.or_ten)))


def find_marks(track: Track, sounds: str) -> tuple[Mark, ...]:
    """Find all numbers of a track, in order.

    Args:
        sounds: the track's syllables, as `sound_text` gives them.
    """
    marks = _buildings_and_units(track, sounds)
    marks += _rooms(track, sounds, marks)
    taken = [False] * (len(track.text) + 1)
    for mark in marks:
        taken[mark.start : mark.end] = [True] * (mark.end - mark.start)
    marks += _loose(track, sounds, taken)
    return tuple(sorted(marks, key=lambda mark: mark.start))


def _numeral(char: str) -> str | None:
    if char in UNIT_CHARS:
        return char
    return digit_by_syllable(char)


def _digits(text: str) -> str:
    """Return the digits that a text begins with."""
    found = ""
    for char in text:
        digit = digit_by_syllable(char)
        if digit is None:
            break
        found += digit
    return found


def _is_clear(char: str) -> bool:
    return char in CLEAR_DIGITS or char in UNIT_CHARS


def _value(text: str) -> str | None:
    """Read numerals by their syllables; None where they leave a choice."""
    options = chunk_values("".join(_numeral(c) or "" for c in text))
    return options[0] if len(options) == 1 else None


def _buildings_and_units(track: Track, sounds: str) -> list[Mark]:
    marks: list[Mark] = []
    for found in LETTERED.finditer(track.text):
        number = (found.start(), found.start() + 1)
        confidence = track.confidence(*found.span())
        marks.append(Mark("building", *found.span(), found[1], True, confidence, number))
    for found in DOOR.finditer(track.text):
        if mark := _before(track, found.start() + 1, found.end(), "unit"):
            marks.append(mark)
    for kind, words in (("building", BUILDING), ("unit", UNIT)):
        for match in sound_regex(words).finditer(sounds):
            if kind == "building" and not _names_building(track.text, *match.span()):
                continue
            if mark := _before(track, match.start(), match.end(), kind):  # type: ignore[arg-type]
                marks.append(mark)
    return sorted(marks, key=lambda mark: mark.start)


def _names_building(text: str, start: int, end: int) -> bool:
    """Whether what sounds like 栋 is one: 动 sounds like a zero, and 一冬天 is no building."""
    char = text[start]
    if end - start > 1 or char in "栋幢" or char not in SOUND_LIKE_A_BUILDING:
        return True
    following = text[end : end + 5]
    unit = "单元" in following and _numeral(following[0]) is not None
    return char in "冻冬董" and (unit or (len(_digits(following)) >= MIN_ROOM))


def _before(track: Track, at: int, end: int, kind: Kind) -> Mark | None:
    """Read the number in front of 号楼 or 单元."""
    text, first = track.text, at
    floor = track.starts[track.utterance_at(at)]
    while first > floor and at - first < MAX_ROOM and _is_clear(text[first - 1]):
        first -= 1
    if first == at:  # 翠湖二期八号楼: what only sounds like a digit counts where none is clear
        while first > floor and at - first < MAX_ROOM and _numeral(text[first - 1]):
            first -= 1
    clear = first < at
    if not clear:
        if first == floor or not digit_by_sound(text[first - 1]):
            return None
        first -= 1
        value: str | None = digit_by_sound(text[first])
    else:
        value = _value(text[first:at])
    if value is None:
        return None
    ten = first > floor and text[first] != "十" and syllable_of(text[first - 1]) == "shi"
    sure = clear and not ten  # 时6号楼: a ten may hide in what was heard as 时 or 是
    or_ten = _tens(text, floor, first - 1) if clear and ten else ""
    confidence = track.confidence(first, at)
    return Mark(kind, first, end, value, sure, confidence, (first, at), or_ten)


def _tens(text: str, floor: int, at: int) -> str:
    """List the tens that may be meant where 十 was heard as something else, with what is before."""
    digit = digit_by_sound(text[at - 1]) if at > floor else None
    return "1" if digit in (None, "0", "1") else f"1{digit}"


def _rooms(track: Track, sounds: str, before: list[Mark]) -> list[Mark]:
    """Read the numbers that follow a unit, or a building that has none."""
    rooms: list[Mark] = []
    for k, mark in enumerate(before):
        following = before[k + 1].start if k + 1 < len(before) else len(track.text)
        if mark.kind == "building" and following - mark.end <= ROOM_REACH + 2:
            continue
        stop = min(following, track.turn_at(mark.start)[1])
        if room := _room_after(track, mark.end, stop):
            rooms.append(room)
    return rooms


def _room_after(track: Track, start: int, stop: int) -> Mark | None:
    text = track.text
    limit = min(stop, start + ROOM_REACH)
    first = next((p for p in range(start, limit) if _numeral(text[p])), None)
    if first is None or _is_of_a_phone(track, start, first):
        return None
    end = first
    most = MAX_VALUE if any(c in "千百" for c in text[first : first + 4]) else MAX_ROOM
    while end < stop and _numeral(text[end]) and end - first < most:
        if end - first >= MIN_ROOM and end in track.pauses:
            break  # 四零四，幺五八…: a phone follows
        end += 1
    if phone := MOBILE_AHEAD.match(_digits(text[first : min(stop, first + 16)])):
        end = first + len(phone[1])
    if _is_floor(track, end, stop):
        if text[end + 1] in SIDES:
            value = f"{_value(text[first:end]) or '?'}{text[end + 1]}"
            return Mark("room", first, end + 2, value, True, 1.0, (first, end + 2))
        return _room_after(track, end + 1, stop)  # 六楼，六零一: the floor is told with the room
    clear = not any(c not in FILLERS and c not in "的是" for c in text[start:first])
    if end - first == 1 and text[first] not in "十":
        return None
    return _room_mark(track, first, end, clear=clear)


def _is_floor(track: Track, end: int, stop: int) -> bool:
    """Whether a number is a floor's: 六楼, but not 五零三，楼上."""
    text = track.text
    named = end < stop and end + 1 < len(text) and text[end] in "楼层"
    return named and end not in track.pauses and text[end + 1] not in "上下"


def _is_of_a_phone(track: Track, start: int, first: int) -> bool:
    """Whether digits after a unit begin a phone, or come turns later after other words.

    对，四单元 … 我姓牛 … 幺八五零，三七九，幺幺零五: no flat 1850.
    """
    ahead = _digits(track.text[first : first + MAX_ROOM + MOBILE_DIGITS])
    if MOBILE.match(ahead) and not MOBILE_AHEAD.match(ahead):
        return True
    spoken = any(c not in FILLERS for c in track.text[start:first])
    return spoken and any(start <= at <= first for at in _breaks(track))


def _room_mark(track: Track, first: int, end: int, *, clear: bool) -> Mark | None:
    text = track.text
    value = _value(text[first:end])
    while value and len(value) > 3 and text[end - 1] in TRAILING - CLEAR_DIGITS.keys():
        end -= 1  # 三零二吧
        value = _value(text[first:end])
    if value and len(value) == 4 and text[first] in TRAILING - CLEAR_DIGITS.keys():
        first, value = first + 1, _value(text[first + 1 : end])  # 就四零三
    if value is None:
        return None
    clear = clear and len(value) >= MIN_ROOM  # two digits alone are soon misheard: 3-3元9-1
    return Mark("room", first, end, value, clear, track.confidence(first, end), (first, end))


_TIMES = "[二两三四五六七八]个[零一幺二三四五六七八九]"


def _loose(track: Track, sounds: str, taken: list[bool]) -> list[Mark]:
    """Find runs of digits that belong to no address: phones, waybills, rooms in a later answer."""
    text = track.text
    digits = digits_by_place(text)
    spans: dict[int, tuple[int, str]] = {}
    for match in sound_regex(_TIMES).finditer(sounds):
        count, digit = digits[match.start()], digits[match.end() - 1]
        if "1" < count <= "9" and digit != " " and _is_counted(track, digits, *match.span()):
            spans[match.start()] = (match.end(), digit * int(count))
    marks: list[Mark] = []
    breaks, p = _breaks(track), 0
    runs = _RUN if spans else _LONG_RUN
    while run := runs.search(digits, p):
        first = next((q for q in range(*run.span()) if not taken[q]), run.end())
        while first < run.end() - 1 and _is_no_digit(track, first):
            first += 1  # 对吧，幺三九
        at = bisect_right(breaks, first)
        end = breaks[at] if at < len(breaks) else len(text)
        said, p, clear = _said(track, digits, spans, (first, end), taken)
        if len(said) > MOBILE_DIGITS and text[p - 1] in PARTICLES | TRAILING - CLEAR_DIGITS.keys():
            said, p = said[:-1], p - 1  # …六六六六吧
        if len(said) >= 2 and clear >= _needed(said) and not _is_other(track, first, p):
            marks += _split(track, first, p, _unlooped(said))
        p = max(p, first + 1)
    return marks


def _is_counted(track: Track, digits: str, start: int, end: int) -> bool:
    """Whether 三个二 counts digits: a likeness (三个耳朵, 两个屋) needs more beside."""
    if track.text[end - 1] in CLEAR_DIGITS:
        return True
    floor = track.starts[track.utterance_at(start)]
    before = digits[start - 1] if start > floor and start not in track.pauses else " "
    after = digits[end : end + 1] if end not in track.pauses else " "
    return before.strip() + after.strip() != ""


def _is_no_digit(track: Track, first: int) -> bool:
    """Whether what begins a run is a particle, or a word before a pause (池亮，幺三八)."""
    char = track.text[first]
    return char in PARTICLES or (char not in CLEAR_DIGITS and first + 1 in track.pauses)


def _unlooped(said: str) -> str:
    """Shorten what a stuck recogniser repeats; a phone may end with six of one digit."""
    return LOOPED.sub(r"\1", said) if len(said) > MOBILE_DIGITS else said


def _split(track: Track, first: int, end: int, said: str) -> list[Mark]:
    """Part a room from the phone after it where the speaker paused (三零二，幺三八…)."""
    cut = end - MOBILE_DIGITS
    parts = [(first, end, said)]
    half = len(said) // 2
    doubled = len(said) == 6 or (said[:half] == said[half:] and len(said) in DOUBLED)
    if doubled and end - first == len(said) and first + half in track.pauses:  # 三零五，三零五
        parts = [(first, first + half, said[:half]), (first + half, end, said[half:])]
    room = ROOM_AND_MOBILE.fullmatch(said)
    if (
        room
        and end - first == len(said)
        and cut in track.pauses
        and room[1] not in said[len(room[1]) :]
    ):
        parts = [(first, cut, room[1]), (cut, end, said[len(room[1]) :])]
    return [
        Mark("loose", a, b, value, True, track.confidence(a, b), (a, b)) for a, b, value in parts
    ]


DOUBLED = (6, 8, 14, 16, 22)
"""Digits of a room or a phone said twice."""
MOBILE_DIGITS = 11
ROOM_AND_MOBILE = re.compile(r"(\d{3,4})1[3-9]\d{9}")
_RUN = re.compile(r"\d+")
_LONG_RUN = re.compile(r"\d\d+")
"""One digit by itself is no number unless it counts others; most are 是 and 一 in other words."""


def _said(
    track: Track,
    digits: str,
    spans: dict[int, tuple[int, str]],
    within: tuple[int, int],
    taken: list[bool],
) -> tuple[str, int, int]:
    """Follow digits from a position: what they are, where they end, how many are clear ones."""
    position, end = within
    said, clear = "", 0
    while position < end and not taken[position]:
        if position in spans:
            position, more = spans[position]
            said, clear = said + more, clear + len(more)
        elif digits[position] != " ":
            if len(said) == clear > 1 and _begins_a_clause(track, digits, position):
                break
            said += digits[position]
            clear += track.text[position] in CLEAR_DIGITS or track.text[position] == "双"
            position += 1
        else:
            break
    return said, position, clear


def _begins_a_clause(track: Track, digits: str, position: int) -> bool:
    """Whether what sounds like a digit is a word after the number (九五三幺。要是没人来…)."""
    if track.text[position] in CLEAR_DIGITS or position not in track.pauses:
        return False
    return digits[position + 1 : position + 2] == " "


def _needed(said: str) -> float:
    """Return how many clear digits make a run a number: of two both, of more at least half of 4."""
    return len(said) if len(said) == 2 else min(len(said), 4) / 2


def _breaks(track: Track) -> list[int]:
    """Return where a track pauses so long that one number does not go on: the other side spoke."""
    pairs = pairwise(track.utterances)
    gaps = [right.span.start_ms - left.span.end_ms for (_, left), (_, right) in pairs]
    return [start for start, gap in zip(track.starts[1:], gaps, strict=False) if gap > LONG_GAP_MS]


LONG_GAP_MS = 4_000
_SERVES = "号?(?:坐席|客服|话务员|接线员)?(?:很高兴|竭诚)?[为位]您服务"
"""What follows the agent's own number in a greeting."""


def _is_other(track: Track, first: int, end: int) -> bool:
    """Whether what stands beside a run of digits makes it something else."""
    before = track.sounds[max(0, first - 3) : first]
    if sound_regex("工号是?$|我是$").search(before):
        return True
    if sound_regex(_SERVES).match(track.sounds, end):
        return True
    if end - first > MAX_MEASURE:
        return False
    stop = next((start for start in track.starts if start > end - 1), len(track.text))
    return bool(NO_PHONE_AFTER.match(track.text, end, stop)) and track.text[end:stop][:2] != "号码"
