"""Intervals and tests that hold for small numbers. Pure.

Shares: C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the
case of the binomial", Biometrika 26 (1934) 404-413, by quantiles of the beta distribution. They
cover the true share at least as often as they say, whatever it is; Wilson's
(`statistics.share_of`) are narrower and only do so on average (L. D. Brown, T. T. Cai, A. DasGupta,
Statistical Science 16 (2001) 101-133).
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

LEVEL = 0.95
"""Of every interval, unless it is told otherwise."""
_STEPS = 200
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a whole with its interval, each 0–1."""

    count: int
    whole: int
    value: float
    low: float
    high: float


def exact_share(count: int, whole: int, *, level: float = LEVEL) -> Share | None:
    """Work out a share with its Clopper-Pearson interval; None of nothing.

    Raises:
        ValueError: the count lies outside 0 to whole.
    """
    if not 0 <= count <= whole:
        raise ValueError("a count lies from 0 to the whole")
    if whole == 0:
        return None
    tail = (1 - level) / 2
    low, high = lower_bound(count, whole, tail), upper_bound(count, whole, tail)
    return Share(count, whole, count / whole, low, high)


@lru_cache(maxsize=4096)
def lower_bound(count: int, whole: int, tail: float) -> float:
    """Find the smallest share for which so many or more are not rarer than `tail` (0–1)."""
    return 0.0 if count == 0 else beta_quantile(tail, count, whole - count + 1)


@lru_cache(maxsize=4096)
def upper_bound(count: int, whole: int, tail: float) -> float:
    """Find the largest share for which so many or fewer are not rarer than `tail` (0–1)."""
    return 1.0 if count >= whole else beta_quantile(1 - tail, count + 1, whole - count)


def beta_share(x: float, a: float, b: float) -> float:
    """Compute the regularised incomplete beta function, 0–1, by its continued fraction.

    W. H. Press and others, Numerical Recipes, 3rd edition (2007), section 6.4.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def beta_quantile(share: float, a: float, b: float) -> float:
    """Find where the beta distribution reaches a share (0–1), by halving."""
    low, high = 0.0, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        if beta_share(middle, a, b) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def t_tails(t: float, degrees: float) -> float:
    """Say how often Student's t lies as far from 0 or further, 0–1; both tails together."""
    return beta_share(degrees / (degrees + t * t), degrees / 2, 0.5)


def t_quantile(tails: float, degrees: float) -> float:
    """Find the t beyond which both tails together hold a share (0–1, not 0)."""
    x = beta_quantile(tails, degrees / 2, 0.5)
    return math.sqrt(degrees * (1 - x) / x)


def fisher(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Say how often chance alone sets two groups as far apart or further: Fisher's exact test.

    Both sides: the sum over all tables with these margins that are no likelier than the one given
    (R. A. Fisher, Statistical Methods for Research Workers, 5th edition (1934), section 21.02).

    Args:
        first, second: how many of a group are of the kind, and how many are not.
    """
    kind, size, whole = first[0] + second[0], sum(first), sum(first) + sum(second)
    places = range(max(0, size - (whole - kind)), min(size, kind) + 1)
    weights = [_log_choose(kind, n) + _log_choose(whole - kind, size - n) for n in places]
    seen = weights[first[0] - places.start]
    total = _log_choose(whole, size)
    return min(1.0, sum(math.exp(w - total) for w in weights if w <= seen + 1e-7))


def same_share(groups: Sequence[tuple[int, int]], *, draws: int = 2000, seed: int = 1) -> float:
    """Say how often chance alone sets several groups as far apart or further, 0–1.

    The distance is chi-squared; its distribution is not taken from a table, which small numbers do
    not follow, but found by dealing out the same cases at random (A. C. A. Hope, Journal of the
    Royal Statistical Society B 30 (1968) 582-598). The same seed gives the same answer.

    Args:
        groups: of each, how many are of the kind, and how many are not.
    """
    sizes = [sum(one) for one in groups]
    kinds = sum(one[0] for one in groups)
    whole = sum(sizes)
    if kinds in (0, whole) or sum(size > 0 for size in sizes) < 2:
        return 1.0
    seen = _distance([one[0] for one in groups], sizes, kinds / whole)
    cards = [1] * kinds + [0] * (whole - kinds)
    chance = random.Random(seed)  # no secret: it must be repeatable
    as_far = 0
    for _ in range(draws):
        chance.shuffle(cards)
        at, counts = 0, []
        for size in sizes:
            counts.append(sum(cards[at : at + size]))
            at += size
        as_far += _distance(counts, sizes, kinds / whole) >= seen - 1e-9
    return (1 + as_far) / (1 + draws)


def holm(chances: Sequence[float]) -> list[float]:
    """Correct several tests for being several, in their order.

    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6 (1979) 65-70.
    """
    order = sorted(range(len(chances)), key=lambda at: chances[at])
    found, highest = [1.0] * len(chances), 0.0
    for rank, at in enumerate(order):
        highest = max(highest, min(1.0, chances[at] * (len(chances) - rank)))
        found[at] = highest
    return found


def _distance(counts: Sequence[int], sizes: Sequence[int], share: float) -> float:
    return sum(
        (count - size * share) ** 2 / (size * share * (1 - share))
        for count, size in zip(counts, sizes, strict=True)
        if size
    )


def _log_choose(whole: int, some: int) -> float:
    return math.lgamma(whole + 1) - math.lgamma(some + 1) - math.lgamma(whole - some + 1)


def _fraction(x: float, a: float, b: float) -> float:
    """Evaluate the continued fraction by Lentz's method."""
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _STEPS):
        for part in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _not_zero(1 + part * d)
            c = _not_zero(1 + part / c)
            found *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return found


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
