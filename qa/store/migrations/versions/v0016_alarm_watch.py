"""Since when reports are looked at for being late: what was due before raises no alarm."""

import sqlalchemy as sa
from alembic import op

from qa.store.tables import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, empty: the first look begins it."""
    op.create_table(
        "alarm_watch",
        sa.Column("watch_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("watch_id"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("alarm_watch")
