"""Decisions, releases, appeals, spot checks, messages, uploads, and the state of each call."""

import sqlalchemy as sa
from alembic import op

from qa.store.tables import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables; `call_status` is filled when the database is opened."""
    _create_uploads()
    _create_messages()
    _create_spot_checks()
    _create_releases()
    _create_appeals()
    _create_call_status()
    _create_spot_check_results()
    _create_appeal_steps()
    _create_flag_decisions()


def _create_uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("upload_id", sa.String(length=40), nullable=False),
        sa.Column("uploaded_by", _BIG_KEY, nullable=False),
        sa.Column("uploaded_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("path", sa.String(length=4096), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("fault", sa.String(length=200), nullable=True),
        sa.Column("call_id", sa.String(length=200), nullable=True),
        sa.Column("finished_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["uploaded_by"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("upload_id"),
    )
    op.create_index("ix_uploads_state", "uploads", ["state"], unique=False)
    op.create_index("ix_uploads_uploaded_by", "uploads", ["uploaded_by"], unique=False)


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("message_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("user_id", _BIG_KEY, nullable=True),
        sa.Column("agent_id", sa.String(length=200), nullable=True),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("call_id", sa.String(length=200), nullable=True),
        sa.Column("sent_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("read_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"]),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index("messages_by_agent", "messages", ["agent_id", "sent_at"], unique=False)
    op.create_index("messages_by_user", "messages", ["user_id", "sent_at"], unique=False)


def _create_spot_checks() -> None:
    op.create_table(
        "spot_checks",
        sa.Column("check_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("agent_id", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=200), nullable=False),
        sa.Column("drawn_by", sa.String(length=20), nullable=False),
        sa.Column("seed", sa.String(length=200), nullable=False),
        sa.Column("assigned_to", _BIG_KEY, nullable=True),
        sa.Column("drawn_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["assigned_to"], ["users.user_id"]),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"]),
        sa.PrimaryKeyConstraint("check_id"),
        sa.UniqueConstraint("call_id"),
    )
    op.create_index(
        "one_spot_check", "spot_checks", ["kind", "day", "agent_id", "position"], unique=True
    )
    op.create_index("spot_checks_by_person", "spot_checks", ["assigned_to", "day"], unique=False)


def _create_appeals() -> None:
    op.create_table(
        "appeals",
        sa.Column("appeal_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("call_id", sa.String(length=200), nullable=False),
        sa.Column("scorecard_id", _BIG_KEY, nullable=False),
        sa.Column("rule_id", sa.String(length=50), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("submitted_by", _BIG_KEY, nullable=False),
        sa.Column("submitted_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("release_id", _BIG_KEY, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"]),
        sa.ForeignKeyConstraint(["release_id"], ["releases.release_id"]),
        sa.ForeignKeyConstraint(["scorecard_id"], ["scorecards.scorecard_id"]),
        sa.ForeignKeyConstraint(["submitted_by"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("appeal_id"),
    )
    op.create_index("ix_appeals_call_id", "appeals", ["call_id"], unique=False)
    op.create_index("ix_appeals_submitted_by", "appeals", ["submitted_by"], unique=False)


def _create_call_status() -> None:
    op.create_table(
        "call_status",
        sa.Column("call_id", sa.String(length=200), nullable=False),
        sa.Column("scorecard_id", _BIG_KEY, nullable=False),
        sa.Column("started_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("sorted_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("agent_id", sa.String(length=200), nullable=True),
        sa.Column("team", sa.String(length=200), nullable=True),
        sa.Column("ruleset_id", sa.String(length=200), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("basis", sa.String(length=20), nullable=False),
        sa.Column("machine", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("open_flags", sa.Integer(), nullable=False),
        sa.Column("undecided", sa.Integer(), nullable=False),
        sa.Column("confirmed_fines", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_praised", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_judged_anew", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("released_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("appeal_until", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"]),
        sa.ForeignKeyConstraint(["scorecard_id"], ["scorecards.scorecard_id"]),
        sa.PrimaryKeyConstraint("call_id"),
    )
    for name, columns in (
        ("call_status_to_review", ["priority", "sorted_at", "call_id"]),
        ("call_status_by_severity", ["severity", "sorted_at", "call_id"]),
        ("call_status_by_time", ["sorted_at", "call_id"]),
        ("call_status_by_state", ["state", "sorted_at", "call_id"]),
        ("call_status_team_review", ["team", "priority", "sorted_at", "call_id"]),
        ("call_status_team_severity", ["team", "severity", "sorted_at", "call_id"]),
        ("call_status_by_team", ["team", "sorted_at", "call_id"]),
        ("call_status_by_agent", ["agent_id", "sorted_at", "call_id"]),
        ("call_status_by_scorecard", ["scorecard_id"]),
    ):
        op.create_index(name, "call_status", columns, unique=False)


def _create_releases() -> None:
    op.create_table(
        "releases",
        sa.Column("release_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("call_id", sa.String(length=200), nullable=False),
        sa.Column("scorecard_id", _BIG_KEY, nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("done_by", _BIG_KEY, nullable=True),
        sa.Column("done_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("appeal_until", UtcDateTime(timezone=True), nullable=True),
        sa.Column("carried_from", _BIG_KEY, nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"]),
        sa.ForeignKeyConstraint(["carried_from"], ["releases.release_id"]),
        sa.ForeignKeyConstraint(["done_by"], ["users.user_id"]),
        sa.ForeignKeyConstraint(["scorecard_id"], ["scorecards.scorecard_id"]),
        sa.PrimaryKeyConstraint("release_id"),
    )
    op.create_index("ix_releases_call_id", "releases", ["call_id"], unique=False)
    op.create_index("ix_releases_done_at", "releases", ["done_at"], unique=False)


def _create_spot_check_results() -> None:
    op.create_table(
        "spot_check_results",
        sa.Column("result_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("check_id", _BIG_KEY, nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("done_by", _BIG_KEY, nullable=False),
        sa.Column("done_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["check_id"], ["spot_checks.check_id"]),
        sa.ForeignKeyConstraint(["done_by"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("result_id"),
    )
    op.create_index(
        "ix_spot_check_results_check_id", "spot_check_results", ["check_id"], unique=False
    )


def _create_appeal_steps() -> None:
    op.create_table(
        "appeal_steps",
        sa.Column("appeal_id", _BIG_KEY, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("done_by", _BIG_KEY, nullable=False),
        sa.Column("done_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.appeal_id"]),
        sa.ForeignKeyConstraint(["done_by"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("appeal_id"),
    )


def _create_flag_decisions() -> None:
    op.create_table(
        "flag_decisions",
        sa.Column("decision_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("call_id", sa.String(length=200), nullable=False),
        sa.Column("scorecard_id", _BIG_KEY, nullable=False),
        sa.Column("rule_id", sa.String(length=50), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("points", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", _BIG_KEY, nullable=False),
        sa.Column("decided_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("appeal_id", _BIG_KEY, nullable=True),
        sa.Column("carried_from", _BIG_KEY, nullable=True),
        sa.ForeignKeyConstraint(["carried_from"], ["flag_decisions.decision_id"]),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.appeal_id"]),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"]),
        sa.ForeignKeyConstraint(["decided_by"], ["users.user_id"]),
        sa.ForeignKeyConstraint(["scorecard_id"], ["scorecards.scorecard_id"]),
        sa.PrimaryKeyConstraint("decision_id"),
    )
    op.create_index(
        "flag_decisions_by_call", "flag_decisions", ["call_id", "scorecard_id"], unique=False
    )
    op.create_index(
        "flag_decisions_by_person", "flag_decisions", ["decided_by", "decided_at"], unique=False
    )
    op.create_index("flag_decisions_by_time", "flag_decisions", ["decided_at"], unique=False)


def downgrade() -> None:
    """Drop the tables, with everything in them."""
    for table in (
        "flag_decisions",
        "appeal_steps",
        "spot_check_results",
        "call_status",
        "appeals",
        "releases",
        "spot_checks",
        "messages",
        "uploads",
    ):
        op.drop_table(table)
