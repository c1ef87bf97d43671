"""What the archive holds and how it fares: copies, checks, proofs of emptiness."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Integer, Select, cast, exists, func, or_, select, text
from sqlalchemy.orm import Session

from qa.errors import RecordingError, RecordingFault
from qa.records import Scope
from qa.store.scope import agent_in_scope
from qa.store.tables import CallRow, FileRow, RecordingRow, TranscriptRow
from qa.store.tables_archive import (
    ArchiveCheckRow,
    ArchivedRow,
    EmptyProofRow,
    TombstoneRow,
)
from qa.store.tables_ingest import RecordingSidesRow
from qa.store.upsert import upsert
from qa.types import Emptiness

_MANY = 100_000
"""From so many recordings on, their number may be what the database takes it for."""
_EMPTY_FAULTS = (
    *(RecordingFault.SILENT.value, RecordingFault.NO_SAMPLES.value),
    RecordingFault.EMPTY_FILE.value,
)


class Kept(StrEnum):
    """How a recording was found when it was last read."""

    OK = "ok"
    MISSING = "missing"
    """No file that is known holds it any more."""
    CHANGED = "changed"
    """A file is there and holds other bytes."""
    DAMAGED = "damaged"
    """The archive's sealed copy does not open although its key is at hand."""
    LOCKED = "locked"
    """It is sealed, and its key is not at hand: nobody can say."""


BAD = (Kept.MISSING, Kept.CHANGED, Kept.DAMAGED, Kept.LOCKED)


@dataclass(frozen=True, slots=True)
class ArchiveStanding:
    """The archive in numbers.

    Attributes:
        recordings: all that are kept; deleted ones are not among them.
        is_exact: whether `recordings` was counted, and with it `overdue`.
        overdue: not read within the days of the setting.
        bad: by how they were found, without those that are well.
        oldest: when the recording was read that waits longest; None where one was never read.
    """

    recordings: int
    copied: int
    sealed: int
    checked: int
    overdue: int
    bad: dict[str, int]
    deleted: int
    oldest: datetime | None
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class Alarm:
    """A recording that is not as it should be, with a call that it belongs to."""

    recording_id: str
    call_id: str | None
    state: Kept
    since: datetime


@dataclass(frozen=True, slots=True)
class ToKeep:
    """A recording with the files that may hold it, and the archive's copy where there is one."""

    recording_id: str
    paths: tuple[str, ...]
    name: str | None


def standing(session: Session, due_before: datetime, *, roughly: bool = False) -> ArchiveStanding:
    """Count how the archive stands.

    Args:
        due_before: what was read earlier than this is overdue.
        roughly: a server that counts rows one by one may say about how many recordings there are,
            where they are very many.
    """
    guessed = _guessed_recordings(session) if roughly else 0
    known = guessed or session.scalar(select(func.count()).select_from(RecordingRow)) or 0
    deleted = session.scalar(select(func.count()).select_from(TombstoneRow)) or 0
    gone = select(func.count()).select_from(TombstoneRow)
    gone = gone.join(RecordingRow, RecordingRow.recording_id == TombstoneRow.recording_id)
    # Not one by one: databases count a whole table quickly, and few recordings are deleted.
    total = known - (session.scalar(gone) or 0)
    copies = session.execute(
        select(func.count(), func.coalesce(func.sum(cast(ArchivedRow.is_sealed, Integer)), 0))
    ).one()
    checks = session.execute(
        select(ArchiveCheckRow.state, func.count()).group_by(ArchiveCheckRow.state)
    )
    states = {str(state): int(count) for state, count in checks}
    fresh = session.scalar(
        select(func.count())
        .select_from(ArchiveCheckRow)
        .where(ArchiveCheckRow.checked_at >= due_before)
    )
    checked = sum(states.values())
    oldest = session.scalar(select(func.min(ArchiveCheckRow.checked_at)))
    return ArchiveStanding(
        recordings=total,
        copied=copies[0],
        sealed=copies[1],
        checked=checked,
        overdue=max(0, total - (fresh or 0)),
        bad={state: n for state, n in sorted(states.items()) if state != Kept.OK},
        deleted=deleted,
        oldest=oldest if checked >= total else None,
        is_exact=not guessed,
    )


def _guessed_recordings(session: Session) -> int:
    """Ask PostgreSQL about how many recordings there are; 0 where that is better counted."""
    if session.get_bind().dialect.name != "postgresql":
        return 0
    asked = text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:name)")
    found = session.scalar(asked, {"name": RecordingRow.__tablename__}) or 0
    return round(found) if found >= _MANY else 0


def alarms(session: Session, scope: Scope, *, limit: int = 200) -> list[Alarm]:
    """List recordings that are not as they should be, the longest first."""
    first = func.min(CallRow.call_id)
    wanted = (
        select(ArchiveCheckRow.recording_id, first, ArchiveCheckRow.state, ArchiveCheckRow.since)
        .outerjoin(CallRow, CallRow.recording_id == ArchiveCheckRow.recording_id)
        .where(
            ArchiveCheckRow.state.in_([state.value for state in BAD]),
            agent_in_scope(scope, CallRow.agent_id),
        )
        .group_by(ArchiveCheckRow.recording_id, ArchiveCheckRow.state, ArchiveCheckRow.since)
        .order_by(ArchiveCheckRow.since, ArchiveCheckRow.recording_id)
    )
    rows = session.execute(wanted.limit(limit))
    return [Alarm(r, call, Kept(state), since) for r, call, state, since in rows]


def due_checks(session: Session, due_before: datetime, *, limit: int | None) -> list[ToKeep]:
    """List recordings to read again, those never read and the longest unread first."""
    wanted = (
        _kept_recordings()
        .outerjoin(ArchiveCheckRow, ArchiveCheckRow.recording_id == RecordingRow.recording_id)
        .where(
            or_(
                ArchiveCheckRow.checked_at.is_(None),
                ArchiveCheckRow.checked_at < due_before,
                ArchiveCheckRow.state != Kept.OK.value,
            )
        )
        .order_by(ArchiveCheckRow.checked_at.is_not(None), ArchiveCheckRow.checked_at)
    )
    return _with_files(session, session.scalars(wanted.limit(limit)).all())


def to_copy(session: Session, *, seal: bool, limit: int | None) -> list[ToKeep]:
    """List recordings that the archive has no copy of, or none that is sealed."""
    lacks: ColumnElement[bool] = ArchivedRow.recording_id.is_(None)
    if seal:
        lacks = or_(lacks, ArchivedRow.is_sealed.is_(False))
    wanted = (
        _kept_recordings()
        .outerjoin(ArchivedRow, ArchivedRow.recording_id == RecordingRow.recording_id)
        .where(lacks)
        .order_by(RecordingRow.first_seen_at, RecordingRow.recording_id)
    )
    return _with_files(session, session.scalars(wanted.limit(limit)).all())


def all_kept(session: Session) -> list[ToKeep]:
    """List every recording that is kept, in the order of ids."""
    wanted = _kept_recordings().order_by(RecordingRow.recording_id)
    return _with_files(session, session.scalars(wanted).all())


def sizes_of(session: Session) -> dict[str, int]:
    """Read how many bytes each recording has, by its id."""
    found = session.execute(select(RecordingRow.recording_id, RecordingRow.size_bytes))
    return {row[0]: row[1] for row in found}


def put_check(session: Session, recording_id: str, state: Kept, now: datetime) -> None:
    """Write down how a recording was found."""
    row = session.get(ArchiveCheckRow, recording_id)
    if row is None:
        values = {"recording_id": recording_id, "checked_at": now, "state": state.value}
        upsert(session, ArchiveCheckRow, [{**values, "since": now}])
        return
    if row.state != state.value:
        row.state, row.since = state.value, now
    row.checked_at = now


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that the archive has made; `path` is absolute, `name` below the archive folder."""

    recording_id: str
    name: str
    path: str
    root: str
    is_sealed: bool
    size_bytes: int
    mtime_ns: int


def put_copy(
    session: Session, copy: Copy, now: datetime, *, instead_of: Sequence[str] = ()
) -> None:
    """Write down a copy; it is played and heard like any other file that holds the recording.

    Args:
        instead_of: paths of files that the copy takes the place of.

    Raises:
        RecordingError: DELETED, the recording was deleted while it was copied.
    """
    # Held, so that a deletion that begins now finds the copy.
    session.execute(
        select(RecordingRow.recording_id)
        .where(RecordingRow.recording_id == copy.recording_id)
        .with_for_update()
    )
    if session.get(TombstoneRow, copy.recording_id) is not None:
        raise RecordingError(
            copy.recording_id, RecordingFault.DELETED, "it was deleted while it was copied."
        )
    upsert(
        session,
        ArchivedRow,
        [
            {
                "recording_id": copy.recording_id,
                "name": copy.name,
                "is_sealed": copy.is_sealed,
                "archived_at": now,
            }
        ],
        update=("name", "is_sealed", "archived_at"),
    )
    file = {
        "path": copy.path,
        "root": copy.root,
        "recording_id": copy.recording_id,
        "size_bytes": copy.size_bytes,
        "mtime_ns": copy.mtime_ns,
    }
    upsert(session, FileRow, [file], update=("root", "recording_id", "size_bytes", "mtime_ns"))
    for path in instead_of:
        row = session.get(FileRow, path)
        if row is not None:
            session.delete(row)


def put_proof(session: Session, recording_id: str, found: Emptiness, now: datetime) -> None:
    """Write down what was found of a recording's emptiness; earlier proofs stay."""
    session.add(
        EmptyProofRow(
            recording_id=recording_id,
            proved_at=now,
            method=found.method,
            channels=found.channels,
            duration_ms=found.duration_ms,
            speech_ms=found.speech_ms,
            is_empty=found.is_empty,
        )
    )


def unproved(session: Session, *, limit: int) -> list[ToKeep]:
    """List recordings that may be empty and of which nothing is proved yet."""
    said_nothing = (
        select(TranscriptRow.recording_id)
        .join(RecordingSidesRow, RecordingSidesRow.transcript_key == TranscriptRow.transcript_key)
        .where(TranscriptRow.is_current.is_(True), RecordingSidesRow.loudest_ms == 0)
    )
    wanted = (
        _kept_recordings()
        .where(
            or_(
                RecordingRow.fault.in_(_EMPTY_FAULTS),
                RecordingRow.recording_id.in_(said_nothing),
            ),
            RecordingRow.recording_id.not_in(select(EmptyProofRow.recording_id)),
        )
        .order_by(RecordingRow.first_seen_at)
    )
    return _with_files(session, session.scalars(wanted.limit(limit)).all())


def proved_empty(session: Session, scope: Scope, *, limit: int = 200) -> list[tuple[str, str]]:
    """List calls whose recording is proved empty and kept: call id, recording id."""
    latest = select(func.max(EmptyProofRow.proof_id)).group_by(EmptyProofRow.recording_id)
    wanted = (
        select(func.min(CallRow.call_id), CallRow.recording_id)
        .join(EmptyProofRow, EmptyProofRow.recording_id == CallRow.recording_id)
        .where(
            EmptyProofRow.proof_id.in_(latest),
            EmptyProofRow.is_empty.is_(True),
            CallRow.replaced_by.is_(None),
            CallRow.recording_id.not_in(select(TombstoneRow.recording_id)),
            agent_in_scope(scope, CallRow.agent_id),
        )
        .group_by(CallRow.recording_id)
        .order_by(func.min(CallRow.call_id))
    )
    return [(call, rec or "") for call, rec in session.execute(wanted.limit(limit))]


def calls_of_recording(session: Session, recording_id: str) -> list[str]:
    """List the calls that a recording belongs to."""
    wanted = select(CallRow.call_id).where(CallRow.recording_id == recording_id)
    return list(session.scalars(wanted.order_by(CallRow.call_id)))


def tombstones(session: Session, scope: Scope, *, limit: int = 200) -> list[TombstoneRow]:
    """List what was deleted of calls within a scope, the latest first."""
    in_scope = exists().where(
        CallRow.recording_id == TombstoneRow.recording_id, agent_in_scope(scope, CallRow.agent_id)
    )
    wanted = select(TombstoneRow).where(in_scope)
    return list(
        session.scalars(
            wanted.order_by(TombstoneRow.deleted_at.desc(), TombstoneRow.recording_id).limit(limit)
        )
    )


def _kept_recordings() -> Select[str]:
    return select(RecordingRow.recording_id).where(
        RecordingRow.recording_id.not_in(select(TombstoneRow.recording_id))
    )


def _with_files(session: Session, recording_ids: Sequence[str]) -> list[ToKeep]:
    found = []
    for recording_id in recording_ids:
        paths = session.scalars(
            select(FileRow.path).where(FileRow.recording_id == recording_id).order_by(FileRow.path)
        ).all()
        copy = session.get(ArchivedRow, recording_id)
        found.append(ToKeep(recording_id, tuple(paths), copy.name if copy else None))
    return found
