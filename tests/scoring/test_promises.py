"""Promise records: what was promised, allowed or not, and by when it is due."""

from datetime import datetime

import pytest

from qa.types import Outcome
from tests.scoring.judging import judge

MET, VIOLATED = Outcome.MET, Outcome.VIOLATED


def _day(text: str) -> datetime:
    return datetime.fromisoformat(f"2025-11-{text}:00+08:00")


@pytest.mark.parametrize(
    ("said", "outcome", "due"),
    [
        ("您放心，保证今天下午给您修好。", VIOLATED, "18T18:00"),
        ("明天上午一定给您修好。", VIOLATED, "19T12:00"),
        ("两个小时之内师傅肯定到您家。", VIOLATED, "18T11:12"),
        ("礼拜五之前肯定给您退费。", VIOLATED, "22T00:00"),
        ("师傅下午三点左右上门。", MET, "18T15:00"),
        ("二十四小时之内会给您回电话。", MET, "19T09:12"),
        ("我半个小时之内给您回话。", MET, "18T09:42"),
    ],
)
def test_a_promise_is_due_when_it_says(said: str, outcome: Outcome, due: str) -> None:
    verdict = judge("IP01", said)
    assert verdict.outcome is outcome, verdict
    assert [p.due.replace(second=0) for p in verdict.promises if p.due] == [_day(due)]


def test_without_a_time_a_promise_has_no_due_moment() -> None:
    verdict = judge("IP01", "您放心，一定给您退费。")
    assert verdict.outcome is VIOLATED
    assert [p.due for p in verdict.promises] == [None]


def test_without_the_calls_own_time_nothing_is_due() -> None:
    verdict = judge("IP01", "师傅下午三点左右上门。", started_at=None)
    assert [p.due for p in verdict.promises] == [None]
    assert verdict.promises[0].match.quote.startswith("下午三点")


@pytest.mark.parametrize(
    "said",
    [
        "维修人员会尽快跟您联系，感谢您的来电，再见。",
        "师傅说下午三点上门，是吗？",
        "客户: 下午三点上门？\n好的。",
        "您家三号楼二单元，派师傅过去看。",
        "昨天下午三点上门的那个师傅。",
    ],
)
def test_what_names_no_time_of_the_agents_own_is_no_record(said: str) -> None:
    assert judge("IP01", said).promises == ()


def test_each_commitment_is_recorded_once_in_time_order() -> None:
    verdict = judge(
        "IP01", "师傅明天上午上门。\n客户: 好。\n坐席: 我保证后天给您修好，后天一定修好。"
    )
    quotes = [p.match.quote for p in verdict.promises]
    assert quotes[0] == "明天上午上门"
    assert all("保证" in quote or "修好" in quote for quote in quotes[1:])
    starts = [p.match.span.start_ms for p in verdict.promises]
    assert starts == sorted(starts)
    ends = [p.match.span.end_ms for p in verdict.promises]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
