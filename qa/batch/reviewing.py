"""What is done every day: windows close, checks are drawn, events followed, fines booked."""

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from qa.batch.fines import EventWork, book_due, follow_events
from qa.config import Settings
from qa.errors import StoreError
from qa.records import SpotCheck
from qa.review.sampling import Plan
from qa.store.call_status import close_windows, has_windows_to_close
from qa.store.check_draw import DrawSettings, draw_checks
from qa.store.store import Store

CATCH_UP_DAYS = 7
"""So many days are looked back for checks that were not drawn, as when the program stood still."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DailyWork:
    """What was done: calls that became final, checks drawn, events followed, entries booked.

    Attributes:
        booked: new entries of the ledger; None where a damaged scorecard kept it from booking.
    """

    closed: int
    drawn: tuple[SpotCheck, ...]
    events: EventWork
    booked: int | None


def draw_settings(settings: Settings) -> DrawSettings:
    """Read how spot checks are drawn."""
    review = settings.review
    return DrawSettings(
        daily=Plan(review.daily_checks, review.risk_share),
        weekly=Plan(review.weekly_checks, review.risk_share),
        seed=review.check_seed,
        due_hours=review.check_due_hours,
        weekly_due_hours=review.weekly_due_hours,
    )


def draw_day(store: Store, settings: Settings, day: date, now: datetime) -> tuple[SpotCheck, ...]:
    """Draw the checks of one day that is over."""
    with store.writing() as session:
        return tuple(draw_checks(session, day, now, draw_settings(settings), store.zone))


def close_passed_windows(store: Store, now: datetime) -> int:
    """Make calls final whose appeal window has passed; writes only where there are any.

    Lists call it before they read, so that a state shown is never behind the clock.

    Returns:
        How many became final.
    """
    with store.reading() as session:
        if not has_windows_to_close(session, now):
            return 0
    with store.writing() as session:
        return close_windows(session, now)


def do_daily_work(store: Store, settings: Settings, now: datetime) -> DailyWork:
    """Close windows, draw the checks of the last days that are over, follow events, book fines.

    Harmless to repeat.
    """
    closed = close_passed_windows(store, now)
    drawn: list[SpotCheck] = []
    if settings.review.draw_checks:
        today = now.astimezone(store.zone).date()
        for back in range(CATCH_UP_DAYS, 0, -1):
            drawn += draw_day(store, settings, today - timedelta(days=back), now)
    events = follow_events(store, settings, now)
    return DailyWork(closed, tuple(drawn), events, book_or_tell(store, settings, now))


def book_or_tell(store: Store, settings: Settings, now: datetime) -> int | None:
    """Book what is due; a scorecard that cannot be read stops the booking, and nothing else."""
    try:
        return book_due(store, settings, now)
    except StoreError as error:
        _log.warning("nothing was booked: %s", error)
        return None
