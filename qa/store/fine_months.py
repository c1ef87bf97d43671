"""Closing a month of the ledger: its assessment sheets are frozen, with a chain of hashes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from qa.errors import NotFoundError, StoreError
from qa.records import Right, Scope, User
from qa.refusals import NotAllowedError, Refusal, TransitionError
from qa.review.booking import (
    Entry,
    EntryKind,
    Why,
    is_rewarded,
    next_month,
    person_of,
    streaks,
)
from qa.review.rights import rights_of
from qa.review.schedule import STREAK
from qa.review.sheets import (
    Sheet,
    Work,
    fingerprint,
    month_fingerprint,
    sheet_from,
    sheet_lines,
)
from qa.store.audit import Detail, audit
from qa.store.fines import (
    EntryFilter,
    Reckoning,
    as_entry,
    book,
    closed_through,
    hold_ledger,
    list_entries,
    put_terms,
)
from qa.store.month_work import first_day, first_moment, month_work
from qa.store.scope import agent_in_scope, require_not_closed
from qa.store.tables import AgentRow
from qa.store.tables_fines import FineEntryRow, FineMonthRow, FineSheetRow
from qa.store.tables_review import CallStatusRow

FIRST_HASH = "0" * 64


@dataclass(frozen=True, slots=True)
class ClosedMonth:
    """A month whose sheets are frozen."""

    month: str
    sheets: int
    sheets_hash: str
    closed_by: int
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class KeptSheet:
    """A sheet with its fingerprint; `is_frozen` where its month is closed."""

    sheet: Sheet
    sheet_hash: str
    is_frozen: bool


def closed_months(session: Session) -> list[ClosedMonth]:
    """List the closed months, the newest first."""
    rows = session.scalars(select(FineMonthRow).order_by(FineMonthRow.month.desc()))
    return [
        ClosedMonth(row.month, row.sheets, row.sheets_hash, row.closed_by, row.closed_at)
        for row in rows
    ]


def close_month(
    session: Session, user: User, month: str, reckoning: Reckoning, now: datetime
) -> ClosedMonth:
    """Book what is due, reward excellent months, and freeze the sheets of a month that is over.

    Closing a month again changes nothing. What the decisions say later is booked in the next one.

    Args:
        month: `2025-11`.

    Raises:
        NotAllowedError: the person lacks the right.
        TransitionError: the ledger only tries out, the month is not over or lies before a closed
            one, or an earlier one with entries, or with calls after the last closed, is open.
        StoreError: a stored scorecard is damaged.
    """
    if Right.KEEP_LEDGER not in rights_of(user):
        raise NotAllowedError(Refusal.NO_RIGHT)
    if reckoning.dry_run:
        raise TransitionError(Refusal.DRY_RUN)
    hold_ledger(session)
    known = next((one for one in closed_months(session) if one.month == month), None)
    if known is not None:
        return known
    book(session, reckoning, now, user)
    _require_closable(session, month, reckoning.zone, now)
    sheets = _rewarded(session, user, open_sheets(session, month, reckoning), reckoning, now)
    return _freeze(session, user, month, sheets, reckoning, now)


def _require_closable(session: Session, month: str, zone: ZoneInfo, now: datetime) -> None:
    if now < first_moment(next_month(month), zone):
        raise TransitionError(Refusal.MONTH_NOT_OVER)
    last = closed_through(session)
    if month <= last:
        raise TransitionError(Refusal.MONTH_CLOSED)
    earlier = select(func.count()).where(FineEntryRow.month > last, FineEntryRow.month < month)
    if session.scalar(earlier) or (last and _has_calls_between(session, last, month, zone)):
        raise TransitionError(Refusal.EARLIER_MONTH_OPEN)


def _has_calls_between(session: Session, last: str, month: str, zone: ZoneInfo) -> bool:
    """Whether a month that was left out has calls: it could never be closed, and break a streak."""
    since, until = first_moment(next_month(last), zone), first_moment(month, zone)
    between = (CallStatusRow.sorted_at >= since, CallStatusRow.sorted_at < until)
    return bool(session.scalar(select(exists().where(*between))))


def _rewarded(
    session: Session, user: User, sheets: Sequence[Sheet], reckoning: Reckoning, now: datetime
) -> list[Sheet]:
    """Book the rewards of a month and return its sheets with them."""
    terms = reckoning.terms
    due = [sheet for sheet in sheets if sheet.rewarded]
    if not due or not terms.reward_fen:
        return list(sheets)
    put_terms(session, terms, now)
    for sheet in due:
        row = FineEntryRow(
            case_key=f"{STREAK}|{sheet.agent_id}|{sheet.month}",
            kind=EntryKind.REWARD.value,
            item=STREAK,
            agent_id=sheet.agent_id,
            fen=-terms.reward_fen,
            ordinal=sheet.streak,
            day=first_day(sheet.month),
            month=sheet.month,
            reason=Why.STREAK.value,
            terms=terms.name,
            booked_by=user.user_id,
            booked_at=now,
        )
        session.add(row)
        session.flush()
        entry = as_entry(row)
        details = {"fen": entry.fen, "why": entry.why.value, "month": entry.month}
        audit(session, user, "ledger.book", "entry", str(entry.entry_id), details)
    return open_sheets(session, sheets[0].month, reckoning)


def _freeze(
    session: Session,
    user: User,
    month: str,
    sheets: Sequence[Sheet],
    reckoning: Reckoning,
    now: datetime,
) -> ClosedMonth:
    previous = session.scalar(
        select(FineMonthRow.sheets_hash).order_by(FineMonthRow.month.desc()).limit(1)
    )
    hashes = [fingerprint(sheet.text) for sheet in sheets]
    put_terms(session, reckoning.terms, now)
    row = FineMonthRow(
        month=month,
        terms=reckoning.terms.name,
        sheets=len(sheets),
        previous_hash=previous or FIRST_HASH,
        sheets_hash=month_fingerprint(month, previous or FIRST_HASH, hashes),
        closed_by=user.user_id,
        closed_at=now,
    )
    session.add(row)
    session.flush()
    for sheet, sheet_hash in zip(sheets, hashes, strict=True):
        session.add(
            FineSheetRow(
                month=month, agent_id=sheet.agent_id, text=sheet.text, sheet_hash=sheet_hash
            )
        )
    session.flush()
    details: dict[str, Detail] = {"sheets": len(sheets), "hash": row.sheets_hash}
    audit(session, user, "ledger.close", "month", month, details)
    return ClosedMonth(month, len(sheets), row.sheets_hash, user.user_id, now)


def sheets_of(session: Session, scope: Scope, month: str, reckoning: Reckoning) -> list[KeptSheet]:
    """List the sheets of a month within a scope, by agent: frozen ones, else as things stand.

    Raises:
        NotAllowedError: one names a call that the person still labels blind. A sheet is shown
            whole or not at all: pay rests on it.
    """
    found = month_sheets(session, scope, month, reckoning)
    for kept in found:
        _require_open(scope, kept)
    return found


def _require_open(scope: Scope, kept: KeptSheet) -> None:
    for line in kept.sheet.lines:
        if line.call_id:
            require_not_closed(scope, line.call_id)


def month_sheets(
    session: Session, scope: Scope, month: str, reckoning: Reckoning
) -> list[KeptSheet]:
    """List the sheets of a month, for who shows none of their lines, or has checked them."""
    if session.get(FineMonthRow, month) is not None:
        rows = session.scalars(
            select(FineSheetRow)
            .where(FineSheetRow.month == month, agent_in_scope(scope, FineSheetRow.agent_id))
            .order_by(FineSheetRow.agent_id)
        )
        return [KeptSheet(_read(row), row.sheet_hash, True) for row in rows]
    sheets = open_sheets(session, month, reckoning, scope)
    return [KeptSheet(sheet, fingerprint(sheet.text), False) for sheet in sheets]


def sheet_of(
    session: Session, scope: Scope, month: str, agent_id: str, reckoning: Reckoning
) -> KeptSheet:
    """Load one agent's sheet.

    Raises:
        NotFoundError: there is none of that month for an agent of this scope.
        NotAllowedError: as `sheets_of`.
    """
    found = month_sheets(session, scope, month, reckoning)
    kept = next((one for one in found if one.sheet.agent_id == agent_id), None)
    if kept is None:
        raise NotFoundError("sheet", f"{month} {agent_id}")
    _require_open(scope, kept)
    return kept


def broken_months(session: Session) -> list[str]:
    """List the closed months whose kept sheets are no longer what was closed."""
    broken, previous = [], FIRST_HASH
    for month in session.scalars(select(FineMonthRow).order_by(FineMonthRow.month)):
        rows = session.scalars(select(FineSheetRow).where(FineSheetRow.month == month.month))
        # Sorted here: databases order letters and signs each in their own way.
        ordered = sorted(rows, key=lambda row: row.agent_id)
        hashes = [fingerprint(row.text) for row in ordered]
        expected = month_fingerprint(month.month, previous, hashes)
        if (month.previous_hash, month.sheets_hash) != (previous, expected):
            broken.append(month.month)
        previous = month.sheets_hash
    return broken


def open_sheets(
    session: Session, month: str, reckoning: Reckoning, scope: Scope | None = None
) -> list[Sheet]:
    """Write the sheets of a month as things stand, by agent: whoever worked or has an entry.

    A department head who pays joint penalties has one as well, under `@login`.
    """
    everyone = replace(scope or Scope(everything=True), closed=frozenset())
    work = month_work(session, everyone, month, reckoning.zone)
    entries: dict[str, list[Entry]] = defaultdict(list)
    for entry in list_entries(session, everyone, EntryFilter(month=month)):
        entries[person_of(entry.agent_id, entry.login)].append(entry)
    agents = sorted(work.keys() | entries.keys())
    teams = _teams(session, agents)
    terms, text = reckoning.terms, reckoning.terms.text
    before = _excellent_before(session)
    sheets = []
    for agent_id in agents:
        done = work.get(agent_id, Work())
        is_excellent = agent_id in work and done.is_excellent(terms)
        streak = streaks({**before.get(agent_id, {}), month: is_excellent}, month)
        sheets.append(
            Sheet(
                month=month,
                agent_id=agent_id,
                team=teams.get(agent_id),
                work=done,
                is_excellent=is_excellent,
                streak=streak,
                rewarded=is_rewarded(streak, terms),
                lines=sheet_lines(entries[agent_id]),
                terms=text,
            )
        )
    return sheets


def _excellent_before(session: Session) -> dict[str, dict[str, bool]]:
    """Read from the kept sheets which months were excellent, by agent and month."""
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    for row in session.scalars(select(FineSheetRow)):
        found[row.agent_id][row.month] = _read(row).is_excellent
    return found


def _read(row: FineSheetRow) -> Sheet:
    try:
        return sheet_from(row.text)
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(f"the sheet {row.month} {row.agent_id} is damaged") from error


def _teams(session: Session, agents: Sequence[str]) -> dict[str, str | None]:
    rows = session.execute(select(AgentRow.agent_id, AgentRow.team))
    wanted = set(agents)
    return {row[0]: row[1] for row in rows if row[0] in wanted}
