"""Figures by day, which pages add up instead of reading every call; they fill by themselves."""

import sqlalchemy as sa
from alembic import op

from qa.store.tables import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COUNTS = ("undecided_calls", "undecided", "reviewed", "final", "open_flags", "fines", "praised")
_OF_CARDS = ("critical", "violated", "left_undecided")


def _text(name: str, length: int = 200) -> "sa.Column[str]":
    return sa.Column(name, sa.String(length=length), nullable=False)


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime(timezone=True), nullable=False)


def _number(name: str, kind: type[sa.Integer] = sa.Integer) -> "sa.Column[int]":
    return sa.Column(name, kind(), nullable=False)


def _day() -> sa.Column[object]:
    return sa.Column("day", sa.Date(), nullable=False)


def upgrade() -> None:
    """Add the tables, empty: until days are added up, pages read the calls as before."""
    op.create_table(
        "day_touches",
        sa.Column("touch_id", _BIG_KEY, autoincrement=True, nullable=False),
        *(_time("since"), _time("until")),
        sa.PrimaryKeyConstraint("touch_id"),
    )
    op.create_table(
        "rolled_days",
        *(_day(), _text("zone", 64), _time("starts"), _time("ends")),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_table(
        "agent_days",
        *(_day(), _text("agent_id"), _text("team"), _text("ruleset_id"), _time("starts")),
        _number("calls"),
        *(_number("total", sa.BigInteger), _number("squares", sa.BigInteger), _number("lowest")),
        *(_number(name) for name in (*_COUNTS, *_OF_CARDS)),
        sa.Column("missed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", "agent_id", "team", "ruleset_id"),
    )
    op.create_index("agent_days_by_team", "agent_days", ["team", "day"], unique=False)
    op.create_table(
        "team_days",
        *(_text("kind", 20), _day(), _text("team"), _text("ruleset_id"), _text("key")),
        *(_number("first"), _number("second"), _number("third")),
        sa.PrimaryKeyConstraint("kind", "day", "team", "ruleset_id", "key"),
    )
    op.create_table(
        "agent_rules",
        *(_text("agent_id"), _text("rule_id"), _number("times")),
        sa.PrimaryKeyConstraint("agent_id", "rule_id"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in ("agent_rules", "team_days", "agent_days", "rolled_days", "day_touches"):
        op.drop_table(name)
