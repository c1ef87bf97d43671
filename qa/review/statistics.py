"""What can be said of scores from few calls: means with intervals, medians, quarters. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

FEW_IN_WEEK = 3
"""A week's mean of fewer calls is shown, and said to rest on few."""
MIN_AGENTS = 4
"""A band over fewer agents would show single people's scores to their colleagues."""

# Two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom.
_T95 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean score with its 95 % interval, all 0–100.

    Attributes:
        low, high: None where fewer than two calls tell nothing of the spread.
    """

    calls: int
    value: float
    low: float | None
    high: float | None

    def is_comparable(self, least: int) -> bool:
        """Whether enough calls stand behind it to set it beside others.

        Args:
            least: how many; `review.min_ranked_calls`.
        """
        return self.calls >= least


def mean_of(calls: int, total: float, squares: float) -> Mean | None:
    """Work out a mean with its interval from sums; None without calls.

    Args:
        total: sum of the scores.
        squares: sum of their squares.
    """
    if calls < 1:
        return None
    value = total / calls
    if calls < 2:
        return Mean(calls, value, None, None)
    variance = max(0.0, (squares - total * total / calls) / (calls - 1))
    half = _quantile(calls - 1) * math.sqrt(variance / calls)
    return Mean(calls, value, max(0.0, value - half), min(100.0, value + half))


def share_of(count: int, whole: int) -> tuple[float, float, float] | None:
    """Work out a share with its 95 % Wilson interval, each 0–1; None of nothing."""
    if whole < 1:
        return None
    z2 = 1.96**2
    share = count / whole
    centre = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    half = (1.96 / (1 + z2 / whole)) * math.sqrt(
        share * (1 - share) / whole + z2 / (4 * whole * whole)
    )
    return share, max(0.0, centre - half), min(1.0, centre + half)


def quantile(values: Sequence[float], share: float) -> float | None:
    """Find the value below which a share (0–1) of the values lies; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _quantile(degrees: int) -> float:
    if degrees <= len(_T95):
        return _T95[degrees - 1]
    return 1.96 + 2.5 / degrees  # within 0.01 of the true one from 31 on
