"""Abnormal events, what was kept back about them, and the ledger of fines and rewards."""

import sqlalchemy as sa
from alembic import op

from qa.store.tables import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLES = (
    "events",
    "event_steps",
    "event_scan",
    "event_omissions",
    "event_omission_steps",
    "charges",
    "charge_steps",
    "fine_terms",
    "fine_entries",
    "ruleset_withdrawals",
    "fine_months",
    "fine_sheets",
)


def upgrade() -> None:
    """Add the tables."""
    _add_events()
    _add_fines()


def downgrade() -> None:
    """Drop the tables."""
    for name in reversed(_TABLES):
        op.drop_table(name)


def _add_events() -> None:
    op.create_table(
        "events",
        sa.Column("event_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("call_id", sa.String(length=200), nullable=True),
        sa.Column("agent_id", sa.String(length=200), nullable=True),
        sa.Column("scorecard_id", _BIG_KEY, nullable=True),
        sa.Column("start_ms", sa.Integer(), nullable=True),
        sa.Column("end_ms", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False, server_default=""),
        sa.Column("happened_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by", _BIG_KEY, nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"]),
        sa.ForeignKeyConstraint(["scorecard_id"], ["scorecards.scorecard_id"]),
        sa.ForeignKeyConstraint(["created_by"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index("events_by_agent", "events", ["agent_id", "happened_at"], unique=False)
    op.create_index("ix_events_call_id", "events", ["call_id"], unique=False)
    op.create_index("ix_events_happened_at", "events", ["happened_at"], unique=False)
    op.create_index(
        "one_found_event",
        "events",
        ["call_id", "kind"],
        unique=True,
        sqlite_where=sa.text("created_by IS NULL"),
        postgresql_where=sa.text("created_by IS NULL"),
    )
    op.create_table(
        "event_steps",
        sa.Column("step_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("event_id", _BIG_KEY, nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False, server_default=""),
        sa.Column("done_by", _BIG_KEY, nullable=True),
        sa.Column("done_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.event_id"]),
        sa.ForeignKeyConstraint(["done_by"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("step_id"),
    )
    op.create_index("ix_event_steps_done_at", "event_steps", ["done_at"], unique=False)
    op.create_index("ix_event_steps_event_id", "event_steps", ["event_id"], unique=False)
    op.create_table(
        "event_scan",
        sa.Column("scan_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scorecard_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scan_id"),
    )
    op.create_table(
        "event_omissions",
        sa.Column("omission_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("event_id", _BIG_KEY, nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("agent_id", sa.String(length=200), nullable=True),
        sa.Column("user_id", _BIG_KEY, nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("known_since", UtcDateTime(timezone=True), nullable=False),
        sa.Column("raised_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.event_id"]),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("omission_id"),
    )
    op.create_index(
        "omissions_by_agent", "event_omissions", ["agent_id", "raised_at"], unique=False
    )
    op.create_index("one_omission", "event_omissions", ["kind", "event_id", "person"], unique=True)
    op.create_table(
        "event_omission_steps",
        sa.Column("step_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("omission_id", _BIG_KEY, nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("done_by", _BIG_KEY, nullable=False),
        sa.Column("done_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["omission_id"], ["event_omissions.omission_id"]),
        sa.ForeignKeyConstraint(["done_by"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("step_id"),
    )
    op.create_index(
        "ix_event_omission_steps_omission_id", "event_omission_steps", ["omission_id"], unique=False
    )


def _add_fines() -> None:
    op.create_table(
        "charges",
        sa.Column("charge_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("item", sa.String(length=50), nullable=False),
        sa.Column("call_id", sa.String(length=200), nullable=False),
        sa.Column("start_ms", sa.Integer(), nullable=False),
        sa.Column("end_ms", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("entered_by", _BIG_KEY, nullable=False),
        sa.Column("entered_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"]),
        sa.ForeignKeyConstraint(["entered_by"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("charge_id"),
    )
    op.create_index("ix_charges_call_id", "charges", ["call_id"], unique=False)
    op.create_table(
        "charge_steps",
        sa.Column("step_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("charge_id", _BIG_KEY, nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False, server_default=""),
        sa.Column("done_by", _BIG_KEY, nullable=False),
        sa.Column("done_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["charge_id"], ["charges.charge_id"]),
        sa.ForeignKeyConstraint(["done_by"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("step_id"),
    )
    op.create_index("ix_charge_steps_charge_id", "charge_steps", ["charge_id"], unique=False)
    op.create_table(
        "fine_terms",
        sa.Column("terms", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_used_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("terms"),
    )
    op.create_table(
        "fine_entries",
        sa.Column("entry_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("case_key", sa.String(length=700), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("item", sa.String(length=50), nullable=False),
        sa.Column("agent_id", sa.String(length=200), nullable=True),
        sa.Column("login", sa.String(length=200), nullable=True),
        sa.Column("fen", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("call_id", sa.String(length=200), nullable=True),
        sa.Column("scorecard_id", _BIG_KEY, nullable=True),
        sa.Column("rule_id", sa.String(length=50), nullable=True),
        sa.Column("decision_id", _BIG_KEY, nullable=True),
        sa.Column("charge_id", _BIG_KEY, nullable=True),
        sa.Column("start_ms", sa.Integer(), nullable=True),
        sa.Column("end_ms", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=50), nullable=False),
        sa.Column("reverses", _BIG_KEY, nullable=True),
        sa.Column("terms", sa.String(length=64), nullable=False),
        sa.Column("booked_by", _BIG_KEY, nullable=True),
        sa.Column("booked_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"]),
        sa.ForeignKeyConstraint(["scorecard_id"], ["scorecards.scorecard_id"]),
        sa.ForeignKeyConstraint(["decision_id"], ["flag_decisions.decision_id"]),
        sa.ForeignKeyConstraint(["charge_id"], ["charges.charge_id"]),
        sa.ForeignKeyConstraint(["reverses"], ["fine_entries.entry_id"]),
        sa.ForeignKeyConstraint(["booked_by"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("entry_id"),
        sa.UniqueConstraint("reverses"),
    )
    op.create_index("fine_entries_by_agent", "fine_entries", ["agent_id", "month"], unique=False)
    op.create_index("fine_entries_by_month", "fine_entries", ["month", "agent_id"], unique=False)
    op.create_index("ix_fine_entries_case_key", "fine_entries", ["case_key"], unique=False)
    op.create_table(
        "ruleset_withdrawals",
        sa.Column("step_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("ruleset_hash", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("done_by", _BIG_KEY, nullable=False),
        sa.Column("done_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ruleset_hash"], ["rulesets.ruleset_hash"]),
        sa.ForeignKeyConstraint(["done_by"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("step_id"),
    )
    op.create_index(
        "ix_ruleset_withdrawals_ruleset_hash", "ruleset_withdrawals", ["ruleset_hash"], unique=False
    )
    op.create_table(
        "fine_months",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("terms", sa.String(length=64), nullable=False),
        sa.Column("sheets", sa.Integer(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("sheets_hash", sa.String(length=64), nullable=False),
        sa.Column("closed_by", _BIG_KEY, nullable=False),
        sa.Column("closed_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["terms"], ["fine_terms.terms"]),
        sa.ForeignKeyConstraint(["closed_by"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("month"),
    )
    op.create_table(
        "fine_sheets",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("agent_id", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sheet_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["month"], ["fine_months.month"]),
        sa.PrimaryKeyConstraint("month", "agent_id"),
    )
