"""What a recogniser must do, so that another one is one more file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

ENGINE_REVISION = "7"
"""Counts changes of this stage's code that change texts; part of every fingerprint."""
VOICES_REVISION = "2"
"""The same for mono recordings whose voices are told apart; nobody else hears anew for it."""


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word as the engine returns it.

    Attributes:
        text: usually one character, with its punctuation; any script.
        start_ms, end_ms: within the window.
        confidence: 0–1; `UNKNOWN_CONFIDENCE` where the engine gives none.
    """

    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard in one window.

    Attributes:
        mean_logprob: mean natural log-probability of the tokens; about −0.3 when sure; None where
            the engine does not say.
        no_speech: probability that the window holds no speech, 0–1; 0 where the engine does not
            say.
    """

    words: tuple[HeardWord, ...]
    mean_logprob: float | None
    no_speech: float


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Part of a window, to be listened to.

    Attributes:
        window: the whole window's samples, as given to `Engine.recognise`.
        start_ms, end_ms: the part, within the window.
    """

    window: NDArray[np.float32]
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Weight:
    """How well a text fits a sound.

    Attributes:
        logprob: natural log-likelihood of the text's tokens, at most 0.
        tokens: the text as the engine reads it.
    """

    logprob: float
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a recogniser can tell besides words and their times.

    Attributes:
        weighs: it can say how well a text fits a sound (`Engine.weigh`); without it questions to
            the sound stay open.
        confidences: its words carry a confidence of their own; without them no word may convict
            (`qa.types.NO_CONFIDENCE`).
        hotwords: it can be told which words to expect; one that cannot ignores them.
        window_ms: speech that a window is filled with, at most 30 s; only a longer segment makes a
            longer window.
    """

    weighs: bool = True
    confidences: bool = True
    hotwords: bool = True
    window_ms: int = 30_000


UNKNOWN_CONFIDENCE = 0.3
"""Confidence of words whose engine gives none: the lowest at which the rules still take a word as
said (a required sentence counts), far below all at which one convicts by itself."""


class Engine(Protocol):
    """A loaded recogniser; its methods may be called by several threads at once."""

    @property
    def fingerprint(self) -> str:
        """Names the model's bytes and every setting that shapes the text."""

    @property
    def abilities(self) -> Abilities:
        """What it can tell; the same for every recording."""

    def recognise(
        self,
        windows: Sequence[NDArray[np.float32]],
        *,
        careful: bool = False,
        told: Sequence[tuple[str, ...]] = (),
    ) -> list[Heard]:
        """Transcribe windows of at most 30 s at 16 000 Hz.

        Args:
            told: for each window words that are to be expected in it; left out: none in any.
            careful: read so that the decoder neither loops nor stops early, at the price of more
                errors elsewhere; for windows whose first reading did.

        Returns:
            One result per window, in order.

        Raises:
            EngineError: the library failed; trying again may help.
        """

    def weigh(self, stretches: Sequence[Stretch], texts: Sequence[str]) -> list[Weight]:
        """Say how likely each text is as the words of a sound, by forced decoding.

        A window that was recognised since the last `forget` need not be encoded again.

        Args:
            stretches: the sound, that is, parts of one window or more, one after another; 30 s in
                all at most.
            texts: readings of the whole sound, punctuation included; any script.

        Returns:
            One result per text, in order; the same whether the window was kept or not.

        Raises:
            EngineError: the library failed, a text is longer than any that fits 30 s, or the
                engine cannot weigh (`Abilities.weighs`).
        """

    def forget(self) -> None:
        """Drop what was kept of the windows recognised so far: the recording is done."""


@runtime_checkable
class Batching(Protocol):
    """An engine that decodes several windows at once, and gains by it.

    Whatever is decoded together, each window's text must be the one that it gets alone.
    """

    @property
    def batch(self) -> int:
        """Windows that fill the model, at least 1."""

    def size_of(self, window: NDArray[np.float32]) -> int:
        """Name the size under which a window is decoded; only those of one size go together."""
