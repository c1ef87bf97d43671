"""Hashes of a ruleset's rules, so that unchanged rules need not judge again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; rulesets that judged before have none, and their calls are judged in full."""
    op.add_column("rulesets", sa.Column("rule_hashes", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("rulesets", "rule_hashes")
