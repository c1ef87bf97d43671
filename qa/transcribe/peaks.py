"""The outline of a recording: for each short step the lowest and the highest sample."""

import os
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from qa.errors import AudioDecodeError, RecordingFault
from qa.vault import KeyRing, open_plain

STEP_MS = 20
FULL_SCALE = 127
"""What a sample at full scale is in a peak."""
_BLOCK_STEPS = 3_000

Steps = npt.NDArray[np.int8]
"""Shape `(steps, channels, 2)`: the lowest and the highest of each step."""


@dataclass(frozen=True, slots=True)
class Peaks:
    """An outline at some number of points.

    Attributes:
        channels: for each channel lowest and highest in turn, twice as many as there are points;
            whole numbers from -`FULL_SCALE` to `FULL_SCALE`.
    """

    duration_ms: int
    points: int
    channels: tuple[tuple[int, ...], ...]


def write_peaks(sound: Path, target: Path, keys: KeyRing | None = None) -> None:
    """Outline a playable copy (`playback.py`) into a file that appears whole or not at all.

    Raises:
        RecordingError: the copy cannot be read.
        OSError: the target cannot be written.
    """
    number, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".partial")
    try:
        with os.fdopen(number, "wb") as file:
            np.save(file, _outline(sound, keys), allow_pickle=False)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_peaks(file: Path, points: int, duration_ms: int) -> Peaks:
    """Read an outline at so many points, fewer where the recording is shorter than that.

    Args:
        points: from 1.
        duration_ms: of the recording.

    Raises:
        ValueError: the file holds no outline.
        OSError: it cannot be read.
    """
    steps: Steps = np.load(file, allow_pickle=False)
    if steps.ndim != 3 or steps.shape[2:] != (2,):
        raise ValueError("not an outline")
    count = min(points, len(steps))
    if count == 0:
        return Peaks(duration_ms, 0, ((),) * steps.shape[1])
    starts = np.arange(count) * len(steps) // count
    low = np.minimum.reduceat(steps[:, :, 0], starts)
    high = np.maximum.reduceat(steps[:, :, 1], starts)
    pairs = np.stack([low, high], axis=2)
    channels = tuple(tuple(pairs[:, c].ravel().tolist()) for c in range(pairs.shape[1]))
    return Peaks(duration_ms, count, channels)


def _outline(sound: Path, keys: KeyRing | None) -> Steps:
    try:
        with open_plain(sound, keys) as opened, wave.open(opened, "rb") as file:
            channels, step = file.getnchannels(), file.getframerate() * STEP_MS // 1000
            blocks = []
            while data := file.readframes(step * _BLOCK_STEPS):
                blocks.append(_steps(np.frombuffer(data, "<i2").reshape(-1, channels), step))
    except (wave.Error, EOFError, ValueError) as error:
        raise AudioDecodeError(
            sound.name, RecordingFault.UNREADABLE, "the copy for playing is damaged; try again."
        ) from error
    return np.concatenate(blocks) if blocks else np.zeros((0, channels, 2), np.int8)


def _steps(samples: npt.NDArray[np.int16], step: int) -> Steps:
    """Outline a block; the last step of all may be shorter than the others."""
    starts = np.arange(0, len(samples), step)
    low = np.minimum.reduceat(samples, starts)
    high = np.maximum.reduceat(samples, starts)
    scaled = np.rint(np.stack([low, high], axis=2) * (FULL_SCALE / 32768))
    return scaled.astype(np.int8)
