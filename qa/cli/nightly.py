"""`qa nightly`: everything that a night has to do, in one command for a timer."""

import signal
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.cli.shared import (
    CpuWorkersOption,
    GpuWorkersOption,
    JsonOption,
    WaitOption,
    cluster_overrides,
    opened_store,
    print_json,
    waiting_s,
)

if TYPE_CHECKING:
    from qa.batch.archive_night import ArchiveNight
    from qa.batch.nightly import NightReport


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("nightly")(nightly)


def nightly(
    folders: Annotated[
        list[str] | None,
        typer.Argument(metavar="DIR", help="Folders besides the sources of the settings."),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try recordings again that failed before.")
    ] = False,
    wait_minutes: WaitOption = None,
    cpu_workers: CpuWorkersOption = None,
    gpu_workers: GpuWorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Do the night: take in every source, transcribe, judge, draw checks, make the reports.

    Then the archive's work: copies, hashes of recordings whose turn it is, approved deletions.

    One run works at a time; a second one is refused, or waits (--wait). What was interrupted, also
    by SIGTERM, is finished by the next night. `qa runs list` looks back. Exit code 1: some
    recordings failed, rows were rejected or a source could not be read; all else was done.
    """
    from qa.batch.archive_night import do_archive
    from qa.batch.nightly import night_sources, run_night
    from qa.batch.runner import RunOptions
    from qa.cli.progress import shown_progress
    from qa.ingest.objects import folder_at

    signal.signal(signal.SIGTERM, _interrupt)
    options = RunOptions(retry_failed=retry_failed, wait_s=waiting_s(wait_minutes))
    chosen = cluster_overrides(cpu_workers, gpu_workers)
    with opened_store(**chosen) as (store, settings), shown_progress() as listener:
        places = [folder_at(folder, settings.s3) for folder in folders or ()]
        sources = night_sources(store, settings, places)
        report = run_night(store, settings, sources, options=options, listener=listener)
        archive = do_archive(store, settings)
    if as_json:
        print_json({**_summary(report), "archive": archive})
    else:
        _print(report)
        _print_archive(archive)
    if not report.run.is_clean or report.problems or not archive.is_well:
        raise typer.Exit(1)


def _print_archive(night: "ArchiveNight") -> None:
    from qa.cli.show import terminal

    console = terminal()
    done = f"{night.copied.done} copied, {night.verified.done} read again and sound"
    console.print(f"archive        {done}, {night.deleted} deleted by request")
    for report, what, command in (
        (night.copied, "copied", "keep"),
        (night.verified, "as they should be", "verify"),
    ):
        if report.failed:
            line = f"{len(report.failed)} are not {what}: `qa archive {command}` names them"
            console.print(f"               {line}", style="yellow")
    _tell_problems("archive", night.problems)


def _tell_problems(part: str, problems: tuple[str, ...]) -> None:
    """Say what failed where the service's log has it too, which keeps no summaries."""
    for problem in problems:
        typer.secho(f"{part:<15}failed: {problem}", fg="red", err=True)


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _summary(report: "NightReport") -> dict[str, Any]:
    from qa.batch.runner import run_result

    issues = list(report.run.intake.issues)
    about = {"run_id": report.run.run_id, "continues": report.continues}
    more = {"standing": report.standing, "issues": issues, "reports": list(report.reports)}
    more["problems"] = list(report.problems)
    return {**about, **run_result(report.run), **more}


def _print(report: "NightReport") -> None:
    from qa.cli.run import print_run
    from qa.cli.show import terminal

    console = terminal()
    if report.continues is not None:
        console.print(f"continues      run {report.continues}, which was broken off")
    print_run(report.run)
    daily = report.run.daily
    console.print(
        f"reviewing      {daily.closed} calls became final, {len(daily.drawn)} checks drawn"
    )
    events = daily.events
    if events.found or events.candidates:
        console.print(
            f"events         {events.found} found, {events.candidates} candidates to decide"
        )
    if daily.booked is None:
        console.print("ledger         nothing booked: a scorecard is damaged", style="yellow")
    elif daily.booked:
        console.print(f"ledger         {daily.booked} entries booked")
    if report.reports:
        console.print(f"reports        {len(report.reports)} drafts are up to date")
    _tell_problems("reports", report.problems)
    standing = report.standing
    if standing.failed or standing.waiting:
        reasons = ", ".join(f"{code} {n}" for code, n in sorted(standing.failed.items()))
        failed = f"{sum(standing.failed.values())} recordings stand as failed ({reasons})"
        waits = f"{standing.waiting} wait to be transcribed"
        line = ", ".join([failed] * bool(reasons) + [waits] * bool(standing.waiting))
        console.print(f"in all         {line}", style="yellow", markup=False)
    console.print(f"kept           `qa runs show {report.run.run_id}` looks back")
