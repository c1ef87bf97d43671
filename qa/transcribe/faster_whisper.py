"""faster-whisper as an `Engine`: CTranslate2 Whisper on packed windows.

`WhisperModel.transcribe` walks one file window by window, and `BatchedInferencePipeline` loses
words (19.5–22 % errors where plain decoding has 14 %). Here windows of any origin are encoded and
decoded together, and words get their times from one alignment pass over the same encoding.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.config import HearingSettings
from qa.errors import EngineError
from qa.transcribe.engine import Abilities, Heard, HeardWord, Stretch, Weight
from qa.transcribe.vad import SAMPLE_RATE_HZ
from qa.transcribe.vocabulary import Narrowed, narrowed

CPU_BATCH = 4
"""Windows decoded together on a processor: a quarter less work than one by one (2.1 s and 1.6 s a
window); eight gain 3 % more and cost memory (about 40 MB a window). Of short windows, half as long,
twice as many."""
GPU_BATCH = 32
GPU_STREAMS = 2
"""Batches in the model at once: while one is decoded, the next is made ready."""
FRAMES_PER_WINDOW = 3_000
FRAMES_PER_SECOND = 100
LOOP_NGRAM = 6
"""With `careful`, no run of so many tokens may come twice."""
SHORT_WINDOW_MS = 20_000
"""Speech that a short window is filled with. What the encoder does within a window, and what the
decoder looks through at every step, grows with its length; windows of 15 s have more errors."""
SHORT_STEP = 200
"""Short windows are encoded in steps of so many frames (2 s), so that many have the same size."""
SHORT_PAD = 100
"""Frames of silence behind a short window's speech, at least: the decoder ends there."""
UNSURE_LOGPROB = -0.33
"""With `quick_first`, windows that one beam reads with a lower mean log-probability of a token, in
nats, are read again with all beams; chosen by scripts/calibrate-beams."""
KEPT_BATCHES = 8
"""Encoded windows kept for `weigh`, in batches: on a processor 32 of 3 MB each with `base`, a
quarter of an hour of one speaker."""
MS_PER_ENCODED_FRAME = 20
TAIL_FRAMES = 50
"""Encoded frames of a window's end that `weigh` puts behind every sound: the decoder rests its
attention there, and without it loses its way in a short piece (worst 2 % of places: -5.5 nats a
token for the very words that were heard, with it -2.3)."""
MAX_WEIGHED_TOKENS = 400
"""The decoder has room for 448, its prompt included."""
LEAST_PROBABILITY = 1e-10
"""A token that the model rules out altogether counts for −23 nats, not for infinity."""


def decode_fingerprint(settings: HearingSettings, model_hash: str) -> str:
    """Name what shapes a text: the model's bytes and the decoding settings.

    Args:
        model_hash: SHA-256 of model.bin, in hexadecimal.
    """
    return (
        f"faster-whisper/{settings.model}@{model_hash[:12]}"
        f"/{settings.compute_type}/beam{settings.beam_size}"
        f"{'/short20' if settings.short_windows else ''}"
        f"{'/zh' if settings.vocabulary == 'chinese' else ''}"
        f"{f'/quick{-UNSURE_LOGPROB}' if settings.quick_first else ''}"
    )


def abilities(settings: HearingSettings) -> Abilities:
    """Say what Whisper can tell, and how long its windows are, without loading it."""
    return Abilities(window_ms=SHORT_WINDOW_MS) if settings.short_windows else Abilities()


class FasterWhisper:
    """A loaded Whisper model: Mandarin, temperature 0, no conditioning on previous text."""

    def __init__(self, path: Path, settings: HearingSettings, *, fingerprint: str) -> None:
        """Load the model.

        Raises:
            EngineError: the files do not load.
        """
        from faster_whisper.tokenizer import Tokenizer
        from faster_whisper.transcribe import get_suppressed_tokens

        self.fingerprint = fingerprint
        self.abilities = abilities(settings)
        self._beam_size, self._short = settings.beam_size, settings.short_windows
        self._quick_first = settings.quick_first
        self._whisper = _load(path, settings)
        self._tokenizer = Tokenizer(
            self._whisper.hf_tokenizer,
            self._whisper.model.is_multilingual,
            task="transcribe",
            language="zh",
        )
        # Without timestamp tokens the decoder skips fewer pieces of a packed window (deletions
        # 1.8 % against 3.7 % on the development calls); the alignment pass gives times anyway.
        self._prompt = self._prompt_with((), timed=False)
        self._timed_prompt = self._prompt_with((), timed=True)
        self._suppressed = get_suppressed_tokens(self._tokenizer, [-1])
        at_once = GPU_BATCH if settings.device == "cuda" else CPU_BATCH * (2 if self._short else 1)
        self.batch = settings.batch or at_once
        self._kept: OrderedDict[bytes, NDArray[np.generic]] = OrderedDict()
        self._lock = Lock()  # of what is kept; CTranslate2 itself may be called by many threads

    def size_of(self, window: NDArray[np.float32]) -> int:
        """Feature frames that a window is encoded with; see `Batching.size_of`."""
        if not self._short:
            return FRAMES_PER_WINDOW
        spoken = -(-len(window) * FRAMES_PER_SECOND // SAMPLE_RATE_HZ)
        return min(FRAMES_PER_WINDOW, -(-(spoken + SHORT_PAD) // SHORT_STEP) * SHORT_STEP)

    def recognise(
        self,
        windows: Sequence[NDArray[np.float32]],
        *,
        careful: bool = False,
        told: Sequence[tuple[str, ...]] = (),
    ) -> list[Heard]:
        """Transcribe windows; see `Engine.recognise`.

        All prompts of a batch must have one length, and so must all encodings, so windows are
        batched by what they are told and by their size.
        """
        heard: dict[int, Heard] = {}
        told = told or [()] * len(windows)
        try:
            kinds = [(own, self.size_of(window)) for own, window in zip(told, windows, strict=True)]
            for kind in dict.fromkeys(kinds):
                words, same = kind[0], [i for i, own in enumerate(kinds) if own == kind]
                for first in range(0, len(same), self.batch):
                    some = same[first : first + self.batch]
                    found = self._batch([windows[i] for i in some], careful, words)
                    heard |= zip(some, found, strict=True)
        except (RuntimeError, ValueError) as error:
            raise EngineError("window", f"{type(error).__name__} while decoding") from error
        return [heard[i] for i in range(len(windows))]

    def weigh(self, stretches: Sequence[Stretch], texts: Sequence[str]) -> list[Weight]:
        """Weigh readings of a sound; see `Engine.weigh`."""
        tokens = [self._tokens(text) for text in texts]
        if max(map(len, tokens), default=0) > MAX_WEIGHED_TOKENS:
            raise EngineError("reading", f"more than {MAX_WEIGHED_TOKENS} tokens")
        try:
            tail = self._frames(stretches[-1].window)[-TAIL_FRAMES:]
            sound = np.concatenate([*map(self._encoded, stretches), tail])
            # Everything the decoder does with a sound grows with its length, and a place needs
            # only its surroundings: docs/decisions/0011-hypotheses-on-a-part-of-the-encoding.md.
            found = self._whisper.model.align(
                self._storage(np.repeat(sound[None], len(texts), axis=0)),
                self._tokenizer.sot_sequence,
                tokens,
                [2] * len(texts),  # of the alignment itself, which nobody asked for, one frame
                median_filter_width=1,
            )
        except (RuntimeError, ValueError) as error:
            raise EngineError("reading", f"{type(error).__name__} while weighing") from error
        return [
            Weight(_total_logprob(result.text_token_probs), tuple(ids))
            for result, ids in zip(found, tokens, strict=True)
        ]

    def forget(self) -> None:
        """Drop the encoded windows; see `Engine.forget`."""
        with self._lock:
            self._kept.clear()

    def _encoded(self, stretch: Stretch) -> NDArray[np.generic]:
        """Return the encoded frames of a stretch, shape `(frames, size)`, at least one frame."""
        frames = self._frames(stretch.window)
        end_ms = len(frames) * MS_PER_ENCODED_FRAME
        first = min(max(0, stretch.start_ms), end_ms - 1) // MS_PER_ENCODED_FRAME
        last = -(-min(stretch.end_ms, end_ms) // MS_PER_ENCODED_FRAME)
        return frames[first : max(first + 1, last)]

    def _frames(self, window: NDArray[np.float32]) -> NDArray[np.generic]:
        """Return a window's encoded frames, those kept or new ones, shape `(frames, size)`."""
        key = _digest(window)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept
        return self._keep([window], self._encode([window]))[0]

    def _tokens(self, text: str) -> list[int]:
        tokens: list[int] = self._tokenizer.encode(text)
        model = self._whisper.model
        return model.spelt(tokens) if isinstance(model, Narrowed) else tokens

    def _encode(self, windows: Sequence[NDArray[np.float32]]) -> Any:
        features = [self._features(window) for window in windows]
        if self._whisper.model.device != "cpu" or len(windows) == 1:
            return self._whisper.encode(np.stack(features))
        # A processor encodes one after another for a fifth less work: its caches hold one.
        return self._storage(
            np.concatenate([np.array(self._whisper.encode(own)) for own in features])
        )

    def _keep(
        self, windows: Sequence[NDArray[np.float32]], encoded: Any
    ) -> list[NDArray[np.generic]]:
        frames = [own.copy() for own in self._array(encoded)]  # a view would hold the whole batch
        with self._lock:
            self._kept |= zip(map(_digest, windows), frames, strict=True)
            while len(self._kept) > KEPT_BATCHES * self.batch:
                self._kept.popitem(last=False)
        return frames

    def _array(self, encoded: Any) -> NDArray[np.generic]:
        if self._whisper.model.device != "cpu":
            import ctranslate2

            encoded = encoded.to_device(ctranslate2.Device.cpu)
        return np.array(encoded)

    def _storage(self, frames: NDArray[np.generic]) -> Any:
        import ctranslate2

        return ctranslate2.StorageView.from_array(np.ascontiguousarray(frames))

    def _prompt_with(self, words: tuple[str, ...], *, timed: bool) -> list[int]:
        prompt: list[int] = self._whisper.get_prompt(
            self._tokenizer, [], without_timestamps=not timed, hotwords=" ".join(words) or None
        )
        return prompt

    def _prompt_of(self, careful: bool, words: tuple[str, ...]) -> list[int]:
        if words:
            return self._prompt_with(words, timed=careful)
        return self._timed_prompt if careful else self._prompt

    def _batch(
        self, windows: Sequence[NDArray[np.float32]], careful: bool, words: tuple[str, ...]
    ) -> list[Heard]:
        encoded = self._encode(windows)
        if not careful:  # what is read again stands in the first reading's windows too
            self._keep(windows, encoded)
        quick = self._quick_first and not careful
        results = self._generate(encoded, careful, words, beams=1 if quick else self._beam_size)
        doubtful = [i for i, one in enumerate(results) if quick and _is_unsure(one)]
        if doubtful:
            # Beams cost as much as encoding, and where one is sure, five say the same.
            some = self._storage(self._array(encoded)[doubtful])
            again = self._generate(some, careful, words, beams=self._beam_size)
            for i, result in zip(doubtful, again, strict=True):
                results[i] = result
        tokens = [
            [t for t in result.sequences_ids[0] if t < self._tokenizer.eot] for result in results
        ]
        aligned = self._align(encoded, tokens, windows)
        return [
            Heard(found, _mean_logprob(result), float(result.no_speech_prob))
            for result, found in zip(results, aligned, strict=True)
        ]

    def _generate(
        self, encoded: Any, careful: bool, words: tuple[str, ...], *, beams: int
    ) -> list[Any]:
        return list(
            self._whisper.model.generate(
                encoded,
                [self._prompt_of(careful, words)] * encoded.shape[0],
                beam_size=beams,
                max_length=self._whisper.max_length,
                suppress_tokens=self._suppressed,
                no_repeat_ngram_size=LOOP_NGRAM if careful else 0,
                return_scores=True,
                return_no_speech_prob=True,
            )
        )

    def _features(self, window: NDArray[np.float32]) -> NDArray[np.float32]:
        from faster_whisper.audio import pad_or_trim

        features = self._whisper.feature_extractor(window)[..., :-1]
        padded: NDArray[np.float32] = pad_or_trim(features, self.size_of(window))
        return padded

    def _align(
        self, encoded: Any, tokens: list[list[int]], windows: Sequence[NDArray[np.float32]]
    ) -> list[tuple[HeardWord, ...]]:
        frames = [
            min(FRAMES_PER_WINDOW, -(-len(w) * FRAMES_PER_SECOND // SAMPLE_RATE_HZ))
            for w in windows
        ]
        aligned = self._whisper.find_alignment(self._tokenizer, tokens, encoded, frames)
        return [tuple(_word(w) for w in words if w["word"].strip()) for words in aligned]


def _load(path: Path, settings: HearingSettings) -> Any:
    """Load the model, with the tokens that are wanted; raise an `EngineError` if it does not."""
    from faster_whisper import WhisperModel

    try:
        narrow = narrowed(path) if settings.vocabulary == "chinese" else None
        whisper = WhisperModel(
            str(path),
            device=settings.device,
            compute_type=settings.compute_type,
            cpu_threads=settings.threads,
            num_workers=GPU_STREAMS if settings.device == "cuda" else 1,
            local_files_only=True,
            files=narrow.files if narrow else None,
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise EngineError(settings.model, f"{type(error).__name__} on loading") from error
    if narrow:
        whisper.model = Narrowed(whisper.model, narrow)
    return whisper


def _word(word: dict[str, Any]) -> HeardWord:
    start, end = round(word["start"] * 1000), round(word["end"] * 1000)
    return HeardWord(
        word["word"].strip(), start, max(start, end), round(float(word["probability"]), 4)
    )


def _mean_logprob(result: Any) -> float:
    """CTranslate2 divides by the length already (length_penalty 1); count the end token too."""
    length = len(result.sequences_ids[0])
    return float(result.scores[0]) * length / (length + 1)


def _is_unsure(result: Any) -> bool:
    return _mean_logprob(result) < UNSURE_LOGPROB


def _digest(window: NDArray[np.float32]) -> bytes:
    return hashlib.blake2b(window.tobytes(), digest_size=16).digest()


def _total_logprob(probabilities: Iterable[float]) -> float:
    return float(np.log(np.maximum(list(probabilities), LEAST_PROBABILITY)).sum())
