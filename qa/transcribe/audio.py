"""Recordings in: any accepted file becomes one stream of 16 kHz float32 samples per channel.

Foreign bytes are parsed in a process with limits: `decode_child.py`, and why in
`docs/decisions/0006-decoding-in-its-own-process.md`. Samples come back through scratch files, so
that neither process ever holds a whole call.
"""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from qa.config import AudioSettings
from qa.errors import (
    AudioDecodeError,
    AudioTooShortError,
    RecordingError,
    RecordingFault,
    ScratchError,
)
from qa.transcribe.containers import SAMPLE_BYTES, SAMPLE_RATE_HZ
from qa.transcribe.decode_process import DecodeProcess, ProcessDiedError, ScratchFolder
from qa.vault import KeyRing, data_key_of

if TYPE_CHECKING:
    from qa.transcribe.vad import Frames

__all__ = ["SAMPLE_RATE_HZ", "ChannelAudio", "DecodedRecording", "Decoder", "Recording"]

_NOTHING_TO_INSPECT = frozenset({RecordingFault.NO_SAMPLES, RecordingFault.SILENT})


@dataclass(frozen=True, slots=True)
class Recording:
    """A file that could be decoded.

    Attributes:
        recording_id: SHA-256 of the file's bytes, in hexadecimal.
        source_rate_hz: sample rate inside the file.
        codec: container and encoding, such as `wav/alaw` or `mp3/mp3`.
    """

    recording_id: str
    path: Path
    size_bytes: int
    duration_ms: int
    source_rate_hz: int
    channel_count: int
    codec: str


@dataclass(frozen=True, slots=True)
class Probed:
    """What a look at a file's structure and its first seconds tells.

    Attributes:
        rate_hz: sample rate inside the file.
        codec: container and encoding, such as `wav/alaw` or `mp3/mp3`.
    """

    rate_hz: int
    channel_count: int
    codec: str


class ChannelAudio:
    """One channel at 16 kHz, read from disk piece by piece; safe to share between threads."""

    def __init__(self, fd: int, n_samples: int) -> None:
        self._fd = fd
        self.n_samples = n_samples

    def read(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Read samples `[start, stop)`, cut at the end of the channel like a slice.

        Args:
            start: first sample, at 16 kHz; not negative.
            stop: sample after the last.

        Returns:
            A new float32 array in [-1, 1], shape `(n,)`; empty where nothing lies in between.

        Raises:
            ValueError: start is negative.
        """
        if start < 0:
            raise ValueError(f"samples start at 0, not {start}")
        samples = np.empty(max(0, min(stop, self.n_samples) - start), np.float32)
        if not len(samples):
            return samples
        rest, at = samples.data.cast("B"), start * SAMPLE_BYTES
        while rest:
            count = os.preadv(self._fd, [rest], at)
            if count == 0:
                raise OSError("the scratch file is shorter than it was written")
            rest, at = rest[count:], at + count
        return samples


class DecodedRecording:
    """A recording's samples on disk. Use it as a context manager, or close it.

    The scratch files have no name any more: the disk space is free once this is closed or the
    process ends, however it ends.
    """

    def __init__(self, recording: Recording, fds: tuple[int, ...], n_samples: int) -> None:
        self.recording = recording
        self._fds = fds
        self._channels = tuple(ChannelAudio(fd, n_samples) for fd in fds)
        self._frames: dict[tuple[int, int], Frames] = {}

    def channel(self, index: int) -> ChannelAudio:
        """Give the samples of one channel; 0 is left, or the only one.

        Raises:
            IndexError: no such channel, or the recording is closed.
        """
        return self._channels[index]

    def frames(self, index: int, *, aggressiveness: int) -> "Frames":
        """Give voice and level of one channel, measured once; `vad.measure_frames` says what.

        Args:
            aggressiveness: of webrtcvad, 0–3.
        """
        if (index, aggressiveness) not in self._frames:
            from qa.transcribe.vad import measure_frames

            measured = measure_frames(self.channel(index), aggressiveness=aggressiveness)
            self._frames[index, aggressiveness] = measured
        return self._frames[index, aggressiveness]

    def keep_frames(self, index: int, frames: "Frames", *, aggressiveness: int) -> None:
        """Take what was measured elsewhere."""
        self._frames[index, aggressiveness] = frames

    def close(self) -> None:
        """Give the disk space back; reading is over. Closing twice is fine."""
        fds, self._fds, self._channels = self._fds, (), ()
        for fd in fds:
            os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


class Decoder:
    """Decodes recordings in one child process, which lives as long as this does.

    Use it as a context manager, one per worker; several threads may share it and take turns. A
    child that crashed or was too slow is replaced at the next call.

    Args:
        aggressiveness: of webrtcvad, 0–3; then the child measures the speech, too. None leaves
            that to whoever asks for it.
        keys: open sealed recordings; the child is told the one key of the one file it reads.
    """

    def __init__(
        self,
        settings: AudioSettings,
        keys: KeyRing | None = None,
        *,
        aggressiveness: int | None = None,
    ) -> None:
        self._settings, self.keys = settings, keys
        self._aggressiveness = aggressiveness
        self._turn = threading.Lock()
        self._jobs = 0
        self._scratch: ScratchFolder | None = None
        self._process: DecodeProcess | None = None

    def __enter__(self) -> Self:
        """Start the child; it loads its libraries while the caller loads a model.

        Raises:
            ConfigError: the scratch folder cannot be made.
        """
        with self._turn:
            self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def child_pid(self) -> int | None:
        """Process number of the child; None while there is none."""
        return self._process.pid if self._process else None

    def close(self) -> None:
        """End the child and remove the scratch folder; what was decoded stays readable."""
        with self._turn:
            self._stop()
            if self._scratch:
                self._scratch.remove()
                self._scratch = None

    def decode(self, path: Path) -> DecodedRecording:
        """Decode one file.

        Returns:
            The samples of each channel, all of the same length; close it when done.

        Raises:
            RecordingError: the recording cannot be used; its fault says why.
            ScratchError: the disk is full; the recording itself may be fine.
            ConfigError: the child does not start, or the scratch folder cannot be made.
        """
        with self._turn:
            process, scratch = self._start()
            self._jobs += 1
            try:
                more = {} if self._aggressiveness is None else {"vad": self._aggressiveness}
                reply = self._ask(process, path, more)
                return _take(path, reply, scratch.path / str(self._jobs), self._aggressiveness)
            except BaseException as error:
                # After an interruption the next line would be the answer to this question.
                if isinstance(error, ScratchError) or not isinstance(error, RecordingError):
                    self._stop()
                scratch.clear()
                raise

    def probe(self, path: Path, *, suffix: str) -> Probed:
        """Look whether a file is a recording that can be decoded, without decoding all of it.

        Its end may still turn out to be missing or damaged, where only decoding can tell.

        Args:
            suffix: the ending to take for the file's own; only `.gsm` makes a difference.

        Raises:
            RecordingError: the recording cannot be used; its fault says why.
            ScratchError: the disk is full; the recording itself may be fine.
            ConfigError: the child does not start, or the scratch folder cannot be made.
        """
        with self._turn:
            process, scratch = self._start()
            self._jobs += 1
            try:
                reply = self._ask(process, path, {"probe": suffix})
                _refuse(path, reply)
                return Probed(reply["rate_hz"], reply["channels"], reply["codec"])
            except BaseException as error:
                if isinstance(error, ScratchError) or not isinstance(error, RecordingError):
                    self._stop()
                scratch.clear()
                raise

    def _ask(
        self, process: DecodeProcess, path: Path, more: Mapping[str, str | int] | None = None
    ) -> dict[str, Any]:
        request = {"job": self._jobs, "path": os.path.abspath(path), **(more or {})}  # noqa: PTH100
        if data_key := data_key_of(path, self.keys):
            request["data_key"] = data_key.hex()
        try:
            return process.ask(request, self._settings.decoder_timeout_s)
        except TimeoutError:
            self._stop()
            raise AudioDecodeError(
                path.name,
                RecordingFault.DECODER_TIMEOUT,
                f"decoding took longer than {self._settings.decoder_timeout_s} s "
                "(audio.decoder_timeout_s); convert the recording to WAV or raise the limit.",
            ) from None
        except ProcessDiedError as error:
            self._stop()
            raise AudioDecodeError(
                path.name,
                RecordingFault.DECODER_CRASHED,
                f"the decoding process died ({error}); convert the recording to WAV.",
            ) from error

    def _start(self) -> tuple[DecodeProcess, ScratchFolder]:
        if self._scratch is None:
            self._scratch = ScratchFolder(self._settings.scratch_dir)
        if self._process is None or not self._process.is_alive():
            self._stop()
            self._process = DecodeProcess(self._settings, self._scratch.path)
        return self._process, self._scratch

    def _stop(self) -> None:
        if self._process:
            self._process.end()
            self._process = None


def _take(
    path: Path, reply: dict[str, Any], stem: Path, aggressiveness: int | None
) -> DecodedRecording:
    """Turn the child's reply into a recording or an error."""
    _refuse(path, reply)
    recording = Recording(
        recording_id=reply["sha256"],
        path=path,
        size_bytes=reply["size_bytes"],
        duration_ms=reply["duration_ms"],
        source_rate_hz=reply["rate_hz"],
        channel_count=reply["channels"],
        codec=reply["codec"],
    )
    fds: list[int] = []
    try:
        for channel in range(recording.channel_count):
            name = f"{stem}-{channel}.f32"
            fds.append(os.open(name, os.O_RDONLY | os.O_CLOEXEC))
            os.unlink(name)  # noqa: PTH108
    except BaseException:
        for fd in fds:
            os.close(fd)
        raise
    decoded = DecodedRecording(recording, tuple(fds), reply["samples"])
    if aggressiveness is not None:
        from qa.transcribe import speech_files

        for channel, clipped in enumerate(reply["clipped"]):
            frames = speech_files.load(str(stem), channel, clipped)
            decoded.keep_frames(channel, frames, aggressiveness=aggressiveness)
    return decoded


def _refuse(path: Path, reply: dict[str, Any]) -> None:
    if "scratch" in reply:
        raise ScratchError(path.name, reply["scratch"])
    if "fault" in reply:
        fault = RecordingFault(reply["fault"])
        error = AudioTooShortError if fault in _NOTHING_TO_INSPECT else AudioDecodeError
        raise error(path.name, fault, reply["advice"])
