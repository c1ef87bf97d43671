"""Numbers read digit by digit, as they are spoken on the telephone and as they come out heard.

洞 拐 两 勾 幺 are 0 7 2 9 1. A recogniser writes the same sounds as digits (108), as numerals
(一零八), or as any homophone (要零八, 药领吧), so a digit is read at two levels: **clear** when the
character itself is a digit, **by sound** when only its syllable is one. `similarity` asks how close
words come to digits that were due; `read_number` says which they are.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from qa.scoring.syllables import CONFUSED_COST, substitution_cost, syllable_of

CLEAR_DIGITS: dict[str, str] = {
    **{str(d): str(d) for d in range(10)},
    **dict(zip("零一二三四五六七八九", "0123456789", strict=True)),
    **{"〇": "0", "洞": "0", "幺": "1", "壹": "1", "两": "2", "拐": "7", "勾": "9"},
}
"""Characters that are digits when a number is read out one digit at a time."""

SPOKEN_SYLLABLES: dict[str, tuple[str, ...]] = {
    "0": ("ling", "dong"),
    "1": ("yao", "yi"),
    "2": ("er", "liang"),
    "3": ("san",),
    "4": ("si",),
    "5": ("wu",),
    "6": ("liu",),
    "7": ("qi", "guai"),
    "8": ("ba",),
    "9": ("jiu", "gou"),
}
"""How each digit sounds, the telephone forms included."""

UNITS: dict[str, int] = {"十": 10, "百": 100, "千": 1000}
UNIT_CHARS = "".join(UNITS)
MAX_VALUE_CHARS = 7
"""Characters of the longest value with units: 一千一百一十二."""
MAX_TIMES = 8
"""As often as a digit is counted out (四个一)."""


@dataclass(frozen=True, slots=True)
class DigitRun:
    """Digits in a row.

    Attributes:
        start, end: positions in the text, half-open.
        digits: what was read.
        clear: whether every character is a digit itself, not only by sound.
    """

    start: int
    end: int
    digits: str
    clear: bool


def digit_of(char: str) -> str | None:
    """Return the digit that a character is; None for any other."""
    return CLEAR_DIGITS.get(char)


@lru_cache(maxsize=30_000)
def digit_by_syllable(char: str) -> str | None:
    """Return the digit whose syllable a character has exactly (要 is 幺); None for any other."""
    if char in CLEAR_DIGITS:
        return CLEAR_DIGITS[char]
    heard = syllable_of(char)
    return next((d for d, forms in SPOKEN_SYLLABLES.items() if heard in forms), None)


@lru_cache(maxsize=30_000)
def digit_by_sound(char: str) -> str | None:
    """Return the digit that a character's syllable is, or confusably is; None for any other."""
    if char in CLEAR_DIGITS:
        return CLEAR_DIGITS[char]
    heard = syllable_of(char)
    best, cost = None, CONFUSED_COST + 0.01
    for digit, forms in SPOKEN_SYLLABLES.items():
        price = min(substitution_cost(form, heard) for form in forms)
        if price < cost:
            best, cost = digit, price
    return best


def read_digits(text: str, start: int = 0, end: int | None = None) -> Iterator[DigitRun]:
    """Find runs of clear digits.

    Args:
        text: folded text.
        start, end: the range to read.

    Yields:
        Runs in order, as long as possible. 十 and 百 inside a run (一百零八) make it unreadable
        digit by digit; `spoken_value` reads such numbers.
    """
    stop = len(text) if end is None else end
    position = start
    while position < stop:
        first = position
        while position < stop and text[position] in CLEAR_DIGITS:
            position += 1
        if position > first:
            yield DigitRun(
                first, position, "".join(CLEAR_DIGITS[c] for c in text[first:position]), True
            )
        position += 1


def syllable_runs(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Find the runs of characters that are digits or have exactly a digit's syllable, in order."""
    runs, first = [], start
    for position in range(start, end + 1):
        if position < end and digit_by_syllable(text[position]) is not None:
            continue
        if position > first:
            runs.append((first, position))
        first = position + 1
    return runs


def spoken_value(text: str) -> str | None:
    """Read 一百零八, 二百二十九, 十二 and 一百二 (120) as digits; None for anything else."""
    if not text or any(c not in CLEAR_DIGITS and c not in UNIT_CHARS for c in text):
        return None
    if not any(c in UNIT_CHARS for c in text):
        return None
    total, digit, unit, after_zero = 0, None, 10_000, False
    for char in text:
        if char in UNITS:
            if UNITS[char] >= unit or digit == 0 or (digit is None and total and char != "十"):
                return None  # 百百, 零十: no number; 一百十二 is said for 一百一十二
            unit = UNITS[char]
            total += (1 if digit is None else digit) * unit
            digit, after_zero = None, False
        elif digit:
            return None  # two digits in a row are read one at a time
        elif CLEAR_DIGITS[char] == "0" and (unit == 10 or not total):
            return None  # 三十零五 and 零三十八 are two numbers
        else:
            after_zero = digit == 0 or after_zero
            digit = int(CLEAR_DIGITS[char])
    if digit and total and unit > 10 and not after_zero:
        digit *= unit // 10
    return str(total + (digit or 0))


def similarity(digits: str, text: str) -> float:
    """How close a text sounds to digits read out one at a time.

    Args:
        digits: what should have been said, 0–9.
        text: folded text of the place where it should stand.

    Returns:
        1 − edit cost / length, with confusable syllables cheap; 0–1.
    """
    if not digits:
        return 0.0
    previous = [float(j) for j in range(len(text) + 1)]
    for i, digit in enumerate(digits, 1):
        row = [float(i)]
        for j, char in enumerate(text, 1):
            row.append(
                min(
                    previous[j - 1] + digit_cost(digit, char),
                    previous[j] + 1.0,
                    row[-1] + 1.0,
                )
            )
        previous = row
    return max(0.0, 1 - previous[-1] / max(len(digits), 1))


def digit_cost(digit: str, char: str) -> float:
    """Price of hearing a character where a digit was read, 0–1; another clear digit costs 1."""
    if char in CLEAR_DIGITS:
        return 0.0 if CLEAR_DIGITS[char] == digit else 1.0
    heard = syllable_of(char)
    return min(substitution_cost(form, heard) for form in SPOKEN_SYLLABLES[digit])


_DIGIT = "".join(CLEAR_DIGITS)
_NUMERAL = _DIGIT + UNIT_CHARS
_TOKEN = re.compile(
    r"(?P<word>一[下些样会定直起边切])"
    rf"|(?P<times>[{_NUMERAL}俩]个(?P<digit>[{_DIGIT}]))(?![号单栋个])"
    rf"|(?P<double>双(?P<twice>[{_DIGIT}]))"
    rf"|(?P<chunk>[{_NUMERAL}]+)"
    r"|(?P<not>(?:也?不是)(?=[" + _NUMERAL + r"]))"
    r"|(?P<wrong>不对|错[了咯啦]|说错|记错|念错|更正|重说|应该是|改成|哦?不是)"
    r"|(?P<last>(?:最?后[边面头]?|末)(?P<count>[二两三四五六2-6])(?:位|个(?!["
    + _DIGIT
    + r"])数?字?|码)|尾[号数巴]|末尾)"
    r"|(?P<first>(?:前[边面头]?|开头)(?P<lead>[二两三四2-4])(?:位|个(?!["
    + _DIGIT
    + r"])数?字?)|开头是)"
    r"|(?P<middle>中间[二两三四2-4]?(?:位|个数?字?)?是?)"
)
MOBILE, LANDLINES, MIN_REPEATED = 11, (7, 8), 3
"""Digits of a mobile number, of a landline without its area code, of a group said again."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a stretch of words says as a number.

    Attributes:
        start, end: positions in the text, half-open; the whole text if nothing was read.
        digits: the number with its corrections made; None where it cannot be told.
        options: what it may be, where the words leave a choice (十三八 is 138 or 1038).
        groups: the pieces as they were said, in order, before corrections.
    """

    start: int
    end: int
    digits: str | None
    options: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def ambiguous(self) -> bool:
        """Whether a number was said, but which one cannot be told."""
        return self.digits is None and bool(self.options or self.groups)


def read_number(text: str) -> Reading:
    """Read the one number that a text says, in groups, with repeats and corrections.

    `幺三九，零四五六，不对，零四五七，后边四个六` is 13904576666. Words between the groups do not
    count, so the caller must choose a text that holds one number.

    Args:
        text: any text; punctuation parts groups, as a pause does.

    Returns:
        A reading, in positions of the text; without digits where there is no number or the words
        leave a choice.
    """
    tokens = list(_TOKEN.finditer(_half_width(text)))
    spoken = [t for t in tokens if t["chunk"] or t["times"] or t["double"]]
    if not spoken:
        return Reading(0, len(text), None)
    start, end = spoken[0].start(), spoken[-1].end()
    groups: list[str] = []
    for token in spoken:
        options = _token_values(token)
        if len(options) != 1:
            return Reading(start, end, None, tuple(filter(None, options)))
        groups.append(options[0])
    digits = _assemble(tokens, iter(groups))
    return Reading(start, end, digits, groups=tuple(groups))


def find_numbers(text: str, start: int = 0, end: int | None = None) -> Iterator[Reading]:
    """Find each stretch of numerals by itself, without joining groups or making corrections.

    Args:
        text: folded text.

    Yields:
        Readings in order; 三个六 is 666, 十三八 has no digits but its options.
    """
    for token in _TOKEN.finditer(text, start, len(text) if end is None else end):
        if options := _token_values(token):
            digits = options[0] if len(options) == 1 else None
            known = () if digits is not None else tuple(filter(None, options))
            yield Reading(token.start(), token.end(), digits, known, options[:1])


def chunk_values(chunk: str) -> tuple[str, ...]:
    """Return what a chunk of digits and 十 百 千 may be, as digits; several where it is open.

    An empty one among several says that nobody would put any of them so.

    A value ends where a zero follows it (十八零三 is 1803); before any other digit it may have
    ended one digit earlier (十三八 is 138 or 1038).
    """
    if not any(c in UNIT_CHARS for c in chunk):
        return ("".join(CLEAR_DIGITS[c] for c in chunk),) if chunk else ()
    if whole := spoken_value(chunk):
        return (whole,)
    for end in range(len(chunk) - 1, 0, -1):
        value = spoken_value(chunk[:end])
        rest = chunk[end:]
        if value and CLEAR_DIGITS.get(rest[0]) == "0" and not any(c in UNIT_CHARS for c in rest):
            return (value + "".join(CLEAR_DIGITS[c] for c in rest),)
    options = tuple(sorted(_splits(chunk)))
    return options if len(options) > 1 else ("", *options)


def _splits(chunk: str) -> set[str]:
    """Every way to cut a chunk into single digits and values with units."""
    if not chunk:
        return {""}
    found: set[str] = set()
    if chunk[0] in CLEAR_DIGITS:
        found |= {CLEAR_DIGITS[chunk[0]] + rest for rest in _splits(chunk[1:])}
    for end in range(1, min(len(chunk), MAX_VALUE_CHARS) + 1):
        if value := spoken_value(chunk[:end]):
            found |= {value + rest for rest in _splits(chunk[end:])}
    return found


def _token_values(token: re.Match[str]) -> tuple[str, ...]:
    if token["times"]:
        count = {"俩": 2, "十": 0}.get(token["times"][0])
        if count is None:
            count = int(CLEAR_DIGITS.get(token["times"][0], "0"))
        return (CLEAR_DIGITS[token["digit"]] * count,) if 0 < count <= MAX_TIMES else ()
    if token["double"]:
        return (CLEAR_DIGITS[token["twice"]] * 2,)
    return chunk_values(token["chunk"]) if token["chunk"] else ()


def _assemble(tokens: Sequence[re.Match[str]], groups: Iterator[str]) -> str | None:
    """Join the groups; after 不对 or 后四位 a group takes the place of what it corrects."""
    said: list[str] = []
    correcting, place, denied = False, "", False
    for token in tokens:
        if token["not"]:
            denied = True
        elif token["wrong"]:
            correcting = True
        elif token["word"]:
            continue
        elif token["last"] or token["first"] or token["middle"]:
            place = next(n for n in ("last", "first", "middle") if token[n])
        else:
            group = next(groups)
            if denied:  # 不是三零一: the next group is what it is instead
                denied, correcting = False, bool(said)
                group = _after_denial(group)
                if not group:
                    continue
            if correcting or (place and len("".join(said)) + len(group) > MOBILE):
                said = _corrected(said, group, place) or []
                if not said:
                    return None
            else:
                said.append(group)
            correcting, place = False, ""
    return _without_repeats(said)


def _after_denial(group: str) -> str:
    """Return what follows a denied number in one breath (不是三零一三零二); empty if nothing."""
    half = len(group) // 2
    left, right = group[:half], group[half:]
    differing = sum(a != b for a, b in zip(left, right, strict=False))
    return right if len(group) % 2 == 0 and half > 1 and differing == 1 else ""


def _half_width(text: str) -> str:
    """Fold full-width digits, one character for one."""
    return "".join(chr(ord(c) - 0xFEE0) if "０" <= c <= "９" else c for c in text)


def _corrected(said: list[str], group: str, place: str) -> list[str] | None:
    """Put a correction in its place; None where it fits several places."""
    whole, size = "".join(said), len(group)
    if not said or size >= len(whole):
        return [group]
    if not place and size >= MIN_REPEATED and group in whole:
        return said  # not taken back: the other side had misread just these digits
    if place == "last":
        return [whole[:-size], group]
    if place == "first":
        return [group, whole[size:]]
    if not place and abs(len(said[-1]) - size) <= 1:
        return [*said[:-1], group]  # 九九八，不对，九八八四: the group before was not finished
    equal = [
        sum(a == b for a, b in zip(whole[at:], group, strict=False))
        for at in range(len(whole) - size + 1)
    ]
    best = max(equal)
    if 2 * best < size or equal.count(best) > 1:
        return [*said[:-1], group] if len(said) > 1 and len(said[-1]) < size else None
    at = equal.index(best)
    return [whole[:at], group, whole[at + size :]]


def _without_repeats(said: list[str]) -> str | None:
    """Join groups; a number said twice, or a group said twice in too long a number, counts once."""
    whole = "".join(said)
    half = len(whole) // 2
    if half >= min(LANDLINES) and whole[:half] == whole[half:] and len(whole) % 2 == 0:
        return whole[:half]
    if len(whole) > MOBILE:
        once = [g for k, g in enumerate(said) if k == 0 or g != said[k - 1]]
        if len("".join(once)) == MOBILE:
            return "".join(once)
        if len(said[-1]) == MOBILE:
            return said[-1]  # in groups first, then in one breath
    return whole or None
