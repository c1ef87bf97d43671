"""Tables of reports, of what was sent where, and of what people say became of promises.

They change only together with a migration. Everything is added, nothing overwritten, but for the
state of a delivery, whose attempts stand beside it one by one.
"""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from qa.store.tables import BigKey, Hash, ShortText, Table, UtcDateTime


class PromiseRulingRow(Table):
    """What a person says became of a promise; the last one about its place in the call counts.

    `state` is None where the ruling was taken back: then the ticket's times count again. A promise
    is known by its call, rule and place, so that judging the call again keeps the ruling.
    """

    __tablename__ = "promise_rulings"

    ruling_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id"), index=True)
    rule_id: Mapped[str] = mapped_column(String(50))
    start_ms: Mapped[int] = mapped_column(Integer)
    end_ms: Mapped[int] = mapped_column(Integer)
    state: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    ruled_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    ruled_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReportRow(Table):
    """A report on some days, of the centre (`team` empty) or of a team."""

    __tablename__ = "reports"

    report_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(20))
    first_day: Mapped[date] = mapped_column()
    last_day: Mapped[date] = mapped_column()
    team: Mapped[str] = mapped_column(ShortText, server_default="")

    __table_args__ = (Index("one_report", "kind", "first_day", "team", unique=True),)


class ReportVersionRow(Table):
    """A report as it was counted once; `body` is JSON and `body_hash` its SHA-256."""

    __tablename__ = "report_versions"

    version_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.report_id"))
    number: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.user_id"))
    body: Mapped[str] = mapped_column(Text)
    body_hash: Mapped[str] = mapped_column(Hash)

    __table_args__ = (Index("one_report_version", "report_id", "number", unique=True),)


class ReportStepRow(Table):
    """A step of a person with a version: a remark, a review, its end, or the sending."""

    __tablename__ = "report_steps"

    step_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.report_id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("report_versions.version_id"))
    action: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text, server_default="")
    done_by: Mapped[int | None] = mapped_column(ForeignKey("users.user_id"))
    done_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index(
            "one_sending",
            "report_id",
            unique=True,
            sqlite_where=text("action = 'send'"),
            postgresql_where=text("action = 'send'"),
        ),
    )


class ReportFileRow(Table):
    """A sent report as a file, byte by byte as it was sent."""

    __tablename__ = "report_files"

    version_id: Mapped[int] = mapped_column(
        ForeignKey("report_versions.version_id"), primary_key=True, autoincrement=False
    )
    format: Mapped[str] = mapped_column(String(10), primary_key=True)
    sha256: Mapped[str] = mapped_column(Hash)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ReportDeliveryRow(Table):
    """What is to reach one address: a sent report, or the alarm that one is late.

    `state` is `waiting`, `sending`, `failed`, `delivered`, `given_up` or `unclear`; a process that
    sends sets `sending` first, so that no second one sends the same.
    """

    __tablename__ = "report_deliveries"

    delivery_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.report_id"))
    purpose: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(20))
    target: Mapped[str] = mapped_column(String(1000))
    state: Mapped[str] = mapped_column(String(20), index=True)
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("one_delivery", "report_id", "purpose", "channel", "target", unique=True),
    )


class ReportAttemptRow(Table):
    """One attempt to deliver, or a person's word about it; `detail` holds no secret."""

    __tablename__ = "report_attempts"

    attempt_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("report_deliveries.delivery_id"), index=True
    )
    attempted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(ShortText, server_default="")


class AlarmWatchRow(Table):
    """The one row that says since when reports are looked at for being late; NULL: they are not."""

    __tablename__ = "alarm_watch"

    watch_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
