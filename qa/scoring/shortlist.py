"""Which of many patterns may stand in a track: an index that spares looking for the others."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from qa.scoring.grammar import EDGE, Pattern, compile_all, needed_chars
from qa.scoring.lexicon import Lexicon, bare_keys, grams_of
from qa.scoring.match import MISSING_COST, Track, allowed_edits, nominate, without_fillers
from qa.scoring.syllables import keys, sounds

LONG = 4
"""Syllables from which a phrase may convict with slips in its characters."""
SHORT = 6
SHORT_SIMILARITY = 0.9
"""Phrases under six syllables must come this close to be worth a person's ear: 您叫什么 is 85 % of
您急什么."""
MAX_INDEXES = 256
"""Indexes kept at a time; a ruleset needs a dozen or two."""


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


@dataclass(frozen=True, slots=True)
class _Wording:
    """One alternative of one part, as it is looked for.

    Attributes:
        text: folded, without edges.
        floor: 0–1; 1 asks for the very syllables.
        short: whether nothing but fillers has room in it.
        chars: how many of its characters must stand in the turn.
        codes: sounds where the floor is 1, else class keys, without fillers where it is short.
    """

    text: str
    floor: float
    short: bool
    chars: int
    codes: str

    def stands_in(self, track: Track, start: int, end: int) -> bool:
        """Whether it may stand in a turn."""
        if self.chars:
            turn = track.text[start:end]
            if sum([char in turn for char in self.text]) < self.chars:
                return False
        if self.floor == 1.0:
            return self.codes in track.sounds[start:end]
        if self.short and self.codes:
            return self.codes in bare_keys(track, start, end)
        if not allowed_edits(len(self.text), self.floor):
            return self.codes in track.keys[start:end]
        return nominate(self.text, track, start, end, min_similarity=self.floor) is not None


class Shortlist:
    """Patterns, indexed by what they cannot do without.

    Args:
        patterns: any number.
        floor: 0–1; how near a part must come. Patterns below `LONG` syllables count only with
            equal sound, which rules most of them out at once.
        strict: patterns below `SHORT` syllables count only from `SHORT_SIMILARITY` on, so that no
            syllable of another class has room in them.
        chars: 0–1; the share of its characters that a pattern in one part must show, as for
            `grammar.find_all`.
        lexicon: where the wordings are filed; indexes that share one are looked up in one scan.
    """

    def __init__(
        self,
        patterns: tuple[Pattern, ...],
        floor: float,
        *,
        strict: bool = False,
        chars: float = 0.0,
        lexicon: Lexicon | None = None,
    ) -> None:
        self._lexicon = lexicon or Lexicon()
        self._number = self._lexicon.new_index()
        self._patterns: list[tuple[Pattern, float]] = []
        self._owners: list[list[tuple[int, int, str]]] = []
        numbers: dict[_Wording, int] = {}
        for index, pattern in enumerate(patterns):
            need = 1.0 if pattern.longest < LONG else floor
            short = strict and pattern.longest < SHORT
            share = chars if len(pattern.parts) == 1 else 0.0
            self._patterns.append((pattern, need))
            for part, alternatives in enumerate(pattern.parts):
                for alternative in alternatives:
                    wording = _wording(alternative.strip(EDGE), need, short, share)
                    number = numbers.setdefault(wording, len(numbers))
                    if number == len(self._owners):
                        self._owners.append([])
                    self._owners[number].append((index, part, alternative))
        self._wordings = list(numbers)
        self._always = self._file()

    def _file(self) -> frozenset[int]:
        """File the wordings; those that may stand anywhere are returned."""
        chosen = [_grams(wording) for wording in self._wordings]
        common = Counter(gram for grams, _ in chosen for gram in grams)
        always = set()
        for number, (grams, each) in enumerate(chosen):
            if not grams:
                always.add(number)
                continue
            # Where all of them stand in every occurrence, the rarest alone will do.
            filed = set(grams) if each else {min(grams, key=lambda gram: (common[gram], gram))}
            self._lexicon.file(filed, (self._number, number))
        return frozenset(always)

    def likely(self, track: Track) -> list[Likely]:
        """Patterns that may stand in a track, in order, less the alternatives that cannot."""
        named = self._lexicon.scan(track).get(self._number)
        found: dict[int, tuple[set[tuple[int, str]], list[tuple[int, int]]]] = {}
        for turn, (start, end) in enumerate(track.turns):
            candidates = self._always | named[turn] if named else self._always
            parts: dict[int, set[tuple[int, str]]] = defaultdict(set)
            for number in candidates:
                if self._wordings[number].stands_in(track, start, end):
                    for index, part, alternative in self._owners[number]:
                        parts[index].add((part, alternative))
            for index, standing in parts.items():
                if len({part for part, _ in standing}) == len(self._patterns[index][0].parts):
                    alternatives, turns = found.setdefault(index, (set(), []))
                    alternatives |= standing
                    turns.append((start, end))
        return [self._likely(index, *found[index]) for index in sorted(found)]

    def _likely(
        self, index: int, standing: set[tuple[int, str]], turns: list[tuple[int, int]]
    ) -> Likely:
        pattern, floor = self._patterns[index]
        parts = tuple(
            tuple([a for a in alternatives if (part, a) in standing])
            for part, alternatives in enumerate(pattern.parts)
        )
        return Likely(Pattern(pattern.notation, parts, pattern.close), floor, tuple(turns))


def _wording(text: str, floor: float, short: bool, share: float) -> _Wording:
    codes = sounds(text) if floor == 1.0 else keys(without_fillers(text) if short else text)
    return _Wording(text, floor, short, needed_chars(len(text), share), codes)


def _grams(wording: _Wording) -> tuple[tuple[str, ...], bool]:
    text, floor = wording.text, wording.floor
    if floor == 1.0:
        return grams_of(keys(text), 0, may_drop=False)
    if wording.short and wording.codes:
        return grams_of(wording.codes, 0, may_drop=False)
    edits = allowed_edits(len(text), floor)
    may_drop = (1 - floor) * len(text) >= MISSING_COST
    return grams_of(keys(text), edits, may_drop=may_drop)


_lexicon = Lexicon()
_shortlists: dict[tuple[tuple[str, ...], float, bool, float], Shortlist] = {}


def shortlist(
    notations: tuple[str, ...], floor: float, *, strict: bool, chars: float = 0.0
) -> Shortlist:
    """Index notations once for all calls, in one lexicon; arguments as for `Shortlist`."""
    global _lexicon
    key = (notations, floor, strict, chars)
    known = _shortlists.get(key)
    if known is None:
        if len(_shortlists) >= MAX_INDEXES:  # rulesets come and go: begin again
            _shortlists.clear()
            _lexicon = Lexicon()
        known = Shortlist(
            compile_all(notations), floor, strict=strict, chars=chars, lexicon=_lexicon
        )
        _shortlists[key] = known
    return known
