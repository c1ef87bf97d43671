"""`qa reports` and its neighbours say what is wrong with what was typed, without a traceback."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from qa.cli.app import app
from qa.store.store import Store
from qa.store.tables import RulesetRow


def qa(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=typed)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of one day, and a head."""
    folder = tmp_path_factory.mktemp("reports")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QA_DATA_DIR", str(folder))
        typed = "five quiet otters\n"
        added = qa("users", "add", "head", "--role", "head", "--password-stdin", typed=typed)
        assert added.exit_code == 0, added.output
        made = qa("reports", "make", "--kind", "daily", "--day", "2025-11-18")
        assert made.exit_code == 0 and "draft" in made.output, made.output
    return folder


@pytest.fixture(autouse=True)
def in_it(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_DATA_DIR", str(house))


@pytest.mark.parametrize(
    "words",
    [
        ("reports", "export", "1", "--format", "xlsx", "-o"),
        ("ledger", "sheets", "2025-11", "--as", "head", "--to"),
    ],
)
def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, words: tuple[str, ...]) -> None:
    there, nowhere = tmp_path / "a.xlsx", tmp_path / "none" / "a.xlsx"
    refused = qa(*words, str(nowhere))
    assert refused.exit_code == 2 and "cannot be written" in refused.output, refused.output
    assert qa(*words, str(there)).exit_code == 0
    assert there.read_bytes().startswith(b"PK") and list(tmp_path.iterdir()) == [there]


def test_a_report_of_no_team_or_of_days_to_come_is_not_made() -> None:
    unknown = qa("reports", "make", "--kind", "daily", "--day", "2025-11-18", "--team", "没有")
    assert unknown.exit_code == 2 and "no team '没有'" in unknown.output, unknown.output
    for day in ("2095-11-18", "1995-11-18"):
        refused = qa("reports", "make", "--kind", "daily", "--day", day)
        assert refused.exit_code == 2 and "from 2000 until today" in refused.output
    assert qa("reports", "list").output.count("draft") == 1


def test_who_finds_nothing_to_compare_is_told_how_far_was_looked() -> None:
    assert "of the last 90 days; --days" in qa("consistency").output


def test_a_ruleset_version_is_withdrawn_by_the_beginning_of_its_hash(house: Path) -> None:
    now = datetime.now(UTC)
    with Store.open(f"sqlite:///{house}/qa.sqlite3") as store, store.writing() as session:
        for number in "1234567", "1234599":
            known = {"ruleset_id": "r", "title": "r", "first_used_at": now}
            session.add(RulesetRow(ruleset_hash=f"abcdef{number:0<58}", **known))
    given = ("--as", "head", "--reason", "the list of phrases was wrong")
    for begin in ("abcdef12345", "abcdef1", "fedcba12345"):  # of two, too short, of none
        refused = qa("ledger", "withdraw", begin, *given)
        assert refused.exit_code == 2 and "no ruleset version" in refused.output, refused.output
    assert qa("ledger", "withdraw", "abcdef123456", *given).output.startswith("withdrawn")
    again = qa("ledger", "withdraw", "abcdef123456", *given)
    assert again.exit_code == 2 and "in that state already" in again.output
