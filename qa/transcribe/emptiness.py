"""The proof that nobody says anything in a recording: webrtcvad at its most lenient."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.errors import RecordingError, RecordingFault
from qa.transcribe.audio import ChannelAudio, Decoder
from qa.transcribe.vad import FRAME, FRAME_MS, SAMPLE_RATE_HZ
from qa.types import Emptiness

METHOD = "webrtcvad/0, raised to -3 dBFS"
_NOTHING = (RecordingFault.SILENT, RecordingFault.NO_SAMPLES, RecordingFault.EMPTY_FILE)
_FULL = 0.7
_MAX_GAIN = 1_000.0
_BLOCK = FRAME * 1_000


def prove_empty(path: Path, decoder: Decoder) -> Emptiness:
    """Look for speech on every channel; any frame that may be speech counts.

    Quiet channels are raised first, so that a whisper far from the microphone is speech. Digital
    silence, and a file without samples, are empty without further ado. What only may be noise
    counts as speech here: then a person asks, and another approves.

    Raises:
        RecordingError: the recording cannot be read.
        ScratchError: the disk is full.
    """
    try:
        with decoder.decode(path) as decoded:
            channels = [decoded.channel(index) for index in range(decoded.recording.channel_count)]
            speech_ms = max(_speech_ms(channel) for channel in channels)
            duration_ms = decoded.recording.duration_ms
            return Emptiness(METHOD, len(channels), duration_ms, speech_ms)
    except RecordingError as error:
        if error.fault in _NOTHING:
            return Emptiness(error.fault.value, 0, 0, 0)
        raise


def _speech_ms(channel: ChannelAudio) -> int:
    import webrtcvad

    loudest = max((float(np.abs(block).max()) for block in _blocks(channel)), default=0.0)
    gain = min(_MAX_GAIN, _FULL / loudest) if loudest else 1.0
    vad = webrtcvad.Vad(0)
    frames = 0
    for block in _blocks(channel):
        pcm = (np.clip(block * gain, -1, 1) * 32767).astype("<i2")
        for at in range(0, len(pcm) - FRAME + 1, FRAME):
            frames += vad.is_speech(pcm[at : at + FRAME].tobytes(), SAMPLE_RATE_HZ)
    return frames * FRAME_MS


def _blocks(channel: ChannelAudio) -> Iterator[NDArray[np.float32]]:
    starts = range(0, channel.n_samples, _BLOCK)
    return (channel.read(start, start + _BLOCK) for start in starts)
