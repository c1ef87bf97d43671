"""Which of many patterns may stand in a track: an index that spares looking for the others."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache

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


@dataclass(frozen=True, slots=True, eq=False)
class _Wording:
    """One alternative of one part, as it is looked for; made once for each (`_wording`).

    Attributes:
        text: folded, without edges.
        floor: 0–1; 1 asks for the very syllables.
        short: whether nothing but fillers has room in it.
        chars: how many of its characters must stand in the turn.
        edits: syllables of another class that it may hold.
        codes: sounds where the floor is 1, else class keys, without fillers where it is short.
    """

    text: str
    floor: float
    short: bool
    chars: int
    edits: int
    codes: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """A pattern with the wordings of its parts; those of part `key` are filed in the lexicon."""

    pattern: Pattern
    floor: float
    parts: tuple[tuple[tuple[str, _Wording], ...], ...]
    key: int


class _Place:
    """A turn, and which wordings it was found to hold."""

    def __init__(self, track: Track, start: int, end: int) -> None:
        self._track, self._start, self._end = track, start, end
        self._text = track.text[start:end]
        self._keys = track.keys[start:end]
        self._sounds = track.sounds[start:end]
        self._bare = bare_keys(track, start, end)
        self._known: dict[_Wording, bool] = {}

    def holds(self, wording: _Wording) -> bool:
        """Whether a wording may stand here."""
        known = self._known.get(wording)
        if known is None:
            known = self._known[wording] = self._look(wording)
        return known

    def _look(self, wording: _Wording) -> bool:
        if wording.floor == 1.0:
            found = wording.codes in self._sounds
        elif wording.short and wording.codes:
            found = wording.codes in self._bare
        elif not wording.edits:
            found = wording.codes in self._keys
        else:
            place = nominate(
                wording.text, self._track, self._start, self._end, min_similarity=wording.floor
            )
            found = place is not None
        if not found or not wording.chars:
            return found
        return sum([char in self._text for char in wording.text]) >= wording.chars

    def standing(self, entry: _Entry, held: set[_Wording]) -> set[tuple[int, str]]:
        """Alternatives that may stand here, with their part; empty if a part has none.

        Args:
            held: wordings of the key part that were found here.
        """
        standing: set[tuple[int, str]] = set()
        for number, part in enumerate(entry.parts):
            before = len(standing)
            for alternative, wording in part:
                if wording in held if number == entry.key else self.holds(wording):
                    standing.add((number, alternative))
            if len(standing) == before:
                return set()
        return standing


class Shortlist:
    """Patterns, indexed by what they cannot do without.

    Args:
        patterns: any number.
        floor: 0–1; how near a part must come.
        strict: patterns below `SHORT` syllables count only from `SHORT_SIMILARITY` on, so that no
            syllable of another class has room in them.
        exact_below: fewer syllables than this count only with equal sound.
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
        exact_below: int = LONG,
        lexicon: Lexicon | None = None,
    ) -> None:
        self.lexicon = lexicon or Lexicon()
        self._number = self.lexicon.new_index()
        self._patterns: list[_Entry] = []
        self._owners: dict[_Wording, list[int]] = defaultdict(list)
        for index, pattern in enumerate(patterns):
            need = 1.0 if pattern.longest < exact_below else floor
            short = strict and pattern.longest < SHORT
            share = chars if len(pattern.parts) == 1 else 0.0
            parts = tuple(
                tuple((a, _wording(a.strip(EDGE), need, short, share)) for a in alternatives)
                for alternatives in pattern.parts
            )
            # The part whose shortest alternative is longest tells most; the others can wait.
            key = max(
                range(len(parts)),
                key=lambda k: (min(len(w.text) for _, w in parts[k]), -len(parts[k])),
            )
            self._patterns.append(_Entry(pattern, need, parts, key))
            for wording in dict.fromkeys(wording for _, wording in parts[key]):
                self._owners[wording].append(index)
        self._wordings = list(self._owners)
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
            self.lexicon.file(filed, (self._number, number))
        return frozenset(always)

    def likely(self, track: Track) -> list[Likely]:
        """Patterns that may stand in a track, in order, less the alternatives that cannot."""
        known: list[Likely] | None = track.memo.get(self)
        if known is None:
            known = track.memo[self] = self._look_up(track)
        return known

    def _look_up(self, track: Track) -> list[Likely]:
        named = self.lexicon.scan(track).get(self._number)
        if named is None and not self._always:
            return []
        found: dict[int, tuple[set[tuple[int, str]], list[tuple[int, int]]]] = {}
        for turn, (start, end) in enumerate(track.turns):
            place = _Place(track, start, end)
            candidates = self._always | named[turn] if named else self._always
            suspects: dict[int, set[_Wording]] = defaultdict(set)
            for number in candidates:
                wording = self._wordings[number]
                if place.holds(wording):
                    for index in self._owners[wording]:
                        suspects[index].add(wording)
            for index, held in suspects.items():
                standing = place.standing(self._patterns[index], held)
                if standing:
                    alternatives, turns = found.setdefault(index, (set(), []))
                    alternatives |= standing
                    turns.append((start, end))
        return [self._likely(index, *found[index]) for index in sorted(found)]

    def _likely(
        self, index: int, standing: set[tuple[int, str]], turns: list[tuple[int, int]]
    ) -> Likely:
        entry = self._patterns[index]
        parts = tuple(
            tuple([a for a in alternatives if (part, a) in standing])
            for part, alternatives in enumerate(entry.pattern.parts)
        )
        pattern = Pattern(entry.pattern.notation, parts, entry.pattern.close)
        return Likely(pattern, entry.floor, tuple(turns))


@cache
def _wording(text: str, floor: float, short: bool, share: float) -> _Wording:
    codes = sounds(text) if floor == 1.0 else keys(without_fillers(text) if short else text)
    needed, edits = needed_chars(len(text), share), allowed_edits(len(text), floor)
    return _Wording(text, floor, short, needed, edits, codes)


def _grams(wording: _Wording) -> tuple[tuple[str, ...], bool]:
    text, floor = wording.text, wording.floor
    if floor == 1.0:
        return grams_of(keys(text), 0, may_drop=False)
    if wording.short and wording.codes:
        return grams_of(wording.codes, 0, may_drop=False)
    may_drop = (1 - floor) * len(text) >= MISSING_COST
    return grams_of(keys(text), wording.edits, may_drop=may_drop)


_lexicon = Lexicon()
_shortlists: dict[tuple[tuple[str, ...], float, bool, float, int], Shortlist] = {}


def shortlist(
    notations: tuple[str, ...],
    floor: float,
    *,
    strict: bool,
    chars: float = 0.0,
    exact_below: int = LONG,
) -> Shortlist:
    """Index notations once for all calls, in one lexicon; arguments as for `Shortlist`."""
    global _lexicon
    key = (notations, floor, strict, chars, exact_below)
    known = _shortlists.get(key)
    if known is None:
        if len(_shortlists) >= MAX_INDEXES:  # rulesets come and go: begin again
            _shortlists.clear()
            _lexicon = Lexicon()
        known = Shortlist(
            compile_all(notations),
            floor,
            strict=strict,
            chars=chars,
            exact_below=exact_below,
            lexicon=_lexicon,
        )
        _shortlists[key] = known
    return known


_of_patterns: dict[tuple[int, float, bool, float], tuple[tuple[Pattern, ...], Shortlist]] = {}


def shortlist_of(
    patterns: tuple[Pattern, ...], floor: float, *, strict: bool, chars: float
) -> Shortlist:
    """Find the index of patterns by their identity: a check hands in the same ones for each call.

    Comparing a hundred notations would take as long as looking them up. The patterns are kept, so
    that their identity cannot become another's.
    """
    key = (id(patterns), floor, strict, chars)
    known = _of_patterns.get(key)
    if known is None or known[1].lexicon is not _lexicon:
        if len(_of_patterns) >= MAX_INDEXES:
            _of_patterns.clear()
        notations = tuple(pattern.notation for pattern in patterns)
        known = patterns, shortlist(notations, floor, strict=strict, chars=chars)
        _of_patterns[key] = known
    return known[1]
