"""The parent's hold on the decoding process: start it, ask it, end it; and its scratch folder."""

import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import qa
from qa.config import AudioSettings
from qa.errors import ConfigError

_START_TIMEOUT_S = 120
_PREFIX = "qa-audio-"
_LOCK = "lock"
_YOUNG_S = 60
_LOG = "decoder.log"
_LOG_TAIL_CHARS = 300

# What the child may know of its surroundings: no QA_… setting, no secret.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH")
# Idle threads and their memory arenas would reserve most of the child's address space.
_SINGLE_THREADED = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
}


class ProcessDiedError(Exception):
    """The decoding process ended in the middle of a recording.

    Args:
        how: the signal's name, or the exit code.
    """


class ScratchFolder:
    """A private folder for decoded samples that does not outlive its owner for long.

    Its owner holds a lock on it. Folders whose lock is free were left by a process that was
    killed, and are removed by whoever comes next. (A lock and not a process number: containers
    may share the folder above and number their processes alike.)

    Args:
        parent: where to make it; None is the system's temporary folder.

    Raises:
        ConfigError: it cannot be made.
    """

    def __init__(self, parent: Path | None) -> None:
        above = parent or Path(tempfile.gettempdir())
        try:
            above.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(above)
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=above)).absolute()
            self._lock = os.open(self.path / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(
                f"audio.scratch_dir: no folder for decoded samples can be made in {above} "
                f"({error.strerror}); name one that the service may write."
            ) from error

    def clear(self) -> None:
        """Remove samples that a process left half written."""
        for file in self.path.glob("*.f32"):
            file.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the folder and all in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _remove_abandoned(above: Path) -> None:
    for folder in above.glob(f"{_PREFIX}*"):
        try:
            status = folder.lstat()
            if status.st_uid != os.geteuid() or time.time() - status.st_mtime < _YOUNG_S:
                continue  # not ours, or so young that its owner may be about to lock it
            lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            pass  # in use
        finally:
            os.close(lock)


class DecodeProcess:
    """A running `qa.transcribe.decode_child`. It reads one request and writes one reply a line.

    Args:
        scratch: folder for its samples and its log.
    """

    def __init__(self, settings: AudioSettings, scratch: Path) -> None:
        limits = {
            "scratch": str(scratch),
            "memory_mb": settings.decoder_memory_mb,
            "max_file_mb": settings.max_file_mb,
            "max_duration_s": settings.max_duration_s,
            "timeout_s": settings.decoder_timeout_s,
        }
        self._log = scratch / _LOG
        self._settings = settings
        self._pending = b""
        self._is_ready = False
        with self._log.open("wb") as log:
            self._popen = subprocess.Popen(
                # -P: a file numpy.py in a folder of recordings must not be imported
                [sys.executable, "-P", "-m", "qa.transcribe.decode_child", json.dumps(limits)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                bufsize=0,
                cwd=scratch,
                env=_environment(),
                start_new_session=True,  # Ctrl-C in a terminal reaches the parent alone
            )

    @property
    def pid(self) -> int:
        """Process number."""
        return self._popen.pid

    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._popen.poll() is None

    def ask(self, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """Send a request and wait for its reply.

        Raises:
            TimeoutError: no reply in time.
            ProcessDiedError: the process ended before it replied.
            ConfigError: the process never came up.
        """
        self._wait_until_ready()
        try:
            os.write(self._stdin, json.dumps(request).encode() + b"\n")
        except BrokenPipeError:
            raise ProcessDiedError(self._how_it_ended()) from None
        return self._next_line(timeout_s)

    def end(self) -> None:
        """Kill it and wait until it is gone. Ending twice is fine."""
        self._popen.kill()
        self._popen.wait()
        for pipe in (self._popen.stdin, self._popen.stdout):
            if pipe:
                pipe.close()

    @property
    def _stdin(self) -> int:
        if self._popen.stdin is None:
            raise ProcessDiedError("no pipe")
        return self._popen.stdin.fileno()

    @property
    def _stdout(self) -> int:
        if self._popen.stdout is None:
            raise ProcessDiedError("no pipe")
        return self._popen.stdout.fileno()

    def _wait_until_ready(self) -> None:
        if self._is_ready:
            return
        try:
            self._next_line(_START_TIMEOUT_S)
        except (TimeoutError, ProcessDiedError) as error:
            said = self._log.read_text(errors="replace").strip()[-_LOG_TAIL_CHARS:]
            raise ConfigError(
                f"the decoding process does not start with audio.decoder_memory_mb = "
                f"{self._settings.decoder_memory_mb}: {said or error}"
            ) from error
        self._is_ready = True

    def _next_line(self, timeout_s: float) -> dict[str, Any]:
        deadline = time.monotonic() + timeout_s
        poll = select.poll()  # not select(): a service may hold more than 1024 descriptors
        poll.register(self._stdout, select.POLLIN)
        while b"\n" not in self._pending:
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise TimeoutError
            data = os.read(self._stdout, 65536)
            if not data:
                raise ProcessDiedError(self._how_it_ended())
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _how_it_ended(self) -> str:
        code = self._popen.wait()
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _environment() -> dict[str, str]:
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    package_folder = str(Path(qa.__file__).resolve().parent.parent)
    return {**passed, **_SINGLE_THREADED, "PYTHONPATH": package_folder}
