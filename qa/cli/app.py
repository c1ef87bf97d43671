"""The command `qa`: its groups, its global options, and the fence around them.

A command raises; the fence turns what is expected into one line on stderr and an exit code. Only a
bug shows a traceback. Modules of commands import what is heavy inside their functions, so that
`qa --help` is instant.
"""

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import qa
from qa.cli import (
    archive,
    audit,
    backtest,
    calls,
    checks,
    cluster,
    config,
    consistency,
    db,
    demo,
    events,
    export,
    hear,
    inbox,
    labels,
    ledger,
    models,
    nightly,
    notices,
    promises,
    reconcile,
    reports,
    rescore,
    review,
    rules,
    rules_publish,
    rules_try,
    run,
    runs,
    serve,
    users,
)
from qa.errors import ConfigError, QAError
from qa.logs import hide_in_logs

EXIT_SOME_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


class Fence(TyperGroup):
    """The outermost command, where errors become exit codes."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command.

        Raises:
            typer.Exit: 2 after a wrong setting, an unusable store or folder, 1 after a failed
                call, 130 after Ctrl-C.
        """
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            # Each call's results are stored together, so what is there is whole.
            complain("interrupted. Nothing is lost: run the same command again to continue.")
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except QAError as error:
            complain(str(error))
            raise typer.Exit(exit_code(error)) from error


def complain(message: str) -> None:
    """Tell the user what is wrong, on stderr and without markup."""
    typer.echo(f"qa: {message}", err=True)


def exit_code(error: QAError) -> int:
    """Choose the exit code of an error: 1 where only a call is concerned, else 2."""
    from qa.errors import CheckError, EngineError, RecordingError

    of_one_call = isinstance(error, RecordingError | EngineError | CheckError)
    return EXIT_SOME_FAILED if of_one_call else EXIT_USAGE


app = typer.Typer(
    cls=Fence,
    name="qa",
    help="Tingjian (听检): inspect Mandarin call recordings, with evidence for every verdict.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tingjian {qa.__version__}")
        raise typer.Exit


@app.callback()
def choose_settings(
    config_file: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Settings file instead of ./qa.toml."),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Name the settings file for this process and the workers it starts."""
    if config_file is not None:
        os.environ["QA_CONFIG"] = str(config_file.resolve())
    chosen = os.environ.get("QA_CONFIG")
    if chosen and not Path(chosen).is_file():
        raise ConfigError(f"no such settings file: {chosen}")


app.add_typer(models.app)
rules_try.register(rules.app)
rules_publish.register(rules.app)
app.add_typer(rules.app)
app.add_typer(notices.app)
app.add_typer(review.app)
app.add_typer(checks.app)
app.add_typer(labels.app)
app.add_typer(events.app)
app.add_typer(ledger.app)
app.add_typer(users.app)
app.add_typer(audit.app)
app.add_typer(db.app)
app.add_typer(archive.app)
app.add_typer(runs.app)
app.add_typer(reports.app)
for commands in (
    run,
    nightly,
    inbox,
    cluster,
    reconcile,
    hear,
    rescore,
    backtest,
    consistency,
    promises,
    calls,
    export,
    serve,
    demo,
    config,
):
    commands.register(app)


def main() -> None:
    """Run the command line; ends the process with its exit code."""
    hide_in_logs()
    app()
