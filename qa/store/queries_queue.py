"""What pages ask beside the lists of calls: a recording's files, an agent's name, rules' titles."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, and_, bindparam, exists, func, select
from sqlalchemy.orm import Session, aliased

from qa.codec import decode
from qa.records import Scope
from qa.store.convert import chunks
from qa.store.personal import Kept
from qa.store.scope import require_call
from qa.store.tables import (
    AgentRow,
    CallRow,
    FileRow,
    RulesetRow,
    ScorecardRow,
    TranscriptRow,
)
from qa.store.tables_archive import TombstoneRow
from qa.store.tables_personal import PersonalRow
from qa.types import Scorecard


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file as it was when ingest last read it."""

    path: str
    size_bytes: int
    mtime_ns: int


def agent_name(session: Session, agent_id: str | None) -> str | None:
    """Find an agent's name; None where no table of agents gave it."""
    return session.scalar(_name_of_agent(), {"agent_id": agent_id}) if agent_id else None


def known_files(session: Session, recording_id: str) -> list[KnownFile]:
    """List the files that hold a recording, in order of path; none of one that was deleted."""
    rows = session.execute(_files_of_recording(), {"recording_id": recording_id})
    return [KnownFile(*row) for row in rows]


# Statements that a player and every page of a call need are put together once: that takes longer
# than to run them.
@cache
def _name_of_agent() -> Select[str | None]:
    agents = AgentRow.__table__.c
    return select(agents.name).where(agents.agent_id == bindparam("agent_id"))


@cache
def _files_of_recording() -> Select[*tuple[Any, ...]]:
    files, gone = FileRow.__table__.c, TombstoneRow.__table__.c
    wanted: BindParameter[Any] = bindparam("recording_id")
    return (
        select(files.path, files.size_bytes, files.mtime_ns)
        .where(
            files.recording_id == wanted,
            ~exists(select(gone.recording_id).where(gone.recording_id == wanted)),
        )
        .order_by(files.path)
    )


def stored_as_heard(
    session: Session, scorecards: Iterable[int]
) -> dict[int, tuple[bytes, Kept | None]]:
    """Load the transcripts of scorecards by number, packed, as first heard; lost ones left out.

    For what rests on the words alone, such as what is personal in them.

    Returns:
        Each with what is kept of that, see `personal`.
    """
    found: dict[int, tuple[bytes, Kept | None]] = {}
    for some in chunks(scorecards):
        rows = session.execute(_stored_of_cards(), {"numbers": some})
        found.update((row[0], (row[1], (row[2], row[3]) if row[2] else None)) for row in rows)
    return found


@cache
def _stored_of_cards() -> Select[*tuple[Any, ...]]:
    wanted: BindParameter[Any] = bindparam("numbers", expanding=True)
    cards = ScorecardRow.__table__
    transcripts, kept = TranscriptRow.__table__, PersonalRow.__table__
    columns = (cards.c.scorecard_id, transcripts.c.blob, kept.c.stamp, kept.c.found)
    same = kept.c.transcript_key == transcripts.c.transcript_key
    return (
        select(*columns)
        .select_from(cards)
        .join(transcripts, transcripts.c.transcript_key == cards.c.transcript_key)
        .outerjoin(kept, same)
        .where(cards.c.scorecard_id.in_(wanted))
    )


def sound_of(session: Session, scope: Scope, call_id: str) -> tuple[str | None, str | None]:
    """Find what to play of a call: the id of the recording that was judged, and the call's file.

    Without a scorecard that is the call's own recording. Only these places are read, no scorecard
    and no transcript: a player asks for many pieces of one recording.

    Raises:
        NotFoundError: there is no such call within the scope.
    """
    require_call(session, scope, call_id)
    row = session.execute(_sound(), {"call_id": call_id}).one()
    return row[0] or row[1], row[2]


@cache
def _sound() -> Select[*tuple[Any, ...]]:
    heir = aliased(CallRow)
    judged = and_(ScorecardRow.call_id == heir.call_id, ScorecardRow.is_current.is_(True))
    said = TranscriptRow.transcript_key == ScorecardRow.transcript_key
    return (
        select(TranscriptRow.recording_id, heir.recording_id, heir.path)
        .select_from(CallRow)
        .join(heir, heir.call_id == func.coalesce(CallRow.replaced_by, CallRow.call_id))
        .outerjoin(ScorecardRow, judged)
        .outerjoin(TranscriptRow, said)
        .where(CallRow.call_id == bindparam("call_id"))
    )


def transcript_of_sound(session: Session, scope: Scope, call_id: str) -> str | None:
    """Find the transcript of what is played of a call: the judged one, else what was heard last.

    Returns:
        Its key; None where nothing was transcribed.

    Raises:
        NotFoundError: there is no such call within the scope.
    """
    require_call(session, scope, call_id)
    return session.scalar(_transcript_of_sound(), {"call_id": call_id})


@cache
def _transcript_of_sound() -> Select[str | None]:
    heir = aliased(CallRow)
    judged = and_(ScorecardRow.call_id == heir.call_id, ScorecardRow.is_current.is_(True))
    heard = and_(
        TranscriptRow.recording_id == heir.recording_id, TranscriptRow.is_current.is_(True)
    )
    return (
        select(func.coalesce(ScorecardRow.transcript_key, TranscriptRow.transcript_key))
        .select_from(CallRow)
        .join(heir, heir.call_id == func.coalesce(CallRow.replaced_by, CallRow.call_id))
        .outerjoin(ScorecardRow, judged)
        .outerjoin(TranscriptRow, heard)
        .where(CallRow.call_id == bindparam("call_id"))
    )


def rule_titles(session: Session) -> dict[str, tuple[str, str]]:
    """Name the rules that have judged: rule id to Chinese and English title, the latest wording."""
    titles: dict[str, tuple[str, str]] = {}
    hashes = session.scalars(select(RulesetRow.ruleset_hash).order_by(RulesetRow.first_used_at))
    for ruleset_hash in hashes:
        blob = session.scalar(
            select(ScorecardRow.blob).where(ScorecardRow.ruleset_hash == ruleset_hash).limit(1)
        )
        for line in decode(Scorecard, blob).lines if blob else ():
            titles[line.rule_id] = (line.title, line.title_en or line.title)
    return titles
