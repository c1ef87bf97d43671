"""Labels that people give apart from the machine; what a publication could show at its gate."""

import sqlalchemy as sa
from alembic import op

from qa.store.tables import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables, two columns of publications, and what repeat callers are found by."""
    op.add_column("publications", sa.Column("gate", sa.Text(), nullable=True))
    op.add_column("publications", sa.Column("override", sa.String(length=1000), nullable=True))
    op.create_index("calls_by_caller", "calls", ["caller_number", "started_at"], unique=False)
    _label_sets()
    op.create_table(
        "label_tasks",
        sa.Column("task_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("set_id", _BIG_KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=200), nullable=False),
        sa.Column("stratum", sa.String(length=20), nullable=False),
        sa.Column("user_id", _BIG_KEY, nullable=False),
        sa.ForeignKeyConstraint(["set_id"], ["label_sets.set_id"]),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"]),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("task_id"),
    )
    op.create_index("one_label_task", "label_tasks", ["set_id", "position", "user_id"], unique=True)
    op.create_index("label_tasks_by_person", "label_tasks", ["user_id", "set_id"], unique=False)
    op.create_index("ix_label_tasks_call_id", "label_tasks", ["call_id"], unique=False)
    _labels()


def _label_sets() -> None:
    op.create_table(
        "label_sets",
        sa.Column("set_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("ruleset_id", sa.String(length=200), nullable=False),
        sa.Column("ruleset_hash", sa.String(length=200), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("strata", sa.Text(), nullable=False),
        sa.Column("seed", sa.String(length=200), nullable=False),
        sa.Column("since", UtcDateTime(timezone=True), nullable=True),
        sa.Column("until", UtcDateTime(timezone=True), nullable=True),
        sa.Column("made_by", _BIG_KEY, nullable=True),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("set_id"),
    )
    op.create_index("ix_label_sets_ruleset_id", "label_sets", ["ruleset_id"], unique=False)


def _labels() -> None:
    op.create_table(
        "labels",
        sa.Column("label_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("set_id", _BIG_KEY, nullable=False),
        sa.Column("call_id", sa.String(length=200), nullable=False),
        sa.Column("rule_id", sa.String(length=50), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("labelled_by", _BIG_KEY, nullable=True),
        sa.Column("labelled_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["set_id"], ["label_sets.set_id"]),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"]),
        sa.ForeignKeyConstraint(["labelled_by"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("label_id"),
    )
    op.create_index("labels_by_set", "labels", ["set_id", "call_id", "rule_id"], unique=False)
    op.create_index("ix_labels_call_id", "labels", ["call_id"], unique=False)
    op.create_table(
        "label_steps",
        sa.Column("step_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("set_id", _BIG_KEY, nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("done_by", _BIG_KEY, nullable=True),
        sa.Column("done_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["set_id"], ["label_sets.set_id"]),
        sa.ForeignKeyConstraint(["done_by"], ["users.user_id"]),
        sa.PrimaryKeyConstraint("step_id"),
    )
    op.create_index("ix_label_steps_set_id", "label_steps", ["set_id"], unique=False)


def downgrade() -> None:
    """Drop the tables, the columns and the index."""
    for table in ("label_steps", "labels", "label_tasks", "label_sets"):
        op.drop_table(table)
    op.drop_index("calls_by_caller", "calls")
    op.drop_column("publications", "override")
    op.drop_column("publications", "gate")
