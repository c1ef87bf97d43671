"""`qa archive`: how recordings are kept: copies, keys, hashes, deletions, backup."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli.shared import JsonOption, clean, opened_store, print_json

if TYPE_CHECKING:
    from qa.batch.archive import ArchiveReport
    from qa.store.store import Store

EXIT_BAD = 1
app = typer.Typer(
    name="archive",
    help="Recordings kept for ever: copies, encryption, hashes, deletions, backup.",
    no_args_is_help=True,
)


@app.command("status")
def status(as_json: JsonOption = False) -> None:
    """Count recordings, copies, sealed copies, checks and alarms.

    Exit code 1: some recording is not as it should be.
    """
    from qa.batch.archive import archive_of
    from qa.store.archive import standing

    with opened_store() as (store, settings):
        archive = archive_of(settings)
        due = datetime.now(UTC) - timedelta(days=settings.archive.verify_days)
        with store.reading() as session:
            found = standing(session, due)
    if as_json:
        print_json(found)
    else:
        mode = settings.archive.keep + (", sealed" if archive.seals else "")
        typer.echo(f"kept           {found.recordings} recordings ({mode})")
        typer.echo(f"copies         {found.copied}, of these {found.sealed} sealed")
        typer.echo(
            f"read again     {found.checked} so far, {found.overdue} not within "
            f"{settings.archive.verify_days} days"
        )
        typer.echo(f"deleted        {found.deleted} by request")
        bad = ", ".join(f"{state} {count}" for state, count in found.bad.items())
        typer.echo(f"alarms         {bad or 'none'}")
    if found.bad:
        raise typer.Exit(EXIT_BAD)


@app.command("verify")
def verify_(
    everything: Annotated[
        bool, typer.Option("--all", help="Read every recording, also those read lately.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read recordings again and compare their hashes: those that are due, or all.

    Exit code 1: one is missing, changed, damaged or locked; its calls are named.
    """
    from qa.batch.archive import verify

    with opened_store() as (store, settings):
        report = verify(store, settings, everything=everything)
        _print(store, report, "read again and sound", as_json)


@app.command("keep")
def keep(as_json: JsonOption = False) -> None:
    """Copy into the archive what it lacks, and seal what is not sealed yet, as the settings say.

    Each copy is read back before it counts. Broken off, the same command goes on.
    """
    from qa.batch.archive import keep_copies

    with opened_store() as (store, settings):
        _print(store, keep_copies(store, settings), "copied", as_json)


@app.command("new-key")
def new_key_(file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")]) -> None:
    """Make a key file that only its owner can read. Keep a copy of it away from this machine.

    To change the key, write the new file's line above the old one and run `qa archive rotate`.
    """
    from qa.errors import ConflictError, StoreError
    from qa.vault import new_key

    try:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise ConflictError(f"{file} is there already; name a new file") from None
    except OSError as error:
        raise StoreError(f"cannot write {file}: {error.strerror}") from error
    with os.fdopen(handle, "w") as opened:
        opened.write(f"{new_key()}\n")
    typer.echo(f"{clean(str(file))}: a new key. Without it no sealed recording can ever be opened.")


@app.command("rotate")
def rotate_(as_json: JsonOption = False) -> None:
    """Wrap all sealed copies with the first key of the ring.

    The old key can go once `qa archive backup` has run again: a backup stays wrapped with it.
    """
    from qa.batch.archive import rotate

    with opened_store() as (store, settings):
        _print(store, rotate(store, settings), "wrapped with the first key", as_json)


@app.command("prove")
def prove_() -> None:
    """Look for speech in recordings that may be empty, and keep what was found."""
    from qa.batch.deleting import prove

    with opened_store() as (store, settings):
        count = prove(store, settings, limit=100_000)
    typer.echo(f"{count} recordings looked at")


@app.command("deletions")
def deletions(as_json: JsonOption = False) -> None:
    """List requests to delete a recording, and where each stands; deciding is done by people."""
    from qa.records import Scope
    from qa.store.deletions import list_deletions

    with opened_store() as (store, _), store.reading() as session:
        found = list_deletions(session, Scope(everything=True))
    if as_json:
        print_json(found)
        return
    for one in found:
        when = one.changed_at.astimezone(store.zone)
        typer.echo(
            f"{one.deletion_id}  {one.state.value}  {one.kind.value}  {clean(one.call_id)}  "
            f"{when:%Y-%m-%d %H:%M}  {clean(one.note)}"
        )


@app.command("carry-out")
def carry_out_() -> None:
    """Do what was approved to be deleted, and what failed before; the service does so by itself.

    It looks every minute; what failed it tries again after 1, 5, 30 minutes, 2, 12 and every 24
    hours. Exit code 1: a file could not be removed.
    """
    from qa.batch.deleting import carry_out
    from qa.store.deletions import DeletionState

    with opened_store() as (store, settings):
        done = carry_out(store, settings, at_once=True)
    for one in done:
        typer.echo(f"{one.deletion_id}  {one.state.value}  {clean(one.note)}")
    if any(one.state is DeletionState.FAILED for one in done):
        raise typer.Exit(EXIT_BAD)


@app.command("backup")
def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="On another disk.")],
    as_json: JsonOption = False,
) -> None:
    """Copy every recording into a folder, by its hash, and read each copy back.

    What is there and sound is passed over, so the same folder serves every night. Sealed copies
    stay sealed: keep the key file with the backup's owner, and never in this folder. The database
    is backed up by `qa db backup`.
    """
    from qa.batch.archive_backup import back_up_recordings

    with opened_store() as (store, settings):
        report = back_up_recordings(store, settings, folder)
        _print(store, report, "in the backup and sound", as_json)


@app.command("restore")
def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `backup` wrote.")],
    as_json: JsonOption = False,
) -> None:
    """Put recordings that are missing or damaged back from a backup, into the archive folder.

    Restore the database first. What is there and sound stays as it is.
    """
    from qa.batch.archive_backup import restore_recordings

    with opened_store() as (store, settings):
        _print(store, restore_recordings(store, settings, folder), "put back", as_json)


@app.command("attach")
def attach(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where files may lie.")],
    as_json: JsonOption = False,
) -> None:
    """Find recordings that are missing or damaged in any folder, by what their files hold.

    After a restore on another machine, say, where uploads and folders lie elsewhere: names do not
    matter. What is found is copied into the archive folder; the files stay as they are.
    """
    from qa.batch.archive_backup import attach_recordings

    with opened_store() as (store, settings):
        if not folder.is_dir():
            raise typer.BadParameter(f"no such folder: {folder}")
        _print(store, attach_recordings(store, settings, folder), "found and attached", as_json)


def _print(store: "Store", report: "ArchiveReport", what: str, as_json: bool) -> None:
    """Say what was done, and which calls' recordings could not be.

    Raises:
        typer.Exit: 1, some could not.
    """
    from qa.store.archive import calls_of_recording

    with store.reading() as session:
        failed = [
            {"recording_id": one, "why": why, "calls": calls_of_recording(session, one)}
            for one, why in report.failed
        ]
    if as_json:
        print_json({"done": report.done, "failed": failed})
    else:
        typer.echo(f"{report.done} recordings {what}")
        for one in failed:
            calls = ", ".join(one["calls"]) or str(one["recording_id"])[:12]
            typer.echo(f"  {clean(calls)}: {one['why']}")
    if failed:
        raise typer.Exit(EXIT_BAD)
