"""Every format round trip, every fault with a file that has it, and a decoder that survives all."""

import hashlib
import io
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from qa.config import AudioSettings
from qa.errors import (
    AudioDecodeError,
    AudioTooShortError,
    ConfigError,
    RecordingError,
    RecordingFault,
)
from qa.transcribe import decode_child
from qa.transcribe.audio import SAMPLE_RATE_HZ, DecodedRecording, Decoder
from tests.support.waiting import SLOW_S
from tests.transcribe.sound_files import TONES_HZ, encode, strongest_hz, tones, wav_bytes, write_wav

SINE = (10000 * np.sin(np.arange(16000) / 5)).astype("<i2").tobytes()


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Decoder]:
    scratch = tmp_path_factory.mktemp("scratch")
    with Decoder(AudioSettings(scratch_dir=scratch, max_duration_s=3600, max_file_mb=64)) as made:
        yield made


def fault_of(decoder: Decoder, path: Path) -> RecordingFault:
    """Decode a file that must be refused; check what every refusal promises."""
    with pytest.raises(RecordingError) as caught:
        decoder.decode(path).close()
    error = caught.value
    assert error.file == path.name
    assert str(path.parent) not in str(error)
    assert error.advice.endswith(".") and "\n" not in error.advice
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy)) == (type(error), str(error))
    return error.fault


def check_tones(decoded: DecodedRecording, seconds: float, channels: int, tolerance=0.01) -> None:
    assert decoded.recording.channel_count == channels
    assert decoded.recording.duration_ms == pytest.approx(seconds * 1000, rel=tolerance)
    for index in range(channels):
        channel = decoded.channel(index)
        assert channel.n_samples == pytest.approx(seconds * SAMPLE_RATE_HZ, rel=tolerance)
        middle = channel.read(8000, 24000)
        assert middle.dtype == np.float32
        assert strongest_hz(middle) == pytest.approx(TONES_HZ[index], abs=2)
        assert np.abs(middle).max() == pytest.approx(0.4, abs=0.08)


# --- formats -------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    "subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ALAW", "ULAW"]
)
def test_wav_encodings(tmp_path: Path, decoder: Decoder, subtype: str, channels: int) -> None:
    path = write_wav(tmp_path / "a.wav", subtype=subtype, channels=channels)
    with decoder.decode(path) as decoded:
        check_tones(decoded, 2.0, channels)
        assert decoded.recording.codec == f"wav/{subtype.lower()}"
        assert decoded.recording.source_rate_hz == 8000


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 22050, 32000, 44100, 48000])
def test_rates(tmp_path: Path, decoder: Decoder, rate_hz: int) -> None:
    path = write_wav(tmp_path / "a.wav", rate_hz=rate_hz, subtype="PCM_16")
    with decoder.decode(path) as decoded:
        check_tones(decoded, 2.0, 2, tolerance=0.0001)
        assert decoded.channel(0).n_samples == decoded.channel(1).n_samples


@pytest.mark.parametrize(
    ("suffix", "muxer", "codec", "rate_hz", "channels", "name"),
    [
        ("mp3", "mp3", "libmp3lame", 8000, 2, "mp3/mp3"),
        ("mp3", "mp3", "libmp3lame", 44100, 1, "mp3/mp3"),
        ("ogg", "ogg", "libopus", 48000, 2, "ogg/opus"),
        ("opus", "ogg", "libopus", 16000, 1, "ogg/opus"),
        ("m4a", "ipod", "aac", 16000, 2, "mov/aac"),
        ("aac", "adts", "aac", 16000, 1, "aac/aac"),
        ("amr", "amr", "libopencore_amrnb", 8000, 1, "amr/amr_nb"),
        ("wav", "wav", "adpcm_ima_wav", 8000, 1, "wav/ima_adpcm"),
    ],
)
def test_encoded(
    tmp_path: Path,
    decoder: Decoder,
    suffix: str,
    muxer: str,
    codec: str,
    rate_hz: int,
    channels: int,
    name: str,
) -> None:
    sound = tones(6.0, rate_hz, channels)
    path = encode(tmp_path / f"a.{suffix}", muxer, codec, sound, rate_hz)
    with decoder.decode(path) as decoded:
        # IMA ADPCM fills its last block; PyAV writes no edit list, so AAC keeps its padding
        check_tones(decoded, 6.0, channels, 0.025 if suffix in ("wav", "aac", "m4a") else 0.01)
        assert decoded.recording.codec == name


@pytest.mark.parametrize(
    ("name", "container", "subtype"),
    [
        ("a.gsm", "RAW", "GSM610"),
        ("a.wav", "WAV", "GSM610"),
        ("a.flac", "FLAC", "PCM_16"),
        ("a.ogg", "OGG", "VORBIS"),
        ("a.aiff", "AIFF", "PCM_16"),
        ("a.au", "AU", "ULAW"),
        ("a.w64", "W64", "PCM_16"),
        ("a.wav", "RF64", "ALAW"),
        ("a.wav", "WAVEX", "PCM_16"),
    ],
)
def test_other_containers(
    tmp_path: Path, decoder: Decoder, name: str, container: str, subtype: str
) -> None:
    path = tmp_path / name
    soundfile.write(path, tones(2.0, 8000, 1), 8000, format=container, subtype=subtype)
    with decoder.decode(path) as decoded:
        check_tones(decoded, 2.0, 1, tolerance=0.025)  # GSM in WAV is padded to whole blocks


def test_content_decides_not_the_name(tmp_path: Path, decoder: Decoder) -> None:
    path = encode(tmp_path / "a.wav", "mp3", "libmp3lame", tones(4.0, 16000, 1), 16000)
    with decoder.decode(path) as decoded:
        assert decoded.recording.codec == "mp3/mp3"


@pytest.mark.parametrize("rate_hz", [44100, 48000])
def test_tone_beyond_8_khz_is_filtered_not_aliased(
    tmp_path: Path, decoder: Decoder, rate_hz: int
) -> None:
    """By skipping samples 10 kHz would come out as 6 kHz."""
    t = np.arange(2 * rate_hz) / rate_hz
    sound = 0.4 * np.sin(2 * np.pi * 10000 * t) + 0.1 * np.sin(2 * np.pi * 440 * t)
    path = tmp_path / "a.wav"
    soundfile.write(path, sound, rate_hz, subtype="FLOAT")
    with decoder.decode(path) as decoded:
        heard = decoded.channel(0).read(4000, 28000)
    assert strongest_hz(heard) == pytest.approx(440, abs=2)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    above_1_khz = spectrum[len(spectrum) // 8 :]
    assert 20 * np.log10(above_1_khz.max() / spectrum.max()) < -60


def test_11_khz_keeps_what_lies_below_half_its_rate(tmp_path: Path, decoder: Decoder) -> None:
    """Interpolating 11,025 Hz by repetition would leave an image of 4 kHz at 7 kHz."""
    path = tmp_path / "a.wav"
    soundfile.write(path, 0.4 * np.sin(2 * np.pi * 4000 * np.arange(22050) / 11025), 11025)
    with decoder.decode(path) as decoded:
        heard = decoded.channel(0).read(4000, 28000)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    image = spectrum[int(len(spectrum) * 6 / 8) :]
    assert strongest_hz(heard) == pytest.approx(4000, abs=2)
    assert 20 * np.log10(image.max() / spectrum.max()) < -60


def test_identity_and_reading(tmp_path: Path, decoder: Decoder) -> None:
    path = write_wav(tmp_path / "a.wav", rate_hz=16000, subtype="FLOAT", channels=1)
    with decoder.decode(path) as decoded:
        recording, channel = decoded.recording, decoded.channel(0)
        assert recording.recording_id == hashlib.sha256(path.read_bytes()).hexdigest()
        assert recording.size_bytes == path.stat().st_size
        assert recording == pickle.loads(pickle.dumps(recording))
        whole = channel.read(0, channel.n_samples)
        np.testing.assert_allclose(whole, tones(2.0, 16000, 1)[:, 0], atol=1e-6)
        np.testing.assert_array_equal(channel.read(100, 200), whole[100:200])
        assert len(channel.read(channel.n_samples - 5, channel.n_samples + 5)) == 5
        assert len(channel.read(channel.n_samples + 1, channel.n_samples + 5)) == 0
        with pytest.raises(ValueError, match="start at 0"):
            channel.read(-1, 5)
        with pytest.raises(IndexError):
            decoded.channel(1)
    decoded.close()  # a second time


def test_over_full_scale_is_clipped(tmp_path: Path, decoder: Decoder) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, 4 * tones(1.0, 8000, 1), 8000, subtype="FLOAT")
    with decoder.decode(path) as decoded:
        samples = decoded.channel(0).read(0, 16000)
    assert (samples.min(), samples.max()) == (-1.0, 1.0)


@pytest.mark.parametrize("data_size", [0, 0xFFFFFFFF, 0x7FFFFFDB, 800])
@pytest.mark.parametrize("tag", [1, 6])
def test_headers_that_lie_are_read(
    tmp_path: Path, decoder: Decoder, data_size: int, tag: int
) -> None:
    """A pipe leaves 0xFFFFFFFF, a crashed PBX 0 or the length of its first flush."""
    sound = np.random.default_rng(1).integers(0, 256, 16000, np.uint8).tobytes()
    path = tmp_path / "a.wav"
    path.write_bytes(wav_bytes(sound, tag=tag, bits=16 if tag == 1 else 8, data_size=data_size))
    with decoder.decode(path) as decoded:
        assert decoded.recording.duration_ms == (1000 if tag == 1 else 2000)


# --- faults --------------------------------------------------------------------------------------


def zip_bytes() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.wav", wav_bytes(SINE))
    return out.getvalue()


NOT_AUDIO = {
    "text": "今天没有录音\n".encode(),
    "utf16": "今天没有录音\n".encode("utf-16"),
    "ffconcat": b"ffconcat version 1.0\nfile 'secret.wav'\n",
    "m3u": b"#EXTM3U\nsecret.wav\n",
    "hls": b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nsecret.wav\n#EXT-X-ENDLIST\n",
    "ffmetadata": b";FFMETADATA1\ntitle=a\n",
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 8\n",
    "pls": b"[playlist]\nFile1=secret.wav\n",
    "zip": zip_bytes(),
    "png": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "html": b"<!DOCTYPE html><html><body>404</body></html>",
    "riff, but a picture": b"RIFF\x40\x00\x00\x00WEBPVP8 " + bytes(64),
    "two bytes": b"\xff\xfb",
    "noise": bytes(range(1, 200)) * 50,
}


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".m3u8", ".gsm"])
@pytest.mark.parametrize("content", NOT_AUDIO.values(), ids=NOT_AUDIO.keys())
def test_not_audio(tmp_path: Path, decoder: Decoder, content: bytes, suffix: str) -> None:
    write_wav(tmp_path / "secret.wav")
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    assert fault_of(decoder, path) is RecordingFault.NOT_AUDIO


@pytest.mark.parametrize(
    ("lure", "reader"), [(b"OggS" + bytes(60), "ogg"), (b"fLaC" + bytes(60), "flac")]
)
def test_playlist_behind_a_false_magic_reaches_no_file(
    tmp_path: Path, decoder: Decoder, lure: bytes, reader: str
) -> None:
    """The demultiplexer is named by us, so what follows the magic is never probed as a list."""
    write_wav(tmp_path / "secret.wav")
    path = tmp_path / "a.wav"
    path.write_bytes(lure + NOT_AUDIO["ffconcat"])
    assert fault_of(decoder, path) in (RecordingFault.TRUNCATED, RecordingFault.UNREADABLE), reader


def test_ffmpeg_itself_opens_nothing_but_the_descriptor(tmp_path: Path) -> None:
    """Even a playlist that got past the first bytes could not be opened as one."""
    from qa.transcribe import containers, decode_readers

    write_wav(tmp_path / "secret.wav")
    path = tmp_path / "a.wav"
    path.write_bytes(NOT_AUDIO["ffconcat"])
    stem = str(tmp_path / "out")
    with (
        path.open("rb") as file,
        decode_readers.ScratchWriter(stem, 60, decode_child.check_space) as writer,
        pytest.raises(containers.RejectedError),
    ):
        for kind in containers.Kind:
            source = containers.Source(file.fileno(), path.stat().st_size, kind)
            decode_readers.read_with_ffmpeg(source, writer)
    assert writer.frames == 0


WAV_FAULTS = {
    "empty": (b"", RecordingFault.EMPTY_FILE),
    "cut in half": (wav_bytes(SINE)[:16000], RecordingFault.TRUNCATED),
    "one byte short": (wav_bytes(SINE)[:-1], RecordingFault.TRUNCATED),
    "cut in the header": (wav_bytes(SINE)[:30], RecordingFault.TRUNCATED),
    "only a header": (wav_bytes(b""), RecordingFault.NO_SAMPLES),
    "only a header, streamed": (wav_bytes(b"", data_size=0xFFFFFFFF), RecordingFault.NO_SAMPLES),
    "no sound but a comment": (
        wav_bytes(b"LIST\x04\x00\x00\x00INFO", data_size=0),
        RecordingFault.NO_SAMPLES,
    ),
    "less than a frame": (wav_bytes(b"\x01"), RecordingFault.NO_SAMPLES),
    "no data chunk": (wav_bytes(b"", riff_size=28)[:36], RecordingFault.UNREADABLE),
    "unknown tag": (wav_bytes(SINE, tag=0x1234), RecordingFault.UNREADABLE_CODEC),
    "encrypted tag": (wav_bytes(SINE, tag=0x7A21), RecordingFault.UNREADABLE_CODEC),
    "three channels": (wav_bytes(SINE[:31998], channels=3), RecordingFault.TOO_MANY_CHANNELS),
    "eight channels": (wav_bytes(SINE, channels=8), RecordingFault.TOO_MANY_CHANNELS),
    "4 kHz": (wav_bytes(SINE, rate_hz=4000), RecordingFault.UNREADABLE_CODEC),
    "zeros": (wav_bytes(bytes(32000)), RecordingFault.SILENT),
    "zeros, stereo": (wav_bytes(bytes(32000), channels=2), RecordingFault.SILENT),
    "one bit of noise": (wav_bytes(b"\x00\x00\x01\x00" * 4000), RecordingFault.SILENT),
    "a constant": (wav_bytes(b"\x00\x10" * 8000), RecordingFault.SILENT),
    "idle A-law line": (wav_bytes(b"\x55\xd5" * 4000, tag=6, bits=8), RecordingFault.SILENT),
    "idle mu-law line": (wav_bytes(b"\xff\x7f" * 4000, tag=7, bits=8), RecordingFault.SILENT),
    "idle 8-bit line": (wav_bytes(b"\x80\x7f" * 4000, bits=8), RecordingFault.SILENT),
}


@pytest.mark.parametrize(("content", "fault"), WAV_FAULTS.values(), ids=WAV_FAULTS.keys())
def test_wav_faults(
    tmp_path: Path, decoder: Decoder, content: bytes, fault: RecordingFault
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    assert fault_of(decoder, path) is fault


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_samples_that_are_no_samples(
    tmp_path: Path, decoder: Decoder, value: float, subtype: str
) -> None:
    sound = tones(1.0, 8000, 2)
    sound[4321, 1] = value
    path = tmp_path / "a.wav"
    soundfile.write(path, sound, 8000, subtype=subtype)
    assert fault_of(decoder, path) is RecordingFault.BAD_SAMPLES


def test_one_silent_channel_of_two_is_fine(tmp_path: Path, decoder: Decoder) -> None:
    sound = tones(1.0, 8000, 2)
    sound[:, 0] = 0
    path = tmp_path / "a.wav"
    soundfile.write(path, sound, 8000, subtype="ALAW")
    with decoder.decode(path) as decoded:
        assert np.abs(decoded.channel(0).read(0, 16000)).max() < 0.001
        assert strongest_hz(decoded.channel(1).read(0, 16000)) == pytest.approx(750, abs=2)


def test_quiet_speech_is_not_silence(tmp_path: Path, decoder: Decoder) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tones(1.0, 8000, 1) * 10 ** (-80 / 20), 8000, subtype="PCM_24")
    with decoder.decode(path) as decoded:
        assert decoded.recording.duration_ms == 1000


def test_errors_say_what_kind_they_are(tmp_path: Path, decoder: Decoder) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav_bytes(bytes(3200)))
    with pytest.raises(AudioTooShortError):
        decoder.decode(path)
    path.write_bytes(b"")
    with pytest.raises(AudioDecodeError):
        decoder.decode(path)


@pytest.mark.parametrize("kept", [0.5, 0.9])
@pytest.mark.parametrize(
    ("suffix", "muxer", "codec", "rate_hz"),
    [
        ("mp3", "mp3", "libmp3lame", 16000),
        ("ogg", "ogg", "libopus", 16000),
        ("m4a", "ipod", "aac", 16000),
        ("aac", "adts", "aac", 16000),
        ("amr", "amr", "libopencore_amrnb", 8000),
    ],
)
def test_truncated_encoded(
    tmp_path: Path,
    decoder: Decoder,
    suffix: str,
    muxer: str,
    codec: str,
    rate_hz: int,
    kept: float,
) -> None:
    path = tmp_path / f"a.{suffix}"
    encode(path, muxer, codec, tones(10.0, rate_hz, 1), rate_hz)
    os.truncate(path, int(path.stat().st_size * kept) - 4)
    assert fault_of(decoder, path) is RecordingFault.TRUNCATED


def test_truncated_gsm_and_rf64(tmp_path: Path, decoder: Decoder) -> None:
    for name, container, subtype in (("a.gsm", "RAW", "GSM610"), ("a.wav", "RF64", "PCM_16")):
        path = tmp_path / name
        soundfile.write(path, tones(4.0, 8000, 1), 8000, format=container, subtype=subtype)
        os.truncate(path, path.stat().st_size // 2 + 1)
        assert fault_of(decoder, path) is RecordingFault.TRUNCATED, name


@pytest.mark.parametrize(
    ("name", "container", "subtype"),
    [
        ("a.aiff", "AIFF", "PCM_16"),
        ("a.au", "AU", "ULAW"),
        ("a.w64", "W64", "PCM_16"),
        ("a.caf", "CAF", "PCM_16"),
    ],
)
def test_truncated_with_a_header_that_promises_more(
    tmp_path: Path, decoder: Decoder, name: str, container: str, subtype: str
) -> None:
    path = tmp_path / name
    soundfile.write(path, tones(2.0, 8000, 2), 8000, format=container, subtype=subtype)
    data = path.read_bytes()
    decoder.decode(path).close()
    for kept in (len(data) // 2, len(data) - 1):
        path.write_bytes(data[:kept])
        assert fault_of(decoder, path) is RecordingFault.TRUNCATED


def test_truncated_flac_is_refused(tmp_path: Path, decoder: Decoder) -> None:
    """libsndfile says only that it lost its place."""
    path = tmp_path / "a.flac"
    soundfile.write(path, tones(4.0, 8000, 1), 8000)
    os.truncate(path, path.stat().st_size // 2 + 1)
    assert fault_of(decoder, path) in (RecordingFault.TRUNCATED, RecordingFault.UNREADABLE)


@pytest.mark.parametrize("seed", range(8))
def test_garbage_after_the_header_never_leaks_a_library_error(
    tmp_path: Path, decoder: Decoder, seed: int
) -> None:
    """PyAV raises UnicodeDecodeError, EOFError and more on such files."""
    noise = np.random.default_rng(seed).integers(0, 256, 20000, np.uint8).tobytes()
    heads = {
        "a.mp3": b"ID3\x04\x00\x00\x00\x00\x00\x20TIT2\x00\x00\x00\x10\x00\x00\x03" + noise[:15],
        "b.mp3": b"\xff\xfb\x90\x64",
        "a.m4a": struct.pack(">I4s", 16, b"ftypM4A \x00\x00\x02\x00"[:4]) + b"M4A \x00\x00\x02\x00",
        "a.aac": b"\xff\xf1\x50\x80",
        "a.amr": b"#!AMR\n",
        "a.flac": b"fLaC",
        "a.wav": wav_bytes(noise, tag=0x55, bits=8)[:44],
    }
    for name, head in heads.items():
        path = tmp_path / name
        path.write_bytes(head + noise)
        try:
            decoder.decode(path).close()
        except RecordingError as error:
            assert error.fault is not RecordingFault.DECODER_CRASHED, name


def test_not_a_file(tmp_path: Path, decoder: Decoder) -> None:
    os.mkfifo(tmp_path / "a.wav")
    assert fault_of(decoder, tmp_path / "a.wav") is RecordingFault.NOT_AUDIO
    (tmp_path / "b.wav").mkdir()
    assert fault_of(decoder, tmp_path / "b.wav") is RecordingFault.NOT_AUDIO
    assert fault_of(decoder, tmp_path / "gone.wav") is RecordingFault.VANISHED
    assert fault_of(decoder, tmp_path / "a.wav" / "c.wav") is RecordingFault.VANISHED


def test_names_that_are_no_text(tmp_path: Path, decoder: Decoder) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe \n.wav"))
    write_wav(tmp_path / "a.wav").rename(path)
    with decoder.decode(path) as decoded:
        assert decoded.recording.duration_ms == 2000


def test_permission_denied(tmp_path: Path) -> None:
    """In a process without root's rights, which would read anything."""
    if os.geteuid() != 0:
        pytest.skip("needs root to give up root's rights")
    path = write_wav(tmp_path / "a.wav")
    path.chmod(0o000)
    tmp_path.chmod(0o755)  # the folders above stay closed, so it is entered before
    code = (
        "import os\n"
        "from qa.transcribe.containers import RejectedError\n"
        "from qa.transcribe.decode_child import open_recording\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: open_recording('a.wav')\n"
        "except RejectedError as error: print(error.fault, error.advice)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("unreadable ") and "EACCES" in done.stdout


# --- limits and life of the child ----------------------------------------------------------------


def long_wav(path: Path, seconds: int) -> Path:
    """A WAV file that is mostly a hole, so that it is made at once and takes time to decode."""
    data = seconds * 32000
    path.write_bytes(wav_bytes(b"", rate_hz=16000, data_size=data, riff_size=data + 36))
    with path.open("r+b") as file:
        file.seek(100)
        file.write(SINE)
        file.truncate(data + 44)
    return path


def test_longer_than_the_limit(tmp_path: Path) -> None:
    bomb = encode(tmp_path / "b.opus", "ogg", "libopus", np.zeros((48000 * 60, 1)), 48000)
    assert bomb.stat().st_size < 200_000
    settings = AudioSettings(scratch_dir=tmp_path / "scratch", max_duration_s=2)
    with Decoder(settings) as decoder:
        assert fault_of(decoder, long_wav(tmp_path / "a.wav", 3)) is RecordingFault.TOO_LONG
        assert fault_of(decoder, bomb) is RecordingFault.TOO_LONG
        unfinished = tmp_path / "c.wav"
        unfinished.write_bytes(wav_bytes(SINE * 3, data_size=0))
        assert fault_of(decoder, unfinished) is RecordingFault.TOO_LONG
        assert list(settings.scratch_dir.rglob("*.f32")) == []
        with decoder.decode(write_wav(tmp_path / "d.wav", seconds=2.0)) as decoded:
            assert decoded.recording.duration_ms == 2000


def test_larger_than_the_limit(tmp_path: Path, decoder: Decoder) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav_bytes(SINE))
    os.truncate(path, (64 << 20) + 1)
    assert fault_of(decoder, path) is RecordingFault.TOO_LARGE


def test_too_slow(tmp_path: Path) -> None:
    slow = long_wav(tmp_path / "a.wav", 4 * 3600)
    settings = AudioSettings(scratch_dir=tmp_path / "scratch")
    with Decoder(settings) as decoder:
        with decoder.decode(write_wav(tmp_path / "b.wav")):
            first = decoder.child_pid
        os.kill(decoder.child_pid or 0, signal.SIGSTOP)  # as good as an endless loop, and cheap
        # Only for this one: on a busy machine the next child needs longer for its start alone.
        decoder._settings = settings.model_copy(update={"decoder_timeout_s": 1})
        assert fault_of(decoder, slow) is RecordingFault.DECODER_TIMEOUT
        decoder._settings = settings
        with decoder.decode(write_wav(tmp_path / "b.wav")):
            assert decoder.child_pid != first


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV])
def test_crash_costs_one_recording(tmp_path: Path, how: signal.Signals) -> None:
    long = long_wav(tmp_path / "a.wav", 4000)
    scratch = tmp_path / "scratch"
    with Decoder(AudioSettings(scratch_dir=scratch)) as decoder:
        with decoder.decode(write_wav(tmp_path / "b.wav")):
            pid = decoder.child_pid or 0

        def strike() -> None:
            wait_for(lambda: any(scratch.rglob("*.f32")))
            os.kill(pid, how)

        striker = threading.Thread(target=strike)
        striker.start()
        assert fault_of(decoder, long) is RecordingFault.DECODER_CRASHED
        striker.join()
        assert list(scratch.rglob("*.f32")) == []
        with decoder.decode(write_wav(tmp_path / "b.wav")) as decoded:
            check_tones(decoded, 2.0, 2)
        os.kill(decoder.child_pid or 0, how)  # between recordings nobody's call is lost
        wait_for(lambda: not decoder._process or not decoder._process.is_alive())
        with decoder.decode(write_wav(tmp_path / "b.wav")) as decoded:
            check_tones(decoded, 2.0, 2)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SLOW_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def while_decoding(decoder: Decoder, path: Path, scratch: Path, act: Callable[[], object]) -> None:
    """Do something to a file in the middle of its decoding."""

    def run() -> None:
        wait_for(lambda: any(scratch.rglob("*.f32")))
        act()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        decoder.decode(path).close()
    finally:
        thread.join()


@pytest.mark.parametrize(
    ("act", "fault"),
    [
        (lambda path: path.unlink(), RecordingFault.VANISHED),
        (lambda path: os.truncate(path, path.stat().st_size + 1), RecordingFault.CHANGED),
        (lambda path: os.truncate(path, 1000), RecordingFault.CHANGED),
        (lambda path: path.touch(), RecordingFault.CHANGED),
        (
            lambda path: write_wav(path.with_suffix(".new")).replace(path),
            RecordingFault.CHANGED,
        ),
    ],
    ids=["vanished", "grown", "cut", "rewritten", "replaced"],
)
def test_changed_while_read(
    tmp_path: Path, act: Callable[[Path], object], fault: RecordingFault
) -> None:
    path = long_wav(tmp_path / "a.wav", 900)
    scratch = tmp_path / "scratch"
    with Decoder(AudioSettings(scratch_dir=scratch)) as decoder:
        with pytest.raises(RecordingError) as caught:
            while_decoding(decoder, path, scratch, lambda: act(path))
        assert caught.value.fault is fault


def test_scratch_is_private_and_leaves_nothing(tmp_path: Path) -> None:
    with Decoder(AudioSettings(scratch_dir=tmp_path / "scratch")) as decoder:
        (folder,) = (tmp_path / "scratch").iterdir()
        assert folder.stat().st_mode & 0o077 == 0
        decoded = decoder.decode(write_wav(tmp_path / "a.wav"))
        assert list(folder.glob("*.f32")) == []  # open, but without a name
    assert list((tmp_path / "scratch").iterdir()) == []
    check_tones(decoded, 2.0, 2)  # outlives the decoder
    decoded.close()


def test_killed_owner_leaves_no_child_and_no_scratch(tmp_path: Path) -> None:
    """The child sees its standard input close, even in the middle of a recording."""
    scratch, path = tmp_path / "scratch", long_wav(tmp_path / "a.wav", 4000)
    code = (
        "import sys; from pathlib import Path\n"
        "from qa.config import AudioSettings; from qa.transcribe.audio import Decoder\n"
        "with Decoder(AudioSettings(scratch_dir=Path(sys.argv[1]))) as decoder:\n"
        "    print(decoder.child_pid, flush=True); decoder.decode(Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", code, scratch, path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        child = int(owner.stdout.readline())
        wait_for(lambda: any(scratch.rglob("*.f32")))
        owner.kill()
    wait_for(lambda: not _runs(child))
    wait_for(lambda: list(scratch.iterdir()) == [])


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_abandoned_scratch_is_removed_and_scratch_in_use_is_not(tmp_path: Path) -> None:
    settings = AudioSettings(scratch_dir=tmp_path)
    with Decoder(settings):
        (in_use,) = tmp_path.iterdir()
        abandoned = tmp_path / "qa-audio-left"
        abandoned.mkdir()
        (abandoned / "1-0.f32").write_bytes(bytes(1000))
        young = tmp_path / "qa-audio-young"
        young.mkdir()
        other = tmp_path / "somebody-else"
        other.mkdir()
        for folder in (in_use, abandoned, other):
            os.utime(folder, (1_600_000_000, 1_600_000_000))
        with Decoder(settings):
            assert in_use.exists() and young.exists() and other.exists()
            assert not abandoned.exists()


def test_child_is_bound_and_knows_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_DATABASE__URL", "postgresql://qa:secret@localhost/qa")
    with (
        (tmp_path / "open").open("w") as inherited,
        Decoder(AudioSettings(scratch_dir=tmp_path / "scratch")) as decoder,
    ):
        os.set_inheritable(inherited.fileno(), True)
        decoder.decode(write_wav(tmp_path / "a.wav")).close()
        proc = Path(f"/proc/{decoder.child_pid}")
        limits = (proc / "limits").read_text()
        assert f"Max address space         {512 << 20}" in limits
        assert "Max open files            32" in limits
        assert "Max core file size        0" in limits
        assert b"secret" not in (proc / "environ").read_bytes()
        held = {str(fd.readlink()) for fd in (proc / "fd").iterdir()}
        assert str(tmp_path / "open") not in held
        assert str(tmp_path / "a.wav") not in held


def test_child_loads_only_what_it_needs() -> None:
    code = (
        "import sys; import qa.transcribe.decode_child, qa.transcribe.decode_readers\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"numpy", "soundfile", "soxr"} <= loaded
    assert not loaded & {"av", "pydantic", "faster_whisper", "sqlalchemy", "ctranslate2", "pydub"}


def test_memory_limit_too_small_to_start_is_a_setting_to_change(tmp_path: Path) -> None:
    settings = AudioSettings(scratch_dir=tmp_path).model_copy(update={"decoder_memory_mb": 20})
    with Decoder(settings) as decoder, pytest.raises(ConfigError, match="decoder_memory_mb = 20"):
        decoder.decode(write_wav(tmp_path / "a.wav"))


def test_scratch_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"audio\.scratch_dir"):
        Decoder(AudioSettings(scratch_dir=tmp_path / "file" / "scratch")).__enter__()


def test_full_disk_is_not_the_recordings_fault(tmp_path: Path) -> None:
    disk = os.statvfs(tmp_path)
    free = disk.f_bavail * disk.f_frsize
    decode_child.check_space(str(tmp_path), free // 2)
    with pytest.raises(OSError, match="No space left"):
        decode_child.check_space(str(tmp_path), free * 2)


def test_threads_take_turns(tmp_path: Path, decoder: Decoder) -> None:
    paths = [write_wav(tmp_path / f"{number}.wav", seconds=1 + number / 10) for number in range(8)]
    found: dict[int, int] = {}

    def work(number: int) -> None:
        with decoder.decode(paths[number]) as decoded:
            found[number] = decoded.recording.duration_ms

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: 1000 + number * 100 for number in range(8)}


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    """Ten minutes of stereo would be 77 MB as arrays, on top of 42 MB of libraries."""
    path = tmp_path / "a.wav"
    path.write_bytes(
        wav_bytes(SINE[:16000] * 600, tag=6, channels=2, bits=8)  # ten minutes of A-law
    )
    with Decoder(AudioSettings(scratch_dir=tmp_path)) as decoder, decoder.decode(path) as decoded:
        status = Path(f"/proc/{decoder.child_pid}/status").read_text()
        peak_kb = int(status.split("VmHWM:")[1].split()[0])
        assert decoded.recording.duration_ms == 600_000
        assert peak_kb < 65_000
