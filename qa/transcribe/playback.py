"""A recording as every browser can play it: 16-bit PCM WAV, written piece by piece."""

import os
import struct
import tempfile
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np

from qa.errors import AudioDecodeError, RecordingFault
from qa.transcribe.audio import SAMPLE_RATE_HZ, DecodedRecording, Decoder
from qa.types import Span
from qa.vault import KeyRing, Sealer, open_plain

_BLOCK_SAMPLES = SAMPLE_RATE_HZ * 30
_SAMPLE_BYTES = 2
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")


class _Writes(Protocol):
    def write(self, data: bytes, /) -> int: ...


@dataclass(frozen=True, slots=True)
class SoundLength:
    """How long a playable copy is, and where its samples lie in the file.

    Attributes:
        header_bytes: before the first sample.
        bytes_per_s: of all channels together.
        frame_bytes: of one moment of all channels.
    """

    duration_ms: int
    header_bytes: int
    bytes_per_s: int
    size_bytes: int
    frame_bytes: int

    def at_ms(self, position: int) -> int:
        """Say what time of the recording a byte of the file holds."""
        played = max(0, position - self.header_bytes) * 1000 // self.bytes_per_s
        return min(self.duration_ms, played)

    def bytes_of(self, span: Span) -> tuple[int, int]:
        """Say which bytes of the file hold a span, whole frames of them."""
        frames_per_s = self.bytes_per_s // self.frame_bytes
        first = span.start_ms * frames_per_s // 1000
        last = -(-span.end_ms * frames_per_s // 1000)
        return (
            self.header_bytes + first * self.frame_bytes,
            min(self.size_bytes, self.header_bytes + last * self.frame_bytes),
        )


def length_of(copy: Path, keys: KeyRing | None = None) -> SoundLength:
    """Measure a copy that `write_playable` made.

    Raises:
        OSError: it is gone.
        wave.Error: it is none.
        RecordingError: it is sealed and cannot be opened.
    """
    with open_plain(copy, keys) as file, wave.open(file, "rb") as sound:
        frames, rate, width = sound.getnframes(), sound.getframerate(), sound.getnchannels() * 2
        size = file.seek(0, os.SEEK_END)
    header = size - frames * width
    return SoundLength(frames * 1000 // rate, header, rate * width, size, width)


def read_sound(
    copy: BinaryIO, length: SoundLength, part: tuple[int, int], muted: Sequence[Span]
) -> bytes:
    """Read bytes `[first, end)` of a playable copy with some spans silent on all channels.

    Args:
        copy: opened with `open_plain`.
        muted: in any order; only those that lie in the part cost anything.
    """
    first, end = part
    copy.seek(first)
    data = bytearray(copy.read(max(0, end - first)))
    for span in muted:
        start, stop = length.bytes_of(span)
        start, stop = max(start, first), min(stop, first + len(data))
        if start < stop:
            data[start - first : stop - first] = bytes(stop - start)
    return bytes(data)


def write_playable(
    path: Path, recording_id: str, target: Path, decoder: Decoder, *, seal: bool = False
) -> None:
    """Decode a recording into a WAV file of 16 kHz that appears whole or not at all.

    Args:
        recording_id: what the file must still be; nothing is written when its bytes are others.
        target: the file to write; its folder must exist.
        seal: whether it is sealed with the decoder's keys.

    Raises:
        RecordingError: the recording cannot be read any more, or is not the one that was meant.
        ScratchError: the disk is full.
        OSError: the target cannot be written.
    """
    with decoder.decode(path) as decoded:
        if decoded.recording.recording_id != recording_id:
            raise AudioDecodeError(
                path.name,
                RecordingFault.CHANGED,
                "the file holds another recording than the one that was judged.",
            )
        samples_bytes = (
            decoded.channel(0).n_samples * decoded.recording.channel_count * _SAMPLE_BYTES
        )
        if seal and decoder.keys:
            with Sealer(target, decoder.keys, _HEADER.size + samples_bytes) as sealer:
                _write(decoded, samples_bytes, sealer)
            return
        with _partial(target) as file:
            _write(decoded, samples_bytes, file)


@contextmanager
def _partial(target: Path) -> Iterator[BinaryIO]:
    number, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".partial")
    try:
        with os.fdopen(number, "wb") as file:
            yield file
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _write(decoded: DecodedRecording, samples_bytes: int, file: _Writes) -> None:
    channels = [decoded.channel(index) for index in range(decoded.recording.channel_count)]
    width = len(channels) * _SAMPLE_BYTES
    about = (16, 1, len(channels), SAMPLE_RATE_HZ, SAMPLE_RATE_HZ * width, width, 16)
    file.write(
        _HEADER.pack(b"RIFF", 36 + samples_bytes, b"WAVE", b"fmt ", *about, b"data", samples_bytes)
    )
    for start in range(0, channels[0].n_samples, _BLOCK_SAMPLES):
        block = np.stack([c.read(start, start + _BLOCK_SAMPLES) for c in channels], axis=1)
        pcm = np.clip(np.rint(block * 32768), -32768, 32767).astype("<i2")
        file.write(pcm.tobytes())
