"""When nights begin, over clock changes and sleeps, and the process that does them."""

import signal
import subprocess
import sys
import time as clocks
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from qa.api.schedule import Nightly, Plan, is_missed, last_time, next_time
from qa.store import ledger, runs
from qa.store.runs import Run, RunProgress, RunState
from qa.store.store import Store
from tests.support.call_folders import RULESET, make_folder, open_store, rows_of, settings_for
from tests.support.databases import environment_of
from tests.support.waiting import SLOW_S, finish, until

ROOT = Path(__file__).resolve().parents[2]
SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
TWO = time(2, 0)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "at", "zone", "expected"),
    [
        ("2025-11-18 17:59:59", "02:00", SHANGHAI, "2025-11-18 18:00"),
        ("2025-11-18 18:00:00", "02:00", SHANGHAI, "2025-11-19 18:00"),  # never twice
        ("2025-11-18 18:00:01", "02:00", SHANGHAI, "2025-11-19 18:00"),
        ("2025-11-18 15:59:59", "00:00", SHANGHAI, "2025-11-18 16:00"),  # midnight
        ("2025-11-18 16:00:00", "00:00", SHANGHAI, "2025-11-19 16:00"),
        ("2025-11-18 15:30:00", "23:59", SHANGHAI, "2025-11-18 15:59"),
        ("2025-12-31 16:00:00", "23:30", SHANGHAI, "2026-01-01 15:30"),
        # Berlin, 2026-03-29: 02:00 becomes 03:00; 02:30 is shown by no clock.
        ("2026-03-28 12:00:00", "02:30", BERLIN, "2026-03-29 01:30"),
        ("2026-03-29 01:30:00", "02:30", BERLIN, "2026-03-30 00:30"),
        ("2026-03-28 12:00:00", "01:30", BERLIN, "2026-03-29 00:30"),
        ("2026-03-28 12:00:00", "04:00", BERLIN, "2026-03-29 02:00"),
        # Berlin, 2026-10-25: 03:00 becomes 02:00; 02:30 is shown twice.
        ("2026-10-24 12:00:00", "02:30", BERLIN, "2026-10-25 00:30"),
        ("2026-10-25 00:30:00", "02:30", BERLIN, "2026-10-26 01:30"),
        ("2026-10-25 01:00:00", "02:30", BERLIN, "2026-10-26 01:30"),
        # A midnight that does not exist: Cairo, 2026-04-24.
        ("2026-04-23 12:00:00", "00:00", ZoneInfo("Africa/Cairo"), "2026-04-23 22:00"),
        ("2026-04-23 22:00:00", "00:00", ZoneInfo("Africa/Cairo"), "2026-04-24 21:00"),
    ],
)
def test_the_next_night(after: str, at: str, zone: ZoneInfo, expected: str) -> None:
    assert next_time(utc(after), time.fromisoformat(at), zone) == utc(expected)


@pytest.mark.parametrize("zone", [SHANGHAI, BERLIN, ZoneInfo("America/New_York")])
@pytest.mark.parametrize("at", ["00:00", "01:30", "02:00", "02:30", "03:00", "23:59"])
def test_a_year_has_one_night_a_day(zone: ZoneInfo, at: str) -> None:
    of_day = time.fromisoformat(at)
    moment, days = next_time(utc("2026-01-01 12:00"), of_day, zone), []
    while len(days) < 365:
        following = next_time(moment, of_day, zone)
        assert timedelta(hours=23) <= following - moment <= timedelta(hours=25)
        assert last_time(following, of_day, zone) == following
        assert last_time(following - timedelta(seconds=1), of_day, zone) == moment
        moment = following
        days.append(following.astimezone(zone).date())
    assert len(set(days)) == 365


def a_run(started: str, state: RunState) -> Run:
    return Run(1, "nightly", state, None, utc(started), None, 0, 0, 0, 0, RunProgress())


@pytest.mark.parametrize(
    ("last", "missed"),
    [
        (None, False),
        (a_run("2025-11-18 18:00", RunState.DONE), False),
        (a_run("2025-11-18 18:00", RunState.FAILED), False),
        (a_run("2025-11-18 18:00", RunState.INTERRUPTED), True),
        (a_run("2025-11-18 18:00", RunState.RUNNING), True),
        (a_run("2025-11-17 18:00", RunState.DONE), True),
        (a_run("2025-11-18 17:59", RunState.DONE), True),
    ],
)
def test_a_night_that_was_missed(last: Run | None, missed: bool) -> None:
    plan = Plan(TWO, SHANGHAI, ())
    assert is_missed(last, utc("2025-11-19 01:00"), plan) is missed


def test_one_night_at_a_time_and_none_is_made_up_twice(tmp_path: Path) -> None:
    """The clock sleeps over three nights while one is at work: one follows, not three."""
    log, end = tmp_path / "log", tmp_path / "end"
    script = (
        "import pathlib, sys, time; log = open(sys.argv[1], 'a', buffering=1); "
        "log.write('begin\\n'); end = pathlib.Path(sys.argv[2])\n"
        "while not end.exists(): time.sleep(0.02)\n"
        "log.write('end\\n')"
    )
    plan = Plan(TWO, SHANGHAI, (sys.executable, "-c", script, str(log), str(end)))
    now = [utc("2025-11-18 17:59:59")]
    with (
        open_store(settings_for(tmp_path)) as store,
        Nightly(store, plan, clock=lambda: now[0], look_every_s=0.01) as nightly,
    ):
        clocks.sleep(0.3)
        assert not log.exists() and nightly.pid is None
        now[0] = utc("2025-11-21 20:00")  # it slept
        until(lambda: log.exists() and log.read_text() == "begin\n")
        assert nightly.pid is not None
        end.touch()
        until(lambda: nightly.pid is None)
        clocks.sleep(0.3)
        assert log.read_text() == "begin\nend\n"
        now[0] = utc("2025-11-22 18:00")
        until(lambda: log.read_text() == "begin\nend\n" * 2)


def test_a_night_ends_with_the_service_even_if_it_will_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.api.schedule._STOP_S", 0.5)
    ready = tmp_path / "ready"
    script = (
        "import pathlib, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
    )
    plan = Plan(TWO, SHANGHAI, (sys.executable, "-c", script, str(ready)))
    with open_store(settings_for(tmp_path)) as store:
        with store.writing() as session:
            ledger.start_run(session, "nightly", datetime.now(UTC) - timedelta(days=3))
        with Nightly(store, plan) as nightly:  # a night was missed
            until(ready.exists)
            pid = nightly.pid
        assert pid is not None and not Path(f"/proc/{pid}").exists()


def test_the_service_catches_up_a_broken_night_and_stops_in_order(tmp_path: Path) -> None:
    """Real `qa serve --nightly`, with a source and no model: the night's outcome is logged."""
    settings = settings_for(tmp_path)
    make_folder(tmp_path / "in", 1)
    config = tmp_path / "qa.toml"
    source = f'[sources.a]\nfolder = "{tmp_path / "in"}"\n'
    config.write_text(f'[hearing]\nmodel = "no-such-model"\n{source}')
    with open_store(settings) as store, store.writing() as session:
        run_id = ledger.start_run(session, "nightly", datetime.now(UTC))
        runs.add_task(session, run_id, datetime.now(UTC), state=RunState.INTERRUPTED)
    log = tmp_path / "log"
    command = (sys.executable, "-c", "from qa.cli.app import main; main()")
    environment = {
        **environment_of(settings),
        "QA_CONFIG": str(config),
        "QA_SCORING__RULESET": str(RULESET),
        "QA_SERVE__PROCESS_UPLOADS": "false",
        "QA_SERVE__METRICS": "loopback",
    }
    with log.open("w") as errors:
        service = subprocess.Popen(
            [*command, "serve", "--port", "0", "--nightly", "02:00"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        said = service.stdout.readline() if service.stdout else ""
        assert " at http://" in said, log.read_text()
        address = said.split(" at ")[1].split()[0]
        assert "tingjian_calls" in httpx.get(f"{address}metrics", timeout=SLOW_S).text
        until(lambda: "the night ended" in log.read_text(), service)
    finally:
        service.send_signal(signal.SIGTERM)
        code, _, _ = finish(service)
    err = log.read_text()
    assert code == 0, err
    assert "caught up now" in err and "stopped" in err
    assert "the night ended with exit code 2" in err and "model" in err
    assert "the next night begins at" in err


def test_the_night_is_heard_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with open_store(settings_for(tmp_path)) as store:
        _begun(store)
        plan = Plan(TWO, SHANGHAI, (sys.executable, "-c", ""))
        with (
            caplog.at_level("INFO", "qa.nightly"),
            Nightly(store, plan, look_every_s=0.01) as nightly,
        ):
            until(lambda: "exit code 0" in caplog.text)
            assert nightly.pid is None
        assert rows_of(store, "SELECT count(*) FROM runs") == [(1,)]


def _begun(store: Store) -> None:
    with store.writing() as session:
        ledger.start_run(session, "nightly", datetime.now(UTC) - timedelta(days=3))
