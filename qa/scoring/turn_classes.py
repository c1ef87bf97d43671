"""Say which class of forbidden language a turn of the agent resembles as a whole.

Word lists find what somebody thought of listing; what is meant is said in ever new words. A linear
model over short runs of characters and syllables (a "fastText"-like bag of hashed n-grams, Joulin
and others 2016, here with logistic regression) learned from some thousand written turns how each
class is put. It is right often enough to ask a person to listen, and never to convict.

`scripts/train-turns` makes the model from `scripts/corpora/turns/`, and prints how much it finds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from qa.scoring.syllables import syllables
from qa.scoring.track import Track

BITS = 17
"""N-grams share 2^17 places; two of the corpus seldom meet in one."""
CHAR_GRAMS = (1, 2, 3, 4)
SYLLABLE_GRAMS = (2, 3)
UNIT_CHARS = 45
"""A longer turn is looked at in pieces of whole sentences: the model learned from single turns."""
MIN_CHARS = 4
_EDGE = 1
_STEP = np.uint64(1_000_003)


@dataclass(frozen=True, slots=True, eq=False)
class TurnClasses:
    """A trained model.

    Attributes:
        classes: rule ids, in the order of the columns.
        weights: shape (2^BITS, classes), in steps of `scale`.
        scale, bias: one for each class; a score is in nats of the odds.
        floors: the score from which a turn resembles the class.
    """

    classes: tuple[str, ...]
    weights: NDArray[np.int8]
    scale: NDArray[np.float64]
    bias: NDArray[np.float64]
    floors: NDArray[np.float64]

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Score folded texts; shape (texts, classes)."""
        grams, counts = hashed_grams(texts)
        owner = np.repeat(np.arange(len(texts)), counts)
        sums = np.zeros((len(texts), len(self.classes)))
        rows = self.weights[grams]
        for column in range(len(self.classes)):
            sums[:, column] = np.bincount(owner, rows[:, column], len(texts))
        return sums * self.scale / np.sqrt(np.maximum(counts, 1))[:, None] + self.bias


@dataclass(frozen=True, slots=True)
class Likeness:
    """A range of a track's text that resembles a class; `score` is above the class's floor."""

    start: int
    end: int
    score: float


def likenesses(track: Track, model: TurnClasses) -> dict[str, tuple[Likeness, ...]]:
    """Find for each class the stretches of a track that resemble it, the likest first."""
    places = [(a, b) for a, b in units(track) if b - a >= MIN_CHARS]
    if not places:
        return {}
    scores = model.scores([track.text[a:b] for a, b in places])
    found: dict[str, tuple[Likeness, ...]] = {}
    for column, name in enumerate(model.classes):
        alike = np.flatnonzero(scores[:, column] >= model.floors[column])
        if len(alike):
            likest = sorted(alike, key=lambda k: -scores[k, column])
            found[name] = tuple([Likeness(*places[k], float(scores[k, column])) for k in likest])
    return found


def units(track: Track) -> list[tuple[int, int]]:
    """Cut turns into pieces of whole sentences, of `UNIT_CHARS` where sentences allow it."""
    units: list[tuple[int, int]] = []
    for start, end in track.turns:
        at = start
        while end - at > UNIT_CHARS:
            stop = first = min(track.sentence_end(at), end)
            while first < end and first - at <= UNIT_CHARS:
                stop, first = first, min(track.sentence_end(first), end)
            if stop >= end:
                break
            units.append((at, stop))
            at = stop
        units.append((at, end))
    return units


def hashed_grams(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hash the n-grams of folded texts.

    Returns:
        Places below 2^`BITS`, text by text, and how many each text has.
    """
    found = [_grams(text) for text in texts]
    counts = np.array([len(grams) for grams in found], np.int64)
    return (np.concatenate(found) if found else np.zeros(0, np.int64)), counts


@lru_cache(maxsize=4_096)
def _grams(text: str) -> NDArray[np.int64]:
    """Hash one text; 好的 and its like are said in every call."""
    chars = np.array([_EDGE, *map(ord, text), _EDGE], np.uint64)
    sounds = np.array([_EDGE, *map(_code, syllables(text)), _EDGE], np.uint64)
    parts = [_hash(_runs(chars[1:-1], 1), 1)]
    parts += [_hash(_runs(chars, n), n) for n in CHAR_GRAMS[1:]]
    parts += [_hash(_runs(sounds, n), 16 + n) for n in SYLLABLE_GRAMS]
    parts.append(_hash(chars[1:-3] * _STEP + chars[3:-1], 32))  # two characters, one between
    return np.concatenate(parts)


@cache
def _code(syllable: str) -> int:
    return crc32(syllable.encode())


def _runs(codes: NDArray[np.uint64], length: int) -> NDArray[np.uint64]:
    """Give each run of so many codes a number."""
    last = len(codes) - length + 1
    if last <= 0:
        return np.zeros(0, np.uint64)
    runs = codes[:last]
    for k in range(1, length):
        runs = runs * _STEP + codes[k : last + k]
    return runs


def _hash(runs: NDArray[np.uint64], salt: int) -> NDArray[np.int64]:
    """Spread numbers over the places (the finaliser of SplitMix64, Steele and others 2014)."""
    mixed = (runs ^ np.uint64(salt)) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return (mixed >> np.uint64(64 - BITS)).astype(np.int64)
