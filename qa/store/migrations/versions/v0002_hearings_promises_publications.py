"""Hearings, promises, keyed answers, stations, published rulesets; notices with their script."""

import sqlalchemy as sa
from alembic import op

from qa.store.tables import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_CARD_KEY = ["call_id", "transcript_key", "context", "ruleset_hash"]


def upgrade() -> None:
    """Add tables and columns; what is there stays, and has no hearings and no open question."""
    _add_columns()
    op.drop_index("one_scorecard_per_key", table_name="scorecards")
    op.create_index("one_scorecard_per_key", "scorecards", [*_CARD_KEY, "hearings"], unique=True)
    op.create_table(
        "hearings",
        sa.Column("hearings_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("transcript_key", sa.String(length=1100), nullable=False),
        sa.Column("revision", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["transcript_key"], ["transcripts.transcript_key"]),
        sa.PrimaryKeyConstraint("hearings_id"),
    )
    op.create_index("ix_hearings_transcript_key", "hearings", ["transcript_key"], unique=False)
    op.create_table(
        "promises",
        sa.Column("scorecard_id", _BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("rule_id", sa.String(length=50), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start_ms", sa.Integer(), nullable=False),
        sa.Column("end_ms", sa.Integer(), nullable=False),
        sa.Column("due", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["scorecard_id"], ["scorecards.scorecard_id"]),
        sa.PrimaryKeyConstraint("scorecard_id", "rule_id", "position"),
    )
    _create_tables_of_sources()
    _create_publications()


def _add_columns() -> None:
    for table in ("transcripts", "scorecards"):
        revision = sa.Column("hearings", sa.String(length=64), server_default="", nullable=False)
        op.add_column(table, revision)
    count = sa.Column("open_questions", sa.Integer(), server_default=sa.text("0"), nullable=False)
    op.add_column("scorecards", count)
    op.add_column("tickets", sa.Column("completed_at", UtcDateTime(timezone=True), nullable=True))
    op.add_column("notices", sa.Column("script", sa.String(length=200), nullable=True))
    op.add_column("notices", sa.Column("number", sa.String(length=200), nullable=True))


def _create_tables_of_sources() -> None:
    op.create_table(
        "answers",
        sa.Column("call_id", sa.String(length=200), nullable=False),
        sa.Column("solved", sa.Boolean(), nullable=True),
        sa.Column("attitude", sa.String(length=20), nullable=True),
        sa.Column("charged", sa.Boolean(), nullable=True),
        sa.Column("points", sa.Integer(), nullable=True),
        sa.Column("remark", sa.String(length=1000), nullable=True),
        sa.PrimaryKeyConstraint("call_id"),
    )
    op.create_table(
        "stations",
        sa.Column("origin", sa.String(length=4096), nullable=False),
        sa.Column("compound", sa.String(length=200), nullable=False),
        sa.Column("station", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("origin", "compound"),
    )


def _create_publications() -> None:
    op.create_table(
        "publications",
        sa.Column("publication_id", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("ruleset_id", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("ruleset_hash", sa.String(length=200), nullable=True),
        sa.Column("published_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.Column("previous", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("publication_id"),
    )
    op.create_index("ix_publications_ruleset_id", "publications", ["ruleset_id"], unique=False)


def downgrade() -> None:
    """Drop what `upgrade` added; scorecards that only hearings tell apart must be gone before."""
    for table in ("publications", "stations", "answers", "promises", "hearings"):
        op.drop_table(table)
    op.drop_index("one_scorecard_per_key", table_name="scorecards")
    op.create_index("one_scorecard_per_key", "scorecards", _CARD_KEY, unique=True)
    for table, column in (
        *(("notices", "number"), ("notices", "script"), ("tickets", "completed_at")),
        *(
            ("scorecards", "open_questions"),
            ("scorecards", "hearings"),
            ("transcripts", "hearings"),
        ),
    ):
        op.drop_column(table, column)
