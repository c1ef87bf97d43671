"""Windows of many calls in one batch: whose neighbours a window has makes no difference."""

import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from qa.config import Settings
from qa.errors import EngineError
from qa.pipeline import Worker
from qa.transcribe.engine import Abilities, Heard, HeardWord, Stretch, Weight
from qa.transcribe.together import QUEUED_BATCHES, Together
from qa.transcribe.vad import SAMPLE_RATE_HZ
from qa.types import Transcript
from tests.support.waiting import SLOW_S, until

FIXTURES = Path(__file__).parents[1] / "fixtures" / "audio"
BROKEN = -1.0


class Batches:
    """Hears the first sample of a window, takes only windows of one size, and keeps a list.

    Args:
        until_waiting: the first batch takes until so many windows wait for the next.
    """

    fingerprint = "batches/1"
    abilities = Abilities()
    batch = 4

    def __init__(self, *, until_waiting: int = 0) -> None:
        self.decoded: list[list[float]] = []
        self.most_waiting = 0
        self.together: Together | None = None
        self.begun = threading.Event()
        self._until_waiting = until_waiting

    def size_of(self, window: NDArray[np.float32]) -> int:
        return -(-len(window) // (10 * SAMPLE_RATE_HZ))

    def recognise(
        self,
        windows: Sequence[NDArray[np.float32]],
        *,
        careful: bool = False,
        told: Sequence[tuple[str, ...]] = (),
    ) -> list[Heard]:
        assert len({self.size_of(window) for window in windows}) == 1, "one size at a time"
        assert len(windows) <= self.batch
        self.begun.set()
        if self.together is not None and not any(self.decoded):
            until(lambda: self.together and self.together.waiting >= self._until_waiting)
        if self.together is not None:
            self.most_waiting = max(self.most_waiting, self.together.waiting)
        self.decoded.append([len(w) / SAMPLE_RATE_HZ for w in windows])
        if any(w[0] == BROKEN for w in windows):
            raise EngineError("window", "a window that nobody can decode")
        return [Heard((HeardWord(_text(w[0]), 0, 1, 0.9),), -0.3, 0.0) for w in windows]

    def weigh(self, stretches: Sequence[Stretch], texts: Sequence[str]) -> list[Weight]:
        return [Weight(-float(len(text)), ()) for text in texts]

    def forget(self) -> None:
        self.decoded.append([])


def _text(sample: float) -> str:
    return f"{sample:.4f}"


def window(value: float, seconds: float = 5.0) -> NDArray[np.float32]:
    audio = np.zeros(round(seconds * SAMPLE_RATE_HZ), np.float32)
    audio[0] = value
    return audio


def heard_together(
    engine: Batches, calls: Sequence[Sequence[NDArray[np.float32]]]
) -> list[list[str] | str]:
    """Hear calls at once; what each heard, or the problem that it ended with."""
    start = threading.Barrier(len(calls))
    together = Together(engine)
    engine.together = together

    def hear(windows: Sequence[NDArray[np.float32]]) -> list[str] | str:
        with together.voice() as voice:
            start.wait()
            try:
                return [h.words[0].text for h in voice.recognise(windows)]
            except EngineError as error:
                return error.problem

    try:
        with ThreadPoolExecutor(len(calls)) as threads:
            return list(threads.map(hear, calls))
    finally:
        together.close()


def test_every_call_gets_its_own_words_whoever_stands_beside_it() -> None:
    chance = random.Random(7)
    calls = [
        [window(chance.random(), chance.uniform(1, 29)) for _ in range(chance.randint(1, 6))]
        for _ in range(12)
    ]
    expected = [[_text(one[0]) for one in windows] for windows in calls]
    for _ in range(3):
        order = chance.sample(range(len(calls)), len(calls))
        found = heard_together(Batches(), [calls[i] for i in order])
        assert found == [expected[i] for i in order]


def test_windows_of_several_calls_fill_the_batches() -> None:
    engine = Batches(until_waiting=4)
    heard_together(engine, [[window(0.1 * i)] for i in range(1, 9)])
    sizes = [len(some) for some in engine.decoded if some]
    assert sum(sizes) == 8
    assert sizes.count(4) >= 1, "alone, each would have been a batch of one"


def test_a_batch_holds_windows_of_like_length() -> None:
    lengths = [3.0, 9.0, 3.1, 9.1, 3.2, 9.2, 3.3, 9.3]
    engine = Batches(until_waiting=len(lengths))
    together = engine.together = Together(engine)
    with together.voice() as first, together.voice() as second, ThreadPoolExecutor(1) as threads:
        before = threads.submit(first.recognise, [window(0.5, 6.0)])
        assert engine.begun.wait(SLOW_S), "whoever decodes is busy until all others wait"
        second.recognise([window(0.5, length) for length in lengths])
        before.result()
    together.close()
    spread = [max(some) - min(some) for some in engine.decoded if some]
    assert max(spread) < 1, engine.decoded


def test_a_window_that_cannot_be_decoded_fails_its_own_call_alone() -> None:
    calls = [[window(0.1), window(0.2)], [window(0.3), window(BROKEN)], [window(0.4)]]
    found = heard_together(Batches(), calls)
    assert found == [["0.1000", "0.2000"], "a window that nobody can decode", ["0.4000"]]


def test_no_more_windows_wait_than_the_bound() -> None:
    engine = Batches(until_waiting=QUEUED_BATCHES * Batches.batch)
    heard_together(engine, [[window(0.1) for _ in range(16)] for _ in range(8)])
    assert 0 < engine.most_waiting <= QUEUED_BATCHES * engine.batch


def test_what_is_kept_of_the_windows_is_dropped_when_the_last_call_is_done() -> None:
    engine = Batches()
    together = Together(engine)
    with together.voice() as first:
        with together.voice() as second:
            second.recognise([window(0.1)])
            second.forget()
        assert [] not in engine.decoded
        first.recognise([window(0.2)])
    assert engine.decoded[-1] == []
    together.close()


def test_who_still_waits_when_it_is_closed_is_told() -> None:
    engine = Batches()
    together = Together(engine)
    together.close()
    with together.voice() as voice, pytest.raises(EngineError):
        voice.recognise([window(0.1)])


@pytest.mark.model
def test_the_real_model_hears_the_same_whatever_the_neighbours(base_model: Path) -> None:
    paths = [FIXTURES / f"{name}.wav" for name in ("mono", "wrong-number")]
    hearing = Settings().hearing.model_copy(update={"beam_size": 2})
    settings = Settings(models_dir=base_model.parent, hearing=hearing)
    with Worker(settings) as worker:
        alone = {path: worker.transcribe(path) for path in paths}
    batch = settings.batch.model_copy(update={"together": 2})
    with (
        Worker(settings.model_copy(update={"batch": batch})) as worker,
        ThreadPoolExecutor(2) as threads,
    ):

        def hear(path: Path) -> Transcript:
            return worker.transcribe(path)

        assert dict(zip(paths, threads.map(hear, paths), strict=True)) == alone


@pytest.mark.model
def test_short_windows_are_encoded_as_long_as_their_speech(base_model: Path) -> None:
    from qa.transcribe.faster_whisper import FasterWhisper

    hearing = Settings().hearing.model_copy(update={"short_windows": True, "beam_size": 1})
    engine = FasterWhisper(base_model, hearing, fingerprint="short")
    assert [engine.size_of(window(0.1, s)) for s in (0.5, 2.01, 3.0, 18.5, 28.5, 30.0)] == [
        *(200, 400, 400, 2000, 3000, 3000)
    ]
    speech, rate = soundfile.read(FIXTURES / "good.wav", dtype="float32", frames=6 * 8000)
    audio = np.repeat(speech[:, 0], SAMPLE_RATE_HZ // rate)
    (heard,) = engine.recognise([audio])
    assert len("".join(word.text for word in heard.words)) > 10
    assert heard.words[-1].end_ms <= 6_000
    kept, texts = Stretch(audio, 0, 5_000), ["大龙供暖报修", "今天天气很好"]
    at_once = engine.weigh([kept], texts)
    engine.forget()
    assert engine.weigh([kept], texts) == at_once
    assert at_once[0].logprob > at_once[1].logprob
