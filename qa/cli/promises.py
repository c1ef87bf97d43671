"""`qa promises`: what agents promised, by when, and whether it was kept."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli.shared import (
    AgentOption,
    JsonOption,
    SinceOption,
    clean,
    opened_store,
    parse_since,
    print_json,
)

if TYPE_CHECKING:
    from rich.table import Table

    from qa.store.promises import PromiseLine

_STYLES = {"open": "yellow", "kept": "green", "broken": "bold red", "unknown": "dim"}


class State(StrEnum):
    """The states of a promise, as options."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    UNKNOWN = "unknown"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("promises")(show_promises)


def show_promises(
    agent: AgentOption = None,
    day: Annotated[
        str | None, typer.Option("--day", metavar="DATE", help="Calls of this day, 2025-11-18.")
    ] = None,
    since: SinceOption = None,
    state: Annotated[State | None, typer.Option("--state", help="Only in this state.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List what agents promised on the published scorecards, and what became of it.

    A promise is held against the ticket's time that it is about: a repair against `completed_at`, a
    visit against `arrived_at`, a call against `contacted_at` (all in tickets.csv). It is open while
    the ticket is not completed; unknown where no time was named (no time), the call has no ticket
    or its ticket has not come by the due time (no ticket), or the ticket does not tell (not told).
    What a person said on the page of promises counts before that (marked with *). The first
    promises due come first.
    """
    from qa.cli.show import terminal
    from qa.review.promises import PromiseState
    from qa.store.promises import PromiseFilter, list_promises

    if day is not None and since is not None:
        raise typer.BadParameter("choose one: --day or --since")
    with opened_store() as (store, _), store.reading() as session:
        first = parse_since(day or since, store)
        until = first + timedelta(days=1) if day and first else None
        wanted = PromiseFilter(agent, first, until, PromiseState(state.value) if state else None)
        lines = list(list_promises(session, wanted, store.zone, datetime.now(UTC)))
    if as_json:
        print_json(lines)
    elif lines:
        terminal().print(_table(lines))
    else:
        typer.echo("no promises match", err=True)


def _table(lines: "Sequence[PromiseLine]") -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from qa.cli.show import format_time

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for column in ("call", "agent", "rule", "due", "completed", "state"):
        table.add_column(column, no_wrap=column != "call", overflow="fold")
    table.add_column("promise", ratio=1, overflow="fold")
    for line in lines:
        words = Text(f"{format_time(line.start_ms)} ", style="cyan")
        words.append(f"「{clean(line.quote)}」", style="default")
        shown = f"{line.state.value}, overdue" if line.overdue else line.state.value
        shown += f", {line.unclear.value.replace('_', ' ')}" if line.unclear else ""
        shown += "*" if line.state is not line.by_ticket else ""
        table.add_row(
            Text(clean(line.call_id)),
            Text(clean(line.agent_id or "")),
            line.rule_id,
            _time(line.due),
            _time(line.completed_at),
            Text(shown, style=_STYLES[line.state.value]),
            words,
        )
    return table


def _time(moment: datetime | None) -> str:
    return f"{moment:%m-%d %H:%M}" if moment else "–"
