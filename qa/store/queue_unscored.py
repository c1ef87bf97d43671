"""Calls without a scorecard: what failed, what waits. They have no state, but are found here."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, select
from sqlalchemy.orm import Session

from qa.records import Scope
from qa.store.scope import agent_in_scope
from qa.store.tables import AgentRow, CallRow, RecordingRow, ScorecardRow, TranscriptRow

_MOST_COUNTED = 10_000


class Progress(StrEnum):
    """How far a call without a scorecard has come."""

    FAILED = "failed"
    """Its recording cannot be transcribed."""
    NO_RECORDING = "no_recording"
    WAITING = "waiting"
    """For transcription."""
    UNSCORED = "unscored"
    """Transcribed; the next run judges it."""


@dataclass(frozen=True, slots=True)
class UnscoredLine:
    """One call without a scorecard; `fault` is the reason code of a failed recording."""

    call_id: str
    started_at: datetime | None
    agent_id: str | None
    agent_name: str | None
    team: str | None
    progress: Progress
    fault: str | None


def unscored_page(
    session: Session,
    scope: Scope,
    progress: Progress,
    *,
    zone: ZoneInfo,
    offset: int = 0,
    limit: int = 50,
) -> list[UnscoredLine]:
    """List calls of one kind, the newest first, those whose time is unknown last.

    Failed ones and those without a recording are found by an index. The others are looked for
    among all calls: the first page is quick while some are there, and takes a second for a million
    calls where none are.
    """
    rows = session.execute(
        _found(scope, progress)
        .order_by(CallRow.started_at.is_(None), CallRow.started_at.desc(), CallRow.call_id)
        .offset(offset)
        .limit(limit)
    )
    return [
        UnscoredLine(
            call_id=row.call_id,
            started_at=row.started_at.astimezone(zone) if row.started_at else None,
            agent_id=row.agent_id,
            agent_name=row.name,
            team=row.team,
            progress=progress,
            fault=row.fault,
        )
        for row in rows
    ]


def unscored_counts(session: Session, scope: Scope) -> dict[Progress, int]:
    """Count the calls of each kind, up to 10,000 of each.

    Waiting and unscored ones are counted only where not every call has a scorecard, which two
    indexes tell.
    """
    counts = dict.fromkeys(Progress, 0)
    for progress in (Progress.FAILED, Progress.NO_RECORDING):
        counts[progress] = _count(session, scope, progress)
    if _may_be_incomplete(session, known=sum(counts.values())):
        for progress in (Progress.WAITING, Progress.UNSCORED):
            counts[progress] = _count(session, scope, progress)
    return counts


def _count(session: Session, scope: Scope, progress: Progress) -> int:
    some = _found(scope, progress).limit(_MOST_COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _may_be_incomplete(session: Session, known: int) -> bool:
    is_current = case((ScorecardRow.is_current.is_(True), 1))
    calls = session.scalar(select(func.count()).select_from(CallRow)) or 0
    scored = session.scalar(select(func.count(is_current)).select_from(ScorecardRow)) or 0
    return calls - scored > known


def _found(scope: Scope, progress: Progress) -> Select[Any, Any, Any, Any, Any, Any]:
    return (
        select(
            CallRow.call_id,
            CallRow.started_at,
            CallRow.agent_id,
            AgentRow.name,
            AgentRow.team,
            RecordingRow.fault,
        )
        .outerjoin(AgentRow, AgentRow.agent_id == CallRow.agent_id)
        .outerjoin(RecordingRow, RecordingRow.recording_id == CallRow.recording_id)
        .where(
            CallRow.replaced_by.is_(None),
            agent_in_scope(scope, CallRow.agent_id),
            ~exists().where(
                ScorecardRow.call_id == CallRow.call_id, ScorecardRow.is_current.is_(True)
            ),
            _is(progress),
        )
    )


def _is(progress: Progress) -> ColumnElement[bool]:
    heard = exists().where(
        TranscriptRow.recording_id == CallRow.recording_id, TranscriptRow.is_current.is_(True)
    )
    if progress is Progress.NO_RECORDING:
        return CallRow.recording_id.is_(None)
    if progress is Progress.FAILED:
        return RecordingRow.fault.is_not(None)
    has_sound = and_(CallRow.recording_id.is_not(None), RecordingRow.fault.is_(None))
    return and_(has_sound, heard if progress is Progress.UNSCORED else ~heard)
