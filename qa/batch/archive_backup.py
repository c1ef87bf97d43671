"""A backup of the recordings: a folder of files named by their hashes, each read back."""

import os
import shutil
from pathlib import Path

from qa.batch.archive import (
    Archive,
    ArchiveReport,
    archive_of,
    hash_of,
    how_kept,
    lies_in_storage,
    note_file,
)
from qa.config import Settings
from qa.errors import ConfigError, QAError
from qa.store import archive as rows
from qa.store.archive import Kept, ToKeep
from qa.store.store import Store
from qa.vault import SEALED_SUFFIX, rewrap


def back_up_recordings(store: Store, settings: Settings, folder: Path) -> ArchiveReport:
    """Copy every recording into a folder; those that are there and sound are passed over.

    Sealed files that an earlier key wraps are wrapped with the first key of the ring, as `rotate`
    does in the archive, so that the earlier key can go.

    Returns:
        How many lie there and are sound; `failed` names those of which no sound file was found.

    Raises:
        ConfigError: the folder cannot be written, or is the archive itself.
    """
    archive = archive_of(settings)
    folder = folder.absolute()
    if folder.resolve().is_relative_to(archive.folder.resolve()):
        raise ConfigError("a backup belongs outside the archive folder, on another disk.")
    with store.reading() as session:
        wanted = [one for one in rows.all_kept(session) if not lies_in_storage(one)]
    done, failed = 0, []
    for one in wanted:
        try:
            there = _there(folder, one.recording_id, archive)
            if there is not None and there.name.endswith(SEALED_SUFFIX) and archive.keys:
                rewrap(there, archive.keys)
            if there or _back_up(folder, one, archive):
                done += 1
            else:
                failed.append((one.recording_id, Kept.MISSING.value))
        except OSError as error:
            raise ConfigError(f"the backup folder: {error.strerror}") from error
    return ArchiveReport(done, tuple(failed))


def restore_recordings(store: Store, settings: Settings, folder: Path) -> ArchiveReport:
    """Put back what is missing or damaged, into the archive folder.

    Returns:
        How many were put back; `failed` names those that the backup has no sound file of.
    """
    archive = archive_of(settings)
    with store.reading() as session:
        wanted = [one for one in rows.all_kept(session) if not lies_in_storage(one)]
    done, failed = 0, []
    for one in wanted:
        if how_kept(archive, one) is Kept.OK:
            continue
        source = _there(folder.absolute(), one.recording_id, archive)
        if source is None:
            failed.append((one.recording_id, Kept.MISSING.value))
            continue
        target = archive.folder / one.recording_id[:2] / one.recording_id[2:4] / source.name
        _copy(source, target)
        note_file(store, archive, one.recording_id, target)
        done += 1
    return ArchiveReport(done, tuple(failed))


def attach_recordings(store: Store, settings: Settings, folder: Path) -> ArchiveReport:
    """Find recordings that are missing or damaged among files of any name, by their content.

    As after a database was restored and its uploads or folders lie elsewhere. What is found is
    copied into the archive folder; the files stay as they are.

    Returns:
        How many were found; `failed` names those of which no file holds the content.

    Raises:
        ConfigError: the folder cannot be read.
    """
    archive = archive_of(settings)
    with store.reading() as session:
        known = [one for one in rows.all_kept(session) if not lies_in_storage(one)]
        sizes = rows.sizes_of(session)
    wanted = {one.recording_id for one in known if how_kept(archive, one) is not Kept.OK}
    lost, done = len(wanted), 0
    try:
        files = sorted(path for path in folder.absolute().rglob("*") if path.is_file())
    except OSError as error:
        raise ConfigError(f"the folder of recordings: {error.strerror}") from error
    lengths = {sizes[one] for one in wanted if one in sizes}
    for file in files if lost else ():
        is_sealed = file.name.endswith(SEALED_SUFFIX)
        if not is_sealed and file.stat().st_size not in lengths:
            continue
        recording_id = _content(file, archive)
        if recording_id not in wanted:
            continue
        name = recording_id + "".join(file.suffixes[-2:] if is_sealed else [file.suffix])
        target = archive.folder / recording_id[:2] / recording_id[2:4] / name
        _copy(file, target)
        note_file(store, archive, recording_id, target)
        wanted.remove(recording_id)
        done += 1
    return ArchiveReport(done, tuple((one, Kept.MISSING.value) for one in sorted(wanted)))


def _content(file: Path, archive: Archive) -> str:
    """Hash what a file holds; empty where it cannot be read or opened."""
    try:
        return hash_of(file, archive.keys)
    except (QAError, OSError):
        return ""


def _there(folder: Path, recording_id: str, archive: Archive) -> Path | None:
    """Find a sound file of a recording in a backup."""
    for file in sorted((folder / recording_id[:2]).glob(f"{recording_id}*")):
        if _is_sound(file, recording_id, archive):
            return file
    return None


def _is_sound(file: Path, recording_id: str, archive: Archive) -> bool:
    try:
        return file.is_file() and hash_of(file, archive.keys) == recording_id
    except (QAError, OSError):
        return False


def _back_up(folder: Path, one: ToKeep, archive: Archive) -> Path | None:
    own = [archive.path_of(one.name)] if one.name else []
    for source in (*own, *map(Path, one.paths)):
        if not _is_sound(source, one.recording_id, archive):
            continue
        suffix = (
            "".join(source.suffixes[-2:])
            if source.name.endswith(SEALED_SUFFIX)
            else (source.suffix)
        )
        target = folder / one.recording_id[:2] / f"{one.recording_id}{suffix}"
        _copy(source, target)
        if _is_sound(target, one.recording_id, archive):
            return target
        target.unlink()
    return None


def _copy(source: Path, target: Path) -> None:
    """Copy a file as it is, sealed or not; it appears whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with source.open("rb") as one, part.open("xb") as other:
            shutil.copyfileobj(one, other, 1 << 20)
            other.flush()
            os.fsync(other.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
