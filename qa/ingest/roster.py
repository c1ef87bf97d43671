"""The roster: who sat at which seat, and when."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from qa.ingest.entries import MAX_ID_CHARS, parse_day, parse_time
from qa.ingest.rows import RosterEntry
from qa.ingest.tables import Report, Row

MAX_SHIFT = timedelta(hours=24)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


def roster_entry(row: Row, report: Report, zone: ZoneInfo) -> RosterEntry | None:
    """Parse a row of roster.csv; None when it was rejected.

    `from` and `to` are clock times on `day`, or dates with times where there is no `day`. A shift
    that ends at or before its start ends on the next day.

    Args:
        zone: of times that are written without one.
    """
    seat, agent_id = row.cells.get("seat"), row.cells.get("agent_id")
    if seat is None or agent_id is None:
        report.reject(row.line, "no_key", "the row needs a seat and an agent_id")
        return None
    if max(len(seat), len(agent_id)) > MAX_ID_CHARS:
        report.reject(row.line, "too_long", f"a cell is longer than {MAX_ID_CHARS} characters")
        return None
    first, last = row.cells.get("from"), row.cells.get("to")
    starts_at = _moment(row.cells.get("day"), first, zone)
    ends_at = _moment(row.cells.get("day"), last, zone)
    if starts_at is None or ends_at is None:
        reason = "from and to must be times such as 08:00 on a day, or 2025-11-18 08:00 without one"
        report.reject(row.line, "bad_time", reason)
        return None
    if ends_at <= starts_at and row.cells.get("day") is not None:
        ends_at += timedelta(days=1)
    if not timedelta() < ends_at - starts_at <= MAX_SHIFT:
        report.reject(row.line, "bad_window", "the shift must end within 24 hours after its start")
        return None
    return RosterEntry(seat, agent_id, starts_at, ends_at)


def _moment(day: str | None, text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    if day is None:
        return parse_time(text, zone)
    date, clock = parse_day(day), _CLOCK.fullmatch(text)
    if date is None or clock is None:
        return None
    hour, minute, second = (int(part or 0) for part in clock.groups())
    try:
        if (hour, minute, second) == (24, 0, 0):
            midnight = datetime.combine(date, time(), zone) + timedelta(days=1)
            return midnight.astimezone(UTC)
        return datetime.combine(date, time(hour, minute, second), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
