"""The process that opens recordings: `python -m qa.transcribe.decode_child`.

Libraries that parse foreign bytes run here and nowhere else. The process limits itself before it
loads them, reads one JSON request a line, and answers each with one JSON line; it ends when its
standard input closes, which also happens when its parent is killed. `audio.py` is the other side.
"""

import contextlib
import errno
import hashlib
import json
import os
import queue
import resource
import select
import shutil
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from qa.errors import RecordingError, RecordingFault
from qa.transcribe.containers import SAMPLE_BYTES, SAMPLE_RATE_HZ, RejectedError, Source, inspect
from qa.vault import SealedFile, is_sealed, own_suffix, plain_copy

_HASH_BLOCK_BYTES = 1 << 20
_SPARE_SCRATCH_BYTES = 64 << 20
_PARENT_POLL_S = 2.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one recording may cost; sent by the parent when it starts the process.

    Attributes:
        scratch: folder for the samples, private to this process and its parent.
    """

    scratch: str
    memory_mb: int
    max_file_mb: int
    max_duration_s: int
    timeout_s: int

    def apply(self) -> None:
        """Bind the process; the parent's wall clock does the rest."""
        frames = self.max_duration_s * SAMPLE_RATE_HZ
        for name, value in (
            (resource.RLIMIT_AS, self.memory_mb << 20),
            (
                resource.RLIMIT_FSIZE,
                max(frames * SAMPLE_BYTES + (1 << 20), (self.max_file_mb + 1) << 20),
            ),
            (resource.RLIMIT_NOFILE, 32),
            (resource.RLIMIT_CORE, 0),
        ):
            try:
                resource.setrlimit(name, (value, value))
            except (ValueError, OSError):  # macOS refuses RLIMIT_AS; a lower hard limit may stand
                continue
        # When the machine runs out of memory, this process goes before a worker with a model.
        if sys.platform == "linux":
            Path("/proc/self/oom_score_adj").write_text("500")

    def allow_cpu(self) -> None:
        """Grant the next recording its processor time; beyond it the kernel ends the process."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(used.ru_utime + used.ru_stime) + self.timeout_s + 5
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def main() -> None:
    """Serve decode requests until standard input closes."""
    limits = Limits(**json.loads(sys.argv[1]))
    limits.apply()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # a library that prints must not garble the replies
    import qa.transcribe.decode_readers as readers  # loads NumPy, soundfile and soxr

    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(limits.scratch, requests), daemon=True).start()
    replies.write(b'{"ready": true}\n')
    while True:
        request = json.loads(requests.get())
        limits.allow_cpu()
        reply = _answer(request, limits, readers)
        replies.write(json.dumps({"job": request["job"], **reply}).encode() + b"\n")


def _listen(scratch: str, requests: "queue.SimpleQueue[bytes]") -> None:
    """Pass request lines on; end the process at once when the parent is gone.

    The parent is also asked for by number, because a process that it forked meanwhile may hold
    its end of the pipe open.
    """
    parent, pending = os.getppid(), b""
    while os.getppid() == parent:
        if not select.select([0], [], [], _PARENT_POLL_S)[0]:
            continue
        data = os.read(0, 65536)
        if not data:
            break
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            requests.put(line)
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(0)


def _answer(request: dict[str, Any], limits: Limits, readers: Any) -> dict[str, Any]:
    try:
        return decode(request, limits, readers)
    except RejectedError as error:
        return {"fault": error.fault.value, "advice": error.advice}
    except MemoryError:
        return {
            "fault": RecordingFault.DECODER_CRASHED.value,
            "advice": "decoding needs more memory than audio.decoder_memory_mb allows; "
            "raise it or convert the recording to WAV.",
        }
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return {"scratch": "the scratch folder is full; free space or set audio.scratch_dir."}
        return _unreadable(error)
    except Exception as error:  # the fence per recording: nothing a file provokes may pass it
        return _unreadable(error)


def _unreadable(error: BaseException) -> dict[str, Any]:
    """Name the error's class only: its text may hold paths or bytes of the file."""
    return {
        "fault": RecordingFault.UNREADABLE.value,
        "advice": f"the file is damaged ({type(error).__name__}); copy or export it again.",
    }


def decode(request: dict[str, Any], limits: Limits, readers: Any) -> dict[str, Any]:
    """Decode one recording into a scratch file per channel.

    Args:
        request: `job` (number, names the scratch files) and `path` (absolute). With `probe` only
            the structure and the first seconds are looked at, and nothing is kept; its value is
            the ending to take for the file's own. With `vad`, webrtcvad's aggressiveness, the
            speech is measured, too.

    Returns:
        What the parent needs for a `Recording`, and the number of samples per channel; `clipped`
        where speech was measured (`speech_files.py`); for a probe `codec`, `rate_hz` and
        `channels`.

    Raises:
        RejectedError: the recording cannot be used.
        OSError: the scratch folder cannot be written.
    """
    path = request["path"]
    with open_recording(path) as file:
        before = os.fstat(file.fileno())
        try:
            with opened(file, request, limits) as plain:
                size = os.fstat(plain.fileno()).st_size
                result = _decode_open_file(plain, request, limits, readers)
        except (RejectedError, ValueError, RuntimeError, EOFError):
            check_unchanged(path, file.fileno(), before)  # explains the fault better than itself
            raise
        check_unchanged(path, file.fileno(), before)
    return {**result, "size_bytes": size}


@contextlib.contextmanager
def opened(file: BinaryIO, request: dict[str, Any], limits: Limits) -> Iterator[BinaryIO]:
    """Give the recording in an open file; a sealed one is opened into a file without a name.

    Raises:
        RejectedError: LOCKED or SEAL_BROKEN.
        OSError: the scratch folder is full.
    """
    if not is_sealed(file.fileno()):
        yield file
        return
    key = bytes.fromhex(request.get("data_key", ""))
    try:
        sealed = SealedFile(os.dup(file.fileno()), "", None, data_key=key or None)
        if sealed.header.size_bytes > limits.max_file_mb << 20:
            raise _too_large(limits)
        check_space(limits.scratch, sealed.header.size_bytes + _SPARE_SCRATCH_BYTES)
        with sealed, plain_copy(cast("BinaryIO", sealed), Path(limits.scratch)) as plain:
            yield plain
    except RecordingError as error:
        raise RejectedError(error.fault, error.advice) from error


def _decode_open_file(
    file: BinaryIO, request: dict[str, Any], limits: Limits, readers: Any
) -> dict[str, Any]:
    fd, size = file.fileno(), os.fstat(file.fileno()).st_size
    if size == 0:
        raise RejectedError(
            RecordingFault.EMPTY_FILE, "the file is empty; copy it again from the recorder."
        )
    if size > limits.max_file_mb << 20:
        raise _too_large(limits)
    source = inspect(fd, size, request.get("probe") or own_suffix(Path(request["path"])))
    check_space(limits.scratch, _SPARE_SCRATCH_BYTES)
    stem = str(Path(limits.scratch) / str(request["job"]))
    if "probe" in request:
        with readers.ProbeWriter(stem, limits.max_duration_s, check_space) as probe:
            return _probe(source, probe, readers)
    digest = hash_file(fd)
    with readers.ScratchWriter(stem, limits.max_duration_s, check_space) as writer:
        _read(source, writer, readers)
        reply = {**writer.finish(), "sha256": digest}
    if "vad" in request:
        from qa.transcribe import speech_files  # not before: few of those who decode need it

        shape = speech_files.Shape(stem, reply["channels"], reply["samples"])
        reply["clipped"] = speech_files.measure(shape, request["vad"])
    return reply


def _too_large(limits: Limits) -> RejectedError:
    return RejectedError(
        RecordingFault.TOO_LARGE,
        f"the file is larger than {limits.max_file_mb} MiB (audio.max_file_mb); split it.",
    )


def _probe(source: Source, probe: Any, readers: Any) -> dict[str, Any]:
    with contextlib.suppress(readers.EnoughError):
        _read(source, probe, readers)
    found: dict[str, Any] = probe.found()
    return found


def _read(source: Source, writer: Any, readers: Any) -> None:
    """Read with libsndfile where it knows the format, else, or when it refuses, with FFmpeg."""
    if not readers.read_with_sndfile(source, writer):
        readers.read_with_ffmpeg(source, writer)


def open_recording(path: str) -> BinaryIO:
    """Open a regular file for reading, without waiting on pipes or devices.

    Raises:
        RejectedError: VANISHED, NOT_AUDIO (not a regular file) or UNREADABLE (not permitted).
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        raise vanished() from None
    except OSError as error:
        raise RejectedError(
            RecordingFault.UNREADABLE,
            f"the file cannot be opened ({errno.errorcode.get(error.errno or 0, 'unknown')}); "
            "give the service the right to read it.",
        ) from error
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise RejectedError(
            RecordingFault.NOT_AUDIO, "this is a folder or device, not a file; name a recording."
        )
    return os.fdopen(fd, "rb", buffering=0)


def vanished() -> RejectedError:
    """Make the error for a file that is not, or no longer, there."""
    return RejectedError(
        RecordingFault.VANISHED, "the file is no longer there; take it in again when it is back."
    )


def check_unchanged(path: str, fd: int, before: os.stat_result) -> None:
    """Make sure that the bytes read are the bytes hashed, and still stand under the name.

    Raises:
        RejectedError: VANISHED or CHANGED.
    """
    try:
        named = Path(path).stat()
    except OSError:
        raise vanished() from None
    for after in (os.fstat(fd), named):
        if _identity(after) != _identity(before):
            raise RejectedError(
                RecordingFault.CHANGED,
                "the file changed while it was read; take it in again once it is complete.",
            )


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def hash_file(fd: int) -> str:
    """SHA-256 of the whole file in hexadecimal; the descriptor's position does not move."""
    digest, at = hashlib.sha256(), 0
    while block := os.pread(fd, _HASH_BLOCK_BYTES, at):
        digest.update(block)
        at += len(block)
    return digest.hexdigest()


def check_space(folder: str, spare_bytes: int) -> None:
    """Leave room on the disk for everyone else.

    Raises:
        OSError: ENOSPC, less than `spare_bytes` are free.
    """
    disk = os.statvfs(folder)
    if disk.f_bavail * disk.f_frsize < spare_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


if __name__ == "__main__":
    main()
