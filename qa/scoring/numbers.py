"""Numbers read digit by digit, as they are spoken on the telephone and as they come out heard.

洞 拐 两 勾 幺 are 0 7 2 9 1. A recogniser writes the same sounds as digits (108), as numerals
(一零八), or as any homophone (要零八, 药领吧), so a digit is read at two levels: **clear** when the
character itself is a digit, **by sound** when only its syllable is one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

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


def digit_by_syllable(char: str) -> str | None:
    """Return the digit whose syllable a character has exactly (要 is 幺); None for any other."""
    if char in CLEAR_DIGITS:
        return CLEAR_DIGITS[char]
    heard = syllable_of(char)
    return next((d for d, forms in SPOKEN_SYLLABLES.items() if heard in forms), None)


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
    """Read 一百零八, 二百二十九, 十二 and the short 一百二 (120) as digits; None for anything else.

    Args:
        text: folded text, numerals only.
    """
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
