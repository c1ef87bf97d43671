"""The archive's work: keep a copy of each recording, read all again in turn, prove what is empty.

Everything can be broken off at any moment and goes on where it stood when it is started again.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from qa.batch.uploads import archive_folder, upload_folder
from qa.config import Settings
from qa.errors import ConfigError, QAError, RecordingError, RecordingFault
from qa.ingest.objects import ObjectFile, is_object
from qa.sections import S3Settings
from qa.store import archive as rows
from qa.store.archive import Copy, Kept, ToKeep
from qa.store.store import Store
from qa.vault import (
    SEALED_SUFFIX,
    KeyRing,
    load_ring,
    open_plain,
    own_suffix,
    rewrap,
    seal_file,
    sync_folder,
)

_BLOCK = 1 << 20
_KNOWN_SUFFIXES = 8
STORAGE_AWAY = "storage_away"
"""Why a recording in S3-compatible storage could not be read again; it may well be there."""
OnShare = Callable[[int, int], None]
"""Is told how many recordings are done, and of how many."""


class StorageAwayError(QAError):
    """The S3-compatible storage of a recording does not answer, or refuses this machine."""

    def __str__(self) -> str:
        return "the storage of recordings does not answer; see s3.endpoint_url, and try again"


@dataclass(frozen=True, slots=True)
class Archive:
    """The archive of one house: its folder and its keys.

    Attributes:
        folder: absolute; made when it is first needed.
        keys: None where there are none.
        seals: whether copies are sealed.
        copies: whether copies are made at all.
        storage: where recordings lie that are objects; they are read again there, and the archive
            keeps no copy of them.
    """

    folder: Path
    keys: KeyRing | None = field(repr=False)
    seals: bool
    copies: bool
    storage: S3Settings = field(default_factory=S3Settings)

    def path_of(self, name: str) -> Path:
        """Find a copy; its name never leads out of the folder.

        Raises:
            ConfigError: the name is none that the archive gives.
        """
        path = self.folder / name
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise ConfigError("the archive's tables name a file outside its folder")
        return path


@dataclass(frozen=True, slots=True)
class ArchiveReport:
    """What was done.

    Attributes:
        failed: recording id and why, of those that could not be done.
    """

    done: int
    failed: tuple[tuple[str, str], ...] = ()


def archive_of(settings: Settings) -> Archive:
    """Read what the settings say of the archive.

    Raises:
        ConfigError: it shall be sealed without a key, or without copies.
    """
    wanted = settings.archive
    keys = load_ring(wanted.key_file)
    if wanted.seal and wanted.keep != "copy":
        raise ConfigError("archive.seal: only copies are sealed; set archive.keep = 'copy', too.")
    if wanted.seal and keys is None:
        raise ConfigError(
            "archive.seal: there is no key; `qa archive new-key FILE` makes one, and "
            "archive.key_file names it."
        )
    return Archive(archive_folder(settings), keys, wanted.seal, wanted.keep == "copy", settings.s3)


def keep_copies(
    store: Store,
    settings: Settings,
    *,
    limit: int | None = None,
    told: OnShare = lambda done, total: None,
) -> ArchiveReport:
    """Copy every recording that the archive lacks into it, sealed where that is set.

    A copy counts once it was read back and its hash is right. Uploads, and copies that are not
    sealed yet, give way to it; files in other folders stay as they are, and so does what lies in
    S3-compatible storage only: that storage is its archive.

    Raises:
        ConfigError: see `archive_of`.
    """
    archive = archive_of(settings)
    if not archive.copies:
        return ArchiveReport(0)
    own = upload_folder(settings)
    with store.reading() as session:
        lacking = rows.to_copy(session, seal=archive.seals, limit=limit)
    wanted = [one for one in lacking if not lies_in_storage(one)]
    done, failed = 0, []
    _sweep(archive.folder)
    for number, one in enumerate(wanted):
        told(number, len(wanted))
        try:
            _keep(store, archive, one, own)
            done += 1
        except (QAError, OSError) as error:
            failed.append((one.recording_id, _cause(error)))
    return ArchiveReport(done, tuple(failed))


def verify(
    store: Store,
    settings: Settings,
    *,
    everything: bool = False,
    limit: int | None = None,
    told: OnShare = lambda done, total: None,
) -> ArchiveReport:
    """Read recordings again and compare their hashes: those that are due, or all.

    A storage that does not answer says nothing of what lies in it: those recordings stay due.

    Args:
        everything: also those that were read lately.

    Returns:
        How many are well; `failed` holds the others with their state, or `STORAGE_AWAY`.

    Raises:
        ConfigError: see `archive_of`; or the storage takes no credentials of this machine.
    """
    archive = archive_of(settings)
    now = datetime.now(UTC)
    days = timedelta(days=settings.archive.verify_days)
    with store.reading() as session:
        wanted = rows.due_checks(session, now if everything else now - days, limit=limit)
    done, failed, is_away = 0, [], False
    for number, one in enumerate(wanted):
        told(number, len(wanted))
        try:
            if is_away and lies_in_storage(one):
                raise StorageAwayError
            state = how_kept(archive, one)
        except StorageAwayError:
            is_away = True  # asked once, not once for each recording
            failed.append((one.recording_id, STORAGE_AWAY))
            continue
        with store.writing() as session:
            rows.put_check(session, one.recording_id, state, datetime.now(UTC))
        if state is Kept.OK:
            done += 1
        else:
            failed.append((one.recording_id, state.value))
    return ArchiveReport(done, tuple(failed))


def how_kept(archive: Archive, one: ToKeep) -> Kept:
    """Read a recording where it should lie: the archive's copy, else any file known to hold it.

    Where there is a copy, it is the copy that counts: the other files are their owners' to remove.

    Raises:
        StorageAwayError: it may lie in a storage that cannot be asked now.
        ConfigError: the storage takes no credentials of this machine.
    """
    if one.name is not None:
        return _state(archive.path_of(one.name), one.recording_id, archive.keys)
    states = []
    for path in sorted(one.paths, key=is_object):  # files of this machine first
        if is_object(path):
            state = _state_of_object(ObjectFile(path, archive.storage), one.recording_id)
        else:
            state = _state(Path(path), one.recording_id, archive.keys)
        if state is Kept.OK:
            return state
        states.append(state)
    order = (Kept.LOCKED, Kept.DAMAGED, Kept.CHANGED)
    return next((state for state in order if state in states), Kept.MISSING)


def lies_in_storage(one: ToKeep) -> bool:
    """Whether a recording lies in S3-compatible storage only: that storage is its archive."""
    return one.name is None and bool(one.paths) and all(map(is_object, one.paths))


def rotate(
    store: Store, settings: Settings, told: OnShare = lambda done, total: None
) -> ArchiveReport:
    """Wrap every sealed copy with the first key of the ring; sound is not encrypted anew.

    Raises:
        ConfigError: there is no key.
    """
    archive = archive_of(settings)
    if archive.keys is None:
        raise ConfigError("there is no key to wrap with; set archive.key_file.")
    with store.reading() as session:
        wanted = [one for one in rows.all_kept(session) if one.name]
    done, failed = 0, []
    for number, one in enumerate(wanted):
        told(number, len(wanted))
        path = archive.path_of(one.name or "")
        if not path.name.endswith(SEALED_SUFFIX):
            continue
        try:
            if rewrap(path, archive.keys):
                done += 1
                note_file(store, archive, one.recording_id, path)
        except (QAError, OSError) as error:
            failed.append((one.recording_id, _cause(error)))
    cached = settings.data_dir / "cache" / "audio"
    for copy in cached.glob(f"*{SEALED_SUFFIX}"):  # made anew with the new key when next played
        copy.unlink(missing_ok=True)
    return ArchiveReport(done, tuple(failed))


def hash_of(path: Path, keys: KeyRing | None) -> str:
    """Hash what a recording's file holds, sealed or not.

    Raises:
        OSError: it cannot be read.
        RecordingError: LOCKED or SEAL_BROKEN.
    """
    digest = hashlib.sha256()
    with open_plain(path, keys) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _keep(store: Store, archive: Archive, one: ToKeep, own: Path) -> None:
    files = [Path(path) for path in one.paths if not is_object(path)]
    source = next((file for file in files if _is_whole(file, one, archive)), None)
    if source is None:
        advice = "no file of this machine holds it any more; put it back, or run ingest again."
        raise RecordingError(one.recording_id, RecordingFault.VANISHED, advice)
    target = _target(archive, source, one.recording_id)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open_plain(source, archive.keys) as opened:
        if archive.seals and archive.keys:
            seal_file(opened, target, archive.keys, bytes.fromhex(one.recording_id))
        else:
            _copy(opened, target)
    if hash_of(target, archive.keys) != one.recording_id:
        target.unlink()
        raise RecordingError(
            one.recording_id, RecordingFault.CHANGED, "it changed while it was copied."
        )
    _sync_names(target, archive)
    ours = [file for file in files if _is_ours(file, archive, own) and file != target]
    note_file(store, archive, one.recording_id, target, instead_of=[str(file) for file in ours])
    for file in ours:
        file.unlink(missing_ok=True)


def _sync_names(target: Path, archive: Archive) -> None:
    """Make a copy's name outlive a power cut before what it takes the place of goes."""
    for folder in target.parents:
        if not folder.is_relative_to(archive.folder):
            return
        sync_folder(folder)


def note_file(
    store: Store,
    archive: Archive,
    recording_id: str,
    path: Path,
    *,
    instead_of: list[str] | None = None,
) -> None:
    """Write down a copy that lies in the archive folder, and what it takes the place of.

    Raises:
        RecordingError: DELETED, the recording was deleted meanwhile; the copy is removed.
    """
    status = path.stat()
    copy = Copy(
        recording_id=recording_id,
        name=path.relative_to(archive.folder).as_posix(),
        path=str(path),
        root=str(archive.folder),
        is_sealed=path.name.endswith(SEALED_SUFFIX),
        size_bytes=status.st_size,
        mtime_ns=status.st_mtime_ns,
    )
    try:
        with store.writing() as session:
            rows.put_copy(session, copy, datetime.now(UTC), instead_of=instead_of or [])
    except RecordingError:
        path.unlink(missing_ok=True)
        raise


def _is_ours(path: Path, archive: Archive, own: Path) -> bool:
    """Whether a file lies in a folder of our own: uploads, or the archive itself."""
    return path.is_relative_to(own) or path.is_relative_to(archive.folder)


def _is_whole(path: Path, one: ToKeep, archive: Archive) -> bool:
    return _state(path, one.recording_id, archive.keys) is Kept.OK


def _state(path: Path, recording_id: str, keys: KeyRing | None) -> Kept:
    try:
        same = hash_of(path, keys) == recording_id
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return Kept.MISSING
    except RecordingError as error:
        return Kept.LOCKED if error.fault is RecordingFault.LOCKED else Kept.DAMAGED
    except OSError:
        return Kept.DAMAGED
    return Kept.OK if same else Kept.CHANGED


def _state_of_object(file: ObjectFile, recording_id: str) -> Kept:
    digest = hashlib.sha256()
    try:
        with file.open() as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except FileNotFoundError:
        return Kept.MISSING
    except OSError as error:
        raise StorageAwayError from error
    return Kept.OK if digest.hexdigest() == recording_id else Kept.CHANGED


def _target(archive: Archive, source: Path, recording_id: str) -> Path:
    """Name a copy after the recording's hash, with the ending that decoding goes by."""
    suffix = own_suffix(source)
    suffix = suffix if suffix[1:].isalnum() and len(suffix) <= _KNOWN_SUFFIXES else ""
    name = f"{recording_id}{suffix}{SEALED_SUFFIX if archive.seals else ''}"
    return archive.folder / recording_id[:2] / recording_id[2:4] / name


def _copy(source: BinaryIO, target: Path) -> None:
    part = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with part.open("xb") as file:
            shutil.copyfileobj(source, file, _BLOCK)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Remove what copies that were broken off have left."""
    if not folder.is_dir():
        return
    old = datetime.now(UTC).timestamp() - 3600
    for part in folder.rglob(".*.partial"):
        with contextlib.suppress(OSError):
            if part.stat().st_mtime < old:
                part.unlink()


def _cause(error: BaseException) -> str:
    if isinstance(error, RecordingError):
        return error.fault.value
    return (error.strerror or "OSError") if isinstance(error, OSError) else str(error)
