"""The demo's database with its calls already heard, so that a test need not wait for it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchlib.golden import read_golden

from qa.batch.runner import ingest_folder
from qa.cli.demo import bundled_calls
from qa.config import load_settings
from qa.pipeline import engine_fingerprint
from qa.store import ledger
from tests.support.call_folders import open_store


def put_golden_transcripts(data_dir: Path) -> None:
    """Keep what was heard before, as if this engine had heard it: hearing takes a minute."""
    settings = load_settings(data_dir=data_dir)
    engine, folder = engine_fingerprint(settings), bundled_calls()
    heard = [replace(read_golden(f), engine=engine) for f in sorted(folder.glob("golden/*.json"))]
    with open_store(settings) as store:
        ingest_folder(store, folder)
        with store.writing() as session:
            ledger.put_transcripts(session, heard, datetime.now(UTC))
