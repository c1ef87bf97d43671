"""A year is the sum of its months: of every sum and every count, whatever months are missing."""

from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.review.schedule import Terms
from qa.review.sheets import Sheet, SheetLine, Work
from qa.review.years import MonthState, YearMonth, months_of, total_work, year_of

counts = st.integers(0, 5000)
works = st.builds(Work, *[counts] * 10)
lines = st.builds(
    lambda kind, fen: SheetLine(1, kind, "serious", fen, 1, "2025-11-18", "confirmed"),
    st.sampled_from(("fine", "joint", "reward", "reversal")),
    st.integers(-50_000, 50_000),
)


def sheet(month: str, work: Work, *found: SheetLine, excellent: bool = False) -> Sheet:
    return Sheet(month, "108", "一组", work, excellent, 0, excellent, found, Terms().text)


@st.composite
def years(draw: st.DrawFn) -> dict[str, YearMonth]:
    months = {}
    for month in months_of("2025"):
        state = draw(st.sampled_from(MonthState))
        if state in (MonthState.CLOSED, MonthState.OPEN):
            made = sheet(month, draw(works), *draw(st.lists(lines)), excellent=draw(st.booleans()))
            months[month] = YearMonth(month, state, made, "0" * 64)
        else:
            months[month] = YearMonth(month, state)
    return months


@settings(max_examples=60, deadline=None)
@given(years())
def test_every_figure_is_the_sum_of_the_months(months: dict[str, YearMonth]) -> None:
    year = year_of("2025", "108", months)
    sheets = [one.sheet for one in months.values() if one.sheet]
    every = [line.fen for one in sheets for line in one.lines]
    assert year.total == sum(every) == sum(one.total for one in sheets)
    assert year.total == year.fined - year.given_back - year.rewards
    for name, number in asdict(year.work).items():
        assert number == sum(asdict(one.work)[name] for one in sheets), name
    assert year.excellent_months == sum(one.is_excellent for one in sheets)
    assert sum(len(year.in_state(state)) for state in MonthState) == 12
    open_ones = {MonthState.OPEN, MonthState.MISSING, MonthState.AHEAD}
    assert year.is_final == (not open_ones & {one.state for one in months.values()})


def test_the_mean_of_a_year_is_that_of_its_calls_not_of_its_months() -> None:
    assert total_work([Work(calls=1, points=100), Work(calls=3, points=180)]).mean == "70.0"
    assert total_work([]).mean == "–"


def test_a_month_that_is_not_there_or_not_the_agents_is_no_year() -> None:
    months = {month: YearMonth(month, MonthState.MISSING) for month in months_of("2025")}
    with pytest.raises(ValueError, match="another month or agent"):
        other = YearMonth("2025-03", MonthState.OPEN, sheet("2025-04", Work()), "0" * 64)
        year_of("2025", "108", {**months, "2025-03": other})
    del months["2025-07"]
    with pytest.raises(ValueError, match="twelve"):
        year_of("2025", "108", months)
