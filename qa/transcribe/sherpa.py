"""sherpa-onnx as an `Engine`: SenseVoice and Paraformer, models that write a text in one go.

They know no likelihood of a given text (`weigh`), and give no confidence of a word. Of each token
they give one time, the moment at which the model was surest of it.
docs/decisions/0040-other-recognisers.md.
"""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.config import HearingSettings
from qa.errors import ConfigError, EngineError
from qa.transcribe.engine import (
    UNKNOWN_CONFIDENCE,
    Abilities,
    Heard,
    HeardWord,
    Stretch,
    Weight,
)
from qa.transcribe.registry import ModelKind
from qa.transcribe.vad import SAMPLE_RATE_HZ

MODEL_FILE, TOKENS_FILE = "model.int8.onnx", "tokens.txt"
LANGUAGE = "zh"
CHAR_MS = 240
"""A character counts as spoken for so long, unless the next one begins before."""
CONTINUES = "@@"
"""Ends a token of Paraformer whose word goes on."""
NO_SPEECH = "<|nospeech|>"
_NEEDED = {
    ModelKind.SENSE_VOICE: (
        *("vocab_size", "lfr_window_size", "lfr_window_shift", "normalize_samples"),
        *("with_itn", "without_itn", "neg_mean", "inv_stddev"),
        *(f"lang_{language}" for language in ("auto", "zh", "en", "ja", "ko", "yue")),
    ),
    ModelKind.PARAFORMER: (
        *("vocab_size", "lfr_window_size", "lfr_window_shift", "neg_mean", "inv_stddev"),
    ),
}
"""Metadata without which the library ends the whole process instead of raising an error."""


def check_usable(hearing: HearingSettings) -> None:
    """Make sure that sherpa-onnx is installed, and is not asked for a GPU.

    Raises:
        ConfigError: it is not, or it is.
    """
    if find_spec("sherpa_onnx") is None:
        raise ConfigError(
            f"the model '{hearing.model}' needs sherpa-onnx: pip install 'tingjian[sherpa]'"
        )
    if hearing.device == "cuda":
        raise ConfigError(
            f"the model '{hearing.model}' runs on the processor only; set hearing.device to 'cpu'"
        )


def decode_fingerprint(hearing: HearingSettings, model_hash: str) -> str:
    """Name what shapes a text: the model's bytes; nothing else of it can be set.

    Args:
        model_hash: SHA-256 of the weights, in hexadecimal.
    """
    return f"sherpa-onnx/{hearing.model}@{model_hash[:12]}/{LANGUAGE}"


class Sherpa:
    """A loaded SenseVoice or Paraformer.

    Windows are decoded one by one: int8 kernels scale by the largest value of a batch, so that a
    text would depend on its neighbours.
    """

    abilities = Abilities(weighs=False, confidences=False, hotwords=False)

    def __init__(
        self, folder: Path, settings: HearingSettings, *, kind: ModelKind, fingerprint: str
    ) -> None:
        """Load the model.

        Args:
            folder: holds `MODEL_FILE` and `TOKENS_FILE`.

        Raises:
            ConfigError: sherpa-onnx is not installed, or is asked for a GPU.
            EngineError: the files do not load, or are another kind of model.
        """
        check_usable(settings)
        self.fingerprint = fingerprint
        self._kind = kind
        problem = _problem(folder, kind)
        if problem:
            raise EngineError(settings.model, problem)
        from sherpa_onnx import OfflineRecognizer

        model, tokens = str(folder / MODEL_FILE), str(folder / TOKENS_FILE)
        try:
            if kind is ModelKind.SENSE_VOICE:
                self._recogniser = OfflineRecognizer.from_sense_voice(
                    model,
                    tokens,
                    num_threads=settings.threads,
                    language=LANGUAGE,
                    use_itn=True,  # numerals and punctuation, as Whisper writes them
                )
            else:
                self._recogniser = OfflineRecognizer.from_paraformer(
                    model, tokens, num_threads=settings.threads
                )
        except (RuntimeError, IndexError, ValueError) as error:
            raise EngineError(settings.model, f"{type(error).__name__} on loading") from error

    def recognise(
        self,
        windows: Sequence[NDArray[np.float32]],
        *,
        careful: bool = False,
        told: Sequence[tuple[str, ...]] = (),
    ) -> list[Heard]:
        """Transcribe windows; see `Engine.recognise`.

        There is but one way to read a window: `careful` changes nothing, for these models do not
        loop, and they cannot be told words.
        """
        return [self._heard(window) for window in windows]

    def weigh(self, stretches: Sequence[Stretch], texts: Sequence[str]) -> list[Weight]:
        """Refuse: a model without a decoder has no likelihood of a given text."""
        raise EngineError("reading", "this recogniser cannot weigh a text (no forced decoding)")

    def forget(self) -> None:
        """Do nothing: no window is kept."""

    def _heard(self, window: NDArray[np.float32]) -> Heard:
        try:
            stream = self._recogniser.create_stream()
            stream.accept_waveform(SAMPLE_RATE_HZ, np.ascontiguousarray(window))
            self._recogniser.decode_stream(stream)
            result: Any = stream.result
        except (RuntimeError, ValueError) as error:
            raise EngineError("window", f"{type(error).__name__} while decoding") from error
        # A failed run comes back as an empty result. SenseVoice always says which language it
        # heard; Paraformer also fails where it finds no word at all, which is no error.
        if self._kind is ModelKind.SENSE_VOICE and not result.lang:
            raise EngineError("window", "no result")
        tokens, times_s = list(result.tokens), list(result.timestamps)
        if self._kind is ModelKind.PARAFORMER:
            tokens = _spaced(tokens)
        if len(tokens) != len(times_s):
            raise EngineError("window", "words without times; this model has none")
        silent = 1.0 if result.lang == NO_SPEECH else 0.0
        end_ms = len(window) * 1000 // SAMPLE_RATE_HZ
        return Heard(tuple(_words(tokens, times_s, end_ms)), None, silent)


def _words(tokens: Sequence[str], times_s: Sequence[float], end_ms: int) -> Iterator[HeardWord]:
    """Join tokens to words: a character with its punctuation, or the pieces of a foreign word.

    Args:
        tokens: a foreign word begins with a space, its further pieces do not.
        times_s: of the tokens, within the window, in seconds.
        end_ms: of the window.
    """
    parts: list[tuple[str, int, int]] = []  # text, times of its first and last token
    for token, time_s in zip(tokens, times_s, strict=True):
        text = "" if token.startswith("<") and token.endswith(">") else token.strip()
        earliest = parts[-1][2] if parts else 0
        time_ms = min(max(round(time_s * 1000), earliest), end_ms)
        if not any(map(str.isalnum, text)):
            if parts:
                parts[-1] = (parts[-1][0] + text, *parts[-1][1:])
        elif parts and _goes_on(token, parts[-1][0]):
            parts[-1] = (parts[-1][0] + text, parts[-1][1], time_ms)
        else:
            parts.append((text, time_ms, time_ms))
    nexts = [start for _, start, _ in parts[1:]] + [end_ms]
    for (text, start, last), following in zip(parts, nexts, strict=False):
        yield HeardWord(text, start, min(last + CHAR_MS, following), UNKNOWN_CONFIDENCE)


def _goes_on(token: str, word: str) -> bool:
    """Whether a token is a further piece of a foreign word."""
    return _is_latin(token[0]) and _is_latin(word[-1])


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalpha()


def _spaced(tokens: Sequence[str]) -> list[str]:
    """Write Paraformer's pieces (`hel@@`, `lo`) as SenseVoice's are (` hel`, `lo`)."""
    spaced, goes_on = [], False
    for token in tokens:
        starts = not goes_on and _is_latin(token[:1] or " ")
        goes_on = token.endswith(CONTINUES)
        spaced.append((" " if starts else "") + token.removesuffix(CONTINUES))
    return spaced


def _problem(folder: Path, kind: ModelKind) -> str | None:
    """Say what is wrong with a model on which the library would end the process."""
    import onnx

    try:
        model = onnx.load(str(folder / MODEL_FILE), load_external_data=False)
        lines = (folder / TOKENS_FILE).read_text("utf-8").splitlines()
    except Exception as error:  # protobuf raises classes of its own
        return f"{type(error).__name__} on loading"
    known = {entry.key for entry in model.metadata_props}
    missing = [name for name in _NEEDED[kind] if name not in known]
    if missing:
        return f"no {kind.value} model: its metadata lack {', '.join(missing)}"
    if not lines or not all(line.rpartition(" ")[2].strip().isdigit() for line in lines):
        return f"{TOKENS_FILE} is no list of tokens with their numbers"
    return None
