"""Scorecards and summaries in the terminal: what is wrong first, with the words and the second."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from qa.types import (
    Call,
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
from qa.wording import (
    DIRECTIONS,
    grade_name,
    outcome_name,
    reason_text,
    role_name,
    slot_name,
    slot_status_name,
)

MARKS = {
    Outcome.MET: ("✓", "green"),
    Outcome.VIOLATED: ("✗", "bold red"),
    Outcome.NOT_APPLICABLE: ("–", "dim"),
    Outcome.UNDECIDED: ("?", "bold yellow"),
}
_SLOT_MARKS = {
    SlotStatus.SAID: ("✓", "green"),
    SlotStatus.MISSING: ("✗", "red"),
    SlotStatus.WRONG: ("✗", "red"),
    SlotStatus.UNSURE: ("?", "yellow"),
}
_WORDS = {
    "zh": {
        "call": "通话",
        "agent": "坐席",
        "total": "总分",
        "critical": "一票否决",
        "rule": "质检项",
        "outcome": "结论",
        "points": "扣分",
        "evidence": "依据",
        "nearest": "最接近",
        "similarity": "相似",
        "searched": "查找范围",
        "more": "另有 {n} 处",
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
        "critical": "critical failure",
        "rule": "rule",
        "outcome": "outcome",
        "points": "points",
        "evidence": "evidence",
        "nearest": "nearest",
        "similarity": "similarity",
        "searched": "searched",
        "more": "{n} more",
        "calls": "calls",
        "mean": "mean",
        "lowest": "lowest",
        "flags": "violated / undecided",
        "no_flags": "nothing violated, nothing undecided",
        "name": "name",
        "unknown": "unknown",
    },
}
_MAX_QUOTES = 3
_QUOTE_CHARS = 48


def terminal() -> Console:
    """Return the console for results: stdout, 100 columns wide where it is no terminal."""
    wide = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(highlight=False, width=None if wide else 100)


def format_time(ms: int) -> str:
    """Write a time as `mm:ss.s`, cut (not rounded) to a tenth of a second."""
    minutes, tenths = divmod(ms // 100, 600)
    return f"{minutes:02d}:{tenths // 10:02d}.{tenths % 10}"


def print_scorecard(
    console: Console,
    scorecard: Scorecard,
    lang: str = "zh",
    *,
    full: bool = False,
    call: Call | None = None,
) -> None:
    """Print one scorecard.

    Args:
        lang: `zh` or `en`.
        full: show every rule; otherwise violated and undecided ones, the rest in a line each.
        call: adds agent, direction and start time to the headline.
    """
    console.print(_headline(scorecard, lang, call, console.width))
    shown = scorecard.lines if full else scorecard.flags
    if shown:
        console.print(_lines_table(shown, scorecard, lang))
    _print_subtotals(console, scorecard, lang)
    if not full:
        if not shown:
            console.print(Text(f"  {_WORDS[lang]['no_flags']}", style="green"))
        for outcome in (Outcome.MET, Outcome.NOT_APPLICABLE):
            _print_rest(console, scorecard, outcome, lang)
    console.print()


def _headline(scorecard: Scorecard, lang: str, call: Call | None, width: int) -> Text:
    words = _WORDS[lang]
    title = Text()
    title.append(f"{words['call']} {_clean(scorecard.call_id)}", style="bold")
    if call is not None:
        if call.agent_id:
            title.append(f"   {words['agent']} {_clean(call.agent_id)}")
        if call.direction:
            title.append(f"   {DIRECTIONS[call.direction].text(lang)}")
        if call.started_at:
            title.append(f"   {call.started_at:%Y-%m-%d %H:%M}")
    title.append(f"   {words['total']} ")
    title.append(str(scorecard.total), style=_total_style(scorecard.total))
    if scorecard.critical_failure:
        title.append(f"   {words['critical']}", style="bold white on red")
    for outcome in (Outcome.VIOLATED, Outcome.UNDECIDED):
        count = sum(line.verdict.outcome is outcome for line in scorecard.lines)
        if count:
            mark, style = MARKS[outcome]
            title.append(f"   {mark} {count} {outcome_name(outcome, lang)}", style=style)
    title.append(" " + "─" * (width - title.cell_len - 1), style="dim")
    return title


def _total_style(total: float) -> str:
    if total >= 90:
        return "bold green"
    return "bold yellow" if total >= 75 else "bold red"


def _lines_table(lines: Sequence[ScoreLine], scorecard: Scorecard, lang: str) -> Table:
    words = _WORDS[lang]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column("", width=4, no_wrap=True)
    table.add_column(words["rule"], min_width=10, max_width=18)
    table.add_column(words["outcome"], no_wrap=True, min_width=8)
    table.add_column(words["points"], justify="right", no_wrap=True)
    table.add_column(words["evidence"], ratio=1, overflow="fold")
    order = {group.group: index for index, group in enumerate(scorecard.groups)}
    for line in sorted(lines, key=lambda line: order.get(line.group, len(order))):
        mark, style = MARKS[line.verdict.outcome]
        title = Text(_title(line, lang))
        if line.critical:
            title.append(" !", style="bold red")
        table.add_row(
            Text(line.rule_id, style="bold"),
            title,
            Text(f"{mark} {outcome_name(line.verdict.outcome, lang)}", style=style),
            _points(line, lang),
            evidence(line.verdict, lang),
        )
    return table


def _points(line: ScoreLine, lang: str) -> Text:
    if line.points:
        return Text(f"-{line.points}", style="red")
    return Text(grade_name(line.grade, lang) if line.grade is Grade.HINT else "", style="dim")


def evidence(verdict: Verdict, lang: str = "zh") -> Text:
    """Lay out a verdict's evidence: reason, quotes with times, slots, and the nearest misses."""
    words = _WORDS[lang]
    parts = [Text(reason_text(verdict, lang))]
    parts += [_quote(match, lang) for match in verdict.matches[:_MAX_QUOTES]]
    if len(verdict.matches) > _MAX_QUOTES:
        more = words["more"].format(n=len(verdict.matches) - _MAX_QUOTES)
        parts.append(Text(more, style="dim"))
    if any(slot.status is not SlotStatus.SAID for slot in verdict.slots):
        parts.append(_slots(verdict.slots, lang))
    for slot in verdict.slots:
        if slot.status is not SlotStatus.SAID and slot.nearest is not None:
            parts.append(_nearest(slot.nearest, lang, slot_name(slot.name, lang)))
    if verdict.outcome in (Outcome.VIOLATED, Outcome.UNDECIDED):
        if verdict.nearest is not None:
            parts.append(_nearest(verdict.nearest, lang))
        if verdict.searched is not None and not verdict.matches:
            span = f"{words['searched']} {_format_span(verdict.searched)}"
            parts.append(Text(span, style="dim"))
    return Text("\n").join(parts)


def _quote(match: Match, lang: str) -> Text:
    text = Text(format_time(match.span.start_ms), style="cyan")
    if match.role is not Role.AGENT:  # the rules are about the agent: only others need a name
        text.append(f" {role_name(match.role, lang)}", style="dim")
    text.append(_quoted(match.quote), style="default")
    return text


def _nearest(match: Match, lang: str, what: str = "") -> Text:
    words = _WORDS[lang]
    colon = ": " if lang == "en" else "："
    text = Text(f"{what + ' ' if what else ''}{words['nearest']}{colon}", style="dim")
    text.append(format_time(match.span.start_ms), style="cyan dim")
    text.append(_quoted(match.quote))
    text.append(f" {words['similarity']} {match.similarity:.0%}")
    return text


def _slots(slots: Iterable[SlotVerdict], lang: str) -> Text:
    text = Text()
    for slot in slots:
        mark, style = _SLOT_MARKS[slot.status]
        text.append(("  " if text else "") + mark + slot_name(slot.name, lang), style=style)
        if slot.status is SlotStatus.UNSURE:
            text.append(f"({slot_status_name(slot.status, lang)})", style="dim")
    return text


def _quoted(quote: str) -> str:
    words = _clean(quote)
    if len(words) > _QUOTE_CHARS:
        words = words[: _QUOTE_CHARS - 1] + "…"
    return f"「{words}」"


def _format_span(span: Span) -> str:
    return f"{format_time(span.start_ms)}–{format_time(span.end_ms)}"


def _clean(text: str) -> str:
    """Drop what could steer a terminal: ids and quotes come from outside."""
    return "".join(character for character in text if character.isprintable())


def _print_subtotals(console: Console, scorecard: Scorecard, lang: str) -> None:
    groups = [group for group in scorecard.groups if group.deducted]
    if groups:
        text = Text(f"  {_WORDS[lang]['points']} {sum(g.deducted for g in groups)}  ", style="red")
        names = (f"{_title(group, lang)} -{group.deducted}" for group in groups)
        text.append("  ".join(names), style="dim")
        console.print(text)


def _title(titled: ScoreLine | GroupScore, lang: str) -> str:
    return titled.title_en if lang == "en" and titled.title_en else titled.title


def _print_rest(console: Console, scorecard: Scorecard, outcome: Outcome, lang: str) -> None:
    lines = [line for line in scorecard.lines if line.verdict.outcome is outcome]
    if not lines:
        return
    mark, style = MARKS[outcome]
    text = Text(f"  {mark} {outcome_name(outcome, lang)} {len(lines)}  ", style=style)
    text.append("  ".join(f"{line.rule_id} {_title(line, lang)}" for line in lines), style="dim")
    console.print(text)


@dataclass(frozen=True, slots=True)
class AgentSummary:
    """One agent's scorecards in numbers.

    Attributes:
        agent_id: None where the metadata does not say.
        calls: scored calls.
        mean_total: mean of the totals, 0–100.
        lowest_total: the worst total, 0–100.
        violated, undecided: lines over all calls.
        worst_rules: rule ids and how often each was violated, most frequent first.
    """

    agent_id: str | None
    name: str | None
    calls: int
    mean_total: float
    lowest_total: int
    critical_failures: int
    violated: int
    undecided: int
    worst_rules: tuple[tuple[str, int], ...] = ()


def summarise_agent(
    agent_id: str | None, name: str | None, scorecards: Sequence[Scorecard]
) -> AgentSummary:
    """Sum up one agent's scorecards.

    Args:
        scorecards: at least one, each of a different call.

    Raises:
        ValueError: there is no scorecard.
    """
    if not scorecards:
        raise ValueError("an agent without scorecards has no summary")
    totals = [scorecard.total for scorecard in scorecards]
    flags = [line for scorecard in scorecards for line in scorecard.flags]
    violated = Counter(f.rule_id for f in flags if f.verdict.outcome is Outcome.VIOLATED)
    return AgentSummary(
        agent_id=agent_id,
        name=name,
        calls=len(scorecards),
        mean_total=sum(totals) / len(totals),
        lowest_total=min(totals),
        critical_failures=sum(scorecard.critical_failure for scorecard in scorecards),
        violated=violated.total(),
        undecided=len(flags) - violated.total(),
        worst_rules=tuple(sorted(violated.items(), key=lambda item: (-item[1], item[0]))),
    )


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
    for agent in sorted(agents, key=lambda agent: (agent.mean_total, agent.agent_id or "")):
        table.add_row(
            _clean(agent.agent_id) if agent.agent_id else Text(words["unknown"], style="dim"),
            _clean(agent.name or ""),
            str(agent.calls),
            Text(f"{agent.mean_total:.1f}", style=_total_style(agent.mean_total)),
            str(agent.lowest_total),
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
