"""Festival notices one by one, for people who enter them without a file."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from qa.errors import ConflictError, NotFoundError
from qa.ingest.rows import NoticeEntry
from qa.store.intake import put_notices
from qa.store.tables import CallRow, NoticeRow, TranscriptRow

BY_HAND = "qa notices"
"""The origin of notices that were entered by command; no folder is called so."""


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice as it is kept; `origin` is its folder, empty for one entered by command."""

    festival: str
    first_day: date
    last_day: date
    script: str | None
    number: str | None
    origin: str


def list_notices(session: Session) -> list[NoticeLine]:
    """List every notice, in order of time."""
    rows = session.scalars(
        select(NoticeRow).order_by(NoticeRow.first_day, NoticeRow.last_day, NoticeRow.festival)
    )
    return [
        NoticeLine(
            *(row.festival, row.first_day, row.last_day, row.script, row.number),
            "" if row.origin == BY_HAND else row.origin,
        )
        for row in rows
    ]


def add_notice(session: Session, entry: NoticeEntry, zone: ZoneInfo) -> None:
    """Keep a notice, and renew the context of the calls of its days.

    Raises:
        ConflictError: a notice of this festival and these days is there already.
    """
    own = _by_hand(session)
    if any(_window(entry) == _window(other) for other in own):
        raise ConflictError(
            "a notice of this festival and these days is there already; remove it first"
        )
    put_notices(session, BY_HAND, [*own, entry], zone)


def remove_notice(session: Session, festival: str, first_day: date, zone: ZoneInfo) -> NoticeEntry:
    """Take back a notice that was entered by command, and renew the context of its calls.

    Raises:
        NotFoundError: no such notice was entered by command.
        ConflictError: several begin on that day.
    """
    own = _by_hand(session)
    found = [e for e in own if (e.festival, e.first_day) == (festival, first_day)]
    if not found:
        raise NotFoundError("notice entered by command:", f"{festival} {first_day}")
    if len(found) > 1:
        raise ConflictError(f"{len(found)} notices of {festival} begin on {first_day}")
    put_notices(session, BY_HAND, [entry for entry in own if entry is not found[0]], zone)
    return found[0]


def count_calls(session: Session, entry: NoticeEntry, zone: ZoneInfo) -> int:
    """Count the transcribed calls of a notice's days, and those whose day is unknown."""
    first = datetime.combine(entry.first_day, time(), zone)
    after_last = datetime.combine(entry.last_day + timedelta(days=1), time(), zone)
    within = (CallRow.started_at >= first) & (CallRow.started_at < after_last)
    counted = (
        select(func.count())
        .select_from(CallRow)
        .join(
            TranscriptRow,
            (TranscriptRow.recording_id == CallRow.recording_id)
            & TranscriptRow.is_current.is_(True),
        )
        .where(CallRow.replaced_by.is_(None), or_(within, CallRow.started_at.is_(None)))
    )
    return session.scalar(counted) or 0


def _by_hand(session: Session) -> list[NoticeEntry]:
    rows = session.scalars(select(NoticeRow).where(NoticeRow.origin == BY_HAND))
    return [
        NoticeEntry(row.festival, row.first_day, row.last_day, row.script, row.number)
        for row in rows
    ]


def _window(entry: NoticeEntry) -> tuple[str, date, date]:
    return entry.festival, entry.first_day, entry.last_day
