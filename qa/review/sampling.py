"""Which calls are drawn for spot checks: partly by chance, partly by risk; always the same ones.

Chance is SHA-256 over seed, day, agent and call id: nobody can steer the draw, and anybody can
repeat it. Risk is a weighted sum of four parts, each from 0 to 1:

    0.40  what the machine found and nobody has looked at: severity 0–5, divided by 5
    0.25  how unsure it is: undecided lines, 4 or more count as 1
    0.20  a new agent: 1 without any earlier call, 0 from 50 on
    0.15  a long call: minutes beyond 3, 10 or more count as 1
"""

import hashlib
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from qa.records import DrawnBy

_SEVERE, _UNDECIDED, _EXPERIENCED, _SHORT_MS, _LONG_MS = 5, 4, 50, 180_000, 600_000
_WEIGHTS = (0.40, 0.25, 0.20, 0.15)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A call that may be drawn.

    Attributes:
        severity: 0–5, of the flags that nobody has decided; 0 once the call is reviewed.
        undecided: undecided lines of its scorecard.
        duration_ms: None where it is not known.
        earlier_calls: calls that its agent took before that day, as far as they were counted.
    """

    call_id: str
    agent_id: str
    severity: int
    undecided: int
    duration_ms: int | None
    earlier_calls: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How many calls are drawn.

    Attributes:
        count: calls for each agent, or for the week.
        risk_share: share of them drawn by risk, 0–1, rounded down; the rest is chance.
    """

    count: int
    risk_share: float

    @property
    def by_risk(self) -> int:
        """How many are drawn by risk."""
        return math.floor(self.count * self.risk_share + 1e-9)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A call that was drawn, and why."""

    call_id: str
    agent_id: str
    position: int
    drawn_by: DrawnBy


def risk(candidate: Candidate) -> float:
    """Say how much a call needs a second pair of ears, 0–1; the formula is the module's."""
    beyond_ms = max(0, (candidate.duration_ms or 0) - _SHORT_MS)
    parts = (
        candidate.severity / _SEVERE,
        min(1.0, candidate.undecided / _UNDECIDED),
        1 - min(1.0, candidate.earlier_calls / _EXPERIENCED),
        min(1.0, beyond_ms / _LONG_MS),
    )
    return sum(weight * part for weight, part in zip(_WEIGHTS, parts, strict=True))


def chance(seed: str, day: date, candidate: Candidate) -> str:
    """Give a call its lot for a day; the lowest are drawn."""
    text = f"{seed}\n{day.isoformat()}\n{candidate.agent_id}\n{candidate.call_id}"
    return hashlib.sha256(text.encode()).hexdigest()


def draw_daily(
    seed: str, day: date, candidates: Sequence[Candidate], plan: Plan
) -> tuple[Drawn, ...]:
    """Draw calls for each agent on duty, agents in order of id; the same for any input order."""
    by_agent: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_agent[candidate.agent_id].append(candidate)
    return tuple(
        [one for agent in sorted(by_agent) for one in draw(seed, day, by_agent[agent], plan)]
    )


def draw(seed: str, day: date, candidates: Sequence[Candidate], plan: Plan) -> tuple[Drawn, ...]:
    """Draw calls from one pool: by chance first, then the riskiest of what is left.

    Chance comes first so that every call has the same chance, whatever the machine thinks of it.
    Where few calls are there, chance is served before risk.
    """
    by_lot = sorted(candidates, key=lambda one: chance(seed, day, one))
    lucky = by_lot[: plan.count - plan.by_risk]
    # Of equal risk, the lot decides: `sorted` keeps the order of what it compares equal.
    rest = sorted(by_lot[len(lucky) :], key=risk, reverse=True)[: plan.by_risk]
    reasons = [DrawnBy.CHANCE] * len(lucky) + [DrawnBy.RISK] * len(rest)
    return tuple(
        Drawn(one.call_id, one.agent_id, position, why)
        for position, (one, why) in enumerate(zip([*lucky, *rest], reasons, strict=True))
    )


def choose(seed: str, day: date, agent_id: str, people: Sequence[int]) -> int | None:
    """Choose who of several people gets an agent's spot check that day; None where nobody is.

    Args:
        people: user ids.
    """
    if not people:
        return None
    lot = hashlib.sha256(f"{seed}\n{day.isoformat()}\n{agent_id}".encode()).digest()
    return sorted(people)[int.from_bytes(lot[:8], "big") % len(people)]
