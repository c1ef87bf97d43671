"""Evidence to listen to: a short WAV cut from a recording."""

import io
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from qa.config import AudioSettings
from qa.errors import AudioDecodeError, RecordingFault
from qa.transcribe.audio import SAMPLE_RATE_HZ, Decoder
from qa.transcribe.containers import Kind, RejectedError, inspect
from qa.types import Span
from qa.vault import KeyRing, open_plain, own_suffix, plain_copy

_SAMPLE_BYTES = 2
_OGG_BLOCK_FRAMES = 4096


def cut_clip(
    path: Path,
    span: Span,
    *,
    pad_ms: int = 1000,
    decoder: Decoder | None = None,
    muted: Sequence[Span] = (),
) -> bytes:
    """Cut a span out of a recording, with a lead so that the ear is ready when it begins.

    Args:
        span: what to hear; the part beyond the recording's end is left out.
        pad_ms: lead before the span; shorter where the recording begins.
        decoder: a running decoder for formats other than WAV; without it one is started for
            this clip.
        muted: stretches of the recording that are silent in the clip, on all channels.

    Returns:
        A WAV file, 16-bit PCM, with all channels of the recording; at its own sample rate if it
        is a WAV file, else at 16 kHz.

    Raises:
        ValueError: the span lies beyond the recording, or the lead is negative.
        RecordingError: the recording cannot be read any more.
    """
    if pad_ms < 0:
        raise ValueError(f"a lead of {pad_ms} ms")
    heard = Span(max(0, span.start_ms - pad_ms), span.end_ms)
    found = _cut_wav(path, heard, decoder.keys if decoder else None)
    if found is None:
        found = _cut_decoded(path, heard, decoder)
    samples, rate_hz = found
    if not len(samples):
        raise ValueError(f"nothing of {span.start_ms}..{span.end_ms} ms lies in the recording")
    first = _frames(heard, rate_hz)[0]
    for one in muted:
        start, stop = _frames(one, rate_hz)
        samples[max(0, start - first) : max(0, stop - first)] = 0.0
    return _export(samples, rate_hz)


def _cut_wav(
    path: Path, span: Span, keys: KeyRing | None
) -> tuple[npt.NDArray[np.float32], int] | None:
    """Read from a sound WAV file, without decoding what lies before; None for all others."""
    import soundfile

    try:
        with _opened(path, keys) as file:
            size = os.fstat(file.fileno()).st_size
            source = inspect(file.fileno(), size, own_suffix(path))
            if source.kind is not Kind.WAV or source.unfinished:
                return None
            with soundfile.SoundFile(file.fileno(), closefd=False) as sound:
                start, stop = _frames(span, sound.samplerate)
                sound.seek(min(start, sound.frames))
                frames = sound.read(max(0, stop - start), dtype="float32", always_2d=True)
                return frames, sound.samplerate
    except FileNotFoundError:
        raise AudioDecodeError(
            path.name,
            RecordingFault.VANISHED,
            "the file is no longer there; no clip can be cut until it is back.",
        ) from None
    except (RejectedError, soundfile.SoundFileError, OSError):
        return None  # the decoder says what is wrong


def _opened(path: Path, keys: KeyRing | None) -> BinaryIO:
    """Open a recording as a file that libraries can read; closing it frees a sealed one's copy."""
    file = open_plain(path, keys)
    try:
        file.fileno()
    except io.UnsupportedOperation:
        with file:
            return plain_copy(file, None)
    return file


def _cut_decoded(
    path: Path, span: Span, decoder: Decoder | None
) -> tuple[npt.NDArray[np.float32], int]:
    if decoder is None:
        with Decoder(AudioSettings()) as own:
            return _cut_decoded(path, span, own)
    start, stop = _frames(span, SAMPLE_RATE_HZ)
    with decoder.decode(path) as decoded:
        channels = [
            decoded.channel(index).read(start, stop)
            for index in range(decoded.recording.channel_count)
        ]
    return np.stack(channels, axis=1), SAMPLE_RATE_HZ


def _frames(span: Span, rate_hz: int) -> tuple[int, int]:
    return span.start_ms * rate_hz // 1000, -(-span.end_ms * rate_hz // 1000)


def _export(samples: npt.NDArray[np.float32], rate_hz: int) -> bytes:
    """Write 16-bit WAV from float32 samples of shape `(n, channels)`."""
    pcm = np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2")
    segment = _audio_segment()(
        data=pcm.tobytes(),
        sample_width=_SAMPLE_BYTES,
        frame_rate=rate_hz,
        channels=samples.shape[1],
    )
    out = io.BytesIO()
    segment.export(out, format="wav")
    return out.getvalue()


def _audio_segment() -> Any:
    # pydub warns on import that there is no ffmpeg (we need none to write WAV) and, on Python
    # 3.11 and 3.12, that audioop is leaving the standard library (audioop-lts takes over).
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pydub import AudioSegment
    return AudioSegment


def as_ogg(clip: bytes) -> bytes:
    """Encode a clip (`cut_clip`) as Ogg Vorbis, about a tenth of its size."""
    import soundfile

    out = io.BytesIO()
    with soundfile.SoundFile(io.BytesIO(clip)) as source:
        options = {"format": "OGG", "subtype": "VORBIS"}
        with soundfile.SoundFile(out, "w", source.samplerate, source.channels, **options) as target:
            # In pieces: libsndfile's encoder overruns its stack on a long block.
            while len(block := source.read(_OGG_BLOCK_FRAMES, dtype="float32", always_2d=True)):
                target.write(block)
    return out.getvalue()
