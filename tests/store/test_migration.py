"""A database of the first version keeps everything when this program opens it."""

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import qa.store.migrations
from qa.store.queries import CallFilter, call_detail, list_calls
from qa.store.store import Store

ROWS = """
INSERT INTO recordings VALUES ('r1', 10, '2025-11-18 01:00:00', 1000, 1, NULL, NULL, NULL, NULL, 0);
INSERT INTO tickets VALUES ('T1', '张三', '一号楼', '139', '不热', '城东');
INSERT INTO notices VALUES ('/in', '春节', '2026-02-15', '2026-02-23');
INSERT INTO calls (call_id, has_metadata, recording_id, ticket_id, fee_unpaid, context)
    VALUES ('A1', 1, 'r1', 'T1', 1, 'old');
INSERT INTO transcripts (transcript_key, recording_id, engine, created_at, is_current, blob)
    VALUES ('r1:e', 'r1', 'e', '2025-11-18 01:00:00', 1, x'00');
INSERT INTO rulesets VALUES ('h', 'small', 'S', '2025-11-18 01:00:00');
INSERT INTO scorecards (scorecard_id, call_id, transcript_key, context, ruleset_id, ruleset_hash,
    created_at, is_current, total, critical_failure, violated, undecided, blob)
    VALUES (7, 'A1', 'r1:e', 'old', 'small', 'h', '2025-11-18 01:00:00', 0, 95, 0, 1, 0, x'00');
INSERT INTO verdicts VALUES (7, 'TM01', 'VIOLATED', 'score', 5, 0, 'late', 0, 10);
"""


def first_version(path: Path) -> None:
    """Make a database as the first version made it, with a row in every table that matters."""
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    folder = Path(qa.store.migrations.__file__).parent
    config.set_main_option("script_location", str(folder))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with sqlite3.connect(path) as database:
        database.executescript(ROWS)
    database.close()


def test_the_rows_of_the_first_version_survive(tmp_path: Path) -> None:
    path = tmp_path / "qa.sqlite3"
    first_version(path)
    with Store.open(f"sqlite:///{path}") as store, store.reading() as session:
        (line,) = list_calls(session, CallFilter(), store.zone)
        assert (line.call_id, line.status) == ("A1", "unscored")
        detail = call_detail(session, "A1", store.zone)
        assert detail.call.ticket is not None
        assert (detail.call.ticket.address, detail.call.fee_unpaid) == ("一号楼", True)
        assert [(v.total, v.violated) for v in detail.history] == [(95, 1)]
    database = sqlite3.connect(path)
    try:
        card = database.execute("SELECT hearings, open_questions, is_current FROM scorecards")
        assert card.fetchall() == [("", 0, 0)]
        assert database.execute("SELECT script, number FROM notices").fetchall() == [(None, None)]
        assert database.execute("SELECT hearings FROM transcripts").fetchall() == [("",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    finally:
        database.close()
