"""Watching: what is finished is taken in, heard and judged; the rest waits; Ctrl-C ends cleanly."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qa.batch.inbox import Inbox
from qa.batch.runner import RunOptions
from qa.cli.app import app
from qa.config import Settings, load_settings
from qa.ingest.sources.configured import configured_sources
from qa.store.store import Store
from tests.ingest.cdr_lines import asterisk, written
from tests.support import call_folders, talking_files
from tests.support.call_folders import GOOD, RULESET, rows_of, settled
from tests.support.waiting import finish

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = RunOptions(factory=talking_files.factory, engine=talking_files.ENGINE)
SETTINGS = """
data_dir = "{at}/data"
[batch]
workers = 1
[scoring]
ruleset = "{ruleset}"
[ingest]
poll_s = 0.5
[sources.pbx]
folder = "{at}/in"
cdr = ["{at}/Master.csv"]
stable_s = {stable_s}
extensions = "80.."
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("TALKING_LOG", str(tmp_path / "heard.log"))
    monkeypatch.setenv("QA_CONFIG", str(tmp_path / "qa.toml"))
    (tmp_path / "in").mkdir()
    written(tmp_path / "Master.csv", asterisk())
    settled(tmp_path / "qa.toml", SETTINGS.format(at=tmp_path, ruleset=RULESET, stable_s=0))
    return load_settings()


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with call_folders.open_store(settings) as store:
        yield store


def watched(store: Store, settings: Settings, options: RunOptions | None = OPTIONS) -> Inbox:
    return Inbox(store, settings, configured_sources(settings, watching=True), options)


def test_what_is_new_is_taken_in_heard_and_judged_once(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    inbox = watched(store, settings)
    first = inbox.look()
    assert first.intake is not None
    assert (first.intake.new_calls, first.intake.no_recording) == (1, ("1763428345.1",))
    assert inbox.look().intake is None
    settled(tmp_path / "in" / "x-1763428345.1.wav", GOOD.format(number=1))
    second = inbox.look()
    assert second.run is not None
    assert (second.run.hearing.transcribed, second.run.judging.scored) == (1, 1)
    assert inbox.look().intake is None
    with (tmp_path / "Master.csv").open("a") as stream:
        stream.write(asterisk(uniqueid="1763428346.1")[:80])
    half = inbox.look()  # the half line is told, and taken once it is whole
    assert half.intake is not None
    assert (half.intake.new_calls, half.intake.changed_calls) == (0, 0)
    with (tmp_path / "Master.csv").open("a") as stream:
        stream.write(asterisk(uniqueid="1763428346.1")[80:])
    third = inbox.look()
    assert third.intake is not None
    assert third.intake.new_calls == 1
    assert (tmp_path / "heard.log").read_text().split() == ["x-1763428345.1.wav"]


def test_taking_in_only(tmp_path: Path, store: Store, settings: Settings) -> None:
    settled(tmp_path / "in" / "a.wav", GOOD.format(number=1))
    look = watched(store, settings, None).look()
    assert look.intake is not None
    assert (look.intake.new_calls, look.run) == (2, None)
    assert not (tmp_path / "heard.log").exists()


def test_a_source_that_is_gone_is_told_and_looked_at_again(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    inbox = watched(store, settings, None)
    (tmp_path / "in").rename(tmp_path / "away")
    look = inbox.look()
    assert look.intake is None
    assert "cannot be read" in look.problems[0]
    (tmp_path / "away").rename(tmp_path / "in")
    assert inbox.look().intake is not None


def test_another_run_is_waited_for(tmp_path: Path, store: Store, settings: Settings) -> None:
    inbox = watched(store, settings, None)
    with store.run_lock():
        look = inbox.look()
        assert look.intake is None
        assert "another run is working" in look.problems[0]
    assert inbox.look().intake is not None


def start(tmp_path: Path, *arguments: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.talking_qa", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_watches_until_it_is_told_to_end(
    tmp_path: Path, settings: Settings, number: signal.Signals
) -> None:
    settled(tmp_path / "qa.toml", SETTINGS.format(at=tmp_path, ruleset=RULESET, stable_s=1))
    settled(tmp_path / "in" / "x-1763428345.1.wav", GOOD.format(number=1), age_s=0)
    process = start(tmp_path, "inbox", "--json")
    try:
        assert process.stdout is not None
        looks = [process.stdout.readline() for _ in range(2)]  # the call, then its recording
        process.send_signal(number)
        code, _, err = finish(process)
    finally:
        process.kill()
    assert code == 0, err
    assert "ended; 1 calls taken in, 1 recordings transcribed" in err, looks
    assert [json.loads(look)["waiting"] for look in looks] == [1, 0], err
    with call_folders.open_store(settings) as store:
        rows = rows_of(store, "SELECT call_id, recording_id IS NOT NULL FROM calls")
    assert rows == [("1763428345.1", 1)]


def invoke(*arguments: str, code: int) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    return result.stdout


def test_the_commands(tmp_path: Path, settings: Settings) -> None:
    settled(tmp_path / "in" / "=x-1763428345.1.wav", GOOD.format(number=1))
    settled(tmp_path / "in" / "agents.csv", "agent_id\n108\n")
    report = json.loads(invoke("ingest", "--source", "pbx", "--json", code=0))
    assert (report["calls"], report["hashed"], report["issues"]) == (1, 1, [])
    assert "1 no agent" in invoke("reconcile", code=1)
    document = json.loads(invoke("reconcile", "--json", "--day", "2025-11-18", code=1))
    assert [f["kind"] for f in document["findings"]] == ["no_agent"]
    rows = list(csv.DictReader(io.StringIO(invoke("reconcile", "--csv", code=1))))
    assert rows[0]["call_id"] == "1763428345.1"
    assert rows[0]["to_do"].startswith("find out who")
    decided = invoke("attribute", "1763428345.1", "--agent", "108", "--by", "head", code=0)
    assert "it is 108's" in decided
    assert "everything adds up" in invoke("reconcile", code=0)
    assert "已由 head 裁定归 108" in invoke("show", "1763428345.1", code=0)
    shown = json.loads(invoke("show", "1763428345.1", "--json", code=0))
    assert shown["attribution"]["settled_by"] == "head"
    invoke("attribute", "1763428345.1", "--take-back", code=0)
    invoke("reconcile", code=1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest", "x", "--source", "pbx"),
        ("ingest", "--source", "none"),
        ("reconcile", "--day", "soon"),
        ("reconcile", "--csv", "--json"),
        ("attribute", "A"),
        ("attribute", "A", "--agent", "1", "--take-back"),
        ("attribute", "A", "--agent", ""),
        ("attribute", "none", "--agent", "1"),
        ("inbox", "--source", "none"),
    ],
)
def test_wrong_use_is_told(settings: Settings, arguments: tuple[str, ...]) -> None:
    invoke(*arguments, code=2)


def test_one_look_for_cron(tmp_path: Path, settings: Settings) -> None:
    settled(tmp_path / "in" / "bad.json", '{"agent_id": 1}')
    out = invoke("inbox", "--once", "--no-run", "--json", code=1)
    assert json.loads(out)["intake"]["issues"][0]["code"] == "no_key"
