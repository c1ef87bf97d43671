"""The page that a head reads before a draft ruleset is published: one file, no script, no network.

Chinese first; the switch at the top turns it into English. It quotes calls, so it belongs to those
who may listen to them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from importlib.resources import files

from qa.reports.what_if import CallDiff, Count, Example, RuleTally, Side, WhatIf
from qa.types import Outcome
from qa.wording import GRADES, OUTCOMES

_EXAMPLES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class PageHead:
    """What the page says of itself.

    Attributes:
        source: the draft's file, for people.
        made_at: aware time in the call centre's zone.
        since: only calls from then on; None for all.
        agents: names of agents by number.
    """

    title: str
    title_en: str
    ruleset_id: str
    version: int
    ruleset_hash: str
    source: str
    made_at: datetime
    since: datetime | None
    agents: Mapping[str, str]


def what_if_page(head: PageHead, result: WhatIf) -> str:
    """Lay out the comparison as one HTML document."""
    style = files("qa.reports").joinpath("what_if.css").read_text("utf-8")
    parts = [
        "<!doctype html>",
        '<html lang="zh-CN"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>规则试算 · {escape(head.title)}</title>",
        f"<style>{style}</style></head><body>",
        '<input type="checkbox" id="en"><label for="en" class="switch"></label>',
        "<main>",
        *_top(head, result),
        *_cards(result),
        *_notes(result),
        *_rules(result),
        *_agents(head, result),
        *_calls(head, result),
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _both(zh: str, en: str) -> str:
    """Write a text in both languages; the switch shows one."""
    return f'<span class="zh">{escape(zh)}</span><span class="en" lang="en">{escape(en)}</span>'


def _top(head: PageHead, result: WhatIf) -> Iterator[str]:
    yield f"<h1>{_both('规则试算', 'What if')}：{_both(head.title, head.title_en)}"
    yield f"<small>{escape(head.ruleset_id)} v{head.version}</small></h1>"
    compared = _both(
        f"按新规则重新评判了 {result.calls:,} 通已评分的通话，与现在公布的结果比较。"
        "这是试算：没有公布任何结果，任何分数都没有改变。",
        f"{result.calls:,} calls that have a published result were judged again by the draft and "
        "compared. This is a trial: nothing was published and no score has changed.",
    )
    yield f'<p class="lead">{compared}</p>'
    since = f" · {head.since:%Y-%m-%d} →" if head.since else ""
    yield (
        f'<p class="quiet">{head.made_at:%Y-%m-%d %H:%M}{since} · {escape(head.source)} · '
        f"{head.ruleset_hash[:12]}</p>"
    )


def _cards(result: WhatIf) -> Iterator[str]:
    before, after, calls = result.before, result.after, result.calls
    yield '<div class="cards">'
    share = f"{result.changed / calls:.1%}" if calls else "–"
    yield _card(_both("结果有变化的通话", "calls that change"), f"{result.changed:,}", share)
    yield _change_card(_both("平均分", "mean total"), *_means(before, after, calls), good=1)
    yield _change_card(_both("扣分合计", "points taken off"), before.points, after.points)
    yield _change_card(_both("可罚款的违规", "violations that may be fined"), *_fines(result))
    yield _change_card(_both("违规", "violations"), before.violated, after.violated)
    yield _change_card(_both("待定", "undecided"), before.undecided, after.undecided)
    yield "</div>"


def _means(before: Count, after: Count, calls: int) -> tuple[float, float]:
    return before.totals / max(calls, 1), after.totals / max(calls, 1)


def _fines(result: WhatIf) -> tuple[int, int]:
    return result.before.fines, result.after.fines


def _card(name: str, value: str, below: str) -> str:
    return f'<div class="card"><p>{name}</p><b>{value}</b><small>{below}</small></div>'


def _change_card(name: str, before: float, after: float, *, good: int = -1) -> str:
    below = f"{_both('原', 'was')} {_number(before)} · {_delta(before, after, good)}"
    return _card(name, _number(after), below)


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.1f}"


def _delta(before: float, after: float, good: int = -1) -> str:
    """Write a difference with its sign; better is green, worse is red."""
    change = after - before
    shown = f"{change:+,}" if isinstance(change, int) else f"{change:+.1f}"
    if not change or shown in ("+0.0", "-0.0"):
        return '<span class="same">±0</span>'
    css = "better" if (change > 0) == (good > 0) else "worse"
    return f'<span class="{css}">{shown.replace("-", "−")}</span>'


def _notes(result: WhatIf) -> Iterator[str]:
    notes = []
    if result.without_card:
        zh = f"另有 {result.without_card:,} 通通话还没有公布的结果，无从比较。"
        en = f"{result.without_card:,} more calls have no published result to compare with."
        notes.append(_both(zh, en))
    if result.outdated:
        zh = (
            f"其中 {result.outdated:,} 通通话现在公布的结果不是按现行规则评的，"
            "变化里也含有现行规则带来的部分。"
        )
        en = (
            f"The published results of {result.outdated:,} of them are not of the rules now in "
            "force; part of the change is due to those."
        )
        notes.append(_both(zh, en))
    if result.open_questions:
        zh = (
            f"{result.open_calls:,} 通通话还有 {result.open_questions:,} 个问题要听录音才能回答，"
            "现在算作待定；先运行 qa hear --ruleset 可以减少。"
        )
        en = (
            f"{result.open_questions:,} questions on {result.open_calls:,} calls need the "
            "recording and count as undecided; qa hear --ruleset answers them first."
        )
        notes.append(_both(zh, en))
    for rule_id, count in sorted(result.broken.items()):
        zh = f"{rule_id} 的检查在 {count:,} 通通话上出错，算作待定。"
        notes.append(_both(zh, f"The check of {rule_id} broke on {count:,} calls: undecided."))
    if notes:
        yield '<ul class="notes">' + "".join(f"<li>{note}</li>" for note in notes) + "</ul>"


def _rules(result: WhatIf) -> Iterator[str]:
    yield f"<h2>{_both('按规则', 'By rule')}</h2>"
    changed = result.changed_rules()
    if not changed:
        yield f"<p>{_both('没有规则的结果会变。', 'No rule would find anything else.')}</p>"
        return
    yield '<div class="scroll"><table class="rules"><thead><tr>'
    yield _heads(
        (_both("规则", "rule"), ""),
        (_both("等级", "grade"), ""),
        (_both("违规", "violated"), "num"),
        (_both("待定", "undecided"), "num"),
        (_both("扣分", "points"), "num"),
        (_both("可罚款", "fines"), "num"),
        (_both("变化的通话", "calls that change"), "num"),
    )
    yield "</tr></thead>"
    for rule_id, rule in changed:
        yield from _rule(rule_id, rule)
    yield "</table></div>"


def _rule(rule_id: str, rule: RuleTally) -> Iterator[str]:
    grade = GRADES[rule.grade]
    yield "<tbody><tr>"
    yield f"<th><b>{escape(rule_id)}</b> {_both(rule.title, rule.title_en)}</th>"
    yield f'<td class="{rule.grade.value}">{_both(grade.zh, grade.en)}</td>'
    for outcome in (Outcome.VIOLATED, Outcome.UNDECIDED):
        yield _change_cell(rule.before[outcome.value], rule.after[outcome.value])
    yield _change_cell(*rule.points)
    yield _change_cell(*rule.fines)
    yield f'<td class="num">{rule.changed:,}</td></tr>'
    examples = rule.chosen(_EXAMPLES_SHOWN)
    if examples:
        yield '<tr class="more"><td colspan="7"><details><summary>'
        yield f"{_both('举例', 'examples')}</summary>"
        yield "".join(_example(example) for example in examples)
        yield "</details></td></tr>"
    yield "</tbody>"


def _example(example: Example) -> str:
    place = escape(example.call_id)
    if example.agent_id:
        place += f" · {escape(example.agent_id)}"
    if example.started_at:
        place += f" · {example.started_at:%Y-%m-%d %H:%M}"
    before, after = example.line.before, example.line.after
    return (
        f'<div class="example"><p class="quiet">{place}</p>'
        f"<p>{_outcome(before)} → {_outcome(after)}</p>{_findings(before, after)}</div>"
    )


def _outcome(side: Side) -> str:
    if not side.outcome:
        return f'<i class="na">{_both("不评", "not judged")}</i>'
    wording = OUTCOMES[Outcome(side.outcome)]
    points = f" −{side.points}" if side.points else ""
    return f'<i class="{side.outcome.lower()}">{_both(wording.zh, wording.en)}{points}</i>'


def _findings(before: Side, after: Side) -> str:
    """Show what was found before and after; once, where only the points differ."""
    first, second = _found(before), _found(after)
    return second if first == second else first + second


def _found(side: Side) -> str:
    if not side.reason:
        return ""
    quote = ""
    if side.quote:
        at = f"<time>{_clock(side.start_ms)}</time> " if side.start_ms is not None else ""
        quote = f"<q>{at}{escape(side.quote)}</q>"
    return f"<p>{_both(side.reason, side.reason_en)} {quote}</p>"


def _clock(ms: int) -> str:
    minutes, seconds = divmod(ms // 1000, 60)
    return f"{minutes:02d}:{seconds:02d}"


def _agents(head: PageHead, result: WhatIf) -> Iterator[str]:
    moved = [
        (agent_id, tally)
        for agent_id, tally in sorted(result.agents.items())
        if tally.before != tally.after
    ]
    if not moved:
        return
    yield f"<h2>{_both('按坐席', 'By agent')}</h2>"
    yield '<div class="scroll"><table><thead><tr>'
    yield _heads(
        (_both("坐席", "agent"), ""),
        (_both("通话", "calls"), "num"),
        (_both("平均分", "mean total"), "num"),
        (_both("扣分", "points"), "num"),
        (_both("可罚款", "fines"), "num"),
        (_both("违规", "violated"), "num"),
        (_both("待定", "undecided"), "num"),
    )
    yield "</tr></thead><tbody>"
    moved.sort(key=lambda item: item[1].before.points - item[1].after.points)
    for agent_id, tally in moved:
        before, after = tally.before, tally.after
        name = head.agents.get(agent_id, "")
        shown = (
            f"<b>{escape(agent_id)}</b> {escape(name)}" if agent_id else _both("未知", "unknown")
        )
        yield f'<tr><th>{shown}</th><td class="num">{tally.calls:,}</td>'
        yield _change_cell(*_means(before, after, tally.calls), good=1)
        yield _change_cell(before.points, after.points)
        yield _change_cell(before.fines, after.fines)
        yield _change_cell(before.violated, after.violated)
        yield _change_cell(before.undecided, after.undecided) + "</tr>"
    yield "</tbody></table></div>"


def _calls(head: PageHead, result: WhatIf) -> Iterator[str]:
    diffs = result.biggest_calls()
    if not diffs:
        return
    yield f"<h2>{_both('按通话', 'By call')}</h2>"
    if result.changed > len(diffs):
        zh = f"分数变化最大的 {len(diffs)} 通；全部 {result.changed:,} 通在 CSV 表里。"
        en = f"The {len(diffs)} whose total changes most; the CSV holds all {result.changed:,}."
        yield f'<p class="quiet">{_both(zh, en)}</p>'
    yield '<div class="scroll"><table class="calls"><thead><tr>'
    yield _heads(
        (_both("通话", "call"), ""),
        (_both("坐席", "agent"), ""),
        (_both("时间", "time"), ""),
        (_both("总分", "total"), "num"),
        (_both("变化", "changes"), ""),
    )
    yield "</tr></thead><tbody>"
    for diff in diffs:
        yield _call(head, diff)
    yield "</tbody></table></div>"


def _call(head: PageHead, diff: CallDiff) -> str:
    started = f"{diff.started_at:%Y-%m-%d %H:%M}" if diff.started_at else ""
    agent = " ".join(filter(None, (diff.agent_id, head.agents.get(diff.agent_id or ""))))
    lines = "".join(
        f"<li><b>{escape(line.rule_id)}</b> {_outcome(line.before)} → {_outcome(line.after)}</li>"
        for line in diff.lines
    )
    return (
        f"<tr><th>{escape(diff.call_id)}</th><td>{escape(agent)}</td><td>{started}</td>"
        f"{_change_cell(diff.before, diff.after, good=1)}<td><ul>{lines}</ul></td></tr>"
    )


def _heads(*columns: tuple[str, str]) -> str:
    return "".join(f'<th class="{css}">{name}</th>' for name, css in columns)


def _change_cell(before: float, after: float, *, good: int = -1) -> str:
    if _number(before) == _number(after):
        return f'<td class="num same">{_number(after)}</td>'
    shown = f"{_number(before)} → <b>{_number(after)}</b> {_delta(before, after, good)}"
    return f'<td class="num">{shown}</td>'
