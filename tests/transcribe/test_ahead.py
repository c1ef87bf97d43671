"""Decoding and measuring ahead, in processes of their own: the same samples, the same speech."""

import threading
from pathlib import Path

import numpy as np
import pytest

from qa.config import AudioSettings
from qa.errors import RecordingError, RecordingFault, ScratchError
from qa.transcribe.ahead import DecodersAhead
from qa.transcribe.audio import DecodedRecording, Decoder
from qa.transcribe.vad import measure_frames
from tests.transcribe.sound_files import write_wav

FIXTURES = Path(__file__).parents[1] / "fixtures" / "audio"


def test_what_the_child_measures_is_what_would_be_measured_here(tmp_path: Path) -> None:
    settings = AudioSettings(scratch_dir=tmp_path)
    with (
        Decoder(settings, aggressiveness=1) as decoder,
        decoder.decode(FIXTURES / "good.wav") as decoded,
    ):
        for index in range(decoded.recording.channel_count):
            found = decoded.frames(index, aggressiveness=1)
            expected = measure_frames(decoded.channel(index), aggressiveness=1)
            assert found is decoded.frames(index, aggressiveness=1)
            assert expected.voiced.any()
            np.testing.assert_array_equal(found.voiced, expected.voiced)
            np.testing.assert_array_equal(found.level_dbfs, expected.level_dbfs)
            assert found.clipped_ratio == expected.clipped_ratio
        other = decoded.frames(0, aggressiveness=3)
        assert other.voiced.sum() != decoded.frames(0, aggressiveness=1).voiced.sum()
        assert list(tmp_path.glob("*/*.f32")) == [], "nothing stays under a name"


def test_what_was_announced_is_decoded_before_it_is_taken(tmp_path: Path) -> None:
    paths = [write_wav(tmp_path / f"{n}.wav", seconds=1 + n) for n in range(3)]
    settings = AudioSettings(scratch_dir=tmp_path / "scratch")
    with DecodersAhead(settings, aggressiveness=1, processes=2) as decoders:
        for path in paths:
            decoders.expect(path)
            decoders.expect(path)  # twice is once
        for path in (*reversed(paths), paths[0]):  # in any order; once more without notice
            with decoders.take(path) as decoded:
                assert decoded.recording.path == path
                assert decoded.recording.duration_ms == 1000 * (1 + int(path.stem))
        decoders.expect(paths[0])  # never taken
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_bad_recording_is_told_when_its_turn_comes(tmp_path: Path) -> None:
    good = write_wav(tmp_path / "good.wav")
    with DecodersAhead(AudioSettings(), aggressiveness=1) as decoders:
        decoders.expect(tmp_path / "gone.wav")
        decoders.expect(good)
        with pytest.raises(RecordingError) as caught:
            decoders.take(tmp_path / "gone.wav")
        assert caught.value.fault is RecordingFault.VANISHED
        decoders.take(good).close()


def test_a_disk_filled_by_what_comes_later_is_emptied_for_what_comes_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [write_wav(tmp_path / f"{n}.wav") for n in range(3)]
    held, lock, real = 0, threading.Lock(), Decoder.decode

    def decode(self: Decoder, path: Path) -> DecodedRecording:
        """A disk with room for two recordings."""
        nonlocal held
        with lock:
            if held == 2:
                raise ScratchError(path.name, "the scratch folder is full")
            held += 1
        decoded, close = real(self, path), DecodedRecording.close

        def free() -> None:
            nonlocal held
            with lock:
                held -= 1
            close(decoded)

        monkeypatch.setattr(decoded, "close", free)
        return decoded

    monkeypatch.setattr(Decoder, "decode", decode)
    with DecodersAhead(AudioSettings(), aggressiveness=1) as decoders:
        for path in (paths[1], paths[2], paths[0]):
            decoders.expect(path)
        decoders.take(paths[0]).close()
        assert held == 0
        for path in paths[1:]:
            with decoders.take(path) as decoded:
                assert decoded.recording.path == path
