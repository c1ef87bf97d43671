"""What became of one detail of a call: asked, given, repeated, agreed to."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from qa.scoring.check import Scene
from qa.scoring.hypotheses import Finding, Kind, weigh
from qa.scoring.track import Track
from qa.types import Match


class State(StrEnum):
    """How a detail was read back; the value is the verdict's reason code."""

    RIGHT = "readback_right"
    CORRECTED = "readback_corrected"
    WRONG = "readback_wrong"
    PART = "readback_part"
    MISSING = "readback_missing"
    NOT_ASKED = "readback_not_asked"
    UNSURE = "readback_unsure"


MET = (State.RIGHT, State.CORRECTED)
VIOLATED = (State.WRONG, State.PART, State.MISSING, State.NOT_ASKED)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A place where the sound may tell which of two values was said.

    Attributes:
        settled: what it would have to be for the read-back to be right.
        heard: what was heard there instead.
    """

    track: Track
    place: tuple[int, int]
    settled: tuple[str, ...]
    heard: tuple[str, ...]
    kind: Kind


@dataclass(frozen=True)
class Detail:
    """One detail's way through the call.

    Attributes:
        given, repeated: where the customer said it and where the agent did.
        asked: where the agent asked for it.
        value: what was agreed to, in a form for comparing; empty where nothing was.
        doubts: places to ask the sound before the state is believed.
    """

    name: str
    state: State
    asked: Match | None = None
    given: Match | None = None
    repeated: Match | None = None
    value: str = ""
    doubts: tuple[Doubt, ...] = field(default=())

    @property
    def matches(self) -> tuple[Match, ...]:
        """The quotes of both sides, in time order; the question where there is nothing else."""
        quotes = [m for m in (self.given, self.repeated) if m] or [m for m in (self.asked,) if m]
        return tuple(sorted(quotes, key=lambda m: m.span))


def settle(scene: Scene, detail: Detail) -> Detail:
    """Ask the sound about a detail's doubts.

    A doubt that turns out in the agent's favour makes the read-back right; one that turns out
    against, with every other, leaves it wrong; anything else leaves it open.
    """
    if not detail.doubts or detail.state in MET:
        return detail
    findings = [_ask(scene, doubt) for doubt in detail.doubts]
    if Finding.SAID in findings:
        return replace(detail, state=State.RIGHT)
    if detail.state is State.WRONG and all(f is Finding.NOT_SAID for f in findings):
        return detail
    return replace(detail, state=State.UNSURE)


def _ask(scene: Scene, doubt: Doubt) -> Finding:
    found = weigh(
        scene, doubt.track, doubt.place, _new(doubt.settled), _new(doubt.heard), kind=doubt.kind
    )
    return found.finding


def _new(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))[:MAX_TEXTS]


MAX_TEXTS = 3
"""Hypotheses on either side of a doubt; each costs the engine some 50 ms."""
