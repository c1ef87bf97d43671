"""`qa db`: look after the database: bring it up to date, check it, copy it, put it back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli.shared import JsonOption, clean, opened_store, print_json

if TYPE_CHECKING:
    from qa.store.checking import Finding
    from qa.store.copying import TableCopy

EXIT_BROKEN = 1
app = typer.Typer(
    name="db",
    help="The database: update, check, back up, restore, move to another one.",
    no_args_is_help=True,
)
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]


@app.command("upgrade")
def upgrade() -> None:
    """Bring the tables to what this program needs; every command does so when it opens them."""
    from qa.config import load_settings
    from qa.store.upgrading import upgrade_database

    settings = load_settings()
    done = upgrade_database(settings.database_url, timezone=settings.timezone)
    if done.before == done.after:
        typer.echo(f"The database is up to date: revision {done.after}.")
    else:
        typer.echo(f"The database went from revision {done.before or 'none'} to {done.after}.")
    typer.echo(f"Calls made anew in the lists: {done.rebuilt}.")


@app.command("check")
def check(
    every: Annotated[
        bool, typer.Option("--every", help="Work out every call's place in the lists anew.")
    ] = False,
    sample: Annotated[
        int, typer.Option("--sample", min=1, help="Calls whose place is worked out anew.")
    ] = 1000,
    files: Annotated[
        bool, typer.Option("--files/--no-files", help="Look for the files of recordings.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Check everything: pages, references, every transcript and scorecard, lists, log, recordings.

    It changes nothing and can run beside the service.

    Exit code 1: something is wrong; what, where and what to do is printed.
    """
    from datetime import UTC, datetime

    from qa.store.checking import CheckOptions, check_database

    options = CheckOptions(datetime.now(UTC), 0 if every else sample, files)
    findings = []
    with (
        opened_store() as (store, _),
        store.reading() as session,
        _shown_progress() as told,
    ):
        for finding in check_database(session, options, told):
            findings.append(finding)
            if not as_json:
                _print_finding(finding)
    if as_json:
        print_json([{"finding": one, "advice": one.advice} for one in findings])
    if any(not finding.is_sound for finding in findings):
        raise typer.Exit(EXIT_BROKEN)


@app.command("backup")
def backup(
    file: FileArgument,
    portable: Annotated[
        bool,
        typer.Option("--portable", help="An SQLite file, also of PostgreSQL."),
    ] = False,
) -> None:
    """Write one state of the database to a new file, while the service runs, and read it again.

    Of PostgreSQL it is a dump by pg_dump; where that is missing, an SQLite file, which
    `qa db restore` puts into either. Recordings are not in it.
    """
    from qa.store.audit import audit
    from qa.store.backup import back_up

    with opened_store() as (store, _), _shown_progress() as told:
        made = back_up(
            store,
            file,
            portable=portable,
            on_share=lambda share: told("writing", int(share * 100), 100),
        )
        with store.writing() as session:
            audit(session, None, "database.backup", "database", None, {})
    megabytes = made.size_bytes / 1_000_000
    typer.echo(
        f"{clean(str(made.file))}: {made.form.value}, {megabytes:.1f} MB, "
        f"{sum(made.rows.values())} rows, {made.seconds:.1f} s; read again and sound"
    )


@app.command("restore")
def restore_(
    file: FileArgument,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Take the place of what is there, which is kept aside."),
    ] = False,
) -> None:
    """Put a backup into the database that the settings name. Stop the service first.

    The backup is read to its end before anything changes.
    """
    from qa.config import load_settings
    from qa.store.audit import audit
    from qa.store.restore import restore

    settings = load_settings()
    with _shown_progress() as told:
        done = restore(
            file,
            settings.database_url,
            replace=replace,
            on_rows=lambda table, rows: told(table, rows, 0),
        )
    with opened_store() as (store, _), store.writing() as session:
        audit(session, None, "database.restore", "database", None, {})
    typer.echo(f"restored: {sum(done.rows.values())} rows, counted on both sides")
    if done.kept:
        typer.echo(f"what was there before: {clean(done.kept)}")


@app.command("move")
def move_(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="URL",
            help="An empty database: postgresql+psycopg://… or sqlite:///…; `-` reads the address "
            "from standard input, for it may hold a password.",
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Copy everything into another, empty database and compare both, table by table.

    Stop the service first: meanwhile nobody can write to this database, and what is written to it
    afterwards is not in the new one. The old one stays as it is. Interrupted, nothing has arrived,
    and the same command can be given again.
    """
    import sys

    from qa.store.audit import audit
    from qa.store.copying import move

    url = sys.stdin.readline().strip() if to == "-" else to
    with opened_store() as (store, _), _shown_progress() as told:
        with store.writing() as session:
            audit(session, None, "database.move", "database", None, {})
        copied = move(store, url, lambda table, rows: told(table, rows, 0))
    if as_json:
        print_json(copied)
    else:
        _print_copies(copied)
        _print_settings(url)


@contextmanager
def _shown_progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show on a terminal how far the work is; its parts come one after the other."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task("", total=None)

        def told(part: str, done: int, total: int) -> None:
            shown = f"{part}: {done}"
            bars.update(task, description=shown, completed=done, total=total or None)

        yield told


def _print_finding(finding: "Finding") -> None:
    if finding.is_sound:
        typer.echo(f"{finding.part.value}: sound ({finding.checked} checked)")
        return
    typer.echo(
        f"{finding.part.value}: {finding.broken} of {max(finding.checked, finding.broken)} wrong: "
        f"{clean(finding.problem)}"
    )
    for name in finding.named:
        typer.echo(f"  {clean(name)}")
    if finding.broken > len(finding.named) > 0:
        typer.echo("  …")
    typer.echo(f"  {finding.advice}")


def _print_copies(copied: "list[TableCopy]") -> None:
    from rich.table import Table

    from qa.cli.console import results

    table = Table(box=None, pad_edge=False)
    for name in ("table", "rows here", "rows there", "hash here", "hash there"):
        table.add_column(name, justify="right" if name.startswith("rows") else "left")
    for one in copied:
        counts = (str(one.source.rows), str(one.target.rows))
        table.add_row(one.table, *counts, one.source.digest[:16], one.target.digest[:16])
    results().print(table)
    typer.echo(f"{sum(one.source.rows for one in copied)} rows, the same on both sides")


def _print_settings(url: str) -> None:
    """Say what to set now; an address with a password is not repeated."""
    from qa.store.upgrading import has_password

    shown = "the address that you gave" if has_password(url) else f"'{clean(url)}'"
    typer.echo("From now on, in the environment of every command and of the service:")
    typer.echo(f"export QA_DATABASE__URL={shown}")
