"""The tables as a ledger of work: what is still to transcribe, and what became of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from qa.codec import encode
from qa.errors import RecordingFault
from qa.store.convert import chunks, load_calls
from qa.store.hearings import put_hearings
from qa.store.tables import CallRow, FileRow, RecordingRow, RunRow, TranscriptRow
from qa.store.upsert import upsert
from qa.types import Call, Transcript

NO_SCRATCH_SPACE = "no_scratch_space"
# Faults of the moment: the next run sees whether the file is there and whole, and the disk free.
PASSING_FAULTS = (
    *(RecordingFault.VANISHED.value, RecordingFault.CHANGED.value, NO_SCRATCH_SPACE),
    *(RecordingFault.LOCKED.value, RecordingFault.SEAL_BROKEN.value),
)
MAX_ADVICE_CHARS = 1000


@dataclass(frozen=True, slots=True)
class PendingRecording:
    """A recording that waits for its transcript.

    Attributes:
        path: one of the files that hold it.
        source: of its first call; chooses the channel layout.
        attempts: workers that have died on it.
    """

    recording_id: str
    path: str
    source: str | None
    size_bytes: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a recording could not be transcribed.

    Attributes:
        engine: set where the recogniser failed; another engine may try the recording again.
    """

    code: str
    advice: str
    engine: str | None = None


def pending_recordings(
    session: Session, engine: str, *, retry_failed: bool = False
) -> list[PendingRecording]:
    """List recordings of calls that this engine has not transcribed, the largest first.

    Recordings that failed are left out, unless the fault was passing, another engine's, or they
    are asked for.
    """
    done = select(TranscriptRow.recording_id).where(TranscriptRow.engine == engine)
    of_calls = (
        select(
            CallRow.recording_id.label("recording_id"),
            func.min(CallRow.source).label("source"),
        )
        .where(CallRow.replaced_by.is_(None), CallRow.recording_id.is_not(None))
        .group_by(CallRow.recording_id)
        .subquery()
    )
    wanted = (
        select(
            RecordingRow.recording_id,
            func.min(FileRow.path),
            of_calls.c.source,
            RecordingRow.size_bytes,
            RecordingRow.attempts,
        )
        .join(of_calls, of_calls.c.recording_id == RecordingRow.recording_id)
        .join(FileRow, FileRow.recording_id == RecordingRow.recording_id)
        .where(RecordingRow.recording_id.not_in(done))
        .where(RecordingRow.fault.is_distinct_from(RecordingFault.DELETED.value))
        .group_by(
            RecordingRow.recording_id,
            of_calls.c.source,
            RecordingRow.size_bytes,
            RecordingRow.attempts,
        )
        .order_by(RecordingRow.size_bytes.desc(), RecordingRow.recording_id)
    )
    if not retry_failed:
        wanted = wanted.where(
            or_(
                RecordingRow.fault.is_(None),
                RecordingRow.fault.in_(PASSING_FAULTS),
                RecordingRow.fault_engine != engine,
            )
        )
    return [PendingRecording(*row) for row in session.execute(wanted)]


def calls_of(
    session: Session, recording_ids: Sequence[str], zone: ZoneInfo
) -> dict[str, list[Call]]:
    """Load the calls of recordings, by recording id."""
    calls: dict[str, list[Call]] = defaultdict(list)
    for some in chunks(recording_ids):
        active = CallRow.recording_id.in_(some) & CallRow.replaced_by.is_(None)
        wanted = select(CallRow.call_id, CallRow.recording_id).where(active)
        rows = session.execute(wanted.order_by(CallRow.call_id)).all()
        loaded = load_calls(session, [call_id for call_id, _ in rows], zone)
        for call_id, recording_id in rows:
            calls[recording_id or ""].append(loaded[call_id])
    return calls


def use_engine(session: Session, engine: str) -> None:
    """Make this engine's transcripts the current ones wherever there are any."""
    other = select(TranscriptRow.recording_id).where(
        TranscriptRow.engine == engine, TranscriptRow.is_current.is_(False)
    )
    ids = session.scalars(other).all()
    for some in chunks(ids):
        of_these = TranscriptRow.recording_id.in_(some)
        session.execute(update(TranscriptRow).where(of_these).values(is_current=False))
        session.execute(
            update(TranscriptRow)
            .where(of_these, TranscriptRow.engine == engine)
            .values(is_current=True)
        )


def put_transcripts(session: Session, transcripts: Sequence[Transcript], now: datetime) -> None:
    """Keep transcripts as the current ones, and clear what stood against their recordings.

    What the sound answered comes with them and is added to what it answered before.
    """
    for some in chunks(transcripts):
        ids = [transcript.recording_id for transcript in some]
        of_these = TranscriptRow.recording_id.in_(ids)
        session.execute(update(TranscriptRow).where(of_these).values(is_current=False))
        rows = [
            {
                "transcript_key": f"{transcript.recording_id}:{transcript.engine}",
                "recording_id": transcript.recording_id,
                "engine": transcript.engine,
                "created_at": now,
                "is_current": True,
                "hearings": "",
                "blob": encode(replace(transcript, hearings=())),
            }
            for transcript in some
        ]
        upsert(session, TranscriptRow, rows, update=("is_current",))
        for row, transcript in zip(rows, some, strict=True):
            put_hearings(session, str(row["transcript_key"]), transcript.hearings, now)
        facts = [
            {
                "recording_id": transcript.recording_id,
                "duration_ms": transcript.duration_ms,
                "channel_count": transcript.channel_count,
                "fault": None,
                "advice": None,
                "fault_engine": None,
                "failed_at": None,
                "attempts": 0,
            }
            for transcript in some
        ]
        session.execute(update(RecordingRow), facts)


def mark_failed(session: Session, recording_id: str, fault: Fault, now: datetime) -> None:
    """Keep why a recording could not be transcribed."""
    session.execute(
        update(RecordingRow)
        .where(RecordingRow.recording_id == recording_id)
        .values(
            fault=fault.code,
            advice=fault.advice[:MAX_ADVICE_CHARS],
            fault_engine=fault.engine,
            failed_at=now,
        )
    )


def set_attempts(session: Session, recording_id: str, attempts: int) -> None:
    """Keep how many workers have died on a recording, so that it survives the runner."""
    session.execute(
        update(RecordingRow)
        .where(RecordingRow.recording_id == recording_id)
        .values(attempts=attempts)
    )


@dataclass(frozen=True, slots=True)
class RunCounts:
    """What a run did. `audio_ms` is the length of what it transcribed."""

    transcribed: int = 0
    failed: int = 0
    scored: int = 0
    audio_ms: int = 0


def start_run(session: Session, kind: str, now: datetime) -> int:
    """Begin a row in the list of runs; returns its number."""
    row = RunRow(
        kind=kind, started_at=now, finished_at=None, transcribed=0, failed=0, scored=0, audio_ms=0
    )
    session.add(row)
    session.flush()
    return row.run_id


def update_run(
    session: Session, run_id: int, counts: RunCounts, finished_at: datetime | None
) -> None:
    """Keep how far a run has come; `finished_at` stays None until it ends by itself."""
    session.execute(
        update(RunRow)
        .where(RunRow.run_id == run_id)
        .values(
            transcribed=counts.transcribed,
            failed=counts.failed,
            scored=counts.scored,
            audio_ms=counts.audio_ms,
            finished_at=finished_at,
        )
    )
