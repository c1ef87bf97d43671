"""Tables of what is known about who took a call, and how recordings sound from afar."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from qa.store.tables import BigKey, ShortText, Table, UtcDateTime


class RosterRow(Table):
    """Who sat at a seat, from one moment (included) to another (not included), as a source says."""

    __tablename__ = "roster"

    origin: Mapped[str] = mapped_column(String(4096), primary_key=True)
    seat: Mapped[str] = mapped_column(ShortText, primary_key=True)
    agent_id: Mapped[str] = mapped_column(ShortText, primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index("roster_by_seat", "seat", "starts_at"),)


class AgentRulingRow(Table):
    """A person's decision whose call it is; only ever added to, the last one counts.

    `agent_id` is None where the decision was taken back: then the voices count again.
    """

    __tablename__ = "agent_rulings"

    ruling_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    call_id: Mapped[str] = mapped_column(ShortText, index=True)
    agent_id: Mapped[str | None] = mapped_column(ShortText)
    ruled_by: Mapped[str] = mapped_column(ShortText)
    ruled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str | None] = mapped_column(String(1000))


class RecordingSidesRow(Table):
    """How much speech the quietest and the loudest channel of a transcript hold, milliseconds.

    Kept so that looking for faulty recorders need not open every transcript each time.
    """

    __tablename__ = "recording_sides"

    transcript_key: Mapped[str] = mapped_column(
        ForeignKey("transcripts.transcript_key"), primary_key=True
    )
    channels: Mapped[int] = mapped_column(Integer)
    quietest_ms: Mapped[int] = mapped_column(Integer)
    loudest_ms: Mapped[int] = mapped_column(Integer)
