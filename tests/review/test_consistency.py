"""四个一样: two sides of an agent's calls, and when they say nothing."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from qa.review.consistency import AgentCall, Pairing, ShiftRule, compare, compare_agents

START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


def call(minutes: float, score: int, **given: bool | None) -> AgentCall:
    values = {"is_sampled": False, "is_repeat": None, **given}
    return AgentCall(START + timedelta(minutes=minutes), score, **values)


def of(calls: list[AgentCall], pairing: Pairing):  # type: ignore[no-untyped-def]
    (own,) = compare_agents([calls], ShiftRule())
    return next(one for one in own if one.pairing is pairing)


def test_welch_as_published() -> None:
    # Two samples of unequal spread, computed by hand: t = 2.5355, 4.4118 degrees of freedom apart.
    first, second = [90, 92, 94, 96, 98] * 4, [80, 90, 100, 70, 90] * 4
    found = compare(Pairing.BUSY, first, second)
    assert found.difference == pytest.approx(8.0)
    spread = (8.4210526 + 109.4736842) / 20  # variances over 20
    assert found.low is not None and found.high is not None
    assert (found.low + found.high) / 2 == pytest.approx(8.0)
    degrees = spread**2 / ((8.4210526 / 20) ** 2 / 19 + (109.4736842 / 20) ** 2 / 19)
    assert degrees == pytest.approx(21.9, abs=0.1)
    assert (found.high - 8.0) / spread**0.5 == pytest.approx(2.0745, abs=0.002)  # t at 21.9


def test_few_calls_are_no_finding() -> None:
    found = compare(Pairing.REPEAT, [50] * 9, [100] * 500)
    assert found.is_few
    assert (found.first.calls, found.difference, found.differs) == (9, None, False)


def test_busy_hours_are_the_agents_own() -> None:
    calls = []
    for day in range(10):
        idle = [call(day * 1440 + hour * 70, 96 + hour % 3) for hour in range(4)]
        busy = [call(day * 1440 + 400 + n * 4, 84 + n % 5) for n in range(10)]
        calls += idle + busy
    found = of(calls, Pairing.BUSY)
    assert found.differs
    assert found.difference is not None and found.difference < -8


def test_an_even_day_has_no_busy_hours() -> None:
    assert of([call(n * 90, 90 + n % 7) for n in range(60)], Pairing.BUSY).is_few


def test_shift_begin_and_end() -> None:
    calls = [
        call(day * 1440 + at * 20, 98 - at // 4 - day % 2) for day in range(5) for at in range(24)
    ]
    found = of(calls, Pairing.SHIFT)
    assert found.differs
    assert (found.first.calls, found.second.calls) == (40, 40)
    short = [call(day * 1440 + at * 5, 90) for day in range(9) for at in range(10)]
    assert of(short, Pairing.SHIFT).is_few


def test_unknown_numbers_and_checks_by_risk_are_left_out() -> None:
    calls = [call(n, 90 + n % 4, is_sampled=None, is_repeat=None) for n in range(40)]
    assert of(calls, Pairing.SAMPLED).first.calls == 0
    assert of(calls, Pairing.REPEAT).second.calls == 0


def test_chance_alone_is_rarely_a_finding() -> None:
    """A hundred agents who serve everybody alike: hardly one may stand out."""
    chance = random.Random(3)
    agents = [
        [call(n * 12, chance.randint(60, 100), is_repeat=chance.random() < 0.4) for n in range(120)]
        for _ in range(100)
    ]
    found = compare_agents(agents, ShiftRule())
    assert sum(one.differs for own in found for one in own) <= 1
