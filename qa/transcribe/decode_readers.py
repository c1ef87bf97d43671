"""Bytes to samples inside the decoding process: libsndfile, FFmpeg, soxr, scratch files.

Only `decode_child.py` imports this. Everything goes block by block, so that memory does not grow
with the length of the call.
"""

import os
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from qa.errors import RecordingFault
from qa.transcribe.containers import (
    MAX_RATE_HZ,
    MIN_RATE_HZ,
    SAMPLE_RATE_HZ,
    SNDFILE_KINDS,
    Kind,
    RejectedError,
    Source,
    truncated,
)

Samples = npt.NDArray[np.float32]

_BLOCK_FRAMES = 65_536
_PROBE_S = 2
_SPACE_CHECK_BLOCKS = 64
_SPARE_BYTES = 64 << 20
_SILENCE = 10 ** (-90 / 20)
_ABSURD_PEAK = 16.0  # 24 dB above full scale: integers stored as floats, or noise
_MAX_BAD_PACKETS = 0.01

# The smallest step of encodings that cannot express -90 dBFS; idle lines flicker by one step.
_STEPS = {
    "ALAW": 16 / 32768,
    "ULAW": 8 / 32768,
    "PCM_U8": 1 / 128,
    "PCM_S8": 1 / 128,
    "pcm_alaw": 16 / 32768,
    "pcm_mulaw": 8 / 32768,
    "pcm_u8": 1 / 128,
}


class ScratchWriter:
    """Check, resample and write samples: one file of 16 kHz float32 per channel.

    Files are named `<stem>-<channel>.f32`. Leaving the context closes them; `finish` tells that
    all is well, and without it they are removed.
    """

    def __init__(self, stem: str, max_duration_s: int, check_space: Callable[..., None]) -> None:
        self._stem, self._max_duration_s, self._check_space = stem, max_duration_s, check_space
        self._files: list[Any] = []
        self._blocks = self._frames_in = self._frames_out = 0
        self._complete = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for file in self._files:
            file.close()
            if not self._complete:
                os.unlink(file.name)  # noqa: PTH108

    @property
    def max_frames(self) -> int:
        """How many frames the recording may have, at its own rate."""
        return self._max_duration_s * self._rate_hz

    @property
    def frames(self) -> int:
        """How many frames came in, at the recording's own rate."""
        return self._frames_in

    def begin(self, rate_hz: int, channels: int, codec: str, encoding: str) -> None:
        """Say what the samples are; once, before the first block.

        Raises:
            RejectedError: the rate or the number of channels is not accepted.
        """
        if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
            raise RejectedError(
                RecordingFault.UNREADABLE_CODEC,
                f"the sample rate is {rate_hz} Hz; convert the recording to {MIN_RATE_HZ} to "
                f"{MAX_RATE_HZ} Hz.",
            )
        if not 1 <= channels <= 2:
            raise RejectedError(
                RecordingFault.TOO_MANY_CHANNELS,
                f"the recording has {channels} channels; export it as mono or stereo.",
            )
        self._rate_hz, self._channels, self._codec = rate_hz, channels, codec
        self._step = _STEPS.get(encoding, 0.0)
        self._low, self._high = np.full(channels, np.inf), np.full(channels, -np.inf)
        self._resampler = (
            soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, channels, dtype="float32", quality="HQ")
            if rate_hz != SAMPLE_RATE_HZ
            else None
        )
        self._files = [
            open(f"{self._stem}-{channel}.f32", "xb", buffering=0)  # noqa: SIM115, PTH123
            for channel in range(channels)
        ]

    def write(self, block: Samples) -> None:
        """Take the next frames, shape `(n, channels)`.

        Raises:
            RejectedError: TOO_LONG or BAD_SAMPLES.
            OSError: the scratch folder is full.
        """
        self._frames_in += len(block)
        self.check_length(self._frames_in)
        # minimum and maximum let NaN through and keep infinity, so that one look at them is enough
        # (channel by channel: along an axis of two, NumPy takes thirty times as long).
        columns = [block[:, channel] for channel in range(self._channels)]
        self._low = np.minimum(self._low, [c.min(initial=np.inf) for c in columns])
        self._high = np.maximum(self._high, [c.max(initial=-np.inf) for c in columns])
        extremes = np.concatenate([self._low, self._high])
        if len(block) and not (np.abs(extremes) <= _ABSURD_PEAK).all():
            raise RejectedError(
                RecordingFault.BAD_SAMPLES,
                "samples are not numbers or far beyond full scale; export the recording again as "
                "16-bit WAV.",
            )
        if self._blocks % _SPACE_CHECK_BLOCKS == 0:
            self._check_space(os.path.dirname(self._stem), _SPARE_BYTES)  # noqa: PTH120
        self._blocks += 1
        self._store(self._resampler.resample_chunk(block) if self._resampler else block)

    def check_length(self, frames: int) -> None:
        """Refuse more frames than the limit allows.

        Raises:
            RejectedError: TOO_LONG.
        """
        if frames > self.max_frames:
            raise RejectedError(
                RecordingFault.TOO_LONG,
                f"the recording is longer than {self._max_duration_s} s (audio.max_duration_s); "
                "split it or raise the limit.",
            )

    def finish(self) -> dict[str, Any]:
        """Flush the filter and sum up.

        Raises:
            RejectedError: NO_SAMPLES or SILENT.
        """
        if self._frames_in * 1000 < self._rate_hz:  # less than a millisecond: nothing to cut out
            raise no_samples()
        if (self._high - self._low <= max(2 * _SILENCE, self._step)).all():
            raise RejectedError(
                RecordingFault.SILENT,
                "every channel is digital silence; check the recorder's line.",
            )
        if self._resampler:
            empty = np.zeros((0, self._channels), np.float32)
            self._store(self._resampler.resample_chunk(empty, last=True))
        self._complete = True
        return {
            "rate_hz": self._rate_hz,
            "channels": self._channels,
            "codec": self._codec,
            "duration_ms": round(self._frames_in * 1000 / self._rate_hz),
            "samples": self._frames_out,
        }

    def _store(self, block: Samples) -> None:
        self._frames_out += len(block)
        for channel, file in enumerate(self._files):
            samples = np.clip(block[:, channel], -1.0, 1.0).astype("<f4", copy=False)
            rest = samples.view(np.uint8).data
            while rest:  # a raw file may take less than it is given
                rest = rest[file.write(rest) :]


class EnoughError(Exception):
    """Stop reading: a probe has seen enough."""


class ProbeWriter(ScratchWriter):
    """Takes the first seconds of a recording and keeps none of them."""

    def write(self, block: Samples) -> None:
        """Take the next frames; raises EnoughError once they tell what the recording is."""
        super().write(block)
        if self._frames_in >= _PROBE_S * self._rate_hz:
            raise EnoughError

    def found(self) -> dict[str, Any]:
        """Say what the recording is.

        Raises:
            RejectedError: NO_SAMPLES.
        """
        if self._frames_in * 1000 < self._rate_hz:  # less than a millisecond: nothing to cut out
            raise no_samples()
        return {"rate_hz": self._rate_hz, "channels": self._channels, "codec": self._codec}


def no_samples() -> RejectedError:
    """Make the error for a file without sound."""
    return RejectedError(
        RecordingFault.NO_SAMPLES, "the file holds a header and no sound; check the recorder."
    )


# --- libsndfile ----------------------------------------------------------------------------------


def read_with_sndfile(source: Source, writer: ScratchWriter) -> bool:
    """Read PCM, G.711, FLAC and the like.

    Returns:
        Whether libsndfile reads this file; False leaves it, untouched, to FFmpeg.

    Raises:
        RejectedError: any fault that shows while reading.
    """
    if source.kind not in SNDFILE_KINDS or source.unfinished:
        return False
    os.lseek(source.fd, 0, os.SEEK_SET)
    try:
        file = soundfile.SoundFile(source.fd, closefd=False)
    except soundfile.SoundFileError:
        return False
    with file:
        codec = f"{file.format}/{file.subtype}".lower()
        writer.begin(file.samplerate, file.channels, codec, file.subtype)
        is_length_known = 0 < file.frames < 1 << 60
        if is_length_known:
            writer.check_length(file.frames)
        buffer = np.empty((_BLOCK_FRAMES, file.channels), np.float32)
        while len(block := file.read(out=buffer)):
            writer.write(block)
        if is_length_known and writer.frames < file.frames:
            raise truncated()
    return True


# --- FFmpeg --------------------------------------------------------------------------------------


def read_with_ffmpeg(source: Source, writer: ScratchWriter) -> None:
    """Read everything else.

    FFmpeg is told which demultiplexer to use, may use no other, and gets bytes from our descriptor
    only: with an empty list of protocols no file can make it open a second one.

    Raises:
        RejectedError: any fault that shows while reading.
    """
    import av  # late: G.711 and PCM recordings never need it

    os.lseek(source.fd, 0, os.SEEK_SET)
    options = {"format_whitelist": source.kind.value, "protocol_whitelist": "none"}
    if source.kind is Kind.WAV:
        options["ignore_length"] = str(int(source.unfinished))
    try:
        with (
            os.fdopen(source.fd, "rb", closefd=False) as file,
            av.open(
                file,
                format=source.kind.value,
                container_options=options,
                metadata_errors="replace",
            ) as container,
        ):
            _read_container(container, source, writer)
    except (av.FFmpegError, UnicodeError, EOFError, ValueError) as error:
        raise RejectedError(
            RecordingFault.UNREADABLE,
            f"the file is damaged ({type(error).__name__}); copy or export it again.",
        ) from error


def _read_container(container: Any, source: Source, writer: ScratchWriter) -> None:
    if not container.streams.audio:
        raise RejectedError(
            RecordingFault.NOT_AUDIO, "the file holds no sound track; name a recording."
        )
    stream = container.streams.audio[0]
    context = stream.codec_context
    if context is None:
        raise RejectedError(
            RecordingFault.UNREADABLE_CODEC,
            "the sound is stored in a way that cannot be read here; convert it to WAV.",
        )
    context.thread_count = 1
    name = context.codec.canonical_name
    blocks = _gather(_frames(container, stream))
    for rate_hz, block in blocks:
        if writer.frames == 0:
            writer.begin(rate_hz, block.shape[1], f"{source.kind.value}/{name}", name)
        writer.write(block)
    if writer.frames < source.least_frames:
        raise truncated()


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """Decode frame by frame; a bad packet now and then is tolerated, a bad last one is a cut.

    Raises:
        RejectedError: TRUNCATED, UNREADABLE or UNREADABLE_CODEC.
    """
    import av

    packets = bad = 0
    is_last_bad = False
    try:
        for packet in container.demux(stream):
            packets += 1
            try:
                yield from packet.decode()
                is_last_bad = is_last_bad and packet.size == 0  # the closing packet is empty
            except av.InvalidDataError:
                bad += 1
                is_last_bad = True
    except (av.DecoderNotFoundError, av.ArgumentError, av.PatchWelcomeError) as error:
        raise RejectedError(
            RecordingFault.UNREADABLE_CODEC,
            "the sound is stored in a way that cannot be read here; convert it to WAV.",
        ) from error
    if bad > 1 and bad > packets * _MAX_BAD_PACKETS:
        raise RejectedError(
            RecordingFault.UNREADABLE,
            f"{bad} of {packets} packets are damaged; copy or export the file again.",
        )
    if is_last_bad:
        raise truncated()


def _gather(frames: Iterator[Any]) -> Iterator[tuple[int, Samples]]:
    """Join FFmpeg's frames of about 20 ms into blocks; yields the rate in Hz and the samples.

    Raises:
        RejectedError: UNREADABLE, rate or channels change on the way.
    """
    waiting: list[Samples] = []
    length, shape = 0, None
    for frame in frames:
        block = frame_samples(frame)
        if shape not in (None, (frame.sample_rate, block.shape[1])):
            raise RejectedError(
                RecordingFault.UNREADABLE,
                "sample rate or channels change within the recording; convert it to WAV.",
            )
        shape = (frame.sample_rate, block.shape[1])
        waiting.append(block)
        length += len(block)
        if length >= _BLOCK_FRAMES:
            yield shape[0], np.concatenate(waiting)
            waiting, length = [], 0
    if waiting and shape:
        yield shape[0], np.concatenate(waiting)


def frame_samples(frame: Any) -> Samples:
    """One of FFmpeg's frames as float32 in [-1, 1], shape `(n, channels)`."""
    data: npt.NDArray[Any] = frame.to_ndarray()
    data = data.T if frame.format.is_planar else data.reshape(-1, len(frame.layout.channels))
    samples = np.ascontiguousarray(data, dtype=np.float32)
    if data.dtype == np.uint8:
        return (samples - np.float32(128)) / np.float32(128)
    if np.issubdtype(data.dtype, np.integer):
        return samples / np.float32(-float(np.iinfo(data.dtype).min))
    return samples
