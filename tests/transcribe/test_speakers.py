"""Voices of a mono recording: told apart, dealt words, and named agent and customer."""

import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from benchlib.callset import LabelledCall
from numpy.typing import NDArray

from qa.errors import ConfigError
from qa.transcribe.campplus import CHECKPOINT, SpeakerEncoder, read_checkpoint
from qa.transcribe.models import model_path
from qa.transcribe.mono import MIN_VOICE_CONFIDENCE, ONE_VOICE, deal_words
from qa.transcribe.roles import roles_of_voices
from qa.transcribe.speakers import FRAME_MS, Voices, filter_banks, part_by_voice, tell_voices
from qa.transcribe.vad import SAMPLE_RATE_HZ
from qa.types import Role, Segment, Span, Word
from tests.transcribe.test_vad import CALLS, Sound, channels_of, segments_of

MODELS = Path(os.environ["QA_MODELS_DIR"]) if "QA_MODELS_DIR" in os.environ else None
AGENT, CUSTOMER, UNKNOWN = Role.AGENT, Role.CUSTOMER, Role.UNKNOWN


class TwoPitches:
    """Tells a high from a low voice: the loudest mel band of a stretch, as a unit vector."""

    def embed(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        high = features.mean(axis=1).argmax(axis=1) > 20
        return np.stack([high, ~high], axis=1).astype(np.float32)


class LowOrHigh(TwoPitches):
    """The same on features that lost their mean: the encoder sees their spread instead."""

    def embed(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        high = features.std(axis=1).argmax(axis=1) > 20
        return np.stack([high, ~high], axis=1).astype(np.float32) + 1e-3


def voiced(ms: int, hz: float) -> NDArray[np.float32]:
    t = np.arange(ms * SAMPLE_RATE_HZ // 1000) / SAMPLE_RATE_HZ
    return (0.3 * np.sin(2 * np.pi * hz * t) * (np.sin(2 * np.pi * 4 * t) > 0)).astype(np.float32)


def voices(*parts: tuple[int, int, float]) -> Voices:
    """Voices from (milliseconds, voice or -1, lead)."""
    lead = np.concatenate([np.full(ms // FRAME_MS, lead, np.float32) for ms, _, lead in parts])
    voice = np.concatenate([np.full(ms // FRAME_MS, one, np.int8) for ms, one, _ in parts])
    return Voices(lead, voice, 0.5)


def words(*texts: tuple[str, int, int]) -> list[Word]:
    result = []
    for text, start, end in texts:
        step = (end - start) // len(text)
        result += [
            Word(char, Span(start + k * step, start + (k + 1) * step), 0.9)
            for k, char in enumerate(text)
        ]
    return result


TALK = voices((3000, 0, 0.3), (2000, 1, -0.3), (600, 1, -0.02), (400, -1, 0.0), (2000, 0, 0.3))
SAID = words(
    ("您好大龙供暖为您服务", 0, 3000),
    ("我家不热", 3000, 5000),
    ("嗯嗯", 5000, 5600),
    ("请问您的具体地址", 6000, 8000),
)


def test_words_are_dealt_to_voices_and_voices_get_roles() -> None:
    told = deal_words(SAID, TALK, pause_ms=300)
    said = ["".join(w.text for w in turn.words) for turn, _, _ in told.turns]
    assert said == ["您好大龙供暖为您服务", "我家不热嗯嗯", "请问您的具体地址"]
    assert [role for _, role, _ in told.turns] == [AGENT, CUSTOMER, AGENT]
    assert all(confidence >= MIN_VOICE_CONFIDENCE for _, _, confidence in told.turns)
    assert told.note is None


def test_what_is_nobodys_for_certain_belongs_to_nobody() -> None:
    told = deal_words(SAID, TALK, pause_ms=1)
    doubtful = [
        ("".join(w.text for w in turn.words), confidence)
        for turn, role, confidence in told.turns
        if role is UNKNOWN
    ]
    assert doubtful in ([], [("嗯嗯", 0.0)])
    noise = voices((3000, 0, 0.3), (2000, 1, -0.3), (600, 0, 0.01), (400, -1, 0), (2000, 0, 0.3))
    told = deal_words(SAID, noise, pause_ms=300)
    assert [role for _, role, _ in told.turns] == [AGENT, CUSTOMER, UNKNOWN, AGENT]


def test_one_voice_has_no_role() -> None:
    alone = Voices(TALK.lead, TALK.voice, 0.97)
    told = deal_words(SAID, alone, pause_ms=300)
    assert {role for _, role, _ in told.turns} == {UNKNOWN} and told.note == ONE_VOICE


@pytest.mark.parametrize(
    ("texts", "opening", "expected"),
    [
        (
            ("您好大龙供暖为您服务请问您的姓名", "我家暖气不热"),
            (0, "您好大龙供暖"),
            (AGENT, CUSTOMER),
        ),
        (
            ("我家暖气不热你们来人吗", "请问您的具体地址登记好了"),
            (0, "我家暖气不热"),
            (CUSTOMER, AGENT),
        ),
        (("喂", "喂"), (0, "喂"), (UNKNOWN, UNKNOWN)),
        (("", ""), (1, ""), (UNKNOWN, UNKNOWN)),
        # A call to a customer, misheard beyond every cue: who is called picks up, agents say 您.
        (("喂哎好嘞", "您好您家这回房便吗麻烦您"), (0, "喂"), (CUSTOMER, AGENT)),
        # Both say 您 alike: nothing else was said that tells.
        (("您说您讲", "您好您看"), (0, "您说"), (UNKNOWN, UNKNOWN)),
    ],
)
def test_roles_of_voices(
    texts: tuple[str, str], opening: tuple[int, str], expected: tuple[Role, Role]
) -> None:
    found = roles_of_voices(texts, opening)
    assert found.roles == expected
    assert (found.confidence > 0.6) == (expected[0] is not UNKNOWN)


def test_voices_that_are_near_each_other_need_no_longer_lead() -> None:
    """A lead is weighed against what lies between the two voices."""
    span = Span(0, 2000)
    lead, voice = np.full(200, 0.03, np.float32), np.zeros(200, np.int8)
    assert Voices(lead, voice, 0.88).of(span) == (0, 1.0)
    assert Voices(lead, voice, 0.5).of(span)[1] < MIN_VOICE_CONFIDENCE


def test_speech_is_parted_at_a_quiet_place_where_the_voice_changes() -> None:
    told = voices((200, -1, 0.0), (1800, 0, 0.3), (2000, 1, -0.3), (1000, -1, 0.0))
    level = np.full(5000 // 30, -20.0, np.float32)
    level[2190 // 30] = -60.0  # somebody breathes in 190 ms after the windows saw the change
    segments = [Segment(0, Span(0, 4200)), Segment(0, Span(4500, 4900))]
    again, (first, second) = part_by_voice(segments, told, level, frame_ms=30)
    assert [s.span for s in first] == [Span(0, 2205)]
    assert [s.span for s in second] == [Span(2205, 4200), Span(4500, 4900)]
    assert (again.of(Span(2000, 2200))[0], again.of(Span(2300, 2400))[0]) == (0, 1)


def test_speech_of_one_voice_is_not_parted() -> None:
    told = voices((3000, 1, -0.3))
    level = np.full(100, -20.0, np.float32)
    segments = [Segment(0, Span(0, 1400)), Segment(0, Span(1600, 3000))]
    _, (first, second) = part_by_voice(segments, told, level, frame_ms=30)
    assert (first, second) == ([], segments)


def test_filter_banks_do_not_hang_on_how_they_are_read() -> None:
    sound = Sound(np.random.default_rng(3).standard_normal(SAMPLE_RATE_HZ * 70).astype(np.float32))
    whole = filter_banks(sound)
    assert whole.shape == (70 * 100 - 2, 80)
    # The first minute's frames are the same where the sound goes on and where it ends.
    start = filter_banks(Sound(sound.samples[: SAMPLE_RATE_HZ * 20]))
    assert np.allclose(start, whole[: len(start)], atol=1e-4)


def test_too_little_speech_is_nobodys() -> None:
    sound = Sound(voiced(1000, 300))
    assert tell_voices(sound, [Span(0, 900)], TwoPitches()) is None
    assert tell_voices(Sound(np.zeros(0, np.float32)), [], TwoPitches()) is None


def test_two_sounds_are_told_apart_where_they_change() -> None:
    sound = Sound(np.concatenate([voiced(3000, 200), voiced(3000, 2500), voiced(3000, 200)]))
    found = tell_voices(sound, [Span(0, 9000)], LowOrHigh())
    assert found is not None and found.are_two
    first, _ = found.of(Span(500, 2500))
    second, _ = found.of(Span(3500, 5500))
    assert {first, second} == {0, 1} and found.of(Span(6500, 8500))[0] == first


def test_a_checkpoint_may_hold_tensors_only(tmp_path: Path) -> None:
    for content in (pickle.dumps(Path), pickle.dumps(print)):
        with zipfile.ZipFile(tmp_path / CHECKPOINT, "w") as archive:
            archive.writestr("archive/data.pkl", content)
        with pytest.raises(pickle.UnpicklingError, match="no place in a checkpoint"):
            read_checkpoint(tmp_path / CHECKPOINT)
        with pytest.raises(ConfigError, match="not a CAM"):
            SpeakerEncoder(tmp_path)
    (tmp_path / CHECKPOINT).write_bytes(b"rubbish")
    with pytest.raises(ConfigError, match="not a CAM"):
        SpeakerEncoder(tmp_path)


@pytest.fixture(scope="module")
def encoder() -> SpeakerEncoder:
    return SpeakerEncoder(model_path("campplus", models_dir=MODELS))


def true_shares(call: LabelledCall, found: Voices) -> float:
    """Share of the speech of one person at a time that went to the right one of two voices."""
    right = wrong = 0
    for turn in call.truth["turns"]:
        for part in turn["segments"]:
            own = found.voice[round(part["start"] * 100) : round(part["end"] * 100)]
            expected = 0 if turn["role"] == "agent" else 1
            right += int((own == expected).sum())
            wrong += int((own == 1 - expected).sum())
    return max(right, wrong) / (right + wrong)


@pytest.mark.voices
@pytest.mark.parametrize("call_id", ["good", "promise", "late"])
def test_voices_of_a_mixed_call(call_id: str, encoder: SpeakerEncoder) -> None:
    left, right = channels_of(call_id)
    mixed = Sound((left.samples + right.samples) / 2)
    found = tell_voices(mixed, [s.span for s in segments_of(mixed)], encoder)
    assert found is not None and found.are_two
    assert true_shares(CALLS[call_id], found) >= 0.95


@pytest.mark.voices
def test_one_voice_alone_is_one(encoder: SpeakerEncoder) -> None:
    agent = channels_of("good")[0]
    found = tell_voices(agent, [s.span for s in segments_of(agent)], encoder)
    assert found is None or not found.are_two or found.likeness > 0.8
