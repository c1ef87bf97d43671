"""One scan of a call names the wordings that may stand in it, for all rules at once.

A ruleset holds ten thousand wordings and a call a few hundred syllables, so the question is turned
round. Each wording is filed under a few *grams* of its syllable-class keys, chosen so that every
occurrence with as many slips as it may have holds at least one of them: three neighbouring keys, or
three or four around one that may be another. A turn's grams are then looked up all together.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import chain
from operator import add, and_
from typing import NamedTuple

from qa.scoring.match import Track
from qa.text import FILLERS

_GAP = 0x10000
"""Added to a key that stands behind a gap of one, so that 甲乙·丁 is another gram than 甲乙丁."""


class _Shifted(dict[int, int]):
    def __missing__(self, code: int) -> int:
        self[code] = shifted = code + _GAP
        return shifted


_shifted = _Shifted()


class Scan(NamedTuple):
    """What a turn may hold.

    Attributes:
        patterns: numbers of patterns, as bits.
        grams: those of its grams under which anything is filed.
    """

    patterns: int
    grams: set[str]


class Lexicon:
    """The wordings of many patterns, filed by their grams.

    Patterns are numbered through; sets of them are the bits of an integer, so that what a hundred
    grams name is put together in microseconds.
    """

    def __init__(self) -> None:
        self._count = 0
        self._filed: dict[str, tuple[tuple[int, int], ...]] = {}
        self._grams: set[str] = set()
        self._anywhere: list[int] = []
        self._version = 0

    def reserve(self, count: int) -> int:
        """Give out numbers for so many patterns, and return the first."""
        first, self._count = self._count, self._count + count
        self._anywhere = [mask | ((1 << count) - 1) << first for mask in self._anywhere]
        self._version += 1
        return first

    def file(self, pattern: int, parts: Sequence[Iterable[str] | None]) -> None:
        """File a pattern under the grams of each of its parts; None for a part without any."""
        bit = 1 << pattern
        while len(self._anywhere) < len(parts):
            self._anywhere.append((1 << self._count) - 1)
        for part, grams in enumerate(parts):
            if grams is None:
                continue
            self._anywhere[part] &= ~bit
            for gram in grams:
                masks = dict(self._filed.get(gram, ()))
                masks[part] = masks.get(part, 0) | bit
                self._filed[gram] = tuple(masks.items())
                self._grams.add(gram)
        self._version += 1

    def scan(self, track: Track) -> list[Scan]:
        """Say for each turn of a track which patterns it may hold, and by which grams."""
        known: tuple[int, list[Scan]] | None = track.memo.get(self)
        if known is None or known[0] != self._version:
            scans = [self._scan(track, start, end) for start, end in track.turns]
            known = track.memo[self] = self._version, scans
        return known[1]

    def _scan(self, track: Track, start: int, end: int) -> Scan:
        found, filed = list(self._anywhere), self._filed
        grams = self._grams.intersection(turn_grams(track, start, end))
        for gram in grams:
            for part, mask in filed[gram]:
                found[part] |= mask
        return Scan(reduce(and_, found, (1 << self._count) - 1), grams)


def turn_grams(track: Track, start: int, end: int) -> Iterator[str]:
    """Name every gram of a stretch, with and without the fillers between words."""
    heard = track.keys[start:end]
    bare = bare_keys(track, start, end)
    return _grams(heard) if bare == heard else chain(_grams(heard), _grams(bare))


def bare_keys(track: Track, start: int, end: int) -> str:
    """Keys of a stretch without the fillers between words."""
    heard, text = track.keys[start:end], track.text[start:end]
    if FILLERS.isdisjoint(text):
        return heard
    return "".join([key for key, char in zip(heard, text, strict=True) if char not in FILLERS])


def _grams(heard: str) -> Iterator[str]:
    behind = heard.translate(_shifted)
    two = list(map(add, heard, heard[1:]))
    two_behind = list(map(add, behind, behind[1:]))
    return chain(
        heard,
        two,
        map(add, two, heard[2:]),
        map(add, heard, two_behind[2:]),
        map(add, two, behind[3:]),
        map(add, two, two_behind[3:]),
    )


def grams_of(key: str, edits: int, *, may_drop: bool) -> tuple[tuple[str, ...], bool]:
    """Choose the grams under which a wording is filed.

    Args:
        key: syllable-class keys of the wording.
        edits: how many slips of another class an occurrence may have, fillers not counted.
        may_drop: whether a slip may be a syllable left out, too.

    Returns:
        Grams of which every occurrence holds one, and True; or grams of which any one suffices as
        they all stand in every occurrence, and False. Without grams an occurrence is possible
        anywhere.
    """
    length = len(key)
    if edits == 0:
        size = min(length, 3)
        return tuple(key[i : i + size] for i in range(length - size + 1)), False
    if length >= 3 * (edits + 1):
        starts = [i * length // (edits + 1) for i in range(edits + 1)]
        return tuple(key[i : i + 3] for i in starts), True
    blocks = edits // 2 + 1  # two slips to a block would need one more than there are
    if length >= 4 * blocks or (length == 7 and blocks == 2):
        starts = [i * (length - 4) // max(1, blocks - 1) for i in range(blocks)]
        return tuple(
            gram for i in starts for gram in _around_one_slip(key[i : i + 4], may_drop)
        ), True
    if length >= 2 * (edits + 1):
        starts = [i * length // (edits + 1) for i in range(edits + 1)]
        return tuple(key[i : i + 2] for i in starts), True
    return (), True


def _around_one_slip(block: str, may_drop: bool) -> list[str]:
    """Grams of which four syllables with one slip hold at least one."""
    a, b, c, d = tuple(block)
    behind = block.translate(_shifted)
    grams = [a + b + c, b + c + d, a + behind[2:], a + b + behind[3], a + b + behind[2:]]
    return [*grams, a + c + d, a + b + d] if may_drop else grams
