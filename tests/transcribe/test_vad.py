"""Where speech is, measured on the bundled calls whose true times are known."""

from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from benchlib.callset import LabelledCall, load_call_set
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qa.config import AudioSettings
from qa.transcribe.audio import Decoder
from qa.transcribe.vad import (
    FRAME_MS,
    GATE_DB,
    MIN_SPEECH_MS,
    SAMPLE_RATE_HZ,
    Frames,
    find_segments,
    measure_channel,
    measure_frames,
)
from qa.types import Segment, Span

FIXTURES = Path(__file__).parents[1] / "fixtures" / "audio"
CALLS = {call.call_id: call for call in load_call_set(FIXTURES)}


class Sound:
    """Samples in memory, read as a decoded channel is."""

    def __init__(self, samples: NDArray[np.float32]) -> None:
        self.samples = samples

    @property
    def n_samples(self) -> int:
        return len(self.samples)

    @property
    def duration_ms(self) -> int:
        return len(self.samples) * 1000 // SAMPLE_RATE_HZ

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        return self.samples[start:stop]


@cache
def channels_of(call_id: str) -> tuple[Sound, ...]:
    with (
        Decoder(AudioSettings()) as decoder,
        decoder.decode(CALLS[call_id].recording) as decoded,
    ):
        channels = [decoded.channel(i) for i in range(decoded.recording.channel_count)]
        return tuple(Sound(c.read(0, c.n_samples)) for c in channels)


def segments_of(sound: Sound, *, channel: int = 0, aggressiveness: int = 2) -> list[Segment]:
    frames = measure_frames(sound, aggressiveness=aggressiveness)
    return find_segments(frames, channel=channel, duration_ms=sound.duration_ms)


def true_spans(call: LabelledCall, channel: int) -> list[Span]:
    """When somebody really spoke on a channel, clause by clause."""
    parts = [
        part
        for turn in call.truth["turns"]
        if call.is_mono or turn["channel"] == channel
        for part in turn["segments"]
    ]
    return [Span(round(p["start"] * 1000), round(p["end"] * 1000)) for p in parts]


def mask(spans: list[Span], duration_ms: int) -> NDArray[np.bool_]:
    covered = np.zeros(duration_ms, bool)
    for span in spans:
        covered[span.start_ms : span.end_ms] = True
    return covered


@pytest.mark.parametrize("call_id", CALLS)
def test_speech_is_found_and_little_else(call_id: str) -> None:
    """Over both channels: the padding of short answers weighs heavily on one channel alone."""
    call = CALLS[call_id]
    extra = spoken_ms = 0
    for channel, sound in enumerate(channels_of(call_id)):
        spoken = mask(true_spans(call, channel), sound.duration_ms)
        found = mask([s.span for s in segments_of(sound)], sound.duration_ms)
        assert (found & spoken).sum() / spoken.sum() >= 0.98
        extra += int((found & ~spoken).sum())
        spoken_ms += int(spoken.sum())
    assert extra / spoken_ms <= 0.25


@pytest.mark.parametrize("call_id", ["good", "bad", "late"])
def test_no_turn_of_the_other_side_becomes_speech_here(call_id: str) -> None:
    call, sounds = CALLS[call_id], channels_of(call_id)
    for channel, sound in enumerate(sounds):
        own = mask(true_spans(call, channel), sound.duration_ms)
        other = mask(true_spans(call, 1 - channel), sound.duration_ms) & ~own
        found = mask([s.span for s in segments_of(sound)], sound.duration_ms)
        assert (found & other).sum() / other.sum() <= 0.10


@pytest.mark.parametrize("below_db", [GATE_DB + 3, GATE_DB - 15])
def test_the_gate_follows_the_channels_own_speech(below_db: float) -> None:
    speech = channels_of("good")[0].samples[: 6 * SAMPLE_RATE_HZ]
    quiet = speech * np.float32(10 ** (-below_db / 20))
    pause = np.zeros(2 * SAMPLE_RATE_HZ, np.float32)
    sound = Sound(np.concatenate([speech, pause, quiet]))
    frames = measure_frames(sound, aggressiveness=2)
    found = find_segments(frames, channel=0, duration_ms=sound.duration_ms)
    heard_quiet = [s for s in found if s.span.start_ms > 7_000]
    assert frames.voiced[8_000 // FRAME_MS :].mean() > 0.1, "webrtcvad alone calls it speech"
    assert bool(heard_quiet) is (below_db < GATE_DB)


def test_a_very_quiet_speaker_alone_is_still_heard() -> None:
    speech = channels_of("good")[0].samples[: 6 * SAMPLE_RATE_HZ]
    assert segments_of(Sound(speech * np.float32(0.03)))


def noise(seconds: float, level: float) -> NDArray[np.float32]:
    generator = np.random.default_rng(7)
    return (generator.standard_normal(int(seconds * SAMPLE_RATE_HZ)) * level).astype(np.float32)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0, np.float32),
        np.zeros(5 * SAMPLE_RATE_HZ, np.float32),
        np.zeros(100, np.float32),
        np.full(5 * SAMPLE_RATE_HZ, 0.25, np.float32),
        noise(5, 1e-4),
    ],
    ids=["nothing", "digital silence", "a few samples", "direct current", "faint noise"],
)
def test_silence_holds_no_speech(samples: NDArray[np.float32]) -> None:
    sound = Sound(samples)
    frames = measure_frames(sound, aggressiveness=2)
    segments = find_segments(frames, channel=0, duration_ms=sound.duration_ms)
    assert segments == []
    measures = measure_channel(frames, segments, channel=1)
    assert (measures.channel, measures.speech_ms, measures.level_dbfs) == (1, 0, None)


def test_a_silent_channel_beside_a_speaking_one() -> None:
    speaking = channels_of("good")[0]
    silent = Sound(np.zeros(speaking.n_samples, np.float32))
    assert segments_of(speaking)
    assert segments_of(silent) == []


def test_more_aggressive_keeps_less() -> None:
    sound = channels_of("bad")[1]
    voiced = [int(measure_frames(sound, aggressiveness=a).voiced.sum()) for a in range(4)]
    assert voiced == sorted(voiced, reverse=True)
    assert voiced[0] > voiced[3]


def test_reading_in_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = channels_of("good")[0]
    whole = segments_of(sound)
    monkeypatch.setattr("qa.transcribe.vad.BLOCK_FRAMES", 7)
    assert segments_of(sound) == whole


def test_level_and_clipping_are_measured_on_speech() -> None:
    sound = channels_of("good")[0]
    frames = measure_frames(sound, aggressiveness=2)
    segments = segments_of(sound)
    plain = measure_channel(frames, segments, channel=0)
    assert plain.speech_ms == sum(s.span.duration_ms for s in segments)
    assert plain.level_dbfs is not None
    assert -35 < plain.level_dbfs < -5
    assert plain.clipped_ratio < 0.001
    loud = Sound(np.clip(sound.samples * 30, -1, 1))
    clipped = measure_channel(measure_frames(loud, aggressiveness=2), segments, channel=0)
    assert clipped.clipped_ratio > 0.05
    assert clipped.level_dbfs is not None
    assert clipped.level_dbfs > plain.level_dbfs


def frames_of(voiced: list[bool]) -> Frames:
    return Frames(np.array(voiced, bool), np.full(len(voiced), -20, np.float32), 0.0)


@pytest.mark.parametrize(
    ("runs", "spans"),
    [
        # frames on, frames off, … of 30 ms; a segment gets 150 ms on both sides
        ((0, 20, 10, 30), [Span(400, 1100)]),
        ((2, 30), []),
        ((3, 30), []),
        ((4, 30), [Span(0, 320)]),
        ((0, 20, 10, 9, 10, 30), [Span(400, 1670)]),
        ((0, 20, 10, 30, 10, 30), [Span(400, 1100), Span(1600, 2300)]),
        ((0, 20, 10), [Span(400, 900)]),
    ],
)
def test_onset_hangover_and_padding(runs: tuple[int, ...], spans: list[Span]) -> None:
    voiced = [i % 2 == 0 for i, run in enumerate(runs) for _ in range(run)]
    found = find_segments(frames_of(voiced), channel=0, duration_ms=len(voiced) * FRAME_MS)
    assert [s.span for s in found] == spans


@given(st.lists(st.booleans(), max_size=300), st.integers(0, 29))
def test_segments_are_apart_and_inside_the_recording(voiced: list[bool], short_ms: int) -> None:
    duration_ms = max(0, len(voiced) * FRAME_MS - short_ms)
    found = find_segments(frames_of(voiced), channel=1, duration_ms=duration_ms)
    assert all(s.channel == 1 and s.span.duration_ms >= MIN_SPEECH_MS - short_ms for s in found)
    assert all(s.span.end_ms <= duration_ms for s in found)
    assert all(left.span.end_ms < right.span.start_ms for left, right in pairwise(found))
