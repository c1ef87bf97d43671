"""What reading doubtful windows again with more beams gains, by how many windows that are.

Each window is read by an engine with one beam and by one with all; readings are kept, so that any
rule of choosing between them is tried by going through the calls again without the model.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchlib.errors import Comparison
from qa.transcribe.engine import Abilities, Engine, Heard, Stretch, Weight

Measure = Callable[[Heard], float]
"""How sure a reading is; the higher, the surer."""


def mean_logprob(heard: Heard) -> float:
    """Mean log-probability of the tokens, in nats."""
    return heard.mean_logprob if heard.mean_logprob is not None else -np.inf


def least_confidence(heard: Heard) -> float:
    """Confidence of the least sure word, 0–1; 1 where nothing was heard."""
    return min((word.confidence for word in heard.words), default=1.0)


MEASURES: Mapping[str, Measure] = {
    "mean log-probability": mean_logprob,
    "least sure word": least_confidence,
}


@dataclass
class Readings:
    """Readings, kept between rounds: by digest of a window, whether careful, whether thorough."""

    kept: dict[tuple[bytes, bool, bool], Heard] = field(default_factory=dict)


@dataclass
class Chooser:
    """An engine that reads with one beam first, and again with all where a measure is too low.

    Attributes:
        quick, thorough: the model with one beam, and with all.
        below: readings less sure than this are read again.
        windows, again: how many were read, and how many of them twice.
        seen: how sure each first reading was.
    """

    quick: Engine
    thorough: Engine
    readings: Readings
    measure: Measure
    below: float
    windows: int = 0
    again: int = 0
    seen: list[float] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        """Name how it chooses."""
        return f"{self.quick.fingerprint}/below{self.below}"

    @property
    def abilities(self) -> Abilities:
        """Say what both can."""
        return self.quick.abilities

    def recognise(
        self,
        windows: Sequence[NDArray[np.float32]],
        *,
        careful: bool = False,
        told: Sequence[tuple[str, ...]] = (),
    ) -> list[Heard]:
        """Read windows; a careful reading is with all beams, as in the service."""
        if careful:
            return self._read(windows, careful=True, thorough=True)
        heard = self._read(windows, careful=False, thorough=False)
        sure = [self.measure(one) for one in heard]
        doubtful = [i for i, value in enumerate(sure) if value < self.below]
        better = self._read([windows[i] for i in doubtful], careful=False, thorough=True)
        for i, one in zip(doubtful, better, strict=True):
            heard[i] = one
        self.seen += sure
        self.windows, self.again = self.windows + len(windows), self.again + len(doubtful)
        return heard

    def weigh(self, stretches: Sequence[Stretch], texts: Sequence[str]) -> list[Weight]:
        """Leave it to the thorough one."""
        return self.thorough.weigh(stretches, texts)

    def forget(self) -> None:
        """Drop what both keep of a recording."""
        self.quick.forget()
        self.thorough.forget()

    def _read(
        self, windows: Sequence[NDArray[np.float32]], *, careful: bool, thorough: bool
    ) -> list[Heard]:
        keys = [(hashlib.sha256(w.tobytes()).digest(), careful, thorough) for w in windows]
        kept = self.readings.kept
        new = [i for i, key in enumerate(keys) if key not in kept]
        if new:
            engine = self.thorough if thorough else self.quick
            heard = engine.recognise([windows[i] for i in new], careful=careful)
            kept |= zip((keys[i] for i in new), heard, strict=True)
        return [kept[key] for key in keys]


@dataclass(frozen=True)
class Point:
    """One point of the curve.

    Attributes:
        share: of the windows, read twice, 0–1.
        errors: by call, so that calls can be drawn anew.
    """

    below: float
    share: float
    errors: tuple[Comparison, ...]

    @property
    def total(self) -> Comparison:
        """Errors of all calls."""
        return sum(self.errors, Comparison())


def quantiles(values: Iterable[float], shares: Sequence[float]) -> list[float]:
    """Return below which value each share of the values lies; 0 nothing, 1 everything."""
    ordered = sorted(values)
    limits = [*ordered, float(np.nextafter(ordered[-1], np.inf))] if ordered else [np.inf]
    return [limits[min(len(limits) - 1, round(share * len(ordered)))] for share in shares]
