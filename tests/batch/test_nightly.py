"""The night: summed up, killed at every stage and finished, one at a time."""

import json
import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from qa.batch.nightly import NIGHTLY, UNREADABLE, night_sources, run_night
from qa.batch.runner import RunOptions
from qa.config import Settings, SourceSettings
from qa.errors import ConfigError, ConflictError
from qa.store import runs
from qa.store.metrics import read_counts
from qa.store.runs import RunState
from qa.store.store import Store
from tests.support.call_folders import (
    MIDDAY,
    RULESET,
    damages_of,
    make_folder,
    open_store,
    rows_of,
    settings_for,
    settled,
    snapshot,
)
from tests.support.databases import environment_of
from tests.support.talking_files import ENGINE, factory, let_go
from tests.support.waiting import finish, until

ROOT = Path(__file__).resolve().parents[2]
CALLS = 5
TALKING = RunOptions(factory=factory, engine=ENGINE)
POINTS = (
    "ingest:advanced",
    "transcribe:advanced",
    "score:started",
    "score:finished",
    "checks",
)


def make_night(folder: Path) -> Path:
    """Calls of yesterday, so that their checks are drawn, and one that is no audio."""
    make_folder(folder, CALLS)
    table = folder / "calls.csv"
    yesterday = datetime.now(ZoneInfo(MIDDAY)).date() - timedelta(days=1)
    settled(table, table.read_text("utf-8").replace("2025-11-18", str(yesterday)))
    settled(folder / "day" / "bad.wav", "!refuse\n坐席: 您好")
    return folder


def with_sources(settings: Settings, **folders: Path) -> Settings:
    sources = {name: SourceSettings(folder=folder) for name, folder in folders.items()}
    return settings.model_copy(update={"sources": sources})


def start(
    tmp_path: Path, *words: str, data: str = "data", kill: str = ""
) -> "subprocess.Popen[str]":
    settings = settings_for(tmp_path).model_copy(update={"data_dir": tmp_path / data})
    environment = {
        **environment_of(settings),
        "QA_TIMEZONE": MIDDAY,
        "QA_BATCH__WORKERS": "1",
        "QA_SCORING__RULESET": str(RULESET),
        "TALKING_LOG": str(tmp_path / f"{data}.log"),
        "NIGHT_KILL": kill,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.night_qa", *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def contents(store: Store) -> dict[str, Any]:
    """What a night leaves, times and row numbers of no meaning left out."""
    skip = ("runs", "run_tasks", "verdicts", "scorecards", "call_status", "spot_checks")
    skip += ("audit_log", "audit_head")  # a chain over times
    skip += ("report_versions", "report_deliveries", "report_attempts")  # they say when
    # Numbers of PostgreSQL are used up by what was rolled back.
    skip += ("reports", "day_touches", "event_scan", "alarm_watch")
    cards = (
        "SELECT call_id, transcript_key, context, ruleset_hash, is_current, total, count(*) "
        "FROM scorecards LEFT JOIN verdicts USING (scorecard_id) GROUP BY 1, 2, 3, 4, 5, 6 "
        "ORDER BY 1, 2, 3, 4"
    )
    audit = "SELECT action, count(*) FROM audit_log GROUP BY 1 ORDER BY 1"
    checks = "SELECT kind, day, agent_id, call_id, position FROM spot_checks ORDER BY 1, 2, 3, 5"
    scanned = "SELECT (SELECT max(scorecard_id) FROM scorecards) - scorecard_id FROM event_scan"
    return {
        **snapshot(store, without=skip),
        "day_touches": rows_of(store, "SELECT since, until FROM day_touches ORDER BY 1, 2"),
        "event_scan": rows_of(store, scanned),
        "scorecards": rows_of(store, cards),
        "spot_checks": rows_of(store, checks),
        "audit": rows_of(store, audit),
        "drafts": rows_of(store, "SELECT kind, first_day, team FROM reports ORDER BY 1, 2, 3"),
        "told": rows_of(store, "SELECT purpose, target, state FROM report_deliveries ORDER BY 1"),
        "call_status": rows_of(store, "SELECT call_id, state, score FROM call_status ORDER BY 1"),
        "archive_checks": rows_of(
            store, "SELECT recording_id, state FROM archive_checks ORDER BY 1"
        ),
    }


@pytest.fixture(scope="module")
def straight(backend: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder, and what a night over it leaves that nothing disturbed."""
    tmp_path = tmp_path_factory.mktemp("straight")
    folder = make_night(tmp_path / "in")
    code, _, err = finish(start(tmp_path, "nightly", str(folder)))
    assert code == 1, err  # one recording failed
    with open_store(settings_for(tmp_path)) as store:
        left = contents(store)
    assert len(left["scorecards"]) == CALLS and left["spot_checks"]
    return folder, left


@pytest.mark.parametrize("point", POINTS)
def test_a_night_killed_at_any_stage_is_finished_by_the_next(
    tmp_path: Path, straight: tuple[Path, dict[str, Any]], point: str
) -> None:
    folder, expected = straight
    code, _, err = finish(start(tmp_path, "nightly", str(folder), kill=point))
    assert code == -signal.SIGKILL, err
    code, out, err = finish(start(tmp_path, "nightly", str(folder), "--json"))
    assert code in (0, 1), err
    told = json.loads(out)
    assert told["continues"] == 1
    assert told["standing"]["failed"] == {"not_audio": 1}  # whichever night failed on it
    with open_store(settings_for(tmp_path)) as store:
        assert damages_of(store) == []
        assert contents(store) == expected
        with store.reading() as session:
            first, second = runs.get_run(session, 1), runs.get_run(session, 2)
            standing = read_counts(session).standing
    assert (first.state, second.state) == (RunState.INTERRUPTED, RunState.DONE)
    assert first.finished_at is None
    assert (standing.transcribed, standing.waiting) == (CALLS, 0)
    assert standing.failed == {"not_audio": 1}
    if point in ("score:started", "score:finished", "checks"):
        assert (first.transcribed, first.failed) == (CALLS, 1)
        assert second.transcribed == 0


def test_a_second_night_is_refused_while_one_works_or_waits_for_it(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "in", 3, order="!held")
    log = tmp_path / "data.log"
    first = start(tmp_path, "nightly", str(folder))
    try:
        until(log.with_suffix(".held").exists, first)
        refused, _, complaint = finish(start(tmp_path, "nightly", str(folder)))
        second = start(tmp_path, "nightly", str(folder), "--wait", "60", "--json")
        said = second.stderr.readline() if second.stderr else ""
        at_work = first.poll() is None
    finally:
        let_go(log)
    # Both are making reports now, and looking after the archive: neither may disturb the other.
    first_code, first_out, first_err = finish(first)
    waited, out, err = finish(second)
    assert "waiting for it" in said, said + err
    assert at_work, "the first one must still be at work"
    assert refused == 2 and "another run is working" in complaint, complaint
    assert waited == 0, out + err
    assert first_code == 0, first_out + first_err
    assert json.loads(out)["transcribed"] == 0, out
    with open_store(settings_for(tmp_path)) as store:
        found = rows_of(store, "SELECT kind, state FROM runs JOIN run_tasks USING (run_id)")
        assert found == [(NIGHTLY, "done")] * 2
        assert rows_of(store, "SELECT count(*) FROM transcripts") == [(3,)]


def test_a_lost_key_of_the_archive_costs_the_night_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder(tmp_path / "in", 1)
    monkeypatch.setenv("QA_ARCHIVE__KEY_FILE", str(tmp_path / "lost.key"))
    code, out, err = finish(start(tmp_path, "nightly", str(folder)))
    assert code == 1, out + err
    assert "1 recordings" in out and "qa runs show 1" in out, out + err
    told = [line for line in err.splitlines() if line.startswith("archive        failed")]
    assert len(told) == 1 and "lost.key" in told[0], err  # also where nobody keeps the summary


def test_sigterm_ends_a_night_in_order(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "in", 3, order="!held-after 2")
    process = start(tmp_path, "nightly", str(folder))
    with open_store(settings_for(tmp_path)) as store:
        until(lambda: rows_of(store, "SELECT count(*) FROM transcripts") == [(2,)], process)
        os.kill(process.pid, signal.SIGTERM)
        code, _, err = finish(process)
        assert code == 130 and "Nothing is lost" in err and "Traceback" not in err, err
        with store.reading() as session:
            run = runs.get_run(session, 1)
    assert run.state is RunState.INTERRUPTED and run.transcribed == 2


def test_the_summary_counts_what_was_done_and_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALKING_LOG", str(tmp_path / "log"))
    one, two = make_night(tmp_path / "one"), tmp_path / "two"
    settled(two / "x.wav", "!engine\n坐席: 您好")
    settings = with_sources(settings_for(tmp_path), hotline=one)
    with open_store(settings) as store:
        sources = night_sources(store, settings, [two])
        assert [named.name for named in sources] == ["hotline", str(two)]
        report = run_night(store, settings, sources, options=TALKING)
        assert report.run.hearing.failed == {"not_audio": 1, "engine_failed": 1}
        assert not report.run.is_clean and report.continues is None
        with store.reading() as session:
            run = runs.get_run(session, report.run.run_id)
        result = run.result or {}
        assert (run.kind, run.state) == (NIGHTLY, RunState.DONE)
        assert result["failed"] == {"not_audio": 1, "engine_failed": 1}
        assert (result["files"], result["transcribed"], result["judged"]) == (
            CALLS + 2,
            CALLS,
            CALLS,
        )
        undecided = rows_of(store, "SELECT count(*) FROM verdicts WHERE outcome = 'undecided'")
        assert [(result["undecided"],)] == undecided
        assert [(result["drawn"],)] == rows_of(store, "SELECT count(*) FROM spot_checks")
        assert result["drawn"] > 0
        hours = result["audio_ms"] / 1000 / report.run.wall_s
        assert result["audio_hours_per_hour"] == pytest.approx(hours, rel=0.01, abs=0.06)
        again = run_night(store, settings, sources, options=TALKING)
        assert again.run.hearing.transcribed == again.run.daily.closed == 0
        assert again.run.daily.drawn == ()


def test_a_source_that_is_away_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALKING_LOG", str(tmp_path / "log"))
    here, away = make_folder(tmp_path / "here", 2), tmp_path / "away"
    settings = with_sources(settings_for(tmp_path), away=away, here=here)
    with open_store(settings) as store:
        report = run_night(store, settings, night_sources(store, settings), options=TALKING)
        assert [issue.code for issue in report.run.intake.rejected] == [UNREADABLE]
        assert not report.run.is_clean
        assert (report.run.hearing.transcribed, report.run.judging.scored) == (2, 2)
        with store.reading() as session:
            result = runs.get_run(session, report.run.run_id).result or {}
        assert result["rejected"] == {UNREADABLE: 1}


def test_nothing_to_take_in_is_told_before_anything_starts(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with open_store(settings) as store:
        with pytest.raises(ConfigError, match="no source has a folder"):
            night_sources(store, settings)
        with pytest.raises(ConfigError, match="no such folder"):
            night_sources(store, settings, [tmp_path / "none"])
        assert rows_of(store, "SELECT count(*) FROM runs") == [(0,)]


def test_waiting_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALKING_LOG", str(tmp_path / "log"))
    settings = settings_for(tmp_path)
    folder = make_folder(tmp_path / "in", 1)
    with open_store(settings) as store, open_store(settings) as other:
        sources = night_sources(store, settings, [folder])
        options = RunOptions(factory=factory, engine=ENGINE, wait_s=0.3)
        with other.run_lock(), pytest.raises(ConflictError):
            run_night(store, settings, sources, options=options)
        assert run_night(store, settings, sources, options=options).run.hearing.transcribed == 1


def test_runs_are_listed_and_shown(tmp_path: Path) -> None:
    folder = make_night(tmp_path / "in")
    finish(start(tmp_path, "nightly", str(folder), kill="score:started"))
    finish(start(tmp_path, "nightly", str(folder)))
    code, out, _ = finish(start(tmp_path, "runs", "list"))
    assert code == 0
    lines = out.splitlines()
    assert len(lines) == 3 and all(NIGHTLY in line for line in lines[1:])
    assert "done" in lines[1] and "interrupted" in lines[2]
    assert max(map(len, lines)) <= 100
    _, out, _ = finish(start(tmp_path, "runs", "list", "--kind", "score"))
    assert "no runs yet" in out
    _, out, _ = finish(start(tmp_path, "runs", "show", "1"))
    assert "interrupted" in out and f"transcribed                      {CALLS}," in out
    code, out, _ = finish(start(tmp_path, "runs", "show", "2", "--json"))
    assert code == 0 and json.loads(out)["result"]["judged"] == CALLS
    code, _, err = finish(start(tmp_path, "runs", "show", "9"))
    assert code == 2 and "no run '9'" in err
