"""Tables of the archive: copies, checks, proofs of emptiness, deletions and what they left.

They change only together with a migration. Requests and their steps are only ever added to.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from qa.store.tables import BigKey, RecordingRow, ShortText, Table, UtcDateTime
from qa.store.tables_people import UserRow


class ArchivedRow(Table):
    """The archive's own copy of a recording; `name` is its path below the archive folder."""

    __tablename__ = "archived"

    recording_id: Mapped[str] = mapped_column(
        ForeignKey(RecordingRow.recording_id), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(200))
    is_sealed: Mapped[bool] = mapped_column(Boolean)
    archived_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ArchiveCheckRow(Table):
    """When a recording was last read again, and what was found; `since` is when that began."""

    __tablename__ = "archive_checks"

    recording_id: Mapped[str] = mapped_column(
        ForeignKey(RecordingRow.recording_id), primary_key=True
    )
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    state: Mapped[str] = mapped_column(String(20), index=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class EmptyProofRow(Table):
    """What webrtcvad found in a recording: `speech_ms` of its loudest channel."""

    __tablename__ = "empty_proofs"

    proof_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey(RecordingRow.recording_id), index=True)
    proved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    method: Mapped[str] = mapped_column(ShortText)
    channels: Mapped[int] = mapped_column(Integer)
    duration_ms: Mapped[int] = mapped_column(Integer)
    speech_ms: Mapped[int] = mapped_column(Integer)
    is_empty: Mapped[bool] = mapped_column(Boolean)


class DeletionRow(Table):
    """Somebody asks that a recording be deleted: as proved empty, or for a reason."""

    __tablename__ = "deletions"

    deletion_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey(RecordingRow.recording_id), index=True)
    call_id: Mapped[str] = mapped_column(ShortText, index=True)
    kind: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(2000))
    proof_id: Mapped[int | None] = mapped_column(ForeignKey(EmptyProofRow.proof_id))
    requested_by: Mapped[int] = mapped_column(ForeignKey(UserRow.user_id))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DeletionStepRow(Table):
    """One step of a deletion; its place in the order belongs to one step only."""

    __tablename__ = "deletion_steps"

    deletion_id: Mapped[int] = mapped_column(
        ForeignKey(DeletionRow.deletion_id), primary_key=True, autoincrement=False
    )
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(20))
    done_by: Mapped[int | None] = mapped_column(ForeignKey(UserRow.user_id))
    done_at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(String(2000))

    __table_args__ = (Index("deletion_steps_by_state", "state"),)


class TombstoneRow(Table):
    """What is left of a recording that was deleted; `calls` is a JSON list of ids."""

    __tablename__ = "tombstones"

    recording_id: Mapped[str] = mapped_column(
        ForeignKey(RecordingRow.recording_id), primary_key=True
    )
    deletion_id: Mapped[int] = mapped_column(ForeignKey(DeletionRow.deletion_id))
    deleted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    duration_ms: Mapped[int | None] = mapped_column(Integer)
    calls: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(2000))
    requested_by: Mapped[int] = mapped_column(ForeignKey(UserRow.user_id))
    approved_by: Mapped[int] = mapped_column(ForeignKey(UserRow.user_id))
