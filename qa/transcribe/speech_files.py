"""Speech measured where a recording is decoded, and handed over in scratch files.

The decoding process measures (`measure`), so that a worker with a model finds it done; the worker
reads (`load`). Beside `<stem>-<channel>.f32` lies `<stem>-<channel>.vad.f32`: a level for each
frame, then 1 or 0 for voiced or not.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.transcribe.containers import SAMPLE_BYTES
from qa.transcribe.vad import Frames, measure_frames


@dataclass(frozen=True, slots=True)
class Shape:
    """What lies in the scratch files of one recording: `n_samples` on each channel."""

    stem: str
    channels: int
    n_samples: int


@dataclass(frozen=True, slots=True)
class _Written:
    """A channel that was written, as `vad.Samples`."""

    path: str
    n_samples: int

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        count = max(0, min(stop, self.n_samples) - start)
        return np.fromfile(self.path, np.float32, count, offset=start * SAMPLE_BYTES)


def measure(shape: Shape, aggressiveness: int) -> list[float]:
    """Measure each channel and write what was found.

    Args:
        aggressiveness: of webrtcvad, 0–3.

    Returns:
        Share of clipped samples of each channel, 0–1.

    Raises:
        OSError: the scratch folder cannot be written.
    """
    clipped = []
    for channel in range(shape.channels):
        samples = _Written(f"{shape.stem}-{channel}.f32", shape.n_samples)
        frames = measure_frames(samples, aggressiveness=aggressiveness)
        both = np.concatenate([frames.level_dbfs, frames.voiced.astype(np.float32)])
        both.tofile(_name(shape.stem, channel))
        clipped.append(frames.clipped_ratio)
    return clipped


def load(stem: str, channel: int, clipped: float) -> Frames:
    """Read what was found on a channel, and remove its file.

    Args:
        clipped: from `measure`.
    """
    path = Path(_name(stem, channel))
    both = np.fromfile(path, np.float32)
    path.unlink()
    level, voiced = np.split(both, 2)
    return Frames(voiced.astype(bool), level.copy(), clipped)


def _name(stem: str, channel: int) -> str:
    return f"{stem}-{channel}.vad.f32"
