"""Which of many patterns may stand in a track: an index that spares looking for the others.

A ruleset holds thousands of wordings and a call holds a few hundred syllables, so the question is
turned round: each pair of neighbouring syllables of the call names the wordings that hold it.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from operator import and_

from qa.scoring.grammar import EDGE, Pattern, compile_all
from qa.scoring.match import Track, allowed_edits, key_pairs, nominate
from qa.scoring.syllables import keys

LONG = 4
"""Syllables from which a phrase may convict with slips in its characters."""
SHORT = 6
SHORT_SIMILARITY = 0.9
"""Phrases under six syllables must come this close to be worth a person's ear: 您叫什么 is 85 % of
您急什么."""
Wording = tuple[str, float]
"""Folded text and the similarity it has to reach, 0–1."""


@dataclass(frozen=True, slots=True)
class Likely:
    """A pattern that may stand in a track.

    Attributes:
        pattern: with those alternatives only that may stand there.
        floor: 0–1; how near each part has to come.
        turns: where it may stand, as ranges of the track's text.
    """

    pattern: Pattern
    floor: float
    turns: tuple[tuple[int, int], ...]


class Shortlist:
    """Patterns, indexed by the syllable pairs that they cannot do without.

    Args:
        patterns: any number.
        floor: 0–1; how near a part must come. Patterns below `LONG` syllables count only with
            equal sound, which rules most of them out at once.
    """

    def __init__(self, patterns: tuple[Pattern, ...], floor: float) -> None:
        self._patterns = [(p, 1.0 if p.longest < LONG else floor) for p in patterns]
        self._owners: dict[Wording, set[tuple[int, int]]] = defaultdict(set)
        for index, (pattern, need) in enumerate(self._patterns):
            for part, alternatives in enumerate(pattern.parts):
                for alternative in alternatives:
                    self._owners[alternative.strip(EDGE), need].add((index, part))
        self._by_pair: dict[str, list[Wording]] = defaultdict(list)
        self._always: list[Wording] = []
        common = Counter(pair for text, _ in self._owners for pair in key_pairs(keys(text)))
        for wording in self._owners:
            self._file(wording, common)

    def _file(self, wording: Wording, common: Counter[str]) -> None:
        """Index a wording by as many of its rarest pairs as cannot all be broken by slips."""
        text, floor = wording
        pairs = sorted(key_pairs(keys(text)), key=lambda pair: (common[pair], pair))
        breakable = 2 * allowed_edits(len(text), floor)
        if len(pairs) <= breakable or not pairs:
            self._always.append(wording)
        for pair in pairs[: breakable + 1]:
            self._by_pair[pair].append(wording)

    def likely(self, track: Track) -> list[Likely]:
        """Patterns that may stand in a track, in order, less the alternatives that cannot."""
        candidates = set(self._always)
        for pair in track.pairs:
            candidates.update(self._by_pair.get(pair, ()))
        places = {w: turns for w in candidates if (turns := _turns(track, w))}
        parts: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for wording, turns in places.items():
            for index, part in self._owners[wording]:
                parts[index][part] |= turns
        found: list[Likely] = []
        for index, (pattern, floor) in enumerate(self._patterns):
            if index in parts and len(parts[index]) == len(pattern.parts):
                turns = reduce(and_, parts[index].values())
                if turns:
                    where = tuple(t for k, t in enumerate(track.turns) if turns >> k & 1)
                    found.append(Likely(_reduced(pattern, floor, places), floor, where))
        return found


def _turns(track: Track, wording: Wording) -> int:
    """In which turns a wording may stand, as bits; the first turn is the lowest."""
    known = track.looks.get(wording)
    if known is None:
        known = track.looks[wording] = _look(track, wording)
    return known


def _look(track: Track, wording: Wording) -> int:
    text, floor = wording
    turns = 0
    if allowed_edits(len(text), floor):
        if nominate(text, track, 0, len(track.text), min_similarity=floor):
            for k, (start, end) in enumerate(track.turns):
                if nominate(text, track, start, end, min_similarity=floor):
                    turns |= 1 << k
        return turns
    key = keys(text)
    at = track.keys.find(key)
    while at >= 0:
        k = bisect_right(track.turns, (at, len(track.text) + 1)) - 1
        turns |= 1 << k
        at = track.keys.find(key, at + 1)
    return turns


def _reduced(pattern: Pattern, floor: float, places: Mapping[Wording, int]) -> Pattern:
    parts = tuple(
        tuple(a for a in part if (a.strip(EDGE), floor) in places) for part in pattern.parts
    )
    return replace(pattern, parts=parts)


@lru_cache(maxsize=64)
def shortlist(notations: tuple[str, ...], floor: float) -> Shortlist:
    """Index notations once for all calls."""
    return Shortlist(compile_all(notations), floor)
