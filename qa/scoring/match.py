"""Find a phrase in what one role said, by sound, and say how close it came.

A phrase is aligned syllable by syllable with the costs of `syllables.substitution_cost`, so that a
confusable syllable costs little and a filler between two words next to nothing. `nominate` is the
quick look (RapidFuzz over syllable-class keys, microseconds) that comes before.
"""

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from operator import eq
from typing import Any

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from qa.packed.transcripts import PackedUtterance
from qa.scoring.syllables import (
    CONFUSED_COST,
    NEAR_COST,
    CostRow,
    cost_row,
    keys,
    sounds,
    syllables,
)
from qa.text import FILLERS, fold
from qa.types import Match, Role, Span, Transcript, Utterance

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
SENTENCE_ENDS = "。？！?!；;"
CLAUSE_ENDS = SENTENCE_ENDS + "，,、：:…—"
_SENTENCE_END = re.compile(f"[{SENTENCE_ENDS}]")
_CLAUSE_END = re.compile(f"[{CLAUSE_ENDS}]")
BACKCHANNEL_CHARS = 2
"""A customer's 嗯 or 对对 between two stretches of the agent does not end the agent's turn."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a phrase came closest, in positions of a track's folded text.

    Attributes:
        similarity: 1 − cost / syllables of the phrase, not below 0.
        same_chars: share of the phrase's characters that were recognised as such, 0–1.
    """

    start: int
    end: int
    similarity: float
    same_chars: float


@dataclass(frozen=True)
class Track:
    """All that one role said, folded and joined in time order.

    Attributes:
        role: whose words.
        utterances: their index in the transcript and themselves.
        starts: where each utterance begins in `text`; one more entry for the end.
        turns: ranges of `text` that the other side did not interrupt with more than a backchannel.
        stops: positions before which a sentence ended (。？！), in order.
    """

    role: Role
    utterances: tuple[tuple[int, Utterance], ...]
    text: str
    starts: tuple[int, ...]
    origins: tuple[tuple[int, ...], ...]
    turns: tuple[tuple[int, int], ...]
    stops: tuple[int, ...]

    @cached_property
    def keys(self) -> str:
        """Syllable-class keys of the text."""
        return keys(self.text)

    @cached_property
    def pairs(self) -> frozenset[str]:
        """Neighbouring keys, with and without the fillers between words."""
        return key_pairs(self.keys) | key_pairs(self.bare[0])

    @cached_property
    def bare(self) -> tuple[str, tuple[int, ...]]:
        """Keys of what is no filler, and for each its position in the text."""
        kept = tuple(k for k, c in enumerate(self.text) if c not in FILLERS)
        return "".join(self.keys[k] for k in kept), kept

    @cached_property
    def sounds(self) -> str:
        """Codes of the text's toneless syllables."""
        return sounds(self.text)

    @cached_property
    def memo(self) -> dict[Any, Any]:
        """What searches found out about this text and need not find out again."""
        return {}

    @cached_property
    def syllables(self) -> tuple[str, ...]:
        """Toneless syllables of the text."""
        return syllables(self.text)

    def utterance_at(self, position: int) -> int:
        """Which of the track's utterances a position belongs to (an index into `utterances`)."""
        return max(0, bisect_right(self.starts, position, 0, len(self.utterances)) - 1)

    def channel_at(self, position: int) -> int:
        """Which channel of the recording a position was heard on; 0 for an empty track."""
        return self.utterances[self.utterance_at(position)][1].channel if self.utterances else 0

    @property
    def end_ms(self) -> int:
        """Where the last utterance ends, in milliseconds; 0 for an empty track."""
        return max((u.span.end_ms for _, u in self.utterances), default=0)

    def turn_at(self, position: int) -> tuple[int, int]:
        """Return the range of the turn that holds a position."""
        for start, end in self.turns:
            if start <= position < end:
                return start, end
        return self.turns[-1] if self.turns else (0, 0)

    def sentence_end(self, position: int) -> int:
        """Return where the sentence that holds a position ends."""
        return _after(self.stops, position, len(self.text))

    def sentence_start(self, position: int) -> int:
        """Return where the sentence that holds a position begins."""
        return _before(self.stops, position)

    @cached_property
    def pauses(self) -> tuple[int, ...]:
        """Positions before which a clause ended (a comma, or the end of a sentence), in order."""
        found: set[int] = set()
        for (_, utterance), start, origin in zip(
            self.utterances, self.starts, self.origins, strict=False
        ):
            found |= _stops(utterance.text, origin, start, _CLAUSE_END)
        return tuple(sorted(found))

    def clause_end(self, position: int) -> int:
        """Return where the clause that holds a position ends."""
        return _after(self.pauses, position, len(self.text))

    def clause_start(self, position: int) -> int:
        """Return where the clause that holds a position begins."""
        return _before(self.pauses, position)

    def time_at(self, position: int) -> tuple[int, int]:
        """Start and end in milliseconds of the character at a position."""
        k = self.utterance_at(position)
        utterance = self.utterances[k][1]
        return _char_time(utterance, self.origins[k][position - self.starts[k]])

    def confidence(self, start: int, end: int) -> float:
        """Mean confidence of the words under a range of the text, 0–1; 1 for an empty range."""
        values: list[float] = []
        first = self.utterance_at(start) if start < end and self.utterances else 0
        for k in range(first, len(self.utterances)):
            base = self.starts[k]
            if base >= end:
                break
            spread = self._confidences(k)
            values += spread[max(0, start - base) : end - base]
        return sum(values) / len(values) if values else 1.0

    def _confidences(self, k: int) -> list[float]:
        """Confidence of the word under each character of an utterance's folded text."""
        known: list[float] | None = self.memo.get(("confidences", k))
        if known is None:
            utterance = self.utterances[k][1]
            spread = _char_confidences(utterance) or [utterance.confidence]
            last = len(spread) - 1
            known = [spread[min(origin, last)] for origin in self.origins[k]]
            self.memo["confidences", k] = known
        return known

    def match(self, start: int, end: int, *, expected: str, similarity: float) -> Match:
        """Evidence for a range of the text, quoted as it was recognised."""
        first, last = self.utterance_at(start), self.utterance_at(max(start, end - 1))
        quotes = []
        for k in range(first, last + 1):
            left, right = max(start, self.starts[k]), min(end, self.starts[k + 1])
            if left < right:
                origin = self.origins[k]
                base = self.starts[k]
                text = self.utterances[k][1].text
                quotes.append(text[origin[left - base] : origin[right - 1 - base] + 1])
        span = self.span(start, end)
        index = self.utterances[first][0]
        return Match(index, self.role, span, "…".join(quotes), expected, round(similarity, 3))

    def span(self, start: int, end: int) -> Span:
        """Stretch of the recording from the first character of a range to its last.

        Utterances of one role may overlap in time (two agents, or times that a person wrote), so
        the last character need not end last.
        """
        first, last = self.time_at(start), self.time_at(max(start, end - 1))
        return Span(min(first[0], last[0]), max(*first, *last))

    def hit_match(self, hit: Hit, expected: str) -> Match:
        """Evidence for a hit."""
        return self.match(hit.start, hit.end, expected=expected, similarity=hit.similarity)


def _after(stops: tuple[int, ...], position: int, last: int) -> int:
    at = bisect_right(stops, position)
    return stops[at] if at < len(stops) else last


def _before(stops: tuple[int, ...], position: int) -> int:
    at = bisect_right(stops, position)
    return stops[at - 1] if at else 0


def _char_time(utterance: Utterance, index: int) -> tuple[int, int]:
    """Time of one character of an utterance's text; inside a word, time is shared out evenly."""
    if isinstance(utterance, PackedUtterance):
        return utterance.char_time(index) or (utterance.span.start_ms, utterance.span.end_ms)
    at = 0
    for word in utterance.words:
        if index < at + len(word.text):
            share = word.span.duration_ms / max(1, len(word.text))
            start = word.span.start_ms + round(share * (index - at))
            return start, max(start, word.span.start_ms + round(share * (index - at + 1)))
        at += len(word.text)
    return utterance.span.start_ms, utterance.span.end_ms


def _char_confidences(utterance: Utterance) -> list[float]:
    """Confidence of the word under each character of the words joined."""
    if isinstance(utterance, PackedUtterance):
        return utterance.char_confidences()
    return [word.confidence for word in utterance.words for _ in word.text]


def build_track(transcript: Transcript, role: Role) -> Track:
    """Gather what one role said."""
    chosen, texts, starts, origins = [], [], [0], []
    turns: list[tuple[int, int]] = []
    stops: set[int] = set()
    interrupted = True
    for index, utterance in enumerate(transcript.utterances):
        folded = fold(utterance.text)
        if utterance.role is not role:
            interrupted = interrupted or len(folded.text) > BACKCHANNEL_CHARS
            continue
        if not folded.text:
            continue
        chosen.append((index, utterance))
        texts.append(folded.text)
        origins.append(folded.origin)
        stops |= _stops(utterance.text, folded.origin, starts[-1])
        starts.append(starts[-1] + len(folded.text))
        if interrupted or not turns:
            turns.append((starts[-2], starts[-1]))
        else:
            turns[-1] = (turns[-1][0], starts[-1])
        interrupted = False
    return Track(
        role,
        tuple(chosen),
        "".join(texts),
        tuple(starts),
        tuple(origins),
        tuple(turns),
        tuple(sorted(stops)),
    )


def _stops(
    text: str, origin: tuple[int, ...], base: int, ends: re.Pattern[str] = _SENTENCE_END
) -> set[int]:
    """Positions before which a sentence ended; every utterance starts a sentence."""
    found = {base}
    for end in ends.finditer(text):
        at = bisect_left(origin, end.start())
        if 0 < at < len(origin):
            found.add(base + at)
    return found


@lru_cache(maxsize=20_000)  # phrases come back with every call; calls' own texts stay out of it
def _phrase_key(phrase: str) -> tuple[str, frozenset[str]]:
    key = keys(phrase)
    return key, key_pairs(key)


@lru_cache(maxsize=20_000)
def _phrase_sounds(phrase: str) -> tuple[str, tuple[CostRow, ...]]:
    """Sound of a phrase, and for each syllable what hearing another one costs."""
    codes = sounds(phrase)
    return codes, tuple(map(cost_row, codes))


def key_pairs(key: str) -> frozenset[str]:
    """Pairs of neighbouring keys."""
    return frozenset(map("".join, pairwise(key)))


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
