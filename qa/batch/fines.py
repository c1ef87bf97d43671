"""Booking and events by the clock: what the settings say, and what is done every day."""

from dataclasses import dataclass
from datetime import datetime

from qa.config import Settings
from qa.review.schedule import Terms
from qa.store.charges import ChargeRules
from qa.store.event_finding import find_heard, find_long_repairs, has_unscanned, scan_horizon
from qa.store.fines import Reckoning, book, due_postings
from qa.store.omissions import Overdue, raise_candidates
from qa.store.store import Store


@dataclass(frozen=True, slots=True)
class EventWork:
    """What was done: events that are new, that are gone, and candidates that were raised.

    Attributes:
        is_done: every scorecard was looked through.
    """

    found: int
    gone: int
    candidates: int
    is_done: bool = True


def reckoning_of(settings: Settings, store: Store) -> Reckoning:
    """Read how the ledger is reckoned."""
    section = settings.ledger
    values = section.model_dump()
    is_dry = values.pop("dry_run")
    return Reckoning(Terms(**values), settings.review.appeal_days, store.zone, is_dry)


def charge_rules_of(settings: Settings) -> ChargeRules:
    """Read how entered charges are decided."""
    values = settings.ledger.model_dump(exclude={"dry_run"})
    return ChargeRules(settings.review.appeal_days, Terms(**values))


def payer_of(settings: Settings) -> str:
    """Name who pays a joint penalty with every fine, by login; empty where nobody does.

    Whoever that is spares themselves money with each fine that is taken back, so others decide.
    """
    ledger = settings.ledger
    return ledger.joint_person if ledger.joint_covers == "all" else ""


def book_due(store: Store, settings: Settings, now: datetime) -> int:
    """Book what is due, unless the ledger only tries out; writes only where there is anything.

    Returns:
        How many entries are new.

    Raises:
        StoreError: a stored scorecard is damaged.
    """
    reckoning = reckoning_of(settings, store)
    if reckoning.dry_run:
        return 0
    with store.reading() as session:
        if not due_postings(session, reckoning, now):
            return 0
    with store.writing() as session:
        return len(book(session, reckoning, now))


def follow_events(
    store: Store, settings: Settings, now: datetime, *, most_batches: int | None = None
) -> EventWork:
    """Find events on new scorecards and tickets, raise what people should look at.

    Harmless to repeat; some scorecards at a time, so that others can write in between.

    Args:
        most_batches: so many times `BATCH` scorecards at most; the next look goes on from there.
            None for all of them.
    """
    section, found, gone, batches = settings.events, 0, 0, 0
    with store.reading() as session:
        is_done = not has_unscanned(session)
    horizon = 0
    if not is_done:
        with store.writing() as session:  # of its own, so that the lock is held for a moment only
            horizon = scan_horizon(session)
    while not is_done and (most_batches is None or batches < most_batches):
        with store.writing() as session:
            one = find_heard(session, now, horizon)
        found, gone, is_done = found + one.events, gone + one.gone, one.is_done
        batches += 1
    if not is_done:  # what follows from events waits until all of them are known
        return EventWork(found, gone, 0, is_done=False)
    with store.writing() as session:
        found += find_long_repairs(session, now, section.repair_hours)
        overdue = Overdue(section.file_within_hours, section.look_back_days)
        candidates = raise_candidates(session, now, overdue)
    return EventWork(found, gone, candidates)
