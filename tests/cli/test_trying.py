"""`qa hear`, `rescore --what-if`, `rules publish/rollback/history`, `notices`, `promises`."""

import csv
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import qa.batch.hearing
import qa.batch.local
import qa.batch.runner
from qa.cli.app import app
from tests.support import talking_files
from tests.support.call_folders import HEADER, RULESET, make_folder, settled

ASKING = RULESET.with_name("asking.yaml")
DOUBTFUL = "坐席: 您好，十三八为您服务。\n客户: 我家第{number}次不热。\n# said: 幺零八\n"


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An installation of its own, whose recogniser is the talking files'."""
    monkeypatch.setenv("QA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("QA_BATCH__WORKERS", "1")
    monkeypatch.setenv("QA_SCORING__RULESET", str(RULESET))
    monkeypatch.setenv("TALKING_LOG", str(tmp_path / "heard.log"))
    monkeypatch.setattr(qa.batch.local, "real_worker", talking_files.factory)
    for module in (qa.batch.runner, qa.batch.hearing):
        monkeypatch.setattr(module, "_real_engine", lambda settings: talking_files.ENGINE)
    return monkeypatch


def run(*arguments: str, code: int = 0) -> Any:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exit_code == code, result.output
    return result


def as_json(*arguments: str, code: int = 0) -> Any:
    return json.loads(run(*arguments, "--json", code=code).stdout)


def rude_folder(folder: Path) -> Path:
    """One good call, and two in which the agent shirks; a name that a spreadsheet would run."""
    make_folder(folder, 1)
    rude = "坐席: 您好。\n客户: 暖气不热{n}。\n坐席: 这个不归我们管。\n"
    lines = [HEADER]
    for n in range(2):
        settled(folder / f"rude{n}.wav", rude.format(n=n))
        lines.append(f"rude{n}.wav,=R{n},2025-11-18 10:0{n},109,inbound,9,agent,T{n}")
    lines.append("day/0.wav,A0,2025-11-18 09:00:30,108,inbound,2,customer,")
    settled(folder / "calls.csv", "\n".join(lines) + "\n")
    settled(folder / "agents.csv", "agent_id,name\n108,王丽\n109,<李娜>\n")
    return folder


def draft(tmp_path: Path) -> Path:
    """Two more points for shirking, which also becomes a fine; late answers cost nothing."""
    text = RULESET.read_text("utf-8").replace("version: 1", "version: 2")
    start = text.index("  - id: FP02")
    shirking = text[start:].replace("grade: score", "grade: fine", 1)
    path = tmp_path / "draft.yaml"
    path.write_text(text[:start].replace("max_rings: 3", "max_rings: 9") + shirking, "utf-8")
    # The rule's own examples must fit the new value.
    path.write_text(path.read_text("utf-8").replace("ring_count: 4", "ring_count: 10"), "utf-8")
    return path


def test_what_if_prints_and_writes_tables_and_a_page(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run("run", rude_folder(tmp_path / "in"))
    tables, page = tmp_path / "tables", tmp_path / "page.html"
    before = as_json("list")
    shown = run(*("rescore", "--what-if", draft(tmp_path)), *("--csv", tables, "--html", page))
    assert "3 calls compared; 2 would change" in shown.stdout
    assert "fines 0 → 2" in shown.stdout
    assert "不归我们管" in shown.stdout
    assert "nothing was published" in shown.stdout
    assert "不归" not in shown.stderr + caplog.text
    assert as_json("list") == before

    rules = rows(tables / "rules.csv")
    shirking = next(row for row in rules if row["rule_id"] == "FP02")
    assert (shirking["fines_before"], shirking["fines_after"], shirking["grade"]) == (
        *("0", "2", "fine"),
    )
    calls = rows(tables / "calls.csv")
    assert [row["call_id"] for row in calls] == ["'=R0", "'=R1"]  # a formula no more
    lines = rows(tables / "lines.csv")
    assert {(row["rule_id"], row["quote_after"]) for row in lines if row["rule_id"] == "FP02"} == {
        ("FP02", "不归我们管")
    }
    agents = rows(tables / "agents.csv")
    assert [(row["agent_id"], row["name"], row["fines_after"]) for row in agents] == [
        ("108", "王丽", "0"),
        ("109", "<李娜>", "2"),
    ]
    text = page.read_text("utf-8")
    assert "&lt;李娜&gt;" in text
    assert "不归我们管" in text
    assert well_formed(text)
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def well_formed(text: str) -> bool:
    """Whether every element is closed in its order, and each text stands in both languages."""
    open_tags: list[str] = []
    languages = {"zh": 0, "en": 0}

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in ("meta", "input"):
                open_tags.append(tag)
            for name, value in attrs:
                if name == "class" and value in languages:
                    languages[value] += 1

        def handle_endtag(self, tag: str) -> None:
            assert open_tags.pop() == tag

    Reader().feed(text)
    return not open_tags and languages["zh"] == languages["en"] > 0


def test_what_if_goes_alone_and_wrong_places_are_told(tmp_path: Path) -> None:
    run("run", rude_folder(tmp_path / "in"))
    run("rescore", "--what-if", draft(tmp_path), "--dry-run", code=2)
    run("rescore", "--html", tmp_path / "x.html", code=2)
    (tmp_path / "file").write_text("x")
    result = run("rescore", "--what-if", draft(tmp_path), "--csv", tmp_path / "file", code=2)
    assert "cannot be made" in result.stderr
    result = run(
        *("rescore", "--what-if", draft(tmp_path)), *("--html", tmp_path / "no" / "x.html"), code=2
    )
    assert "cannot be written" in result.stderr
    broken = tmp_path / "broken.yaml"
    broken.write_text("id: small\n", "utf-8")
    assert "is missing" in run("rescore", "--what-if", broken, code=2).stderr


def test_publish_rescore_and_roll_back(tmp_path: Path, installation: pytest.MonkeyPatch) -> None:
    installation.setenv("QA_SCORING__RULESET", "small")
    folder = rude_folder(tmp_path / "in")
    assert "no such ruleset" in run("run", folder, code=2).stderr
    out = run("rules", "publish", RULESET, "--by", "陈晨", "--note", "首次").stdout
    assert out.startswith("in force: small v1 ")
    run("run", folder)
    out = run("rules", "publish", draft(tmp_path), "--by", "陈晨").stdout
    assert "3 published scorecards are of other rules" in out
    totals = {call["call_id"]: call["total"] for call in as_json("list")}
    step = as_json("rules", "rollback", "--rescore")
    assert (step["action"], step["version"], step["rescoring"]["changes"]) == ("rollback", 1, [])
    step = as_json("rules", "rollback", "small", "--to", "2", "--rescore")
    assert (step["version"], len(step["rescoring"]["changes"])) == (2, 2)
    assert {call["call_id"]: call["total"] for call in as_json("list")} != totals
    document = as_json("rules", "history", "small")
    assert [s["action"] for s in document["history"]] == [
        *("rollback", "rollback", "publish", "publish"),
    ]
    assert (document["in_force"][0]["origin"], document["in_force"][0]["detail"]) == (
        *("published", "4"),
    )
    shown = run("rules", "history").stdout
    assert "首次" in shown
    assert "heating-repair" in shown
    assert "no call 'small 99'" not in run("rules", "rollback", "--to", "99", code=2).stderr


def test_hear_lists_answers_and_says_what_it_cannot(
    tmp_path: Path, installation: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    installation.setenv("QA_SCORING__RULESET", str(ASKING))
    installation.setenv("TALKING_DEAF", "1")
    folder = tmp_path / "in"
    lines = [HEADER]
    for n in range(3):
        settled(folder / f"{n}.wav", DOUBTFUL.format(number=n))
        lines.append(f"{n}.wav,A{n},2025-11-18 09:00:30,108,inbound,2,customer,")
    settled(folder / "calls.csv", "\n".join(lines) + "\n")
    assert "questions to the sound; `qa hear` asks them" in run("run", folder).stdout
    assert all(call["open_questions"] > 0 for call in as_json("list"))
    dry = run("hear", "--dry-run")
    assert " questions of 3 calls, 3 recordings" in dry.stdout
    assert "estimate       about" in dry.stdout
    (folder / "0.wav").unlink()
    result = run("hear", code=1)
    assert "listened       2 recordings" in result.stdout
    assert "left open      A0: vanished" in result.stdout
    assert "judged         2 calls: 0 flagged" in result.stdout
    assert "十三八" not in result.stderr + caplog.text
    document = as_json("hear", "--call", "A0", code=1)
    assert [(left["call_ids"], left["fault"]) for left in document["left"]] == [
        (["A0"], "vanished")
    ]
    settled(folder / "0.wav", DOUBTFUL.format(number=0))
    assert as_json("hear", "--limit", "1")["heard"] == 1
    assert "open           0 questions" in run("hear").stdout
    run("hear", "--call", "nobody", code=2)
    run("hear", "--ruleset", "no-such", code=2)


def test_a_late_notice_judges_exactly_the_calls_of_its_days(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "in", 3)
    text = (folder / "calls.csv").read_text("utf-8")
    settled(folder / "calls.csv", text.replace("A1,2025-11-18", "A1,2025-11-20"))
    run("run", folder)
    run("notices", "list")
    out = run(
        *("notices", "add", "国庆节", "2025-11-20", "2025年11月21日"),
        *("--script", "国庆节快乐，大龙报修", "--number", "2025-7"),
    ).stdout
    assert "entered: 国庆节  2025-11-20 – 2025-11-21  「国庆节快乐，大龙报修」" in out
    assert "1 calls wait to be judged again" in out
    assert as_json("score")["scored"] == 1
    call = as_json("show", "A1")["call"]
    assert [(n["festival"], n["script"]) for n in call["notices"]] == [
        ("国庆节", "国庆节快乐，大龙报修")
    ]
    (notice,) = as_json("notices", "list")
    assert (notice["number"], notice["origin"]) == ("2025-7", "")
    assert "2025-7" in run("notices", "list").stdout
    run("notices", "add", "国庆节", "2025-11-20", "2025-11-21", code=2)
    settled(folder / "notices.csv", "festival,from,to\n元旦,2025-11-18,2025-11-18\n")
    out = run("run", folder).stdout
    assert "judged         2 calls" in out  # those of the 18th, and no other
    assert (
        "judged         1 calls"
        in run(*("notices", "remove", "国庆节", "2025-11-20", "--score")).stdout
    )
    assert as_json("show", "A1")["call"]["notices"] == []
    run("notices", "remove", "元旦", "2025-11-18", code=2)  # a folder's, not by command
    run("notices", "add", "国庆节", "2025-11-20", "2025-11-19", code=2)
    run("notices", "add", "国庆节", "yesterday", code=2)
    run("notices", "remove", "国庆节", "yesterday", code=2)


def test_promises_is_empty_before_anything_was_promised(tmp_path: Path) -> None:
    run("run", make_folder(tmp_path / "in", 1))
    assert "no promises match" in run("promises").stderr
    assert as_json("promises", "--day", "2025-11-18", "--state", "broken") == []
    run("promises", "--day", "2025-11-18", "--since", "2025-11-18", code=2)
