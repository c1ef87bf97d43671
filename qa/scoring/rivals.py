"""What may have been said instead: hypotheses beside the one that a check is about.

A text that fits the sound proves little by itself; it must fit better than what sounds alike. The
alternatives come from the confusion table of `syllables`, one syllable exchanged at a time.
"""

from functools import lru_cache

from qa.scoring.syllables import CONFUSABLE_FINALS, CONFUSABLE_INITIALS, split_syllable, syllable_of

_STYLES = ("零幺二三四五六七八九", "零一二三四五六七八九", "洞幺两三四五六拐八勾")
"""Digits as read out on the telephone: commonly, plainly, and with the operators' words."""

CONFUSED_DIGITS: dict[str, str] = {
    "0": "6",
    "1": "7",
    "2": "8",
    "3": "4",
    "4": "3",
    "5": "0",
    "6": "9",
    "7": "1",
    "8": "2",
    "9": "6",
}
"""For each digit the one that recognition puts in its place: yi/qi, liu/jiu, san/si, er/ba."""


def spoken_forms(digits: str) -> tuple[str, ...]:
    """Spell a number as it is read out digit by digit, the commonest way first, each once."""
    return tuple(dict.fromkeys("".join(style[int(d)] for d in digits) for style in _STYLES))


def number_rivals(digits: str, limit: int = 4) -> tuple[str, ...]:
    """Spell numbers that differ in one confusable digit, from the last digit on."""
    changed = (
        digits[:at] + CONFUSED_DIGITS[digits[at]] + digits[at + 1 :]
        for at in range(len(digits) - 1, -1, -1)
    )
    return tuple(spoken_forms(one)[0] for one in changed)[:limit]


@lru_cache(maxsize=4_000)
def text_rivals(text: str, limit: int = 2) -> tuple[str, ...]:
    """Write texts that differ in one syllable by a confusable initial or final.

    Args:
        text: folded text.

    Returns:
        At most `limit` texts, from the middle outwards; none where no syllable has a confusable
        one that is a common character's.
    """
    middle = len(text) // 2
    found = []
    for at in sorted(range(len(text)), key=lambda k: (abs(k - middle), k)):
        for char in _confusable_chars(syllable_of(text[at])):
            found.append(text[:at] + char + text[at + 1 :])
            break
        if len(found) == limit:
            break
    return tuple(found)


@lru_cache(maxsize=1_000)
def _confusable_chars(syllable: str) -> tuple[str, ...]:
    initial, final = split_syllable(syllable)
    others = [(i, final) for i in _partners(CONFUSABLE_INITIALS, initial)]
    others += [(initial, f) for f in _partners(CONFUSABLE_FINALS, final)]
    return tuple(_common()[other] for other in others if other in _common())


def _partners(table: dict[str, str], part: str) -> list[str]:
    together = {part} | ({table[part]} if part in table else set())
    together |= {one for one, other in table.items() if other in together}
    return sorted(together - {part})


@lru_cache(maxsize=1)
def _common() -> dict[tuple[str, str], str]:
    """Give each syllable a common character: its first of GB 2312's level 1, sorted by sound."""
    first = 0xB0A1
    chars: dict[tuple[str, str], str] = {}
    for row in range(first >> 8, 0xD8):
        for cell in range(0xA1, 0xFF):
            try:
                char = bytes((row, cell)).decode("gb2312")
            except UnicodeDecodeError:
                continue  # the last row is not full
            chars.setdefault(split_syllable(syllable_of(char)), char)
    return chars
