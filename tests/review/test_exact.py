"""Intervals and tests against values that others have published or computed."""

import math

import pytest

from qa.review.exact import (
    beta_quantile,
    beta_share,
    exact_share,
    fisher,
    holm,
    same_share,
    t_quantile,
    t_tails,
)


@pytest.mark.parametrize(
    ("count", "whole", "low", "high"),
    [
        (0, 10, 0.0, 0.308497),  # 1 - 0.025 ** (1 / 10)
        (7, 20, 0.153909, 0.592189),  # R: binom.test(7, 20)
        (15, 148, 0.057847, 0.161657),  # Newcombe (1998), table I: 0.0578 and 0.1617
        (81, 263, 0.252728, 0.367591),  # Newcombe (1998), table I: 0.2527 and 0.3676
        (10, 10, 0.691503, 1.0),
    ],
)
def test_clopper_pearson_gives_published_ends(
    count: int, whole: int, low: float, high: float
) -> None:
    share = exact_share(count, whole)
    assert share is not None
    assert (share.low, share.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_an_exact_interval_covers_the_truth_as_often_as_it_says() -> None:
    for whole, true in ((12, 0.05), (12, 0.5), (40, 0.93), (100, 0.01)):
        covered = 0.0
        for count in range(whole + 1):
            share = exact_share(count, whole)
            assert share is not None
            if share.low <= true <= share.high:
                covered += math.comb(whole, count) * true**count * (1 - true) ** (whole - count)
        assert covered >= 0.95


def test_nothing_of_nothing_and_no_impossible_counts() -> None:
    assert exact_share(0, 0) is None
    with pytest.raises(ValueError, match="from 0 to the whole"):
        exact_share(3, 2)


def test_beta_and_t_agree_with_tables() -> None:
    assert beta_share(0.3, 1, 1) == pytest.approx(0.3)
    assert beta_share(0.5, 2, 3) == pytest.approx(0.6875)
    assert beta_share(beta_quantile(0.9, 7, 31), 7, 31) == pytest.approx(0.9)
    assert t_quantile(0.05, 1) == pytest.approx(12.7062, abs=1e-4)
    assert t_quantile(0.05, 30) == pytest.approx(2.04227, abs=1e-5)
    assert t_tails(2.2281389, 10) == pytest.approx(0.05, abs=1e-7)


def test_the_lady_tasting_tea() -> None:
    assert fisher((3, 1), (1, 3)) == pytest.approx(34 / 70)
    assert fisher((4, 0), (0, 4)) == pytest.approx(2 / 70)
    assert fisher((1, 9), (11, 3)) == pytest.approx(0.002759456)  # R: fisher.test
    assert fisher((0, 5), (0, 7)) == 1.0


def test_dealing_anew_agrees_with_the_exact_test() -> None:
    assert same_share([(3, 1), (1, 3)], draws=4000) == pytest.approx(34 / 70, abs=0.03)
    assert same_share([(9, 1), (1, 9), (1, 9)]) < 0.001 * 2
    assert same_share([(0, 5), (0, 9)]) == 1.0


def test_several_tests_are_corrected() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
