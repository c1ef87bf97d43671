"""Scorecards and summaries in the terminal: what is wrong first, with the words and the second."""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from qa.cli.evidence import evidence, format_time, printable, promise_text, quote
from qa.reports.layout import Fold, Layout, in_sections, lay_out, own_matches
from qa.types import Call, Grade, GroupScore, Outcome, Scorecard, ScoreLine
from qa.wording import DIRECTIONS, grade_name, outcome_name, reason_text

__all__ = [
    "MARKS",
    "AgentSummary",
    "Counted",
    "evidence",
    "format_time",
    "print_agents_summary",
    "print_scorecard",
    "terminal",
]

MARKS = {
    Outcome.MET: ("✓", "green"),
    Outcome.VIOLATED: ("✗", "bold red"),
    Outcome.NOT_APPLICABLE: ("–", "dim"),
    Outcome.UNDECIDED: ("?", "bold yellow"),
}
_WORDS: dict[str, Any] = {
    "zh": {
        "call": "通话",
        "agent": "坐席",
        "total": "总分",
        "score": "得分",
        "all_counted": "全部成立",
        "basis": {"reviewed": "复核", "final": "终评"},
        "critical": "一票否决",
        "rule": "质检项",
        "outcome": "结论",
        "points": "扣分",
        "evidence": "依据",
        "heard": "听到",
        "promise": "承诺",
        "calls": "通话",
        "mean": "平均分",
        "lowest": "最低分",
        "flags": "违规 / 待定",
        "no_flags": "没有违规，也没有待定项",
        "name": "姓名",
        "unknown": "未知",
    },
    "en": {
        "call": "call",
        "agent": "agent",
        "total": "total",
        "score": "score",
        "all_counted": "all confirmed",
        "basis": {"reviewed": "reviewed", "final": "final"},
        "critical": "critical failure",
        "rule": "rule",
        "outcome": "outcome",
        "points": "points",
        "evidence": "evidence",
        "heard": "heard",
        "promise": "promise",
        "calls": "calls",
        "mean": "mean",
        "lowest": "lowest",
        "flags": "violated / undecided",
        "no_flags": "nothing violated, nothing undecided",
        "name": "name",
        "unknown": "unknown",
    },
}


@dataclass(frozen=True, slots=True)
class Counted:
    """The score that counts for a call, 0-100, and whose word it is.

    Attributes:
        basis: `machine` (what may be fined counts nothing before it is confirmed), `reviewed` or
            `final`.
    """

    score: int
    basis: str


def terminal() -> Console:
    """Return the console for results: stdout, 100 columns wide where it is no terminal."""
    wide = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(highlight=False, width=None if wide else 100)


def print_scorecard(
    console: Console,
    scorecard: Scorecard,
    lang: str = "zh",
    *,
    full: bool = False,
    call: Call | None = None,
    counted: Counted | None = None,
) -> None:
    """Print one scorecard.

    Args:
        lang: `zh` or `en`.
        full: every rule with its evidence, section by section; otherwise violated and undecided
            ones, and the rest in a line for each section.
        call: adds agent, direction and start time to the headline, and the ticket beside what was
            said.
        counted: the score that counts for the call in the store; without it the headline shows
            the scorecard's own total.
    """
    console.print(_headline(scorecard, lang, call, counted, console.width))
    layout = lay_out(scorecard)
    shown = in_sections(scorecard.lines, scorecard) if full else layout.flags
    if shown:
        groups = scorecard.groups if full else ()
        console.print(_lines_table(shown, groups, lang, call))
    elif not layout.doubts:
        console.print(Text(f"  {_WORDS[lang]['no_flags']}", style="green"))
    _print_subtotals(console, scorecard, lang)
    if not full:
        _print_folded(console, layout, lang, call)
    console.print()


def _headline(
    scorecard: Scorecard, lang: str, call: Call | None, counted: Counted | None, width: int
) -> Text:
    words = _WORDS[lang]
    title = Text()
    title.append(f"{words['call']} {printable(scorecard.call_id)}", style="bold")
    if call is not None:
        if call.agent_id:
            title.append(f"   {words['agent']} {printable(call.agent_id)}")
        if call.direction:
            title.append(f"   {DIRECTIONS[call.direction].text(lang)}")
        if call.started_at:
            title.append(f"   {call.started_at:%Y-%m-%d %H:%M}")
    title.append_text(_score(scorecard, counted, words))
    if scorecard.critical_failure:
        title.append(f"   {words['critical']}", style="bold white on red")
    for outcome in (Outcome.VIOLATED, Outcome.UNDECIDED):
        count = sum(line.verdict.outcome is outcome for line in scorecard.lines)
        if count:
            mark, style = MARKS[outcome]
            title.append(f"   {mark} {count} {outcome_name(outcome, lang)}", style=style)
    title.append(" " + "─" * (width - title.cell_len - 1), style="dim")
    return title


def _score(scorecard: Scorecard, counted: Counted | None, words: dict[str, Any]) -> Text:
    """Lay out what counts, whose word it is, and the total if everything stood."""
    if counted is None:
        text = Text(f"   {words['total']} ")
        return text.append(str(scorecard.total), style=_total_style(scorecard.total))
    text = Text(f"   {words['score']} ")
    text.append(str(counted.score), style=_total_style(counted.score))
    if counted.basis != "machine":
        text.append(f" {words['basis'][counted.basis]}", style="dim")
    if counted.score != scorecard.total:
        text.append(f" ({words['all_counted']} {scorecard.total})", style="dim")
    return text


def _total_style(total: float) -> str:
    if total >= 90:
        return "bold green"
    return "bold yellow" if total >= 75 else "bold red"


def _lines_table(
    lines: Sequence[ScoreLine], groups: Sequence[GroupScore], lang: str, call: Call | None
) -> Table:
    """Lay out lines with their evidence; each of `groups` gets a heading."""
    words = _WORDS[lang]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column("", width=4, no_wrap=True)
    table.add_column(words["rule"], min_width=10, max_width=20, overflow="fold")
    table.add_column(words["outcome"], no_wrap=True, min_width=8)
    table.add_column(words["points"], justify="right", no_wrap=True)
    table.add_column(words["evidence"], ratio=1, overflow="fold")
    headings = {group.group: group for group in groups}
    for line in lines:
        if group := headings.pop(line.group, None):
            off = Text(f"-{group.deducted}" if group.deducted else "", style="dim")
            table.add_row("", Text(_title(group, lang), style="bold cyan"), "", off, "")
        mark, style = MARKS[line.verdict.outcome]
        title = Text(_title(line, lang))
        if line.critical:
            title.append(" !", style="bold red")
        table.add_row(
            Text(line.rule_id, style="bold"),
            title,
            Text(f"{mark} {outcome_name(line.verdict.outcome, lang)}", style=style),
            _points(line, lang),
            evidence(line.verdict, lang, call),
        )
    return table


def _points(line: ScoreLine, lang: str) -> Text:
    if line.points:
        return Text(f"-{line.points}", style="red")
    return Text(grade_name(line.grade, lang) if line.grade is Grade.HINT else "", style="dim")


def _print_subtotals(console: Console, scorecard: Scorecard, lang: str) -> None:
    groups = [group for group in scorecard.groups if group.deducted]
    if groups:
        text = Text(f"  {_WORDS[lang]['points']} {sum(g.deducted for g in groups)}  ", style="red")
        names = (f"{_title(group, lang)} -{group.deducted}" for group in groups)
        text.append("  ".join(names), style="dim")
        console.print(text)


def _title(titled: ScoreLine | GroupScore, lang: str) -> str:
    return titled.title_en if lang == "en" and titled.title_en else titled.title


def _print_folded(console: Console, layout: Layout, lang: str, call: Call | None) -> None:
    words = _WORDS[lang]
    for fold in layout.doubts:
        _print_count(console, fold, lang, reason_text(fold.lines[0].verdict, lang))
        _print_names(console, [f"{x.rule_id} {_title(x, lang)}" for x in fold.lines])
    for line in layout.news:
        text = Text(f"  ★ {words['heard']}  ", style="bold blue")
        text.append(f"{line.rule_id} {_title(line, lang)}  ")
        console.print(
            text.append(Text("  ").join(quote(m, lang) for m in own_matches(line.verdict)[:2]))
        )
    for promise in layout.promises:
        text = Text(f"  → {words['promise']}  ", style="magenta")
        console.print(text.append(promise_text(promise, lang, call)))
    met = tuple(line for fold in layout.met for line in fold.lines)
    if met:
        _print_count(console, Fold(Outcome.MET, met), lang)
    for fold in layout.met:
        names = [f"{line.rule_id} {_title(line, lang)}" for line in fold.lines]
        _print_names(console, names, _title(fold.group, lang) if fold.group else "")
    if layout.idle:
        _print_count(console, Fold(Outcome.NOT_APPLICABLE, layout.idle), lang)
        _print_names(console, [line.rule_id for line in layout.idle])


def _print_count(console: Console, fold: Fold, lang: str, reason: str = "") -> None:
    mark, style = MARKS[fold.outcome]
    text = Text(f"  {mark} {outcome_name(fold.outcome, lang)} {len(fold.lines)}", style=style)
    console.print(text.append(f"  {reason}" if reason else "", style="default"))


def _print_names(console: Console, names: Sequence[str], heading: str = "") -> None:
    """Print names in as many lines as they need, none of them torn apart."""
    indent = "      "
    line = Text(indent, style="dim")
    if heading:
        line.append(f"{heading}  ", style="cyan")
    for name in names:
        if line.cell_len > len(indent) and line.cell_len + cell_len(name) > console.width:
            console.print(line)
            line = Text(indent, style="dim")
        line.append(f"{name}  ")
    line.rstrip()
    console.print(line)


@dataclass(frozen=True, slots=True)
class AgentSummary:
    """One agent's scorecards in numbers.

    Attributes:
        agent_id: None where the metadata does not say.
        calls: scored calls.
        mean_score: mean of the scores that count, 0–100.
        lowest_score: the worst of them, 0–100.
        violated, undecided: lines over all calls.
        worst_rules: rule ids and how often each was violated, most frequent first.
    """

    agent_id: str | None
    name: str | None
    calls: int
    mean_score: float
    lowest_score: int
    critical_failures: int
    violated: int
    undecided: int
    worst_rules: tuple[tuple[str, int], ...] = ()


def print_agents_summary(
    console: Console, agents: Iterable[AgentSummary], lang: str = "zh"
) -> None:
    """Print one row an agent, the lowest mean first."""
    words = _WORDS[lang]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    table.add_column(words["agent"], no_wrap=True)
    table.add_column(words["name"], no_wrap=True)
    for column in ("calls", "mean", "lowest"):
        table.add_column(words[column], justify="right", no_wrap=True)
    table.add_column(words["flags"], justify="right", no_wrap=True)
    table.add_column(words["critical"], justify="right", no_wrap=True)
    table.add_column(words["rule"], ratio=1)
    for agent in sorted(agents, key=lambda agent: (agent.mean_score, agent.agent_id or "")):
        table.add_row(
            printable(agent.agent_id) if agent.agent_id else Text(words["unknown"], style="dim"),
            printable(agent.name or ""),
            str(agent.calls),
            Text(f"{agent.mean_score:.1f}", style=_total_style(agent.mean_score)),
            str(agent.lowest_score),
            _counts(agent.violated, agent.undecided),
            Text(str(agent.critical_failures), style="bold red") if agent.critical_failures else "",
            "  ".join(f"{rule_id}×{count}" for rule_id, count in agent.worst_rules[:5]),
        )
    console.print(table)


def _counts(violated: int, undecided: int) -> Text:
    text = Text(str(violated), style="red" if violated else "dim")
    text.append(" / ", style="dim")
    text.append(str(undecided), style="yellow" if undecided else "dim")
    return text
