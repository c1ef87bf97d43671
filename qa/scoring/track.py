"""All that one role said, joined and folded: the text that every check looks at."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from operator import add
from typing import Any, NamedTuple

from qa.packed.transcripts import PackedUtterance
from qa.scoring.syllables import keys, sounds, syllables
from qa.text import FILLERS, fold
from qa.types import Match, Role, Span, Transcript, Utterance

SENTENCE_ENDS = "。？！?!；;"
CLAUSE_ENDS = SENTENCE_ENDS + "，,、：:…—"
_SENTENCE_END = re.compile(f"[{SENTENCE_ENDS}]")
_CLAUSE_END = re.compile(f"[{CLAUSE_ENDS}]")
_FILLER_RUN = re.compile(f"[{''.join(sorted(FILLERS))}]+")
BACKCHANNEL_CHARS = 2
"""A customer's 嗯 or 对对 between two stretches of the agent does not end the agent's turn."""


class Hit(NamedTuple):
    """Where a phrase came closest, in positions of a track's folded text.

    Attributes:
        similarity: 1 − cost / syllables of the phrase, not below 0.
        same_chars: share of the phrase's characters that were recognised as such, 0–1.
    """

    start: int
    end: int
    similarity: float
    same_chars: float


class Track:
    """All that one role said, folded and joined in time order.

    Its parts never change; a plain class, because a call's tracks are looked at some ten thousand
    times while it is judged, and what is kept here is found quickest so.

    Attributes:
        role: whose words.
        utterances: their index in the transcript and themselves.
        starts: where each utterance begins in `text`; one more entry for the end.
        origins: for each utterance, where its characters of `text` stand in its own text.
        turns: ranges of `text` that the other side did not interrupt with more than a backchannel.
        stops: positions before which a sentence ended (。？！), in order.
        keys: syllable-class keys of the text.
        sounds: codes of the text's toneless syllables.
        lacking: of phrases that were looked for, how many of their pairs are not in `pairs`.
        memo: what searches found out about this text and need not find out again.
        beside: gives the tracks of other calls that are to be searched, too, this one among them;
            what costs the same for one and for all is then done once.
    """

    def __init__(
        self,
        role: Role,
        said: "_Said",
        turns: tuple[tuple[int, int], ...],
        stops: tuple[int, ...],
    ) -> None:
        self.role = role
        self.utterances = tuple(said.utterances)
        self.text = "".join(said.texts)
        self.starts = tuple(said.starts)
        self.origins = tuple(said.origins)
        self.turns, self.stops = turns, stops
        self.keys, self.sounds = keys(self.text), sounds(self.text)
        self.memo: dict[Any, Any] = {}
        self.lacking: dict[str, int] = {}
        self.beside: Callable[[], list[Track]] | None = None
        self._pairs: frozenset[str] | None = None
        self._bare: tuple[str, tuple[int, ...]] | None = None
        self._syllables: tuple[str, ...] | None = None
        self._pauses: tuple[int, ...] | None = None

    @property
    def pairs(self) -> frozenset[str]:
        """Neighbouring keys, with and without the fillers between words."""
        if self._pairs is None:
            key, last = self.keys, len(self.text)
            across = [
                key[run.start() - 1] + key[run.end()]
                for run in _FILLER_RUN.finditer(self.text)
                if run.start() and run.end() < last
            ]
            self._pairs = key_pairs(key).union(across)
        return self._pairs

    @property
    def bare(self) -> tuple[str, tuple[int, ...]]:
        """Keys of what is no filler, and for each its position in the text."""
        if self._bare is None:
            bare: list[str] = []
            positions: list[int] = []
            at = 0
            for run in _FILLER_RUN.finditer(self.text):
                bare.append(self.keys[at : run.start()])
                positions += range(at, run.start())
                at = run.end()
            positions += range(at, len(self.text))
            self._bare = "".join([*bare, self.keys[at:]]), tuple(positions)
        return self._bare

    @property
    def syllables(self) -> tuple[str, ...]:
        """Toneless syllables of the text."""
        if self._syllables is None:
            self._syllables = syllables(self.text)
        return self._syllables

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

    @property
    def pauses(self) -> tuple[int, ...]:
        """Positions before which a clause ended (a comma, or the end of a sentence), in order."""
        if self._pauses is None:
            found: set[int] = set()
            for k, (_, utterance) in enumerate(self.utterances):
                found |= _stops(utterance.text, self.origins[k], self.starts[k], _CLAUSE_END)
            self._pauses = tuple(sorted(found))
        return self._pauses

    def clause_end(self, position: int) -> int:
        """Return where the clause that holds a position ends."""
        return _after(self.pauses, position, len(self.text))

    def clause_start(self, position: int) -> int:
        """Return where the clause that holds a position begins."""
        return _before(self.pauses, position)

    def time_at(self, position: int) -> tuple[int, int]:
        """Start and end in milliseconds of the character at a position."""
        return self._time_in(self.utterance_at(position), position)

    def _time_in(self, k: int, position: int) -> tuple[int, int]:
        """Start and end of a character of the utterance `k`."""
        return _char_time(self.utterances[k][1], self.origins[k][position - self.starts[k]])

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
        index, span = self.utterances[first][0], self._span(start, end, (first, last))
        return Match(index, self.role, span, "…".join(quotes), expected, round(similarity, 3))

    def span(self, start: int, end: int) -> Span:
        """Stretch of the recording from the first character of a range to its last.

        Utterances of one role may overlap in time (two agents, or times that a person wrote), so
        the last character need not end last.
        """
        known: Span | None = self.memo.get(("span", start, end))
        if known is None:
            ends = self.utterance_at(start), self.utterance_at(max(start, end - 1))
            known = self.memo["span", start, end] = self._span(start, end, ends)
        return known

    def _span(self, start: int, end: int, utterances: tuple[int, int]) -> Span:
        first = self._time_in(utterances[0], start)
        last = self._time_in(utterances[1], max(start, end - 1))
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


@dataclass(slots=True)
class _Said:
    """What a role is found to have said, while it is gathered."""

    utterances: list[tuple[int, Utterance]]
    texts: list[str]
    starts: list[int]
    origins: list[tuple[int, ...]]


def build_track(transcript: Transcript, role: Role) -> Track:
    """Gather what one role said."""
    said = _Said([], [], [0], [])
    turns: list[tuple[int, int]] = []
    stops: set[int] = set()
    interrupted, start = True, 0
    for index, utterance in enumerate(transcript.utterances):
        folded = fold(utterance.text)
        if utterance.role is not role:
            interrupted = interrupted or len(folded.text) > BACKCHANNEL_CHARS
            continue
        if not folded.text:
            continue
        said.utterances.append((index, utterance))
        said.texts.append(folded.text)
        said.origins.append(folded.origin)
        stops |= _stops(utterance.text, folded.origin, start)
        end = start + len(folded.text)
        said.starts.append(end)
        if interrupted or not turns:
            turns.append((start, end))
        else:
            turns[-1] = (turns[-1][0], end)
        interrupted, start = False, end
    return Track(role, said, tuple(turns), tuple(sorted(stops)))


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


def key_pairs(key: str) -> frozenset[str]:
    """Pairs of neighbouring keys."""
    return frozenset(map(add, key, key[1:]))
