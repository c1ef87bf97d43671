"""`qa demo` on the bundled calls, with the real model; a second time it does nothing twice."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qa.cli.app import app
from qa.cli.demo import bundled_calls
from qa.config import load_settings
from qa.errors import ConfigError
from qa.store.accounts import credentials_of
from qa.store.passwords import is_right
from tests.support.call_folders import open_store
from tests.support.demo_archive import put_golden_transcripts


def test_without_a_checkout_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="qa run DIR"):
        bundled_calls(tmp_path)
    assert (bundled_calls() / "calls.csv").is_file()


def test_without_the_model_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_MODELS_DIR", str(tmp_path))
    result = CliRunner().invoke(app, ["demo", "--data-dir", str(tmp_path / "data")])
    assert result.exit_code == 2
    assert "speech model 'base' is not installed" in result.stderr


@pytest.mark.model
def test_second_time_does_nothing_twice(
    tmp_path: Path, base_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_golden_transcripts(tmp_path)
    first = CliRunner().invoke(app, ["demo", "--data-dir", str(tmp_path)])
    assert first.exit_code == 0, first.output
    second = CliRunner().invoke(app, ["demo", "--data-dir", str(tmp_path)])
    assert second.exit_code == 0, second.output
    assert "transcribed    0 recordings" in second.stdout
    assert "judged         0 calls" in second.stdout
    for name in ("good", "bad", "festival", "late", "promise", "mono"):
        assert f"通话 {name} " in second.stdout
    assert "一票否决" in second.stdout and "平均分" in second.stdout
    assert "review page is at" not in second.stdout  # there is no terminal

    assert_each_role_can_log_in(tmp_path, second.stdout)
    assert not set(passwords(first.stdout)) & set(passwords(second.stdout))

    # What it says to try next works as it stands.
    advice = re.findall(r"^  \S*qa (.*?) +#", second.stdout, re.MULTILINE)
    assert len(advice) >= 4
    monkeypatch.setenv("QA_DATA_DIR", str(tmp_path))
    for command in advice:
        if not command.startswith(("serve", "run")):
            result = CliRunner().invoke(app, shlex.split(command))
            assert result.exit_code == 0 and result.stdout, result.output


def passwords(output: str) -> list[str]:
    return re.findall(r"demo-[0-9a-f]{8}", output)


def assert_each_role_can_log_in(data_dir: Path, output: str) -> None:
    shown = re.findall(r"^  (agent|lead|head|admin) +(\w+) +(demo-\w+) ", output, re.MULTILINE)
    assert len(shown) == 4
    with open_store(load_settings(data_dir=data_dir)) as store, store.reading() as session:
        for role, login, password in shown:
            known = credentials_of(session, login)
            assert known is not None and known.user.role == role
            assert is_right(password, known.password_hash)
