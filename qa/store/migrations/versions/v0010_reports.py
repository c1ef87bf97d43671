"""Times of tickets, reports with their deliveries, and what people say of promises."""

import sqlalchemy as sa
from alembic import op

from qa.store.tables import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIMES = ("received_at", "contacted_at", "arrived_at")
_TABLES = (
    *("report_attempts", "report_deliveries", "report_files", "report_steps"),
    *("report_versions", "reports", "promise_rulings"),
)


def upgrade() -> None:
    """Add the columns, which old tickets leave empty, and the tables."""
    for name in _TIMES:
        op.add_column("tickets", sa.Column(name, UtcDateTime(timezone=True), nullable=True))
    for name in ("received_at", "completed_at"):
        op.create_index(f"ix_tickets_{name}", "tickets", [name], unique=False)
    _promises()
    _reports()
    _deliveries()


def _promises() -> None:
    op.create_table(
        "promise_rulings",
        sa.Column("ruling_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("call_id", sa.String(length=200), nullable=False),
        sa.Column("rule_id", sa.String(length=50), nullable=False),
        sa.Column("start_ms", sa.Integer(), nullable=False),
        sa.Column("end_ms", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ruled_by", _BIG_KEY, nullable=False),
        sa.Column("ruled_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"]),
        sa.ForeignKeyConstraint(["ruled_by"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("ruling_id"),
    )
    op.create_index("ix_promise_rulings_call_id", "promise_rulings", ["call_id"], unique=False)


def _reports() -> None:
    op.create_table(
        "reports",
        sa.Column("report_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("team", sa.String(length=200), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("report_id"),
    )
    op.create_index("one_report", "reports", ["kind", "first_day", "team"], unique=True)
    op.create_table(
        "report_versions",
        sa.Column("version_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("report_id", _BIG_KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", _BIG_KEY, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.report_id"]),
        sa.ForeignKeyConstraint(["made_by"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("version_id"),
    )
    op.create_index("one_report_version", "report_versions", ["report_id", "number"], unique=True)
    op.create_table(
        "report_steps",
        sa.Column("step_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("report_id", _BIG_KEY, nullable=False),
        sa.Column("version_id", _BIG_KEY, nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("done_by", _BIG_KEY, nullable=True),
        sa.Column("done_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.report_id"]),
        sa.ForeignKeyConstraint(["version_id"], ["report_versions.version_id"]),
        sa.ForeignKeyConstraint(["done_by"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("step_id"),
    )
    op.create_index("ix_report_steps_report_id", "report_steps", ["report_id"], unique=False)
    only_sent = sa.text("action = 'send'")
    op.create_index(
        "one_sending",
        "report_steps",
        ["report_id"],
        unique=True,
        sqlite_where=only_sent,
        postgresql_where=only_sent,
    )
    op.create_table(
        "report_files",
        sa.Column("version_id", _BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("format", sa.String(length=10), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["report_versions.version_id"]),
        sa.PrimaryKeyConstraint("version_id", "format"),
    )


def _deliveries() -> None:
    op.create_table(
        "report_deliveries",
        sa.Column("delivery_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("report_id", _BIG_KEY, nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("target", sa.String(length=1000), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("queued_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("next_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.report_id"]),
        sa.PrimaryKeyConstraint("delivery_id"),
    )
    op.create_index("ix_report_deliveries_state", "report_deliveries", ["state"], unique=False)
    op.create_index(
        "one_delivery",
        "report_deliveries",
        ["report_id", "purpose", "channel", "target"],
        unique=True,
    )
    op.create_table(
        "report_attempts",
        sa.Column("attempt_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("delivery_id", _BIG_KEY, nullable=False),
        sa.Column("attempted_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["delivery_id"], ["report_deliveries.delivery_id"]),
        sa.PrimaryKeyConstraint("attempt_id"),
    )
    op.create_index(
        "ix_report_attempts_delivery_id", "report_attempts", ["delivery_id"], unique=False
    )


def downgrade() -> None:
    """Drop the tables and the columns."""
    for table in _TABLES:
        op.drop_table(table)
    for name in ("completed_at", "received_at"):
        op.drop_index(f"ix_tickets_{name}", "tickets")
    for name in reversed(_TIMES):
        op.drop_column("tickets", name)
