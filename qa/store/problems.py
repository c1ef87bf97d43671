"""What did not work: recordings that failed, halves that miss each other, rows left out."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from qa.store.tables import CallRow, FileRow, IssueRow, RecordingRow, ScorecardRow, TranscriptRow


@dataclass(frozen=True, slots=True)
class FailedRecording:
    """A recording that could not be transcribed."""

    call_id: str
    path: str | None
    fault: str
    advice: str
    failed_at: datetime | None


@dataclass(frozen=True, slots=True)
class IssueLine:
    """Something that the last ingest of a folder reported."""

    root: str
    file: str
    line: int | None
    rejected: bool
    code: str
    reason: str


def failed_recordings(session: Session) -> list[FailedRecording]:
    """List the calls whose recording could not be transcribed, in order of call id."""
    failed = select(RecordingRow.recording_id).where(RecordingRow.fault > "")
    # Few fail: found by the index of faults first, and put in order last. SQLite would else go
    # through all calls, for it cannot know how few they are.
    rows = session.execute(
        select(
            CallRow.call_id,
            CallRow.path,
            RecordingRow.fault,
            RecordingRow.advice,
            RecordingRow.failed_at,
        )
        .join(RecordingRow, RecordingRow.recording_id == CallRow.recording_id)
        .where(CallRow.replaced_by.is_(None), CallRow.recording_id.in_(failed))
    )
    found = [FailedRecording(row[0], row[1], row[2] or "", row[3] or "", row[4]) for row in rows]
    return sorted(found, key=lambda one: one.call_id)


def calls_without_metadata(session: Session) -> list[tuple[str, str | None]]:
    """List recordings that no row of metadata names: call id and path."""
    rows = session.execute(
        select(CallRow.call_id, CallRow.path)
        .where(CallRow.replaced_by.is_(None), CallRow.has_metadata.is_(False))
        .order_by(CallRow.call_id)
    )
    return [(call_id, path) for call_id, path in rows]


def calls_without_recording(session: Session) -> list[str]:
    """List call ids of metadata whose recording has not been found, or is no longer there."""
    has_file = select(FileRow.path).where(FileRow.recording_id == CallRow.recording_id).exists()
    waiting = (
        ~select(TranscriptRow.transcript_key)
        .where(TranscriptRow.recording_id == CallRow.recording_id)
        .exists()
    )
    return list(
        session.scalars(
            select(CallRow.call_id)
            .where(
                CallRow.replaced_by.is_(None),
                or_(CallRow.recording_id.is_(None), and_(~has_file, waiting)),
            )
            .order_by(CallRow.call_id)
        )
    )


def ingest_issues(session: Session) -> list[IssueLine]:
    """List what the last ingest of each folder reported."""
    rows = session.scalars(select(IssueRow).order_by(IssueRow.root, IssueRow.position))
    return [
        IssueLine(row.root, row.file, row.line, row.rejected, row.code, row.reason) for row in rows
    ]


def count_other_rulesets(session: Session, hashes: list[str], ruleset_id: str) -> int:
    """Count published scorecards of a ruleset id that none of these rulesets gave."""
    wanted = select(func.count()).where(
        ScorecardRow.is_current.is_(True),
        ScorecardRow.ruleset_id == ruleset_id,
        ScorecardRow.ruleset_hash.not_in(hashes),
    )
    return session.scalar(wanted) or 0
