"""The commands on calls: what they print, as text, JSON and CSV, and their exit codes."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import qa.batch.local
import qa.batch.runner
from qa.cli.app import app
from qa.cli.export import safe_cell
from tests.support import talking_files
from tests.support.call_folders import GOOD, RULESET, make_folder, settled

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation of its own, whose recogniser is the talking files'."""
    monkeypatch.setenv("QA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("QA_BATCH__WORKERS", "1")
    monkeypatch.setenv("QA_SCORING__RULESET", str(RULESET))
    monkeypatch.setenv("TALKING_LOG", str(tmp_path / "heard.log"))
    monkeypatch.setattr(qa.batch.local, "real_worker", talking_files.factory)
    monkeypatch.setattr(qa.batch.runner, "_real_engine", lambda settings: talking_files.ENGINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two good calls, one with a violation, one that no row names, one that fails."""
    folder = make_folder(tmp_path / "in", 2)
    rude = "坐席: 您好。\n客户: 暖气不热。\n坐席: 这个不归我们管。\n"
    settled(folder / "rude.wav", rude)
    settled(folder / "unnamed.wav", GOOD.format(number=9))
    settled(folder / "broken.wav", "!refuse\n")
    settled(
        folder / "calls.jsonl",
        json.dumps({"file": "rude.wav", "call_id": "R1", "agent_id": "109", "ring_count": 9}),
    )
    settled(folder / "agents.csv", "agent_id,name\n108,王丽\n109,=李娜\n")
    return folder


def invoke(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    return result.stdout


def as_json(*arguments: str, code: int = 0) -> Any:
    return json.loads(invoke(*arguments, "--json", code=code))


def test_run_and_everything_after_it(folder: Path) -> None:
    out = invoke("run", str(folder), code=1)
    assert "transcribed    4 recordings" in out
    assert "failed         1: not_audio 1" in out
    assert "judged         4 calls: 2 flagged, 2 violations, 1 undecided" in out
    assert "no metadata    2 recordings without a row of metadata: broken, unnamed" in out
    assert invoke("run", str(folder)).splitlines()[0].startswith("taken in       5 files (0 new")

    listed = as_json("list")
    assert [call["call_id"] for call in listed] == ["A0", "A1", "R1", "broken", "unnamed"]
    assert [call["status"] for call in listed] == ["scored"] * 3 + ["failed", "scored"]
    assert listed[0]["started_at"] == "2025-11-18T09:00:30+08:00"
    assert [c["call_id"] for c in as_json("list", "--flagged")] == ["R1", "unnamed"]
    assert [c["call_id"] for c in as_json("list", "--agent", "109")] == ["R1"]
    assert [c["call_id"] for c in as_json("list", "--since", "2025-11-18 09:01")] == ["A1"]
    assert [c["call_id"] for c in as_json("list", "--limit", "1")] == ["A0"]
    table = invoke("list")
    assert "TM01" in table
    assert "failed: not_audio" in table
    assert max(len(line) for line in table.splitlines()) <= 100

    agents = as_json("agents")
    assert [(a["agent_id"], a["name"], a["calls"]) for a in agents] == [
        ("108", "王丽", 2),
        ("109", "=李娜", 1),
        (None, None, 1),
    ]
    assert agents[1]["missed"] == [["FP02", 1], ["TM01", 1]]
    assert "王丽" in invoke("agents")


def test_show(folder: Path) -> None:
    invoke("run", str(folder), code=1)
    text = invoke("show", "R1", "--transcript")
    assert "FP02" in text
    assert "不归我们管" in text
    assert "客户 暖气不热。" in text
    document = as_json("show", "R1", "--transcript")
    assert document["call"]["agent_id"] == "109"
    assert document["scorecard"]["total"] == 85
    assert [v["is_current"] for v in document["history"]] == [True]
    assert document["transcript"]["utterances"][1]["text"] == "暖气不热。"
    assert "transcript" not in as_json("show", "R1")
    assert "not_audio: not audio; export it again" in invoke("show", "broken")
    assert "no call 'nobody'" in CliRunner().invoke(app, ["show", "nobody"]).output
    invoke("show", "nobody", code=2)
    english = invoke("show", "R1", "--full", "--lang", "en")
    assert "Shirking" in english


def test_recordings_lists_what_did_not_work(folder: Path) -> None:
    more = "lost.wav,L1,x,,,,,\n,,,,,,,\n,L2,,,,,,\n"
    settled(folder / "calls.csv", (folder / "calls.csv").read_text() + more)
    out = invoke("ingest", str(folder), code=1)
    assert "rejected       calls.csv, line 4: started_at is no date" in out
    invoke("run", str(folder), code=1)
    found = as_json("recordings")
    assert [f["call_id"] for f in found["failed"]] == ["broken"]
    assert [f["call_id"] for f in found["no_metadata"]] == ["broken", "unnamed"]
    assert found["no_recording"] == ["L2"]
    assert [(i["line"], i["code"]) for i in found["issues"]] == [(4, "bad_time")]
    assert list(as_json("recordings", "--failed")) == ["failed"]
    text = invoke("recordings")
    assert "broken: not_audio: not audio; export it again" in text
    assert "rejected: calls.csv, line 4" in text


def test_score_and_rescore(folder: Path, tmp_path: Path) -> None:
    invoke("run", str(folder), code=1)
    assert as_json("score")["scored"] == 0
    settled(folder / "tickets.csv", "ticket_id,name\nT1,张三\n")
    invoke("ingest", str(folder))
    assert "judged         1 calls" in invoke("score")
    strict = tmp_path / "strict.yaml"
    strict.write_text(
        RULESET.read_text("utf-8")
        .replace("max_rings: 3", "max_rings: 1")
        .replace("t: 3}", "t: 1}"),
        "utf-8",
    )
    dry = invoke("rescore", "--ruleset", str(strict), "--dry-run")
    assert "4 calls judged again; 2 would change" in dry
    assert "TM01 MET → VIOLATED" in dry
    assert "nothing was published" in dry
    document = as_json("rescore", "--ruleset", str(strict), "--dry-run", "--since", "2025-11-18")
    assert [c["call_id"] for c in document["result"]["changes"]] == ["A0", "A1"]
    assert as_json("show", "A0")["scorecard"]["total"] == 100
    assert "2 changed" in invoke("rescore", "--ruleset", str(strict))
    assert as_json("show", "A0")["scorecard"]["total"] == 95
    assert "superseded: small" in invoke("show", "A0")
    invoke("rescore", "--ruleset", "no-such", code=2)
    invoke("rescore", "--since", "yesterday", code=2)


def test_export(folder: Path, tmp_path: Path) -> None:
    invoke("run", str(folder), code=1)
    verdicts = [json.loads(line) for line in invoke("export", "verdicts", "--jsonl").splitlines()]
    assert len(verdicts) == 8
    found = next(v for v in verdicts if v["call_id"] == "R1" and v["rule_id"] == "FP02")
    assert (found["outcome"], found["points"], found["evidence"]) == ("VIOLATED", 10, "match")
    assert "不归我们管" in found["quote"]
    assert found["start_ms"] < found["end_ms"]
    assert {"ruleset", "agent_id", "grade", "reason"} <= found.keys()
    rows = list(csv.DictReader(io.StringIO(invoke("export", "verdicts", "--csv"))))
    assert [row["call_id"] for row in rows] == [v["call_id"] for v in verdicts]
    assert {row["outcome"] for row in rows} == {"MET", "VIOLATED", "UNDECIDED"}
    target = tmp_path / "calls.csv"
    invoke("export", "calls", "--excel", "-o", str(target))
    data = target.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfcall_id,")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [row["call_id"] for row in rows] == ["A0", "A1", "R1", "broken", "unnamed"]
    assert rows[2]["violated_rules"] == "FP02 TM01"
    flagged = invoke("export", "calls", "--jsonl", "--flagged").splitlines()
    assert [json.loads(line)["call_id"] for line in flagged] == ["R1", "unnamed"]
    invoke("export", "calls", "--csv", "--jsonl", code=2)
    invoke("export", "calls", "-o", str(tmp_path / "no" / "such" / "folder.csv"), code=2)
    assert list(tmp_path.glob(".*.part")) == []


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+8613900000000", "'+8613900000000"),
        ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1+1", "'＝1+1"),
        ("-12.5", "-12.5"),
        (-3, -3),
        ("张三", "张三"),
        (None, ""),
        (True, "true"),
    ],
)
def test_no_cell_runs_as_a_formula(value: object, cell: object) -> None:
    assert safe_cell(value) == cell


def test_formulas_in_ids_are_defused_in_csv_and_whole_in_jsonl(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    settled(folder / "a.wav", GOOD.format(number=1))
    settled(folder / "calls.csv", "file,call_id,agent_id\na.wav,=cmd(),@x\n")
    invoke("run", str(folder))
    (row,) = csv.DictReader(io.StringIO(invoke("export", "calls")))
    assert (row["call_id"], row["agent_id"]) == ("'=cmd()", "'@x")
    assert json.loads(invoke("export", "calls", "--jsonl"))["call_id"] == "=cmd()"


def test_before_the_first_run(tmp_path: Path) -> None:
    assert as_json("list") == []
    assert as_json("agents") == []
    assert as_json("score")["scored"] == 0
    assert invoke("export", "calls").startswith("call_id,")
    invoke("run", str(tmp_path / "none"), code=2)


def test_a_closed_pipe_is_no_accident(folder: Path) -> None:
    invoke("run", str(folder), code=1)
    for arguments in ("export verdicts --jsonl", "export verdicts", "list", "show R1 --transcript"):
        program = f"{sys.executable} -c 'from qa.cli.app import main; main()'"
        line = f"{program} {arguments} | true"  # closed before the first line
        done = subprocess.run(
            ["bash", "-c", line], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True
        )
        assert "Traceback" not in done.stderr
        assert "Broken" not in done.stderr
