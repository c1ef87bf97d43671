"""What a service does by the clock in its first days on a large archive, before it is measured.

Else a measurement holds some seconds of that in every minute: days are added up, scorecards are
looked through for events, and what is personal is searched for ahead.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from qa.api.agent_views import quoted_calls
from qa.api.days import DaysQuery, days_of
from qa.masking import searched_by
from qa.records import Scope
from qa.store.convert import chunks
from qa.store.event_finding import SCAN_ID
from qa.store.figures import newest_call
from qa.store.personal import Searched, keep, search_calls
from qa.store.rolling import roll
from qa.store.selections import Selection
from qa.store.store import Store
from qa.store.tables import AgentRow, ScorecardRow
from qa.store.tables_events import EventScanRow
from qa.store.tables_personal import PersonalScanRow
from qa.store.upsert import upsert

_AT_ONCE = 50


def settle(store: Store, tell: Callable[[str], None]) -> float:
    """Do it, unless it is done; return the seconds it took.

    All days are added up. What is personal is searched for in the calls that agents' pages quote,
    and in no others, so that pages of single calls cost what they cost before the search came to
    them. Events in copies of calls are not looked for: they would be copies.
    """
    started = time.perf_counter()
    with store.reading() as session:
        newest = session.scalar(select(func.max(ScorecardRow.scorecard_id))) or 0
        scanned = session.scalar(select(func.max(EventScanRow.scorecard_id))) or 0
        ours = PersonalScanRow.searched_by == searched_by()
        known = session.scalar(select(func.max(PersonalScanRow.high)).where(ours)) or 0
    roll(store)
    tell(f"days added up, {time.perf_counter() - started:.0f} s")
    if scanned < newest:
        place = {"scan_id": SCAN_ID, "scorecard_id": newest}
        with store.writing() as session:
            upsert(session, EventScanRow, [place], update=("scorecard_id",))
    if known < newest:
        _search(store, newest)
        tell(f"what agents' pages quote is searched, {time.perf_counter() - started:.0f} s")
    return time.perf_counter() - started


def _search(store: Store, newest: int) -> None:
    with store.reading() as session:
        wanted = list(dict.fromkeys(_quoted(session, store)))
        keys = dict(_transcripts(session, wanted))
    for some in chunks(wanted, _AT_ONCE):
        with store.reading() as session:
            rows = search_calls(session, [(one, keys[one]) for one in some], store.zone)
        with store.writing() as session:
            keep(session, Searched(rows, 1, newest))


def _quoted(session: Session, store: Store) -> Iterator[str]:
    now = datetime.now(UTC)
    for agent_id in session.scalars(select(AgentRow.agent_id)).all():
        own = Scope(agent_id=agent_id)
        days = days_of(DaysQuery(), newest_call(session, own, before=now) or now, store.zone)
        yield from quoted_calls(session, Selection(own, days.since, days.until))


def _transcripts(session: Session, call_ids: list[str]) -> Iterator[tuple[str, str]]:
    for some in chunks(call_ids):
        rows = session.execute(
            select(ScorecardRow.call_id, ScorecardRow.transcript_key).where(
                ScorecardRow.call_id.in_(some), ScorecardRow.is_current.is_(True)
            )
        )
        yield from ((row[0], row[1]) for row in rows)
