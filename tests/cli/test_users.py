"""`qa users` and `qa audit` on the server's command line."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import text
from typer.testing import CliRunner

from qa.cli.app import app
from qa.store.store import Store

PASSWORD = "five quiet otters"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "300")
    return tmp_path


def qa(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=typed)


def done(*arguments: str, typed: str | None = None) -> str:
    result = qa(*arguments, typed=typed)
    assert result.exit_code == 0, result.output
    return result.stdout


def add(login: str, *options: str) -> str:
    return done("users", "add", login, *options, "--password-stdin", typed=f"{PASSWORD}\n")


def people() -> dict[str, dict[str, object]]:
    return {one["login"]: one for one in json.loads(done("users", "list", "--json"))}


def test_the_first_administrator_and_the_others(data: Path) -> None:
    assert add("Boss", "--role", "admin", "--name", "老板") == "added boss (admin)\n"
    add("a108", "--role", "agent", "--agent", "108")
    add("lead1", "--role", "lead", "--team", "一组", "--team", "二组", "--must-change")
    found = people()
    assert found["boss"]["name"] == "老板" and found["a108"]["agent_id"] == "108"
    assert found["lead1"]["teams"] == ["一组", "二组"]
    assert found["lead1"]["must_change_password"] and not found["boss"]["must_change_password"]
    assert "必" not in done("users", "list") and "一组, 二组" in done("users", "list")
    assert PASSWORD not in (data / "qa.sqlite3").read_bytes().decode("latin-1")


def test_the_password_is_asked_for_twice_and_never_shown() -> None:
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    result = qa("users", "add", "boss", "--role", "admin", typed=typed)
    assert result.exit_code == 0 and PASSWORD not in result.output
    assert result.stdout.endswith("added boss (admin)\n")
    differ = qa("users", "password", "boss", typed=f"{PASSWORD}\nfive quiet otter\n")
    assert differ.exit_code == 2 and "differ" in differ.stderr


def test_a_password_is_no_argument() -> None:
    for group in (["users", "add", "x", "--role", "head"], ["users", "password", "x"]):
        assert qa(*group, "--password", PASSWORD).exit_code == 2
        assert qa(*group, PASSWORD).exit_code == 2


@pytest.mark.parametrize("given", ["abc 12\n", "\n", "", "password123\n"])
def test_weak_passwords_are_refused(given: str) -> None:
    result = qa("users", "add", "boss", "--role", "admin", "--password-stdin", typed=given)
    assert result.exit_code == 2 and people() == {}
    assert given.strip() == "" or given.strip() not in result.output


def test_changes() -> None:
    add("boss", "--role", "admin")
    add("lead1", "--role", "lead", "--team", "一组")
    done("users", "change", "lead1", "--name", "李", "--team", "三组", "--personal-data")
    lead = people()["lead1"]
    assert (lead["name"], lead["teams"], lead["sees_personal_data"]) == ("李", ["三组"], True)
    done("users", "change", "lead1", "--role", "agent", "--agent", "136")
    agent = people()["lead1"]
    assert (agent["role"], agent["teams"], agent["agent_id"]) == ("agent", [], "136")
    done("users", "disable", "LEAD1")
    assert people()["lead1"]["is_disabled"]
    done("users", "enable", "lead1")
    assert not people()["lead1"]["is_disabled"]
    for arguments in (
        ("users", "disable", "boss"),
        ("users", "change", "boss", "--role", "head"),
        ("users", "disable", "nobody"),
        ("users", "change", "lead1", "--agent", ""),
    ):
        result = qa(*arguments)
        assert result.exit_code == 2 and result.stderr.startswith("qa: ")


def test_a_token_is_printed_once(data: Path) -> None:
    add("boss", "--role", "admin")
    secret = done("users", "token", "boss", "--name", "报表", "--days", "7").strip()
    assert re.fullmatch(r"qa_[\w-]{43}", secret)
    assert secret not in (data / "qa.sqlite3").read_bytes().decode("latin-1")
    assert qa("users", "token", "boss", "--name", "x", "--days", "0").exit_code == 2
    assert qa("users", "token", "boss", "--name", "").exit_code == 2


def test_the_log_of_it_all() -> None:
    add("boss", "--role", "admin")
    add("head1", "--role", "head")
    done("users", "disable", "head1")
    rows = json.loads(done("audit", "list", "--json"))
    assert [row["action"] for row in rows] == ["user.disable", "user.add", "user.add"]
    assert "user.disable" in done("audit", "list", "--person", "HEAD1")
    assert "user.disable" not in done("audit", "list", "--person", "boss")
    assert done("audit", "list", "--since", "2199-01-01").count("\n") == 1
    assert qa("audit", "list", "--since", "soon").exit_code == 2


def test_exports_are_tables_and_written_down() -> None:
    add("boss", "--role", "admin")
    rows = list(csv.DictReader(io.StringIO(done("audit", "export"))))
    assert [row["action"] for row in rows] == ["user.add", "export.take"]
    lines = done("audit", "export", "--format", "jsonl", "--action", "export").splitlines()
    assert [json.loads(line)["details"] for line in lines] == [{"form": "csv"}, {"form": "jsonl"}]


def test_spreadsheets_take_no_formula_from_an_export(data: Path) -> None:
    add("boss", "--role", "admin")
    with Store.open(f"sqlite:///{data / 'qa.sqlite3'}") as store, store.writing() as session:
        session.execute(text("UPDATE audit_log SET subject = '=1+1'"))
    rows = list(csv.DictReader(io.StringIO(done("audit", "export"))))
    assert rows[0]["subject"] == "'=1+1"


def test_verify_names_the_first_broken_row(data: Path) -> None:
    add("boss", "--role", "admin")
    add("head1", "--role", "head")
    said = done("audit", "verify").splitlines()
    assert said[0] == "The audit log is sound: 2 rows." and said[1].startswith("2:")
    done("users", "disable", "head1")
    done("audit", "verify", "--expect", said[1])
    for wrong in (f"2:{'0' * 64}", f"9:{'0' * 64}"):
        assert qa("audit", "verify", "--expect", wrong).exit_code == 1
    assert qa("audit", "verify", "--expect", "2").exit_code == 2
    with Store.open(f"sqlite:///{data / 'qa.sqlite3'}") as store, store.writing() as session:
        session.execute(text("UPDATE audit_log SET subject = 'other' WHERE entry_id = 2"))
    broken = qa("audit", "verify")
    assert broken.exit_code == 1 and "Row 2 of the audit log is broken" in broken.stdout
    assert json.loads(qa("audit", "verify", "--json").stdout)["broken"] == 2
