"""Who took a call and who says so, the roster, decisions of people about it, silent channels."""

import sqlalchemy as sa
from alembic import op

from qa.store.tables import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COLUMNS = ("extension", "agent_claims", "agent_state", "named_by_file")


def upgrade() -> None:
    """Add the columns of calls, which old calls leave empty, and the tables."""
    op.add_column("calls", sa.Column("extension", sa.String(length=200), nullable=True))
    op.add_column("calls", sa.Column("agent_claims", sa.Text(), nullable=True))
    op.add_column("calls", sa.Column("agent_state", sa.String(length=20), nullable=True))
    op.add_column(
        "calls",
        sa.Column("named_by_file", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index("ix_calls_agent_state", "calls", ["agent_state"], unique=False)
    op.create_table(
        "roster",
        sa.Column("origin", sa.String(length=4096), nullable=False),
        sa.Column("seat", sa.String(length=200), nullable=False),
        sa.Column("agent_id", sa.String(length=200), nullable=False),
        sa.Column("starts_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("origin", "seat", "agent_id", "starts_at"),
    )
    op.create_index("roster_by_seat", "roster", ["seat", "starts_at"], unique=False)
    op.create_table(
        "agent_rulings",
        sa.Column("ruling_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("call_id", sa.String(length=200), nullable=False),
        sa.Column("agent_id", sa.String(length=200), nullable=True),
        sa.Column("ruled_by", sa.String(length=200), nullable=False),
        sa.Column("ruled_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.PrimaryKeyConstraint("ruling_id"),
    )
    op.create_index("ix_agent_rulings_call_id", "agent_rulings", ["call_id"], unique=False)
    op.create_table(
        "recording_sides",
        sa.Column("transcript_key", sa.String(length=1100), nullable=False),
        sa.Column("channels", sa.Integer(), nullable=False),
        sa.Column("quietest_ms", sa.Integer(), nullable=False),
        sa.Column("loudest_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["transcript_key"], ["transcripts.transcript_key"]),
        sa.PrimaryKeyConstraint("transcript_key"),
    )


def downgrade() -> None:
    """Drop the tables and the columns."""
    op.drop_table("recording_sides")
    op.drop_table("agent_rulings")
    op.drop_table("roster")
    op.drop_index("ix_calls_agent_state", "calls")
    for column in reversed(_COLUMNS):
        op.drop_column("calls", column)
