"""When each side spoke: the measures behind interruption, dead air, speech rate and loudness.

Two witnesses are needed. The voice activity detector finds the edges of speech to some 50 ms, but
takes babble, music and ringback for speech; the recogniser knows words from noise, but its times
are rough. So a side speaks where both agree:

    speech(role) = VAD(channel of role) ∩ ⋃ [start − SLACK_MS, end + SLACK_MS] of its utterances

An utterance that the detector passed over altogether, and a transcript without measures (a
dialogue that a person wrote), count with the utterances' own times.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise

from qa.text import fold
from qa.types import Role, Segment, Span, Transcript, Utterance, Word

SLACK_MS = 200
"""How far the recogniser's word times may lie from the sound."""


def speech_of(transcript: Transcript, role: Role | None) -> tuple[Span, ...]:
    """Return where one side speaks (both sides for None), in time order, not overlapping."""
    spoken: list[Span] = []
    shared = _shared_channels(transcript)
    for channel in sorted({u.channel for u in transcript.utterances}):
        own = [
            u
            for u in transcript.utterances
            if u.channel == channel and (role is None or u.role is role)
        ]
        slack = 0 if channel in shared and role is not None else SLACK_MS
        spoken += _agreed(own, [s for s in transcript.speech if s.channel == channel], slack)
    return merged(spoken)


def _shared_channels(transcript: Transcript) -> set[int]:
    """Channels on which both sides are heard: there an utterance's edge may be the other's."""
    roles: dict[int, set[Role]] = {}
    for utterance in transcript.utterances:
        roles.setdefault(utterance.channel, set()).add(utterance.role)
    return {channel for channel, found in roles.items() if len(found) > 1}


def _agreed(own: Sequence[Utterance], found: Sequence[Segment], slack_ms: int) -> list[Span]:
    if not found:
        return [u.span for u in own]
    starts = [segment.span.start_ms for segment in found]
    ends = [segment.span.end_ms for segment in found]
    result: list[Span] = []
    for utterance in own:
        wide_start = max(0, utterance.span.start_ms - slack_ms)
        wide_end = utterance.span.end_ms + slack_ms
        inside = [
            Span(max(starts[k], wide_start), min(ends[k], wide_end))
            for k in range(bisect_left(ends, wide_start + 1), bisect_left(starts, wide_end))
        ]
        result += inside or [utterance.span]
    return result


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Join spans that touch or overlap; in time order."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.start_ms <= result[-1].end_ms:
            end = max(result[-1].end_ms, span.end_ms)
            result[-1] = Span(result[-1].start_ms, end)
        else:
            result.append(span)
    return tuple(result)


def silences(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the stretches between spans that do not overlap and stand in time order."""
    return tuple(Span(before.end_ms, after.start_ms) for before, after in pairwise(spans))


def spoken_ms(spans: Iterable[Span]) -> int:
    """Sum up lengths in milliseconds."""
    return sum(span.duration_ms for span in spans)


def characters(transcript: Transcript, role: Role) -> int:
    """Count what one side said: Chinese characters, letters and digits; no punctuation."""
    return sum(len(fold(u.text).text) for u in transcript.utterances if u.role is role)


def words_within(
    transcript: Transcript, role: Role, span: Span
) -> list[tuple[int, Utterance, list[Word]]]:
    """Gather one side's words whose middle lies in a stretch, by utterance.

    Returns:
        Index of the utterance, the utterance, its words there (never empty); in time order.
    """
    found = []
    for index, utterance in enumerate(transcript.utterances):
        if utterance.role is not role or not utterance.span.overlap_ms(span):
            continue
        inside = [
            word
            for word in utterance.words
            if span.start_ms <= (word.span.start_ms + word.span.end_ms) // 2 < span.end_ms
        ]
        if inside:
            found.append((index, utterance, inside))
    return found
