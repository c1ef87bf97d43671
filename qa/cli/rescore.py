"""`qa rescore`: judge the archive again, and see what changes before it is published."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli.shared import JsonOption, SinceOption, clean, opened_store, parse_since, print_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from qa.batch.rescoring import RescoreOptions, Rescoring

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
    full: Annotated[
        bool,
        typer.Option("--full", help="Judge by every rule, also by those that did not change."),
    ] = False,
    what_if: Annotated[
        str | None,
        typer.Option(
            "--what-if",
            metavar="FILE",
            help="Show what this draft ruleset would change; publish nothing.",
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="DIR", help="With --what-if: tables for spreadsheets."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="With --what-if: a page to read and print."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Judge stored transcripts again; never opens audio.

    Where a call is as it was when it was judged, only rules that changed since judge it again.
    Prints what changes by rule, by agent and by call. New scorecards supersede the old ones, which
    are kept. With --what-if a draft is only tried: points, fines and examples of what would
    change; the tables and the page quote calls, so keep them as you keep recordings.
    """
    if what_if is not None:
        if ruleset is not None or dry_run or full:
            raise typer.BadParameter("--what-if goes without --ruleset, --dry-run and --full")
        _try(what_if, since, Files(csv, html), as_json=as_json)
        return
    if csv is not None or html is not None:
        raise typer.BadParameter("--csv and --html go with --what-if")
    from qa.batch.rescoring import RescoreOptions

    _publish(RescoreOptions(ruleset, None, dry_run, full), since, as_json=as_json)


@dataclass(frozen=True, slots=True)
class Files:
    """Where a what-if is written."""

    csv: Path | None
    html: Path | None


def _try(draft: str, since: str | None, files: Files, *, as_json: bool) -> None:
    from contextlib import nullcontext
    from datetime import datetime

    from qa.batch.what_if import WhatIfOptions, try_ruleset
    from qa.cli import what_if
    from qa.cli.progress import shown_progress
    from qa.cli.show import terminal
    from qa.store.queries import agent_names

    with opened_store() as (store, settings):
        first = parse_since(since, store)
        with store.reading() as session:
            names = agent_names(session)
        with (
            shown_progress() as listener,
            what_if.CsvFolder(files.csv) if files.csv else nullcontext() as tables,
        ):
            options = WhatIfOptions(draft, first, tables.add if tables else None)
            trial = try_ruleset(store, settings, options, listener=listener)
            if tables:
                tables.finish(trial.result, names)
        if files.html:
            now = datetime.now(store.zone)
            head = what_if.page_head(trial, Path(draft).name, first, names, now)
            what_if.write_page(files.html, trial, head)
    if as_json:
        print_json(what_if.summary(trial))
    else:
        what_if.print_trial(terminal(), trial)
    for path in filter(None, (files.csv, files.html)):
        what_if.say_written(path)
    if trial.result.broken:
        raise typer.Exit(1)


def _publish(options: "RescoreOptions", since: str | None, *, as_json: bool) -> None:
    from qa.batch.rescoring import rescore as judge_again
    from qa.cli.progress import shown_progress
    from qa.cli.show import terminal

    with opened_store() as (store, settings), shown_progress() as listener:
        options = replace(options, since=parse_since(since, store))
        result = judge_again(store, settings, options, listener=listener)
    if as_json:
        print_json({"dry_run": options.dry_run, "result": result})
    else:
        print_rescoring(terminal(), result, options.dry_run)
    if result.problems or result.broken_checks:
        raise typer.Exit(1)


def print_rescoring(console: "Console", result: "Rescoring", dry_run: bool) -> None:
    """Print what judging again changed, or would change."""
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
