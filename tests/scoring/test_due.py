"""Spoken times: by when is something due?"""

from datetime import datetime, timedelta

import pytest

from qa.scoring.due import due_time, find_times, read_number

CALL = datetime.fromisoformat("2025-11-18T09:12:30+08:00")  # a Tuesday


def _at(text: str) -> datetime:
    """A moment of 2025, or of the year that is written before it."""
    year = "" if text.startswith("2026") else "2025-"
    return datetime.fromisoformat(f"{year}{text}:00+08:00")


@pytest.mark.parametrize(
    ("said", "due"),
    [
        # lengths of time
        ("半小时", "11-18T09:42"),
        ("半个小时之内", "11-18T09:42"),
        ("半个钟头", "11-18T09:42"),
        ("一刻钟就到", "11-18T09:27"),
        ("二十分钟", "11-18T09:32"),
        ("20分钟之内", "11-18T09:32"),
        ("一小时内", "11-18T10:12"),
        ("一个小时左右", "11-18T10:12"),
        ("一个半小时", "11-18T10:42"),
        ("两小时内", "11-18T11:12"),
        ("两个小时之内师傅肯定到", "11-18T11:12"),
        ("两三个小时", "11-18T12:12"),
        ("四十八小时内", "11-20T09:12"),
        ("24小时内", "11-19T09:12"),
        ("二十四小时之内", "11-19T09:12"),
        ("半天", "11-18T21:12"),
        ("一天之内", "11-20T00:00"),
        ("三天之内", "11-22T00:00"),
        ("三五天", "11-24T00:00"),
        ("十五天给您装完一天都不会超", "12-04T00:00"),
        ("一周内", "11-26T00:00"),
        ("一个星期", "11-26T00:00"),
        ("两个礼拜", "12-03T00:00"),
        ("半个月", "12-04T00:00"),
        ("三个工作日内", "11-22T00:00"),
        ("五个工作日", "11-26T00:00"),
        # days and their parts
        ("今天", "11-19T00:00"),
        ("今儿就给您修", "11-19T00:00"),
        ("今儿个", "11-19T00:00"),
        ("当天", "11-19T00:00"),
        ("今晚", "11-19T00:00"),
        ("今天晚上", "11-19T00:00"),
        ("今天下午", "11-18T18:00"),
        ("今天中午", "11-18T14:00"),
        ("下午", "11-18T18:00"),
        ("下班前", "11-18T18:00"),
        ("天黑之前", "11-18T19:00"),
        ("天亮前", "11-19T06:00"),
        ("明天", "11-20T00:00"),
        ("明儿", "11-20T00:00"),
        ("赶明儿", "11-20T00:00"),
        ("明早", "11-19T10:00"),
        ("明晚", "11-20T00:00"),
        ("明天一早", "11-19T10:00"),
        ("明天上午", "11-19T12:00"),
        ("明儿下午", "11-19T18:00"),
        ("后天", "11-21T00:00"),
        ("后天傍晚", "11-20T19:00"),
        ("大后天", "11-22T00:00"),
        ("第二天上午", "11-19T12:00"),
        # clock times
        ("下午三点", "11-18T15:00"),
        ("下午三点半", "11-18T15:30"),
        ("下午三点一刻", "11-18T15:15"),
        ("三点之前", "11-18T15:00"),
        ("十点", "11-18T10:00"),
        ("九点", "11-18T21:00"),
        ("一点之前", "11-18T13:00"),
        ("15点30分", "11-18T15:30"),
        ("十五点整", "11-18T15:00"),
        ("晚上八点", "11-18T20:00"),
        ("晚上十二点前", "11-19T00:00"),
        ("半夜一点", "11-19T01:00"),
        ("中午十二点", "11-18T12:00"),
        ("中午一点", "11-18T13:00"),
        ("明天三点", "11-19T15:00"),
        ("明天上午九点到十点", "11-19T10:00"),
        ("明天上午九点", "11-19T09:00"),
        ("明天早上八点二十", "11-19T08:20"),
        ("今天下午两点到四点", "11-18T16:00"),
        ("凌晨两点", "11-19T02:00"),
        # weeks, months, years
        ("礼拜五", "11-22T00:00"),
        ("周五之前", "11-22T00:00"),
        ("周一", "11-25T00:00"),
        ("这周日", "11-24T00:00"),
        ("周末", "11-24T00:00"),
        ("下周三", "11-27T00:00"),
        ("下礼拜一上午", "11-24T12:00"),
        ("星期四下午四点", "11-20T16:00"),
        ("下周", "12-01T00:00"),
        ("本周内", "11-24T00:00"),
        ("月底前", "12-01T00:00"),
        ("这个月底", "12-01T00:00"),
        ("下个月初", "12-11T00:00"),
        ("下月中旬", "12-21T00:00"),
        ("月初", "12-11T00:00"),
        ("本月内", "12-01T00:00"),
        ("下个月", "2026-01-01T00:00"),
        ("二十五号之前", "11-26T00:00"),
        ("十二月一号", "12-02T00:00"),
        ("12月1日上午", "12-01T12:00"),
        ("下个月五号", "12-06T00:00"),
        ("年底", "2026-01-01T00:00"),
    ],
)
def test_spoken_times(said: str, due: str) -> None:
    expected = _at(due)
    found = due_time(said, CALL)
    assert found is not None
    assert found.replace(second=0) == expected


@pytest.mark.parametrize(
    "said",
    [
        "尽快",
        "一会儿就到",
        "马上",
        "三号楼二单元五零一",
        "快一点",
        "早一点给您修",
        "有一点漏",
        "三天前就报了",
        "三天没热了",
        "昨天下午",
        "两个小时了还没来",
        "第三天的时候",
        "我姓周",
        "周师傅",
        "修好了",
        "十六度",
        "一年多",
        "",
    ],
)
def test_what_is_no_time_to_come(said: str) -> None:
    assert due_time(said, CALL) is None


def test_without_the_calls_own_time_nothing_is_due() -> None:
    assert due_time("明天上午", None) is None


def test_a_time_that_has_passed_is_no_promise() -> None:
    evening = CALL.replace(hour=20)
    assert due_time("今天上午", evening) is None
    assert due_time("今天下午三点", evening) is None
    assert due_time("上午", evening) == _at("11-19T12:00")


def test_the_latest_of_several_times_counts_and_each_has_its_place() -> None:
    said = "今天登记明天上午给您修好"
    assert due_time(said, CALL) == _at("11-19T12:00")
    assert [said[t.start : t.end] for t in find_times(said, CALL)] == ["今天", "明天上午"]


@pytest.mark.parametrize("hour", range(24))
@pytest.mark.parametrize("said", ["下午三点", "九点", "今晚", "天亮前", "半夜一点", "礼拜二"])
def test_whatever_the_hour_a_promise_lies_ahead(hour: int, said: str) -> None:
    now = CALL.replace(hour=hour, minute=30)
    due = due_time(said, now)
    assert due is None or now < due <= now + timedelta(days=8)


@pytest.mark.parametrize(
    ("spoken", "value"),
    [
        ("24", 24),
        ("二十四", 24),
        ("十", 10),
        ("十五", 15),
        ("两", 2),
        ("两三", 3),
        ("一百二十", 120),
    ],
)
def test_small_numbers(spoken: str, value: int) -> None:
    assert read_number(spoken) == value
