"""What a recogniser must do, so that another one is one more file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

ENGINE_REVISION = "6"
"""Counts changes of this stage's code that change texts; part of every fingerprint."""


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word as the engine returns it.

    Attributes:
        text: usually one character, with its punctuation; any script.
        start_ms, end_ms: within the window.
        confidence: 0–1.
    """

    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard in one window.

    Attributes:
        mean_logprob: mean natural log-probability of the tokens; about −0.3 when sure.
        no_speech: probability that the window holds no speech, 0–1.
    """

    words: tuple[HeardWord, ...]
    mean_logprob: float
    no_speech: float


class Engine(Protocol):
    """A loaded recogniser."""

    @property
    def fingerprint(self) -> str:
        """Names the model's bytes and every setting that shapes the text."""

    def recognise(
        self, windows: Sequence[NDArray[np.float32]], *, careful: bool = False
    ) -> list[Heard]:
        """Transcribe windows of at most 30 s at 16 000 Hz.

        Args:
            careful: read so that the decoder neither loops nor stops early, at the price of more
                errors elsewhere; for windows whose first reading did.

        Returns:
            One result per window, in order.

        Raises:
            EngineError: the library failed; trying again may help.
        """
