"""Recordings that people send in: taken in at once, and watched until their scorecard appears.

An upload is a call like any other from its first moment, so whatever transcribes and judges what
is pending finishes it; the row here says who sent it and how it stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, func, select, text, update
from sqlalchemy.orm import Session

from qa.errors import NotFoundError, RecordingFault
from qa.ingest.join import JoinedCall
from qa.ingest.rows import FoundFile, RecordEntry, Voice
from qa.records import Scope
from qa.store.arrivals import Arrival, TicketDiffersError, require_free, require_ticket
from qa.store.convert import load_tickets
from qa.store.intake import HashedFile, put_calls, put_files, put_tickets
from qa.store.ledger import PendingRecording
from qa.store.tables import CallRow, FileRow, RecordingRow, ScorecardRow, TranscriptRow
from qa.store.tables_review import UploadRow
from qa.types import Ticket

_UPLOAD_LOCK = 7_312_003  # any number that nothing else in the database uses
MAX_OPEN = 1_000
"""So many uploads may wait at a time; whoever sends more is told to try later."""


class UploadState(StrEnum):
    """Where an upload stands."""

    RECEIVED = "received"
    """It has arrived; nothing has looked for it yet."""
    WAITING = "waiting"
    """It waits for its turn."""
    TRANSCRIBING = "transcribing"
    """It is being listened to and judged."""
    SCORED = "scored"
    """Its call has a scorecard."""
    FAILED = "failed"
    """It cannot be used; `fault` says why."""


OVER = (UploadState.SCORED, UploadState.FAILED)


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload as it stands.

    Attributes:
        fault: why it failed; a code of `qa.errors.RecordingFault`, or `not_judged`.
        advice: what to do about it, in one sentence.
        ahead: uploads that came before and are still open.
    """

    upload_id: str
    uploaded_by: int
    uploaded_at: datetime
    size_bytes: int
    state: UploadState
    call_id: str | None
    fault: str | None = None
    advice: str | None = None
    finished_at: datetime | None = None
    ahead: int = 0


def hold_uploads(session: Session) -> None:
    """Keep other uploads out until the transaction ends, so that one recording is taken once.

    SQLite has one writer at a time anyhow.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({_UPLOAD_LOCK})"))


def put_upload(
    session: Session,
    arrival: Arrival,
    scope: Scope,
    *,
    user_id: int,
    now: datetime,
    zone: ZoneInfo,
) -> None:
    """Take a recording in: its file, its call, its ticket, and who sent it.

    Raises:
        CallTakenError: the call id has another recording or other values.
        NotYoursError: the call id or the ticket belongs to calls outside the scope.
        TicketDiffersError: the ticket is known with other contents.
    """
    require_free(session, arrival, scope)
    require_ticket(session, arrival, scope)
    if arrival.ticket is not None:
        _put_ticket(session, arrival.ticket, zone)
    keep_file(session, arrival, now)
    file = _file_of(arrival)
    # Whose call it is follows from the claims alone; an agent among the values would be lost.
    values = {name: value for name, value in arrival.values.items() if name != "agent_id"}
    agent_id = arrival.values.get("agent_id")
    claims = {Voice.UPLOAD.value: (agent_id,) if agent_id else None}
    joined = JoinedCall(arrival.call_id, False, file, values, claims)
    put_calls(session, [joined], {str(arrival.path): arrival.recording_id}, zone)
    session.add(
        UploadRow(
            upload_id=arrival.upload_id,
            uploaded_by=user_id,
            uploaded_at=now,
            path=str(arrival.path),
            size_bytes=arrival.size_bytes,
            state=UploadState.RECEIVED.value,
            call_id=arrival.call_id,
        )
    )
    session.flush()


def keep_file(session: Session, arrival: Arrival, now: datetime) -> None:
    """Keep where the bytes of a recording lie."""
    hashed = HashedFile(_file_of(arrival), arrival.recording_id)
    put_files(session, str(arrival.path.parent), [hashed], now)


def has_file(session: Session, recording_id: str) -> bool:
    """Whether any file that held a recording is still where it was."""
    paths = session.scalars(select(FileRow.path).where(FileRow.recording_id == recording_id))
    return any(Path(path).is_file() for path in paths)


def count_open(session: Session) -> int:
    """Count the uploads that are not over."""
    return session.scalar(select(func.count()).select_from(_open().subquery())) or 0


def get_upload(session: Session, upload_id: str, *, sender: int | None = None) -> Upload:
    """Load an upload as it stands, whoever finished it.

    Args:
        sender: only this person's; None for anybody's.

    Raises:
        NotFoundError: there is none, or it is somebody else's.
    """
    row = session.get(UploadRow, upload_id)
    if row is None or sender not in (None, row.uploaded_by):
        raise NotFoundError("upload", upload_id)
    return _as_it_stands(session, row)


def upload_of_call(session: Session, call_id: str) -> Upload:
    """Say how a call's recording stands, also where no upload brought it.

    Returns:
        The last upload of this call; else one whose `upload_id` is empty.
    """
    row = session.scalar(
        select(UploadRow)
        .where(UploadRow.call_id == call_id)
        .order_by(UploadRow.uploaded_at.desc())
        .limit(1)
    )
    if row is not None:
        return _as_it_stands(session, row)
    size = session.scalar(
        select(RecordingRow.size_bytes)
        .join(CallRow, CallRow.recording_id == RecordingRow.recording_id)
        .where(CallRow.call_id == call_id)
    )
    none = UploadRow(
        upload_id="",
        uploaded_by=0,
        uploaded_at=datetime.max.replace(tzinfo=UTC),
        size_bytes=size or 0,
        state=UploadState.WAITING.value,
        call_id=call_id,
    )
    return _as_it_stands(session, none)


def known_paths(session: Session, paths: Sequence[str]) -> set[str]:
    """Find which files hold a recording that is known; at most `CHUNK` paths."""
    return set(session.scalars(select(FileRow.path).where(FileRow.path.in_(paths))))


def list_uploads(
    session: Session, *, sender: int | None, after: tuple[datetime, str] | None, limit: int
) -> list[Upload]:
    """List uploads, the last one first.

    Args:
        sender: only this person's; None for everybody's.
        after: the last one of the page before, its time and id.
    """
    statement = select(UploadRow).order_by(UploadRow.uploaded_at.desc(), UploadRow.upload_id.desc())
    if sender is not None:
        statement = statement.where(UploadRow.uploaded_by == sender)
    if after is not None:
        at, upload_id = after
        earlier = UploadRow.uploaded_at < at
        same = and_(UploadRow.uploaded_at == at, UploadRow.upload_id < upload_id)
        statement = statement.where(earlier | same)
    return [_as_it_stands(session, row) for row in session.scalars(statement.limit(limit))]


def next_upload(session: Session) -> Upload | None:
    """Find the upload that has waited longest; None where none waits."""
    rows = session.scalars(_open().order_by(UploadRow.uploaded_at, UploadRow.upload_id).limit(1))
    row = rows.first()
    return _as_it_stands(session, row) if row is not None else None


def mark_waiting(session: Session) -> None:
    """Note that uploads which arrived, or were interrupted, have been seen and wait."""
    moving = (UploadState.RECEIVED.value, UploadState.TRANSCRIBING.value)
    session.execute(
        update(UploadRow).where(UploadRow.state.in_(moving)).values(state=UploadState.WAITING.value)
    )


def mark_transcribing(session: Session, upload_id: str) -> None:
    """Note that an upload is being worked on."""
    session.execute(
        update(UploadRow)
        .where(UploadRow.upload_id == upload_id)
        .values(state=UploadState.TRANSCRIBING.value)
    )


def finish_upload(session: Session, upload: Upload, now: datetime) -> None:
    """Keep how an upload ended, as it stands now.

    Args:
        upload: one whose state is in `OVER`.
    """
    session.execute(
        update(UploadRow)
        .where(UploadRow.upload_id == upload.upload_id)
        .values(state=upload.state.value, fault=upload.fault, finished_at=now)
    )


def pending_upload(session: Session, upload: Upload, engine: str) -> PendingRecording | None:
    """Say what there is to transcribe of an upload; None where it has this engine's transcript."""
    found = session.execute(
        select(RecordingRow, CallRow.source, FileRow.path)
        .join(CallRow, CallRow.recording_id == RecordingRow.recording_id)
        .join(FileRow, FileRow.recording_id == RecordingRow.recording_id)
        .where(CallRow.call_id == upload.call_id)
        .where(RecordingRow.fault.is_distinct_from(RecordingFault.DELETED.value))
        .order_by(FileRow.path)
    ).all()
    if not found:
        return None
    recording, source, path = found[0]
    heard = select(TranscriptRow.transcript_key).where(
        TranscriptRow.recording_id == recording.recording_id, TranscriptRow.engine == engine
    )
    if session.scalar(heard.limit(1)) is not None:
        return None
    present = next((p for _, _, p in found if Path(p).is_file()), path)
    return PendingRecording(
        recording.recording_id, present, source, recording.size_bytes, recording.attempts
    )


def _open() -> Select[UploadRow]:
    return select(UploadRow).where(UploadRow.state.not_in([state.value for state in OVER]))


def _as_it_stands(session: Session, row: UploadRow) -> Upload:
    """Look what became of its call: another run may have finished what was sent in."""
    state, fault, advice = UploadState(row.state), row.fault, None
    if row.call_id is not None:
        recording = session.scalar(
            select(RecordingRow)
            .join(CallRow, CallRow.recording_id == RecordingRow.recording_id)
            .where(CallRow.call_id == row.call_id)
        )
        advice = recording.advice if recording and state is not UploadState.SCORED else None
        if state is not UploadState.SCORED:  # what failed may have been tried again
            state, fault = _found_state(session, row, recording)
    ahead = 0
    if state not in OVER:
        before = _open().where(UploadRow.uploaded_at < row.uploaded_at).subquery()
        ahead = session.scalar(select(func.count()).select_from(before)) or 0
    return Upload(
        upload_id=row.upload_id,
        uploaded_by=row.uploaded_by,
        uploaded_at=row.uploaded_at,
        size_bytes=row.size_bytes,
        state=state,
        call_id=row.call_id,
        fault=fault,
        advice=advice,
        finished_at=row.finished_at,
        ahead=ahead,
    )


def _found_state(
    session: Session, row: UploadRow, recording: RecordingRow | None
) -> tuple[UploadState, str | None]:
    card = select(ScorecardRow.scorecard_id).where(
        ScorecardRow.call_id == row.call_id, ScorecardRow.is_current.is_(True)
    )
    if session.scalar(card) is not None:
        return UploadState.SCORED, None
    if recording is not None and recording.fault is not None:
        return UploadState.FAILED, recording.fault
    return UploadState(row.state), row.fault


def _file_of(arrival: Arrival) -> FoundFile:
    state = arrival.path.stat()
    return FoundFile(arrival.path, arrival.path.name, state.st_size, state.st_mtime_ns)


def _put_ticket(session: Session, ticket: Ticket, zone: ZoneInfo) -> None:
    known = load_tickets(session, [ticket.ticket_id]).get(ticket.ticket_id)
    if known == ticket:
        return
    if known is not None:
        raise TicketDiffersError("the ticket is known with other contents; send its id alone")
    names = ("name", "address", "phone", "problem", "station")
    values = {name: getattr(ticket, name) for name in names}
    put_tickets(session, [RecordEntry(ticket.ticket_id, values)], zone)
