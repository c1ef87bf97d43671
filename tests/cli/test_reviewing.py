"""`qa review` and `qa checks`, on a small call centre."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete
from typer.testing import CliRunner

from qa.cli.app import app
from qa.records import FlagAction, Scope
from qa.store.appeals import submit_appeal
from qa.store.reviews import decide_flag, release_call, review_of
from qa.store.tables_review import CallStatusRow
from tests.support.review_house import NOW, House, house

DAY = "2025-11-20"


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("QA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    with house(tmp_path) as centre:
        for n, marks in enumerate(("FP01 CL01", "IP01 ?ID01", "", "CL01")):
            agent_id = ("108", "136", "169")[n % 3]
            centre.judged(f"call-{n}", agent_id, marks, NOW - timedelta(hours=n))
        yield centre


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    return result.output


def as_json(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


def released(centre: House) -> None:
    with centre.store.writing() as session:
        number = review_of(session, Scope(everything=True), "call-0", NOW).current_id
        for rule_id in ("FP01", "CL01"):
            args = ("call-0", number, rule_id, FlagAction.REJECT)
            decide_flag(session, centre.people["lead1"], *args, reason="王小明说的", now=NOW)
        release_call(session, centre.people["lead1"], "call-0", number, now=NOW)
        submit_appeal(session, centre.people["amy"], "call-0", None, "王小明可以作证", now=NOW)


def test_calls_are_listed_as_the_page_lists_them(centre: House) -> None:
    lines = as_json("review", "list")
    assert [line["call_id"] for line in lines] == ["call-0", "call-1", "call-3"]
    assert [line["score"] for line in lines] == [90, 100, 90]
    assert "ID01?" in run("review", "list", "--rule", "IP01")
    assert [line["call_id"] for line in as_json("review", "list", "--team", "一组")] == [
        "call-0", "call-3"
    ]  # fmt: skip
    assert len(as_json("review", "list", "--show", "all")) == 4
    released(centre)
    assert [line["call_id"] for line in as_json("review", "list", "--show", "all",
                                                "--state", "appealed")] == ["call-0"]  # fmt: skip
    assert run("review", "list", "--agent", "nobody") == "no calls\n"


def test_what_people_wrote_is_in_the_json_only(centre: House) -> None:
    released(centre)
    shown = run("review", "show", "call-0")
    assert "appealed" in shown
    assert "reject by user" in shown
    assert "王小明" not in shown
    whole = as_json("review", "show", "call-0")
    assert whole["appeals"][0]["text"] == "王小明可以作证"
    assert [flag["points"] for flag in whole["flags"]] == [0, 0]
    run("review", "show", "nope", code=2)


def test_states_are_made_anew(centre: House) -> None:
    with centre.store.writing() as session:
        session.execute(delete(CallStatusRow).where(CallStatusRow.call_id == "call-1"))
    assert len(as_json("review", "list")) == 2
    assert "4 calls" in run("review", "rebuild")
    assert len(as_json("review", "list")) == 3


def test_checks_are_drawn_listed_and_done(centre: House) -> None:
    drawn = as_json("checks", "draw", "--day", DAY)
    assert {check["call_id"] for check in drawn} == {"call-0", "call-1", "call-2", "call-3"}
    assert as_json("checks", "draw", "--day", DAY) == []
    assert "not over" in run("checks", "draw", "--day", "2999-01-01", code=2)
    assert "no date" in run("checks", "draw", "--day", "yesterday", code=2)
    number = str(drawn[0]["check_id"])
    result = "用语规范，跟读完整。"
    run("checks", "done", number, "--as", "amy", "--result", result, code=2)
    run("checks", "done", number, "--as", "head", "--result", "好", code=2)
    assert as_json("checks", "done", number, "--as", "head", "--result", result)["result"] == result
    assert len(as_json("checks", "list", "--open")) == 3
    assert len(as_json("checks", "list", "--day", DAY)) == 4
    assert len(as_json("checks", "list", "--day", "2025-11-19")) == 0


def test_overdue_checks_are_an_exit_code(centre: House) -> None:
    assert run("checks", "overdue") == "no spot checks\n"
    from qa.batch.reviewing import draw_settings
    from qa.config import load_settings
    from qa.store.check_draw import draw_checks

    with centre.store.writing() as session:
        wanted = draw_settings(load_settings())
        draw_checks(session, NOW.date(), NOW, wanted, centre.store.zone)
    assert "call-0" in run("checks", "overdue", code=1)
