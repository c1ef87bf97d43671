"""The archive: copies, checks, proofs of emptiness, deletions and what they left."""

import sqlalchemy as sa
from alembic import op

from qa.store.tables import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLES = (
    "archived",
    "archive_checks",
    "empty_proofs",
    "deletions",
    "deletion_steps",
    "tombstones",
)


def _recording() -> "sa.Column[str]":
    return sa.Column("recording_id", sa.String(length=64), nullable=False)


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime(timezone=True), nullable=False)


def _of_recording() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["recording_id"], ["recordings.recording_id"])


def _person(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], ["users.user_id"])


def _text(name: str, length: int) -> "sa.Column[str]":
    return sa.Column(name, sa.String(length=length), nullable=False)


def _number(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer(), nullable=nullable)


def upgrade() -> None:
    """Make the tables; nothing was copied, checked or deleted before."""
    op.create_table(
        "archived",
        *(_recording(), _text("name", 200), sa.Column("is_sealed", sa.Boolean(), nullable=False)),
        *(_time("archived_at"), _of_recording(), sa.PrimaryKeyConstraint("recording_id")),
    )
    op.create_table(
        "archive_checks",
        *(_recording(), _time("checked_at"), _text("state", 20), _time("since")),
        *(_of_recording(), sa.PrimaryKeyConstraint("recording_id")),
    )
    op.create_index("ix_archive_checks_checked_at", "archive_checks", ["checked_at"], unique=False)
    op.create_index("ix_archive_checks_state", "archive_checks", ["state"], unique=False)
    op.create_table(
        "empty_proofs",
        sa.Column("proof_id", _BIG_KEY, autoincrement=True, nullable=False),
        *(_recording(), _time("proved_at"), _text("method", 200), _number("channels")),
        *(_number("duration_ms"), _number("speech_ms")),
        sa.Column("is_empty", sa.Boolean(), nullable=False),
        *(_of_recording(), sa.PrimaryKeyConstraint("proof_id")),
    )
    op.create_index("ix_empty_proofs_recording_id", "empty_proofs", ["recording_id"], unique=False)
    _deletions()


def _deletions() -> None:
    op.create_table(
        "deletions",
        sa.Column("deletion_id", _BIG_KEY, autoincrement=True, nullable=False),
        *(_recording(), _text("call_id", 200), _text("kind", 20), _text("reason", 2000)),
        sa.Column("proof_id", _BIG_KEY, nullable=True),
        sa.Column("requested_by", _BIG_KEY, nullable=False),
        *(_time("requested_at"), _of_recording(), _person("requested_by")),
        sa.ForeignKeyConstraint(["proof_id"], ["empty_proofs.proof_id"]),
        sa.PrimaryKeyConstraint("deletion_id"),
    )
    op.create_index("ix_deletions_recording_id", "deletions", ["recording_id"], unique=False)
    op.create_index("ix_deletions_call_id", "deletions", ["call_id"], unique=False)
    op.create_table(
        "deletion_steps",
        sa.Column("deletion_id", _BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        *(_text("state", 20), sa.Column("done_by", _BIG_KEY, nullable=True)),
        *(_time("done_at"), _text("note", 2000), _person("done_by")),
        sa.ForeignKeyConstraint(["deletion_id"], ["deletions.deletion_id"]),
        sa.PrimaryKeyConstraint("deletion_id", "position"),
    )
    op.create_index("deletion_steps_by_state", "deletion_steps", ["state"], unique=False)
    op.create_table(
        "tombstones",
        *(_recording(), sa.Column("deletion_id", _BIG_KEY, nullable=False), _time("deleted_at")),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        *(_number("duration_ms", nullable=True), sa.Column("calls", sa.Text(), nullable=False)),
        _text("reason", 2000),
        sa.Column("requested_by", _BIG_KEY, nullable=False),
        sa.Column("approved_by", _BIG_KEY, nullable=False),
        *(_of_recording(), _person("requested_by"), _person("approved_by")),
        sa.ForeignKeyConstraint(["deletion_id"], ["deletions.deletion_id"]),
        sa.PrimaryKeyConstraint("recording_id"),
    )


def downgrade() -> None:
    """Drop the tables; what was deleted does not come back."""
    for table in reversed(_TABLES):
        op.drop_table(table)
