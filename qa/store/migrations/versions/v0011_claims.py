"""Which run works on which recording, and until when nobody else takes it."""

import sqlalchemy as sa
from alembic import op

from qa.store.tables import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; it is empty while no run works."""
    op.create_table(
        "claims",
        sa.Column("recording_id", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.recording_id"]),
        sa.PrimaryKeyConstraint("recording_id"),
    )
    op.create_index("ix_claims_holder", "claims", ["holder"], unique=False)


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("claims")
