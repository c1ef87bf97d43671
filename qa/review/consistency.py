"""四个一样: whether an agent serves alike, busy or idle, watched or not, known or unknown. Pure.

Regulation: 生人熟人一個樣，有無檢查一個樣，工作忙閑一個樣，情緒好壞一個樣.
Nobody can hear in what mood an agent was, so the fourth pair compares the begin of a shift with its
end. Scores are the machine's own, so that both sides have one judge; two means are compared as
B. L. Welch does (Biometrika 34 (1947) 28-35), and chance is corrected for how many comparisons
stand side by side (Holm).
"""

import bisect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from qa.review.exact import holm, t_quantile, t_tails

MIN_SIDE = 10
"""Fewer calls on a side carry no comparison."""
_HOUR = timedelta(hours=1)


class Pairing(StrEnum):
    """What is compared; the first side is the one that may be worse off."""

    BUSY = "busy"
    """The agent's busiest third of calls against the idlest, by calls in the hour before."""
    SAMPLED = "sampled"
    """Not drawn for a spot check against drawn by chance; calls drawn by risk are left out."""
    REPEAT = "repeat"
    """A caller who had called within some days against one who had not."""
    SHIFT = "shift"
    """The last third of a shift against the first."""


@dataclass(frozen=True, slots=True)
class AgentCall:
    """A call of one agent.

    Attributes:
        started_at: aware.
        score: the machine's, 0–100.
        is_sampled: drawn for a spot check by chance; None where drawn by risk.
        is_repeat: the caller had called before; None where the number is not known.
    """

    started_at: datetime
    score: int
    is_sampled: bool | None
    is_repeat: bool | None


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison; `mean` is None without calls."""

    calls: int
    mean: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides of an agent's calls.

    Attributes:
        first, second: such as busy and idle.
        difference: first less second, points; None while either side has fewer than `MIN_SIDE`.
        low, high: its 95 % interval.
        chance: how often chance alone makes such a difference, corrected for all that are
            compared together, 0–1.
    """

    pairing: Pairing
    first: Side
    second: Side
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    chance: float | None = None

    @property
    def is_few(self) -> bool:
        """Whether too few calls stand behind it."""
        return self.difference is None

    @property
    def differs(self) -> bool:
        """Whether the two sides differ by more than chance explains."""
        return self.chance is not None and self.chance < 0.05


@dataclass(frozen=True, slots=True)
class ShiftRule:
    """What a shift is: calls with no longer break between them, over some time at least."""

    break_after: timedelta = timedelta(hours=4)
    shortest: timedelta = timedelta(hours=3)


def compare_agents(
    agents: Sequence[Sequence[AgentCall]], shift: ShiftRule
) -> list[tuple[Comparison, ...]]:
    """Compare the calls of each agent among themselves; comparisons in the order of agents."""
    found = [tuple(_compare(pairing, calls, shift) for pairing in Pairing) for calls in agents]
    known = [one.chance for own in found for one in own if one.chance is not None]
    corrected = iter(holm(known))
    return [
        tuple([one if one.chance is None else _with_chance(one, next(corrected)) for one in own])
        for own in found
    ]


def _compare(pairing: Pairing, calls: Sequence[AgentCall], shift: ShiftRule) -> Comparison:
    ordered = sorted(calls, key=lambda call: call.started_at)
    if pairing is Pairing.BUSY:
        first, second = _by_load(ordered)
    elif pairing is Pairing.SHIFT:
        first, second = _by_shift(ordered, shift)
    elif pairing is Pairing.SAMPLED:
        first, second = _split(ordered, lambda call: call.is_sampled, swap=True)
    else:
        first, second = _split(ordered, lambda call: call.is_repeat)
    return compare(pairing, first, second)


def compare(pairing: Pairing, first: Sequence[int], second: Sequence[int]) -> Comparison:
    """Compare two sets of scores; `chance` is not yet corrected for other comparisons."""
    sides = Side(len(first), _mean(first)), Side(len(second), _mean(second))
    if min(len(first), len(second)) < MIN_SIDE:
        return Comparison(pairing, *sides)
    parts = [_variance(scores) / len(scores) for scores in (first, second)]
    difference = (sides[0].mean or 0.0) - (sides[1].mean or 0.0)
    error = math.sqrt(sum(parts))
    if error == 0:  # all calls of a side alike: nothing says how far others would spread
        return Comparison(pairing, *sides, difference)
    degrees = sum(parts) ** 2 / sum(
        part**2 / (len(scores) - 1) for part, scores in zip(parts, (first, second), strict=True)
    )
    half = t_quantile(0.05, degrees) * error
    chance = t_tails(difference / error, degrees)
    return Comparison(pairing, *sides, difference, difference - half, difference + half, chance)


def _with_chance(one: Comparison, chance: float) -> Comparison:
    return Comparison(one.pairing, one.first, one.second, one.difference, one.low, one.high, chance)


def _by_load(calls: Sequence[AgentCall]) -> tuple[list[int], list[int]]:
    """Split off the busiest and the idlest third, by how many calls began in the hour before.

    Calls as busy as the limits belong to neither where that would make the sides meet.
    """
    starts = [call.started_at for call in calls]
    loads = [
        at - bisect.bisect_left(starts, call.started_at - _HOUR) for at, call in enumerate(calls)
    ]
    if not loads:
        return [], []
    ordered = sorted(loads)
    idle, busy = ordered[len(ordered) // 3], ordered[-(len(ordered) // 3) - 1]
    if idle == busy:
        return [], []
    pairs = list(zip(loads, calls, strict=True))
    return (
        [call.score for load, call in pairs if load >= busy],
        [call.score for load, call in pairs if load <= idle],
    )


def _by_shift(calls: Sequence[AgentCall], shift: ShiftRule) -> tuple[list[int], list[int]]:
    """Collect the scores of the last and of the first thirds of all shifts that are long enough."""
    last: list[int] = []
    first: list[int] = []
    for members in _shifts(calls, shift.break_after):
        begin, end = members[0].started_at, members[-1].started_at
        if end - begin < shift.shortest:
            continue
        third = (end - begin) / 3
        first += [call.score for call in members if call.started_at <= begin + third]
        last += [call.score for call in members if call.started_at >= end - third]
    return last, first


def _shifts(calls: Sequence[AgentCall], break_after: timedelta) -> list[list[AgentCall]]:
    shifts: list[list[AgentCall]] = []
    for call in calls:
        if shifts and call.started_at - shifts[-1][-1].started_at <= break_after:
            shifts[-1].append(call)
        else:
            shifts.append([call])
    return shifts


def _split(
    calls: Sequence[AgentCall], side: Callable[[AgentCall], bool | None], *, swap: bool = False
) -> tuple[list[int], list[int]]:
    yes = [call.score for call in calls if side(call) is True]
    no = [call.score for call in calls if side(call) is False]
    return (no, yes) if swap else (yes, no)


def _mean(scores: Sequence[int]) -> float | None:
    return sum(scores) / len(scores) if scores else None


def _variance(scores: Sequence[int]) -> float:
    mean = sum(scores) / len(scores)
    return sum((score - mean) ** 2 for score in scores) / (len(scores) - 1)
