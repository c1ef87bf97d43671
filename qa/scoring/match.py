"""Find a phrase in what one role said, by sound, and say how close it came.

A phrase is aligned syllable by syllable with the costs of `syllables.substitution_cost`, so that a
confusable syllable costs little and a filler between two words next to nothing. `nominate` is the
quick look (RapidFuzz over syllable-class keys, microseconds) that comes before.
"""

from functools import lru_cache
from operator import eq

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
MAX_PLACES = 3
"""Nominated places that are aligned before a search gives up: places that are alike by class need
not be alike by cost, so the first one may hide a better one."""


@lru_cache(maxsize=20_000)  # phrases come back with every call; calls' own texts stay out of it
def _phrase_key(phrase: str) -> tuple[str, frozenset[str]]:
    key = keys(phrase)
    return key, key_pairs(key)


@lru_cache(maxsize=20_000)
def _phrase_sounds(phrase: str) -> tuple[str, tuple[CostRow, ...]]:
    """Sound of a phrase, and for each syllable what hearing another one costs."""
    codes = sounds(phrase)
    return codes, tuple(map(cost_row, codes))


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
    if (1 - floor) * len(phrase) < NEAR_COST - 1e-9 and (
        track.keys.find(_phrase_key(phrase)[0], start, end) < 0
    ):
        return None  # no syllable of another class has room: most searches end here
    at = track.text.find(phrase, start, end)
    if at >= 0:
        return Hit(at, at + len(phrase), 1.0, 1.0)
    hit = _same_sound(phrase, track, start, end)
    if hit is not None:
        return hit
    missing = len(phrase) - (end - start)
    if floor >= 1.0 or missing * MISSING_COST > (1 - floor) * len(phrase):
        return None
    if len(phrase) == 1 and floor > 1 - CONFUSED_COST:
        return None  # one syllable is too little to stand for another character
    for _ in range(MAX_PLACES):
        place = nominate(phrase, track, start, end, min_similarity=floor)
        if place is None or _least_price(phrase, track, start, end) > _budget(phrase, floor):
            break
        hit = align(phrase, track, *place)
        if hit.similarity >= floor:
            return hit
        start = hit.start + 1
        if start >= end:
            break
    return None


def _same_sound(phrase: str, track: Track, start: int, end: int) -> Hit | None:
    """Where the very syllables of a phrase stand; most equal characters first, then the earliest.

    One syllable alone counts as well: its price is nothing.
    """
    codes = _phrase_sounds(phrase)[0]
    best: Hit | None = None
    at = track.sounds.find(codes, start, end)
    while at >= 0:
        stop = at + len(phrase)
        same = sum(map(eq, phrase, track.text[at:stop])) / len(phrase)
        if best is None or same > best.same_chars:
            best = Hit(at, stop, 1.0, same)
        at = track.sounds.find(codes, at + 1, end)
    return best


def _budget(phrase: str, floor: float) -> float:
    """Return what a place of at least this similarity may cost, in hundredths."""
    return (1 - floor) * 100 * len(phrase) + 1e-6


def _least_price(phrase: str, track: Track, start: int, end: int) -> int:
    """Sum up what a phrase costs at least in a range: each syllable by the one nearest to it."""
    heard = set(track.sounds[start:end])
    return sum(
        [min(_MISSING_PRICE, min(map(row.__getitem__, heard))) for row in _phrase_sounds(phrase)[1]]
    )


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
    key, pairs = _phrase_key(phrase)
    if len(pairs - track.pairs) > 2 * edits:
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
    """Align a phrase to the cheapest stretch of `[start, end)` (semi-global edit distance)."""
    rows = _phrase_sounds(phrase)[1]
    heard, text = track.sounds[start:end], track.text[start:end]
    extras = [_FILLER_PRICE if char in FILLERS else _EXTRA_PRICE for char in text]
    costs, sames = [0] * (len(text) + 1), [0] * (len(text) + 1)
    origins = list(range(start, end + 1))
    last = len(rows) - 1
    for i, row in enumerate(rows):
        costs, origins, sames = _next_row(
            (costs, origins, sames),
            row,
            heard,
            [phrase[i] == char for char in text],
            extras if i < last else None,
        )
    at = min(range(len(costs)), key=lambda k: (costs[k], -sames[k], k))
    length = len(rows)
    similarity = max(0.0, 1 - costs[at] / (100 * length))
    return Hit(origins[at], start + at, similarity, sames[at] / length)


_Row = tuple[list[int], list[int], list[int]]


def _next_row(
    previous: _Row, prices: CostRow, heard: str, same: list[bool], extras: list[int] | None
) -> _Row:
    """One more syllable of the phrase: cheapest cost up to each position, its start, equal chars.

    Among equals a substitution is preferred to a missing syllable, and that to an extra one; after
    the last syllable nothing extra belongs to the phrase.
    """
    above, above_from, above_same = previous
    cost, origin, count = above[0] + _MISSING_PRICE, above_from[0], 0
    costs, origins, counts = [cost], [origin], [count]
    for j, code in enumerate(heard):
        here, here_from, here_same = above[j] + prices[code], above_from[j], above_same[j] + same[j]
        k = j + 1
        if above[k] + _MISSING_PRICE < here:
            here, here_from, here_same = above[k] + _MISSING_PRICE, above_from[k], above_same[k]
        if extras is None or cost + extras[j] >= here:
            cost, origin, count = here, here_from, here_same
        else:
            cost += extras[j]
        costs.append(cost)
        origins.append(origin)
        counts.append(count)
    return costs, origins, counts
