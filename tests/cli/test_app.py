"""The fence of the command line, its settings, and that it starts quickly."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import qa
from qa.cli.app import Fence, app
from qa.errors import (
    AudioDecodeError,
    CheckError,
    ConfigError,
    EngineError,
    IngestError,
    ModelNotFoundError,
    NotFoundError,
    QAError,
    RecordingFault,
    StoreError,
)
from tests.support.waiting import finish

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    return result.output


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("settings are wrong"), 2),
        (ModelNotFoundError("base", "how to get it"), 2),
        (StoreError("the database cannot be opened"), 2),
        (NotFoundError("call", "c-1"), 2),
        (IngestError("calls.csv", "no such folder"), 2),
        (AudioDecodeError("a.wav", RecordingFault.NOT_AUDIO, "this is text"), 1),
        (EngineError("c-1", "out of memory"), 1),
        (CheckError("GR01", "KeyError"), 1),
    ],
)
def test_expected_errors_become_a_message_and_a_code(error: QAError, code: int) -> None:
    fenced = typer.Typer(cls=Fence)

    @fenced.command()
    def fail() -> None:
        raise error

    fenced.callback()(lambda: None)
    result = CliRunner().invoke(fenced, ["fail"])
    assert result.exit_code == code
    assert result.stderr == f"qa: {error}\n"
    assert result.stdout == ""


def test_a_bug_keeps_its_traceback() -> None:
    fenced = typer.Typer(cls=Fence)

    @fenced.command()
    def fail() -> None:
        raise KeyError("bug")

    fenced.callback()(lambda: None)
    assert isinstance(CliRunner().invoke(fenced, ["fail"]).exception, KeyError)


def test_interrupt_says_that_running_again_continues() -> None:
    script = """
import time
from qa.cli.app import app, main
@app.command("wait")
def wait():
    print("ready", flush=True)
    time.sleep(3600)
main()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script, "wait"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        code, _, complaints = finish(process)
    assert code == 130, complaints
    assert "run the same command again to continue" in complaints
    assert "Traceback" not in complaints


def test_version() -> None:
    assert run("--version") == f"tingjian {qa.__version__}\n"


def test_unknown_command_is_a_usage_error() -> None:
    assert "No such command" in run("inspekt", code=2)


def test_missing_settings_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_CONFIG", "")  # restores what --config puts there
    assert "no such settings file" in run("--config", str(tmp_path / "no.toml"), "config", code=2)


def test_settings_come_from_where_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "site.toml"
    file.write_text('[hearing]\nbeam_size = 3\n[database]\nurl = "postgresql://qa:hush@db/qa"\n')
    monkeypatch.setenv("QA_CONFIG", "")
    monkeypatch.setenv("QA_BATCH__WORKERS", "2")
    output = run("--config", str(file), "config", "--json")
    rows = {row["key"]: row for row in json.loads(output)}
    assert (rows["hearing.beam_size"]["value"], rows["hearing.beam_size"]["default"]) == (3, 5)
    assert rows["hearing.beam_size"]["source"] == str(file)
    assert (rows["batch.workers"]["value"], rows["batch.workers"]["source"]) == (2, "environment")
    assert rows["hearing.model"]["source"] == "default"
    assert rows["database.url"]["value"] == "postgresql://qa:***@db/qa"
    assert "hush" not in output + run("--config", str(file), "config")


def test_keys_in_webhooks_are_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "site.toml"
    hooks = '"https://hook.example.com/send?key=hush", "https://other.example.com/in?a=1"'
    file.write_text(f'[reports]\nwebhooks = [{hooks}]\nwebhook_secret = "hush-hush-hush-hush"\n')
    monkeypatch.setenv("QA_CONFIG", "")
    output = run("--config", str(file), "config", "--json")
    rows = {row["key"]: row["value"] for row in json.loads(output)}
    assert rows["reports.webhooks"] == [
        "https://hook.example.com/send?key=***",
        "https://other.example.com/in?a=1",
    ]
    assert "hush" not in output + run("--config", str(file), "config")


def test_misspelt_setting_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "site.toml"
    file.write_text("[hearing]\nbeams = 3\n")
    monkeypatch.setenv("QA_CONFIG", "")
    assert "hearing.beams" in run("--config", str(file), "config", code=2)


def test_models_without_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_MODELS_DIR", str(tmp_path))
    states = json.loads(run("models", "list", "--json"))
    assert {state["status"] for state in states} == {"absent"}
    assert "base" in run("models", "list")
    assert "--from DIR" in run("models", "path", "base", code=2)
    assert "no speech model is called" in run("models", "pull", "enormous", code=2)
    assert "is not installed" in run("models", "verify", "base", code=2)


@pytest.mark.model
def test_models_with_base(base_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_MODELS_DIR", str(base_model.parent))
    assert run("models", "path", "base").strip() == str(base_model)
    assert "model.bin" in run("models", "verify", "base")
    assert "verified" in run("models", "pull", "base")


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], {"pydantic", "rich.table", "sqlalchemy", "fastapi", "numpy", "ctranslate2"}),
        (
            ["rules", "list"],
            {"sqlalchemy", "fastapi", "numpy", "av", "ctranslate2", "opencc", "pypinyin"},
        ),
    ],
)
def test_starts_without_what_it_does_not_need(arguments: list[str], heavy: set[str]) -> None:
    script = f"""
import sys
from qa.cli.app import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print("LOADED", *({heavy!r} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1].split() == ["LOADED"]
