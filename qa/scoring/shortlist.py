"""Which of many patterns may stand in a track: an index that spares looking for the others.

A ruleset holds thousands of wordings and a call holds a few hundred syllables, so the question is
turned round: each pair of neighbouring syllables of the call names the wordings that hold it.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from operator import and_

from qa.scoring.grammar import EDGE, Pattern, compile_all
from qa.scoring.match import Track, allowed_edits, key_pairs, nominate, without_fillers
from qa.scoring.syllables import keys

LONG = 4
"""Syllables from which a phrase may convict with slips in its characters."""
SHORT = 6
SHORT_SIMILARITY = 0.9
"""Phrases under six syllables must come this close to be worth a person's ear: 您叫什么 is 85 % of
您急什么."""
Wording = tuple[str, float, bool]
"""Folded text, the similarity it has to reach (0–1), and whether its pattern is a short one that
leaves room for fillers only."""


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
        strict: patterns below `SHORT` syllables count only from `SHORT_SIMILARITY` on, so that no
            syllable of another class has room in them.
    """

    def __init__(
        self, patterns: tuple[Pattern, ...], floor: float, *, strict: bool = False
    ) -> None:
        self._patterns: list[tuple[Pattern, float, bool]] = []
        self._owners: dict[Wording, set[tuple[int, int]]] = defaultdict(set)
        for index, pattern in enumerate(patterns):
            longest = pattern.longest
            need = 1.0 if longest < LONG else floor
            short = strict and longest < SHORT
            self._patterns.append((pattern, need, short))
            for part, alternatives in enumerate(pattern.parts):
                for alternative in alternatives:
                    self._owners[alternative.strip(EDGE), need, short].add((index, part))
        self._by_pair: dict[str, list[Wording]] = defaultdict(list)
        self._always: list[Wording] = []
        common = Counter(pair for text, *_ in self._owners for pair in key_pairs(keys(text)))
        for wording in self._owners:
            self._file(wording, common)

    def _file(self, wording: Wording, common: Counter[str]) -> None:
        """Index a wording by as many of its rarest pairs as cannot all be broken by slips."""
        text, floor, short = wording
        key = keys(without_fillers(text) if short else text)
        pairs = sorted(key_pairs(key), key=lambda pair: (common[pair], pair))
        breakable = 0 if short else 2 * allowed_edits(len(text), floor)
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
        for index, (pattern, floor, short) in enumerate(self._patterns):
            if index in parts and len(parts[index]) == len(pattern.parts):
                turns = reduce(and_, parts[index].values())
                if turns:
                    where = tuple(t for k, t in enumerate(track.turns) if turns >> k & 1)
                    found.append(Likely(_reduced(pattern, floor, short, places), floor, where))
        return found


def _reduced(pattern: Pattern, floor: float, short: bool, places: Mapping[Wording, int]) -> Pattern:
    parts = tuple(
        tuple(a for a in part if (a.strip(EDGE), floor, short) in places) for part in pattern.parts
    )
    return replace(pattern, parts=parts)


def _turns(track: Track, wording: Wording) -> int:
    """In which turns a wording may stand, as bits; the first turn is the lowest."""
    known = track.looks.get(wording)
    if known is None:
        known = track.looks[wording] = _look(track, wording)
    return known


def _look(track: Track, wording: Wording) -> int:
    text, floor, short = wording
    turns = 0
    bare = without_fillers(text) if short else ""
    if bare:
        held, positions = track.bare
        return _turns_of(track, (positions[at] for at in _finds(keys(bare), held)))
    if allowed_edits(len(text), floor):
        if nominate(text, track, 0, len(track.text), min_similarity=floor):
            for k, (start, end) in enumerate(track.turns):
                if nominate(text, track, start, end, min_similarity=floor):
                    turns |= 1 << k
        return turns
    return _turns_of(track, _finds(keys(text), track.keys))


def _finds(key: str, held: str) -> Iterator[int]:
    at = held.find(key)
    while at >= 0:
        yield at
        at = held.find(key, at + 1)


def _turns_of(track: Track, positions: Iterable[int]) -> int:
    turns = 0
    for at in positions:
        turns |= 1 << bisect_right(track.turns, (at, len(track.text) + 1)) - 1
    return turns


@lru_cache(maxsize=64)
def shortlist(notations: tuple[str, ...], floor: float, *, strict: bool) -> Shortlist:
    """Index notations once for all calls; arguments as for `Shortlist`."""
    return Shortlist(compile_all(notations), floor, strict=strict)
