"""One scan of a call names the wordings that may stand in it, for all rules at once.

A ruleset holds ten thousand wordings and a call a few hundred syllables, so the question is turned
round. Each wording is filed under a few *grams* of its syllable-class keys, chosen so that every
occurrence with as many slips as it may have holds at least one of them: three neighbouring keys, or
three or four around one that may be another. A turn's grams are then looked up all together.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import and_
from typing import Any

from qa.scoring.syllables import FIRST_CODE
from qa.scoring.track import Track
from qa.text import FILLERS

Array = Any
"""A NumPy array; NumPy itself is loaded when something is scanned."""
_BITS = 9
_OTHER = (1 << _BITS) - 1
"""Stands for every class beyond the first 510: letters and characters without a reading."""
EDGE = _EDGE = _OTHER - 1
"""Stands between turns, and in no wording."""
REACH = 4
"""Codes that a gram may reach beyond its first."""
_ONE, _TWO, _THREE, _ONE_TWO, _TWO_ONE, _TWO_TWO = (shape << 4 * _BITS for shape in range(1, 7))
"""Shapes of grams: neighbours, and neighbours around one syllable that may be any."""
_NO_PATTERN = -1
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
        named: number of pattern and of turn for each pattern that a turn may hold, in order.
    """

    def __init__(self, named: list[tuple[int, int]], grams: list[Array]) -> None:
        self.named = named
        self._grams = grams

    def grams(self, turn: int) -> set[int]:
        """Name the filed grams of a turn."""
        return set(self._grams[turn].tolist())

    def of(self, first: int, last: int) -> list[tuple[int, int]]:
        """Return what is named of the patterns `[first, last)`."""
        at = bisect_left(self.named, (first, 0))
        return self.named[at : bisect_left(self.named, (last, 0), at)]


class Lexicon:
    """The wordings of many patterns, filed by their grams.

    Patterns are numbered through; a set of them is a row of bits, so that what a thousand grams
    name is put together at once.
    """

    def __init__(self) -> None:
        self._count = 0
        self._fresh: list[tuple[int, int, int]] = []
        self._laid: Array = None  # the same entries as rows, once they were looked through
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
        self._fresh += [(gram, 0, _NO_PATTERN) for gram in grams]
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
            self._fresh += [(gram, part, pattern) for gram in grams]
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
        import numpy as np

        held, grams = self._scan(tracks)
        counts = [len(track.turns) for track in tracks]
        turns, patterns = _bits(held)
        owners = np.repeat(np.arange(len(tracks)), counts)[turns]
        order = np.lexsort((turns, patterns, owners))
        edges = [0, *np.bincount(owners, minlength=len(tracks)).cumsum().tolist()]
        patterns, turns = patterns[order].tolist(), turns[order].tolist()
        first = 0
        for track, count, left, right in zip(tracks, counts, edges, edges[1:], strict=False):
            its = [turn - first for turn in turns[left:right]]
            named = list(zip(patterns[left:right], its, strict=True))
            track.memo[self] = self._version, Scan(named, grams[first : first + count])
            first += count

    def held(self, stretches: Stretches) -> list[int]:
        """Say for each stretch which patterns it may hold, as bits.

        Only places where a filed gram can begin are looked at: made for a few wordings and
        hundreds of calls.
        """
        import numpy as np

        tables, padded = self._current(), stretches.codes
        size = len(stretches.owners)
        if not size or not len(tables.grams):
            everywhere = reduce(and_, self._anywhere, (1 << self._count) - 1)
            return [everywhere] * stretches.count
        firsts = np.zeros(_OTHER + 1, dtype=bool)
        firsts[(tables.grams & np.uint64(_OTHER)).astype(np.int64)] = True
        places = firsts[padded[:size]].nonzero()[0]
        wide = padded.astype(np.uint64)
        grams = _grams([wide[places + k] for k in range(5)])
        turns, rows = self._look_up(stretches.owners[places], grams.ravel())
        held = tables.held(turns, rows, stretches.count)
        return [int.from_bytes(row.tobytes(), "little") for row in held]

    def _current(self) -> "_Tables":
        if self._tables is None or self._tables.version != self._version:
            self._tables = self._laid_out()
        return self._tables

    def _laid_out(self) -> "_Tables":
        """Lay out what is filed; quick, because the indexes of a ruleset come one by one."""
        import numpy as np

        fresh = np.array(self._fresh, dtype=np.int64).reshape(-1, 3)
        self._laid = fresh if self._laid is None else np.concatenate([self._laid, fresh])
        self._fresh = []
        return _Tables(self._version, self._count, self._laid, self._anywhere)

    def _scan(self, tracks: Sequence[Track]) -> tuple[Array, list[Array]]:
        """Say what the turns of all tracks hold: patterns as bits, and their filed grams."""
        import numpy as np

        tables, count = self._current(), sum(len(track.turns) for track in tracks)
        turn_of, grams = _grams_of_turns(tracks)
        turns, rows = self._look_up(turn_of, grams)
        edges = turns.searchsorted(np.arange(1, count))
        return tables.held(turns, rows, count), np.split(tables.grams[rows], edges)

    def _look_up(self, turn_of: Array, grams: Array) -> tuple[Array, Array]:
        """Find what grams are filed: their turn and their row, in order, each pair once.

        Args:
            turn_of: goes round again for each shape.
        """
        import numpy as np

        tables = self._current()
        hits = tables.slots[_slots(grams)].nonzero()[0]
        grams = grams[hits]
        rows: Array = tables.grams.searchsorted(grams)
        sure = tables.grams.take(rows, mode="clip") == grams
        named: Array = turn_of[hits[sure] % len(turn_of)] * len(tables.grams) + rows[sure]
        named.sort()
        named = named[_changes(named)]
        turns, rows = np.divmod(named, max(1, len(tables.grams)))
        return turns, rows


class _Tables:
    """What is filed, as arrays.

    Attributes:
        grams: in rising order.
        slots: for each slot, whether a gram is filed whose slot it is.
    """

    def __init__(self, version: int, count: int, filed: Array, anywhere: Sequence[int]) -> None:
        import numpy as np

        self.version = version
        words = count // 64 + 1
        grams, parts, patterns = filed[np.lexsort((filed[:, 1], filed[:, 0]))].T
        # An entry is a gram and a part of patterns: which patterns, as a row of 64 a word.
        begins = _changes(grams) | _changes(parts)
        entry_of = begins.cumsum() - 1
        self._parts = parts[begins]
        self._masks = np.zeros((len(self._parts), words), dtype="<u8")
        named = patterns != _NO_PATTERN
        cells = entry_of[named], patterns[named] // 64
        bits = np.uint64(1) << (patterns[named] % 64).astype(np.uint64)
        np.bitwise_or.at(self._masks, cells, bits)
        firsts = _changes(grams[begins]).nonzero()[0]
        self.grams = grams[begins][firsts].astype(np.uint64)
        self._first = np.append(firsts, len(self._parts))  # entries of each gram
        self.slots = np.zeros(1 << _SLOTS_BITS, dtype=bool)
        self.slots[_slots(self.grams)] = True
        # Part × words; patterns without that part or with a wording that needs no gram.
        everywhere = [*anywhere] or [(1 << count) - 1]
        raw = b"".join([mask.to_bytes(8 * words, "little") for mask in everywhere])
        self._anywhere = np.frombuffer(raw, "<u8").reshape(-1, words)

    def held(self, turns: Array, rows: Array, count: int) -> Array:
        """Put together which patterns each turn may hold: those of which it has every part.

        Args:
            turns, rows: grams that stand there, in order of turns.

        Returns:
            For each turn a row of 64 patterns a word.
        """
        import numpy as np

        parts = len(self._anywhere)
        found = np.repeat(self._anywhere[None], count, axis=0)
        first, sizes = self._first[rows], self._first[rows + 1] - self._first[rows]
        ends = sizes.cumsum()
        entries = np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - ends + sizes, sizes)
        if len(entries):
            cells = np.repeat(turns * parts, sizes) + self._parts[entries]
            order = cells.argsort(kind="stable")
            cells = cells[order]
            starts = _changes(cells).nonzero()[0]
            masks = np.bitwise_or.reduceat(self._masks[entries[order]], starts, axis=0)
            found.reshape(count * parts, -1)[cells[starts]] |= masks
        held: Array = np.bitwise_and.reduce(found, axis=1)
        return held


def _changes(values: Array) -> Array:
    """Whether each value is another than the one before; the first one is."""
    import numpy as np

    changes = np.ones(len(values), dtype=bool)
    changes[1:] = values[1:] != values[:-1]
    return changes


def _bits(words: Array) -> tuple[Array, Array]:
    """Take rows of words apart: row and number of each pattern that is named."""
    import numpy as np

    rows, columns = words.nonzero()  # hardly a word names anything
    octets = words[rows, columns].view(np.uint8).reshape(-1, 8)
    which, bit = np.unpackbits(octets, axis=1, bitorder="little").nonzero()
    return rows[which], columns[which] * 64 + bit


def _slots(grams: Array) -> Array:
    import numpy as np

    spread: Array = grams * np.uint64(_SPREAD) >> np.uint64(64 - _SLOTS_BITS)
    return spread


def _grams_of_turns(tracks: Sequence[Track]) -> tuple[Array, Array]:
    """Turn number of each place, and the grams there: all of one shape, then all of the next.

    Each turn stands there with and, where it has any, without its fillers. Grams at the very end
    reach beyond it, into edges, which stand in no wording.
    """
    import numpy as np

    lengths = [end - start for track in tracks for start, end in track.turns]
    count = len(lengths)
    turn_of = np.repeat(np.arange(count), lengths)
    codes = _table_of_codes()[_units([track.keys for track in tracks])]
    filler = _table_of_fillers()[_units([track.text for track in tracks])]
    bare = ~filler & (np.bincount(turn_of[filler], minlength=count) > 0)[turn_of]
    laid = np.concatenate([codes, codes[bare]])
    owners = np.concatenate([turn_of, turn_of[bare] + count])
    widths = np.bincount(owners, minlength=2 * count) + REACH
    padded = np.full(int(widths.sum()) + REACH, EDGE, dtype=np.uint64)
    padded[np.arange(len(laid)) + owners * REACH] = laid
    size = len(padded) - REACH
    grams = _grams([padded[k : k + size] for k in range(5)])
    return np.repeat(np.tile(np.arange(count), 2), widths), grams.ravel()


def _units(texts: Sequence[str]) -> Array:
    """Texts joined, as numbers of 16 bits; folded text and keys hold nothing beyond."""
    import numpy as np

    return np.frombuffer("".join(texts).encode("utf-16-le", "surrogatepass"), dtype="<u2")


@cache
def _table_of_codes() -> Array:
    """Code of each key, as `known_code` gives it."""
    import numpy as np

    table = np.full(1 << 16, _OTHER, dtype=np.uint64)
    table[FIRST_CODE : FIRST_CODE + _EDGE] = np.arange(_EDGE)
    return table


@cache
def _table_of_fillers() -> Array:
    import numpy as np

    table = np.zeros(1 << 16, dtype=bool)
    table[[ord(filler) for filler in FILLERS]] = True
    return table


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
    # Seven syllables are two blocks that share one: two slips leave one of them with one at most.
    if length >= 4 * blocks or (length == 7 and edits == 2):
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
