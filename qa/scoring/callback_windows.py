"""Stretches of a conversation: clauses with their times, and the text of an answer's window."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from qa.scoring.callback_answers import PAUSE, Reading
from qa.scoring.track import Track
from qa.types import Role

IDLE = frozenset("嗯啊哦噢喔唉诶呃好")
"""Characters with which a customer only shows to be there."""
HOLE_MS = 100
"""So long a gap between two words of an utterance may hold another word."""
_WHOLE = IDLE | frozenset("对是行有喂哎")
"""Characters that are a word of their own."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the customer answered.

    Attributes:
        values: what it may mean; one where it can be told.
        firm: whether it may contradict a keyed answer.
        start, end: positions in the customer's text, or in the agent's where the customer only
            agreed with what the agent repeated.
        role: whose words they are.
        asked: whether it stands in the reply to its question, rather than elsewhere.
    """

    values: frozenset[str]
    firm: bool
    start: int
    end: int
    role: Role
    asked: bool

    @property
    def value(self) -> str | None:
        """The one value; None where it cannot be told."""
        return next(iter(self.values)) if len(self.values) == 1 else None


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause in positions of its track's text, and when it begins."""

    start: int
    end: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Window:
    """Clauses of one answer: joined text, and for each character its position in the track."""

    text: str
    positions: tuple[int, ...]

    def range(self, reading: Reading) -> tuple[int, int]:
        """Return where a reading stands in the track."""
        last = min(reading.end, len(self.positions)) - 1
        return self.positions[reading.start], self.positions[max(reading.start, last)] + 1


def clauses_of(track: Track) -> tuple[Clause, ...]:
    """Cut what one role said at its pauses."""
    edges = [*track.pauses, len(track.text)]
    found = []
    for start, end in pairwise(edges):
        if start < end:
            found.append(Clause(start, end, track.time_at(start)[0]))
    return tuple(found)


def window_of(track: Track, clauses: Sequence[Clause], start_ms: int, end_ms: int) -> Window:
    """Join the clauses that begin in a stretch of time."""
    chosen = [c for c in clauses if start_ms <= c.at_ms < end_ms]
    text: list[str] = []
    positions: list[int] = []
    for index, clause in enumerate(chosen):
        if index and not _torn(track, chosen[index - 1]):
            text.append(PAUSE)
            positions.append(clause.start - 1)
        text.append(track.text[clause.start : clause.end])
        positions += range(clause.start, clause.end)
    return Window("".join(text), tuple(positions))


def _torn(track: Track, clause: Clause) -> bool:
    """Whether a clause is a single character that recognition tore off the next (不 | 满意)."""
    if clause.end - clause.start > 1 or track.text[clause.start] in _WHOLE:
        return False
    utterance = track.utterances[track.utterance_at(clause.start)][1]
    return utterance.text[-1:].isalnum()


def answer_of(readings: Sequence[Reading], window: Window, role: Role, *, asked: bool) -> Answer:
    """Gather readings into an answer, with its place in the track."""
    values = frozenset().union(*(r.values for r in readings))
    first, last = readings[0], readings[-1]
    chosen = last if len(values) == 1 else None
    start, end = window.range(chosen or Reading(values, first.start, last.end))
    return Answer(values, any(r.firm for r in readings), start, end, role, asked)


def has_hole(track: Track, start: int, end: int) -> bool:
    """Whether time passes without a word inside a range or at its edges, in one utterance.

    Recognition may have left out a word there, such as the 不 of 不满意.
    """
    first, last = max(1, start), min(end + 1, len(track.text))
    return any(_gap_before(track, at) >= HOLE_MS for at in range(first, last))


def _gap_before(track: Track, position: int) -> int:
    """Milliseconds between the word of a position and the one before, or the utterance's start."""
    k = track.utterance_at(position)
    utterance, at = track.utterances[k][1], 0
    origin = track.origins[k][position - track.starts[k]]
    before_ms = utterance.span.start_ms
    for word in utterance.words:
        if origin < at + len(word.text):
            return word.span.start_ms - before_ms
        at, before_ms = at + len(word.text), word.span.end_ms
    return 0
