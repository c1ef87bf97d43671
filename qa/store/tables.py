"""The tables. They change only together with a migration.

Keys that come from other systems (agent, ticket, the call of keyed answers) carry no foreign key,
because the rows may arrive in any order. Columns that hold people's data are `caller_number`, the
`remark` of `answers` and everything of `tickets`; nothing else does, but for the blobs.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    false,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

ShortText = String(200)
Hash = String(64)
# SQLite numbers rows by itself only in a column declared exactly INTEGER.
BigKey = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept as UTC; comes back aware on every database.

    Raises:
        ValueError: a time without a zone was given.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; SQLite keeps it without its zone, so that texts compare as times."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Attach UTC where the database dropped it."""
        if value is None:
            return None
        time: datetime = value
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


class Table(DeclarativeBase):
    """Base of all tables."""


class AgentRow(Table):
    """A person who answers calls."""

    __tablename__ = "agents"

    agent_id: Mapped[str] = mapped_column(ShortText, primary_key=True)
    name: Mapped[str | None] = mapped_column(ShortText)
    team: Mapped[str | None] = mapped_column(ShortText)


class RecordingRow(Table):
    """The bytes of a recording, whatever files hold them.

    `fault` and `advice` are set when it cannot be transcribed. `fault_engine` is set when the
    recogniser, not the bytes, failed: another engine may try again. `attempts` counts workers that
    died on it.
    """

    __tablename__ = "recordings"

    recording_id: Mapped[str] = mapped_column(Hash, primary_key=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    duration_ms: Mapped[int | None] = mapped_column(Integer)
    channel_count: Mapped[int | None] = mapped_column(Integer)
    fault: Mapped[str | None] = mapped_column(ShortText, index=True)
    advice: Mapped[str | None] = mapped_column(String(1000))
    fault_engine: Mapped[str | None] = mapped_column(String(1000))
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))


class FileRow(Table):
    """A file that holds a recording; size and time tell whether it must be hashed again."""

    __tablename__ = "files"

    path: Mapped[str] = mapped_column(String(4096), primary_key=True)
    root: Mapped[str] = mapped_column(String(4096), index=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.recording_id"), index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    mtime_ns: Mapped[int] = mapped_column(BigInteger)


class TicketRow(Table):
    """A work order, as its system exported it last; a time is None where that never told it."""

    __tablename__ = "tickets"

    ticket_id: Mapped[str] = mapped_column(ShortText, primary_key=True)
    name: Mapped[str | None] = mapped_column(String(1000))
    address: Mapped[str | None] = mapped_column(String(1000))
    phone: Mapped[str | None] = mapped_column(String(1000))
    problem: Mapped[str | None] = mapped_column(String(4000))
    station: Mapped[str | None] = mapped_column(String(1000))
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    contacted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    arrived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AnswersRow(Table):
    """What was keyed in after a callback; of a call that may not be there yet."""

    __tablename__ = "answers"

    call_id: Mapped[str] = mapped_column(ShortText, primary_key=True)
    solved: Mapped[bool | None] = mapped_column(Boolean)
    attitude: Mapped[str | None] = mapped_column(String(20))
    charged: Mapped[bool | None] = mapped_column(Boolean)
    points: Mapped[int | None] = mapped_column(Integer)
    remark: Mapped[str | None] = mapped_column(String(1000))


class StationRow(Table):
    """Which repair station serves a residential compound, as a source says."""

    __tablename__ = "stations"

    origin: Mapped[str] = mapped_column(String(4096), primary_key=True)
    compound: Mapped[str] = mapped_column(ShortText, primary_key=True)
    station: Mapped[str] = mapped_column(ShortText)


class NoticeRow(Table):
    """A festival notice; both days belong to it.

    `script` is the greeting that the notice prescribes, `number` the notice's own number.
    """

    __tablename__ = "notices"

    origin: Mapped[str] = mapped_column(String(4096), primary_key=True)
    festival: Mapped[str] = mapped_column(ShortText, primary_key=True)
    first_day: Mapped[date] = mapped_column(primary_key=True)
    last_day: Mapped[date] = mapped_column(primary_key=True)
    script: Mapped[str | None] = mapped_column(ShortText)
    number: Mapped[str | None] = mapped_column(ShortText)


class CallRow(Table):
    """A conversation.

    `context` is the revision of everything but the transcript that a scorecard depends on.
    `replaced_by` is set when a recording that came without metadata turned out to belong to a call
    with another id; such a row is history and is neither listed nor judged. `agent_claims` is what
    each voice says of who answered, as JSON, and `agent_state` what followed from it
    (`qa.ingest.attribution`); `extension` lists the seats that took part. `named_by_file`: the id
    came from the file's name, so that metadata with another id may take the recording over.
    """

    __tablename__ = "calls"

    call_id: Mapped[str] = mapped_column(ShortText, primary_key=True)
    path: Mapped[str | None] = mapped_column(String(4096), index=True)
    recording_id: Mapped[str | None] = mapped_column(
        ForeignKey("recordings.recording_id"), index=True
    )
    has_metadata: Mapped[bool] = mapped_column(Boolean)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    agent_id: Mapped[str | None] = mapped_column(ShortText, index=True)
    direction: Mapped[str | None] = mapped_column(String(20))
    ring_count: Mapped[int | None] = mapped_column(Integer)
    released_by: Mapped[str | None] = mapped_column(String(20))
    caller_number: Mapped[str | None] = mapped_column(ShortText)
    ticket_id: Mapped[str | None] = mapped_column(ShortText, index=True)
    source: Mapped[str | None] = mapped_column(ShortText)
    ruleset: Mapped[str | None] = mapped_column(ShortText)
    fee_unpaid: Mapped[bool | None] = mapped_column(Boolean)
    context: Mapped[str] = mapped_column(ShortText)
    replaced_by: Mapped[str | None] = mapped_column(ShortText)
    extension: Mapped[str | None] = mapped_column(ShortText)
    agent_claims: Mapped[str | None] = mapped_column(Text)
    agent_state: Mapped[str | None] = mapped_column(String(20), index=True)
    named_by_file: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())

    __table_args__ = (Index("calls_by_caller", "caller_number", "started_at"),)


class TranscriptRow(Table):
    """What one engine heard in one recording; its text never changes, at most one is current.

    `hearings` is the revision of all that stands in the table `hearings` for it; empty for none.
    """

    __tablename__ = "transcripts"

    transcript_key: Mapped[str] = mapped_column(String(1100), primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.recording_id"), index=True)
    engine: Mapped[str] = mapped_column(String(1000), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_current: Mapped[bool] = mapped_column(Boolean)
    hearings: Mapped[str] = mapped_column(Hash, default="", server_default="")
    blob: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        Index(
            "one_current_transcript",
            "recording_id",
            unique=True,
            sqlite_where=text("is_current"),
            postgresql_where=text("is_current"),
        ),
    )


class HearingsRow(Table):
    """What the sound answered, a row each time it was asked; only ever added to.

    `revision` is the transcript's with this row, so that a later look can be reproduced.
    """

    __tablename__ = "hearings"

    hearings_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    transcript_key: Mapped[str] = mapped_column(
        ForeignKey("transcripts.transcript_key"), index=True
    )
    revision: Mapped[str] = mapped_column(Hash)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    blob: Mapped[bytes] = mapped_column(LargeBinary)


class RulesetRow(Table):
    """A ruleset that has judged something.

    `rule_hashes` is a JSON object of the rules' hashes by rule id; None where it is not known what
    its rules were, since an older program judged.
    """

    __tablename__ = "rulesets"

    ruleset_hash: Mapped[str] = mapped_column(ShortText, primary_key=True)
    ruleset_id: Mapped[str] = mapped_column(ShortText, index=True)
    title: Mapped[str] = mapped_column(String(1000))
    first_used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    rule_hashes: Mapped[str | None] = mapped_column(Text)


class JudgedRuleRow(Table):
    """A rule that has judged something: all that can move its verdict, compressed JSON.

    Kept under its hash, once however many rulesets have it, so that a later version can be compared
    with it.
    """

    __tablename__ = "judged_rules"

    rule_hash: Mapped[str] = mapped_column(Hash, primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class PublicationRow(Table):
    """A step in what is in force for one ruleset id; only ever added to, the last one counts.

    `text` is the ruleset's YAML, None where the bundled ruleset is in force again. `previous` is
    the step that a rollback returns to, None for the bundled ruleset.
    `gate` is JSON of what the version could show when it was published (None: it was not asked),
    `override` why it was published although the gate stopped it.
    """

    __tablename__ = "publications"

    publication_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    ruleset_id: Mapped[str] = mapped_column(ShortText, index=True)
    action: Mapped[str] = mapped_column(String(20))
    version: Mapped[int | None] = mapped_column(Integer)
    ruleset_hash: Mapped[str | None] = mapped_column(ShortText)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_by: Mapped[str] = mapped_column(ShortText)
    note: Mapped[str | None] = mapped_column(String(1000))
    previous: Mapped[int | None] = mapped_column(BigInteger)
    text: Mapped[str | None] = mapped_column(Text)
    gate: Mapped[str | None] = mapped_column(Text)
    override: Mapped[str | None] = mapped_column(String(1000))


class ScorecardRow(Table):
    """A call judged once; never changed but for `is_current`, at most one per call current.

    `open_questions` counts what its verdicts still ask of the sound.
    """

    __tablename__ = "scorecards"

    scorecard_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.call_id"))
    transcript_key: Mapped[str] = mapped_column(ForeignKey("transcripts.transcript_key"))
    context: Mapped[str] = mapped_column(ShortText)
    ruleset_id: Mapped[str] = mapped_column(ShortText)
    ruleset_hash: Mapped[str] = mapped_column(ForeignKey("rulesets.ruleset_hash"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_current: Mapped[bool] = mapped_column(Boolean)
    total: Mapped[int] = mapped_column(Integer)
    critical_failure: Mapped[bool] = mapped_column(Boolean)
    violated: Mapped[int] = mapped_column(Integer)
    undecided: Mapped[int] = mapped_column(Integer)
    hearings: Mapped[str] = mapped_column(Hash, default="", server_default="")
    open_questions: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    blob: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        Index(
            "one_scorecard_per_key",
            "call_id",
            "transcript_key",
            "context",
            "ruleset_hash",
            "hearings",
            unique=True,
        ),
        Index(
            "one_current_scorecard",
            "call_id",
            unique=True,
            sqlite_where=text("is_current"),
            postgresql_where=text("is_current"),
        ),
    )


class VerdictRow(Table):
    """A violated or undecided rule of a scorecard, to count by; all of them are in the blob."""

    __tablename__ = "verdicts"

    scorecard_id: Mapped[int] = mapped_column(
        ForeignKey("scorecards.scorecard_id"), primary_key=True, autoincrement=False
    )
    rule_id: Mapped[str] = mapped_column(String(50), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(20))
    grade: Mapped[str] = mapped_column(String(20))
    points: Mapped[int] = mapped_column(Integer)
    critical: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str] = mapped_column(ShortText)
    start_ms: Mapped[int | None] = mapped_column(Integer)
    end_ms: Mapped[int | None] = mapped_column(Integer)

    __table_args__ = (Index("verdicts_by_rule", "rule_id", "outcome"),)


class PromiseRow(Table):
    """A promise on a scorecard; its words are in the blob, at `position` of the rule's promises."""

    __tablename__ = "promises"

    scorecard_id: Mapped[int] = mapped_column(
        ForeignKey("scorecards.scorecard_id"), primary_key=True, autoincrement=False
    )
    rule_id: Mapped[str] = mapped_column(String(50), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    start_ms: Mapped[int] = mapped_column(Integer)
    end_ms: Mapped[int] = mapped_column(Integer)
    due: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RunRow(Table):
    """One execution of a stage or of the whole job."""

    __tablename__ = "runs"

    run_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(20))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    transcribed: Mapped[int] = mapped_column(Integer, default=0)
    failed: Mapped[int] = mapped_column(Integer, default=0)
    scored: Mapped[int] = mapped_column(Integer, default=0)
    audio_ms: Mapped[int] = mapped_column(BigInteger, default=0)


class IssueRow(Table):
    """A row or file that the last ingest of a folder could not use, and why."""

    __tablename__ = "ingest_issues"

    root: Mapped[str] = mapped_column(String(4096), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    file: Mapped[str] = mapped_column(String(4096))
    line: Mapped[int | None] = mapped_column(Integer)
    rejected: Mapped[bool] = mapped_column(Boolean)
    code: Mapped[str] = mapped_column(String(50))
    reason: Mapped[str] = mapped_column(String(1000))
