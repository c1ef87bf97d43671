"""One scan of a call names the wordings that may stand in it, for all rules at once.

A ruleset holds ten thousand wordings and a call a few hundred syllables, so the question is turned
round. Each wording is filed under a few *grams* of its syllable-class keys, chosen so that every
occurrence with as many slips as it may have holds at least one of them: three neighbouring keys, or
three or four around one that may be another. A turn's grams are then looked up all together.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from qa.scoring.syllables import FIRST_CODE
from qa.scoring.track import Track
from qa.text import FILLERS

Array = Any
"""A NumPy array; NumPy itself is loaded when something is scanned."""
_Turn = tuple[Track, int, int]
"""A stretch of a track that is one turn."""
_BITS = 9
_OTHER = (1 << _BITS) - 1
"""Stands for every class beyond the first 510: letters and characters without a reading."""
EDGE = _EDGE = _OTHER - 1
"""Stands between turns, and in no wording."""
REACH = 4
"""Codes that a gram may reach beyond its first."""
_ONE, _TWO, _THREE, _ONE_TWO, _TWO_ONE, _TWO_TWO = (shape << 4 * _BITS for shape in range(1, 7))
"""Shapes of grams: neighbours, and neighbours around one syllable that may be any."""
_SLOTS_BITS = 18
_SPREAD = 0x9E3779B97F4A7C15  # Fibonacci hashing


@dataclass(frozen=True, slots=True)
class Stretches:
    """Texts to look through together, in codes of `known_code`.

    Attributes:
        codes: each text with and without its fillers, `REACH` times `EDGE` behind each.
        owners: for each code the number of its text; less `REACH` at the end.
        count: how many texts there are.
    """

    codes: Array
    owners: Array
    count: int


class Scan:
    """What the turns of a track may hold.

    Attributes:
        patterns: for each turn numbers of patterns, as bits.
    """

    def __init__(self, patterns: list[int], grams: list[Array]) -> None:
        self.patterns = patterns
        self._grams = grams

    def grams(self, turn: int) -> set[int]:
        """Name the filed grams of a turn."""
        return set(self._grams[turn].tolist())


class Lexicon:
    """The wordings of many patterns, filed by their grams.

    Patterns are numbered through; a set of them is a row of bits, so that what a thousand grams
    name is put together at once.
    """

    def __init__(self) -> None:
        self._count = 0
        self._filed: dict[int, dict[int, int]] = {}
        self._anywhere: list[int] = []
        self._version = 0
        self._tables: _Tables | None = None

    def reserve(self, count: int) -> int:
        """Give out numbers for so many patterns, and return the first."""
        first, self._count = self._count, self._count + count
        self._anywhere = [mask | ((1 << count) - 1) << first for mask in self._anywhere]
        self._version += 1
        return first

    def know(self, grams: Iterable[int]) -> None:
        """Name these grams in scans, although no pattern depends on them."""
        for gram in grams:
            self._filed.setdefault(gram, {})
        self._version += 1

    def file(self, pattern: int, parts: Sequence[Iterable[int] | None]) -> None:
        """File a pattern under the grams of each of its parts; None for a part without any."""
        bit = 1 << pattern
        while len(self._anywhere) < len(parts):
            self._anywhere.append((1 << self._count) - 1)
        for part, grams in enumerate(parts):
            if grams is None:
                continue
            self._anywhere[part] &= ~bit
            for gram in grams:
                masks = self._filed.setdefault(gram, {})
                masks[part] = masks.get(part, 0) | bit
        self._version += 1

    def scan(self, track: Track) -> Scan:
        """Say for each turn of a track which patterns it may hold, and by which grams."""
        known: tuple[int, Scan] | None = track.memo.get(self)
        if known is None or known[0] != self._version:
            beside = track.beside() if track.beside else []
            self.scan_all(beside if track in beside else [track])
            known = track.memo[self]
        return known[1]

    def scan_all(self, tracks: Sequence[Track]) -> None:
        """Scan several tracks at once: most of a scan's cost is the same for one and for twenty."""
        turns = [(track, start, end) for track in tracks for start, end in track.turns]
        patterns, grams = self._scan(turns)
        at = 0
        for track in tracks:
            end = at + len(track.turns)
            track.memo[self] = self._version, Scan(patterns[at:end], grams[at:end])
            at = end

    def held(self, stretches: Stretches) -> list[int]:
        """Say for each stretch which patterns it may hold, as bits.

        Only places where a filed gram can begin are looked at: made for a few wordings and
        hundreds of calls.
        """
        import numpy as np

        tables, padded = self._current(), stretches.codes
        size = len(stretches.owners)
        if not size or not self._filed:
            everywhere = reduce(and_, self._anywhere, (1 << self._count) - 1)
            return [everywhere] * stretches.count
        firsts = np.zeros(_OTHER + 1, dtype=bool)
        firsts[(tables.grams & np.uint64(_OTHER)).astype(np.int64)] = True
        places = firsts[padded[:size]].nonzero()[0]
        wide = padded.astype(np.uint64)
        grams = _grams([wide[places + k] for k in range(5)])
        owners = stretches.owners[places]
        return self._find(np.tile(owners, len(grams)), grams.ravel(), stretches.count)[0]

    def _current(self) -> "_Tables":
        if self._tables is None or self._tables.version != self._version:
            self._tables = _Tables(self._version, self._count, self._filed, self._anywhere)
        return self._tables

    def _scan(self, turns: list[_Turn]) -> tuple[list[int], list[Array]]:
        import numpy as np

        count = len(turns)
        if not count or not self._filed:
            everywhere = reduce(and_, self._anywhere, (1 << self._count) - 1)
            return [everywhere] * count, [np.empty(0)] * count
        turn_of, grams = _grams_of_turns(turns)
        return self._find(turn_of, grams, count)

    def _find(self, turn_of: Array, grams: Array, count: int) -> tuple[list[int], list[Array]]:
        """Look grams up; `turn_of` goes round again for each shape."""
        import numpy as np

        tables = self._current()
        hits = tables.slots[_slots(grams)].nonzero()[0]
        grams = grams[hits]
        rows: Array = tables.grams.searchsorted(grams)
        sure = tables.grams.take(rows, mode="clip") == grams
        named: Array = turn_of[hits[sure] % len(turn_of)] * len(tables.grams) + rows[sure]
        named.sort()  # in order of turns; naming one twice does no harm
        hit_turns, rows = np.divmod(named, len(tables.grams))
        found = np.repeat(tables.anywhere[None], count, axis=0)
        edges = hit_turns.searchsorted(np.arange(count + 1))
        holding = (edges[1:] > edges[:-1]).nonzero()[0]
        if len(holding):
            masks = np.bitwise_or.reduceat(tables.masks[rows], edges[holding], axis=0)
            found[holding] |= masks
        both = np.bitwise_and.reduce(found, axis=1)
        patterns = [int.from_bytes(row.tobytes(), "little") for row in both]
        return patterns, np.split(tables.grams[rows], edges[1:-1])


class _Tables:
    """What is filed, as arrays.

    Attributes:
        grams: in rising order.
        slots: for each slot, whether a gram is filed whose slot it is.
        masks: gram × part × words of 64 patterns.
        anywhere: part × words; patterns without that part or with a wording that needs no gram.
    """

    def __init__(
        self,
        version: int,
        count: int,
        filed: Mapping[int, Mapping[int, int]],
        anywhere: Sequence[int],
    ) -> None:
        import numpy as np

        self.version = version
        self.grams = np.array(sorted(filed), dtype=np.uint64)
        self.slots = np.zeros(1 << _SLOTS_BITS, dtype=bool)
        self.slots[_slots(self.grams)] = True
        width, parts = count // 64 + 1, max(1, len(anywhere))
        self.masks = np.zeros((len(filed), parts, width), dtype="<u8")
        for row, gram in enumerate(sorted(filed)):
            for part, mask in filed[gram].items():
                self.masks[row, part] = np.frombuffer(mask.to_bytes(8 * width, "little"), "<u8")
        everywhere = [*anywhere] or [0]
        self.anywhere = np.array(
            [np.frombuffer(mask.to_bytes(8 * width, "little"), "<u8") for mask in everywhere]
        )


def _slots(grams: Array) -> Array:
    import numpy as np

    spread: Array = grams * np.uint64(_SPREAD) >> np.uint64(64 - _SLOTS_BITS)
    return spread


def _grams_of_turns(turns: list[_Turn]) -> tuple[Array, Array]:
    """Turn number of each place, and the grams there: all of one shape, then all of the next.

    Each turn stands there with and, where it has any, without its fillers. Grams at the very end
    reach beyond it, into edges, which stand in no wording.
    """
    import numpy as np

    stretches, lengths = [], []
    for track, start, end in turns:
        heard = track.keys[start:end]
        bare = bare_keys(track, start, end)
        stretch = heard + _EDGES if bare == heard else heard + _EDGES + bare + _EDGES
        stretches.append(stretch)
        lengths.append(len(stretch))
    text = "".join([*stretches, _EDGES])
    codes = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype="<u2")
    padded = np.minimum(codes.astype(np.uint64) - np.uint64(FIRST_CODE), np.uint64(_OTHER))
    size = len(padded) - len(_EDGES)
    grams = _grams([padded[k : k + size] for k in range(5)])
    return np.repeat(np.arange(len(turns)), lengths), grams.ravel()


def _grams(codes: list[Array]) -> Array:
    """Put the grams of every shape together from the codes at some places and the four after."""
    import numpy as np

    one, second, third, fourth, fifth = codes
    b = np.uint64(_BITS)
    pair = one | second << b
    grams = np.empty((6, len(one)), dtype=np.uint64)
    np.bitwise_or(one, np.uint64(_ONE), out=grams[0])
    np.bitwise_or(pair, np.uint64(_TWO), out=grams[1])
    np.bitwise_or(pair | third << b + b, np.uint64(_THREE), out=grams[2])
    np.bitwise_or(one | third << b | fourth << b + b, np.uint64(_ONE_TWO), out=grams[3])
    np.bitwise_or(pair | fourth << b + b, np.uint64(_TWO_ONE), out=grams[4])
    np.bitwise_or(pair | (fourth | fifth << b) << b + b, np.uint64(_TWO_TWO), out=grams[5])
    return grams


_EDGES = chr(FIRST_CODE + _EDGE) * 4


def bare_keys(track: Track, start: int, end: int) -> str:
    """Keys of a stretch without the fillers between words."""
    heard, text = track.keys[start:end], track.text[start:end]
    if FILLERS.isdisjoint(text):
        return heard
    return "".join([key for key, char in zip(heard, text, strict=True) if char not in FILLERS])


def _gram(shape: int, codes: str) -> int:
    gram = shape
    for place, code in enumerate(codes):
        gram |= known_code(code) << place * _BITS
    return gram


def known_code(key: str) -> int:
    """Return the number that stands for a syllable class in grams."""
    number = ord(key) - FIRST_CODE
    return number if number < _EDGE else _OTHER


def _neighbours(codes: str) -> int:
    return _gram((_ONE, _TWO, _THREE)[len(codes) - 1], codes)


def grams_of(key: str, edits: int, *, may_drop: bool) -> tuple[tuple[int, ...], bool]:
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
        places = range(length - size + 1) if size else ()
        return tuple(_neighbours(key[i : i + size]) for i in places), False
    if length >= 3 * (edits + 1):
        starts = [i * length // (edits + 1) for i in range(edits + 1)]
        return tuple(_neighbours(key[i : i + 3]) for i in starts), True
    blocks = edits // 2 + 1  # two slips to a block would need one more than there are
    if length >= 4 * blocks or (length == 7 and blocks == 2):
        starts = [i * (length - 4) // max(1, blocks - 1) for i in range(blocks)]
        return tuple(
            gram for i in starts for gram in _around_one_slip(key[i : i + 4], may_drop)
        ), True
    if length >= 2 * (edits + 1):
        starts = [i * length // (edits + 1) for i in range(edits + 1)]
        return tuple(_neighbours(key[i : i + 2]) for i in starts), True
    return (), True


def _around_one_slip(block: str, may_drop: bool) -> list[int]:
    """Grams of which four syllables with one slip hold at least one."""
    a, b, c, d = tuple(block)
    grams = [
        _neighbours(a + b + c),
        _neighbours(b + c + d),
        _gram(_ONE_TWO, a + c + d),
        _gram(_TWO_ONE, a + b + d),
        _gram(_TWO_TWO, block),
    ]
    return [*grams, _neighbours(a + c + d), _neighbours(a + b + d)] if may_drop else grams
