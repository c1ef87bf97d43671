"""`qa rescore --what-if`: what a draft ruleset would change, on the terminal, as tables, as a page.

Quotes go to the terminal and into the files that were asked for, and nowhere else.
"""

import csv
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from qa.cli.export import open_output, safe_cell
from qa.cli.shared import clean
from qa.errors import ConfigError
from qa.types import Outcome

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from qa.batch.what_if import Trial
    from qa.reports.what_if import CallDiff, Example, LineDiff, Side, WhatIf
    from qa.reports.what_if_page import PageHead

_MAX_CALLS = 20
_MAX_EXAMPLES = 3
_OUTCOMES = (Outcome.VIOLATED, Outcome.UNDECIDED)
RULE_FIELDS = (
    *("rule_id", "title", "title_en", "grade", "changed_calls", "violated_before"),
    *("violated_after", "undecided_before", "undecided_after", "points_before", "points_after"),
    *("fines_before", "fines_after"),
)
AGENT_FIELDS = (
    *("agent_id", "name", "calls", "mean_before", "mean_after", "points_before", "points_after"),
    *("fines_before", "fines_after", "violated_before", "violated_after"),
    *("undecided_before", "undecided_after"),
)
CALL_FIELDS = ("call_id", "agent_id", "started_at", "total_before", "total_after", "rules")
LINE_FIELDS = (
    *("call_id", "agent_id", "started_at", "rule_id", "outcome_before", "outcome_after"),
    *("points_before", "points_after", "reason_before", "reason_after"),
    *("start_ms_before", "quote_before", "start_ms_after", "quote_after"),
)


class CsvFolder:
    """Four tables in a folder: rules, agents, calls, lines; each appears when it is whole.

    Args:
        folder: made where it is missing.

    Raises:
        ConfigError: it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()

    def __enter__(self) -> "CsvFolder":
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{self._folder} cannot be made: {error.strerror}") from error
        self._calls = self._table("calls", CALL_FIELDS)
        self._lines = self._table("lines", LINE_FIELDS)
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def add(self, diff: "CallDiff") -> None:
        """Write one call and its lines."""
        started = diff.started_at.isoformat() if diff.started_at else None
        rules = " ".join(line.rule_id for line in diff.lines)
        who = (diff.call_id, diff.agent_id, started)
        self._row(self._calls, (*who, diff.before, diff.after, rules))
        for line in diff.lines:
            self._row(self._lines, (*who, *_line_cells(line)))

    def finish(self, result: "WhatIf", names: Mapping[str, str]) -> None:
        """Write the sums by rule and by agent."""
        rules = self._table("rules", RULE_FIELDS)
        for row in _rule_rows(result):
            self._row(rules, row)
        agents = self._table("agents", AGENT_FIELDS)
        for row in _agent_rows(result, names):
            self._row(agents, row)

    def _table(self, name: str, fields: tuple[str, ...]) -> Any:
        # With a byte order mark, so that Excel reads it as UTF-8.
        stream: TextIO = self._stack.enter_context(
            open_output(self._folder / f"{name}.csv", "utf-8-sig")
        )
        writer = csv.writer(stream)
        writer.writerow(fields)
        return writer

    def _row(self, writer: Any, cells: tuple[Any, ...]) -> None:
        writer.writerow([safe_cell(cell) for cell in cells])


def _line_cells(line: "LineDiff") -> tuple[Any, ...]:
    before, after = line.before, line.after
    return (
        *(line.rule_id, before.outcome, after.outcome, before.points, after.points),
        *(before.reason, after.reason),
        *(before.start_ms, before.quote, after.start_ms, after.quote),
    )


def _rule_rows(result: "WhatIf") -> Iterator[tuple[Any, ...]]:
    for rule_id, rule in sorted(result.rules.items()):
        counts = [
            side[outcome.value] for outcome in _OUTCOMES for side in (rule.before, rule.after)
        ]
        head = (rule_id, rule.title, rule.title_en, rule.grade.value, rule.changed)
        yield (*head, *counts, *rule.points, *rule.fines)


def _agent_rows(result: "WhatIf", names: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
    for agent_id, tally in sorted(result.agents.items()):
        before, after = tally.before, tally.after
        means = (round(side.totals / tally.calls, 2) for side in (before, after))
        yield (
            *(agent_id, names.get(agent_id), tally.calls, *means),
            *(before.points, after.points, before.fines, after.fines),
            *(before.violated, after.violated, before.undecided, after.undecided),
        )


def write_page(path: Path, trial: "Trial", head: "PageHead") -> None:
    """Write the page for the head; it appears when it is whole.

    Raises:
        ConfigError: it cannot be written.
    """
    from qa.reports.what_if_page import what_if_page

    with open_output(path, "utf-8") as stream:
        stream.write(what_if_page(head, trial.result))


def page_head(
    trial: "Trial", source: str, since: datetime | None, names: dict[str, str], now: datetime
) -> "PageHead":
    """Say what the page is about."""
    from qa.reports.what_if_page import PageHead

    draft = trial.draft
    return PageHead(
        title=draft.title,
        title_en=draft.title_en,
        ruleset_id=draft.ruleset_id,
        version=draft.version,
        ruleset_hash=draft.hash,
        source=source,
        made_at=now,
        since=since,
        agents=names,
    )


def summary(trial: "Trial") -> dict[str, Any]:
    """Turn the comparison into JSON; the calls are the ones that change most."""
    result = trial.result
    return {
        "ruleset_id": trial.draft.ruleset_id,
        "version": trial.draft.version,
        "ruleset_hash": trial.draft.hash,
        "calls": result.calls,
        "changed": result.changed,
        "without_card": result.without_card,
        "outdated": result.outdated,
        "open_calls": result.open_calls,
        "open_questions": result.open_questions,
        "before": result.before,
        "after": result.after,
        "rules": [dict(zip(RULE_FIELDS, row, strict=True)) for row in _rule_rows(result)],
        "agents": [dict(zip(AGENT_FIELDS, row, strict=True)) for row in _agent_rows(result, {})],
        "calls_that_change_most": result.biggest_calls(),
        "broken_checks": dict(result.broken),
    }


def print_trial(console: "Console", trial: "Trial") -> None:
    """Print what the draft would change: by rule with examples, by agent, by call."""
    result, draft = trial.result, trial.draft
    console.print(
        f"what if {draft.ruleset_id} v{draft.version}: {result.calls} calls compared; "
        f"{result.changed} would change",
        style="bold",
        markup=False,
    )
    before, after = result.before, result.after
    calls = max(result.calls, 1)
    means = f"{before.totals / calls:.1f} → {after.totals / calls:.1f}"
    console.print(
        f"mean total {means}   points {_arrow(before.points, after.points)}   "
        f"fines {_arrow(before.fines, after.fines)}   "
        f"undecided {_arrow(before.undecided, after.undecided)}"
    )
    if result.changed:
        console.print(_rules_table(result))
        _print_examples(console, result)
        console.print(_agents_table(result))
        console.print(_calls_table(result))
    _print_notes(console, trial)


def _print_notes(console: "Console", trial: "Trial") -> None:
    result = trial.result
    if not result.calls and not result.without_card:
        text = f"no call is judged by a ruleset with the id '{trial.draft.ruleset_id}'"
        console.print(text, style="yellow", markup=False)
    if result.without_card:
        console.print(f"{result.without_card} calls have no published scorecard to compare with")
    if result.outdated:
        text = f"{result.outdated} published scorecards are not of the rules now in force"
        console.print(text, style="yellow")
    if result.open_questions:
        text = (
            f"{result.open_questions} questions to the sound are open on {result.open_calls} "
            "calls; `qa hear --ruleset FILE` answers them first"
        )
        console.print(text, style="yellow")
    for rule_id, count in result.broken.items():
        console.print(f"broken check: {rule_id} failed on {count} calls", style="red")
    console.print("nothing was published; `qa rules publish FILE` does that", style="dim")


def _rules_table(result: "WhatIf") -> "Table":
    table = _table("rule", "calls", "violated", "undecided", "points", "fines")
    for rule_id, rule in result.changed_rules():
        cells = [_arrow(rule.before[o.value], rule.after[o.value]) for o in _OUTCOMES]
        title = f"{rule_id} {rule.title}"
        table.add_row(title, str(rule.changed), *cells, _arrow(*rule.points), _arrow(*rule.fines))
    return table


def _print_examples(console: "Console", result: "WhatIf") -> None:
    from rich.text import Text

    for rule_id, rule in result.changed_rules():
        for example in rule.chosen(_MAX_EXAMPLES):
            text = Text(f"  {rule_id} ", style="bold")
            text.append(_example(example), style="default")
            console.print(text)


def _example(example: "Example") -> str:
    before, after = example.line.before, example.line.after
    shown = f"{clean(example.call_id)}: {_finding(before)} → {_finding(after)}"
    return f"{shown}  {_quote(after) or _quote(before)}"


def _finding(side: "Side") -> str:
    return f"{side.outcome or '(none)'}{f' -{side.points}' if side.points else ''}"


def _quote(side: "Side") -> str:
    if not side.quote:
        return clean(side.reason)
    seconds = (side.start_ms or 0) // 1000
    return f"{seconds // 60:02d}:{seconds % 60:02d}「{clean(side.quote)[:48]}」"


def _agents_table(result: "WhatIf") -> "Table":
    table = _table("agent", "calls", "mean", "points", "fines")
    for agent_id, tally in sorted(result.agents.items()):
        before, after = tally.before, tally.after
        if before == after:
            continue
        means = [f"{side.totals / tally.calls:.1f}" for side in (before, after)]
        shown = means[0] if means[0] == means[1] else " → ".join(means)
        points, fines = _arrow(before.points, after.points), _arrow(before.fines, after.fines)
        table.add_row(clean(agent_id) or "unknown", str(tally.calls), shown, points, fines)
    return table


def _calls_table(result: "WhatIf") -> "Table":
    table = _table("call", "agent", "total")
    table.add_column("changes", ratio=1, overflow="fold")
    for diff in result.biggest_calls()[:_MAX_CALLS]:
        rules = ", ".join(
            f"{line.rule_id} {_finding(line.before)} → {_finding(line.after)}"
            for line in diff.lines
        )
        agent = clean(diff.agent_id or "")
        table.add_row(clean(diff.call_id), agent, _arrow(diff.before, diff.after), rules)
    return table


def _arrow(before: int, after: int) -> str:
    return str(before) if before == after else f"{before} → {after}"


def _table(*columns: str) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right", no_wrap=number > 0)
    return table


def say_written(path: Path) -> None:
    """Tell on stderr which file was written."""
    print(f"written: {clean(str(path))}", file=sys.stderr)
