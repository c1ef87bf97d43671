"""Make an archive that was judged larger: copies of its calls with their cards.

Judging a million calls by all rules takes hours; what a changed list or other points cost is seen
on copies as well. Each has ids, a transcript and a card of its own, whose context is the one that
its rows give; so nothing tells it from a call that was judged.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from benchlib.archive import ENGINE
from qa.config import Settings
from qa.scoring.scorecard import context_revision
from qa.store.convert import chunks, load_calls
from qa.store.scorecards import calls_after, count_since
from qa.store.store import Store
from qa.store.tables import (
    CallRow,
    RecordingRow,
    ScorecardRow,
    Table,
    TicketRow,
    TranscriptRow,
    VerdictRow,
)

_SOME = 500
Row = dict[str, Any]


def grow(folder: Path, calls: int) -> int:
    """Copy the calls of an archive, all of them judged, until it holds so many; return how many."""
    settings = Settings(data_dir=folder)
    with Store.open(settings.database_url, timezone=settings.timezone) as store:
        with store.reading() as session:
            known = count_since(session, None)
            seeds = calls_after(session, "", known)
        for number, some in _rounds(seeds, calls - known):
            with store.writing() as session:
                _copy(session, store, some, number)
        with store.reading() as session:
            return count_since(session, None)


def _rounds(seeds: list[str], wanted: int) -> Iterator[tuple[int, list[str]]]:
    """Give the calls to copy, some at a time, with the number of the copy, until it is enough."""
    number = 1
    while wanted > 0:
        for some in chunks(seeds[:wanted], _SOME):
            yield number, some
        wanted -= len(seeds)
        number += 1


def _copy(session: Session, store: Store, call_ids: list[str], number: int) -> None:
    calls = _rows(session, CallRow, CallRow.call_id.in_(call_ids))
    recordings = [call["recording_id"] for call in calls]
    cards = _rows(
        session, ScorecardRow, ScorecardRow.call_id.in_(call_ids) & ScorecardRow.is_current
    )
    old_cards = [card["scorecard_id"] for card in cards]
    tickets = [call["ticket_id"] for call in calls]
    transcripts = TranscriptRow.recording_id.in_(recordings) & TranscriptRow.is_current
    last = session.scalar(select(func.max(ScorecardRow.scorecard_id))) or 0
    numbers = {old: last + 1 + k for k, old in enumerate(old_cards)}
    rows: list[tuple[type[Table], list[Row]]] = [
        (RecordingRow, _rows(session, RecordingRow, RecordingRow.recording_id.in_(recordings))),
        (TicketRow, _rows(session, TicketRow, TicketRow.ticket_id.in_(tickets))),
        (CallRow, calls),
        (
            TranscriptRow,
            [_named_anew(r, number) for r in _rows(session, TranscriptRow, transcripts)],
        ),
        (ScorecardRow, cards),
        (VerdictRow, _rows(session, VerdictRow, VerdictRow.scorecard_id.in_(old_cards))),
    ]
    for table, copies in rows:
        renamed = [_renamed(row, number, numbers) for row in copies]
        if renamed:
            session.execute(insert(table), renamed)
    _set_contexts(session, store, [_call(call_id, number) for call_id in call_ids])


def _rows(session: Session, table: type[Table], wanted: Any) -> list[Row]:
    columns = table.__table__.columns
    return [dict(row) for row in session.execute(select(*columns).where(wanted)).mappings()]


def _renamed(row: Row, number: int, cards: dict[int, int]) -> Row:
    """Give a row ids of its own, of the same length or nearly."""
    row = dict(row)
    for name, value in row.items():
        if name == "recording_id":
            row[name] = _recording(value, number)
        elif name == "transcript_key":
            row[name] = f"{_recording(value.split(':')[0], number)}:{ENGINE}"
        elif name in ("call_id", "ticket_id") and value:
            row[name] = _call(value, number)
        elif name == "scorecard_id":
            row[name] = cards[value]
    return row


def _recording(recording_id: str, number: int) -> str:
    return f"{number:05x}{recording_id[5:]}"


def _call(call_id: str, number: int) -> str:
    return f"{call_id}-{number:03}"


def _named_anew(row: Row, number: int) -> Row:
    """Name the copy's recording inside its transcript."""
    old = row["recording_id"].encode()
    new = _recording(row["recording_id"], number).encode()
    content = zstandard.ZstdDecompressor().decompress(row["blob"]).replace(old, new)
    return {**row, "blob": zstandard.ZstdCompressor(level=3).compress(content)}


def _set_contexts(session: Session, store: Store, call_ids: list[str]) -> None:
    for call_id, call in load_calls(session, call_ids, store.zone).items():
        context = context_revision(call)
        for table in (CallRow, ScorecardRow):
            session.execute(update(table).where(table.call_id == call_id).values(context=context))
