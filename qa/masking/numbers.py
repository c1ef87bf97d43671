"""Telephone numbers and other long numbers, told in groups, over several turns, by sound."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qa.masking.sheet import Line, Sheet
from qa.masking.spans import Kind
from qa.masking.topics import Topic
from qa.scoring.numbers import CLEAR_DIGITS, UNIT_CHARS, chunk_values, digit_by_sound, syllable_runs
from qa.scoring.sounds import sound_regex
from qa.types import Role

_DIGIT = "".join(CLEAR_DIGITS)
_TOKEN = re.compile(
    rf"(?P<times>[{_DIGIT}俩]个(?P<digit>[{_DIGIT}]))(?![号单栋个])"
    rf"|双(?P<twice>[{_DIGIT}])"
    rf"|(?P<chunk>[{_DIGIT}{UNIT_CHARS}]+)"
)
_MEASURED = re.compile(
    "[度块元点分秒天年月日岁平米楼层号栋幢座期万箱台组次遍家成多来几片根条位名人倍周折斤袋毛角室层户"
    "下些样定直起边切会共般旦致样样条章条款]|小时|单元|礼拜|星期|上午|下午|晚上|早上|左右|公里|平方|钟头|个(?!"
    + f"[{_DIGIT}])"
)
"""What makes digits a measure, a price, a time or a word (一下, 一直)."""
_BETWEEN = re.compile(
    "(?:[嗯啊呃哦那就是个对哎诶和的]|然后|后[边面头]?|最后|不对|不是|中间|尾[号数]|前[边面]|还有)*"
)
_GAP = 5
"""Characters between two groups of one number: 哎不对, 后边."""
_HOTLINE = "拨打|热线|客服电话|服务电话|报修电话|投诉电话|官方电话|咨询电话|全国统一"
_TAIL = "尾号|尾数|后四位|末四位"
_OWN_NUMBER = "工号|客服代表|坐席|话务员|接线员"
_SERVES = "为您服务|号为您|号客服|号话务|号坐席|很高兴为您"
_REACH = 10
_SHORT_CODES = re.compile(r"1[12]\d|12[0-9]{3}|95\d{3,4}|9[56]\d{3,5}|[48]00\d{7}")
MOBILE = re.compile(r"1[3-9]\d{9}")
MIN_WHOLE = 7
"""Digits from which a number stands for somebody wherever it is said."""
MIN_ANCHORED = 4
"""Digits of a known number that show it outside the topic."""


@dataclass(frozen=True, slots=True)
class Burst:
    """Groups of digits with no more than a filler between them.

    Attributes:
        parts: positions of the groups.
        digits: what they say; a group that leaves a choice says one of its readings.
        measured: whether the last group is followed by a unit (度, 块, 点).
    """

    parts: tuple[tuple[int, int], ...]
    digits: str
    measured: bool

    @property
    def start(self) -> int:
        """Where its first group begins."""
        return self.parts[0][0]

    @property
    def end(self) -> int:
        """Where its last group ends."""
        return self.parts[-1][1]


def hide_numbers(sheet: Sheet, topics: list[Topic]) -> None:
    """Hide telephone numbers and long numbers of other kinds."""
    bursts = [list(_bursts(line)) for line in sheet.lines]
    for line, found in zip(sheet.lines, bursts, strict=True):
        _learn_spared(sheet, line, found)
    last_told = -REPEATED - 1
    for number, (line, topic) in enumerate(zip(sheet.lines, topics, strict=True)):
        for burst in bursts[number]:
            recent = number - last_told <= REPEATED
            kind = _kind(sheet, line, topic, burst, recent)
            if kind is None:
                continue
            for start, end in burst.parts:
                line.hide(start, end, kind)
            if kind is Kind.PHONE:
                last_told = number
                if len(burst.digits) >= MIN_WHOLE:
                    sheet.known.numbers.add(burst.digits)
        if topic.holds("phone", len(line.text)):
            _hide_by_sound(sheet, line, Kind.PHONE)
        elif topic.holds("id", len(line.text)):
            _hide_by_sound(sheet, line, Kind.ID)


REPEATED = 4
"""Lines after a telephone number in which a group of it may be said again."""


def _bursts(line: Line) -> Iterator[Burst]:
    """Find the groups of digits of a line and join those that belong together."""
    tokens = [
        m
        for start, end in line.clauses()
        for m in _TOKEN.finditer(line.text, start, end)
        if not _is_word(line, m) and m.start() not in line.dated | line.dashed
    ]
    joined: list[list[re.Match[str]]] = []
    for token in tokens:
        if joined and _continues(line, joined[-1][-1], token):
            joined[-1].append(token)
        else:
            joined.append([token])
    for group in joined:
        yield Burst(
            tuple(m.span() for m in group),
            "".join(map(_digits, group)),
            _is_measured(line, group[-1].end()),
        )


def _is_word(line: Line, token: re.Match[str]) -> bool:
    """Whether a single 一 or 两 is part of a word or counts something."""
    return len(token[0]) == 1 and _is_measured(line, token.end())


def _is_measured(line: Line, end: int) -> bool:
    return end not in line.starts and bool(_MEASURED.match(line.text, end))


def _continues(line: Line, left: re.Match[str], right: re.Match[str]) -> bool:
    if _is_measured(line, left.end()) or right.start() - left.end() > _GAP:
        return False
    return bool(_BETWEEN.fullmatch(line.text, left.end(), right.start()))


def _digits(token: re.Match[str]) -> str:
    if token["times"]:
        first = token["times"][0]
        return CLEAR_DIGITS[token["digit"]] * int("2" if first == "俩" else CLEAR_DIGITS[first])
    if token["twice"]:
        return CLEAR_DIGITS[token["twice"]] * 2
    return next(filter(None, chunk_values(token["chunk"])), "")


def _learn_spared(sheet: Sheet, line: Line, bursts: list[Burst]) -> None:
    """Remember the hotline and the agent's number, which are said again by others."""
    for burst in bursts:
        public = line.role is not Role.CUSTOMER and _is_public(line, burst)
        if public or _is_agents(line, burst):
            sheet.known.spared.add(burst.digits)


def _is_public(line: Line, burst: Burst) -> bool:
    if MOBILE.search(burst.digits):
        return False
    before = line.sounds[max(0, burst.start - _REACH) : burst.start]
    return bool(sound_regex(_HOTLINE).search(before))


def _is_agents(line: Line, burst: Burst) -> bool:
    if len(burst.digits) > MIN_ANCHORED + 1:
        return False
    before = line.sounds[max(0, burst.start - 6) : burst.start]
    after = line.sounds[burst.end : burst.end + 6]
    own = sound_regex(_OWN_NUMBER).search(before) or sound_regex(_SERVES).match(after)
    return own is not None


def _kind(sheet: Sheet, line: Line, topic: Topic, burst: Burst, recent: bool) -> Kind | None:
    """Say what a number is; None for what may be read by everybody."""
    digits, known = burst.digits, sheet.known
    size = len(digits)
    whole = size >= MIN_WHOLE and not burst.measured
    if any(digits in number for number in known.numbers) and size >= MIN_ANCHORED:
        return Kind.PHONE
    if _is_spared(digits, known.spared) or _is_agents(line, burst):
        return None
    if any(number in digits for number in known.numbers):
        return Kind.PHONE
    if size >= MIN_WHOLE and MOBILE.search(digits):
        return Kind.PHONE
    if topic.holds("id", burst.start) and size >= MIN_ANCHORED:
        return Kind.ID
    if whole:
        return Kind.PHONE if size <= 12 else Kind.ID
    if size == 4 and sound_regex(_TAIL).search(line.sounds[max(0, burst.start - 4) : burst.start]):
        known.numbers.add(digits)
        return Kind.PHONE
    if len(burst.parts) == 1 and line.text[burst.end - 1] in UNIT_CHARS:
        return None  # 三十都有值班的, 多扣那二百
    told = topic.holds("phone", burst.start) or recent
    if burst.measured or not told:
        return None
    if topic.holds("address", burst.start) and not topic.holds("phone", burst.start):
        return None
    alone = line.clause(burst.start) == (burst.start, burst.end)
    return Kind.PHONE if size >= 2 or alone else None


def _is_spared(digits: str, spared: set[str]) -> bool:
    if _SHORT_CODES.fullmatch(digits):
        return True
    return any(digits == s or (len(digits) >= 3 and digits in s) for s in spared)


def _hide_by_sound(sheet: Sheet, line: Line, kind: Kind) -> None:
    """Hide what only sounds like digits (要零八, 领吧) where a number is being told."""
    for first, last in line.clauses():
        for start, end in syllable_runs(line.text, first, last):
            clear = [c for c in line.text[start:end] if c in CLEAR_DIGITS]
            if len(clear) == end - start or _is_spared(
                "".join(map(CLEAR_DIGITS.__getitem__, clear)), sheet.known.spared
            ):
                continue  # 205: judged by its digits
            if end - start >= MIN_BY_SOUND and 2 * len(clear) >= end - start:
                line.hide(start, end, kind)
        near = [digit_by_sound(char) for char in line.text[first:last]]
        clear = [c for c in line.text[first:last] if c in CLEAR_DIGITS]
        long = last - first >= MIN_BY_SOUND or (last - first == 2 and len(clear) == 1)
        if long and all(near):  # a clause of nothing else
            line.hide(first, last, kind)


MIN_BY_SOUND = 3


def digits_of(text: str | None) -> str:
    """Return the digits of a written number; empty for none."""
    return "".join(c for c in text or "" if c.isdigit())
