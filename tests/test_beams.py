"""The arithmetic behind `scripts/calibrate-beams`: which windows are read twice, and how often."""

from collections.abc import Sequence

import numpy as np
import pytest
from benchlib.beams import Chooser, Readings, least_confidence, mean_logprob, quantiles
from numpy.typing import NDArray

from qa.transcribe.engine import Abilities, Heard, HeardWord, Stretch, Weight


class Reader:
    """Says its name of every window, surer the louder it is."""

    abilities = Abilities()

    def __init__(self, name: str) -> None:
        self.fingerprint, self.read = name, 0

    def recognise(
        self,
        windows: Sequence[NDArray[np.float32]],
        *,
        careful: bool = False,
        told: Sequence[tuple[str, ...]] = (),
    ) -> list[Heard]:
        self.read += len(windows)
        name = self.fingerprint + ("!" if careful else "")
        return [Heard((HeardWord(name, 0, 100, 0.9),), float(w[0]) - 1, 0.0) for w in windows]

    def weigh(self, stretches: Sequence[Stretch], texts: Sequence[str]) -> list[Weight]:
        return []

    def forget(self) -> None:
        return None


def window(level: float) -> NDArray[np.float32]:
    return np.full(160, level, np.float32)


def said(heard: list[Heard]) -> list[str]:
    return [one.words[0].text for one in heard]


def test_only_what_is_unsure_is_read_twice_and_nothing_a_third_time() -> None:
    quick, thorough, readings = Reader("quick"), Reader("thorough"), Readings()
    windows = [window(level) for level in (0.25, 0.5, 0.75)]
    for below, expected, read in (
        (-0.6, ["thorough", "quick", "quick"], (3, 1)),
        (-0.4, ["thorough", "thorough", "quick"], (3, 2)),
        (-9.0, ["quick", "quick", "quick"], (3, 2)),
    ):
        chooser = Chooser(quick, thorough, readings, mean_logprob, below)
        assert said(chooser.recognise(windows)) == expected
        assert (quick.read, thorough.read) == read
        assert (chooser.windows, chooser.again) == (3, expected.count("thorough"))
    assert said(chooser.recognise(windows[:1], careful=True)) == ["thorough!"]


def test_a_window_without_a_word_is_sure_of_every_word() -> None:
    assert least_confidence(Heard((), -2.0, 0.9)) == 1.0
    words = tuple(HeardWord("好", 0, 100, sure) for sure in (0.9, 0.3, 0.6))
    assert least_confidence(Heard(words, -0.2, 0.0)) == 0.3


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_as_many_lie_below_a_limit_as_were_asked_for(share: float) -> None:
    values = [-0.1, -0.7, -0.3, -0.5]
    (limit,) = quantiles(values, [share])
    assert sum(value < limit for value in values) == share * 4
