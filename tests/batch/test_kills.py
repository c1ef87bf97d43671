"""Workers killed at random during a night: nothing lost, nothing doubled. `scripts/prove-kills`
does it a thousand times.
"""

from pathlib import Path

import pytest
from benchlib.kills import run_storm
from benchlib.quick_files import make_files

from tests.support.call_folders import RULESET, settings_for

CALLS, KILLS = 60, 5


def test_killed_workers_cost_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_BATCH__WORKERS", "2")
    monkeypatch.setenv("QA_SCORING__RULESET", str(RULESET))
    monkeypatch.setenv("QUICK_SECONDS", "0.05")
    make_files(tmp_path / "in", CALLS)
    (tmp_path / "data").mkdir()
    url = settings_for(tmp_path).database_url
    storm = run_storm(tmp_path / "in", url, calls=CALLS, kills=KILLS)
    assert storm.kills == KILLS
    assert storm.damages == ()
    assert storm.lost_or_doubled == 0, storm.counts
