"""Which days a page of figures is about, read from the address and written back into links."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import HTTPException, Query

from qa.api.service import Service
from qa.records import Scope
from qa.store.figures import newest_call

CHOICES = (7, 30, 90)
DEFAULT = 30
_LONGEST = 3660


@dataclass(frozen=True, slots=True)
class DaysQuery:
    """The days as asked for: the last so many, or from one day to another."""

    days: int = DEFAULT
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Days:
    """Some days in a row in the centre's zone, both ends included.

    Attributes:
        last: how many days, where the last ones were asked for; 0 for chosen days.
    """

    first: date
    final: date
    zone: ZoneInfo
    last: int

    @property
    def since(self) -> datetime:
        """Begin of the first day."""
        return _midnight(self.first, self.zone)

    @property
    def until(self) -> datetime:
        """End of the last day."""
        return _midnight(self.final + timedelta(days=1), self.zone)

    @property
    def count(self) -> int:
        """How many days there are."""
        return (self.final - self.first).days + 1

    def before(self) -> "Days":
        """Return as many days just before these."""
        final = self.first - timedelta(days=1)
        return Days(final - timedelta(days=self.count - 1), final, self.zone, 0)

    def query(self) -> str:
        """Write them as the query of an address; empty for the default."""
        if self.last:
            return "" if self.last == DEFAULT else f"?days={self.last}"
        return "?" + urlencode({"since": self.first, "until": self.final})


async def days_query(
    days: Annotated[int, Query(ge=1, le=_LONGEST)] = DEFAULT,
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
) -> DaysQuery:
    """Read the choice of days from a request."""
    return DaysQuery(days, since.strip(), until.strip())


def days_of(asked: DaysQuery, now: datetime, zone: ZoneInfo) -> Days:
    """Work out the days that were asked for.

    Raises:
        HTTPException: 400 for a date that is none, or an end before the beginning.
    """
    today = now.astimezone(zone).date()
    if not asked.since and not asked.until:
        return Days(today - timedelta(days=asked.days - 1), today, zone, asked.days)
    final = _day(asked.until) if asked.until else today
    first = _day(asked.since) if asked.since else final - timedelta(days=DEFAULT - 1)
    if not 0 <= (final - first).days <= _LONGEST:
        raise HTTPException(400, "the last day is not before the first")
    return Days(first, final, zone, 0)


def shown_days(service: Service, scope: Scope, asked: DaysQuery, now: datetime) -> Days:
    """Work out the days to show; the last so many end on the newest call where all are older.

    Raises:
        HTTPException: 400 for a date that is none, or an end before the beginning.
    """
    zone = service.store.zone
    days = days_of(asked, now, zone)
    if not days.last:
        return days
    with service.store.reading() as session:
        newest = newest_call(session, scope, before=now)
    return days_of(asked, newest, zone) if newest and newest < days.since else days


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
        if not 1970 <= day.year <= 9000:
            raise ValueError
    except ValueError:
        raise HTTPException(400, "a date is written 2025-11-18") from None
    return day


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)
