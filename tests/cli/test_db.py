"""`qa db` as an operator meets it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import text
from typer.testing import CliRunner

from qa.cli.app import app
from qa.config import Settings
from qa.store.backup import back_up
from qa.store.migrations import HEAD
from qa.store.store import Store
from tests.support.databases import Databases
from tests.support.review_archive import AGENTS, fill


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A file, and the id of a call in it."""
    folder = tmp_path_factory.mktemp("archive")
    with Store.open(f"sqlite:///{folder / 'qa.sqlite3'}") as store:
        made = fill(store, Settings(data_dir=folder), agents=AGENTS[:1])
    yield folder / "qa.sqlite3", made.call_ids[3]


@pytest.fixture(autouse=True)
def data(archive: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "data").mkdir()
    with Store.open(f"sqlite:///{archive[0]}") as store:
        back_up(store, tmp_path / "data" / "qa.sqlite3")
    return tmp_path / "data"


def qa(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=typed)


def done(*arguments: str, typed: str | None = None) -> str:
    result = qa(*arguments, typed=typed)
    assert result.exit_code == 0, result.output
    return result.stdout


def change(data: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(data / "qa.sqlite3")) as other:
        other.execute(statement, values)
        other.commit()


def actions() -> list[str]:
    return [row["action"] for row in json.loads(done("audit", "list", "--json"))]


def test_upgrade_says_from_where_to_where(data: Path) -> None:
    assert f"up to date: revision {HEAD}" in done("db", "upgrade")
    change(data, "DELETE FROM call_status")
    said = done("db", "upgrade")
    assert "made anew in the lists: 48." in said
    (data / "qa.sqlite3").unlink()
    assert f"from revision none to {HEAD}" in done("db", "upgrade")


def test_check_is_silent_about_what_is_sound_and_names_what_is_not(
    data: Path, archive: tuple[Path, str]
) -> None:
    assert "scorecards: sound (48 checked)" in done("db", "check", "--every")
    change(data, "UPDATE scorecards SET blob = x'00' WHERE call_id = ?", archive[1])
    result = qa("db", "check")
    assert result.exit_code == 1
    assert "scorecards: 1 of 48 wrong" in result.stdout and f"  {archive[1]}\n" in result.stdout
    assert "qa rescore" in result.stdout and "transcripts: sound" in result.stdout
    found = json.loads(qa("db", "check", "--json", "--no-files").stdout)
    named = {one["finding"]["part"]: one["finding"]["named"] for one in found}
    assert named["scorecards"] == [archive[1]] and "recordings" not in named


def test_backup_and_restore(data: Path, tmp_path: Path, archive: tuple[Path, str]) -> None:
    before = done("show", archive[1], "--json")
    file = tmp_path / "b.sqlite3"
    said = done("db", "backup", str(file))
    assert str(file) in said and "MB" in said and "read again and sound" in said
    assert qa("db", "backup", str(file)).exit_code == 2
    change(data, "DELETE FROM verdicts")
    refused = qa("db", "restore", str(file))
    assert refused.exit_code == 2 and "--replace" in refused.stderr
    said = done("db", "restore", str(file), "--replace")
    kept = said.strip().rpartition(": ")[2]
    assert "counted on both sides" in said and Path(kept).is_file()
    assert done("show", archive[1], "--json") == before
    assert actions()[0] == "database.restore"
    assert qa("db", "restore", str(tmp_path / "none")).exit_code == 2


def test_move_shows_both_sides_and_what_to_set(tmp_path: Path, archive: tuple[Path, str]) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite3'}"
    before = done("show", archive[1], "--json")
    said = done("db", "move", "--to", url)
    assert f"export QA_DATABASE__URL='{url}'" in said and "the same on both sides" in said
    line = next(line.split() for line in said.splitlines() if line.startswith("scorecards "))
    assert line[1] == line[2] == "48" and line[3] == line[4]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QA_DATABASE__URL", url)
        assert done("show", archive[1], "--json") == before
        assert actions() == ["database.move"]
    assert qa("db", "move", "--to", url).exit_code == 2


@pytest.mark.postgres
def test_an_address_with_a_password_is_not_repeated(
    postgres: Databases, archive: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.empty().replace("qa@", "qa:hush@")
    before = done("show", archive[1], "--json")
    result = qa("db", "move", "--to", "-", typed=f"{url}\n")
    assert result.exit_code == 0 and "hush" not in result.output
    assert "the address that you gave" in result.stdout
    monkeypatch.setenv("QA_DATABASE__URL", url)
    assert done("show", archive[1], "--json") == before
    assert "scorecards: sound (48 checked)" in done("db", "check")
    with Store.open(url) as store, store.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM calls")) == 48
