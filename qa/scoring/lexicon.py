"""One scan of a call names the wordings that may stand in it, for all rules at once.

A ruleset holds ten thousand wordings and a call a few hundred syllables, so the question is turned
round. Each wording is filed under a few *grams* of its syllable-class keys, chosen so that every
occurrence with as many slips as it may have holds at least one of them: three neighbouring keys, or
three or four around one that may be another. A turn's grams are then looked up all together.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

from qa.scoring.grams import (
    OTHER,
    Array,
    first_sentences,
    grams_at,
    grams_of_sentences,
)
from qa.scoring.track import Track
from qa.text import FILLERS

_NO_PATTERN = -1
_SLOTS_BITS = 18
_SPREAD = 0x9E3779B97F4A7C15  # Fibonacci hashing


@dataclass(frozen=True, slots=True)
class Stretches:
    """Texts to look through together, in codes of `grams.known_code`.

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
        firsts = np.zeros(OTHER + 1, dtype=bool)
        firsts[(tables.grams & np.uint64(OTHER)).astype(np.int64)] = True
        places = firsts[padded[:size]].nonzero()[0]
        wide = padded.astype(np.uint64)
        grams = grams_at([wide[places + k] for k in range(5)])
        turns, rows = self._look_up(stretches.owners[places], grams.ravel())
        held = tables.held(turns, rows, np.arange(stretches.count + 1))
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

        tables, firsts = self._current(), first_sentences(tracks)
        sentence_of, grams = grams_of_sentences(tracks)
        sentences, rows = self._look_up(sentence_of, grams)
        edges = sentences.searchsorted(firsts[1:-1])
        held = tables.held(sentences, rows, firsts)
        return held, np.split(tables.grams[rows], edges)

    def _look_up(self, turn_of: Array, grams: Array) -> tuple[Array, Array]:
        """Find what grams are filed: their text and their row, in order, each pair once.

        Args:
            turn_of: number of each gram's text; goes round again for each shape.
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

    def held(self, sentences: Array, rows: Array, firsts: Array) -> Array:
        """Put together which patterns each turn may hold: those of which it has every part.

        The later parts of a pattern stand in the sentence in which its first part ends, so they
        must be held by one sentence; the first part may begin before it.

        Args:
            sentences, rows: grams that stand there, in order of sentences.
            firsts: the first sentence of each turn, and how many there are in all.

        Returns:
            For each turn a row of 64 patterns a word.
        """
        import numpy as np

        parts, count = len(self._anywhere), int(firsts[-1])
        found = np.repeat(self._anywhere[None], count, axis=0)
        first, sizes = self._first[rows], self._first[rows + 1] - self._first[rows]
        ends = sizes.cumsum()
        entries = np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - ends + sizes, sizes)
        if len(entries):
            cells = np.repeat(sentences * parts, sizes) + self._parts[entries]
            order = cells.argsort(kind="stable")
            cells = cells[order]
            starts = _changes(cells).nonzero()[0]
            masks = np.bitwise_or.reduceat(self._masks[entries[order]], starts, axis=0)
            found.reshape(count * parts, -1)[cells[starts]] |= masks
        begins: Array = np.bitwise_or.reduceat(found[:, 0], firsts[:-1], axis=0)
        later = np.bitwise_and.reduce(found[:, 1:], axis=1)
        return begins & np.bitwise_or.reduceat(later, firsts[:-1], axis=0)


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


def bare_keys(track: Track, start: int, end: int) -> str:
    """Keys of a stretch without the fillers between words."""
    heard, text = track.keys[start:end], track.text[start:end]
    if FILLERS.isdisjoint(text):
        return heard
    return "".join([key for key, char in zip(heard, text, strict=True) if char not in FILLERS])
