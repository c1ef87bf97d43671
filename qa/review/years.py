"""An agent's year: the twelve monthly assessment sheets, added up and nothing else. Pure.

No figure of a year is counted anew; each is the sum of what stands on the sheets of its months, so
that the year can always be checked by hand. A month without a sheet adds nothing and is named.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from qa.review.sheets import Sheet, Work


class MonthState(StrEnum):
    """What there is of a month."""

    CLOSED = "closed"
    """Its sheet is frozen."""
    OPEN = "open"
    """Its sheet changes with decisions."""
    NOTHING = "nothing"
    """The month is closed, and the agent has no sheet in it: no calls and no entries."""
    MISSING = "missing"
    """The month has begun and is not closed, and the agent has no sheet in it."""
    BEFORE = "before"
    """The month is not closed, and nothing is known of the agent before a later month."""
    AHEAD = "ahead"
    """The month has not begun."""


@dataclass(frozen=True, slots=True)
class YearMonth:
    """A month of a year.

    Attributes:
        month: `2025-11`.
        sheet, sheet_hash: None where the agent has no sheet of it.
    """

    month: str
    state: MonthState
    sheet: Sheet | None = None
    sheet_hash: str | None = None


@dataclass(frozen=True, slots=True)
class PersonYear:
    """Whose year: `2025`, and an agent's number, or `@login` of who pays joint penalties."""

    year: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class YearSheet:
    """An agent's year; sums are in fen.

    Attributes:
        months: all twelve, in order.
    """

    year: str
    agent_id: str
    months: tuple[YearMonth, ...]

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """The sheets that there are, in order of month."""
        return tuple(one.sheet for one in self.months if one.sheet is not None)

    @property
    def work(self) -> Work:
        """What the agent did, added up; the mean is that of all calls, not of the months' means."""
        return total_work(sheet.work for sheet in self.sheets)

    @property
    def fined(self) -> int:
        """Fen that the fines of the year take."""
        return sum(sheet.fined for sheet in self.sheets)

    @property
    def given_back(self) -> int:
        """Fen that its reversals give back."""
        return sum(sheet.given_back for sheet in self.sheets)

    @property
    def rewards(self) -> int:
        """Fen that its rewards give."""
        return sum(sheet.rewards for sheet in self.sheets)

    @property
    def total(self) -> int:
        """Fen that the year takes from the pay; negative gives."""
        return sum(sheet.total for sheet in self.sheets)

    @property
    def excellent_months(self) -> int:
        """How many months were excellent, 0-12."""
        return sum(sheet.is_excellent for sheet in self.sheets)

    @property
    def rewarded_months(self) -> int:
        """In how many months a row of excellent ones was to be rewarded, 0-12."""
        return sum(sheet.rewarded for sheet in self.sheets)

    @property
    def team(self) -> str | None:
        """The team on the last sheet of the year."""
        return self.sheets[-1].team if self.sheets else None

    @property
    def is_final(self) -> bool:
        """Whether every month in which the agent was there is closed: no sum changes any more."""
        done = (MonthState.CLOSED, MonthState.NOTHING, MonthState.BEFORE)
        return all(one.state in done for one in self.months)

    def in_state(self, state: MonthState) -> tuple[str, ...]:
        """List the months in a state, `2025-11`."""
        return tuple(one.month for one in self.months if one.state is state)


def months_of(year: str) -> tuple[str, ...]:
    """List the twelve months of a year, `2025-01` to `2025-12`."""
    return tuple(f"{year}-{number:02d}" for number in range(1, 13))


def total_work(works: Iterable[Work]) -> Work:
    """Add up what was done, count by count."""
    counted = tuple(works)
    sums = {f.name: sum(getattr(work, f.name) for work in counted) for f in fields(Work)}
    return Work(**sums)


def year_of(year: str, agent_id: str, months: Mapping[str, YearMonth]) -> YearSheet:
    """Put a year together from its months.

    Raises:
        ValueError: a month of the year is not there, or a sheet is of another month or agent.
    """
    found = tuple(months[month] for month in months_of(year) if month in months)
    if len(found) != 12:
        raise ValueError(f"{year} needs twelve months, not {len(found)}")
    for one in found:
        if one.sheet and (one.sheet.month, one.sheet.agent_id) != (one.month, agent_id):
            raise ValueError(f"the sheet of {one.month} is of another month or agent")
    return YearSheet(year, agent_id, found)
