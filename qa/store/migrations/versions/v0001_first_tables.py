"""The first tables: recordings, calls, transcripts, scorecards, runs."""

import sqlalchemy as sa
from alembic import op

from qa.store.tables import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "agents",
        sa.Column("agent_id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("team", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("agent_id"),
    )
    op.create_table(
        "ingest_issues",
        sa.Column("root", sa.String(length=4096), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("file", sa.String(length=4096), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("rejected", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(length=50), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.PrimaryKeyConstraint("root", "position"),
    )
    op.create_table(
        "notices",
        sa.Column("origin", sa.String(length=4096), nullable=False),
        sa.Column("festival", sa.String(length=200), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "festival", "first_day", "last_day"),
    )
    op.create_table(
        "recordings",
        sa.Column("recording_id", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("channel_count", sa.Integer(), nullable=True),
        sa.Column("fault", sa.String(length=200), nullable=True),
        sa.Column("advice", sa.String(length=1000), nullable=True),
        sa.Column("fault_engine", sa.String(length=1000), nullable=True),
        sa.Column("failed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("recording_id"),
    )
    op.create_index(op.f("ix_recordings_fault"), "recordings", ["fault"], unique=False)
    op.create_table(
        "rulesets",
        sa.Column("ruleset_hash", sa.String(length=200), nullable=False),
        sa.Column("ruleset_id", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=1000), nullable=False),
        sa.Column("first_used_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ruleset_hash"),
    )
    op.create_index(op.f("ix_rulesets_ruleset_id"), "rulesets", ["ruleset_id"], unique=False)
    op.create_table(
        "runs",
        sa.Column(
            "run_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("started_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("transcribed", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("scored", sa.Integer(), nullable=False),
        sa.Column("audio_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run_id"),
    )
    op.create_table(
        "tickets",
        sa.Column("ticket_id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=1000), nullable=True),
        sa.Column("address", sa.String(length=1000), nullable=True),
        sa.Column("phone", sa.String(length=1000), nullable=True),
        sa.Column("problem", sa.String(length=4000), nullable=True),
        sa.Column("station", sa.String(length=1000), nullable=True),
        sa.PrimaryKeyConstraint("ticket_id"),
    )
    op.create_table(
        "calls",
        sa.Column("call_id", sa.String(length=200), nullable=False),
        sa.Column("path", sa.String(length=4096), nullable=True),
        sa.Column("recording_id", sa.String(length=64), nullable=True),
        sa.Column("has_metadata", sa.Boolean(), nullable=False),
        sa.Column("started_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("agent_id", sa.String(length=200), nullable=True),
        sa.Column("direction", sa.String(length=20), nullable=True),
        sa.Column("ring_count", sa.Integer(), nullable=True),
        sa.Column("released_by", sa.String(length=20), nullable=True),
        sa.Column("caller_number", sa.String(length=200), nullable=True),
        sa.Column("ticket_id", sa.String(length=200), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("ruleset", sa.String(length=200), nullable=True),
        sa.Column("fee_unpaid", sa.Boolean(), nullable=True),
        sa.Column("context", sa.String(length=200), nullable=False),
        sa.Column("replaced_by", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recordings.recording_id"],
        ),
        sa.PrimaryKeyConstraint("call_id"),
    )
    op.create_index(op.f("ix_calls_agent_id"), "calls", ["agent_id"], unique=False)
    op.create_index(op.f("ix_calls_path"), "calls", ["path"], unique=False)
    op.create_index(op.f("ix_calls_recording_id"), "calls", ["recording_id"], unique=False)
    op.create_index(op.f("ix_calls_started_at"), "calls", ["started_at"], unique=False)
    op.create_index(op.f("ix_calls_ticket_id"), "calls", ["ticket_id"], unique=False)
    op.create_table(
        "files",
        sa.Column("path", sa.String(length=4096), nullable=False),
        sa.Column("root", sa.String(length=4096), nullable=False),
        sa.Column("recording_id", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recordings.recording_id"],
        ),
        sa.PrimaryKeyConstraint("path"),
    )
    op.create_index(op.f("ix_files_recording_id"), "files", ["recording_id"], unique=False)
    op.create_index(op.f("ix_files_root"), "files", ["root"], unique=False)
    op.create_table(
        "transcripts",
        sa.Column("transcript_key", sa.String(length=1100), nullable=False),
        sa.Column("recording_id", sa.String(length=64), nullable=False),
        sa.Column("engine", sa.String(length=1000), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recordings.recording_id"],
        ),
        sa.PrimaryKeyConstraint("transcript_key"),
    )
    op.create_index(op.f("ix_transcripts_engine"), "transcripts", ["engine"], unique=False)
    op.create_index(
        op.f("ix_transcripts_recording_id"), "transcripts", ["recording_id"], unique=False
    )
    op.create_index(
        "one_current_transcript",
        "transcripts",
        ["recording_id"],
        unique=True,
        sqlite_where=sa.text("is_current"),
        postgresql_where=sa.text("is_current"),
    )
    op.create_table(
        "scorecards",
        sa.Column(
            "scorecard_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("call_id", sa.String(length=200), nullable=False),
        sa.Column("transcript_key", sa.String(length=1100), nullable=False),
        sa.Column("context", sa.String(length=200), nullable=False),
        sa.Column("ruleset_id", sa.String(length=200), nullable=False),
        sa.Column("ruleset_hash", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("critical_failure", sa.Boolean(), nullable=False),
        sa.Column("violated", sa.Integer(), nullable=False),
        sa.Column("undecided", sa.Integer(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"],
            ["calls.call_id"],
        ),
        sa.ForeignKeyConstraint(
            ["ruleset_hash"],
            ["rulesets.ruleset_hash"],
        ),
        sa.ForeignKeyConstraint(
            ["transcript_key"],
            ["transcripts.transcript_key"],
        ),
        sa.PrimaryKeyConstraint("scorecard_id"),
    )
    op.create_index(
        "one_current_scorecard",
        "scorecards",
        ["call_id"],
        unique=True,
        sqlite_where=sa.text("is_current"),
        postgresql_where=sa.text("is_current"),
    )
    op.create_index(
        "one_scorecard_per_key",
        "scorecards",
        ["call_id", "transcript_key", "context", "ruleset_hash"],
        unique=True,
    )
    op.create_table(
        "verdicts",
        sa.Column(
            "scorecard_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("rule_id", sa.String(length=50), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("grade", sa.String(length=20), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("critical", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("start_ms", sa.Integer(), nullable=True),
        sa.Column("end_ms", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["scorecard_id"],
            ["scorecards.scorecard_id"],
        ),
        sa.PrimaryKeyConstraint("scorecard_id", "rule_id"),
    )
    op.create_index("verdicts_by_rule", "verdicts", ["rule_id", "outcome"], unique=False)


def downgrade() -> None:
    """Drop every table."""
    op.drop_index("verdicts_by_rule", table_name="verdicts")
    op.drop_table("verdicts")
    op.drop_index("one_scorecard_per_key", table_name="scorecards")
    op.drop_index(
        "one_current_scorecard",
        table_name="scorecards",
        sqlite_where=sa.text("is_current"),
        postgresql_where=sa.text("is_current"),
    )
    op.drop_table("scorecards")
    op.drop_index(
        "one_current_transcript",
        table_name="transcripts",
        sqlite_where=sa.text("is_current"),
        postgresql_where=sa.text("is_current"),
    )
    op.drop_index(op.f("ix_transcripts_recording_id"), table_name="transcripts")
    op.drop_index(op.f("ix_transcripts_engine"), table_name="transcripts")
    op.drop_table("transcripts")
    op.drop_index(op.f("ix_files_root"), table_name="files")
    op.drop_index(op.f("ix_files_recording_id"), table_name="files")
    op.drop_table("files")
    op.drop_index(op.f("ix_calls_ticket_id"), table_name="calls")
    op.drop_index(op.f("ix_calls_started_at"), table_name="calls")
    op.drop_index(op.f("ix_calls_recording_id"), table_name="calls")
    op.drop_index(op.f("ix_calls_path"), table_name="calls")
    op.drop_index(op.f("ix_calls_agent_id"), table_name="calls")
    op.drop_table("calls")
    op.drop_table("tickets")
    op.drop_table("runs")
    op.drop_index(op.f("ix_rulesets_ruleset_id"), table_name="rulesets")
    op.drop_table("rulesets")
    op.drop_index(op.f("ix_recordings_fault"), table_name="recordings")
    op.drop_table("recordings")
    op.drop_table("notices")
    op.drop_table("ingest_issues")
    op.drop_table("agents")
