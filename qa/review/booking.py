"""Booking: which entries bring the ledger up to what the decisions say.

Pure. What was booked is never changed: what no longer holds is taken back by an entry of the
opposite sign that names the one it takes back. Money is an integer number of fen (分).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from qa.review.ledger import Case, Evidence, Standing, month_of
from qa.review.schedule import STREAK, STREAK_MONTHS, Terms


class EntryKind(StrEnum):
    """What an entry of the ledger is."""

    FINE = "fine"
    JOINT = "joint"
    REWARD = "reward"
    REVERSAL = "reversal"


class Why(StrEnum):
    """Why an entry was booked."""

    CONFIRMED = "confirmed"
    """A person confirmed the flag, and nobody objected or the objection was dismissed."""
    RECKONED_ANEW = "reckoned_anew"
    """Another case before it, or another reading of the schedule, changes what it costs."""
    FROZEN = "frozen"
    VERDICT_WITHDRAWN = "verdict_withdrawn"
    """The flag was rejected, the call taken back, judged anew or given to another agent."""
    RULESET_WITHDRAWN = "ruleset_withdrawn"
    STREAK = "streak"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the ledger; only ever added.

    Attributes:
        fen: taken from the person's pay; negative gives back.
        ordinal: which case of its window it was when it was booked.
        day: when it happened; `month` is the sheet that it counts in.
        reverses: the entry that this one takes back.
    """

    entry_id: int
    case_key: str
    kind: EntryKind
    item: str
    agent_id: str | None
    login: str | None
    fen: int
    ordinal: int
    day: date
    month: str
    evidence: Evidence | None
    why: Why
    reverses: int | None
    terms: str
    booked_by: int | None = None
    booked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """An entry that is to be booked: that of a case, or one that takes an entry back."""

    kind: EntryKind
    month: str
    fen: int
    why: Why
    case: Case | None = None
    reverses: Entry | None = None


def standing_entries(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Find the entry of each case that nothing has taken back."""
    known = list(entries)
    reversed_ids = {entry.reverses for entry in known}
    return {
        entry.case_key: entry
        for entry in known
        if entry.reverses is None and entry.entry_id not in reversed_ids
    }


def postings(
    entries: Iterable[Entry], cases: Iterable[Case], *, closed_through: str = ""
) -> list[Posting]:
    """Say which entries bring the ledger up to date; none where it is.

    Args:
        entries: all fines and reversals so far; rewards are left aside.
        closed_through: the last closed month, `2025-11`; what happened until then counts in the
            month after it. Empty where none is.
    """
    standing = standing_entries(e for e in entries if e.kind is not EntryKind.REWARD)
    by_key = {case.key: case for case in cases}
    found: list[Posting] = []
    for key, entry in standing.items():
        case = by_key.get(key)
        if case is None or case.fen != entry.fen:
            month = booking_month(entry.day, closed_through)
            why = _why_reversed(case)
            found.append(Posting(EntryKind.REVERSAL, month, -entry.fen, why, case, entry))
    for case in by_key.values():
        known = standing.get(case.key)
        if case.fen and case.day and (known is None or known.fen != case.fen):
            kind = EntryKind.JOINT if case.login else EntryKind.FINE
            why = Why.CONFIRMED if known is None else Why.RECKONED_ANEW
            month = booking_month(case.day, closed_through)
            found.append(Posting(kind, month, case.fen, why, case))
    return found


def _why_reversed(case: Case | None) -> Why:
    if case is None:
        return Why.VERDICT_WITHDRAWN
    return {
        Standing.COUNTS: Why.RECKONED_ANEW,
        Standing.FROZEN: Why.FROZEN,
        Standing.RULESET_WITHDRAWN: Why.RULESET_WITHDRAWN,
    }.get(case.standing, Why.VERDICT_WITHDRAWN)


def totals(entries: Iterable[Entry]) -> dict[str, int]:
    """Add up what each person pays, fen, by 工号 or `@login`."""
    found: dict[str, int] = defaultdict(int)
    for entry in entries:
        found[person_of(entry.agent_id, entry.login)] += entry.fen
    return dict(found)


def totals_due(cases: Iterable[Case]) -> dict[str, int]:
    """Add up what the decisions alone say that each person pays, fen: the replay."""
    found: dict[str, int] = defaultdict(int)
    for case in cases:
        if case.fen:
            found[person_of(case.agent_id, case.login)] += case.fen
    return dict(found)


@dataclass(frozen=True, slots=True)
class Difference:
    """A case whose entries do not add up to what the decisions say, fen."""

    case_key: str
    booked: int
    due: int


def differences(entries: Iterable[Entry], cases: Iterable[Case]) -> list[Difference]:
    """Compare the entries, rewards aside, with a replay of the decisions, case by case."""
    booked: dict[str, int] = defaultdict(int)
    for entry in entries:
        if entry.item != STREAK:
            booked[entry.case_key] += entry.fen
    due = {case.key: case.fen for case in cases}
    keys = sorted(booked.keys() | due.keys())
    found = [Difference(key, booked.get(key, 0), due.get(key, 0)) for key in keys]
    return [one for one in found if one.booked != one.due]


def booking_month(day: date, closed_through: str) -> str:
    """Say in which month's sheet something counts that happened on a day."""
    month = month_of(day)
    return month if month > closed_through else next_month(closed_through)


def next_month(month: str) -> str:
    """Name the month after one, `2025-12` after `2025-11`."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02d}"


def previous_month(month: str) -> str:
    """Name the month before one."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - (number == 1)}-{(number - 2) % 12 + 1:02d}"


def person_of(agent_id: str | None, login: str | None) -> str:
    """Name who pays: an agent by 工号, a department head as `@login`."""
    return agent_id if agent_id is not None else f"@{login or ''}"


def yuan(fen: int) -> str:
    """Write a sum in yuan, `10.00`; a minus sign where it gives back."""
    sign, amount = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{amount // 100}.{amount % 100:02d}"


def streaks(excellent: Mapping[str, bool], month: str) -> int:
    """Count the excellent months in a row that end with one.

    Args:
        excellent: by month; a month that is not there breaks the row.
    """
    count = 0
    while excellent.get(month, False):
        count, month = count + 1, previous_month(month)
    return count


def is_rewarded(streak: int, terms: Terms) -> bool:
    """Whether a month that makes a row this long is rewarded."""
    if streak < STREAK_MONTHS:
        return False
    return terms.streak_repeats == "every_month" or streak % STREAK_MONTHS == 0
