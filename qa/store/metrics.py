"""Counts over all tables for whoever watches the service: how much waits, failed, was done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from qa.store.archive import Kept
from qa.store.runs import Run, last_done, last_run
from qa.store.tables import CallRow, RecordingRow, RunRow, ScorecardRow, TranscriptRow
from qa.store.tables_archive import ArchiveCheckRow
from qa.store.tables_review import CallStatusRow
from qa.store.uploads import count_open


@dataclass(frozen=True, slots=True)
class Standing:
    """How the recordings of calls stand.

    Attributes:
        transcribed: recordings with a current transcript.
        waiting: neither transcribed nor failed.
        failed: by reason code.
    """

    transcribed: int
    waiting: int
    failed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Counts:
    """What the metrics tell of the tables.

    Attributes:
        calls: by state of review; `not_scored` for those without a scorecard.
        audio_ms: length of everything that was transcribed.
        runs: the last run of each kind.
        done: when a run of a kind last ended with all its work done.
        archive: recordings by how they were found when they were last read.
    """

    calls: Mapping[str, int]
    standing: Standing
    audio_ms: int
    uploads: int
    runs: tuple[Run, ...]
    done: Mapping[str, datetime]
    archive: Mapping[str, int]


def read_counts(session: Session) -> Counts:
    """Count everything; it looks at every row, so whoever asks often keeps the answer a while."""
    kinds = session.scalars(select(RunRow.kind).distinct().order_by(RunRow.kind)).all()
    last = (last_run(session, kind) for kind in kinds)
    audio_ms = session.scalar(
        select(func.sum(RecordingRow.duration_ms)).where(RecordingRow.duration_ms.is_not(None))
    )
    return Counts(
        calls=_calls(session),
        standing=read_standing(session),
        audio_ms=int(audio_ms or 0),
        uploads=count_open(session),
        runs=tuple(run for run in last if run is not None),
        done=last_done(session),
        archive=_archive(session),
    )


def _archive(session: Session) -> dict[str, int]:
    rows = session.execute(
        select(ArchiveCheckRow.state, func.count()).group_by(ArchiveCheckRow.state)
    )
    return {**dict.fromkeys(Kept, 0), **{str(state): int(count) for state, count in rows}}


def read_standing(session: Session) -> Standing:
    """Count recordings that some call uses by what became of them."""
    used = (
        select(CallRow.call_id)
        .where(CallRow.recording_id == RecordingRow.recording_id, CallRow.replaced_by.is_(None))
        .exists()
    )
    heard = (
        select(TranscriptRow.transcript_key)
        .where(
            TranscriptRow.recording_id == RecordingRow.recording_id,
            TranscriptRow.is_current.is_(True),
        )
        .exists()
    )
    count = func.count()
    failed = _pairs(
        session,
        select(RecordingRow.fault, count)
        .where(RecordingRow.fault.is_not(None), used)
        .group_by(RecordingRow.fault),
    )
    rest = select(count).select_from(RecordingRow).where(RecordingRow.fault.is_(None), used)
    return Standing(
        transcribed=session.scalar(rest.where(heard)) or 0,
        waiting=session.scalar(rest.where(~heard)) or 0,
        failed=failed,
    )


def _calls(session: Session) -> dict[str, int]:
    states = _pairs(
        session, select(CallStatusRow.state, func.count()).group_by(CallStatusRow.state)
    )
    scored = (
        select(ScorecardRow.scorecard_id)
        .where(ScorecardRow.call_id == CallRow.call_id, ScorecardRow.is_current.is_(True))
        .exists()
    )
    bare = select(func.count()).select_from(CallRow).where(CallRow.replaced_by.is_(None), ~scored)
    return {**states, "not_scored": session.scalar(bare) or 0}


def _pairs(session: Session, statement: Select[str | None, int]) -> dict[str, int]:
    rows: list[Row[str | None, int]] = list(session.execute(statement))
    return {name or "": number for name, number in rows}
