"""`qa rescore`: judge the archive again, and see what changes before it is published."""

from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli.shared import JsonOption, SinceOption, clean, opened_store, parse_since, print_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from qa.batch.rescoring import Rescoring

_OUTCOMES = ("MET", "VIOLATED", "UNDECIDED", "NOT_APPLICABLE")
_MAX_CALLS = 50


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("rescore")(rescore)


def rescore(
    ruleset: Annotated[
        str | None,
        typer.Option("--ruleset", metavar="NAME|FILE", help="Judge by this ruleset."),
    ] = None,
    since: SinceOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; publish nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Judge stored transcripts again; never opens audio.

    Prints what changes by rule, by agent and by call. New scorecards supersede the old ones, which
    are kept.
    """
    from qa.batch.rescoring import RescoreOptions
    from qa.batch.rescoring import rescore as judge_again
    from qa.cli.progress import shown_progress
    from qa.cli.show import terminal

    with opened_store() as (store, settings), shown_progress() as listener:
        options = RescoreOptions(ruleset, parse_since(since, store), dry_run)
        result = judge_again(store, settings, options, listener=listener)
    if as_json:
        print_json({"dry_run": dry_run, "result": result})
    else:
        _print_rescoring(terminal(), result, dry_run)
    if result.problems or result.broken_checks:
        raise typer.Exit(1)


def _print_rescoring(console: "Console", result: "Rescoring", dry_run: bool) -> None:
    would = "would change" if dry_run else "changed"
    console.print(f"{result.calls} calls judged again; {len(result.changes)} {would}", style="bold")
    if result.changes:
        console.print(_rules_table(result))
        console.print(_agents_table(result))
        console.print(_calls_table(result))
        if len(result.changes) > _MAX_CALLS:
            console.print(f"{len(result.changes) - _MAX_CALLS} more calls; --json lists them all")
    for problem in result.problems.values():
        console.print(f"not judged: {clean(problem)}", style="red", markup=False)
    for rule_id, count in result.broken_checks.items():
        console.print(f"broken check: {rule_id} failed on {count} calls", style="red")
    if dry_run:
        console.print("nothing was published; run without --dry-run to publish", style="dim")


def _rules_table(result: "Rescoring") -> "Table":
    table = _table("rule", *(outcome.lower().replace("_", " ") for outcome in _OUTCOMES))
    for rule_id, counts in result.rules.items():
        if counts.before != counts.after:
            cells = [
                _before_after(counts.before.get(o, 0), counts.after.get(o, 0)) for o in _OUTCOMES
            ]
            table.add_row(rule_id, *cells)
    return table


def _agents_table(result: "Rescoring") -> "Table":
    table = _table("agent", "calls", "mean before", "mean after")
    for agent_id, means in result.agents.items():
        if means.before != means.after:
            name = clean(agent_id) or "unknown"
            table.add_row(name, str(means.calls), f"{means.before:.1f}", f"{means.after:.1f}")
    return table


def _calls_table(result: "Rescoring") -> "Table":
    table = _table("call", "agent", "total")
    table.add_column("changes", ratio=1, overflow="fold")
    for change in result.changes[:_MAX_CALLS]:
        rules = ", ".join(
            f"{rule.rule_id} {rule.before or '(none)'} → {rule.after or '(none)'}"
            for rule in change.rules
        )
        before = "–" if change.before is None else str(change.before)
        agent_id = clean(change.agent_id or "")
        table.add_row(clean(change.call_id), agent_id, f"{before} → {change.after}", rules)
    return table


def _before_after(before: int, after: int) -> str:
    return str(before) if before == after else f"{before} → {after}"


def _table(*columns: str) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right", no_wrap=number > 0)
    return table
