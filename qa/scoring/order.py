"""Whether the parts of a pattern can follow one another in a turn: a look before the search.

Most patterns in parts (保证…修好) whose parts all stand in a turn do not stand there themselves:
the parts come in another order, too far apart, or in two sentences. Where they leave room for no
syllable of another class, positions alone tell so.
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache

from qa.scoring.grammar import CLOSE_REACH, MAX_GAP, Pattern
from qa.scoring.syllables import keys
from qa.scoring.track import Track
from qa.text import FILLERS

Place = tuple[int, int]
"""Where a wording begins and ends, in positions of a track's text."""


@cache
def stands_out(text: str) -> bool:
    """Whether no syllable of a wording can be taken for a filler by its class."""
    return _filler_keys().isdisjoint(keys(text))


@cache
def _filler_keys() -> frozenset[str]:
    return frozenset(map(keys, FILLERS))


class Turn:
    """A turn, and where syllables stand in it."""

    def __init__(self, track: Track, start: int, end: int) -> None:
        self._track, self._start, self._end = track, start, end
        self._bare, self._positions = track.bare
        self._left, self._right = start, end
        if len(self._bare) < len(track.text):
            self._left = bisect_left(self._positions, start)
            self._right = bisect_left(self._positions, end)
        self._known: dict[tuple[str, bool], list[Place]] = {}

    def places(self, codes: str, *, exact: bool) -> list[Place]:
        """Find all places of a wording.

        Args:
            codes: the syllables as in `Track.sounds` where exact, else their class keys; between
                the latter fillers may stand.
        """
        known = self._known.get((codes, exact))
        if known is None:
            known = self._known[codes, exact] = self._find(codes, exact)
        return known

    def _find(self, codes: str, exact: bool) -> list[Place]:
        places, last = [], len(codes) - 1
        text, at, right = self._bare, self._left - 1, self._right
        if exact:
            text, at, right = self._track.sounds, self._start - 1, self._end
        positions = range(len(text)) if exact else self._positions
        while (at := text.find(codes, at + 1, right)) >= 0:
            places.append((positions[at], positions[at + last] + 1))
        return places

    def in_order(self, pattern: Pattern, parts: Sequence[Sequence[Place] | None]) -> bool:
        """Whether some place of each part can follow one of the part before (`find_pattern`).

        Args:
            parts: the places of each part's wordings; None where they are not known.
        """
        ends: Sequence[int] | None = None
        for number, places in enumerate(parts):
            if places is None:
                ends = None
            elif number == 0 or ends is None:
                ends = [end for _, end in places]
            else:
                longest = max(map(len, pattern.parts[number]))
                ends = self._following(places, ends, longest, close=pattern.close[number - 1])
            if ends is not None and not ends:
                return False
        return True

    def _following(
        self, places: Sequence[Place], ends: Sequence[int], longest: int, *, close: bool
    ) -> list[int]:
        """Return where those places end that can follow a part with one of these ends."""
        track, reach = self._track, longest + (CLOSE_REACH if close else MAX_GAP)
        if max(places)[0] < min(ends):
            return []
        found = []
        for at in dict.fromkeys(ends):
            inside = [end for start, end in places if at <= start and end <= at + reach]
            if inside:
                edge = track.clause_end(at - 1) if close else track.sentence_end(at - 1)
                found += [end for end in inside if end <= edge]
        return found
