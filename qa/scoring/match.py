"""Find a phrase in what one role said, by sound, and say how close it came.

A phrase is aligned syllable by syllable with the costs of `syllables.substitution_cost`, so that a
confusable syllable costs little and a filler between two words next to nothing. `nominate` is the
quick look (RapidFuzz over syllable-class keys, microseconds) that comes before.
"""

from functools import cache, lru_cache
from operator import add, eq

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from qa.scoring.syllables import (
    CONFUSED_COST,
    NEAR_COST,
    CostRow,
    cost_row,
    keys,
    sounds,
)
from qa.scoring.track import Hit, Track, key_pairs
from qa.text import FILLERS

MISSING_COST = 1.0
"""An expected syllable that was not heard."""
EXTRA_COST = 0.6
"""A syllable heard in the middle of a phrase that does not belong to it."""
FILLER_COST = 0.1
"""The same for a filler (嗯, 啊, 那个 as 嗯)."""
_MISSING_PRICE, _EXTRA_PRICE, _FILLER_PRICE = (
    round(100 * cost) for cost in (MISSING_COST, EXTRA_COST, FILLER_COST)
)
MARGIN = 3
"""Syllables aligned beyond the nominated place: fillers inside the phrase push its ends apart."""
_PAIRED = 64
"""Syllables up to which a range is looked through pair by pair before a phrase is aligned there."""
MAX_PLACES = 3
"""Nominated places that are aligned before a search gives up: places that are alike by class need
not be alike by cost, so the first one may hide a better one."""


class _Phrase:
    """A phrase made ready for matching.

    Attributes:
        key, pairs: syllable-class keys, and the pairs of neighbours among them.
        codes: codes of its syllables; `rows` says for each what hearing another one costs, and
            `steps` the same as it stands in a narrow cell.
    """

    __slots__ = ("codes", "key", "pairs", "rows", "steps")

    def __init__(self, phrase: str) -> None:
        self.key = keys(phrase)
        self.pairs = key_pairs(self.key)
        self.codes = sounds(phrase)
        self.rows: tuple[CostRow, ...] = tuple(map(cost_row, self.codes))
        self.steps = tuple(map(_steps, self.codes))


@lru_cache(maxsize=20_000)  # phrases come back with every call; calls' own texts stay out of it
def _ready(phrase: str) -> _Phrase:
    return _Phrase(phrase)


def without_fillers(text: str) -> str:
    """Leave out what people utter between words; takes folded text."""
    return "".join(c for c in text if c not in FILLERS)


def edit_similarity(left: str, right: str) -> float:
    """Compare two strings, such as syllable-class keys: 1 − edits over the longer one's length."""
    return Levenshtein.normalized_similarity(left, right)


def slips(expected: str, track: Track, start: int, end: int) -> list[tuple[str, int]]:
    """Pair the characters of a phrase with those heard in their place, where the two differ.

    Args:
        expected: folded text.

    Returns:
        Expected character and position of the one heard, in order; left-out ones have none.
    """
    heard = track.text[start:end]
    if len(heard) == len(expected):
        pairs = list(zip(expected, range(start, end), strict=True))
    else:
        pairs = [
            (expected[i], start + j)
            for op in Levenshtein.opcodes(keys(expected), track.keys[start:end])
            if op.tag in ("equal", "replace")
            for i, j in zip(
                range(op.src_start, op.src_end), range(op.dest_start, op.dest_end), strict=True
            )
        ]
    return [(char, position) for char, position in pairs if track.text[position] != char]


def allowed_edits(length: int, min_similarity: float) -> int:
    """How many syllables of a phrase may be of another class before it falls below a likeness."""
    return int((1 - min_similarity) * length / NEAR_COST + 1e-9)


def best_hit(phrase: str, track: Track, start: int, end: int, *, floor: float = 0.5) -> Hit | None:
    """Where in a range a phrase comes closest.

    Args:
        phrase: folded text.
        start, end: positions in the track's text.
        floor: 0–1; a place less alike than this is none.

    Returns:
        The closest place, the earliest among equals; None when the range has none.
    """
    if start >= end or not phrase:
        return None
    ready, length = _ready(phrase), len(phrase)
    if (1 - floor) * length < NEAR_COST - 1e-9 and track.keys.find(ready.key, start, end) < 0:
        return None  # no syllable of another class has room: most searches end here
    at = track.sounds.find(ready.codes, start, end)
    if at >= 0:
        return _same_sound(phrase, track, at, end)
    missing = length - (end - start)
    if floor >= 1.0 or missing * MISSING_COST > (1 - floor) * length:
        return None
    if length == 1 and floor > 1 - CONFUSED_COST:
        return None  # one syllable is too little to stand for another character
    for _ in range(MAX_PLACES):
        place = nominate(phrase, track, start, end, min_similarity=floor)
        if place is None or not _has_room(ready, track, start, end, _budget(phrase, floor)):
            break
        hit = align(phrase, track, *place)
        if hit.similarity >= floor:
            return hit
        start = hit.start + 1
        if start >= end:
            break
    return None


def _same_sound(phrase: str, track: Track, at: int, end: int) -> Hit:
    """Where the very syllables of a phrase stand; most equal characters first, then the earliest.

    One syllable alone counts as well: its price is nothing.

    Args:
        at: the first such place.
    """
    text, length = track.text, len(phrase)
    exact = text.find(phrase, at, end)
    if exact >= 0:
        return Hit(exact, exact + length, 1.0, 1.0)
    codes, all_sounds = _ready(phrase).codes, track.sounds
    best, most = at, -1
    while at >= 0:
        same = sum(map(eq, phrase, text[at : at + length]))
        if same > most:
            best, most = at, same
        at = all_sounds.find(codes, at + 1, end)
    return Hit(best, best + length, 1.0, most / length)


def _budget(phrase: str, floor: float) -> float:
    """Return what a place of at least this similarity may cost, in hundredths."""
    return (1 - floor) * 100 * len(phrase) + 1e-6


class _Range:
    """A range of a track, and what syllables cost there at least.

    Attributes:
        apart: what each syllable costs that stands between the two of a pair.
    """

    __slots__ = ("_at", "_distinct", "_heard", "_least", "_pairs", "apart")

    def __init__(self, track: Track, start: int, end: int) -> None:
        self._heard = track.sounds[start:end]
        self._distinct = set(self._heard)
        bare = FILLERS.isdisjoint(track.text[start:end])
        self.apart = _EXTRA_PRICE if bare else _FILLER_PRICE
        self._least: dict[str, int] = {}
        self._at: dict[str, list[int]] = {}
        self._pairs: dict[str, int] = {}

    def has_room(self, ready: _Phrase, budget: float) -> bool:
        """Whether a phrase may cost no more than this here; False is certain.

        No alignment is cheaper than its syllables one by one, nor than its pairs of neighbours:
        both stand side by side, or with one between them, or with several, or one is missing.
        """
        lows = [self._low(code, row) for code, row in zip(ready.codes, ready.rows, strict=True)]
        if sum(lows) > budget:
            return False
        if len(self._heard) > _PAIRED:
            return True
        before, least = 0, lows[0]  # of the phrase up to the syllable before, and up to this one
        for i in range(1, len(lows)):
            pair = before + self._pair(ready, i - 1)
            before, least = least, max(least + lows[i], pair)
        return least <= budget

    def _low(self, code: str, row: CostRow) -> int:
        """Return what one syllable costs at least."""
        low = self._least.get(code)
        if low is None:
            near = 0 if code in self._distinct else min(map(row.__getitem__, self._distinct))
            low = self._least[code] = min(_MISSING_PRICE, near)
        return low

    def _pair(self, ready: _Phrase, i: int) -> int:
        """Return what a syllable and the one after it cost at least."""
        codes = ready.codes[i : i + 2]
        pair = self._pairs.get(codes)
        if pair is None:
            left, right = self._prices(ready, i), self._prices(ready, i + 1)
            one, other = self._least[codes[0]], self._least[codes[1]]
            pair = min(
                min(map(add, left, right[1:]), default=2 * _MISSING_PRICE),
                min(map(add, left, right[2:]), default=2 * _MISSING_PRICE) + self.apart,
                one + other + 2 * self.apart,
                _MISSING_PRICE + min(one, other),
            )
            self._pairs[codes] = pair
        return pair

    def _prices(self, ready: _Phrase, i: int) -> list[int]:
        """Return what a syllable costs at each position."""
        code = ready.codes[i]
        prices = self._at.get(code)
        if prices is None:
            prices = self._at[code] = list(map(ready.rows[i].__getitem__, self._heard))
        return prices


def _has_room(ready: _Phrase, track: Track, start: int, end: int, budget: float) -> bool:
    """Whether a phrase may come near enough somewhere in a range; False is certain."""
    name = (_Range, start, end)
    known: _Range | None = track.memo.get(name)
    if known is None:
        known = track.memo[name] = _Range(track, start, end)
    return known.has_room(ready, budget)


def nominate(
    phrase: str, track: Track, start: int, end: int, *, min_similarity: float
) -> tuple[int, int] | None:
    """Where in a range a phrase may be: a quick look that leaves little to `align`.

    Confusable syllables share a key, so what remains of the cost that `min_similarity` allows buys
    only so many other edits; RapidFuzz then looks for the place with the fewest.

    Args:
        phrase: folded text.
        min_similarity: 0–1, what `align` would have to reach.

    Returns:
        Positions with some syllables to spare on both sides; None when nothing is near enough.
    """
    length = len(phrase)
    edits = allowed_edits(length, min_similarity)
    # An edit breaks two neighbouring pairs of keys at most; the rest must stand somewhere.
    ready = _ready(phrase)
    key = ready.key
    lacking = track.lacking.get(phrase)
    if lacking is None:
        lacking = track.lacking[phrase] = len(ready.pairs - track.pairs)
    if lacking > 2 * edits:
        return None
    if not edits and length < end - start:
        at = track.keys.find(key, start, end)
        return None if at < 0 else (max(start, at - MARGIN), min(end, at + length + MARGIN))
    cutoff = max(0.0, 100.0 * (1 - edits / length))
    place = fuzz.partial_ratio_alignment(key, track.keys[start:end], score_cutoff=cutoff)
    if place is None:
        return None
    if length >= end - start:
        return start, end
    slack = MARGIN + edits
    return max(start, start + place.dest_start - slack), min(end, start + place.dest_end + slack)


def align(phrase: str, track: Track, start: int, end: int) -> Hit:
    """Align a phrase to the cheapest stretch of `[start, end)` (semi-global edit distance).

    Each cell is one number: its cost, then where its stretch begins, then how many characters are
    equal. Among equal costs a substitution is preferred to a missing syllable, and that to an extra
    one, so the latter two carry a bit below the cost while they are compared.
    """
    ready = _ready(phrase)
    heard, text = track.sounds[start:end], track.text[start:end]
    narrow = max(len(text), len(phrase)) < _NARROW.size
    layout = _NARROW if narrow else _WIDE
    extras = [layout.filler if char in FILLERS else layout.extra for char in text]
    cells = list(range(0, (len(text) + 1) << layout.origin, 1 << layout.origin))
    last, shift = len(phrase) - 1, layout.cost
    for i, wanted in enumerate(phrase):
        if narrow:
            steps = list(map(ready.steps[i].__getitem__, heard))
        else:
            steps = [cost << shift for cost in map(ready.rows[i].__getitem__, heard)]
        at = text.find(wanted)
        while at >= 0:
            steps[at] += 1
            at = text.find(wanted, at + 1)
        step = _next_row if i < last else _last_row
        cells = step(cells, steps, extras, layout)
    # The cheapest; then the most equal characters; then the earliest.
    least, same = min(cells) >> shift, (1 << layout.origin) - 1
    cell = max([cell for cell in cells if cell >> shift == least], key=same.__and__)
    at, length = cells.index(cell), len(phrase)
    origin = (cell >> layout.origin) & same
    similarity = max(0.0, 1 - least / (100 * length))
    return Hit(start + origin, start + at, similarity, (cell & same) / length)


class _Layout:
    """Where in a cell stands what: equal characters below, then the origin, a bit, the cost.

    Args:
        bits: of the equal characters, and of the origin.
    """

    __slots__ = ("cost", "extra", "filler", "missing", "origin", "second", "size")

    def __init__(self, bits: int) -> None:
        self.origin, self.cost, self.size = bits, 2 * bits + 1, 1 << bits
        self.second = 1 << 2 * bits
        self.missing, self.extra, self.filler = (
            (price << self.cost) + self.second
            for price in (_MISSING_PRICE, _EXTRA_PRICE, _FILLER_PRICE)
        )


_NARROW, _WIDE = _Layout(6), _Layout(20)
"""Nearly every cell has room in 30 bits, which is what Python reckons with quickest."""


class _Steps(dict[str, int]):
    """What hearing each syllable for one expected syllable adds to a narrow cell; fills itself.

    Only what is aligned gets here, a small part of the pairs that have a price; the few numbers
    that occur are kept once.
    """

    def __init__(self, expected: str) -> None:
        super().__init__()
        self._row = cost_row(expected)

    def __missing__(self, heard: str) -> int:
        step = self[heard] = _narrow_step(self._row[heard])
        return step


@cache
def _narrow_step(cost: int) -> int:
    return cost << _NARROW.cost


@cache
def _steps(expected: str) -> _Steps:
    return _Steps(expected)


def _next_row(cells: list[int], steps: list[int], extras: list[int], layout: _Layout) -> list[int]:
    """One more syllable of the phrase: the best up to each position."""
    missing, second = layout.missing, layout.second
    cell = cells[0] + missing - second
    row = [cell]
    # This is the innermost loop of all.
    for step, extra, here, gone in zip(steps, extras, cells, cells[1:], strict=False):
        here += step
        gone += missing
        if gone < here:
            here = gone - second
        cell += extra
        if cell < here:
            cell -= second
        else:
            cell = here
        row.append(cell)
    return row


def _last_row(cells: list[int], steps: list[int], _: list[int], layout: _Layout) -> list[int]:
    """Do the same for the last syllable: nothing extra belongs to the phrase after it."""
    missing, second = layout.missing, layout.second
    row = [cells[0] + missing - second]
    for step, here, gone in zip(steps, cells, cells[1:], strict=False):
        here += step
        gone += missing
        row.append(gone - second if gone < here else here)
    return row
