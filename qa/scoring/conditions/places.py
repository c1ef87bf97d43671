"""Where a condition holds, and how far two such places lie apart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from qa.scoring.check import Scene
from qa.scoring.conditions.leaves import Where
from qa.scoring.track import Track, build_track
from qa.scoring.windows import closing, opening
from qa.text import fold
from qa.types import Match, Role, Span

_ROLES = {"agent": Role.AGENT, "customer": Role.CUSTOMER}


@dataclass(frozen=True, slots=True)
class Place:
    """A place where something holds.

    Attributes:
        span: in the recording.
        turn: which change of speaker the place lies in, from 0.
        chars: range in all that was said by anybody, in characters.
        match: the words, for evidence; None for silence and the like.
        sure: whether it counts; a place that is not sure makes a condition unknown, not true.
    """

    span: Span
    turn: int
    chars: tuple[int, int]
    match: Match | None
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Gap:
    """Most seconds, turns and characters between two places; None for no limit."""

    seconds: float | None = None
    turns: int | None = None
    chars: int | None = None

    def allows(self, first: Place, then: Place) -> bool:
        """Whether the second place lies no further behind the first one's end."""
        seconds = max(0, then.span.start_ms - first.span.end_ms) / 1000
        return (
            (self.seconds is None or seconds <= self.seconds)
            and (self.turns is None or then.turn - first.turn <= self.turns)
            and (self.chars is None or then.chars[0] - first.chars[1] <= self.chars)
        )


@dataclass(frozen=True)
class Field:
    """A call laid out for conditions: its turns, and who said what where."""

    scene: Scene

    @cached_property
    def _offsets(self) -> tuple[int, ...]:
        lengths = (len(fold(u.text).text) for u in self.scene.transcript.utterances)
        return (0, *accumulate(lengths))

    @cached_property
    def _turns(self) -> tuple[int, ...]:
        turns: list[int] = []
        before: Role | None = None
        for utterance in self.scene.transcript.utterances:
            turns.append((turns[-1] if turns else -1) + (utterance.role is not before))
            before = utterance.role
        return tuple(turns)

    def tracks(self, by: str) -> list[Track]:
        """Return what a speaker said; all roles, the unknown one too, for `anyone`."""
        if by == "agent":
            return [self.scene.agent]
        if by == "customer":
            return [self.scene.customer]
        unknown = build_track(self.scene.transcript, Role.UNKNOWN)
        return [self.scene.agent, self.scene.customer, unknown]

    def knows(self, by: str) -> bool:
        """Whether it is known who said what, as far as the speaker matters."""
        return by == "anyone" or self.scene.roles_known

    def in_words(self, track: Track, start: int, end: int, match: Match, *, sure: bool) -> Place:
        """Return the place of a range of a track."""
        index = track.utterances[track.utterance_at(start)][0]
        first = self._offset(track, start)
        return Place(match.span, self._turns[index], (first, first + end - start), match, sure)

    def edges(self, track: Track, unit: str) -> list[int]:
        """Return where each turn or sentence of a track begins, in all that anybody said."""
        starts = [start for start, _ in track.turns] if unit == "turn" else list(track.stops)
        return [self._offset(track, start) for start in starts if start < len(track.text)]

    def _offset(self, track: Track, position: int) -> int:
        k = track.utterance_at(position)
        return self._offsets[track.utterances[k][0]] + position - track.starts[k]

    def in_time(self, span: Span) -> Place:
        """Return the place of a stretch in which nobody need speak."""
        before = sum(u.span.start_ms < span.start_ms for u in self.scene.transcript.utterances)
        turn = self._turns[before - 1] if before else 0
        at = self._offsets[before]
        return Place(span, turn, (at, at), None)

    def ranges(self, track: Track, where: Where) -> list[tuple[int, int]]:
        """Return the ranges of a track that a condition may look at, whole utterances each."""
        start, end = 0, len(track.text)
        if where.window:
            start, end = self._window(track, where)
        if where.first_turns:
            turns = track.turns[: where.first_turns]
            end = min(end, turns[-1][1] if turns else 0)
        if where.last_turns:
            turns = track.turns[-where.last_turns :]
            start = max(start, turns[0][0] if turns else end)
        if where.first_s is None and where.last_s is None:
            return [(start, end)] if start < end else []
        return [(a, b) for a, b in self._timed(track, where) if start <= a and b <= end]

    def _window(self, track: Track, where: Where) -> tuple[int, int]:
        """Return the opening or closing; of the customer, what lies within the agent's in time."""
        start, end = (opening if where.window == "opening" else closing)(self.scene)
        if track.role is Role.AGENT:
            return start, end
        agent = self.scene.agent
        span = agent.span(start, end) if start < end else Span(0, 0)
        inside = [
            k
            for k, (_, u) in enumerate(track.utterances)
            if (u.span.start_ms < span.end_ms if where.window == "opening" else False)
            or (u.span.end_ms > span.start_ms if where.window == "closing" else False)
        ]
        return (track.starts[inside[0]], track.starts[inside[-1] + 1]) if inside else (0, 0)

    def _timed(self, track: Track, where: Where) -> Iterable[tuple[int, int]]:
        for k, (_, utterance) in enumerate(track.utterances):
            if self.holds_time(utterance.span, where):
                yield track.starts[k], track.starts[k + 1]

    def holds_time(self, span: Span, where: Where) -> bool:
        """Whether a stretch begins early, or ends late, enough."""
        left = self.scene.transcript.duration_ms - span.end_ms
        return (where.first_s is None or span.start_ms <= where.first_s * 1000) and (
            where.last_s is None or left <= where.last_s * 1000
        )

    def in_where(self, span: Span, where: Where) -> bool:
        """Whether a stretch of time lies in a part of the call."""
        if not self.holds_time(span, where):
            return False
        agent = self.scene.agent
        ranges = self.ranges(
            agent, Where(where.window, None, None, where.first_turns, where.last_turns)
        )
        if where == Where(None, where.first_s, where.last_s):
            return True
        return any(agent.span(a, b).overlap_ms(span) for a, b in ranges)


def role_of(by: str) -> Role | None:
    """Return the role that a speaker's name stands for; None for anyone."""
    return _ROLES.get(by)


def chain(groups: Sequence[Sequence[Place]], gap: Gap) -> list[list[Place]]:
    """Find the ways to go through the groups in order, the earliest next place each time.

    Returns:
        One chain per place of the first group from which the others can be reached.
    """
    chains = []
    for first in groups[0]:
        found = _continue(first, groups[1:], gap)
        if found is not None:
            chains.append([first, *found])
    return chains


def _continue(first: Place, groups: Sequence[Sequence[Place]], gap: Gap) -> list[Place] | None:
    if not groups:
        return []
    for then in groups[0]:
        follows = then.span.start_ms >= first.span.start_ms and then.chars[0] >= first.chars[1]
        if then is not first and follows and gap.allows(first, then):
            rest = _continue(then, groups[1:], gap)
            if rest is not None:
                return [then, *rest]
    return None


def whole(places: Sequence[Place]) -> Place:
    """Join places into one that runs from the first to the last; its words are the first one's."""
    start = min(p.span.start_ms for p in places)
    end = max(p.span.end_ms for p in places)
    chars = (min(p.chars[0] for p in places), max(p.chars[1] for p in places))
    match = next((p.match for p in places if p.match), None)
    last_turn = max(p.turn for p in places)
    return Place(Span(start, end), last_turn, chars, match, all(p.sure for p in places))
