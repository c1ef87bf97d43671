"""A recording as every browser can play it: 16-bit PCM WAV, written piece by piece."""

import os
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qa.errors import AudioDecodeError, RecordingFault
from qa.transcribe.audio import SAMPLE_RATE_HZ, DecodedRecording, Decoder

_BLOCK_SAMPLES = SAMPLE_RATE_HZ * 30


@dataclass(frozen=True, slots=True)
class SoundLength:
    """How long a playable copy is, and where its samples lie in the file.

    Attributes:
        header_bytes: before the first sample.
        bytes_per_s: of all channels together.
    """

    duration_ms: int
    header_bytes: int
    bytes_per_s: int

    def at_ms(self, position: int) -> int:
        """Say what time of the recording a byte of the file holds."""
        played = max(0, position - self.header_bytes) * 1000 // self.bytes_per_s
        return min(self.duration_ms, played)


def length_of(copy: Path) -> SoundLength:
    """Measure a copy that `write_playable` made.

    Raises:
        OSError: it is gone.
        wave.Error: it is none.
    """
    with wave.open(str(copy), "rb") as sound:
        frames, rate, width = sound.getnframes(), sound.getframerate(), sound.getnchannels() * 2
    header = copy.stat().st_size - frames * width
    return SoundLength(frames * 1000 // rate, header, rate * width)


def write_playable(path: Path, recording_id: str, target: Path, decoder: Decoder) -> None:
    """Decode a recording into a WAV file of 16 kHz that appears whole or not at all.

    Args:
        recording_id: what the file must still be; nothing is written when its bytes are others.
        target: the file to write; its folder must exist.

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
        number, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".partial")
        try:
            with os.fdopen(number, "wb") as file, wave.open(file, "wb") as sound:
                _write(decoded, sound)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _write(decoded: DecodedRecording, sound: wave.Wave_write) -> None:
    channels = [decoded.channel(index) for index in range(decoded.recording.channel_count)]
    sound.setnchannels(len(channels))
    sound.setsampwidth(2)
    sound.setframerate(SAMPLE_RATE_HZ)
    for start in range(0, channels[0].n_samples, _BLOCK_SAMPLES):
        block = np.stack([c.read(start, start + _BLOCK_SAMPLES) for c in channels], axis=1)
        pcm = np.clip(np.rint(block * 32768), -32768, 32767).astype("<i2")
        sound.writeframes(pcm.tobytes())
