"""Sound files made for real: tones in every container, by soundfile or by FFmpeg's encoders."""

import struct
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

TONES_HZ = (440, 750)


def tones(seconds: float, rate_hz: int, channels: int) -> np.ndarray:
    """A different tone on each channel, shape (n, channels)."""
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    return np.stack([0.4 * np.sin(2 * np.pi * hz * t) for hz in TONES_HZ[:channels]], axis=1)


def write_wav(path: Path, *, seconds=2.0, rate_hz=8000, channels=2, subtype="ALAW") -> Path:
    soundfile.write(path, tones(seconds, rate_hz, channels), rate_hz, format="WAV", subtype=subtype)
    return path


def encode(path: Path, muxer: str, codec: str, samples: np.ndarray, rate_hz: int) -> Path:
    """Encode with FFmpeg; skips the test where this FFmpeg cannot."""
    layout = "mono" if samples.shape[1] == 1 else "stereo"
    try:
        av.Codec(codec, "w")
    except av.codec.codec.UnknownCodecError:
        pytest.skip(f"this FFmpeg has no encoder {codec}")
    with av.open(str(path), "w", format=muxer) as container:
        stream = container.add_stream(codec, rate=rate_hz)
        stream.layout = layout
        context = stream.codec_context
        whole = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples.T, np.float32), format="fltp", layout=layout
        )
        whole.sample_rate, whole.pts = rate_hz, 0
        queue = av.AudioFifo()
        for frame in av.AudioResampler(context.format, layout, rate_hz).resample(whole):
            queue.write(frame)
        size = context.frame_size or 1024
        while frame := queue.read(size) or queue.read(0, partial=True):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def wav_bytes(
    data: bytes, *, tag=1, rate_hz=8000, channels=1, bits=16, data_size=None, riff_size=None
) -> bytes:
    """A WAV file whose header says whatever is wanted."""
    align = channels * bits // 8
    fmt = struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * align, align, bits)
    data_size = len(data) if data_size is None else data_size
    riff_size = 36 + len(data) if riff_size is None else riff_size
    return (
        b"RIFF" + struct.pack("<I", riff_size) + b"WAVEfmt " + struct.pack("<I", 16) + fmt
        + b"data" + struct.pack("<I", data_size) + data
    )  # fmt: skip


def strongest_hz(samples: np.ndarray, rate_hz: int = 16000) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate_hz / len(samples))
