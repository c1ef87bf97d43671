"""What arrives after a call was judged (ticket, answers, notice) judges that call again."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from qa.batch.judging import score_pending
from qa.batch.runner import ingest_folder
from qa.config import Settings
from qa.store.queries import CallDetail, call_detail
from qa.store.store import Store
from qa.types import Attitude, KeyedAnswers, Outcome
from tests.support.call_folders import HEADER, hear_all, open_store, settled

REPAIR = """坐席: 您好，大龙供暖报修，幺零八为您服务，请问您有什么问题？
客户: 我家暖气不热，第{number}次报修了。
坐席: 好的，暖气不热。请问您的详细地址？
客户: 松江家园，三号楼，二单元，五零一。
坐席: 松江家园三号楼二单元五零一，对吗？
客户: 对。
坐席: 请问您贵姓？
客户: 姓张。
坐席: 张女士，您的联系电话？
客户: 幺三九，零四五六，幺八二七。
坐席: 幺三九，零四五六，幺八二七，对吧？
客户: 对的。
坐席: 维修人员会尽快跟您联系，感谢您的来电，再见。
"""
TICKETS = "工单号,姓名,地址,电话,故障,维修站,完成时间\n"
RIGHT = "T0,张,松江家园3号楼2单元501室,13904561827,暖气不热,河西维修站,\n"
WRONG = "T0,张,松江家园3号楼1单元501室,13904561828,暖气不热,江北维修站,\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def store(settings: Settings, folder: Path) -> Iterator[Store]:
    """Two judged repair calls whose tickets have not come yet; the station table is there."""
    with open_store(settings) as store:
        ingest_folder(store, folder)
        hear_all(store)
        assert score_pending(store, settings).scored == 2
        yield store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    lines = [HEADER]
    for number in range(2):
        settled(folder / f"{number}.wav", REPAIR.format(number=number))
        lines.append(f"{number}.wav,A{number},2025-11-18 09:00,108,inbound,2,customer,T{number}")
    settled(folder / "calls.csv", "\n".join(lines) + "\n")
    settled(folder / "stations.csv", "小区,维修站\n松江家园,河西维修站\n丰收里,江北维修站\n")
    return folder


def detail(store: Store, call_id: str = "A0") -> CallDetail:
    with store.reading() as session:
        return call_detail(session, call_id, store.zone)


def tickets_of(store: Store) -> dict[str, Outcome]:
    card = detail(store).scorecard
    assert card is not None
    return {x.rule_id: x.verdict.outcome for x in card.lines if x.rule_id.startswith("TK")}


def judged_again(store: Store, settings: Settings, folder: Path) -> int:
    ingest_folder(store, folder)
    return score_pending(store, settings).scored


def test_a_late_ticket_is_compared_with_what_was_said(
    store: Store, settings: Settings, folder: Path
) -> None:
    assert set(tickets_of(store).values()) == {Outcome.UNDECIDED}
    settled(folder / "tickets.csv", TICKETS + RIGHT)
    assert judged_again(store, settings, folder) == 1
    assert tickets_of(store)["TK01"] is tickets_of(store)["TK02"] is Outcome.MET
    assert tickets_of(store)["TK04"] is Outcome.MET
    settled(folder / "tickets.csv", (TICKETS + WRONG).encode("gb18030"))
    assert judged_again(store, settings, folder) == 1
    assert set(tickets_of(store).values()) >= {Outcome.VIOLATED}
    assert {k for k, v in tickets_of(store).items() if v is Outcome.VIOLATED} == {
        *("TK01", "TK02", "TK04"),
    }
    history = detail(store).history
    assert [version.is_current for version in history] == [False, False, True]


def test_the_completion_of_a_ticket_judges_nothing_again(
    store: Store, settings: Settings, folder: Path
) -> None:
    settled(folder / "tickets.csv", TICKETS + RIGHT)
    assert judged_again(store, settings, folder) == 1
    done = RIGHT.replace("河西维修站,", "河西维修站,2025-11-19 10:30")
    settled(folder / "tickets.csv", TICKETS + done)
    assert judged_again(store, settings, folder) == 0


def test_keyed_answers_and_the_fee_come_to_their_call(
    store: Store, settings: Settings, folder: Path
) -> None:
    settled(folder / "answers.csv", "file,a,b,c,d,e\n0.wav,是,满意,否,9,没有\n")
    assert judged_again(store, settings, folder) == 1
    keyed = detail(store).call.keyed
    assert keyed == KeyedAnswers(True, Attitude.SATISFIED, False, 9, "没有")
    assert detail(store, "A1").call.keyed is None
    settled(folder / "answers.csv", "call_id,d\nA0,\nA1,3\nB7,4\n")  # other columns stay
    assert judged_again(store, settings, folder) == 2
    assert detail(store).call.keyed == KeyedAnswers(True, Attitude.SATISFIED, False, None, "没有")
    assert detail(store, "A1").call.keyed == KeyedAnswers(points=3)
    assert judged_again(store, settings, folder) == 0
    settled(folder / "more.wav", REPAIR.format(number=7))
    calls = (folder / "calls.csv").read_text("utf-8").replace("ticket_id", "ticket_id,欠费")
    settled(folder / "calls.csv", calls + "more.wav,B7,2025-11-18 09:00,108,inbound,2,,,是\n")
    ingest_folder(store, folder)
    call = detail(store, "B7").call  # its answers were there first
    assert (call.keyed, call.fee_unpaid) == (KeyedAnswers(points=4), True)


def test_answers_of_an_unknown_recording_are_told(
    store: Store, settings: Settings, folder: Path
) -> None:
    text = "file,call_id,a\nnone.wav,,是\n0.wav,,是\n,A0,否\n"
    settled(folder / "answers.csv", text)
    report = ingest_folder(store, folder)
    assert [(issue.line, issue.code) for issue in report.rejected] == [
        (2, "no_such_call"),
        (4, "duplicate_key"),
    ]
    keyed = detail(store).call.keyed
    assert keyed is not None
    assert keyed.solved is True


def test_a_late_notice_judges_only_its_own_days_again(
    store: Store, settings: Settings, folder: Path
) -> None:
    day = detail(store).call.started_at
    assert day is not None
    other = day.date() + timedelta(days=1)
    settled(folder / "notices.csv", f"节日,开始日期,结束日期\n元旦,{other},{other}\n")
    assert judged_again(store, settings, folder) == 0
    settled(folder / "notices.csv", f"节日,开始日期,结束日期\n元旦,{day.date()},{other}\n")
    assert judged_again(store, settings, folder) == 2
    card = detail(store).scorecard
    assert card is not None
    greeting = {line.rule_id: line.verdict.outcome for line in card.lines}["GR03"]
    assert greeting is Outcome.VIOLATED  # 您好 was said where 新年好 was due
