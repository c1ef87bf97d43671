"""What is personal in calls, kept beside their transcripts: readers take it, upkeep finds it ahead.

Readers write nothing: what is not there, or not under the right stamp, they search for themselves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Select, bindparam, func, select
from sqlalchemy.orm import Session

from qa.codec import decode
from qa.errors import StoreError
from qa.masking import (
    Heard,
    find_personal,
    listen,
    pack_personal,
    searched_by,
    stamp_of,
    unpack_personal,
)
from qa.store.convert import load_calls
from qa.store.store import Store
from qa.store.tables import ScorecardRow, TranscriptRow
from qa.store.tables_personal import PersonalRow, PersonalScanRow
from qa.store.upsert import upsert
from qa.types import Call, Transcript

Kept = tuple[bytes, bytes]
"""A stamp, and what was found under it."""
AT_ONCE = 50
"""Calls searched through between two looks at the clock: a fifth of a second."""
_SCAN_ID = 1


@dataclass(frozen=True, slots=True)
class Searched:
    """What was found in some calls, to be kept.

    Attributes:
        rows: transcript key, packed words that were searched, stamp and what was found.
        low, high: from which scorecard to which all are searched, once these are kept.
    """

    rows: tuple[tuple[str, bytes, Kept], ...]
    low: int
    high: int


def heard_in(transcript: Transcript | None, call: Call, kept: Kept | None) -> Heard:
    """Say what is personal in a call: what is kept where it still follows, else searched for."""
    if transcript is None or kept is None or kept[0] != stamp_of(transcript, call):
        return listen(transcript, call)
    return listen(transcript, call, personal=unpack_personal(kept[1], transcript))


def hear(
    session: Session, transcript_key: str | None, transcript: Transcript | None, call: Call
) -> Heard:
    """Say what is personal in a call, as `heard_in`.

    Args:
        transcript_key: under which it may be kept; None searches.
    """
    row = (
        session.execute(_kept(), {"key": transcript_key}).one_or_none() if transcript_key else None
    )
    return heard_in(transcript, call, (row[0], row[1]) if row else None)


@cache
def _kept() -> Select[*tuple[Any, ...]]:
    kept = PersonalRow.__table__.c
    return select(kept.stamp, kept.found).where(kept.transcript_key == bindparam("key"))


def search_next(session: Session, zone: ZoneInfo) -> Searched | None:
    """Search some calls that nobody looked at yet: new ones first, then ever older ones.

    Returns:
        None where all were searched.
    """
    newest = session.scalar(select(func.max(ScorecardRow.scorecard_id))) or 0
    known = session.get(PersonalScanRow, _SCAN_ID)
    is_ours = known is not None and known.searched_by == searched_by()
    low, high = (known.low, known.high) if known is not None and is_ours else (newest + 1, newest)
    number = ScorecardRow.scorecard_id
    if high < newest:
        some = _numbers(session, number > high, number.asc())
        searched = search_calls(session, [key for _, key in some], zone)
        return Searched(searched, low, max((n for n, _ in some), default=newest))
    some = _numbers(session, number < low, number.desc())
    if not some and is_ours:
        return None
    searched = search_calls(session, [key for _, key in some], zone)
    return Searched(searched, min((n for n, _ in some), default=low), high)


def _numbers(session: Session, which: Any, order: Any) -> list[tuple[int, tuple[str, str]]]:
    """List the next scorecards, each with its call and transcript."""
    cards = select(ScorecardRow.scorecard_id, ScorecardRow.call_id, ScorecardRow.transcript_key)
    rows = session.execute(cards.where(which).order_by(order).limit(AT_ONCE))
    return [(row[0], (row[1], row[2])) for row in rows]


def search_calls(
    session: Session, calls: Sequence[tuple[str, str]], zone: ZoneInfo
) -> tuple[tuple[str, bytes, Kept], ...]:
    """Search calls, each given with its transcript; those whose finding is kept are left out."""
    about = load_calls(session, [call_id for call_id, _ in calls], zone)
    by_key = {key: about[call_id] for call_id, key in calls if call_id in about}
    rows = session.execute(_words(), {"keys": list(by_key)})
    found = []
    for key, blob, stamp in rows:
        try:
            transcript, call = decode(Transcript, blob), by_key[key]
        except StoreError:  # who opens it is told; the search goes on behind it
            continue
        ours = stamp_of(transcript, call)
        if stamp != ours:
            found.append((key, blob, (ours, pack_personal(find_personal(transcript, call)))))
    return tuple(found)


@cache
def _words() -> Select[*tuple[Any, ...]]:
    wanted: BindParameter[Any] = bindparam("keys", expanding=True)
    transcripts, kept = TranscriptRow.__table__, PersonalRow.__table__
    same = kept.c.transcript_key == transcripts.c.transcript_key
    return (
        select(transcripts.c.transcript_key, transcripts.c.blob, kept.c.stamp)
        .select_from(transcripts.outerjoin(kept, same))
        .where(transcripts.c.transcript_key.in_(wanted))
    )


def keep(session: Session, searched: Searched) -> None:
    """Keep what was found, unless the words were erased since; and how far the search is."""
    words = {key: blob for key, blob, _ in searched.rows}
    # Held until the end: an erasure that has begun is waited for, and a later one finds our rows.
    held = select(TranscriptRow.transcript_key, TranscriptRow.blob).where(
        TranscriptRow.transcript_key.in_(list(words))
    )
    same = {row[0] for row in session.execute(held.with_for_update()) if row[1] == words[row[0]]}
    rows = [
        {"transcript_key": key, "stamp": stamp, "found": found}
        for key, _, (stamp, found) in searched.rows
        if key in same
    ]
    upsert(session, PersonalRow, rows, update=("stamp", "found"))
    place = {"scan_id": _SCAN_ID, "searched_by": searched_by()}
    place |= {"low": searched.low, "high": searched.high}
    upsert(session, PersonalScanRow, [place], update=("searched_by", "low", "high"))


def search_ahead(store: Store, *, go_on: Callable[[], bool] = lambda: True) -> bool:
    """Find and keep what is personal in calls, some at a time.

    Args:
        go_on: asked in between; False leaves the rest to the next time.

    Returns:
        Whether nothing is left.
    """
    while go_on():
        with store.reading() as session:
            searched = search_next(session, store.zone)
        if searched is None:
            return True
        with store.writing() as session:
            keep(session, searched)
    return False
