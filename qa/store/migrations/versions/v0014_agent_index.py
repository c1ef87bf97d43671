"""The index by agent holds what pages count and add up, so that no row need be looked at for it."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_NAME, _TABLE = "call_status_by_agent", "call_status"
_ORDER = ["agent_id", "sorted_at", "call_id"]


def upgrade() -> None:
    """Make the index anew with more columns."""
    op.drop_index(_NAME, _TABLE)
    op.create_index(_NAME, _TABLE, [*_ORDER, "priority", "severity", "score"], unique=False)


def downgrade() -> None:
    """Make it as it was."""
    op.drop_index(_NAME, _TABLE)
    op.create_index(_NAME, _TABLE, _ORDER, unique=False)
