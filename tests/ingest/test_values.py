"""Keyed answers, stations, notices with a script: parsed, joined, and every bad row told."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from qa.ingest.join import paths_of_answers
from qa.ingest.rows import Intake, NoticeEntry, StationEntry
from qa.ingest.sources.folder import FolderSource
from qa.types import Attitude
from tests.support.call_folders import settled

ZONE = ZoneInfo("Asia/Shanghai")


def read(folder: Path, **tables: str | bytes) -> Intake:
    for name, content in tables.items():
        settled(folder / f"{name}.csv", content)
    return FolderSource(folder, ZONE).read()


@pytest.mark.parametrize(
    "header",
    ["call_id,a,b,c,d,e", "通话编号,是否解决,服务态度,是否收费,评分,意见建议"],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_keyed_answers_are_read(tmp_path: Path, header: str, encoding: str) -> None:
    text = f"{header}\nA1,是,满意,否,10,没有\nA2,未解决,不满意,有,9分,\nA3,,,,,\n"
    intake = read(tmp_path, answers=text.encode(encoding))
    assert intake.issues == ()
    first, second, third = intake.answers
    assert (first.call_id, first.file) == ("A1", None)
    assert first.values == {
        "solved": True,
        "attitude": Attitude.SATISFIED,
        "charged": False,
        "points": 10,
        "remark": "没有",
    }
    assert second.values["solved"] is False
    assert (second.values["charged"], second.values["points"]) == (True, 9)
    assert second.values["attitude"] is Attitude.DISSATISFIED
    assert set(third.values.values()) == {None}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (",是,满意,否,10,", "no_key"),
        ("A1,大概,满意,否,10,", "bad_yes_no"),
        ("A1,是,非常满意,否,10,", "bad_attitude"),
        ("A1,是,满意,随便,10,", "bad_yes_no"),
        ("A1,是,满意,否,0,", "bad_points"),
        ("A1,是,满意,否,11,", "bad_points"),
        ("A1,是,满意,否,8.5,", "bad_points"),
        ("A1,是,满意,否,八,", "bad_points"),
        ("A1,是,满意,否,10," + "长" * 1001, "too_long"),
        ("A" * 201 + ",是,满意,否,10,", "too_long"),
        ("A1,是,满意,否,10,好,多", "too_many_cells"),
    ],
)
def test_a_bad_row_of_answers_is_told_and_costs_only_itself(
    tmp_path: Path, row: str, code: str
) -> None:
    intake = read(tmp_path, answers=f"call_id,a,b,c,d,e\n{row}\nA9,是,满意,否,1,\n")
    (issue,) = intake.issues
    assert (issue.file, issue.line, issue.rejected, issue.code) == ("answers.csv", 2, True, code)
    assert [entry.call_id for entry in intake.answers] == ["A9"]


def test_the_same_call_twice_keeps_the_first_row(tmp_path: Path) -> None:
    intake = read(tmp_path, answers="call_id,a\nA1,是\nA1,否\n")
    (issue,) = intake.issues
    assert (issue.line, issue.code) == (3, "duplicate_key")
    assert [entry.values["solved"] for entry in intake.answers] == [True]


def test_answers_by_file_lead_to_its_path(tmp_path: Path) -> None:
    settled(tmp_path / "day" / "a.wav", "x")
    intake = read(tmp_path, answers="file,a\na.wav,是\nday/gone.wav,否\n")
    assert [path for _, path in paths_of_answers(intake)] == [
        str(tmp_path / "day" / "a.wav"),
        str(tmp_path / "day" / "gone.wav"),
    ]


def test_stations_are_read_and_bad_rows_told(tmp_path: Path) -> None:
    assert read(tmp_path).stations is None
    text = "小区,所属维修站\n幸福小区,城东维修站\n,城西\n阳光花园,\n幸福小区,城西维修站\n"
    intake = read(tmp_path, stations=text.encode("gbk"))
    assert intake.stations == (StationEntry("幸福小区", "城东维修站"),)
    assert [(i.line, i.code) for i in intake.issues] == [
        (3, "no_key"),
        (4, "no_key"),
        (5, "duplicate_key"),
    ]
    assert not any("城" in issue.reason for issue in intake.issues)


def test_a_notice_may_prescribe_its_greeting(tmp_path: Path) -> None:
    text = (
        "通知编号,节日,开始日期,结束日期,话术\n"
        "2026-3,春节,2026-02-15,2026-02-23,春节快乐，大龙报修\n"
        "2026-4,元宵节,2026-03-03,2026-03-03,\n"
        f"2026-5,国庆节,2026-10-01,2026-10-08,{'长' * 201}\n"
    )
    intake = read(tmp_path, notices=text)
    assert intake.notices == (
        NoticeEntry("春节", date(2026, 2, 15), date(2026, 2, 23), "春节快乐，大龙报修", "2026-3"),
        NoticeEntry("元宵节", date(2026, 3, 3), date(2026, 3, 3), None, "2026-4"),
    )
    assert [(i.line, i.code) for i in intake.issues] == [(4, "too_long")]


def test_a_ticket_may_carry_when_it_was_completed(tmp_path: Path) -> None:
    text = "工单号,完成时间\nT1,2026/1/5 16:30\nT2,\nT3,昨天\n"
    intake = read(tmp_path, tickets=text)
    assert [entry.values["completed_at"] for entry in intake.tickets] == [
        datetime(2026, 1, 5, 8, 30, tzinfo=UTC),
        None,
    ]
    assert [(i.line, i.code) for i in intake.issues] == [(4, "bad_time")]
