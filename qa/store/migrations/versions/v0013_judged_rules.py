"""What rules that have judged were, so that a changed list can be compared with them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; rules that judged before are not in it, and calls of theirs judge in full."""
    op.create_table(
        "judged_rules",
        sa.Column("rule_hash", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("rule_hash"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("judged_rules")
