"""Which of many patterns may stand in a track: an index that spares looking for the others."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from qa.scoring.grammar import EDGE, Pattern, compile_all, needed_chars
from qa.scoring.grams import grams_of
from qa.scoring.lexicon import Lexicon, Scan, bare_keys
from qa.scoring.match import MISSING_COST, allowed_edits, nominate, without_fillers
from qa.scoring.order import Place, Turn, stands_out
from qa.scoring.syllables import keys, sounds
from qa.scoring.track import Track

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
        letters: its characters, each once.
        chars: how many of its characters must stand in the turn.
        edits: syllables of another class that it may hold.
        codes: sounds where the floor is 1, else class keys, without fillers where it is short.
        fixed: class keys that stand in every occurrence, with nothing but fillers between them;
            sounds where the floor is 1; None where other syllables may stand for some of them.
    """

    text: str
    floor: float
    short: bool
    letters: frozenset[str]
    chars: int
    edits: int
    codes: str
    fixed: str | None


_Alternative = tuple[str, _Wording]


@dataclass(frozen=True, slots=True)
class _Part:
    """The alternatives of a part, by the grams they are filed under.

    Attributes:
        anywhere: those without grams.
    """

    by_gram: Mapping[int, tuple[_Alternative, ...]]
    grams: frozenset[int]
    anywhere: tuple[_Alternative, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A pattern with the wordings of its parts.

    Attributes:
        parts: in their order; `rarest_first` has those with the fewest wordings first.
    """

    pattern: Pattern
    floor: float
    parts: tuple[_Part, ...]
    rarest_first: tuple[tuple[int, _Part], ...]
    wordings: Mapping[str, _Wording]


class _Place:
    """A turn, and which wordings it was found to hold."""

    def __init__(self, track: Track, start: int, end: int) -> None:
        self._track, self._start, self._end = track, start, end
        self._letters = frozenset(track.text[start:end])
        self._keys = track.keys[start:end]
        self._sounds = track.sounds[start:end]
        self._bare = bare_keys(track, start, end)
        self._known: dict[_Wording, bool] = {}
        self._turn: Turn | None = None
        self._scan: Scan | None = None
        self._grams: set[int] = set()

    def grams(self, scan: Scan, turn: int) -> set[int]:
        """Name the grams of this turn."""
        if self._scan is not scan:
            self._scan, self._grams = scan, scan.grams(turn)
        return self._grams

    def holds(self, wording: _Wording) -> bool:
        """Whether a wording may stand here."""
        known = self._known.get(wording)
        if known is None:
            known = self._known[wording] = self._look(wording)
        return known

    def _look(self, wording: _Wording) -> bool:
        if wording.chars and (gone := wording.letters - self._letters):
            text = wording.text
            missing = len(gone)
            if len(text) > len(wording.letters):  # some of them stand in it twice
                missing = sum(map(text.count, gone))
            if len(text) - missing < wording.chars:
                return False
        if wording.floor == 1.0:
            return wording.codes in self._sounds
        if wording.short and wording.codes:
            return wording.codes in self._bare
        if not wording.edits:
            return wording.codes in self._keys
        place = nominate(
            wording.text, self._track, self._start, self._end, min_similarity=wording.floor
        )
        return place is not None

    def standing(self, entry: _Entry, grams: set[int]) -> set[tuple[int, str]]:
        """Alternatives that may stand here, with their part; empty if a part has none.

        Args:
            grams: of this turn.
        """
        standing: set[tuple[int, str]] = set()
        for number, part in entry.rarest_first:
            before = len(standing)
            named = [part.by_gram[gram] for gram in part.grams & grams]
            for alternatives in (*named, part.anywhere):
                for alternative, wording in alternatives:
                    if self.holds(wording):
                        standing.add((number, alternative))
            if len(standing) == before:
                return set()
        return standing

    def in_order(self, entry: _Entry, standing: set[tuple[int, str]]) -> bool:
        """Whether the alternatives that stand here can follow one another as the pattern asks."""
        if len(entry.parts) == 1:
            return True
        if self._turn is None:
            self._turn = Turn(self._track, self._start, self._end)
        parts: list[list[Place] | None] = [[] for _ in entry.parts]
        for number, alternative in standing:
            wording, places = entry.wordings[alternative], parts[number]
            if wording.fixed is None:
                parts[number] = None
            elif places is not None:
                places += self._turn.places(wording.fixed, exact=wording.floor == 1.0)
        return self._turn.in_order(entry.pattern, parts)


def _place(track: Track, start: int, end: int) -> _Place:
    """Return what is known of a turn, whoever asked."""
    key = (_Place, start)
    known: _Place | None = track.memo.get(key)
    if known is None:
        known = track.memo[key] = _Place(track, start, end)
    return known


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
        self._patterns = []
        laid = [
            (pattern, *_laid_out(pattern, floor, strict, chars, exact_below))
            for pattern in patterns
        ]
        grams = _chosen_grams({w for *_, parts in laid for part in parts for _, w in part})
        for pattern, need, parts in laid:
            filed = tuple(_filed_part(part, grams) for part in parts)
            rarest = sorted(enumerate(filed), key=lambda part: len(pattern.parts[part[0]]))
            wordings = {a: w for part in parts for a, w in part}
            entry = _Entry(pattern, need, filed, tuple(rarest), wordings)
            self._patterns.append(entry)
        self._first = self.lexicon.reserve(len(self._patterns))
        for number, entry in enumerate(self._patterns, self._first):
            for part in entry.parts:
                if part.anywhere:
                    self.lexicon.know(part.grams)
            self.lexicon.file(
                number, [None if part.anywhere else part.grams for part in entry.parts]
            )

    def likely(self, track: Track) -> list[Likely]:
        """Patterns that may stand in a track, in order, less the alternatives that cannot."""
        known: list[Likely] | None = track.memo.get(self)
        if known is None:
            known = track.memo[self] = self._look_up(track)
        return known

    def _look_up(self, track: Track) -> list[Likely]:
        scan, first = self.lexicon.scan(track), self._first
        found: dict[int, tuple[set[tuple[int, str]], list[tuple[int, int]]]] = {}
        for number, turn in scan.of(first, first + len(self._patterns)):
            index, place = number - first, _place(track, *track.turns[turn])
            standing = place.standing(self._patterns[index], place.grams(scan, turn))
            if standing:
                alternatives, turns = found.setdefault(index, (set(), []))
                alternatives |= standing
                if place.in_order(self._patterns[index], standing):
                    turns.append(track.turns[turn])
        return [self._likely(index, *one) for index, one in found.items() if one[1]]

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


def _laid_out(
    pattern: Pattern, floor: float, strict: bool, chars: float, exact_below: int
) -> tuple[float, tuple[tuple[_Alternative, ...], ...]]:
    """Say how near the parts of a pattern must come, and which wordings they have."""
    need = 1.0 if pattern.longest < exact_below else floor
    short = strict and pattern.longest < SHORT
    share = chars if len(pattern.parts) == 1 else 0.0
    return need, tuple(
        tuple((a, _wording(a.strip(EDGE), need, short, share)) for a in alternatives)
        for alternatives in pattern.parts
    )


def _chosen_grams(wordings: set[_Wording]) -> dict[_Wording, tuple[int, ...]]:
    """Choose the grams to file wordings under; none for those that may stand anywhere."""
    chosen = {wording: _grams(wording) for wording in wordings}
    common = Counter(gram for grams, _ in chosen.values() for gram in grams)
    return {
        # Where all of them stand in every occurrence, the rarest alone will do; among equals the
        # last, for codes differ from process to process.
        wording: grams if each else (min(reversed(grams), key=common.__getitem__),)
        for wording, (grams, each) in chosen.items()
    }


def _filed_part(part: tuple[_Alternative, ...], grams: Mapping[_Wording, tuple[int, ...]]) -> _Part:
    by_gram: dict[int, list[_Alternative]] = defaultdict(list)
    for alternative in part:
        for gram in grams[alternative[1]]:
            by_gram[gram].append(alternative)
    anywhere = tuple(alternative for alternative in part if not grams[alternative[1]])
    filed = {gram: tuple(alternatives) for gram, alternatives in by_gram.items()}
    return _Part(filed, frozenset(filed), anywhere)


@cache
def _wording(text: str, floor: float, short: bool, share: float) -> _Wording:
    codes = sounds(text) if floor == 1.0 else keys(without_fillers(text) if short else text)
    needed, edits = needed_chars(len(text), share), allowed_edits(len(text), floor)
    fixed = None
    if floor == 1.0:
        fixed = codes
    elif (short or not edits) and stands_out(text):
        fixed = keys(text)
    return _Wording(text, floor, short, frozenset(text), needed, edits, codes, fixed)


def _grams(wording: _Wording) -> tuple[tuple[int, ...], bool]:
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
