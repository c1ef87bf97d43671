"""Clips hold the span, its lead, all channels, and nothing beyond the recording."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from qa.config import AudioSettings
from qa.errors import RecordingError, RecordingFault
from qa.transcribe.audio import Decoder
from qa.transcribe.clips import cut_clip
from qa.types import Span
from tests.transcribe.sound_files import TONES_HZ, encode, strongest_hz, tones, wav_bytes, write_wav


def opened(clip: bytes) -> tuple[np.ndarray, int]:
    with soundfile.SoundFile(io.BytesIO(clip)) as file:
        assert (file.format, file.subtype) == ("WAV", "PCM_16")
        return file.read(always_2d=True), file.samplerate


@pytest.mark.parametrize("subtype", ["ALAW", "ULAW", "PCM_U8", "PCM_16", "PCM_24", "FLOAT"])
@pytest.mark.parametrize("channels", [1, 2])
def test_wav_clip_is_the_sound_itself(tmp_path: Path, subtype: str, channels: int) -> None:
    path = write_wav(tmp_path / "a.wav", seconds=5, subtype=subtype, channels=channels)
    whole, _ = soundfile.read(path, always_2d=True)
    clip, rate_hz = opened(cut_clip(path, Span(2500, 3000)))
    assert rate_hz == 8000
    np.testing.assert_allclose(clip, whole[12000:24000], atol=1 / 32768)


def test_lead_and_span_stop_at_the_recordings_ends(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", seconds=5)
    assert len(opened(cut_clip(path, Span(400, 1000)))[0]) == 8000
    assert len(opened(cut_clip(path, Span(4500, 9000)))[0]) == 12000
    assert len(opened(cut_clip(path, Span(2000, 2500), pad_ms=0))[0]) == 4000
    with pytest.raises(ValueError, match="nothing of"):
        cut_clip(path, Span(7000, 8000))
    with pytest.raises(ValueError, match="lead"):
        cut_clip(path, Span(0, 1000), pad_ms=-1)


def test_encoded_recordings(tmp_path: Path) -> None:
    sound = tones(5.0, 48000, 2)
    path = encode(tmp_path / "a.opus", "ogg", "libopus", sound, 48000)
    with Decoder(AudioSettings(scratch_dir=tmp_path)) as decoder:
        clip, rate_hz = opened(cut_clip(path, Span(2000, 4000), decoder=decoder))
    assert (len(clip), rate_hz) == (48000, 16000)
    for channel, tone_hz in enumerate(TONES_HZ):
        assert strongest_hz(clip[:, channel]) == pytest.approx(tone_hz, abs=2)


def test_header_that_lies(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    noise = np.random.default_rng(0).integers(-9000, 9000, 80000, np.int16).tobytes()
    path.write_bytes(wav_bytes(noise, data_size=0))
    clip, _ = opened(cut_clip(path, Span(5000, 6000)))
    assert len(clip) == 32000


def test_faults_come_as_recording_errors(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav")
    os.truncate(path, 3000)
    with pytest.raises(RecordingError) as caught:
        cut_clip(path, Span(0, 1000))
    assert caught.value.fault is RecordingFault.TRUNCATED
    path.unlink()
    with pytest.raises(RecordingError) as caught:
        cut_clip(path, Span(0, 1000))
    assert caught.value.fault is RecordingFault.VANISHED
