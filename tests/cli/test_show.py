"""Scorecards in the terminal."""

import io
from datetime import UTC, datetime

import pytest
from rich.cells import cell_len
from rich.console import Console

from qa.cli.show import (
    format_time,
    print_agents_summary,
    print_scorecard,
    summarise_agent,
)
from qa.types import (
    Call,
    Direction,
    Grade,
    GroupScore,
    Match,
    Outcome,
    Role,
    Scorecard,
    ScoreLine,
    SlotStatus,
    SlotVerdict,
    Span,
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
        SlotVerdict("greeting", SlotStatus.SAID),
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
        "00:00.4「您好大龙供暖报修」",
        "✓问候",
        "✗工号",
        "工号 最接近：00:03.0「要零吧」 相似 62%",
        "查找范围 00:00.0–00:09.0",
        "最接近：00:01.0「对不对」",
        "-10",
        "扣分 15",
        "时效 -15",
    ):
        assert part in text
    assert "没有发现服务忌语" not in text  # met: one line for all of them
    assert "✓ 合格 1  FP01 规则FP01" in text
    assert "– 不适用 1  GR03 规则GR03" in text


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
    good = summarise_agent("109", "李明", [card(LINES[3:], 100)])
    bad = summarise_agent("108", "王丽", [card(), card(total=0, critical=True)])
    assert (bad.calls, bad.mean_total, bad.lowest_total, bad.critical_failures) == (2, 42.5, 0, 1)
    assert (bad.violated, bad.undecided) == (4, 2)
    assert bad.worst_rules == (("GR01", 2), ("TM02", 2))
    file = io.StringIO()
    print_agents_summary(Console(file=file, width=100), [good, bad])
    rows = [row for row in file.getvalue().splitlines() if "王丽" in row or "李明" in row]
    assert "王丽" in rows[0] and "42.5" in rows[0] and "GR01×2" in rows[0]
    assert "李明" in rows[1] and "100.0" in rows[1]
    with pytest.raises(ValueError, match="without scorecards"):
        summarise_agent("1", None, [])
