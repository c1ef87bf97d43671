"""GR01–GR03, CL01, TM01 and TM02 beyond their own examples: near misses and missing data."""

from datetime import date, datetime
from typing import Any

import pytest

from qa.scoring.checks.late_apology import LateApology
from qa.scoring.checks.own_number import OwnNumber
from qa.scoring.checks.script_slots import ScriptSlots
from qa.scoring.slots import Slot
from qa.types import Direction, Notice, Outcome, ReleasedBy, SlotStatus
from tests.scoring.judging import EMPTY, GREETING, judge

MET, VIOLATED, UNDECIDED = Outcome.MET, Outcome.VIOLATED, Outcome.UNDECIDED
NATIONAL = Notice("国庆节", date(2025, 10, 1), date(2025, 10, 8))
AUTUMN = Notice("中秋节", date(2025, 10, 6), date(2025, 10, 6))
LABOUR = Notice("劳动节", date(2025, 5, 1), date(2025, 5, 5))
PLAIN = "您好，大龙供暖报修，幺零八为您服务。"
FESTIVE = "国庆节快乐，大龙报修，幺零八为您服务。"
MOON = "中秋节快乐，大龙报修，幺零八为您服务。"


def at(time: str) -> datetime:
    return datetime.fromisoformat(time)


@pytest.mark.parametrize(
    ("dialogue", "missing"),
    [
        (GREETING, set()),
        ("您好大龙公暖报修腰零吧为您服务请问您有什么问题", set()),
        ("您好，大龙供暖报修。\n客户: 喂。\n幺零八为您服务，请问您有什么问题？", set()),
        ("大龙供暖报修，幺零八为您服务，请问您有什么问题？", {"greeting"}),
        ("您好，幺零八为您服务，请问您有什么问题？", {"brand"}),
        ("您好，大龙供暖报修，幺零八，请问您有什么问题？", {"service"}),
        ("您好，大龙供暖报修，为您服务，请问您有什么问题？", {"agent_no"}),
        ("您好。", {"brand", "agent_no", "service", "question"}),
    ],
)
def test_each_slot_is_judged_alone(dialogue: str, missing: set[str]) -> None:
    verdict = judge("GR01", dialogue)
    assert {s.name for s in verdict.slots if s.status is not SlotStatus.SAID} == missing
    assert (verdict.outcome is MET) is (not missing)
    assert verdict.outcome is VIOLATED or missing <= {"greeting"}  # 您好 is short: soon unsure


def test_the_customer_cannot_say_the_agents_greeting() -> None:
    assert judge("GR01", f"喂？\n客户: {GREETING}").outcome is VIOLATED


@pytest.mark.parametrize(
    ("released_by", "last_words", "outcome"),
    [
        (ReleasedBy.CUSTOMER, "幸福小区三号楼，喂？", UNDECIDED),
        (None, "幸福小区三号楼，喂？", UNDECIDED),
        (ReleasedBy.AGENT, "幸福小区三号楼，喂？", VIOLATED),
        (ReleasedBy.CUSTOMER, "好的，再见。", VIOLATED),
        (ReleasedBy.CUSTOMER, "行，那我挂了。", VIOLATED),
    ],
)
def test_a_call_that_broke_off_owes_no_closing(
    released_by: ReleasedBy | None, last_words: str, outcome: Outcome
) -> None:
    dialogue = f"请问您的具体地址？\n客户: {last_words}"
    verdict = judge("CL01", dialogue, released_by=released_by)
    assert verdict.outcome is outcome
    assert verdict.searched is not None


def test_a_closing_in_the_middle_of_the_call_is_none() -> None:
    closing = "维修人员会尽快跟您联系，感谢您的来电，再见。"
    talk = "\n客户: 还有，我家厨房也漏水。\n好的，我给您记录一下。" * 4
    assert judge("CL01", closing).outcome is MET
    assert judge("CL01", closing + talk, released_by=ReleasedBy.AGENT).outcome is VIOLATED


@pytest.mark.parametrize("slots", [(), (Slot("bye", ("再见",)), Slot("bye", ("拜拜",)))])
def test_a_script_without_slots_or_with_a_slot_twice_does_not_load(slots: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match="slots"):
        ScriptSlots("closing", slots)


def test_checks_refuse_what_they_could_never_judge() -> None:
    with pytest.raises(ValueError, match="phrases"):
        LateApology(3, ())
    with pytest.raises(ValueError, match="brackets"):
        OwnNumber(after=("工号[是",))
    with pytest.raises(ValueError, match="any_of"):
        Slot("both", ("再见",), 2)


ASKED = "您好，大龙供暖报修。\n客户: 你工号多少？\n"


@pytest.mark.parametrize(
    ("dialogue", "agent_id", "outcome"),
    [
        (PLAIN, "108", MET),
        ("您好，大龙供暖报修，一〇八为您服务。", "108", MET),
        ("您好，大龙供暖报修，一百零八为您服务。", "108", MET),
        ("您好，大龙供暖报修，一百二为您服务。", "120", MET),
        ("您好，大龙供暖报修，洞两拐为您服务。", "027", MET),
        ("您好，大龙供暖报修，要零吧为您服务。", "108", MET),
        ("您好，大龙供暖报修，幺零八为您服务。", "208", VIOLATED),
        ("您好，大龙供暖报修，幺零九为您服务。", "108", VIOLATED),
        ("您好，大龙供暖报修，幺八零为您服务。", "108", VIOLATED),
        ("您好，大龙供暖报修。", "108", VIOLATED),
        # Spoken late
        (ASKED + "我工号是幺零八。", "108", MET),
        (ASKED + "工号呃幺零八。", "108", MET),
        (ASKED + "我工号是一百零八。", "108", MET),
        (ASKED + "我工号是幺零八八号楼的事我记下了。", "108", MET),
        (ASKED + "我工号是幺零九。", "108", VIOLATED),
        # Stuttered or garbled: nobody is convicted
        ("您好，大龙供暖报修，幺，幺零八为您服务。", "108", UNDECIDED),
        (ASKED + "我工号是幺幺零八。", "108", UNDECIDED),
        (ASKED + "我工号是将零八。", "108", UNDECIDED),
        ("您好，大龙供暖报修，将零八为您服务。", "108", UNDECIDED),
        ("您好，大龙供暖报修，摇扇为您服务。", "108", UNDECIDED),
        # A house number in the opening convicts nobody, a clear number later acquits
        ("您好，大龙供暖报修，摇扇为您服务。\n客户: 喂。\n是阳光小区502吗？", "108", UNDECIDED),
        ("您好，大龙供暖报修，摇扇为您服务。\n客户: 你谁？\n工号幺零八。", "108", MET),
        # Metadata missing, or no number that could be spoken
        (PLAIN, None, UNDECIDED),
        (PLAIN, "", UNDECIDED),
        (PLAIN, "A017", UNDECIDED),
        (PLAIN, "１０８", UNDECIDED),
    ],
)
def test_own_number(dialogue: str, agent_id: str | None, outcome: Outcome) -> None:
    verdict = judge("GR02", dialogue, agent_id=agent_id)
    assert verdict.outcome is outcome, verdict


@pytest.mark.parametrize(
    ("dialogue", "time", "notices", "outcome"),
    [
        # The first and the last day count whole, by the call's own clock
        (FESTIVE, "2025-10-01T00:00:00+08:00", (NATIONAL,), MET),
        (FESTIVE, "2025-10-08T23:59:59+08:00", (NATIONAL,), MET),
        (FESTIVE, "2025-09-30T23:59:59+08:00", (NATIONAL,), VIOLATED),
        (FESTIVE, "2025-10-09T00:00:00+08:00", (NATIONAL,), VIOLATED),
        (PLAIN, "2025-10-01T00:00:00+08:00", (NATIONAL,), VIOLATED),
        (PLAIN, "2025-09-30T23:59:59+08:00", (NATIONAL,), MET),
        # 23:30 in Urumqi's zone is the next day in Shanghai's: the call's own date decides
        (FESTIVE, "2025-09-30T23:30:00+06:00", (NATIONAL,), VIOLATED),
        (FESTIVE, "2025-10-01T00:30:00+08:00", (NATIONAL,), MET),
        # Overlapping notices: either greeting is right, a third is not
        (FESTIVE, "2025-10-06T10:00:00+08:00", (NATIONAL, AUTUMN), MET),
        (MOON, "2025-10-06T10:00:00+08:00", (AUTUMN, NATIONAL), MET),
        (MOON, "2025-10-05T10:00:00+08:00", (NATIONAL, AUTUMN), VIOLATED),
        (FESTIVE, "2025-05-02T10:00:00+08:00", (LABOUR,), VIOLATED),
        # The right greeting with the everyday brand
        ("国庆节快乐，大龙供暖报修。", "2025-10-02T10:00:00+08:00", (NATIONAL,), VIOLATED),
        # No notice at all
        (PLAIN, "2025-10-02T10:00:00+08:00", (), MET),
        (FESTIVE, "2025-10-02T10:00:00+08:00", (), VIOLATED),
        ("喂，哪位？", "2025-10-02T10:00:00+08:00", (NATIONAL,), Outcome.NOT_APPLICABLE),
        # A festival that the ruleset has no greeting for
        (
            PLAIN,
            "2025-06-01T10:00:00+08:00",
            (Notice("端午节", date(2025, 5, 31), date(2025, 6, 2)),),
            UNDECIDED,
        ),
    ],
)
def test_the_greeting_of_the_day(
    dialogue: str, time: str, notices: tuple[Notice, ...], outcome: Outcome
) -> None:
    assert judge("GR03", dialogue, started_at=at(time), notices=notices).outcome is outcome


def test_a_notice_needs_the_calls_time() -> None:
    verdict = judge("GR03", PLAIN, started_at=None, notices=(NATIONAL,))
    assert (verdict.outcome, verdict.reason) == (UNDECIDED, "metadata_missing")
    assert judge("GR03", PLAIN, started_at=None).outcome is MET


@pytest.mark.parametrize(
    ("dialogue", "rings", "outcome"),
    [
        ("对不起，让您久等了。", 4, MET),
        ("喂，您好，不好意思，让您久等了。", 4, MET),
        ("您好，抱歉。", 4, MET),
        ("对不齐，让您久等了。", 4, MET),
        ("您好，大龙供暖，对不起。", 4, VIOLATED),
        ("您好，大龙供暖报修，让您久等了。", 4, VIOLATED),
        ("您好，大龙供暖报修。", 4, VIOLATED),
        ("您好。\n客户: 你们怎么半天才接电话？\n对不起。", 9, VIOLATED),
        ("您好。", 3, Outcome.NOT_APPLICABLE),
        ("您好。", 0, Outcome.NOT_APPLICABLE),
        ("您好。", None, UNDECIDED),
    ],
)
def test_an_apology_comes_first_or_too_late(
    dialogue: str, rings: int | None, outcome: Outcome
) -> None:
    assert judge("TM02", dialogue, ring_count=rings).outcome is outcome


@pytest.mark.parametrize(
    ("rings", "outcome"), [(0, MET), (3, MET), (4, VIOLATED), (None, UNDECIDED)]
)
def test_rings_need_no_words(rings: int | None, outcome: Outcome) -> None:
    for transcript in (EMPTY, "未知: 您好。", PLAIN):
        assert judge("TM01", transcript, ring_count=rings).outcome is outcome
    outbound = judge("TM01", PLAIN, ring_count=rings, direction=Direction.OUTBOUND)
    assert outbound.outcome is Outcome.NOT_APPLICABLE
