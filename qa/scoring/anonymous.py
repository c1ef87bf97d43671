"""What can be told of the agent's words when nobody knows who spoke (a mono recording).

What nobody said, the agent did not say either: a rule about words that must not be said is met when
they are not in the call at all. Where they are, only the speaker could tell, and a person decides.
"""

from dataclasses import replace
from typing import Protocol, TypeVar

from qa.scoring.check import Scene
from qa.scoring.spotting import Guards
from qa.types import Outcome, Verdict

UNKNOWN = Verdict(Outcome.UNDECIDED, "role_unknown")


class Guarded(Protocol):
    """A check with guards, as a frozen dataclass."""

    @property
    def guards(self) -> Guards:
        """What makes a phrase harmless."""

    def run(self, scene: Scene) -> Verdict:
        """Judge one call."""


_Check = TypeVar("_Check", bound=Guarded)


def unexcused(check: _Check) -> _Check:
    """Return the check without excuses from elsewhere in a turn: nobody knows whose turn it is."""
    return replace(check, guards=replace(check.guards, excused_by=()))  # type: ignore[type-var]


def if_nobody_said(check: Guarded, scene: Scene) -> Verdict:
    """Judge as if all words were the agent's: met if even then nothing is found.

    Args:
        check: without excuses (`unexcused`); keep it, building it anew for each call costs time.
    """
    if not scene.everyone.text:
        return Verdict(Outcome.UNDECIDED, "no_agent_speech")
    verdict = check.run(scene.as_agent)
    return replace(verdict, promises=()) if verdict.outcome is Outcome.MET else UNKNOWN
