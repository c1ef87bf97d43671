"""Agents' years from the monthly assessment sheets: frozen ones, else as things stand."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import Scope
from qa.review.booking import person_of
from qa.review.ledger import month_of
from qa.review.years import MonthState, PersonYear, YearMonth, YearSheet, months_of, year_of
from qa.store.call_status import UNKNOWN_TIME
from qa.store.fine_months import KeptSheet, month_sheets
from qa.store.fines import Reckoning
from qa.store.month_work import first_moment
from qa.store.tables_fines import FineEntryRow, FineMonthRow, FineSheetRow
from qa.store.tables_review import CallStatusRow


def year_sheet_of(
    session: Session,
    scope: Scope,
    wanted: PersonYear,
    reckoning: Reckoning,
    now: datetime,
) -> YearSheet:
    """Add up the sheets of an agent's year, those that a scope may see.

    Args:
        now: months that begin later are not looked for, unless they are closed.

    Raises:
        NotFoundError: there is no sheet in that year for an agent of this scope.
        StoreError: a kept sheet is damaged.
    """
    kept = _kept_sheets(session, scope, wanted.year, reckoning, now)
    found = _year(session, wanted, kept, reckoning)
    if not found.sheets:
        raise NotFoundError("sheet", f"{wanted.year} {wanted.agent_id}")
    return found


def year_sheets_of(
    session: Session, scope: Scope, year: str, reckoning: Reckoning, now: datetime
) -> list[YearSheet]:
    """Add up the year of everybody of a scope who has a sheet in it, in order of number.

    Raises:
        StoreError: a kept sheet is damaged.
    """
    kept = _kept_sheets(session, scope, year, reckoning, now)
    people = {agent_id for sheets in kept.values() if sheets for agent_id in sheets}
    return [_year(session, PersonYear(year, one), kept, reckoning) for one in sorted(people)]


_Kept = Mapping[str, Mapping[str, KeptSheet] | None]
"""The sheets of each month by agent; None of a month that has not begun."""


def _kept_sheets(
    session: Session, scope: Scope, year: str, reckoning: Reckoning, now: datetime
) -> _Kept:
    closed = _closed(session, year)
    kept: dict[str, Mapping[str, KeptSheet] | None] = {}
    for month in months_of(year):
        if month not in closed and first_moment(month, reckoning.zone) > now:
            kept[month] = None
            continue
        found: Sequence[KeptSheet] = month_sheets(session, scope, month, reckoning)
        kept[month] = {one.sheet.agent_id: one for one in found}
    return kept


def _closed(session: Session, year: str) -> set[str]:
    own = FineMonthRow.month.in_(months_of(year))
    return set(session.scalars(select(FineMonthRow.month).where(own)))


def _year(session: Session, wanted: PersonYear, kept: _Kept, reckoning: Reckoning) -> YearSheet:
    closed, first = _closed(session, wanted.year), _first_month(session, wanted, reckoning)
    months = {}
    for month, sheets in kept.items():
        one = sheets.get(wanted.agent_id) if sheets is not None else None
        if one is not None:
            state = MonthState.CLOSED if one.is_frozen else MonthState.OPEN
            months[month] = YearMonth(month, state, one.sheet, one.sheet_hash)
        elif sheets is None:
            months[month] = YearMonth(month, MonthState.AHEAD)
        elif month in closed:
            months[month] = YearMonth(month, MonthState.NOTHING)
        else:
            is_before = first is not None and month < first
            months[month] = YearMonth(month, MonthState.BEFORE if is_before else MonthState.MISSING)
    return year_of(wanted.year, wanted.agent_id, months)


def _first_month(session: Session, wanted: PersonYear, reckoning: Reckoning) -> str | None:
    """Find the first month that anything is known of somebody in: a call, an entry, a sheet.

    No table says when people joined. None where nothing at all is known.
    """
    began = session.scalar(
        select(CallStatusRow.sorted_at)
        .where(CallStatusRow.agent_id == wanted.agent_id, CallStatusRow.sorted_at > UNKNOWN_TIME)
        .order_by(CallStatusRow.sorted_at)
        .limit(1)
    )
    found = [month_of(began.astimezone(reckoning.zone).date())] if began else []
    is_login = wanted.agent_id.startswith(person_of(None, ""))
    own = FineEntryRow.agent_id == wanted.agent_id
    if is_login:
        own = FineEntryRow.login == wanted.agent_id.removeprefix(person_of(None, ""))
    sheet = FineSheetRow.agent_id == wanted.agent_id
    for first in (
        session.scalar(select(func.min(FineEntryRow.month)).where(own)),
        session.scalar(select(func.min(FineSheetRow.month)).where(sheet)),
    ):
        found += [first] if first else []
    return min(found, default=None)
