"""What a recording sounds like besides its words: everything that `Sound` holds.

| measure | unit | how |
|---|---|---|
| rings, busy tones, keys, music | ms | `signals.py` |
| who left first | role | the channel with busy tones at the end, or the one that died first |
| silences | ms | nobody speaks (`qa.turns`) for 3 s or more |
| overlaps | ms | both sides speak for 0.3 s or more; whoever started later began it |
| interruptions | count | overlaps of 1 s or more into a side that had spoken for 0.3 s |
| rate | characters a minute | characters of a side over its speech, pauses between words counted |
| loudness | LUFS | `loudness.py`, on the speech |
| noise | dBFS | median level of the frames outside speech, digital silence left out |
| clipped | share | samples at 0.99 of full scale or beyond, from 0.1 % |
| noisy | dB | speech less than 15 dB above the noise |
| one-sided | ms | no speech on one of two channels while the other holds 5 s or more |

Busy tones stand on the channel of the side that hung up, because the exchange puts them in its
place. A channel died that lies below -75 dBFS while the other's line still sounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qa.transcribe.loudness import measure_loudness
from qa.transcribe.signals import find_music, find_signals, measure_lines
from qa.transcribe.vad import FRAME_MS, Frames, Samples
from qa.turns import characters, merged, side_speech, silences, spoken_ms
from qa.types import (
    ChannelMeasures,
    Overlap,
    Role,
    SideMeasures,
    Signal,
    SignalKind,
    Sound,
    Span,
    Transcript,
)

MIN_SILENCE_MS = 3_000
MIN_OVERLAP_MS = 300
INTERRUPTED_MS = 1_000
HELD_MS = 300
DEAD_DBFS = -75.0
MIN_DEAD_MS = 500
LATE_MS = 1_000
"""Busy tones that end so near the recording's end are how it ended."""
CLIPPED_RATIO = 0.001
MIN_SNR_DB = 15.0
ONE_SIDED_MS = 5_000
MIN_NOISE_FRAMES = 1000 // FRAME_MS
SURE_WORD = 0.5
"""Confidence of a word that is none of the recogniser's inventions from music."""


@dataclass(frozen=True, slots=True)
class ChannelSound:
    """One channel as it was read: its samples and its frames."""

    samples: Samples
    frames: Frames


def measure_sound(transcript: Transcript, channels: Sequence[ChannelSound]) -> Transcript:
    """Add what the recording sounds like to its transcript.

    Args:
        transcript: with `channels` and `speech` measured, roles given.
        channels: in the transcript's order.

    Returns:
        The transcript with `sound`, and with loudness and noise of each channel.
    """
    measured = tuple(
        _measured(measures, transcript, channel)
        for measures, channel in zip(transcript.channels, channels, strict=True)
    )
    transcript = replace(transcript, channels=measured)
    signals = [s for k, one in enumerate(channels) for s in _signals(transcript, k, one.samples)]
    rings = [s for s in signals if s.kind is SignalKind.RINGBACK]
    by_channel = [[r for r in rings if r.channel == k] for k in range(len(channels))]
    heard = max(by_channel, key=len, default=[])
    both = overlaps(transcript)
    sound = Sound(
        signals=tuple(sorted(signals)),
        ring_count=len(heard) or None,
        rings_are_whole=bool(heard) and heard[0].span.start_ms >= FRAME_MS * 3,
        ended_by=_ended_by(transcript, signals, [one.frames for one in channels]),
        silences=_long_silences(transcript),
        overlaps=both,
        sides=_sides(transcript, both),
        faults=_faults(transcript),
    )
    return replace(transcript, sound=sound)


def _measured(
    measures: ChannelMeasures, transcript: Transcript, channel: ChannelSound
) -> ChannelMeasures:
    spoken = [s.span for s in transcript.speech if s.channel == measures.channel]
    return replace(
        measures,
        loudness_lufs=measure_loudness(channel.samples, spoken),
        noise_dbfs=_noise(channel.frames, spoken),
    )


def _noise(frames: Frames, spoken: Sequence[Span]) -> float | None:
    quiet = np.ones(len(frames.level_dbfs), bool)
    for span in spoken:  # a frame more either side: consonants are softer than the detector hears
        quiet[max(0, span.start_ms // FRAME_MS - 3) : span.end_ms // FRAME_MS + 4] = False
    levels = frames.level_dbfs[quiet]
    levels = levels[levels > DEAD_DBFS]
    if len(levels) < MIN_NOISE_FRAMES:
        return None
    return round(float(np.median(levels)), 1)


def _signals(transcript: Transcript, channel: int, samples: Samples) -> list[Signal]:
    lines = measure_lines(samples)
    words = [w for u in transcript.utterances if u.channel == channel for w in u.words]
    sure = [word.span for word in words if word.confidence >= SURE_WORD]
    first = min((u.span.start_ms for u in transcript.utterances), default=None)
    return [
        *find_signals(lines, channel=channel, first_speech_ms=first),
        *find_music(lines, channel=channel, spoken=sure),
    ]


def _ended_by(
    transcript: Transcript, signals: Sequence[Signal], frames: Sequence[Frames]
) -> Role | None:
    """Tell who left first; nobody where the roles of the channels are unknown."""
    roles = {u.channel: u.role for u in transcript.utterances}
    if len(frames) != 2 or Role.UNKNOWN in roles.values():
        return None
    end_ms = transcript.duration_ms
    busy = {
        s.channel
        for s in signals
        if s.kind is SignalKind.BUSY and s.span.end_ms >= end_ms - LATE_MS
    }
    gone = busy or _dead_at_the_end(frames)
    if len(gone) != 1:
        return None
    (channel,) = gone
    return roles.get(channel) or _other(roles.get(1 - channel))


def _other(role: Role | None) -> Role | None:
    return {Role.AGENT: Role.CUSTOMER, Role.CUSTOMER: Role.AGENT}.get(role) if role else None


def _dead_at_the_end(frames: Sequence[Frames]) -> set[int]:
    """Find channels that fell silent for good before the other did, and were alive before."""
    alive = [_last_alive(one.level_dbfs) for one in frames]
    least = MIN_DEAD_MS // FRAME_MS
    return {
        k
        for k, last in enumerate(alive)
        if last and alive[1 - k] - last >= least and _has_a_floor(frames[k].level_dbfs[:last])
    }


def _last_alive(level_dbfs: NDArray[np.float32]) -> int:
    alive = np.flatnonzero(level_dbfs > DEAD_DBFS)
    return int(alive[-1]) + 1 if len(alive) else 0


def _has_a_floor(level_dbfs: NDArray[np.float32]) -> bool:
    """Whether the line sounds between words too; some recorders write nothing while one listens."""
    return bool((level_dbfs > DEAD_DBFS).mean() >= 0.95)


def _long_silences(transcript: Transcript) -> tuple[Span, ...]:
    spoken = merged(span for role in Role for span in side_speech(transcript, role))
    return tuple(s for s in silences(spoken) if s.duration_ms >= MIN_SILENCE_MS)


def overlaps(transcript: Transcript) -> tuple[Overlap, ...]:
    """Find where agent and customer speak at once for `MIN_OVERLAP_MS` or more, in time order."""
    agent, customer = (side_speech(transcript, role) for role in (Role.AGENT, Role.CUSTOMER))
    found = []
    for own in agent:
        for other in customer:
            if own.overlap_ms(other) >= MIN_OVERLAP_MS:
                began = Role.AGENT if own.start_ms >= other.start_ms else Role.CUSTOMER
                start, end = max(own.start_ms, other.start_ms), min(own.end_ms, other.end_ms)
                found.append(Overlap(Span(start, end), began))
    return tuple(sorted(found))


def _sides(transcript: Transcript, both: Sequence[Overlap]) -> tuple[SideMeasures, ...]:
    return tuple(
        side
        for role in (Role.AGENT, Role.CUSTOMER)
        if (side := _side(transcript, role, both)) is not None
    )


def _side(transcript: Transcript, role: Role, both: Sequence[Overlap]) -> SideMeasures | None:
    spoken = side_speech(transcript, role)
    if not spoken:
        return None
    said = characters(transcript, role)
    voiced_ms = spoken_ms(side_speech(transcript, role, pauses=False))
    other = side_speech(transcript, Role.CUSTOMER if role is Role.AGENT else Role.AGENT)
    cut_short = [o for o in both if o.began is role and _interrupts(o.span, other)]
    rate = round(60_000 * said / voiced_ms, 1) if voiced_ms else None
    return SideMeasures(role, spoken_ms(spoken), said, rate, len(cut_short))


def _interrupts(span: Span, other: Sequence[Span]) -> bool:
    held = any(s.start_ms + HELD_MS <= span.start_ms < s.end_ms for s in other)
    return held and span.duration_ms >= INTERRUPTED_MS


def _faults(transcript: Transcript) -> tuple[tuple[int, str], ...]:
    found = []
    for one in transcript.channels:
        if one.clipped_ratio >= CLIPPED_RATIO:
            found.append((one.channel, "clipped"))
        if _is_noisy(one):
            found.append((one.channel, "noisy"))
        others = [o.speech_ms for o in transcript.channels if o.channel != one.channel]
        if others and one.speech_ms == 0 and max(others) >= ONE_SIDED_MS:
            found.append((one.channel, "one_sided"))
    return tuple(sorted(found))


def _is_noisy(one: ChannelMeasures) -> bool:
    if one.level_dbfs is None or one.noise_dbfs is None:
        return False
    return one.level_dbfs - one.noise_dbfs < MIN_SNR_DB
