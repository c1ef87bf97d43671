"""`qa inbox`: watch the sources of the settings, take in what is finished, feed the run."""

import signal
import time
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.cli.shared import JsonOption, loggable, opened_store

if TYPE_CHECKING:
    from rich.console import Console

    from qa.batch.inbox import Look

SourceOption = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="NAME", help="Only this source of the settings; repeatable."),
]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("inbox")(inbox)


def inbox(
    source: SourceOption = None,
    once: Annotated[bool, typer.Option("--once", help="Look once, then end (for cron).")] = False,
    no_run: Annotated[
        bool, typer.Option("--no-run", help="Take in only; transcribe and judge nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Watch the inboxes: take in what is finished, transcribe and judge it.

    The sources stand in the settings ([sources.NAME] with folder or cdr). Ctrl-C, or SIGTERM, ends
    cleanly: what was begun is finished by the next start. With --json each look that found
    something is one JSON object a line. Exit code 1, with --once: rows or files were rejected, or a
    source could not be read.
    """
    from qa.batch.inbox import Inbox
    from qa.batch.runner import RunOptions
    from qa.cli.progress import shown_progress
    from qa.ingest.sources.configured import configured_sources

    signal.signal(signal.SIGTERM, _interrupt)
    with opened_store() as (store, settings):
        sources = configured_sources(settings, source or (), watching=not once)
        watched = Inbox(store, settings, sources, None if no_run else RunOptions())
        teller = _Teller([named.name for named in sources], as_json)
        try:
            while True:
                with shown_progress() as listener:
                    look = watched.look(listener)
                teller.tell(look)
                if once:
                    break
                time.sleep(settings.ingest.poll_s)
        except KeyboardInterrupt:
            teller.end()
            return
    if look.problems or (look.intake and look.intake.rejected):
        raise typer.Exit(1)


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class _Teller:
    """Prints what looks found, and nothing while nothing happens."""

    def __init__(self, names: list[str], as_json: bool) -> None:
        self._as_json = as_json
        self._problems: tuple[str, ...] = ()
        self._calls = self._transcribed = 0
        listed = ", ".join(loggable(name) for name in names)
        typer.echo(f"qa: watching {listed}; Ctrl-C ends", err=True)

    def tell(self, look: "Look") -> None:
        """Print what is new."""
        if look.problems != self._problems:
            for problem in look.problems:
                typer.echo(f"qa: {loggable(problem)}; looking again", err=True)
            self._problems = look.problems
        if look.intake is None:
            return
        self._calls += look.intake.new_calls
        self._transcribed += look.run.hearing.transcribed if look.run else 0
        if self._as_json:
            self._print_json(look)
        else:
            self._print(look)

    def end(self) -> None:
        """Say what was done in all."""
        typer.echo(
            f"qa: ended; {self._calls} calls taken in, {self._transcribed} recordings transcribed. "
            "Nothing is lost: the next start goes on.",
            err=True,
        )

    def _print(self, look: "Look") -> None:
        from qa.cli.run import print_intake, print_run
        from qa.cli.show import terminal

        console: Console = terminal()
        console.print(f"{datetime.now():%Y-%m-%d %H:%M:%S}", style="dim")
        if look.run is not None:
            print_run(look.run)
        elif look.intake is not None:
            print_intake(console, look.intake)
        if look.waiting:
            console.print(f"waiting        {look.waiting} files are not finished yet")

    def _print_json(self, look: "Look") -> None:
        import json

        from qa.cli.run import intake_summary, run_summary
        from qa.codec import to_plain

        document: dict[str, Any] = {"waiting": look.waiting, "problems": list(look.problems)}
        if look.run is not None:
            document |= run_summary(look.run)
        elif look.intake is not None:
            document["intake"] = intake_summary(look.intake)
        typer.echo(json.dumps(to_plain(document), ensure_ascii=False))
