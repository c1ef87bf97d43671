"""Grams: what wordings are filed under, and what stands in the sentences of calls.

A gram is a few neighbouring syllable-class keys, or a few around one that may be any, written as
one number.
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from qa.scoring.syllables import FIRST_CODE
from qa.scoring.track import Track
from qa.text import FILLERS

Array = Any
"""A NumPy array; NumPy itself is loaded when something is scanned."""
_BITS = 9
OTHER = (1 << _BITS) - 1
"""Stands for every class beyond the first 510: letters and characters without a reading."""
EDGE = OTHER - 1
"""Stands between turns, and in no wording."""
REACH = 4
"""Codes that a gram may reach beyond its first."""
_ONE, _TWO, _THREE, _ONE_TWO, _TWO_ONE, _TWO_TWO = (shape << 4 * _BITS for shape in range(1, 7))
"""Shapes of grams: neighbours, and neighbours around one syllable that may be any."""


def _sentences(track: Track) -> list[int]:
    """Where the sentences of a track begin, and where the last one ends."""
    return [*track.stops, len(track.text)] if track.text else [0]


def first_sentences(tracks: Sequence[Track]) -> Array:
    """Say which sentence of all is the first of each turn, and how many there are."""
    import numpy as np

    firsts, before = [], 0
    for track in tracks:
        edges = _sentences(track)
        firsts += [before + bisect_left(edges, start) for start, _ in track.turns]
        before += len(edges) - 1
    return np.array([*firsts, before], dtype=np.int64)


def grams_of_sentences(tracks: Sequence[Track]) -> tuple[Array, Array]:
    """Sentence number of each place, and the grams there: all of one shape, then all of the next.

    Each turn stands there with and, where it has any, without its fillers. A gram is of the
    sentence in which it begins. Those at the very end of a turn reach beyond it, into edges, which
    stand in no wording.
    """
    import numpy as np

    lengths = [end - start for track in tracks for start, end in track.turns]
    count = len(lengths)
    turn_of = np.repeat(np.arange(count), lengths)
    sizes = [b - a for track in tracks for a, b in pairwise(_sentences(track))]
    sentence_of = np.repeat(np.arange(len(sizes)), sizes)
    codes = _table_of_codes()[_units([track.keys for track in tracks])]
    filler = _table_of_fillers()[_units([track.text for track in tracks])]
    bare = ~filler & (np.bincount(turn_of[filler], minlength=count) > 0)[turn_of]
    laid = np.concatenate([codes, codes[bare]])
    owners = np.concatenate([turn_of, turn_of[bare] + count])
    size = len(laid) + 2 * count * REACH
    padded = np.full(size + REACH, EDGE, dtype=np.uint64)
    places = np.arange(len(laid)) + owners * REACH
    padded[places] = laid
    begun = np.zeros(size, dtype=np.int64)  # no gram begins with an edge
    begun[places] = np.concatenate([sentence_of, sentence_of[bare]])
    return begun, grams_at([padded[k : k + size] for k in range(5)]).ravel()


def _units(texts: Sequence[str]) -> Array:
    """Texts joined, as numbers of 16 bits; folded text and keys hold nothing beyond."""
    import numpy as np

    return np.frombuffer("".join(texts).encode("utf-16-le", "surrogatepass"), dtype="<u2")


@cache
def _table_of_codes() -> Array:
    """Code of each key, as `known_code` gives it."""
    import numpy as np

    table = np.full(1 << 16, OTHER, dtype=np.uint64)
    table[FIRST_CODE : FIRST_CODE + EDGE] = np.arange(EDGE)
    return table


@cache
def _table_of_fillers() -> Array:
    import numpy as np

    table = np.zeros(1 << 16, dtype=bool)
    table[[ord(filler) for filler in FILLERS]] = True
    return table


def grams_at(codes: list[Array]) -> Array:
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


def _gram(shape: int, codes: str) -> int:
    gram = shape
    for place, code in enumerate(codes):
        gram |= known_code(code) << place * _BITS
    return gram


def known_code(key: str) -> int:
    """Return the number that stands for a syllable class in grams."""
    number = ord(key) - FIRST_CODE
    return number if number < EDGE else OTHER


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
