"""What is personal in calls, found once; the tables fill by themselves. Figures by agent and day.

The index is for the weeks of one team: found by day, all teams' rows were gone through.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_INDEX, _DAYS = "agent_days_by_agent", "agent_days"


def upgrade() -> None:
    """Add the tables, empty: what is not there is searched for, as before; and the index."""
    op.create_table(
        "personal_found",
        sa.Column("transcript_key", sa.String(length=1100), nullable=False),
        sa.Column("stamp", sa.LargeBinary(), nullable=False),
        sa.Column("found", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["transcript_key"], ["transcripts.transcript_key"]),
        sa.PrimaryKeyConstraint("transcript_key"),
    )
    op.create_table(
        "personal_scan",
        sa.Column("scan_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("searched_by", sa.String(length=64), nullable=False),
        sa.Column("low", sa.BigInteger(), nullable=False),
        sa.Column("high", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scan_id"),
    )
    columns = ["agent_id", "day", "team", "starts", "calls", "total"]
    op.create_index(_INDEX, _DAYS, columns, unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index(_INDEX, _DAYS)
    op.drop_table("personal_scan")
    op.drop_table("personal_found")
