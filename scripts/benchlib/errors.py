"""Character and toneless-syllable error rates, measured alike for every recogniser.

Both sides are made simplified (OpenCC `tw2sp`, the conversion that the service uses itself) and
lose punctuation, spaces and letter case. Numerals can be written in several right ways, so a
hypothesis takes, among the ways that mean the same, the one nearest to the reference: `21号` may
be read 二十一号 or 二一号, `1` may be 一 or 幺, `0` may be 零 or 洞, and a written 一, 二, 〇 may
stand for 幺, 两, 零. Nothing else is forgiven: 二十 for 二十一, or 要 for 幺, remain errors.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from qa.text import to_simplified

_PLAIN_DIGITS = "零一二三四五六七八九"
_DIGIT_WORDS = {"0": "零洞", "1": "一幺", "2": "二两", "7": "七拐", "9": "九勾"}
_SAME_NUMERAL = {"一": "幺", "幺": "一", "二": "两", "两": "二", "〇": "零"}
_GROUPS = re.compile(r"(?<=\d)[,，](?=\d{3}(?!\d))")
_FIGURES = re.compile(r"\d+(?:\.\d+)?%?")
_CHOICE = re.compile(r"\d+(?:\.\d+)?%?|[一幺二两〇]")
_KEPT = re.compile(r"[^\w]|_")


@dataclass(frozen=True)
class Errors:
    """Edit operations that turn references into hypotheses, and the length of the references."""

    reference: int = 0
    substituted: int = 0
    deleted: int = 0
    inserted: int = 0

    @property
    def rate(self) -> float:
        """Errors per reference unit; may exceed 1. 0 when there was nothing to say."""
        total = self.substituted + self.deleted + self.inserted
        return total / self.reference if self.reference else float(total > 0)

    def __add__(self, other: "Errors") -> "Errors":
        return Errors(
            self.reference + other.reference,
            self.substituted + other.substituted,
            self.deleted + other.deleted,
            self.inserted + other.inserted,
        )


@dataclass(frozen=True)
class Comparison:
    """A hypothesis against its reference, by character and by toneless syllable."""

    characters: Errors = Errors()
    syllables: Errors = Errors()

    def __add__(self, other: "Comparison") -> "Comparison":
        return Comparison(self.characters + other.characters, self.syllables + other.syllables)


def compare(reference: str, hypothesis: str) -> Comparison:
    """Compare what was said with what was recognised; both raw, as written."""
    said = _spell_figures(_strip(reference))
    heard = _settle_numerals(_strip(hypothesis), said)
    return Comparison(_count(said, heard), _count(_syllables(said), _syllables(heard)))


def _count(reference: Sequence[str], hypothesis: Sequence[str]) -> Errors:
    tags = [edit.tag for edit in Levenshtein.editops(reference, hypothesis)]
    return Errors(len(reference), tags.count("replace"), tags.count("delete"), tags.count("insert"))


def _strip(text: str) -> str:
    """Simplify and drop everything that is not spoken; figures keep their point and percent."""
    text = unicodedata.normalize("NFKC", to_simplified(text)).lower()
    text = _GROUPS.sub("", text)
    kept = []
    for i, char in enumerate(text):
        between_figures = (
            char == "." and text[i - 1 : i].isdigit() and text[i + 1 : i + 2].isdigit()
        )
        percent = char == "%" and text[i - 1 : i].isdigit()
        if between_figures or percent or not _KEPT.match(char):
            kept.append(char)
    return "".join(kept)


def _syllables(text: str) -> list[str]:
    """Toneless pinyin, a Latin letter or other sign for itself."""
    from pypinyin import Style, lazy_pinyin

    return [str(s) for s in lazy_pinyin(text, style=Style.NORMAL, errors=list)]


def read_number(figures: str) -> str:
    """Read figures as a number: `21` → 二十一, `1.5` → 一点五, `15%` → 百分之十五."""
    if figures.endswith("%"):
        return "百分之" + read_number(figures[:-1])
    whole, _, fraction = figures.partition(".")
    text = _read_whole(int(whole))
    return text + ("点" + "".join(_PLAIN_DIGITS[int(d)] for d in fraction) if fraction else "")


def _read_whole(number: int) -> str:
    for unit, name in ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if number >= unit:
            head, rest = divmod(number, unit)
            gap = "零" if 0 < rest < unit // 10 else ""
            lead = "" if (unit, head) == (10, 1) else _read_whole(head)
            tail = _read_whole(rest) if rest else ""
            if 10 <= rest < 20:
                tail = "一" + tail
            return lead + name + gap + tail
    return _PLAIN_DIGITS[number]


def _spell_figures(reference: str) -> str:
    """Write the figures of a reference out; long ones and those with a leading 0 digit by digit."""

    def spell(match: re.Match[str]) -> str:
        figures = match.group()
        if figures.isdigit() and (len(figures) > 4 or figures.startswith("0")):
            return "".join(_PLAIN_DIGITS[int(d)] for d in figures)
        return read_number(figures)

    return _FIGURES.sub(spell, reference)


def _settle_numerals(hypothesis: str, reference: str) -> str:
    """Give each numeral of a hypothesis the right way of writing that is nearest the reference."""
    text, start = hypothesis, 0
    while match := _CHOICE.search(text, start):
        head, tail = text[: match.start()], text[match.end() :]
        chosen = min(
            _readings(match.group()),
            key=lambda way: Levenshtein.distance(head + way + tail, reference),
        )
        if match.group()[0].isdecimal() and "点" not in chosen:
            chosen = _vary_digits(match.group(), chosen, head, tail, reference)
        text, start = head + chosen + tail, len(head) + len(chosen)
    return text


def _readings(numeral: str) -> list[str]:
    if not numeral[0].isdecimal():
        return [numeral, _SAME_NUMERAL[numeral]]
    if not numeral.isdecimal():
        return [read_number(numeral)]
    digits = "".join(_PLAIN_DIGITS[int(d)] for d in numeral)
    if len(numeral) > 9:
        return [digits]
    value = read_number(numeral)
    return [digits, digits.replace("一", "幺"), value, value.replace("二", "两", 1)]


def _vary_digits(figures: str, chosen: str, head: str, tail: str, reference: str) -> str:
    """Try the telephone names of single digits (幺 洞 两 拐 勾) one by one."""
    if len(chosen) != len(figures):
        return chosen
    for i, figure in enumerate(figures):
        ways = [chosen[:i] + word + chosen[i + 1 :] for word in _DIGIT_WORDS.get(figure, "")]
        chosen = min(
            [chosen, *ways], key=lambda way: Levenshtein.distance(head + way + tail, reference)
        )
    return chosen
