"""Agreement of people against published examples."""

import pytest

from qa.review.agreement import cohen, krippendorff


def table(rows: list[list[int]]) -> list[tuple[int, int]]:
    return [
        (a, b) for a, row in enumerate(rows) for b, count in enumerate(row) for _ in range(count)
    ]


def test_kappa_of_two_clinicians() -> None:
    # Fleiss, Cohen, Everitt (1969), table 1: kappa 0.429, standard error 0.054 (n = 200).
    found = cohen(table([[106, 10, 4], [22, 28, 10], [2, 12, 6]]))
    assert found is not None
    assert found.value is not None and found.low is not None
    assert found.value == pytest.approx(0.429, abs=0.0005)
    assert (found.value - found.low) / 1.96 == pytest.approx(0.054, abs=0.0005)


def test_kappa_of_fifty_grants() -> None:
    found = cohen(table([[20, 5], [10, 15]]))
    assert found is not None
    assert (found.share, found.value) == (0.7, pytest.approx(0.4))


def test_never_differing_over_few_things_proves_little() -> None:
    found = cohen([("met", "met")] * 4 + [("violated", "violated")] * 4)
    assert found is not None
    assert found.value == 1.0
    assert found.low is not None and found.low < 0.5
    assert found.is_few


def test_one_word_for_everything_says_nothing() -> None:
    found = cohen([("met", "met")] * 50)
    assert found is not None
    assert (found.share, found.value, found.low) == (1.0, None, None)
    assert cohen([]) is None


def test_alpha_of_four_observers() -> None:
    # Krippendorff (2011), section C: 12 units, 4 observers, data missing: alpha 0.743.
    people = (
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    )
    columns = zip(*(one.split() for one in people), strict=True)
    things = [[value for value in column if value != "."] for column in columns]
    found = krippendorff(things)
    assert found is not None
    assert found.things == 11
    assert found.value is not None and found.low is not None and found.high is not None
    assert found.value == pytest.approx(0.743, abs=0.0005)
    assert found.low < found.value < found.high
    assert krippendorff(things) == found  # the same seed, the same interval


def test_alpha_of_two_observers() -> None:
    # Krippendorff (2011), section A: 10 binary units, alpha 0.095.
    first, second = "0100000000", "1110010010"
    found = krippendorff(list(zip(first, second, strict=True)))
    assert found is not None
    assert found.value == pytest.approx(0.095, abs=0.0005)


def test_alpha_knows_what_it_cannot_tell() -> None:
    assert krippendorff([["met"], ["violated"]]) is None
    same = krippendorff([["met", "met", "met"]] * 3)
    assert same is not None
    assert same.value is None
    sure = krippendorff([["met", "met"]] * 5 + [["violated", "violated"]] * 5)
    assert sure is not None
    assert sure.value == 1.0
    assert sure.low is not None and sure.low < 0.6
