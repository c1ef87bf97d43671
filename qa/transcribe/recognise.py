"""A decoded recording becomes a transcript: segments, windows, words, guards, utterances."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qa.config_words import WordSettings
from qa.text import to_simplified
from qa.transcribe.audio import DecodedRecording
from qa.transcribe.engine import Engine, Heard
from qa.transcribe.guards import doubts_recovered, looks_invented, nothing, withheld
from qa.transcribe.mono import Turn, deal_words, tell_apart
from qa.transcribe.pack import Window, pack_windows, split_long, window_audio
from qa.transcribe.roles import RoleMap, assign_roles
from qa.transcribe.sound import ChannelSound, measure_sound
from qa.transcribe.speakers import Encoder, Voices, part_by_voice
from qa.transcribe.vad import (
    CROSSTALK_DB,
    FLOOR_DBFS,
    FRAME_MS,
    Frames,
    Samples,
    find_segments,
    level_of,
    measure_channel,
    speech_level,
    without_padding,
)
from qa.transcribe.words import Expected, Told
from qa.types import (
    NO_CONFIDENCE,
    ChannelMeasures,
    Role,
    Segment,
    Span,
    Transcript,
    Utterance,
    Word,
)

PAUSE_MS = 700
"""A longer pause of one speaker ends an utterance."""
UNHEARD_MS = 1_500
"""Speech of this length without a word is put to the engine again, packed with its like."""
WORD_MS = 800
"""No Mandarin word of one or two syllables takes longer."""
WINDOWS_AT_ONCE = 16
"""Windows whose samples are in memory together: 30 MB."""
DOMAIN_WORDS = "domain_words"
"""Note of a transcript whose recogniser was told domain words."""


@dataclass(frozen=True, slots=True)
class _Channel:
    index: int
    samples: Samples
    frames: Frames
    segments: list[Segment]
    is_parted: bool = False

    @property
    def measures(self) -> ChannelMeasures:
        return measure_channel(self.frames, self.segments, channel=self.index)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one reading heard: words of each channel, and notes."""

    words: list[list[Word]]
    notes: set[str]


def recognise(
    decoded: DecodedRecording,
    engine: Engine,
    *,
    aggressiveness: int,
    agent_channel: Literal["left", "right"],
    encoder: Encoder | None = None,
    words: WordSettings | None = None,
) -> Transcript:
    """Transcribe a recording.

    Args:
        aggressiveness: of webrtcvad, 0–3.
        agent_channel: which channel of a stereo recording should hold the agent.
        encoder: tells the voices of a mono recording apart.
        words: domain words that the engine is told to expect, if it can be.

    Returns:
        Utterances by start. In a mono recording roles are unknown with confidence 0 where voices
        are not told apart. Notes: `channels_swapped`, `channels_doubtful` (see `roles`),
        `one_voice`, `speakers_doubtful` (see `mono`), `text_withheld` (text that looked invented
        was cut), `no_confidence` (the engine does not say how sure it is of a word),
        `domain_words` (the engine was told words to expect).

    Raises:
        EngineError: the recogniser failed.
    """
    recording = decoded.recording
    samples = [decoded.channel(i) for i in range(recording.channel_count)]
    frames = [decoded.frames(i, aggressiveness=aggressiveness) for i in range(len(samples))]
    segments = speech_segments(frames, recording.duration_ms)
    expected = _expected(words, segments, engine)
    sides = [_Channel(i, samples[i], frames[i], found) for i, found in enumerate(segments)]
    mono = encoder if len(sides) == 1 else None
    voices = tell_apart(samples[0], segments[0], mono) if mono is not None else None
    if voices is None:
        heard = _hear_channels(sides, engine, expected)
    else:
        voices, heard = _hear_voices(sides[0], voices, engine, expected)
    roles = assign_roles(
        ["".join(word.text for word in words) for words in heard.words],
        agent_channel=agent_channel,
    )
    notes = heard.notes | ({roles.note} if roles.note else set())
    if expected is not None:
        notes.add(DOMAIN_WORDS)
    if not engine.abilities.confidences:
        notes.add(NO_CONFIDENCE)
    speech = [without_padding(segment) for found in segments for segment in found]
    spoken = [u for i, found in enumerate(heard.words) for u in _utterances(found, i, roles)]
    if voices is not None:
        told = deal_words(heard.words[0], voices, pause_ms=PAUSE_MS)
        spoken = [_by_voice(*turn) for turn in told.turns]
        notes |= {told.note} if told.note else set()
    utterances = [replace(u, level_dbfs=level_of(frames[u.channel], u.span)) for u in spoken]
    transcript = Transcript(
        recording_id=recording.recording_id,
        engine=engine.fingerprint,
        duration_ms=recording.duration_ms,
        channel_count=recording.channel_count,
        utterances=tuple(sorted(utterances, key=lambda u: (u.span, u.channel))),
        channels=tuple(side.measures for side in sides),
        notes=tuple(sorted(notes)),
        speech=tuple(sorted(speech, key=lambda s: (s.span, s.channel))),
    )
    return measure_sound(transcript, list(map(ChannelSound, samples, frames)))


def _hear_voices(
    side: _Channel, voices: Voices, engine: Engine, expected: Expected | None
) -> tuple[Voices, _Reading]:
    """Read each voice of a channel in windows of its own, as if it had a channel to itself.

    A decoder that gets both in one window leaves out what the second one repeats, such as a number
    that is read back.

    Returns:
        The voices, changing where the speech was cut, and the words of both in one list.
    """
    if not voices.are_two:
        return voices, _hear_channels([side], engine, expected)
    level = side.frames.level_dbfs
    voices, parted = part_by_voice(side.segments, voices, level, frame_ms=FRAME_MS)
    own = [_Channel(k, side.samples, side.frames, s, is_parted=True) for k, s in enumerate(parted)]
    heard = _hear_channels(own, engine, expected)
    both = sorted([word for words in heard.words for word in words], key=lambda w: w.span)
    return voices, _Reading([both], heard.notes)


def read_parts(
    decoded: DecodedRecording,
    engine: Engine,
    parts: Sequence[list[Segment]],
    *,
    aggressiveness: int,
) -> list[list[Word]]:
    """Read some of a recording's speech, as `recognise` would read a recording of nothing else.

    Args:
        parts: per channel, in time order.

    Returns:
        The words of each channel, in time order.

    Raises:
        EngineError: the recogniser failed.
    """
    sides = [
        _Channel(i, decoded.channel(i), decoded.frames(i, aggressiveness=aggressiveness), own)
        for i, own in enumerate(parts)
    ]
    return _hear_channels(sides, engine, None).words


def _expected(
    words: WordSettings | None, segments: Sequence[Sequence[Segment]], engine: Engine
) -> Expected | None:
    """Say which domain words are to be expected where; None where none are told."""
    spans = [segment.span for found in segments for segment in found]
    if words is None or not spans or not engine.abilities.hotwords:
        return None
    begin, end = min(s.start_ms for s in spans), max(s.end_ms for s in spans)
    return Expected(words, Span(begin, end))


def speech_segments(frames: Sequence[Frames], duration_ms: int) -> list[list[Segment]]:
    """Find each channel's speech; what is far softer than the other channel is its crosstalk."""
    levels = [speech_level(channel) for channel in frames]
    result = []
    for i, channel in enumerate(frames):
        others = [level for k, level in enumerate(levels) if k != i and level is not None]
        floor = max([FLOOR_DBFS, *(level - CROSSTALK_DB for level in others)])
        result.append(find_segments(channel, channel=i, duration_ms=duration_ms, floor_dbfs=floor))
    return result


def channel_windows(
    frames: Frames, found: list[Segment], *, channel: int, limit_ms: int
) -> list[Window]:
    """Pack a channel's speech into the windows of its first reading.

    Args:
        found: the channel's segments (`speech_segments`).
        limit_ms: what the engine wants a window filled with (`Abilities.window_ms`).
    """
    segments = split_long(found, frames.level_dbfs, frame_ms=FRAME_MS)
    return pack_windows(segments, channel=channel, limit_ms=limit_ms)


def _hear_channels(
    sides: Sequence[_Channel], engine: Engine, expected: Expected | None
) -> _Reading:
    """Read the windows of all channels in one go, so that the engine gets many at once."""
    limit_ms = engine.abilities.window_ms
    windows = [
        window.spread(limit_ms) if side.is_parted else window
        for side in sides
        for window in channel_windows(
            side.frames, side.segments, channel=side.index, limit_ms=limit_ms
        )
    ]
    told = [expected.of(window) for window in windows] if expected else ()
    heard = _hear_windows(windows, sides, engine, told=told)
    again = [
        window
        for side, words in zip(sides, heard.words, strict=True)
        for window in pack_windows(_unheard(side, words), channel=side.index, limit_ms=limit_ms)
    ]
    if again:
        # The decoder sometimes ends a window early and sure of itself; reading with timestamps,
        # which it does worse otherwise, keeps it going.
        more = _hear_windows(again, sides, engine, careful=True)
        words = [[*a, *b] for a, b in zip(heard.words, more.words, strict=True)]
        heard = _Reading(words, heard.notes | more.notes)
    return _Reading([sorted(own, key=lambda w: w.span) for own in heard.words], heard.notes)


def _unheard(side: _Channel, words: Sequence[Word]) -> list[Segment]:
    segments = split_long(side.segments, side.frames.level_dbfs, frame_ms=FRAME_MS)
    return [part for segment in segments for part in unheard_parts(segment, words)]


def unheard_parts(segment: Segment, words: Sequence[Word]) -> list[Segment]:
    """Find the stretches of a speech segment in which no word was heard.

    A word counts for at most `WORD_MS`: where the decoder stopped early, the alignment stretches
    its last word over all that follows.

    Args:
        words: in any order, of the segment's channel.

    Returns:
        Stretches of at least `UNHEARD_MS`, in time order.
    """
    parts: list[Segment] = []
    at = segment.span.start_ms
    inside = sorted(w.span for w in words if segment.span.overlap_ms(w.span))
    for span in [*inside, Span(segment.span.end_ms, segment.span.end_ms)]:
        if span.start_ms - at >= UNHEARD_MS:
            parts.append(Segment(segment.channel, Span(at, span.start_ms)))
        at = max(at, min(span.end_ms, span.start_ms + WORD_MS))
    return parts


def _hear_windows(
    windows: Sequence[Window],
    sides: Sequence[_Channel],
    engine: Engine,
    *,
    careful: bool = False,
    told: Told = (),
) -> _Reading:
    """Recognise windows, some at a time, so that a three-hour call needs no more memory."""
    words: list[list[Word]] = [[] for _ in sides]
    notes: set[str] = set()
    for first in range(0, len(windows), WINDOWS_AT_ONCE):
        some = slice(first, first + WINDOWS_AT_ONCE)
        audio = [window_audio(w, sides[w.channel].samples) for w in windows[some]]
        found, more = _hear_some(windows[some], audio, engine, careful=careful, told=told[some])
        for window, heard in zip(windows[some], found, strict=True):
            words[window.channel] += _words(heard, window)
        notes |= more
    return _Reading(words, notes)


def _hear_some(
    windows: Sequence[Window],
    audio: Sequence[NDArray[np.float32]],
    engine: Engine,
    *,
    careful: bool,
    told: Told,
) -> tuple[list[Heard], set[str]]:
    """Recognise windows; one that looks invented gets a second, careful reading, told nothing."""
    notes: set[str] = set()
    heard = engine.recognise(audio, careful=careful, told=told)
    if careful:
        # The first reading passed these over: what looks invented now is no speech.
        heard = [
            nothing(h) if doubts_recovered(h) or looks_invented(h, window) else h
            for h, window in zip(heard, windows, strict=True)
        ]
    doubtful = [i for i, h in enumerate(heard) if looks_invented(h, windows[i])]
    if doubtful:
        again = engine.recognise([audio[i] for i in doubtful], careful=True)
        for i, second in zip(doubtful, again, strict=True):
            if looks_invented(second, windows[i]):
                notes.add("text_withheld")
                second = withheld(second)
            heard[i] = second
    return heard, notes


def _words(heard: Heard, window: Window) -> list[Word]:
    """Simplify the words and map their times from the window to the recording."""
    simplified = _simplified([word.text for word in heard.words])
    result = []
    for text, word in zip(simplified, heard.words, strict=True):
        piece = window.pieces[window.piece_of(word.text, word.start_ms, word.end_ms)]
        inside = [
            piece.source.start_ms + min(max(time - piece.offset_ms, 0), piece.source.duration_ms)
            for time in (word.start_ms, word.end_ms)
        ]
        result.append(Word(text, Span(inside[0], inside[1]), word.confidence))
    return result


def _simplified(texts: list[str]) -> list[str]:
    """Simplify the words as one text, so that phrases convert as phrases.

    A phrase whose length changes cannot be dealt back to its words; then each converts alone.
    """
    joined = "".join(texts)
    whole = to_simplified(joined)
    if len(whole) != len(joined):
        return [to_simplified(text) for text in texts]
    result, start = [], 0
    for text in texts:
        result.append(whole[start : start + len(text)])
        start += len(text)
    return result


def _utterances(words: Sequence[Word], channel: int, roles: RoleMap) -> list[Utterance]:
    groups: list[list[Word]] = []
    for word in words:
        if groups and word.span.start_ms - groups[-1][-1].span.end_ms < PAUSE_MS:
            groups[-1].append(word)
        else:
            groups.append([word])
    return [_utterance(group, channel, roles) for group in groups]


def _by_voice(turn: Turn, role: Role, confidence: float) -> Utterance:
    """Make an utterance of one voice's words on the only channel."""
    return _utterance(list(turn.words), 0, RoleMap((role,), confidence))


def _utterance(words: list[Word], channel: int, roles: RoleMap) -> Utterance:
    length = sum(len(w.text) for w in words)
    confidence = sum(w.confidence * len(w.text) for w in words) / max(1, length)
    return Utterance(
        role=roles.roles[channel],
        role_confidence=roles.confidence,
        channel=channel,
        span=Span(words[0].span.start_ms, max(w.span.end_ms for w in words)),
        text="".join(w.text for w in words),
        words=tuple(words),
        confidence=round(confidence, 4),
    )
