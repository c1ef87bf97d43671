"""A folder to entries: every rejected row with its line and reason."""

import json
import os
import time
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from qa.errors import IngestError
from qa.ingest.columns import KINDS
from qa.ingest.entries import parse_time
from qa.ingest.join import join
from qa.ingest.rows import Intake, Issue
from qa.ingest.scan import AUDIO_SUFFIXES
from qa.ingest.sources.folder import FolderSource
from qa.types import Direction, ReleasedBy
from tests.support.call_folders import settled

ZONE = ZoneInfo("Asia/Shanghai")
SECRET = "13904561827"


def read(folder: Path, **tables: str | bytes) -> Intake:
    for name, content in tables.items():
        settled(folder / f"{name}.csv", content)
    return FolderSource(folder, ZONE).read()


def only_issue(intake: Intake) -> Issue:
    (issue,) = (*intake.issues, *join(intake)[1])
    return issue


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-16"])
def test_chinese_headers_and_values(tmp_path: Path, encoding: str) -> None:
    intake = read(
        tmp_path,
        calls=(
            "录音文件,通话编号,开始时间,工号,方向,振铃次数,挂断方,来电号码,工单号,欠费\r\n"
            "a.wav,A1,2025/11/18 9:12,007,呼入,3.0,客户,13900000000,T1,是\r\n"
            '"b,1.wav",A2,,,呼出,,坐席,,,\r\n'
        ).encode(encoding),
        tickets='工单号,姓名,地址,电话,故障,维修站\nT1,张三,"一号楼\n二单元",139,不热,城东\n'.encode(
            encoding
        ),
        agents="工号,姓名,班组\n007,王丽,一组\n".encode(encoding),
        notices="节日,开始日期,结束日期\n春节,2026-02-15,2026/2/23\n".encode(encoding),
    )
    assert intake.issues == ()
    first, second = intake.calls
    assert (first.call_id, first.file, second.file) == ("A1", "a.wav", "b,1.wav")
    assert first.values == {
        "started_at": datetime(2025, 11, 18, 1, 12, tzinfo=UTC),
        "agent_id": "007",
        "direction": Direction.INBOUND,
        "ring_count": 3,
        "released_by": ReleasedBy.CUSTOMER,
        "caller_number": "13900000000",
        "ticket_id": "T1",
        "fee_unpaid": True,
    }
    assert second.values["direction"] is Direction.OUTBOUND
    assert second.values["started_at"] is None
    assert intake.tickets[0].values["address"] == "一号楼\n二单元"
    assert intake.agents[0].values == {"name": "王丽", "team": "一组"}
    assert intake.notices is not None
    (notice,) = intake.notices
    assert (notice.first_day, notice.last_day) == (date(2026, 2, 15), date(2026, 2, 23))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-11-18T09:12:30+08:00", (1, 12, 30)),
        ("2025-11-18T01:12:30Z", (1, 12, 30)),
        ("2025-11-18 09:12:30", (1, 12, 30)),
        ("2025-11-18 09:12:30.250", (1, 12, 30)),
        ("2025/11/18 9:12", (1, 12, 0)),
        ("2025年11月18日 9:12", (1, 12, 0)),
        ("2025-11-18T09:12:30-0500", (14, 12, 30)),
    ],
)
def test_times(text: str, expected: tuple[int, int, int]) -> None:
    assert parse_time(text, ZONE) == datetime(2025, 11, 18, *expected, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("2025-11-18", "9:12", "2025-13-01 09:00", "0000-01-01 00:00", "2025-11-18 25:00"),
        *("18/11/2025 09:00", "0001-01-01 00:00", "2025-11-18 09:12+99:00"),
        *("1969-12-31 23:59", "2200-01-01 00:00", "9999-12-31 23:59:59"),
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert parse_time(text, ZONE) is None


BAD_CALLS = {
    "no_key": ",,108,inbound,2,agent,,",
    "bad_time": "a.wav,2025-11-31 09:00,108,inbound,2,agent,,",
    "unknown_direction": f"a.wav,,108,{SECRET},2,agent,,",
    "bad_ring_count": "a.wav,,108,inbound,-1,agent,,",
    "unknown_releaser": "a.wav,,108,inbound,2,nobody,,",
    "bad_yes_no": "a.wav,,108,inbound,2,agent,perhaps,",
    "bad_ruleset": "a.wav,,108,inbound,2,agent,,../../etc/passwd",
    "too_long": f"a.wav,,{'9' * 201},inbound,2,agent,,",
    "too_many_cells": f"a.wav,,108,inbound,2,agent,,,{SECRET}",
    "bad_characters": "a.wav,,1\x0708,inbound,2,agent,,",
    "bad_quotes": '"a".wav,,108,inbound,2,agent,,',
}


@pytest.mark.parametrize("code", BAD_CALLS)
def test_a_bad_row_is_rejected_alone(tmp_path: Path, code: str) -> None:
    header = "file,started_at,agent_id,direction,ring_count,released_by,fee_unpaid,ruleset"
    good = "{}.wav,2025-11-18 09:00,108,inbound,2,agent,no,heating-repair"
    rows = [header, good.format("x"), BAD_CALLS[code], good.format("y")]
    intake = read(tmp_path, calls="\n".join(rows))
    issue = only_issue(intake)
    assert (issue.code, issue.file, issue.line, issue.rejected) == (code, "calls.csv", 3, True)
    assert SECRET not in issue.reason
    assert [call.file for call in intake.calls] == ["x.wav", "y.wav"]


@pytest.mark.parametrize("rings", ["3.5", "drei", "1e3", "99999", "３", "-0"])
def test_ring_counts_that_are_none(tmp_path: Path, rings: str) -> None:
    intake = read(tmp_path, calls=f"file,ring_count\na.wav,{rings}\n")
    assert only_issue(intake).code == "bad_ring_count"


def test_a_quote_that_never_closes_costs_one_row(tmp_path: Path) -> None:
    intake = read(tmp_path, calls='file,agent_id\na.wav,1\n"b.wav,2\nc.wav,3\nd.wav,4\n')
    assert [call.file for call in intake.calls] == ["a.wav", "c.wav", "d.wav"]
    assert (only_issue(intake).code, only_issue(intake).line) == ("bad_quotes", 3)


def test_damaged_bytes_cost_one_row(tmp_path: Path) -> None:
    rows = "".join(f"{n}.wav,坐席甲乙丙\n" for n in range(20)).encode()
    intake = read(tmp_path, calls=b"file,agent_id\n" + rows + b"z.wav,\xe5\xbc\n")
    assert (only_issue(intake).code, only_issue(intake).line) == ("bad_encoding", 22)
    assert len(intake.calls) == 20


def test_duplicates_name_the_first_line(tmp_path: Path) -> None:
    settled(tmp_path / "a.wav", "a")
    intake = read(
        tmp_path,
        calls="file,call_id\na.wav,A1\nb.wav,A1\na.wav,A3\n,A4\n",
        tickets="ticket_id,name\nT1,甲\nT1,乙\n,丙\n",
    )
    calls, issues = join(intake)
    assert [(i.code, i.line, i.reason) for i in issues] == [
        ("duplicate_call", 3, "the same call id stands in calls.csv, line 2"),
        ("duplicate_file", 4, "the same recording stands in calls.csv, line 2"),
    ]
    assert [(i.code, i.line) for i in intake.issues] == [("duplicate_key", 3), ("no_key", 4)]
    assert [call.call_id for call in calls] == ["A1", "A4"]
    assert [ticket.values["name"] for ticket in intake.tickets] == ["甲"]


def test_csv_and_jsonl_are_read_together(tmp_path: Path) -> None:
    lines = [
        {"file": "b.wav", "call_id": "B", "ring_count": 3, "fee_unpaid": False, "agent_id": 108},
        {"call_id": "A", "odd": 1},
        ["no", "object"],
        {"file": {"x": 1}},
        {"file": "c.wav", "odd": 2},
    ]
    text = "\n".join(json.dumps(line) for line in lines) + "\n{broken\n"
    settled(tmp_path / "calls.jsonl", text)
    intake = read(tmp_path, calls="file,call_id\na.wav,A\n")
    values = {call.file: dict(call.values) for call in intake.calls}
    assert values["b.wav"] == {"ring_count": 3, "fee_unpaid": False, "agent_id": "108"}
    codes = [(i.file, i.line, i.code) for i in (*intake.issues, *join(intake)[1])]
    assert codes == [
        ("calls.jsonl", 2, "unknown_column"),
        ("calls.jsonl", 3, "bad_json"),
        ("calls.jsonl", 4, "bad_value"),
        ("calls.jsonl", 6, "bad_json"),
        ("calls.jsonl", 2, "duplicate_call"),
    ]


def test_unknown_and_repeated_columns_are_told_once(tmp_path: Path) -> None:
    intake = read(tmp_path, calls="file,mood,录音文件,weather\na.wav,1,2,3\nb.wav,1,2,3\n")
    assert [(i.code, i.line, i.rejected) for i in intake.issues] == [
        ("repeated_column", 1, False),
        ("unknown_column", 1, False),
    ]
    assert "'mood', 'weather'" in intake.issues[1].reason
    assert len(intake.calls) == 2


def test_a_table_without_header_is_refused_without_its_contents(tmp_path: Path) -> None:
    issue = only_issue(read(tmp_path, calls=f"x.wav,{SECRET}\ny.wav,{SECRET}\n"))
    assert (issue.code, issue.rejected) == ("no_header", True)
    assert SECRET not in issue.reason


def test_notices_that_are_wrong(tmp_path: Path) -> None:
    rows = ["春节,2026-02-30,2026-03-01", "元旦,2026-01-03,2026-01-01", ",2026-01-01,2026-01-01"]
    text = "\n".join(["festival,from,to", *rows])
    codes = [(i.line, i.code) for i in read(tmp_path, notices=text).issues]
    assert codes == [(2, "bad_day"), (3, "bad_window"), (4, "no_key")]
    (tmp_path / "notices.csv").unlink()
    assert read(tmp_path).notices is None


def test_tabs_semicolons_old_line_ends_and_separators_inside_cells(tmp_path: Path) -> None:
    for text in (
        "file\tagent_id\na.wav\t1\n",
        "file;agent_id\r\na.wav;1\r\n",
        "file,agent_id\ra.wav,1",
    ):
        (call,) = read(tmp_path, calls=text).calls
        assert (call.file, call.values) == ("a.wav", {"agent_id": "1"})
    (ticket,) = read(tmp_path, tickets="ticket_id,problem\nT1,冷\u2028热\n").tickets
    assert ticket.values == {"problem": "冷\u2028热"}


def test_an_empty_or_unreadable_table_is_reported(tmp_path: Path) -> None:
    assert only_issue(read(tmp_path, calls="")).code == "empty_table"
    issue = only_issue(read(tmp_path, calls=b"\xff" * 99))
    assert (issue.code, issue.rejected) == ("unreadable_table", True)


def test_recordings_are_found_anywhere_and_other_files_are_not(tmp_path: Path) -> None:
    for name in (
        "a.wav",
        "x/y/B.MP3",
        "x/录音.amr",
        ".hidden/c.wav",
        "._a.wav",
        "a.txt",
        "a.wav.part",
    ):
        settled(tmp_path / name, "x")
    settled(tmp_path / "x" / "calls.csv", "file\na.wav\n")
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nowhere")
    intake = read(tmp_path)
    assert [file.relative for file in intake.files] == ["a.wav", "x/录音.amr", "x/y/B.MP3"]
    assert {(i.file, i.code, i.rejected) for i in intake.issues} == {
        ("gone.wav", "broken_link", True),
        ("x/calls.csv", "deep_table", False),
    }


def test_a_name_that_is_not_utf8_is_reported(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + "/通话.wav".encode("gbk")
    with open(raw, "wb") as stream:  # noqa: PTH123  # Path would decode the name first
        stream.write(b"x")
    issue = only_issue(read(tmp_path))
    assert (issue.code, issue.file) == ("bad_file_name", "ͨ\\udcbb\\udcb0.wav")


def test_a_file_that_still_grows_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(tmp_path / "done.wav", "x")
    growing = settled(tmp_path / "growing.wav", "x", age_s=0)
    real_sleep = time.sleep

    def write_meanwhile(seconds: float) -> None:
        growing.write_text("xx")
        real_sleep(seconds)

    monkeypatch.setattr("qa.ingest.finished.time.sleep", write_meanwhile)
    intake = read(tmp_path)
    assert [file.relative for file in intake.files] == ["done.wav"]
    issue = only_issue(intake)
    assert (issue.code, issue.rejected) == ("unfinished_file", False), "no fault, only a notice"
    assert [f.relative for f in intake.files] == ["done.wav"]
    monkeypatch.undo()
    assert len(read(tmp_path).files) == 2


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="cannot be read"):
        FolderSource(tmp_path / "none", ZONE).read()


def test_rows_find_their_files(tmp_path: Path) -> None:
    for name in (
        "mon/1.wav",
        "tue/1.wav",
        "tue/2.wav",
        "A9.wav",
        "left.wav",
        "mon/twin.wav",
        "tue/twin.wav",
    ):
        settled(tmp_path / name, name)
    rows = [
        "file,call_id",
        "mon\\1.wav,A1",  # a path, as Windows writes it
        "D:/rec/2.wav,A2",  # a name that only one file has
        "1.wav,A3",  # a name that two files have
        ",A9",  # the id is the name
        "lost.wav,",
        ",A10",
    ]
    calls, issues = join(read(tmp_path, calls="\n".join(rows)))
    found = [(c.call_id, c.file.relative if c.file else None, c.values is None) for c in calls]
    assert found == [
        ("A1", "mon/1.wav", False),
        ("A2", "tue/2.wav", False),
        ("A9", "A9.wav", False),
        ("lost", None, False),
        ("A10", None, False),
        ("left", "left.wav", True),
        ("mon/twin", "mon/twin.wav", True),
        ("tue/1", "tue/1.wav", True),
        ("tue/twin", "tue/twin.wav", True),
    ]
    assert [(i.code, i.line) for i in issues] == [("ambiguous_file", 4)]


def test_every_column_and_code_is_documented() -> None:
    page = Path(__file__).parents[2].joinpath("docs/reference/ingest.md").read_text("utf-8")
    sections = {part.split("\n")[0]: part for part in page.split("\n### ")[1:]}
    for kind in KINDS:
        for column, others in kind.columns.items():
            assert f"| `{column}` | {', '.join(others)} |" in sections[kind.name]
    assert all(f"`{code}`" in page for code in BAD_CALLS)
    assert all(ending[1:] in page for ending in AUDIO_SUFFIXES)
