"""`qa hear`: answer from the audio what the rules still ask of the sound."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.cli.shared import JsonOption, loggable, opened_store, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from qa.batch.hearing import HearingReport

_MAX_LISTED = 20


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("hear")(hear)


def hear(
    ruleset: Annotated[
        str | None,
        typer.Option(
            "--ruleset",
            metavar="NAME|FILE",
            help="Ask what this ruleset asks, such as a draft before a what-if.",
        ),
    ] = None,
    call: Annotated[
        str | None, typer.Option("--call", metavar="CALL", help="Only this call.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=0, help="At most so many recordings; 0 is all.")
    ] = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what is open; open no audio.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Answer open questions from the audio, then judge the calls concerned again.

    A rule that is not sure what was said asks how well its own words fit that place of the
    recording. Most questions are answered while a recording is transcribed; a new ruleset or a
    late ticket may raise more. Answers are kept, and running again goes on where it stopped. Exit
    code 1: some recordings could not be listened to; their questions stay open.
    """
    from qa.batch.hearing import HearOptions, hear_open
    from qa.cli.progress import shown_progress
    from qa.cli.show import terminal

    options = HearOptions(ruleset, call, limit, dry_run)
    with opened_store() as (store, settings), shown_progress() as listener:
        report = hear_open(store, settings, options, listener=listener)
    if as_json:
        print_json(_summary(report, dry_run))
    else:
        _print(terminal(), report, dry_run)
    if not report.is_clean:
        raise typer.Exit(1)


def _summary(report: "HearingReport", dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "recordings": list(report.recordings),
        "heard": report.heard,
        "hearings": report.hearings,
        "unanswered": report.unanswered,
        "left": list(report.left),
        "judging": report.judging,
        "estimate_s": round(report.estimate_s, 1),
        "wall_s": round(report.wall_s, 3),
    }


def _print(console: "Console", report: "HearingReport", dry_run: bool) -> None:
    from qa.cli.run import print_judging

    questions = sum(recording.questions for recording in report.recordings)
    calls = sum(len(recording.call_ids) for recording in report.recordings)
    console.print(
        f"open           {questions} questions of {calls} calls, "
        f"{len(report.recordings)} recordings"
    )
    if dry_run:
        for recording in report.recordings[:_MAX_LISTED]:
            names = ", ".join(loggable(call_id) for call_id in recording.call_ids)
            text = f"               {names}: {recording.questions} questions"
            console.print(text, markup=False, highlight=False)
        _print_more(console, len(report.recordings))
        if report.recordings:
            console.print(f"estimate       about {_duration(report.estimate_s)}")
    else:
        console.print(
            f"listened       {report.heard} recordings, {report.hearings} answers, "
            f"{report.unanswered} questions without an answer"
        )
    for left in report.left[:_MAX_LISTED]:
        names = ", ".join(loggable(call_id) for call_id in left.call_ids)
        text = f"left open      {names}: {left.fault}: {loggable(left.advice)}"
        console.print(text, style="red", markup=False)
    _print_more(console, len(report.left))
    if report.judging is not None:
        print_judging(console, report.judging)
        console.print(f"time           {report.wall_s:.1f} s")
    else:
        console.print("nothing was asked; run without --dry-run", style="dim")


def _print_more(console: "Console", count: int) -> None:
    if count > _MAX_LISTED:
        console.print(f"               {count - _MAX_LISTED} more; --json lists them all")


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
