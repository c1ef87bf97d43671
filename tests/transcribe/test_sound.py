"""Tones, music, loudness and how calls end, on sound that was made, so that the truth is known."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from qa.transcribe.loudness import measure_loudness
from qa.transcribe.signals import find_music, find_signals, measure_lines
from qa.transcribe.sound import ChannelSound, measure_sound, overlaps
from qa.transcribe.vad import SAMPLE_RATE_HZ, measure_frames
from qa.types import (
    ChannelMeasures,
    Role,
    Segment,
    Signal,
    SignalKind,
    Span,
    Transcript,
    Utterance,
    Word,
)
from tests.transcribe.test_vad import CALLS, Sound, channels_of

NEAR_MS = 100
"""How far a time may lie from the truth."""
RNG = np.random.default_rng(7)


def silence(ms: int) -> NDArray[np.float32]:
    return np.zeros(ms * SAMPLE_RATE_HZ // 1000, np.float32)


def tone(ms: int, *hz: float, level: float = 0.2) -> NDArray[np.float32]:
    t = np.arange(ms * SAMPLE_RATE_HZ // 1000) / SAMPLE_RATE_HZ
    return sum((level * np.sin(2 * np.pi * f * t) for f in hz), np.zeros(len(t))).astype(np.float32)


def speech(ms: int) -> NDArray[np.float32]:
    """Real synthetic speech: the agent of a bundled call, from his first words on, repeated."""
    samples = channels_of("good")[0].samples[SAMPLE_RATE_HZ // 2 :]
    return np.resize(samples, ms * SAMPLE_RATE_HZ // 1000).astype(np.float32)


def music(ms: int) -> NDArray[np.float32]:
    """Chords of three decaying notes with overtones, half a second each: a keyboard."""
    chords = (
        (261.6, 329.6, 392.0),
        (220.0, 261.6, 329.6),
        (349.2, 440.0, 523.3),
        (392, 493.9, 587),
    )
    t = np.arange(SAMPLE_RATE_HZ // 2) / SAMPLE_RATE_HZ
    played = [
        sum(0.05 / k * np.sin(2 * np.pi * f * k * t) for f in chord for k in (1, 2, 3))
        * np.exp(-1.5 * t)
        for chord in chords
    ]
    return np.resize(np.concatenate(played), ms * SAMPLE_RATE_HZ // 1000).astype(np.float32)


def noise(samples: NDArray[np.float32], dbfs: float = -55) -> NDArray[np.float32]:
    level = 10 ** (dbfs / 20)
    return (samples + level * RNG.standard_normal(len(samples))).astype(np.float32)


def alaw(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Through a telephone: 8 bits a sample, logarithmic (G.711 A-law as a curve)."""
    x, a = np.clip(samples, -1, 1), 87.6
    size = np.abs(x)
    curve = np.where(size < 1 / a, a * size, 1 + np.log(np.maximum(a * size, 1)))
    code = np.round(curve / (1 + np.log(a)) * 127) / 127 * (1 + np.log(a))
    back = np.where(code < 1, code / a, np.exp(code - 1) / a)
    return (np.sign(x) * back).astype(np.float32)


def signals(*parts: NDArray[np.float32], first_speech_ms: int | None = None) -> list[Signal]:
    line = Sound(alaw(noise(np.concatenate(parts))))
    return find_signals(measure_lines(line), channel=0, first_speech_ms=first_speech_ms)


def near(found: Sequence[Signal], kind: SignalKind, *times: tuple[int, int]) -> None:
    spans = [signal.span for signal in found if signal.kind is kind]
    assert len(spans) == len(times), spans
    for span, (start, end) in zip(spans, times, strict=True):
        assert abs(span.start_ms - start) <= NEAR_MS and abs(span.end_ms - end) <= NEAR_MS, spans


@pytest.mark.parametrize("hz", [(450,), (425,), (440, 480), (400, 450)])
@pytest.mark.parametrize("rings", [1, 3, 5])
def test_rings_are_counted_up_to_the_answer(hz: tuple[float, ...], rings: int) -> None:
    parts = [silence(400)]
    for _ in range(rings):
        parts += [tone(1000, *hz), silence(4000)]
    start = 400 + 5000 * rings
    found = signals(*parts, speech(4000), first_speech_ms=start)
    times = [(400 + 5000 * k, 1400 + 5000 * k) for k in range(rings)]
    near(found, SignalKind.RINGBACK, *times)
    near(found, SignalKind.BUSY)


def test_a_ring_cut_short_by_the_answer_counts() -> None:
    cadence = [tone(1000, 450), silence(4000)]
    found = signals(silence(200), *cadence, *cadence, tone(300, 450), speech(3000),
                    first_speech_ms=10_500)  # fmt: skip
    near(found, SignalKind.RINGBACK, (200, 1200), (5200, 6200), (10_200, 10_500))


def test_a_double_ring_is_one() -> None:
    ring = [tone(400, 400, 450), silence(200), tone(400, 400, 450), silence(2000)]
    found = signals(silence(300), *ring, *ring, speech(2000), first_speech_ms=6300)
    near(found, SignalKind.RINGBACK, (300, 1300), (3300, 4300))


@pytest.mark.parametrize("on", [250, 350, 500, 700])
def test_busy_tones_at_the_end(on: int) -> None:
    found = signals(speech(5000), silence(300), *([tone(on, 450), silence(on)] * 4))
    near(found, SignalKind.BUSY, (5300, 5300 + 7 * on))
    near(found, SignalKind.RINGBACK)


@pytest.mark.parametrize("key", range(16))
def test_keys_are_marked_and_not_kept(key: int) -> None:
    row, column = (697, 770, 852, 941)[key // 4], (1209, 1336, 1477, 1633)[key % 4]
    pressed = [tone(80, row, column), silence(80)]
    found = signals(silence(500), *pressed, *pressed, silence(500))
    near(found, SignalKind.KEY, (500, 580), (660, 740))
    assert set(Signal.__dataclass_fields__) == {"kind", "channel", "span"}


def test_speech_holds_no_tones_and_no_music() -> None:
    for call_id in CALLS:
        for channel in channels_of(call_id):
            lines = measure_lines(channel)
            assert find_signals(lines, channel=0, first_speech_ms=None) == []
            assert find_music(lines, channel=0, spoken=[]) == []


@pytest.mark.parametrize("seconds", [4, 12])
def test_music_while_the_caller_waits(seconds: int) -> None:
    line = Sound(alaw(noise(np.concatenate([speech(6000), music(1000 * seconds), speech(5000)]))))
    (found,) = find_music(measure_lines(line), channel=1, spoken=[Span(0, 5000)])
    assert found.kind is SignalKind.MUSIC and found.channel == 1
    # Speech may join it without a gap; then a syllable or two lie inside.
    assert abs(found.span.start_ms - 6000) <= 500
    assert abs(found.span.end_ms - (6000 + 1000 * seconds)) <= 500


def test_music_between_silences_has_its_edges() -> None:
    line = Sound(np.concatenate([silence(2000), music(8000), silence(3000)]))
    found = find_music(measure_lines(line), channel=0, spoken=[])
    near(found, SignalKind.MUSIC, (2000, 10_000))


def test_a_ringing_line_is_no_music() -> None:
    line = Sound(np.concatenate([tone(1000, 450), silence(4000)] * 4))
    assert find_music(measure_lines(line), channel=0, spoken=[]) == []


@pytest.mark.parametrize(("level", "expected"), [(1.0, -3.01), (0.1, -23.01), (0.01, -43.01)])
def test_loudness_of_the_reference_tone(level: float, expected: float) -> None:
    found = measure_loudness(Sound(tone(5000, 997, level=level)), [Span(0, 5000)])
    assert found == pytest.approx(expected, abs=0.1)


def test_loudness_passes_over_pauses_and_falls_with_the_level() -> None:
    loud = np.concatenate([tone(3000, 997, level=0.1), silence(6000), tone(3000, 997, level=0.1)])
    assert measure_loudness(Sound(loud), [Span(0, 12_000)]) == pytest.approx(-23, abs=0.4)
    voice = speech(8000)
    whole = measure_loudness(Sound(voice), [Span(0, 8000)])
    half = measure_loudness(Sound(voice / 2), [Span(0, 8000)])
    assert whole is not None and half == pytest.approx(whole - 6.02, abs=0.15)
    assert measure_loudness(Sound(silence(3000)), [Span(0, 3000)]) is None
    assert measure_loudness(Sound(voice), [Span(0, 300)]) is None  # no block is that short


def said(
    role: Role, start_ms: int, end_ms: int, text: str, channel: int | None = None
) -> Utterance:
    step = (end_ms - start_ms) // len(text)
    words = tuple(
        Word(char, Span(start_ms + k * step, start_ms + (k + 1) * step), 0.9)
        for k, char in enumerate(text)
    )
    lane = (0 if role is Role.AGENT else 1) if channel is None else channel
    return Utterance(role, 1.0, lane, Span(start_ms, end_ms), text, words, 0.9)


def transcript(utterances: Sequence[Utterance], ms: int, channels: int = 2) -> Transcript:
    return Transcript(
        "r", "e", ms, channels,
        tuple(sorted(utterances, key=lambda u: u.span)),
        tuple(ChannelMeasures(k, 0, None, 0.0) for k in range(channels)),
        speech=tuple(Segment(u.channel, u.span) for u in utterances),
    )  # fmt: skip


def measured(heard: Transcript, *channels: NDArray[np.float32]) -> Transcript:
    sounds = [Sound(samples) for samples in channels]
    read = [ChannelSound(sound, measure_frames(sound, aggressiveness=2)) for sound in sounds]
    return measure_sound(heard, read)


TALK = [
    said(Role.AGENT, 1000, 4000, "您好大龙供暖请问您有什么问题"),
    said(Role.CUSTOMER, 3000, 6500, "我家暖气一直不热已经三天了你们"),
    said(Role.AGENT, 5000, 8000, "您先别着急请问您的具体地址是"),
    said(Role.CUSTOMER, 14_000, 16_000, "云杉小区五号楼"),
]


def test_who_speaks_over_whom_and_how_fast() -> None:
    heard = measured(transcript(TALK, 20_000), noise(silence(20_000)), noise(silence(20_000)))
    sound = heard.sound
    assert sound is not None
    assert [(o.span, o.began) for o in sound.overlaps] == [
        (Span(3000, 4000), Role.CUSTOMER),
        (Span(5000, 6500), Role.AGENT),
    ]
    assert overlaps(heard) == sound.overlaps
    assert sound.silences == (Span(8000, 14_000),)
    agent, customer = sound.sides
    assert (agent.role, agent.interruptions, customer.interruptions) == (Role.AGENT, 1, 1)
    assert agent.characters == 28 and agent.speech_ms == 6000
    assert agent.rate_cpm == pytest.approx(60 * 28 / 6, rel=0.05)
    assert customer.rate_cpm == pytest.approx(60 * 22 / 5.5, rel=0.05)


@pytest.mark.parametrize(("channel", "left"), [(0, Role.AGENT), (1, Role.CUSTOMER)])
def test_who_hung_up_by_busy_tones(channel: int, left: Role) -> None:
    quiet = noise(silence(20_000))
    busy = noise(
        np.concatenate([silence(17_000), *([tone(350, 450), silence(350)] * 4), silence(200)])
    )
    sides = [quiet, quiet]
    sides[channel] = busy[: len(quiet)]
    sound = measured(transcript(TALK, 20_000), *sides).sound
    assert sound is not None and sound.ended_by is left


@pytest.mark.parametrize(("channel", "left"), [(0, Role.AGENT), (1, Role.CUSTOMER)])
def test_who_hung_up_by_the_channel_that_dies(channel: int, left: Role) -> None:
    sides = [noise(silence(20_000)), noise(silence(20_000))]
    sides[channel] = np.concatenate([sides[channel][: 17 * SAMPLE_RATE_HZ], silence(3000)])
    sound = measured(transcript(TALK, 20_000), *sides).sound
    assert sound is not None and sound.ended_by is left


def test_nobody_knows_who_hung_up() -> None:
    quiet = noise(silence(20_000))
    together = measured(transcript(TALK, 20_000), quiet, quiet).sound
    assert together is not None and together.ended_by is None
    # A recorder that writes nothing while a side listens tells nothing by its silence.
    parts = [silence(1000), speech(3000), silence(1000), speech(3000), silence(12_000)]
    gated = np.concatenate(parts)
    assert measured(transcript(TALK, 20_000), gated, quiet).sound.ended_by is None  # type: ignore[union-attr]
    unknown = [replace(u, role=Role.UNKNOWN) for u in TALK]
    busy = np.concatenate([silence(17_000), *([tone(350, 450), silence(350)] * 4)])
    alone = measured(transcript(unknown, 20_000), noise(busy), quiet).sound
    assert alone is not None and alone.ended_by is None and alone.sides == ()


def test_rings_of_a_whole_recording() -> None:
    rings = np.concatenate([silence(500), *([tone(1000, 450), silence(4000)] * 2), silence(12_000)])
    late = [replace(u, span=Span(u.span.start_ms + 11_000, u.span.end_ms + 11_000), words=())
            for u in TALK[:1]]  # fmt: skip
    sound = measured(transcript(late, 22_500), noise(rings), noise(silence(22_500))).sound
    assert sound is not None and (sound.ring_count, sound.rings_are_whole) == (2, True)
    cut = measured(transcript(late, 22_500), noise(rings[SAMPLE_RATE_HZ:]), noise(silence(22_500)))
    assert cut.sound is not None and (cut.sound.ring_count, cut.sound.rings_are_whole) == (2, False)


def test_faults_of_a_line() -> None:
    heard = transcript(TALK, 8000)
    channels = (
        ChannelMeasures(0, 6000, -20.0, 0.004),
        ChannelMeasures(1, 0, None, 0.0),
    )
    heard = replace(heard, channels=channels)
    sound = measured(heard, noise(speech(8000), -28), noise(silence(8000))).sound
    assert sound is not None
    assert sound.faults == ((0, "clipped"), (0, "noisy"), (1, "one_sided"))
    clean = replace(heard, channels=(replace(channels[0], clipped_ratio=0.0),) * 2)
    channels_ = (noise(silence(8000), -60), noise(silence(8000), -60))
    assert measured(clean, *channels_).sound.faults == ()  # type: ignore[union-attr]


def test_noise_is_the_line_while_nobody_speaks() -> None:
    line = noise(np.concatenate([speech(1000) * 0, tone(3000, 997), silence(4000)]), -48)
    heard = transcript([said(Role.AGENT, 1000, 4000, "您好您好您好")], 8000, channels=1)
    (channel,) = measured(heard, line).channels
    assert channel.noise_dbfs == pytest.approx(-48, abs=1)
    digital = measured(heard, silence(8000)).channels[0]
    assert digital.noise_dbfs is None
