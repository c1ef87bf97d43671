"""`qa ledger year`: the sums of the monthly sheets, within what a person may see."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from qa.cli.app import app
from qa.store.store import Store
from qa.store.tables_fines import FineEntryRow

NOW = datetime(2024, 4, 1, tzinfo=UTC)


def qa(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=typed)


@pytest.fixture(autouse=True)
def booked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three fines of 108 in two months of 2024; a head, the agent, and another one."""
    monkeypatch.setenv("QA_DATA_DIR", str(tmp_path))
    for login, *role in (("head", "head"), ("a108", "agent", "108"), ("a136", "agent", "136")):
        options = ("--role", role[0], *(("--agent", role[1]) if role[1:] else ()))
        typed = "five quiet otters\n"
        assert qa("users", "add", login, *options, "--password-stdin", typed=typed).exit_code == 0
    with Store.open(f"sqlite:///{tmp_path}/qa.sqlite3") as store, store.writing() as session:
        for number, (month, fen) in enumerate((("02", 1000), ("02", 6000), ("03", 1000))):
            known = {"kind": "fine", "item": "serious", "agent_id": "108", "terms": "0" * 64}
            when = {"day": date(2024, int(month), 5), "month": f"2024-{month}", "booked_at": NOW}
            row = {"case_key": f"serious|108|c{number}", "fen": fen, "ordinal": 1, **known, **when}
            session.add(FineEntryRow(**row, reason="confirmed"))


def test_the_year_adds_up_and_names_what_is_missing() -> None:
    said = qa("ledger", "year", "2024", "108", "--as", "head", "--lang", "en").stdout
    assert "To be deducted (yuan): 80.00" in said and said.count("before their first call") == 1
    found = json.loads(qa("ledger", "year", "2024", "108", "--as", "a108", "--json").stdout)
    assert (found["total_fen"], found["is_final"]) == (8000, False)
    assert said.count("missing: no sheet") == 9
    states = {one["month"]: one["state"] for one in found["months"]}
    assert states["2024-02"] == "open" and states["2024-01"] == "before"
    assert "年度考核表 2024 108" in qa("ledger", "year", "2024", "108", "--as", "head").stdout


def test_of_others_and_of_no_year_nothing_is_told() -> None:
    for arguments in (("2024", "108", "--as", "a136"), ("2023", "108", "--as", "head")):
        refused = qa("ledger", "year", *arguments)
        assert refused.exit_code != 0 and "80.00" not in refused.output
    assert qa("ledger", "year", "24", "108", "--as", "head").exit_code == 2
