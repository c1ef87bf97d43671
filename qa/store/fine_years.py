"""An agent's year from the monthly assessment sheets: frozen ones, else as things stand."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import Scope
from qa.review.years import MonthState, PersonYear, YearMonth, YearSheet, months_of, year_of
from qa.store.fine_months import month_sheets
from qa.store.fines import Reckoning
from qa.store.month_work import first_moment
from qa.store.tables_fines import FineMonthRow


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
    names = months_of(wanted.year)
    closed = set(session.scalars(select(FineMonthRow.month).where(FineMonthRow.month.in_(names))))
    months = {}
    for month in names:
        if month not in closed and first_moment(month, reckoning.zone) > now:
            months[month] = YearMonth(month, MonthState.AHEAD)
            continue
        kept = next(
            (
                one
                for one in month_sheets(session, scope, month, reckoning)
                if one.sheet.agent_id == wanted.agent_id
            ),
            None,
        )
        if kept is None:
            state = MonthState.NOTHING if month in closed else MonthState.MISSING
            months[month] = YearMonth(month, state)
        else:
            state = MonthState.CLOSED if kept.is_frozen else MonthState.OPEN
            months[month] = YearMonth(month, state, kept.sheet, kept.sheet_hash)
    found = year_of(wanted.year, wanted.agent_id, months)
    if not found.sheets:
        raise NotFoundError("sheet", f"{wanted.year} {wanted.agent_id}")
    return found
