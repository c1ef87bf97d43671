"""The same recordings with one, two and four workers, in shuffled order: the same scorecards.

Recordings are the bundled calls, decoded for real; only the recogniser is a fake that reads its
words off the samples.
"""

import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from benchlib.fake_engine import fake_worker

from qa.batch.runner import RunOptions, run_folder
from qa.config import BatchSettings, Settings
from qa.store import ledger
from tests.support import call_folders
from tests.support.call_folders import rows_of, snapshot

AUDIO = Path(__file__).parents[1] / "fixtures" / "audio"
CARDS = (
    "SELECT call_id, transcript_key, context, ruleset_hash, total, violated, undecided, blob "
    "FROM scorecards ORDER BY call_id"
)


def judged(tmp_path: Path, workers: int, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run on the bundled calls; the tables are asked for recordings in an order of their own."""
    real = ledger.pending_recordings

    def shuffled(*given: Any, **named: Any) -> Any:
        pending = real(*given, **named)
        random.Random(workers).shuffle(pending)
        return pending

    patch.setattr(ledger, "pending_recordings", shuffled)
    batch = BatchSettings(workers=workers, worker_recordings=3, claim=4)
    settings = call_folders.settings_for(tmp_path / str(workers))
    settings = settings.model_copy(update={"batch": batch, "scoring": Settings().scoring})
    with call_folders.open_store(settings) as store:
        report = run_folder(
            store, settings, tmp_path / "in", options=RunOptions(factory=fake_worker)
        )
        assert report.hearing.transcribed >= 7
        found = snapshot(store, without=("runs", "run_tasks", "verdicts", "scorecards"))
        # Rows of answers are numbered as they come in.
        answers = sorted(row[1:] for row in found["hearings"])
        wanted = ("transcripts", "calls", "recordings")
        rows = {name: found[name] for name in wanted}
        return {"cards": rows_of(store, CARDS), "hearings": answers, **rows}


def test_workers_and_order_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(AUDIO, tmp_path / "in", ignore=shutil.ignore_patterns("golden", "scripts"))
    one = judged(tmp_path, 1, monkeypatch)
    assert len(one["cards"]) >= 7 and any(card[6] for card in one["cards"])
    for workers in (2, 4):
        assert judged(tmp_path, workers, monkeypatch) == one
