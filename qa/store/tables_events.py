"""Tables of abnormal events and of what was kept back about them.

They change only together with a migration. Everything is added, nothing overwritten; where an
event stands follows from its steps.
"""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from qa.store.tables import BigKey, ShortText, Table, UtcDateTime


class EventRow(Table):
    """An abnormal event that the machine heard or worked out, or that a person entered.

    `kind` is EV01 to EV09. `created_by` is None where the machine found it; `happened_at` is the
    call's start where that is known. `start_ms` and `end_ms` are the words that it rests on.
    """

    __tablename__ = "events"

    event_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(20))
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.call_id"), index=True)
    agent_id: Mapped[str | None] = mapped_column(ShortText)
    scorecard_id: Mapped[int | None] = mapped_column(ForeignKey("scorecards.scorecard_id"))
    start_ms: Mapped[int | None] = mapped_column(Integer)
    end_ms: Mapped[int | None] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text, server_default="")
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.user_id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index(
            "one_found_event",
            "call_id",
            "kind",
            unique=True,
            sqlite_where=sql("created_by IS NULL"),
            postgresql_where=sql("created_by IS NULL"),
        ),
        Index("events_by_agent", "agent_id", "happened_at"),
    )


class EventStepRow(Table):
    """What became of an event: filed, escalated, followed, closed, dismissed, … (`action`).

    `done_by` is None where the program did it, as when a later scorecard no longer has the event.
    """

    __tablename__ = "event_steps"

    step_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.event_id"), index=True)
    action: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text, server_default="")
    done_by: Mapped[int | None] = mapped_column(ForeignKey("users.user_id"))
    done_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class EventScanRow(Table):
    """The one row that says up to which scorecard events were looked for."""

    __tablename__ = "event_scan"

    scan_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    scorecard_id: Mapped[int] = mapped_column(BigInteger)


class OmissionRow(Table):
    """A candidate for 漏报 (`missed`) or 知情不报 (`withheld`), for a person to decide.

    `agent_id` names whom a missed event is about, `user_id` who listened and did not file;
    `evidence` is a JSON list of entries of the audit log.
    """

    __tablename__ = "event_omissions"

    omission_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(20))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.event_id"))
    person: Mapped[str] = mapped_column(ShortText)
    agent_id: Mapped[str | None] = mapped_column(ShortText)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.user_id"))
    evidence: Mapped[str] = mapped_column(Text, server_default="[]")
    known_since: Mapped[datetime] = mapped_column(UtcDateTime)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("one_omission", "kind", "event_id", "person", unique=True),
        Index("omissions_by_agent", "agent_id", "raised_at"),
    )


class OmissionStepRow(Table):
    """What a person decided of a candidate, and why; the last one counts."""

    __tablename__ = "event_omission_steps"

    step_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    omission_id: Mapped[int] = mapped_column(ForeignKey("event_omissions.omission_id"), index=True)
    action: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    done_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    done_at: Mapped[datetime] = mapped_column(UtcDateTime)
