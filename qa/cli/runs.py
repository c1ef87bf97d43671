"""`qa runs`: what was done when, and how it ended."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.cli.shared import JsonOption, clean, opened_store, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from qa.store.runs import Run

app = typer.Typer(
    name="runs", help="Runs: what was done when, and how it ended.", no_args_is_help=True
)

_SILENT = timedelta(minutes=10)
"""A run that has told nothing for so long is shown with the time of its last sign."""
_STYLES = {"failed": "red", "interrupted": "yellow", "running": "green"}
_COUNTS = (
    ("files", "files looked at"),
    ("new_calls", "new calls"),
    ("changed_calls", "changed calls"),
    ("flagged", "flagged calls"),
    ("violated", "violations"),
    ("undecided", "undecided"),
    ("unjudged", "calls without a usable ruleset"),
    ("open_questions", "open questions to the sound"),
    ("closed", "calls became final"),
    ("drawn", "spot checks drawn"),
    ("audio_hours_per_hour", "audio hours an hour"),
)
_REASONS = (
    ("failed", "failed, by reason"),
    ("rejected", "rejected, by reason"),
    ("broken_checks", "broken checks, by rule"),
)


@app.command("list")
def list_all(
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="Only these: nightly, run, …")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List runs, the last one first.

    "heard" counts recordings that were transcribed; "rate" is audio hours an hour.
    """
    from qa.store.runs import list_runs

    with opened_store() as (store, _):
        with store.reading() as session:
            found = list_runs(session, kind=kind, limit=limit)
        if as_json:
            print_json([_plain(run) for run in found])
        else:
            _print_list(found, store.zone)


@app.command("show")
def show(
    run_id: Annotated[int, typer.Argument(metavar="ID", help="Number of the run.")],
    as_json: JsonOption = False,
) -> None:
    """Show one run: how far it came, what it did, what failed and why."""
    from qa.store.runs import get_run

    with opened_store() as (store, _):
        with store.reading() as session:
            run = get_run(session, run_id)
        if as_json:
            print_json(_plain(run))
        else:
            _print_one(run, store.zone)


def _plain(run: "Run") -> dict[str, Any]:
    names = ("run_id", "kind", "state", "requested_by", "started_at", "finished_at", "updated_at")
    more = ("transcribed", "failed", "scored", "audio_ms", "fault", "progress")
    # The words of a draft that a what-if tries are long, and of no use here.
    return {name: getattr(run, name) for name in (*names, *more, "result")}


def _print_list(found: "list[Run]", zone: "ZoneInfo") -> None:
    from rich.table import Table

    from qa.cli.show import terminal

    if not found:
        typer.echo("no runs yet")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("run", "kind", "started", "state"):
        table.add_column(name, no_wrap=True)
    for name in ("took", "heard", "failed", "judged", "undecided", "rate"):
        table.add_column(name, justify="right", no_wrap=True)
    for run in found:
        result = run.result or {}
        counts = (run.transcribed, run.failed, run.scored)
        extra = (result.get("undecided"), result.get("audio_hours_per_hour"))
        table.add_row(
            *(str(run.run_id), clean(run.kind), _time(run.started_at, zone)[:16], _state(run)),
            *(_took(run), *map(str, counts)),
            *("" if value is None else str(value) for value in extra),
            style=_STYLES.get(run.state.value),
        )
    terminal().print(table)


def _print_one(run: "Run", zone: "ZoneInfo") -> None:
    from qa.cli.show import terminal

    console = terminal()
    for label, text in _lines(run, zone):
        console.print(f"{label:<32} {clean(text)}", markup=False, highlight=False)


def _lines(run: "Run", zone: "ZoneInfo") -> "Iterator[tuple[str, str]]":
    yield "run", f"{run.run_id} ({run.kind})"
    yield "state", _state(run)
    yield "started", _time(run.started_at, zone)
    if run.finished_at:
        yield "finished", f"{_time(run.finished_at, zone)}, after {_took(run)}"
    elif run.updated_at:
        yield "last sign", _time(run.updated_at, zone)
    if run.progress.stage:
        yield "last stage", f"{run.progress.stage}: {run.progress.done}/{run.progress.total}"
    if run.fault:
        yield "fault", run.fault
    yield "transcribed", f"{run.transcribed}, {run.audio_ms / 60_000:.1f} minutes of audio"
    yield "failed", str(run.failed)
    yield "judged", str(run.scored)
    result = run.result or {}
    for key, label in _COUNTS:
        if isinstance(result.get(key), int | float) and "is_clean" in result:
            yield label, str(result[key])
    for key, label in _REASONS:
        reasons = result.get(key)
        if isinstance(reasons, dict) and reasons:
            yield label, ", ".join(f"{code} {count}" for code, count in sorted(reasons.items()))


def _state(run: "Run") -> str:
    from datetime import UTC

    from qa.store.runs import RunState

    if run.state is RunState.RUNNING and run.updated_at:
        silent = datetime.now(UTC) - run.updated_at
        if silent > _SILENT:
            return f"running? (silent for {silent.total_seconds() / 60:.0f} min)"
    return run.state.value


def _took(run: "Run") -> str:
    if run.finished_at is None:
        return ""
    seconds = round((run.finished_at - run.started_at).total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _time(moment: datetime, zone: "ZoneInfo") -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"
