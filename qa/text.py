"""Chinese text as matching and error rates see it: simplified, without punctuation, one form each.

What is shown to people is never folded; folding keeps the way back to the original characters.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

_KEPT = re.compile(r"[0-9a-z\u3007\u3400-\u4dbf\u4e00-\u9fff]")  # 3007 is 〇
_OTHER = re.compile(f"[^{_KEPT.pattern[1:]}")
"""Whatever is not kept as it is: punctuation, capitals, other widths."""
FILLERS = frozenset("嗯啊呃哦噢喔哎唉诶欸呀嘛哈呵额")
"""Characters that people utter between words; matching may pass over them."""


@cache
def _converter() -> Any:
    import opencc  # loads its dictionaries; only needed when something is folded

    return opencc.OpenCC("tw2sp")


def to_simplified(text: str) -> str:
    """Traditional characters and Taiwan phrases to simplified ones; others stay as they are.

    Whisper mixes both scripts within one call, so every result passes through here.
    """
    return str(_converter().convert(text))


@dataclass(frozen=True, slots=True)
class Folded:
    """A text reduced to what is compared.

    Attributes:
        text: lower-case letters, digits and Chinese characters only.
        origin: for every character of `text`, its index in the original.
    """

    text: str
    origin: tuple[int, ...]


class _Folding(dict[str, str]):
    """What each character becomes, found out once: nothing, itself, or several characters."""

    def __missing__(self, char: str) -> str:
        parts = unicodedata.normalize("NFKC", char).lower()
        self[char] = folded = "".join(part for part in parts if _KEPT.match(part))
        return folded


_folding = _Folding()


def folded_char(char: str) -> str:
    """Return what one character becomes when it is folded: nothing, a character, or several."""
    return _folding[char]


@lru_cache(maxsize=4_096)  # tracks and windows fold the utterances of calls judged together
def fold(text: str) -> Folded:
    """Reduce a simplified text to letters, digits and Chinese characters, full width to half."""
    parts: list[str] = []
    origin: list[int] = []
    start = 0
    for other in _OTHER.finditer(text):
        at = other.start()
        part = _folding[text[at]]
        parts += (text[start:at], part)
        origin += range(start, at)
        origin += [at] * len(part)
        start = at + 1
    origin += range(start, len(text))
    return Folded("".join([*parts, text[start:]]), tuple(origin))
