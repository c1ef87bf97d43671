"""Bring a recording to where it is heard: a file as it is, an object as a copy for a moment."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from qa.batch.jobs import Job
from qa.config import Settings
from qa.errors import EngineError, RecordingError, RecordingFault, ScratchError
from qa.ingest.objects import ObjectFile, is_object
from qa.transcribe.decode_process import ScratchFolder

_BLOCK = 1 << 20
_MAX_SUFFIX_CHARS = 8


@contextmanager
def at_hand(job: Job, settings: Settings) -> Iterator[Path]:
    """Give a job's recording as a file of this machine; a copy is removed afterwards.

    The copy lies in a private folder that is removed even after its owner was killed, by whoever
    comes next. It is never larger than `audio.max_file_mb`, and its bytes are those that were
    taken in.

    Raises:
        RecordingError: the object is gone, too large, or was exchanged.
        EngineError: the storage failed; trying again may help.
        ScratchError: there is no space for the copy.
        ConfigError: the extra is missing, or the storage does not take this machine's credentials.
    """
    if not is_object(job.path):
        yield Path(job.path)
        return
    file = ObjectFile(job.path, settings.s3)
    scratch = ScratchFolder(settings.audio.scratch_dir)
    try:
        suffix = file.suffix if len(file.suffix) <= _MAX_SUFFIX_CHARS else ""
        target = scratch.path / f"recording{suffix}"
        if _fetch(file, target, settings.audio.max_file_mb << 20) != job.recording_id:
            advice = "the object was exchanged after it was taken in; run again to take it in anew"
            raise RecordingError(file.name, RecordingFault.CHANGED, advice)
        yield target
    finally:
        scratch.remove()


def _fetch(file: ObjectFile, target: Path, max_bytes: int) -> str:
    """Copy an object into a new file; returns SHA-256 of its bytes, in hexadecimal."""
    with target.open("xb") as out:
        try:
            if file.stat().st_size > max_bytes:  # not a byte of it is moved
                raise _too_large(file, max_bytes)
            with file.open() as stream:
                return _copy(stream, out, file, max_bytes)
        except FileNotFoundError as error:
            advice = "the object is not there any more; put it back, or run ingest again"
            raise RecordingError(file.name, RecordingFault.VANISHED, advice) from error
        except OSError as error:
            problem = f"the storage failed ({error.strerror or type(error).__name__})"
            raise EngineError(file.name, problem) from error


def _copy(stream: BinaryIO, out: BinaryIO, file: ObjectFile, max_bytes: int) -> str:
    digest, size = hashlib.sha256(), 0
    while block := stream.read(_BLOCK):
        size += len(block)
        if size > max_bytes:
            raise _too_large(file, max_bytes)
        digest.update(block)
        try:
            out.write(block)
        except OSError as error:
            problem = f"no space for a copy ({error.strerror}); see audio.scratch_dir"
            raise ScratchError(file.name, problem) from error
    return digest.hexdigest()


def _too_large(file: ObjectFile, max_bytes: int) -> RecordingError:
    advice = f"larger than audio.max_file_mb = {max_bytes >> 20}"
    return RecordingError(file.name, RecordingFault.TOO_LARGE, advice)
