"""The tables of work: what runs were asked for, how far each has come, what is in hand.

They change only together with a migration.
"""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from qa.store.tables import Hash, RecordingRow, RunRow, ShortText, Table, UtcDateTime
from qa.store.tables_people import UserRow


class RunTaskRow(Table):
    """What one run is to do, and how far it is; beside its row in `runs`.

    `parameters` and `result` are JSON objects. `done` and `total` count the pieces of the present
    `stage`; the bytes are those of its recordings, 0 where size says nothing about the time needed.
    """

    __tablename__ = "run_tasks"

    run_id: Mapped[int] = mapped_column(
        ForeignKey(RunRow.run_id), primary_key=True, autoincrement=False
    )
    state: Mapped[str] = mapped_column(String(20), index=True)
    requested_by: Mapped[int | None] = mapped_column(ForeignKey(UserRow.user_id))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    parameters: Mapped[str] = mapped_column(Text)
    stage: Mapped[str | None] = mapped_column(String(20))
    stage_started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    total: Mapped[int] = mapped_column(Integer)
    done: Mapped[int] = mapped_column(Integer)
    total_bytes: Mapped[int] = mapped_column(BigInteger)
    done_bytes: Mapped[int] = mapped_column(BigInteger)
    fault: Mapped[str | None] = mapped_column(ShortText)
    result: Mapped[str | None] = mapped_column(Text)


class ClaimRow(Table):
    """A recording that a run has in hand; nobody else takes it before `expires_at`."""

    __tablename__ = "claims"

    recording_id: Mapped[str] = mapped_column(
        Hash, ForeignKey(RecordingRow.recording_id), primary_key=True
    )
    holder: Mapped[str] = mapped_column(ShortText, index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
