"""Transcripts with the errors that a recogniser makes on the telephone, injected on purpose.

Each character becomes, with the shares of `RATES`, another one of the same syllable (homophone),
one of a confusable syllable (zh/z, n/l, an/ang, …; for digits the digit confused first), nothing
(deleted), or itself with a filler behind it (inserted). A word that was changed loses confidence,
as it does in recognition. Together about 16 % of the characters and 7 % of the syllables are wrong,
what plain recognition of 8 kHz calls has.
"""

import random
from collections import defaultdict
from dataclasses import replace
from functools import cache

from qa.scoring.rivals import CONFUSED_DIGITS
from qa.scoring.syllables import fold_syllable, syllable_of
from qa.types import Transcript, Utterance, Word

RATES = {"homophone": 0.09, "confusable": 0.035, "deleted": 0.02, "inserted": 0.015}
FILLER = "嗯"
DIGITS = "零一二三四五六七八九"
CHANGED_CONFIDENCE = (0.25, 0.85)


def mutate(transcript: Transcript, chance: random.Random) -> Transcript:
    """Return the transcript as a recogniser might have heard it; times stay."""
    utterances = tuple(_mutated(u, chance) for u in transcript.utterances)
    return replace(transcript, utterances=tuple(u for u in utterances if u.words))


def _mutated(utterance: Utterance, chance: random.Random) -> Utterance:
    words = [w for w in (_changed(word, chance) for word in utterance.words) if w.text]
    mean = sum(w.confidence for w in words) / max(1, len(words))
    text = "".join(w.text for w in words)
    return replace(utterance, words=tuple(words), text=text, confidence=round(mean, 4))


def _changed(word: Word, chance: random.Random) -> Word:
    text = "".join(_heard(char, chance) for char in word.text)
    if text == word.text:
        return word
    return replace(word, text=text, confidence=round(chance.uniform(*CHANGED_CONFIDENCE), 3))


def _heard(char: str, chance: random.Random) -> str:
    if not "一" <= char <= "鿿":
        return char
    draw = chance.random()
    for kind, rate in RATES.items():
        if draw < rate:
            return _as(kind, char, chance)
        draw -= rate
    return char


def _as(kind: str, char: str, chance: random.Random) -> str:
    if kind == "deleted":
        return ""
    if kind == "inserted":
        return char + FILLER
    if kind == "confusable" and char in DIGITS:
        return DIGITS[int(CONFUSED_DIGITS[str(DIGITS.index(char))])]
    same, near = _sounding()
    syllable = syllable_of(char)
    pool = same[syllable] if kind == "homophone" else near[fold_syllable(syllable)]
    others = [one for one in pool if one != char]
    return chance.choice(others) if others else char


@cache
def _sounding() -> tuple[dict[str, list[str]], dict[tuple[str, str], list[str]]]:
    """Sort common characters (GB 2312, level 1) by syllable and by class of confusable ones."""
    same: dict[str, list[str]] = defaultdict(list)
    near: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF):
            try:
                char = bytes((row, cell)).decode("gb2312")
            except UnicodeDecodeError:
                continue
            same[syllable_of(char)].append(char)
            near[fold_syllable(syllable_of(char))].append(char)
    return same, near
