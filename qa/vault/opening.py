"""Reading a recording whether it is sealed or not."""

import contextlib
import io
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import BinaryIO, cast

from qa.vault.keys import KeyRing
from qa.vault.sealed import (
    MAGIC,
    PIECE_BYTES,
    SEALED_SUFFIX,
    SealedFile,
    read_header,
    unwrap,
)

_BLOCK = 1 << 20


def is_sealed(fd: int) -> bool:
    """Whether an open file is a sealed one; its position does not move."""
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        return False  # a pipe or a folder: whoever reads it says so
    return os.pread(fd, len(MAGIC), 0) == MAGIC


def own_suffix(path: Path) -> str:
    """Return the ending of a recording's own name, in lower case: `.wav` of `a.WAV.sealed`."""
    return Path(path.name.removesuffix(SEALED_SUFFIX)).suffix.lower()


def open_plain(path: Path, ring: KeyRing | None) -> BinaryIO:
    """Open a recording for reading anywhere in it; what is sealed is opened piece by piece.

    Nothing readable is written to a disk.

    Raises:
        OSError: it cannot be opened.
        RecordingError: LOCKED or SEAL_BROKEN.
    """
    file = path.open("rb")
    if not is_sealed(file.fileno()):
        return file
    with file:
        fd = os.dup(file.fileno())
    try:
        return cast("BinaryIO", io.BufferedReader(SealedFile(fd, path.name, ring), PIECE_BYTES))
    except BaseException:
        with contextlib.suppress(OSError):
            os.close(fd)
        raise


def plain_copy(sealed: BinaryIO, folder: Path | None) -> BinaryIO:
    """Copy what was opened into a file without a name, for libraries that need a real one.

    Its space is free again once it is closed or the process ends, however it ends.

    Args:
        folder: where the space is taken; None is the system's temporary folder.

    Raises:
        OSError: the disk is full.
        RecordingError: SEAL_BROKEN.
    """
    copy = cast("BinaryIO", tempfile.TemporaryFile(dir=folder))  # noqa: SIM115
    try:
        shutil.copyfileobj(sealed, copy, _BLOCK)
        copy.flush()
        copy.seek(0)
    except BaseException:
        copy.close()
        raise
    return copy


def data_key_of(path: Path, ring: KeyRing | None) -> bytes | None:
    """Find the key of one sealed file, for a process that shall open that file only.

    Returns:
        None for a file that is not sealed, or cannot be opened at all.

    Raises:
        RecordingError: LOCKED or SEAL_BROKEN.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if not is_sealed(fd):
            return None
        return unwrap(read_header(fd, path.name), ring, path.name)
    finally:
        os.close(fd)
