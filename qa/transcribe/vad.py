"""Find speech on one channel with webrtcvad, a level gate and a tone gate.

webrtcvad alone calls crosstalk (the other side, 38–50 dB down on an analogue hybrid) speech. So a
frame counts only when it also lies within `GATE_DB` of the channel's own speech level and above an
absolute floor. Line tones (ringback, busy, DTMF) are voiced to webrtcvad, and a recogniser hears
words in them, so a frame of a steady tone does not count either.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import webrtcvad
from numpy.typing import NDArray

from qa.types import ChannelMeasures, Segment, Span

SAMPLE_RATE_HZ = 16_000
FRAME_MS = 30
FRAME = SAMPLE_RATE_HZ * FRAME_MS // 1000
BLOCK_FRAMES = 500
"""15 s at a time: memory does not grow with the call, and spectra stay in the cache."""

GATE_DB = 33.0
"""Frames this far below the channel's speech level are crosstalk or breath.

Crosstalk lies 38–50 dB down; the softest syllables of a turn lie 20–25 dB below its level.
"""
FLOOR_DBFS = -60.0
CROSSTALK_DB = 36.0
"""No speaker is this much softer than the other side of the same call."""
TONE_SHARE = 0.95
"""A frame is tonal when its two strongest spectral peaks hold this share of its power: ringback,
busy and dial tones are one sine, DTMF is two. Speech spreads over its harmonics."""
TONE_FRAMES = 9
"""So many tonal frames in a row with the same peak (270 ms; a busy tone lasts 350 ms) are a tone
of the line and not a hummed 嗯, whose pitch moves."""
ONSET_FRAMES = 3
HANGOVER_FRAMES = 10
PAD_MS = 200
MIN_SPEECH_MS = 120


class Samples(Protocol):
    """One channel that can be read piece by piece (`audio.ChannelAudio`)."""

    @property
    def n_samples(self) -> int:
        """Length at 16 000 Hz."""

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Read samples `[start, stop)` in [−1, 1]."""


@dataclass(frozen=True, slots=True)
class Frames:
    """A channel in frames of 30 ms: voiced or not, level in dBFS, share of clipped samples."""

    voiced: NDArray[np.bool_]
    level_dbfs: NDArray[np.float32]
    clipped_ratio: float


def _blocks(channel: Samples) -> Iterator[NDArray[np.float32]]:
    step = FRAME * BLOCK_FRAMES
    for start in range(0, channel.n_samples, step):
        block = channel.read(start, min(start + step, channel.n_samples))
        short = -len(block) % FRAME
        yield np.pad(block, (0, short)) if short else block


def measure_frames(channel: Samples, *, aggressiveness: int) -> Frames:
    """Run webrtcvad and the level meter over a channel.

    Args:
        aggressiveness: 0 (keeps most) to 3 (drops most).

    Returns:
        One entry per 30 ms; the last frame is padded with silence.
    """
    vad = webrtcvad.Vad(aggressiveness)
    voiced: list[bool] = []
    levels: list[NDArray[np.float32]] = []
    peaks: list[NDArray[np.int32]] = []
    clipped = 0
    for block in _blocks(channel):
        pcm = (np.clip(block, -1, 1) * 32767).astype("<i2").tobytes()
        width = 2 * FRAME
        voiced += [
            vad.is_speech(pcm[i : i + width], SAMPLE_RATE_HZ) for i in range(0, len(pcm), width)
        ]
        power = (block.reshape(-1, FRAME).astype(np.float64) ** 2).mean(axis=1)
        levels.append((10 * np.log10(power + 1e-12)).astype(np.float32))
        peaks.append(_tonal_peaks(block.reshape(-1, FRAME)))
        clipped += int((np.abs(block) >= 0.99).sum())
    level = np.concatenate(levels) if levels else np.zeros(0, np.float32)
    speech = np.array(voiced, bool)
    if peaks:
        speech &= ~_steady(np.concatenate(peaks))
    return Frames(speech, level, clipped / max(1, channel.n_samples))


def _tonal_peaks(frames: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return the spectral peak of each tonal frame (a bin of 33 Hz), −1 for every other frame."""
    power = np.abs(np.fft.rfft(frames * np.hanning(FRAME).astype(np.float32), axis=1)) ** 2
    total = power.sum(axis=1) + 1e-9
    first = power.argmax(axis=1)
    share = _take_peak(power, first)
    second = power.argmax(axis=1)
    share += _take_peak(power, second)
    return np.where(share / total >= TONE_SHARE, first, -1).astype(np.int32)


def _take_peak(power: NDArray[np.floating], peak: NDArray[np.intp]) -> NDArray[np.floating]:
    """Sum each row's power within two bins of its peak (the width of a Hann line), and zero it."""
    bins = np.clip(peak[:, None] + np.arange(-2, 3), 0, power.shape[1] - 1)
    rows = np.arange(len(power))[:, None]
    taken = power[rows, bins].sum(axis=1)
    power[rows, bins] = 0.0
    return np.asarray(taken)


def _steady(peaks: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Mark the runs of tonal frames that keep their peak long enough to be a line tone.

    450 Hz lies between two bins, so two neighbouring bins are the same tone: bins are paired both
    ways (0 1 | 2 3 and 0 | 1 2 | 3), and a run need only be steady in one of them.
    """
    steady = np.zeros(len(peaks), bool)
    for shift in (0, 1):
        pair = np.where(peaks < 0, -1, (peaks + shift) // 2)
        edges = np.flatnonzero(np.diff(pair)) + 1
        for start, end in zip([0, *edges], [*edges, len(pair)], strict=True):
            if end - start >= TONE_FRAMES and pair[start] >= 0:
                steady[max(0, start - 1) : end + 1] = True
    return steady


def speech_level(frames: Frames) -> float | None:
    """Return the level of a channel's louder speech in dBFS; None where webrtcvad hears none."""
    if not frames.voiced.any():
        return None
    return float(np.percentile(frames.level_dbfs[frames.voiced], 90))


def find_segments(
    frames: Frames, *, channel: int, duration_ms: int, floor_dbfs: float = FLOOR_DBFS
) -> list[Segment]:
    """Turn frames into padded speech segments.

    A segment begins when `ONSET_FRAMES` in a row are speech and ends after `HANGOVER_FRAMES`
    without; both ends are padded so that no consonant is cut.

    Args:
        floor_dbfs: softer frames are never speech; `CROSSTALK_DB` below the other channel's speech
            where there is one, because a channel whose speaker is silent holds only crosstalk.

    Returns:
        Segments in time order, not overlapping; empty when the channel holds no speech.
    """
    speech = _gated(frames, floor_dbfs)
    spans: list[list[int]] = []
    start, quiet, run = -1, 0, 0
    for i, on in enumerate(speech):
        run = run + 1 if on else 0
        if start < 0:
            if run >= ONSET_FRAMES:
                start, quiet = i - run + 1, 0
        else:
            quiet = 0 if on else quiet + 1
            if quiet >= HANGOVER_FRAMES:
                spans.append([start, i - quiet + 1])
                start = -1
    if start >= 0:
        spans.append([start, len(speech)])
    return _padded(spans, channel, duration_ms)


def _gated(frames: Frames, floor_dbfs: float) -> NDArray[np.bool_]:
    """Voiced frames loud enough to be this channel's own speaker."""
    loud = speech_level(frames)
    if loud is None:
        return frames.voiced
    return frames.voiced & (frames.level_dbfs > max(loud - GATE_DB, floor_dbfs))


def _padded(spans: list[list[int]], channel: int, duration_ms: int) -> list[Segment]:
    merged: list[list[int]] = []
    for first, last in spans:
        start, end = first * FRAME_MS, last * FRAME_MS
        if end - start < MIN_SPEECH_MS:
            continue
        start, end = max(0, start - PAD_MS), min(duration_ms, end + PAD_MS)
        if merged and start <= merged[-1][1]:
            merged[-1][1] = end
        elif end > start:
            merged.append([start, end])
    return [Segment(channel, Span(start, end)) for start, end in merged]


def without_padding(segment: Segment) -> Segment:
    """Take off a segment's padding: what is left is where somebody spoke, for measuring time."""
    span = segment.span
    start = min(span.start_ms + PAD_MS, span.end_ms) if span.start_ms else 0
    return Segment(segment.channel, Span(start, max(start, span.end_ms - PAD_MS)))


def level_of(frames: Frames, span: Span) -> float | None:
    """Return the level of the speech within a stretch, in dBFS; None where nothing is voiced."""
    within = slice(span.start_ms // FRAME_MS, -(-span.end_ms // FRAME_MS))
    levels = frames.level_dbfs[within][frames.voiced[within]]
    if not len(levels):
        return None
    return round(10 * float(np.log10(np.mean(10 ** (levels.astype(np.float64) / 10)))), 1)


def measure_channel(frames: Frames, segments: list[Segment], *, channel: int) -> ChannelMeasures:
    """Sum up a channel: speech length, speech level, clipping."""
    inside = np.zeros(len(frames.level_dbfs), bool)
    for segment in segments:
        inside[segment.span.start_ms // FRAME_MS : -(-segment.span.end_ms // FRAME_MS)] = True
    inside &= frames.voiced
    level = None
    if inside.any():
        power = float(np.mean(10 ** (frames.level_dbfs[inside].astype(np.float64) / 10)))
        level = round(10 * float(np.log10(power)), 1)
    speech_ms = sum(s.span.duration_ms for s in segments)
    return ChannelMeasures(channel, speech_ms, level, round(frames.clipped_ratio, 5))
