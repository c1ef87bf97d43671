"""Tones on the line: rings, busy tones and pressed keys; and music while the caller waits.

Tones are found in windows of 32 ms every 16 ms, from the two strongest spectral lines:

- a **call-progress tone** is one line, or two, between 330 and 660 Hz, which hold 85 % of its
  power. China's tones are 450 Hz (GB/T 3380), Europe's 425, North America's 440 + 480 and 480 + 620
  (ITU-T E.180 lists them all);
- a **key** (DTMF, ITU-T Q.23) is one line of each of its two groups, within 2 % and 9 dB of each
  other. Which key it was is not kept: card numbers and passwords are typed.

Tones in cadence are signals (E.180): **busy** and congestion are three bursts or more, on and off
for 0.15 to 0.85 s each; a **ring** is on for 0.3 to 2.5 s and followed by 1.3 to 6 s of silence,
or cut short by the answer. Two short bursts (0.4 s on, 0.2 s off, 0.4 s on) are one ring.

**Music** sounds on for 3 s or more with hardly a soft moment and lines that stay where they are;
speech falls silent several times a second and glides (Saunders 1996, Scheirer and Slaney 1997).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qa.transcribe.vad import SAMPLE_RATE_HZ, Samples
from qa.types import Signal, SignalKind, Span

HOP_MS = 16
HOP = SAMPLE_RATE_HZ * HOP_MS // 1000
WINDOW = 2 * HOP
BINS = 1024
"""Length of the transform: 15.6 Hz a bin."""
BLOCK_HOPS = 250
"""Windows transformed at once: small enough for their spectra to stay in the processor's cache."""

TONE_FLOOR_DBFS = -50.0
CALL_BAND_HZ = (330.0, 660.0)
CALL_SHARE = 0.85
STEADY_HZ = 24.0
"""A call-progress tone keeps its frequency; a hummed 嗯 does not."""
BEAT_HZ = 60.0
"""Two lines nearer than this are one to a window, which wanders between them as they beat."""
KEY_ROWS_HZ = (697.0, 770.0, 852.0, 941.0)
KEY_COLUMNS_HZ = (1209.0, 1336.0, 1477.0, 1633.0)
KEY_TOLERANCE = 0.02
KEY_SHARE = 0.8
KEY_TWIST_DB = 9.0
MIN_KEY_MS = 40
MIN_TONE_MS = 140
BUSY_MS = (150, 850)
MIN_BUSY = 3
RING_MS = (300, 2_500)
RING_GAP_MS = (1_300, 6_000)
PAIR_GAP_MS = 300
MIN_CUT_RING_MS = 200
"""A ring that the answer cut short is still one."""

MUSIC_FLOOR_DBFS = -45.0
MUSIC_SECOND = 62
"""Windows in a second."""
SOFT_DB = 12.0
MAX_SOFT = 0.06
MIN_HELD = 0.55
MIN_MUSIC_S = 3
_CALL, _KEY = 1, 2


@dataclass(frozen=True, slots=True)
class Lines:
    """One channel in windows: what tone, at which frequency, how loud.

    Attributes:
        tone: 1 a call-progress tone, 2 a key, 0 neither.
        peak_hz: the strongest line.
        level_dbfs: root mean square of the window.
    """

    tone: NDArray[np.int8]
    peak_hz: NDArray[np.float32]
    level_dbfs: NDArray[np.float32]


def measure_lines(channel: Samples) -> Lines:
    """Look for spectral lines in a channel, a block at a time."""
    hann = np.hanning(WINDOW).astype(np.float32)
    parts: list[tuple[NDArray[np.int8], NDArray[np.float32], NDArray[np.float32]]] = []
    for start in range(0, channel.n_samples, HOP * BLOCK_HOPS):
        block = channel.read(start, start + HOP * BLOCK_HOPS + WINDOW - HOP)
        if len(block) < WINDOW:
            block = np.pad(block, (0, WINDOW - len(block)))
        frames = np.lib.stride_tricks.sliding_window_view(block, WINDOW)[::HOP]
        level = 10 * np.log10((frames.astype(np.float64) ** 2).mean(axis=1) + 1e-12)
        power = np.abs(np.fft.rfft(frames * hann, BINS, axis=1)) ** 2
        parts.append((*_classified(power.astype(np.float32), level), level.astype(np.float32)))
    if not parts:
        return Lines(np.zeros(0, np.int8), np.zeros(0, np.float32), np.zeros(0, np.float32))
    tone, peak, loud = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Lines(tone, peak, loud)


def _classified(
    power: NDArray[np.float32], level: NDArray[np.float64]
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Name the tone of each window from its two strongest lines."""
    total = power.sum(axis=1) + 1e-12
    first, first_power = _take_line(power)
    second, second_power = _take_line(power)
    one, both = first_power / total, (first_power + second_power) / total
    in_band = _within(first, CALL_BAND_HZ)
    call = in_band & ((one >= CALL_SHARE) | (_within(second, CALL_BAND_HZ) & (both >= CALL_SHARE)))
    twist = np.abs(10 * np.log10((first_power + 1e-12) / (second_power + 1e-12)))
    low, high = np.minimum(first, second), np.maximum(first, second)
    key = _near(low, KEY_ROWS_HZ) & _near(high, KEY_COLUMNS_HZ)
    key &= (both >= KEY_SHARE) & (twist <= KEY_TWIST_DB)
    loud = level >= TONE_FLOOR_DBFS
    tone = np.where(loud & key, _KEY, np.where(loud & call, _CALL, 0))
    return tone.astype(np.int8), first.astype(np.float32)


def _take_line(power: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Take the strongest line out of each spectrum: its frequency and its power.

    The frequency is the vertex of the parabola through the logarithms of the three bins around the
    peak, which for a Hann window is right to a few hertz.
    """
    rows = np.arange(len(power))
    peak = np.clip(power.argmax(axis=1), 1, power.shape[1] - 2)
    left, mid, right = (np.log(power[rows, peak + k] + 1e-12) for k in (-1, 0, 1))
    shift = np.clip((left - right) / (2 * (left - 2 * mid + right) - 1e-9), -0.5, 0.5)
    bins = np.clip(peak[:, None] + np.arange(-4, 5), 0, power.shape[1] - 1)
    taken = power[rows[:, None], bins].sum(axis=1, dtype=np.float64)
    power[rows[:, None], bins] = 0.0
    return (peak + shift) * SAMPLE_RATE_HZ / BINS, taken


def _within(frequency: NDArray[np.float64], band: tuple[float, float]) -> NDArray[np.bool_]:
    return (frequency >= band[0]) & (frequency <= band[1])


def _near(frequency: NDArray[np.float64], among: Sequence[float]) -> NDArray[np.bool_]:
    wanted = np.asarray(among)
    return np.asarray((np.abs(frequency[:, None] - wanted) <= KEY_TOLERANCE * wanted).any(axis=1))


def find_signals(lines: Lines, *, channel: int, first_speech_ms: int | None) -> list[Signal]:
    """Find what is on a channel besides voices, music left out (`find_music`).

    Args:
        first_speech_ms: when somebody first speaks on any channel; rings come before. None where
            nobody does.
    """
    keys = [span for span in _bursts(lines, _KEY) if span.duration_ms >= MIN_KEY_MS]
    bursts = [
        span
        for span in _bursts(lines, _CALL)
        if span.duration_ms >= MIN_TONE_MS and _is_steady(lines, span)
    ]
    busy, rest = _busy(bursts)
    rings = _rings(rest, first_speech_ms)
    found = [
        *((SignalKind.RINGBACK, span) for span in rings),
        *((SignalKind.BUSY, span) for span in busy),
        *((SignalKind.KEY, span) for span in keys),
    ]
    return [Signal(kind, channel, span) for kind, span in found]


def _bursts(lines: Lines, tone: int) -> list[Span]:
    """Find runs of windows with one kind of tone; a gap of one window is none."""
    on = lines.tone == tone
    on[1:-1] |= on[:-2] & on[2:]
    return _runs(on)


def _runs(on: NDArray[np.bool_]) -> list[Span]:
    """Turn windows into times: a tone fills half a window more on either side of its middle."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], on.astype(np.int8), [0]))))
    return [
        Span(int(start) * HOP_MS + HOP_MS // 2, (int(end) - 1) * HOP_MS + HOP_MS * 3 // 2)
        for start, end in edges.reshape(-1, 2)
    ]


def _is_steady(lines: Lines, span: Span) -> bool:
    """Whether the strongest line stays; of two that beat, it is now one, now the other."""
    inside = lines.peak_hz[span.start_ms // HOP_MS + 1 : max(1, span.end_ms // HOP_MS - 1)]
    if not len(inside):
        return False
    low, high = np.percentile(inside, (10, 90))
    if high - low <= STEADY_HZ:
        return True
    halves = inside[inside <= (low + high) / 2], inside[inside > (low + high) / 2]
    apart = all(np.ptp(np.percentile(half, (10, 90))) <= STEADY_HZ for half in halves)
    return bool(apart or high - low <= BEAT_HZ)


def _busy(bursts: Sequence[Span]) -> tuple[list[Span], list[Span]]:
    """Part bursts into runs of busy tones, each from its first burst to its last, and the rest."""
    groups: list[list[Span]] = []
    for burst in bursts:
        last = groups[-1][-1] if groups else None
        if last and _fits(burst, BUSY_MS) and _fits(last, BUSY_MS) and _follows(last, burst):
            groups[-1].append(burst)
        else:
            groups.append([burst])
    busy = [Span(g[0].start_ms, g[-1].end_ms) for g in groups if len(g) >= MIN_BUSY]
    rest = [burst for g in groups if len(g) < MIN_BUSY for burst in g]
    return busy, rest


def _fits(burst: Span, limits: tuple[int, int]) -> bool:
    return limits[0] <= burst.duration_ms <= limits[1]


def _follows(before: Span, after: Span) -> bool:
    return BUSY_MS[0] <= after.start_ms - before.end_ms <= BUSY_MS[1]


def _rings(bursts: Sequence[Span], first_speech_ms: int | None) -> list[Span]:
    """Choose the bursts that ring: in cadence, and before anybody speaks."""
    waiting = [b for b in bursts if first_speech_ms is None or b.start_ms < first_speech_ms]
    joined: list[Span] = []
    for burst in waiting:
        if joined and burst.start_ms - joined[-1].end_ms <= PAIR_GAP_MS:
            joined[-1] = Span(joined[-1].start_ms, burst.end_ms)
        else:
            joined.append(burst)
    gaps = [b.start_ms - a.end_ms for a, b in pairwise(joined)]
    rings = []
    for k, burst in enumerate(joined):
        after = gaps[k] if k < len(gaps) else None
        before = gaps[k - 1] if k else None
        in_cadence = [g for g in (before, after) if g is not None and _is_ring_gap(g)]
        least = MIN_CUT_RING_MS if after is None and in_cadence else RING_MS[0]
        if least <= burst.duration_ms <= RING_MS[1] and (in_cadence or len(joined) == 1):
            rings.append(burst)
    return rings


def _is_ring_gap(gap_ms: int) -> bool:
    return RING_GAP_MS[0] <= gap_ms <= RING_GAP_MS[1]


def find_music(lines: Lines, *, channel: int, spoken: Sequence[Span]) -> list[Signal]:
    """Find stretches of music on a channel.

    Args:
        spoken: where words were heard for certain on the channel; there is no music there.
    """
    count = len(lines.level_dbfs) // MUSIC_SECOND
    if not count:
        return []
    level = lines.level_dbfs[: count * MUSIC_SECOND].reshape(count, MUSIC_SECOND)
    loud = np.percentile(level, 80, axis=1)
    soft = (level < loud[:, None] - SOFT_DB).mean(axis=1)
    held = _held(lines.peak_hz)[: count * MUSIC_SECOND].reshape(level.shape).mean(axis=1)
    tones = (lines.tone[: count * MUSIC_SECOND].reshape(level.shape) != 0).mean(axis=1)
    music = (loud >= MUSIC_FLOOR_DBFS) & (soft <= MAX_SOFT) & (held >= MIN_HELD) & (tones < 0.5)
    second_ms = MUSIC_SECOND * HOP_MS
    for span in spoken:
        music[span.start_ms // second_ms : -(-span.end_ms // second_ms)] = False
    edges = np.flatnonzero(np.diff(np.concatenate(([0], music.astype(np.int8), [0]))))
    return [
        Signal(SignalKind.MUSIC, channel, _to_its_edges(lines, int(start), int(end), loud[start]))
        for start, end in edges.reshape(-1, 2)
        if end - start >= MIN_MUSIC_S - 1  # the seconds that hold its edges are not all music
    ]


def _to_its_edges(lines: Lines, start: int, end: int, loud: float) -> Span:
    """Widen whole seconds of music to where it becomes soft, by a second at most either side."""
    first, last = start * MUSIC_SECOND, end * MUSIC_SECOND
    sounding = lines.level_dbfs >= loud - 2 * SOFT_DB
    least, most = max(0, first - MUSIC_SECOND), min(len(sounding), last + MUSIC_SECOND)
    while first > least and sounding[first - 1]:
        first -= 1
    while last < most and sounding[last]:
        last += 1
    return Span(first * HOP_MS + HOP_MS // 2, (last - 1) * HOP_MS + HOP_MS * 3 // 2)


def _held(peak_hz: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Mark windows whose strongest line is that of the window before, to a third of a semitone."""
    ratio = np.ones(len(peak_hz))
    ratio[1:] = np.maximum(peak_hz[1:], 1.0) / np.maximum(peak_hz[:-1], 1.0)
    return np.asarray(np.abs(12 * np.log2(ratio)) <= 1 / 3)
