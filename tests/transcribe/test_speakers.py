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
from qa.transcribe.speakers import FRAME_MS, Voices, filter_banks, tell_voices
from qa.transcribe.vad import SAMPLE_RATE_HZ
from qa.types import Role, Span, Word
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
    ("texts", "first", "expected"),
    [
        (("您好大龙供暖为您服务请问您的姓名", "我家暖气不热"), 0, (AGENT, CUSTOMER)),
        (("我家暖气不热你们来人吗", "请问您的具体地址登记好了"), 0, (CUSTOMER, AGENT)),
        (("喂", "喂"), 0, (UNKNOWN, UNKNOWN)),
        (("", ""), 1, (UNKNOWN, UNKNOWN)),
    ],
)
def test_roles_of_voices(texts: tuple[str, str], first: int, expected: tuple[Role, Role]) -> None:
    found = roles_of_voices(texts, first)
    assert found.roles == expected
    assert (found.confidence > 0.6) == (expected[0] is not UNKNOWN)


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
