"""`qa run`, `ingest`, `transcribe`, `score`: the main job, whole and in parts."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.cli.inbox import SourceOption
from qa.cli.shared import (
    CpuWorkersOption,
    GpuWorkersOption,
    JsonOption,
    WaitOption,
    clean,
    cluster_overrides,
    loggable,
    opened_store,
    print_json,
    waiting_s,
)

if TYPE_CHECKING:
    from rich.console import Console

    from qa.batch.intake import IntakeReport
    from qa.batch.judging import Judging
    from qa.batch.runner import RunReport
    from qa.types import Transcript

_MAX_LISTED = 10

FolderArgument = Annotated[
    str,
    typer.Argument(
        metavar="DIR",
        help="Folder with recordings (anywhere below it) and calls.csv, tickets.csv, …; or "
        "s3://bucket/folder.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("run")(run)
    app.command("ingest")(ingest)
    app.command("transcribe")(transcribe)
    app.command("score")(score)


def run(
    folder: FolderArgument,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try recordings again that failed before.")
    ] = False,
    cpu_workers: CpuWorkersOption = None,
    gpu_workers: GpuWorkersOption = None,
    wait_minutes: WaitOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in a folder, transcribe what is new, judge what is pending.

    Running again finishes what was interrupted and does nothing twice. One run works at a time:
    while another one does, or an upload is heard, this one waits (--wait, batch.wait_s) and is then
    refused. Exit code 1: some
    recordings failed or rows were rejected; everything else was done.
    """
    from qa.batch.runner import RunOptions, run_folder
    from qa.cli.progress import shown_progress
    from qa.ingest.objects import folder_at

    options = RunOptions(retry_failed=retry_failed, wait_s=waiting_s(wait_minutes))
    chosen = cluster_overrides(cpu_workers, gpu_workers)
    with opened_store(**chosen) as (store, settings), shown_progress() as listener:
        place = folder_at(folder, settings.s3)
        report = run_folder(store, settings, place, options=options, listener=listener)
    if as_json:
        print_json(run_summary(report))
    else:
        print_run(report)
    if not report.is_clean:
        raise typer.Exit(1)


def ingest(
    folder: Annotated[
        str | None,
        typer.Argument(metavar="[DIR]", help="Folder, or s3://bucket/folder."),
    ] = None,
    source: SourceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in recordings, metadata and tickets, and nothing more.

    Without DIR: from the sources of the settings ([sources.NAME] with folder or cdr), or from those
    that --source names. Exit code 1: some rows or files were rejected.
    """
    from qa.batch.inbox import ingest_sources
    from qa.batch.runner import ingest_folder
    from qa.cli.progress import shown_progress
    from qa.cli.show import terminal
    from qa.ingest.objects import folder_at
    from qa.ingest.sources.configured import configured_sources

    if folder is not None and source:
        raise typer.BadParameter("give a folder or --source, not both")
    with opened_store() as (store, settings), shown_progress() as listener:
        if folder is not None:
            place = folder_at(folder, settings.s3)
            report = ingest_folder(store, place, listener=listener)
        else:
            sources = configured_sources(settings, source or ())
            report = ingest_sources(store, sources, listener=listener)
    if as_json:
        print_json(intake_summary(report))
    else:
        print_intake(terminal(), report)
    if report.rejected:
        raise typer.Exit(1)


def transcribe(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Recordings.")],
    source: Annotated[
        str | None, typer.Option("--source", help="Source whose channel layout applies.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print what is said in recordings; nothing is stored, no database is needed.

    With --json each recording is one JSON object in a list; a failed one has `error` instead.
    """
    from qa.config import load_settings
    from qa.errors import EngineError, RecordingError
    from qa.pipeline import Worker

    results: list[dict[str, Any]] = []
    failed = False
    with Worker(load_settings()) as worker:
        for file in files:
            try:
                heard = worker.transcribe(file, source)
            except (RecordingError, EngineError) as error:
                failed = True
                results.append({"file": str(file), "error": _error_code(error)})
                typer.echo(f"qa: {error}", err=True)
                continue
            if as_json:
                results.append({"file": str(file), "transcript": heard})
            else:
                _print_heard(file, heard)
    if as_json:
        print_json(results)
    if failed:
        raise typer.Exit(1)


def score(as_json: JsonOption = False) -> None:
    """Judge every transcribed call that waits for it, by the rulesets now in force.

    Calls wait when they are new, or when their transcript, metadata, ticket or notices changed. A
    changed ruleset makes none wait: `qa rescore` does that.
    """
    from qa.batch.runner import score_all_pending
    from qa.cli.progress import shown_progress
    from qa.cli.show import terminal

    with opened_store() as (store, settings), shown_progress() as listener:
        judging = score_all_pending(store, settings, listener=listener)
    if as_json:
        print_json(judging)
    else:
        print_judging(terminal(), judging)
    if judging.unjudged or judging.broken_checks:
        raise typer.Exit(1)


def _error_code(error: Exception) -> str:
    fault = getattr(error, "fault", None)
    return fault.value if fault is not None else "engine_failed"


def _print_heard(file: Path, heard: "Transcript") -> None:
    from qa.cli.calls import transcript_lines
    from qa.cli.show import terminal

    console = terminal()
    console.print(
        f"{clean(str(file))}  {heard.duration_ms / 1000:.1f} s", style="bold", markup=False
    )
    for line in transcript_lines(heard, "zh"):
        console.print(line)


def intake_summary(report: "IntakeReport") -> dict[str, Any]:
    """Lay out what an ingest did, for JSON."""
    return {
        "files": report.files,
        "hashed": report.hashed,
        "calls": report.calls,
        "new_calls": report.new_calls,
        "changed_calls": report.changed_calls,
        "no_metadata": list(report.no_metadata),
        "no_recording": list(report.no_recording),
        "issues": list(report.issues),
    }


def run_summary(report: "RunReport") -> dict[str, Any]:
    """Lay out what a run did, for JSON."""
    return {
        "run_id": report.run_id,
        "intake": intake_summary(report.intake),
        "transcribed": report.hearing.transcribed,
        "failed": dict(report.hearing.failed),
        "audio_ms": report.hearing.audio_ms,
        "judging": report.judging,
        "wall_s": round(report.wall_s, 3),
    }


def print_run(report: "RunReport") -> None:
    """Print what a run did, a line a stage."""
    from qa.cli.show import terminal

    console = terminal()
    print_intake(console, report.intake)
    hearing = report.hearing
    line = f"transcribed    {hearing.transcribed} recordings"
    if hearing.transcribed:
        hours = hearing.audio_ms / 3_600_000
        rate = hours / (report.wall_s / 3600)
        line += (
            f", {hearing.audio_ms / 60_000:.1f} minutes of audio, {rate:.1f} audio hours an hour"
        )
    console.print(line, markup=False)
    if hearing.failed:
        reasons = ", ".join(f"{code} {n}" for code, n in hearing.failed.most_common())
        console.print(f"failed         {hearing.failed.total()}: {reasons}", style="red")
        console.print("               `qa recordings --failed` lists them with what to do")
    print_judging(console, report.judging)
    console.print(f"time           {report.wall_s:.1f} s")


def print_intake(console: "Console", report: "IntakeReport") -> None:
    """Print what an ingest did, and what it could not use."""
    console.print(
        f"taken in       {report.files} files ({report.hashed} new or changed), "
        f"{report.calls} calls ({report.new_calls} new, {report.changed_calls} changed)"
    )
    _print_some(
        console, "no metadata  ", "recordings without a row of metadata", report.no_metadata
    )
    _print_some(console, "no recording ", "calls without a recording", report.no_recording)
    for issue in report.issues[:_MAX_LISTED]:
        place = f"{loggable(issue.file)}, line {issue.line}" if issue.line else loggable(issue.file)
        word, style = ("rejected", "red") if issue.rejected else ("notice", "yellow")
        text = f"{word:<14} {place}: {loggable(issue.reason)}"
        console.print(text, style=style, markup=False)
    if len(report.issues) > _MAX_LISTED:
        more = len(report.issues) - _MAX_LISTED
        console.print(f"               {more} more; `qa recordings --issues` lists them all")


def _print_some(console: "Console", label: str, what: str, ids: Iterable[str]) -> None:
    listed = [loggable(call_id) for call_id in ids]
    if listed:
        shown = ", ".join(listed[:5]) + (", …" if len(listed) > 5 else "")
        console.print(f"{label}  {len(listed)} {what}: {shown}", style="yellow", markup=False)


def print_judging(console: "Console", judging: "Judging") -> None:
    """Print what judging did, and what it could not do."""
    console.print(
        f"judged         {judging.scored} calls: {judging.flagged} flagged, "
        f"{judging.violated} violations, {judging.undecided} undecided"
    )
    if judging.open_questions:
        text = (
            f"open           {judging.open_questions} questions to the sound; `qa hear` asks them"
        )
        console.print(text, style="yellow", markup=False)
    for problem in judging.problems.values():
        console.print(f"not judged     {loggable(problem)}", style="red", markup=False)
    for rule_id, count in judging.broken_checks.items():
        text = f"broken check   {rule_id} failed on {count} calls; they are undecided; see the log"
        console.print(text, style="red")
