"""How far people agree when they judge the same thing apart from each other. Pure.

Two people: Cohen's kappa (J. Cohen, Educational and Psychological Measurement 20 (1960) 37-46)
with the large-sample error of J. L. Fleiss, J. Cohen, B. S. Everitt (Psychological Bulletin 72
(1969) 323-327). Any number of people, of whom some may have left things out: Krippendorff's alpha
for names (K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011)), its interval by
drawing the things anew (percentiles of a seeded bootstrap).
"""

import math
import random
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from qa.review.exact import exact_share, lower_bound

FEW_THINGS = 30
"""Fewer things judged by both carry no statement about people."""
_DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far people agree, beyond what chance would give them.

    Attributes:
        things: judged by at least two.
        share: of pairs of judgements that are the same, 0–1.
        value: kappa or alpha, at most 1; None where everybody always said one and the same, so
            that chance cannot be told from agreement.
        low, high: 95 % interval; None without a value.
    """

    things: int
    share: float
    value: float | None
    low: float | None
    high: float | None

    @property
    def is_few(self) -> bool:
        """Whether too little stands behind it to say anything of people."""
        return self.things < FEW_THINGS


def cohen(pairs: Sequence[tuple[Hashable, Hashable]]) -> Agreement | None:
    """Compare two people who judged the same things; None of nothing.

    Where they never differ, the large-sample error is 0 and says nothing: the lower end then comes
    from the exact interval of the share of things they agree on.
    """
    whole = len(pairs)
    if not whole:
        return None
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    cells = Counter(pairs)
    same = sum(n for (a, b), n in cells.items() if a == b)
    agreed = same / whole
    chance = sum(first[name] * second[name] for name in first) / whole**2
    if chance >= 1:
        return Agreement(whole, agreed, None, None, None)
    value = (agreed - chance) / (1 - chance)
    if same == whole:
        low = (lower_bound(same, whole, 0.025) - chance) / (1 - chance)
        return Agreement(whole, agreed, value, max(-1.0, low), 1.0)
    half = 1.96 * _error(cells, first, second, (agreed, chance))
    return Agreement(whole, agreed, value, max(-1.0, value - half), min(1.0, value + half))


def _error(
    cells: Mapping[tuple[Hashable, Hashable], int],
    first: Mapping[Hashable, int],
    second: Mapping[Hashable, int],
    shares: tuple[float, float],
) -> float:
    """Compute the standard error of kappa, equation 13 of Fleiss, Cohen and Everitt."""
    whole = sum(cells.values())
    agreed, chance = shares
    inner = 0.0
    for (a, b), count in cells.items():
        # Rows are the first person's names; the equation crosses them with the other's columns.
        if a == b:
            both = (first[a] + second[a]) / whole
            inner += count / whole * ((1 - chance) - both * (1 - agreed)) ** 2
        else:
            crossed = (second.get(a, 0) + first.get(b, 0)) / whole
            inner += count / whole * (1 - agreed) ** 2 * crossed**2
    inner -= (agreed * chance - 2 * chance + agreed) ** 2
    return math.sqrt(max(0.0, inner) / whole) / (1 - chance) ** 2


def krippendorff(things: Sequence[Sequence[Hashable]], *, seed: int = 1) -> Agreement | None:
    """Compare any number of people; None where nothing was judged twice.

    Args:
        things: for each, what those who judged it said; one voice alone is left out.
        seed: of the interval.
    """
    judged = [Counter(one) for one in things if len(one) > 1]
    if not judged:
        return None
    value = _alpha(judged)
    pairs = sum(_pairs(one) for one in judged)
    share = sum(sum(n * (n - 1) for n in one.values()) for one in judged) / pairs
    if value is None:
        return Agreement(len(judged), share, None, None, None)
    if value == 1.0:
        exact = exact_share(len(judged), len(judged))
        low = 1 - (1 - (exact.low if exact else 0.0)) / _by_chance(judged)
        return Agreement(len(judged), share, 1.0, max(-1.0, low), 1.0)
    chance = random.Random(seed)  # no secret: it must be repeatable
    drawn = [_alpha(chance.choices(judged, k=len(judged))) for _ in range(_DRAWS)]
    known = sorted(one for one in drawn if one is not None)
    low, high = known[int(0.025 * len(known))], known[int(0.975 * len(known)) - 1]
    return Agreement(len(judged), share, value, min(low, value), max(high, value))


def _alpha(judged: Sequence[Counter[Hashable]]) -> float | None:
    """Compute alpha for names; None where there is only one name."""
    apart = _by_chance(judged)
    if apart == 0:
        return None
    whole = sum(one.total() for one in judged)
    differing = sum(
        (one.total() ** 2 - sum(n * n for n in one.values())) / (one.total() - 1) for one in judged
    )
    return 1 - (differing / whole) / apart


def _by_chance(judged: Sequence[Counter[Hashable]]) -> float:
    """Say how often two judgements drawn from all of them differ, 0–1."""
    names: Counter[Hashable] = Counter()
    for one in judged:
        names.update(one)
    whole = names.total()
    return (whole * whole - sum(n * n for n in names.values())) / (whole * (whole - 1))


def _pairs(one: Counter[Hashable]) -> int:
    return one.total() * (one.total() - 1)
