"""Which calls are drawn for people to label, and what their labels together say. Pure.

Chance is SHA-256 over seed and call id, as for spot checks: nobody can steer the draw, and anybody
can repeat it.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from qa.types import Outcome


class Stratum(StrEnum):
    """What the machine found of the rules in question on a call, when calls were drawn."""

    FLAGGED = "flagged"
    UNDECIDED = "undecided"
    CLEAN = "clean"


SHARES: Mapping[Stratum, float] = {
    Stratum.FLAGGED: 0.4,
    Stratum.UNDECIDED: 0.2,
    Stratum.CLEAN: 0.4,
}
"""Share of the labels that each stratum gets; what one cannot use goes to the others."""


@dataclass(frozen=True, slots=True)
class DrawnCall:
    """A call to label; `position` counts from 1 in an order that tells nothing of the machine."""

    call_id: str
    stratum: Stratum
    position: int


def allot(populations: Mapping[Stratum, int], size: int) -> dict[Stratum, int]:
    """Divide labels among strata: never more than a stratum has, never fewer than can be used."""
    wanted = min(size, sum(populations.values()))
    given = dict.fromkeys(Stratum, 0)
    while (rest := wanted - sum(given.values())) > 0:
        room = [one for one in Stratum if populations.get(one, 0) > given[one]]
        whole = sum(SHARES[one] for one in room)
        for one in room:
            share = max(1, int(rest * SHARES[one] / whole))
            left = wanted - sum(given.values())
            given[one] += min(share, left, populations[one] - given[one])
    return given


def draw_calls(
    seed: str, calls: Iterable[tuple[str, Stratum]], size: int
) -> tuple[dict[Stratum, int], tuple[DrawnCall, ...]]:
    """Draw calls for people to label; the same ones for the same seed, in whatever order given.

    Returns:
        How many calls each stratum has, and those drawn, in order of position.
    """
    strata: dict[Stratum, list[tuple[str, str]]] = {one: [] for one in Stratum}
    for call_id, stratum in calls:
        strata[stratum].append((_lot(seed, call_id), call_id))
    populations = {one: len(members) for one, members in strata.items()}
    given = allot(populations, size)
    lucky = [
        (_lot(f"order {seed}", call_id), call_id, stratum)
        for stratum, members in strata.items()
        for _, call_id in sorted(members)[: given[stratum]]
    ]
    drawn = tuple(
        [
            DrawnCall(call_id, stratum, at)
            for at, (_, call_id, stratum) in enumerate(sorted(lucky), 1)
        ]
    )
    return populations, drawn


def share_out(
    drawn: Sequence[DrawnCall], people: Sequence[int], *, twice: float
) -> list[tuple[DrawnCall, int]]:
    """Give each call to one person in turn, and some to a second one.

    Args:
        people: user ids.
        twice: share (0–1) of the calls that two people label, where there are two.
    """
    tasks = []
    doubled = round(len(drawn) * twice) if len(people) > 1 else 0
    for at, call in enumerate(drawn):
        tasks.append((call, people[at % len(people)]))
        if at < doubled:
            tasks.append((call, people[(at + 1 + at // len(people)) % len(people)]))
    return [task for at, task in enumerate(tasks) if task not in tasks[:at]]


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """Say what several people's labels amount to: what more than half say, else UNDECIDED."""
    (first, count), *_ = Counter(outcomes).most_common(1)
    return first if count * 2 > len(outcomes) else Outcome.UNDECIDED


def _lot(seed: str, call_id: str) -> str:
    return hashlib.sha256(f"{seed}\n{call_id}".encode()).hexdigest()
