"""Loudness in LUFS (ITU-R BS.1770-4), measured from spectra.

The mean square of 100 ms is the sum of its power spectrum (Parseval), so the K weighting is a
factor for each frequency instead of two filters in time. Blocks are four such steps, overlap by
75 % and are gated as the recommendation says: first at -70 LUFS, then 10 LU below the loudness of
those that are left.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from qa.transcribe.vad import SAMPLE_RATE_HZ, Samples
from qa.types import Span

STEP = 100 * SAMPLE_RATE_HZ // 1000
STEPS = 4
"""Steps in a block."""
ABSOLUTE_GATE = -70.0
RELATIVE_GATE = -10.0
OFFSET = -0.691
"""So that a sine of 997 Hz at full scale on one channel is -3.01 LUFS."""
_AT_ONCE = 600
# BS.1770-4, tables 1 and 2: the shelf of the head and the high-pass, at 48 000 Hz.
_STAGES = (
    (
        (1.53512485958697, -2.69169618940638, 1.19839281085285),
        (-1.69065929318241, 0.73248077421585),
    ),
    ((1.0, -2.0, 1.0), (-1.99004745483398, 0.99007225036621)),
)
_STAGE_RATE_HZ = 48_000


@cache
def _k_weights() -> NDArray[np.float64]:
    """Power gain of the K weighting at each frequency of a step's spectrum."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(STEP, 1 / SAMPLE_RATE_HZ) / _STAGE_RATE_HZ)
    gain = np.ones_like(z)
    for (b0, b1, b2), (a1, a2) in _STAGES:
        gain *= (b0 + b1 * z + b2 * z**2) / (1 + a1 * z + a2 * z**2)
    weights: NDArray[np.float64] = np.abs(gain) ** 2
    weights[1:-1] *= 2  # the half of the spectrum that a real signal's transform leaves out
    return weights / STEP**2


def measure_loudness(channel: Samples, spans: Sequence[Span]) -> float | None:
    """Measure the integrated loudness of some stretches of a channel.

    Args:
        spans: what to measure, say, its speech; each counts in blocks of its own.

    Returns:
        LUFS, one decimal; None where no stretch holds a block above -70 LUFS.
    """
    powers = np.concatenate([np.zeros(0), *(_block_powers(channel, span) for span in spans)])
    powers = powers[_lufs(powers) >= ABSOLUTE_GATE]
    if not len(powers):
        return None
    gate = float(_lufs(powers.mean())) + RELATIVE_GATE
    return round(float(_lufs(powers[_lufs(powers) >= gate].mean())), 1)


def _block_powers(channel: Samples, span: Span) -> NDArray[np.float64]:
    """Weigh one stretch: the power of each block that fits into it."""
    start = span.start_ms * SAMPLE_RATE_HZ // 1000
    count = (min(span.end_ms * SAMPLE_RATE_HZ // 1000, channel.n_samples) - start) // STEP
    if count < STEPS:
        return np.zeros(0)
    steps = [
        _step_powers(channel.read(start + at * STEP, start + min(at + _AT_ONCE, count) * STEP))
        for at in range(0, count, _AT_ONCE)
    ]
    sums = np.concatenate(([0.0], np.cumsum(np.concatenate(steps))))
    return np.asarray((sums[STEPS:] - sums[:-STEPS]) / STEPS)


def _step_powers(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    spectra = np.fft.rfft(samples.reshape(-1, STEP), axis=1)
    return np.asarray((np.abs(spectra) ** 2) @ _k_weights())


def _lufs(power: "NDArray[np.float64] | np.floating") -> NDArray[np.float64]:
    return np.asarray(OFFSET + 10 * np.log10(np.maximum(power, 1e-12)))
