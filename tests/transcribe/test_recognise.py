"""From samples to a transcript: with an engine that obeys, and with the real model.

The scripted engine is the only thing replaced; decoding, speech detection, packing, guards and
roles are the real ones.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from qa.config import AudioSettings, Settings
from qa.errors import EngineError
from qa.pipeline import Worker
from qa.text import FILLERS, fold, to_simplified
from qa.transcribe.audio import DecodedRecording, Decoder
from qa.transcribe.engine import Abilities, Heard, HeardWord
from qa.transcribe.guards import WITHHELD_CONFIDENCE
from qa.transcribe.recognise import (
    PAUSE_MS,
    UNHEARD_MS,
    recognise,
    speech_segments,
)
from qa.transcribe.vad import SAMPLE_RATE_HZ, measure_frames
from qa.types import Role, Span, Transcript

FIXTURES = Path(__file__).parents[1] / "fixtures" / "audio"
WORD_MS = 500
RISING = "".join(c for c in map(chr, range(0x4E00, 0x4EC0)) if to_simplified(c) == c)
"""Simplified characters in ascending order."""

Script = Callable[[int, bool], Heard]
"""From the window's length in milliseconds, and whether loops are forbidden, to what is heard."""


def said(text: str, duration_ms: int, *, no_speech: float = 0.0, logprob: float = -0.3) -> Heard:
    """Spread a text evenly over a window, one word a character."""
    step = duration_ms / max(1, len(text))
    words = tuple(
        HeardWord(char, round(i * step), round((i + 1) * step), 0.9) for i, char in enumerate(text)
    )
    return Heard(words, logprob, no_speech)


def counting(duration_ms: int, careful: bool) -> Heard:
    """Hear a new character every half second: enough text for the speech, never a loop."""
    return said(RISING[: duration_ms // WORD_MS], duration_ms)


class ScriptedEngine:
    """An engine that hears what a script says."""

    fingerprint = "scripted/1"
    abilities = Abilities()

    def __init__(self, script: Script = counting) -> None:
        self.script = script
        self.calls: list[tuple[int, bool]] = []
        self.told: list[tuple[str, ...]] = []

    def recognise(
        self,
        windows: Sequence[NDArray[np.float32]],
        *,
        careful: bool = False,
        told: Sequence[tuple[str, ...]] = (),
    ) -> list[Heard]:
        self.told += told
        self.calls.append((len(windows), careful))
        return [self.script(len(w) * 1000 // SAMPLE_RATE_HZ, careful) for w in windows]


@contextmanager
def decoding(path: Path) -> Iterator[DecodedRecording]:
    with Decoder(AudioSettings()) as decoder, decoder.decode(path) as decoded:
        yield decoded


def hear(name: str | Path, engine: ScriptedEngine) -> Transcript:
    path = name if isinstance(name, Path) else FIXTURES / f"{name}.wav"
    with decoding(path) as decoded:
        return recognise(decoded, engine, aggressiveness=2, agent_channel="left")


def speech_of(name: str, *, aggressiveness: int = 2) -> list[list[Span]]:
    with decoding(FIXTURES / f"{name}.wav") as decoded:
        duration_ms = decoded.recording.duration_ms
        frames = [
            measure_frames(decoded.channel(i), aggressiveness=aggressiveness)
            for i in range(decoded.recording.channel_count)
        ]
    return [[s.span for s in found] for found in speech_segments(frames, duration_ms)]


def check_order(transcript: Transcript) -> None:
    """What holds for every transcript, whatever was heard."""
    starts = [u.span.start_ms for u in transcript.utterances]
    assert starts == sorted(starts)
    for utterance in transcript.utterances:
        assert utterance.text == "".join(word.text for word in utterance.words)
        assert utterance.span.end_ms <= transcript.duration_ms
        assert 0 <= utterance.confidence <= 1
        for word in utterance.words:
            assert utterance.span.start_ms <= word.span.start_ms
            assert word.span.end_ms <= utterance.span.end_ms
        for left, right in pairwise(utterance.words):
            assert left.span.start_ms <= right.span.start_ms
            assert right.span.start_ms - left.span.end_ms < PAUSE_MS


def test_words_lie_inside_the_speech_they_were_heard_in() -> None:
    transcript = hear("good", ScriptedEngine())
    check_order(transcript)
    for channel, spans in enumerate(speech_of("good")):
        words = [w for u in transcript.utterances if u.channel == channel for w in u.words]
        assert len(words) > 10
        for word in words:
            assert any(
                s.start_ms <= word.span.start_ms <= word.span.end_ms <= s.end_ms for s in spans
            )


def test_words_keep_the_order_in_which_they_were_heard() -> None:
    engine = ScriptedEngine()
    transcript = hear("bad", engine)
    assert engine.calls == [(2, False)]
    for channel in (0, 1):
        text = "".join(u.text for u in transcript.utterances if u.channel == channel)
        assert list(text) == sorted(text), "a window counts upwards"


def test_the_transcript_names_recording_engine_and_measures() -> None:
    transcript = hear("good", ScriptedEngine())
    assert transcript.engine == "scripted/1"
    assert len(transcript.recording_id) == 64
    assert (transcript.channel_count, len(transcript.channels)) == (2, 2)
    for channel, spans in enumerate(speech_of("good")):
        assert transcript.channels[channel].speech_ms == sum(s.duration_ms for s in spans)


def test_a_pause_ends_an_utterance() -> None:
    transcript = hear("good", ScriptedEngine())
    agent = [u for u in transcript.utterances if u.channel == 0]
    assert len(agent) >= 6
    assert all(b.span.start_ms - a.span.end_ms >= PAUSE_MS for a, b in pairwise(agent))


def test_mono_has_unknown_roles_without_confidence() -> None:
    transcript = hear("mono", ScriptedEngine())
    assert transcript.channel_count == 1
    assert {u.role for u in transcript.utterances} == {Role.UNKNOWN}
    assert {u.role_confidence for u in transcript.utterances} == {0.0}


class DarkOrBright:
    """Tells a voice without treble from one without bass, by where its sound moves."""

    def embed(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        moving = features.std(axis=1)
        bright = moving[:, 40:].mean(axis=1) > moving[:, :30].mean(axis=1)
        return np.stack([bright, ~bright], axis=1).astype(np.float32) + np.float32(1e-3)


def only(samples: NDArray[np.float32], low_hz: float, high_hz: float) -> NDArray[np.float32]:
    spectrum = np.fft.rfft(samples)
    hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE_HZ)
    return np.fft.irfft(spectrum * ((hz >= low_hz) & (hz < high_hz)), len(samples)).astype("f4")


def test_each_voice_of_a_mono_recording_is_read_in_windows_of_its_own(tmp_path: Path) -> None:
    with decoding(FIXTURES / "good.wav") as decoded:
        agent, customer = (decoded.channel(i).read(0, decoded.channel(i).n_samples) for i in (0, 1))
    both = only(agent, 0, 900) + only(customer, 1300, 4000)
    soundfile.write(tmp_path / "mixed.wav", both / np.abs(both).max() * 0.7, SAMPLE_RATE_HZ)
    shares: list[float] = []

    class Listening(ScriptedEngine):
        def recognise(self, windows, **options):  # type: ignore[no-untyped-def]
            for window in windows:
                bright = float((only(window, 1100, 8000) ** 2).sum())
                shares.append(bright / float((window**2).sum()))
            return super().recognise(windows, **options)

    with decoding(tmp_path / "mixed.wav") as decoded:
        transcript = recognise(
            decoded, Listening(), aggressiveness=2, agent_channel="left", encoder=DarkOrBright()
        )
    check_order(transcript)
    assert transcript.channel_count == 1 and {u.channel for u in transcript.utterances} == {0}
    assert min(shares) < 0.1 and max(shares) > 0.9
    assert all(share < 0.1 or share > 0.9 for share in shares), shares


LOOP = "谢谢大家" * 6


def test_a_window_that_loops_is_read_again_and_the_second_reading_taken() -> None:
    engine = ScriptedEngine(lambda ms, careful: counting(ms, True) if careful else said(LOOP, ms))
    transcript = hear("good", engine)
    assert (transcript.notes, "谢谢" in transcript.utterances[0].text) == ((), False)
    assert [careful for _, careful in engine.calls] == [False, True]


def test_a_window_that_loops_twice_keeps_one_round_in_doubt() -> None:
    transcript = hear("good", ScriptedEngine(lambda ms, _: said(LOOP, ms)))
    assert "text_withheld" in transcript.notes
    for channel in (0, 1):
        words = [w for u in transcript.utterances if u.channel == channel for w in u.words]
        text = "".join(w.text for w in words)
        assert text.count("谢谢大家") * 4 == len(text)
        assert len(text) < len(LOOP)
        assert all(w.confidence <= WITHHELD_CONFIDENCE for w in words)


def test_text_that_the_model_doubts_twice_is_withheld() -> None:
    """Subtitles from silence must not stand in a transcript: rules would read them."""
    engine = ScriptedEngine(
        lambda ms, _: said("字幕由志愿者提供", ms, no_speech=0.95, logprob=-1.5)
    )
    transcript = hear("good", engine)
    assert transcript.utterances == ()
    assert transcript.notes == ("text_withheld",)


def test_speech_without_words_is_put_to_the_engine_again() -> None:
    def first_second_only(duration_ms: int, careful: bool) -> Heard:
        if not careful:
            return said("喂你", min(1_000, duration_ms))
        return counting(duration_ms, careful)

    engine = ScriptedEngine(first_second_only)
    transcript = hear("good", engine)
    check_order(transcript)
    assert [careful for _, careful in engine.calls] == [False, True]
    for channel, spans in enumerate(speech_of("good")):
        words = [w.span for u in transcript.utterances if u.channel == channel for w in u.words]
        for span in spans:
            assert span.duration_ms < UNHEARD_MS or any(span.overlap_ms(word) for word in words)


def test_what_stays_unheard_is_asked_only_twice() -> None:
    engine = ScriptedEngine(lambda ms, _: Heard((), -0.5, 0.2))
    transcript = hear("good", engine)
    assert transcript.utterances == ()
    assert [careful for _, careful in engine.calls] == [False, True]
    assert transcript.channels[0].speech_ms > 10_000


def test_traditional_phrases_are_simplified_across_words() -> None:
    transcript = hear("good", ScriptedEngine(lambda ms, _: said("請問您有什麼問題", ms)))
    texts = "".join(u.text for u in transcript.utterances if u.channel == 0)
    # The eight words are stretched over a whole window, so what lies between is read again.
    assert set(texts) == set("请问您有什么问题")


def test_a_phrase_that_changes_length_loses_no_word() -> None:
    """Taiwan's 計程車 becomes 出租车, 資料庫 数据库; whatever happens, times stay with words."""
    transcript = hear("bad", ScriptedEngine(lambda ms, _: said("計程車資料庫軟體滑鼠", ms)))
    check_order(transcript)
    words = [w for u in transcript.utterances if u.channel == 0 for w in u.words]
    assert words
    assert all(w.text for w in words)


def test_few_windows_are_in_memory_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    samples, rate = soundfile.read(FIXTURES / "good.wav", dtype="float32")
    long = tmp_path / "long.wav"
    soundfile.write(long, np.tile(samples, (5, 1)), rate)
    whole = hear(long, ScriptedEngine())
    monkeypatch.setattr("qa.transcribe.recognise.WINDOWS_AT_ONCE", 2)
    engine = ScriptedEngine()
    assert hear(long, engine) == whole
    assert max(count for count, _ in engine.calls) == 2
    check_order(whole)


def test_a_failing_engine_is_an_engine_error() -> None:
    def fail(duration_ms: int, careful: bool) -> Heard:
        raise EngineError("window", "RuntimeError while decoding")

    with pytest.raises(EngineError):
        hear("good", ScriptedEngine(fail))


@pytest.mark.parametrize(
    ("agent_channel", "note"), [("left", ()), ("right", ("channels_swapped",))]
)
def test_the_channel_map_is_checked_against_the_greeting(
    agent_channel: str, note: tuple[str, ...]
) -> None:
    texts = iter(["您好为您服务请问您有什么问题", "我家暖气不热"] * 3)
    engine = ScriptedEngine(lambda ms, _: said(next(texts), ms))
    with decoding(FIXTURES / "bad.wav") as decoded:
        transcript = recognise(
            decoded,
            engine,
            aggressiveness=2,
            agent_channel="left" if agent_channel == "left" else "right",
        )
    roles = {u.channel: u.role for u in transcript.utterances}
    assert (roles, transcript.notes) == ({0: Role.AGENT, 1: Role.CUSTOMER}, note)


def test_the_same_sound_gives_the_same_transcript() -> None:
    assert hear("late", ScriptedEngine()) == hear("late", ScriptedEngine())
    other = replace(hear("late", ScriptedEngine()), engine="other")
    assert other != hear("late", ScriptedEngine())


# ---- the real model ----


@pytest.fixture(scope="module")
def worker(base_model: Path) -> Iterator[Worker]:
    with Worker(Settings(models_dir=base_model.parent)) as worker:
        yield worker


@pytest.fixture(scope="module")
def wrong_number(worker: Worker) -> Transcript:
    return worker.transcribe(FIXTURES / "wrong-number.wav")


def spoken(transcript: Transcript, role: Role) -> str:
    return "".join(u.text for u in transcript.utterances if u.role is role)


@pytest.mark.model
def test_real_words_stand_in_time_order_inside_the_recording(wrong_number: Transcript) -> None:
    check_order(wrong_number)
    assert sum(len(u.words) for u in wrong_number.utterances) > 80
    for channel, spans in enumerate(speech_of("wrong-number", aggressiveness=1)):
        words = [w for u in wrong_number.utterances if u.channel == channel for w in u.words]
        for word in words:
            assert any(s.start_ms <= word.span.start_ms <= s.end_ms for s in spans)


@pytest.mark.model
def test_real_text_is_simplified_and_roles_are_right(wrong_number: Transcript) -> None:
    for utterance in wrong_number.utterances:
        assert to_simplified(utterance.text) == utterance.text
        assert utterance.role is (Role.AGENT, Role.CUSTOMER)[utterance.channel]
        assert utterance.role_confidence == 1.0
    assert "服务" in spoken(wrong_number, Role.AGENT)
    assert wrong_number.notes == ()


@pytest.mark.model
def test_a_swapped_recording_is_heard_alike_and_turned_round(
    worker: Worker, wrong_number: Transcript, tmp_path: Path
) -> None:
    samples, rate = soundfile.read(FIXTURES / "wrong-number.wav", dtype="int16")
    soundfile.write(tmp_path / "swapped.wav", samples[:, ::-1], rate, subtype="ALAW")
    swapped = worker.transcribe(tmp_path / "swapped.wav")
    assert swapped.notes == ("channels_swapped",)
    assert {u.channel: u.role for u in swapped.utterances} == {0: Role.CUSTOMER, 1: Role.AGENT}
    for role in (Role.AGENT, Role.CUSTOMER):
        assert spoken(swapped, role) == spoken(wrong_number, role)


@pytest.mark.model
def test_hearing_twice_gives_the_same_transcript(worker: Worker, wrong_number: Transcript) -> None:
    assert worker.transcribe(FIXTURES / "wrong-number.wav") == wrong_number


def tones(seconds: int, rate: int) -> NDArray[np.float32]:
    """A ring-back tone: 450 Hz, one second on, four off."""
    t = np.arange(seconds * rate) / rate
    return (0.2 * np.sin(2 * np.pi * 450 * t) * (t % 5 < 1)).astype(np.float32)


@pytest.mark.model
def test_tones_and_silence_are_not_turned_into_words(worker: Worker, tmp_path: Path) -> None:
    rate = 8_000
    silence = np.zeros(20 * rate, np.float32)
    soundfile.write(tmp_path / "tone.wav", np.stack([tones(20, rate), silence], axis=1), rate)
    transcript = worker.transcribe(tmp_path / "tone.wav")
    assert (transcript.utterances, transcript.channel_count) == ((), 2)


@pytest.mark.model
def test_music_on_hold_is_not_turned_into_words(worker: Worker, tmp_path: Path) -> None:
    """Chords with a beat, which webrtcvad lets through: the guards stand behind it."""
    rate = 8_000
    t = np.arange(20 * rate) / rate
    chord = sum(np.sin(2 * np.pi * f * t) for f in (261.6, 329.6, 392.0, 523.3)) / 12
    music = (chord * (0.4 + 0.6 * (np.sin(2 * np.pi * 2 * t) > 0))).astype(np.float32)
    both = np.stack([music, np.zeros_like(music)], axis=1)
    soundfile.write(tmp_path / "music.wav", both, rate)
    transcript = worker.transcribe(tmp_path / "music.wav")
    heard = fold("".join(u.text for u in transcript.utterances)).text
    assert set(heard) <= FILLERS
    assert len(heard) <= 5
