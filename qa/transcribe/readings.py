"""How a hypothesis is written down in its place, the way a recogniser would have written it.

The engine judges spelling along with sound: 108 where it would write 108, commas where it puts
them. A hypothesis comes as folded spoken text (幺零八, no punctuation), so it is written with the
punctuation that was heard and, where it holds numbers, also in numerals; the best reading counts.
"""

import re
from difflib import SequenceMatcher

_DIGITS = {
    **dict(zip("零一二三四五六七八九", "0123456789", strict=True)),
    **{"〇": "0", "洞": "0", "幺": "1", "两": "2", "拐": "7", "勾": "9"},
}
_NUMBER = re.compile(
    # digit by digit, or up to 99 with 十; one digit alone only where it counts a place
    r"[零〇一二三四五六七八九幺两洞拐勾]{2,}"
    r"|[一二三四五六七八九]?十[一二三四五六七八九]?(?=[号楼栋单室层区门块度])"
    r"|[一二三四五六七八九](?=[号楼栋单室层区门])"
)


def readings_of(text: str, before: str, heard: str, after: str) -> tuple[str, ...]:
    """Write a hypothesis into its place.

    Args:
        text: folded, simplified; empty for silence.
        before, after: what was heard around the place, with punctuation.
        heard: what was heard in it; empty where something is to be inserted.

    Returns:
        Whole readings, one per spelling, each once.
    """
    readings = []
    for spelling in spellings(text):
        inner = punctuated(spelling, heard)
        readings.append(_joined(before, inner, after))
        if not heard and inner:
            comma = "," if after and after[0].isalnum() else ""
            lead = "," if before and before[-1].isalnum() else ""
            readings.append(before + lead + inner + comma + after)
    return tuple(dict.fromkeys(readings))


def _joined(before: str, inner: str, after: str) -> str:
    if not inner and before and not before[-1].isalnum():
        after = after.lstrip(",，、 ")  # no comma twice where words were taken out between
    return before + inner + after


def spellings(text: str) -> tuple[str, ...]:
    """Return a spoken text, and with its numbers in numerals where it has any."""
    return tuple(dict.fromkeys([text, _NUMBER.sub(_numeral, text)]))


def _numeral(match: re.Match[str]) -> str:
    spoken = match.group()
    if "十" in spoken:
        tens, ones = spoken.split("十")
        return _DIGITS.get(tens, "1") + _DIGITS.get(ones, "0")
    return "".join(_DIGITS[char] for char in spoken)


def same_words(left: str, right: str) -> bool:
    """Whether two readings differ in nothing but punctuation."""
    return left == right or _letters(left) == _letters(right)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def punctuated(text: str, heard: str) -> str:
    """Give a text the punctuation of what was heard, where the two correspond.

    Returns:
        The text with the marks of `heard` behind the letters that match its own; a mark amid
        words that have no counterpart is left out.
    """
    if not text:
        return ""
    letters = _letters(heard)
    marks: dict[int, str] = {}
    count = 0
    for char in heard:
        if char.isalnum():
            count += 1
        else:
            marks[count] = marks.get(count, "") + char
    if not marks:
        return text
    places = _counterparts(letters, text)
    result, at = "", 0
    for position, mark in sorted(marks.items()):
        target = places.get(position)
        if target is not None and target >= at:
            result += text[at:target] + mark
            at = target
    return result + text[at:]


def _counterparts(heard: str, text: str) -> dict[int, int]:
    """Map gaps between letters of one text to gaps of the other, where they correspond."""
    places = {0: 0, len(heard): len(text)}
    matcher = SequenceMatcher(None, heard, text, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal" or i2 - i1 == j2 - j1:
            places |= {i1 + k: j1 + k for k in range(i2 - i1 + 1)}
        else:
            places.setdefault(i1, j1)
            places.setdefault(i2, j2)
    return places
