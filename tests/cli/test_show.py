"""Scorecards in the terminal."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from rich.console import Console

from qa.cli.show import (
    AgentSummary,
    Counted,
    format_time,
    print_agents_summary,
    print_scorecard,
)
from qa.scoring.ruleset import bundled_rulesets, load_ruleset
from qa.scoring.scorecard import score_call
from qa.types import (
    Call,
    Direction,
    Grade,
    GroupScore,
    Match,
    Outcome,
    Promise,
    Question,
    Role,
    Scorecard,
    ScoreLine,
    SlotStatus,
    SlotVerdict,
    Span,
    Ticket,
    Verdict,
)


def heard(start_ms: int, quote: str, expected: str, similarity: float = 0.62) -> Match:
    return Match(0, Role.AGENT, Span(start_ms, start_ms + 900), quote, expected, similarity)


def line(rule_id: str, verdict: Verdict, points: int = 0, *, critical: bool = False) -> ScoreLine:
    return ScoreLine(
        rule_id,
        f"规则{rule_id}",
        "timing",
        Grade.SCORE,
        critical,
        verdict,
        points,
        f"Rule {rule_id}",
    )


GREETING = Verdict(
    Outcome.VIOLATED,
    "slots_missing",
    (("slots", "agent_no"),),
    matches=(heard(400, "您好大龙供暖报修", "您好", 0.97),),
    searched=Span(0, 15_000),
    slots=(
        SlotVerdict("greeting", SlotStatus.SAID, heard(400, "您好大龙供暖报修", "您好", 0.97)),
        SlotVerdict("agent_no", SlotStatus.MISSING, None, heard(3_050, "要零吧", "108")),
    ),
)
APOLOGY = Verdict(
    Outcome.VIOLATED,
    "apology_missing",
    searched=Span(0, 9_000),
    nearest=heard(1_000, "对不对", "对不起"),
)
LINES = (
    line("TM02", APOLOGY, 5),
    line("GR01", GREETING, 10),
    line("FP03", Verdict(Outcome.UNDECIDED, "phrase_unsure", (("phrase", "不知道"),))),
    line("FP01", Verdict(Outcome.MET, "phrase_absent"), critical=True),
    line("GR03", Verdict(Outcome.NOT_APPLICABLE, "greeting_not_heard")),
)


def card(
    lines: tuple[ScoreLine, ...] = LINES, total: int = 85, *, critical: bool = False
) -> Scorecard:
    deducted = sum(each.points for each in lines)
    groups = (GroupScore("timing", "时效", deducted, 2, 1, "Timing"),)
    return Scorecard("dev-001", "r:e", "c", "set", "h", total, critical, groups, lines)


def shown(scorecard: Scorecard, lang: str = "zh", *, width: int = 100, full: bool = False,
          call: Call | None = None) -> str:  # fmt: skip
    file = io.StringIO()
    console = Console(file=file, width=width, highlight=False)
    print_scorecard(console, scorecard, lang, full=full, call=call)
    text = file.getvalue()
    assert all(cell_len(row) <= width for row in text.splitlines())
    return text


def test_flags_come_with_their_evidence() -> None:
    text = shown(card())
    for part in (
        "dev-001",
        "总分 85",
        "✗ 2 违规",
        "? 1 待定",
        "没有说：工号",
        "✓问候 00:00.4「您好大龙供暖报修」",
        "✗工号 最接近：00:03.0「要零吧」 相似 62%",
        "查找范围 00:00.0–00:09.0",
        "最接近：00:01.0「对不对」",
        "-10",
        "扣分 15",
        "时效 -15",
    ):
        assert part in text
    assert "没有发现服务忌语" not in text  # met: one line for all of them
    assert "✓ 合格 1\n      时效  FP01 规则FP01\n" in text
    assert "– 不适用 1\n      GR03\n" in text


START = datetime(2025, 11, 18, 9, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
DUE = datetime(2025, 11, 18, 9, 0, tzinfo=UTC)
TICKET = Ticket("T1", name="林芳", address="幸福里3号楼2单元501室", phone="13900000456")


def test_the_ticket_stands_beside_what_was_said() -> None:
    said = heard(8_000, "幸福里三号楼二单元五零二", "幸福里3号楼2单元501室")
    room = SlotVerdict("room", SlotStatus.WRONG, None, said)
    differs = Verdict(
        Outcome.VIOLATED,
        "ticket_differs",
        (("detail", "address"), ("parts", "room")),
        (said,),
        slots=(SlotVerdict("building", SlotStatus.SAID, said), room),
    )
    missing = Verdict(
        Outcome.VIOLATED,
        "readback_missing",
        (("detail", "phone"),),
        slots=(SlotVerdict("phone", SlotStatus.MISSING),),
    )
    text = shown(
        card((line("TK01", differs), line("RB04", missing))), call=Call("c", ticket=TICKET)
    )
    assert "不一致：房号" in text
    assert text.index("00:08.0「幸福里三号楼二单元五零二」") < text.index("工单地址「幸福里3号楼")
    assert "✓楼号  ✗房号(不一致)" in text
    assert "工单电话「13900000456」" in text and "✗电话" not in text
    assert "工单" not in shown(card((line("RB04", missing),)), call=Call("c"))


def test_promises_show_until_when() -> None:
    said = heard(20_200, "下午五点以前保证修好", "保证…修好")
    broken = Verdict(Outcome.VIOLATED, "promise_heard", (), (said,), promises=(Promise(said, DUE),))
    call = Call("c", started_at=START)
    assert "→ 期限 11-18 17:00" in shown(card((line("IP01", broken, 20),)), call=call)
    allowed = Verdict(Outcome.MET, "promise_absent", promises=(Promise(said, DUE), Promise(said)))
    text = shown(card((line("IP01", allowed),)), call=call)
    assert "→ 承诺  00:20.2「下午五点以前保证修好」 期限 11-18 17:00" in text
    assert "「下午五点以前保证修好」 期限不明" in text
    assert "✓ 合格 1" in text and "IP01" in text


def test_what_was_heard_is_news_and_no_merit() -> None:
    said = replace(heard(9_000, "上次来的师傅真不错", "师傅…不错"), role=Role.CUSTOMER)
    praise = Verdict(Outcome.MET, "mention_heard", (("phrase", said.quote),), (said,))
    text = shown(card((line("EV05", praise),), 100))
    assert "★ 听到  EV05 规则EV05  00:09.0 客户「上次来的师傅真不错」" in text
    assert "合格" not in text


def test_doubts_for_one_reason_share_a_line_and_are_all_named() -> None:
    doubt = Verdict(Outcome.UNDECIDED, "role_unknown")
    lines = tuple(line(f"FP0{n}", doubt) for n in range(1, 6))
    text = shown(card(lines, 100))
    assert text.count("不能确定说话人") == 1 and "? 待定 5  不能确定说话人" in text
    assert all(f"FP0{n} 规则FP0{n}" in text for n in range(1, 6))
    assert shown(card(lines, 100), full=True).count("不能确定说话人") == 5


def test_an_open_question_says_who_can_answer_it() -> None:
    ask = Question(0, Span(0, 900), ("再见",))
    doubt = Verdict(Outcome.UNDECIDED, "slots_unsure", (("slots", "bye"),), questions=(ask,))
    assert "可由录音作答：qa hear" in shown(card((line("CL01", doubt),)))
    assert "the recording can tell: qa hear" in shown(card((line("CL01", doubt),)), "en")
    met = replace(doubt, outcome=Outcome.MET, reason="slots_all_said")
    assert "qa hear" not in shown(card((line("CL01", met),)), full=True)


@pytest.mark.parametrize("ruleset", bundled_rulesets())
def test_every_example_of_every_rule_can_be_shown(ruleset: str) -> None:
    """No slot, answer or detail is shown as a bare code, and everything fits the terminal."""
    rules = load_ruleset(ruleset)
    for rule in rules.rules:
        for example in rule.examples:
            judged = replace(rules, rules=(rule.judging(example),))
            text = shown(score_call(example.transcript, example.call, judged), full=True)
            said = re.sub(r"「[^」]*」", "", text.split("依据")[1])
            heard_words = re.sub(r"[^a-z]", "", example.dialogue.lower())
            codes = {c for c in re.findall(r"[a-z_]{4,}", said) if c not in heard_words}
            codes -= {"hear"}
            assert not codes, (rule.rule_id, codes)


def test_full_shows_every_rule() -> None:
    text = shown(card(), full=True)
    assert "没有发现服务忌语" in text and "没有说开头语" in text


def test_english() -> None:
    text = shown(card(), "en", full=True)
    for part in ("total 85", "not said: own number", "Rule GR01", "2 violated", "nearest: "):
        assert part in text


def test_the_headline_tells_of_the_call() -> None:
    start = datetime(2025, 11, 18, 9, 12, tzinfo=UTC)
    call = Call("dev-001", started_at=start, agent_id="108", direction=Direction.INBOUND)
    head = shown(card(total=0, critical=True), call=call).splitlines()[0]
    for part in ("坐席 108", "呼入", "2025-11-18 09:12", "总分 0", "一票否决"):
        assert part in head


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        (Counted(85, "machine"), "得分 85   "),
        (Counted(95, "machine"), "得分 95 (全部成立 85)"),
        (Counted(100, "final"), "得分 100 终评 (全部成立 85)"),
    ],
)
def test_the_headline_shows_what_counts(counted: Counted, expected: str) -> None:
    file = io.StringIO()
    print_scorecard(Console(file=file, width=100, highlight=False), card(), counted=counted)
    headline = file.getvalue().splitlines()[0]
    assert expected in headline
    assert "总分" not in headline


def test_a_clean_call_says_so() -> None:
    assert "没有违规，也没有待定项" in shown(card(LINES[3:], 100))


@pytest.mark.parametrize("width", [60, 80, 100, 160])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_fits_the_terminal(width: int, lang: str) -> None:
    text = shown(card(), lang, width=width, full=True)
    assert "00:03.0" in text


def test_quotes_cannot_steer_the_terminal_or_the_markup() -> None:
    quote = "[bold]您\x1b[2J好\x07[/bold]"
    verdict = Verdict(Outcome.VIOLATED, "no_such_code", matches=(heard(0, quote, "x"),))
    text = shown(card((line("FP01", verdict, 5),)))
    assert "\x1b" not in text and "\x07" not in text
    assert "[bold]您[2J好[/bold]" in text


@pytest.mark.parametrize(
    ("ms", "expected"),
    [(0, "00:00.0"), (59_999, "00:59.9"), (60_000, "01:00.0"), (3_723_456, "62:03.4")],
)
def test_times(ms: int, expected: str) -> None:
    assert format_time(ms) == expected


def test_agents_summary() -> None:
    good = AgentSummary("109", "李明", 1, 100.0, 100, 0, 0, 1)
    bad = AgentSummary("108", "王丽", 2, 42.5, 0, 1, 4, 2, (("GR01", 2), ("TM02", 2)))
    file = io.StringIO()
    print_agents_summary(Console(file=file, width=100), [good, bad])
    rows = [row for row in file.getvalue().splitlines() if "王丽" in row or "李明" in row]
    assert "王丽" in rows[0] and "42.5" in rows[0] and "GR01×2" in rows[0]
    assert "李明" in rows[1] and "100.0" in rows[1]
