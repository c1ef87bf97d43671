"""Proving that recordings are empty, and carrying out what was approved to be deleted."""

import os
import stat
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from qa.batch.archive import Archive, archive_of, hash_of
from qa.batch.fetching import at_hand
from qa.batch.jobs import Job
from qa.config import Settings
from qa.errors import ConfigError, QAError, RecordingError
from qa.ingest.objects import ObjectFile, is_object
from qa.store import archive as rows
from qa.store import erasing
from qa.store.deletions import Deletion, DeletionKind, find_deletion
from qa.store.store import Session, Store
from qa.transcribe.audio import Decoder
from qa.transcribe.emptiness import prove_empty
from qa.types import Emptiness

NOT_EMPTY = "not_empty"
PROOFS_AT_ONCE = 20


def prove(store: Store, settings: Settings, *, limit: int = PROOFS_AT_ONCE) -> int:
    """Look at recordings that may be empty and of which nothing is proved yet.

    Returns:
        How many proofs were written.
    """
    with store.reading() as session:
        wanted = rows.unproved(session, limit=limit)
    if not wanted:
        return 0
    archive, count = archive_of(settings), 0
    with Decoder(settings.audio, archive.keys) as decoder:
        for one in wanted:
            found = _look(one.paths, one.recording_id, archive, decoder, settings)
            if found is not None:
                _write(store, one.recording_id, found)
                count += 1
    return count


def carry_out(store: Store, settings: Settings, *, at_once: bool = False) -> tuple[Deletion, ...]:
    """Do what was approved; what was broken off in the middle is finished.

    Args:
        at_once: what failed a short while ago, too, before its time has come.

    Returns:
        The deletions that were worked on, as they stand now.
    """
    with store.reading() as session:
        wanted = erasing.deletions_to_do(session, None if at_once else datetime.now(UTC))
    if not wanted:
        return ()
    archive = archive_of(settings)
    with Decoder(settings.audio, archive.keys) as decoder:
        for deletion in wanted:
            _carry_out(store, settings, archive, decoder, deletion)
    with store.reading() as session:
        return tuple(find_deletion(session, erasing.ALL, one.deletion_id) for one in wanted)


def _carry_out(
    store: Store, settings: Settings, archive: Archive, decoder: Decoder, deletion: Deletion
) -> None:
    now, number = datetime.now(UTC), deletion.deletion_id
    with store.reading() as session:
        begun = erasing.is_deleted(session, deletion.recording_id)
        paths = _paths_of(session, archive, deletion.recording_id)
    if deletion.kind is DeletionKind.EMPTY and not begun:
        found = _look(paths, deletion.recording_id, archive, decoder, settings)
        if found is not None:
            _write(store, deletion.recording_id, found)
        if found is None or not found.is_empty:
            with store.writing() as session:
                erasing.refuse(session, number, NOT_EMPTY, now)
            return
    with store.writing() as session:
        if erasing.begin_erasing(session, number, now):
            return
    with store.reading() as session:  # copied meanwhile?
        paths = _paths_of(session, archive, deletion.recording_id)
    left = [fault for path in paths if (fault := _remove(path, deletion.recording_id, archive))]
    _forget_caches(settings, deletion.recording_id)  # last: nobody can make them anew
    with store.writing() as session:
        if left:
            erasing.fail(session, number, ", ".join(sorted(set(left))), now)
        else:
            erasing.end_erasing(session, number, len(paths), now)


def _paths_of(session: Session, archive: Archive, recording_id: str) -> list[str]:
    """List the files that hold a recording, and the copy where the archive's folder lies now."""
    paths = [file.path for file in erasing.files_of(session, recording_id)]
    name = erasing.copy_of(session, recording_id)
    copy = str(archive.path_of(name)) if name else None
    return paths if copy is None or copy in paths else [*paths, copy]


def _remove(path: str, recording_id: str, archive: Archive) -> str:
    """Remove one file if it is the recording; say why it could not be, empty when it is gone.

    A link is left to whoever made it, and so is a file that holds something else by now.
    """
    if is_object(path):
        return _in_storage(ObjectFile(path, archive.storage))
    file = Path(path)
    try:
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode):
            return "no_regular_file"
        of_archive = file.is_relative_to(archive.folder) and file.name.startswith(recording_id)
        if not of_archive and hash_of(file, archive.keys) != recording_id:
            return ""
        file.unlink()
        _sync(file.parent)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except RecordingError as error:
        return error.fault.value
    except OSError:
        return "not_permitted"
    return ""


def _in_storage(file: ObjectFile) -> str:
    """Say whether an object is still there: its owner removes it; we have no right to."""
    try:
        file.stat()
    except FileNotFoundError:
        return ""
    except (OSError, ConfigError):
        return "not_permitted"
    return "in_storage"


def _look(
    paths: Sequence[str],
    recording_id: str,
    archive: Archive,
    decoder: Decoder,
    settings: Settings,
) -> Emptiness | None:
    """Look at the file that holds a recording; None where none can be looked at now."""
    for path in paths:
        try:
            if is_object(path):
                with at_hand(Job(recording_id, path, None), settings) as copy:
                    return prove_empty(copy, decoder)
            if hash_of(Path(path), archive.keys) == recording_id:
                return prove_empty(Path(path), decoder)
        except (QAError, OSError):
            continue
    return None


def _write(store: Store, recording_id: str, found: Emptiness) -> None:
    with store.writing() as session:
        rows.put_proof(session, recording_id, found, datetime.now(UTC))


def _forget_caches(settings: Settings, recording_id: str) -> None:
    cache = settings.data_dir / "cache"
    for folder in ("audio", "peaks"):
        for file in (cache / folder).glob(f"{recording_id}*"):
            file.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
