"""When each side spoke: the measures behind interruption, dead air, speech rate and loudness.

Two witnesses are needed. The voice activity detector finds the edges of speech to some 50 ms, but
takes babble, music and ringback for speech; the recogniser knows words from noise, but its times
are rough, and it stretches a word over the pause beside it. So a side speaks where both agree:

    speech(role) = VAD(channel of role) ∩ ⋃ [start − SLACK_MS, end + SLACK_MS] of its words

where a word that lasts too long counts with its two ends only, and words far softer than the
speaker's own level do not count, because they were heard in the noise. An utterance that the
detector passed over altogether, and a transcript without measures (a dialogue that a person
wrote), count with the words' own times.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from qa.packed.transcripts import PackedUtterance, word_times
from qa.text import fold
from qa.types import Role, Span, Transcript, Utterance

_Stretch = tuple[int, int]
"""Start and end in milliseconds; spans are made of what is left in the end."""
SLACK_MS = 200
"""How far the recogniser's word times may lie from the sound."""
LONG_WORD_MS = 700
WORD_END_MS = 350
"""A character that lasts longer was stretched over a pause; so much of it counts at either end."""
FAINT_DB = 9.0
FAINT_CHARS = 3
MIN_MEASURED = 4
"""A few words so far below the speaker's median were heard in the noise; a real 嗯 that goes with
them is no great loss. Fewer utterances than this have no median."""


def side_speech(transcript: Transcript, role: Role, *, pauses: bool = True) -> tuple[Span, ...]:
    """Return where one side speaks, in time order, not overlapping.

    Args:
        pauses: whether pauses between words are left out too. False for a rate: there every word
            that was counted needs its time.
    """
    own = _audible([u for u in transcript.utterances if u.role is role])
    shared = {u.channel for u in transcript.utterances if u.role is not role}
    spoken: list[_Stretch] = []
    for channel in sorted({u.channel for u in own}):
        slack = 0 if channel in shared else SLACK_MS
        found = [
            (s.span.start_ms, s.span.end_ms) for s in transcript.speech if s.channel == channel
        ]
        ends = [end for _, end in found]
        for utterance in own:
            if utterance.channel == channel:
                whole = utterance.span.start_ms, utterance.span.end_ms
                words = _spoken(utterance, whole) if pauses else [whole]
                spoken += _agreed(words, found, ends, slack) or words
    return tuple([Span(start, end) for start, end in _joined(spoken)])


def _audible(own: list[Utterance]) -> list[Utterance]:
    """Leave out what was heard in the noise."""
    levels = [u.level_dbfs for u in own if u.level_dbfs is not None]
    if len(levels) < MIN_MEASURED:
        return own
    faint = median(levels) - FAINT_DB
    return [
        u
        for u in own
        if u.level_dbfs is None or u.level_dbfs >= faint or len(fold(u.text).text) > FAINT_CHARS
    ]


def _spoken(utterance: Utterance, whole: _Stretch) -> list[_Stretch]:
    """Stretches of an utterance without a pause, by its words."""
    if isinstance(utterance, PackedUtterance) and (
        together := utterance.in_one_go(SLACK_MS, LONG_WORD_MS)
    ):
        return [together]  # as nearly always
    result: list[_Stretch] = []
    start = end = -1
    for number, (first, last) in enumerate(word_times(utterance)):
        if start < 0:
            start = first
        elif first > end + SLACK_MS:
            result.append((start, max(start, end)))
            start = first
        end = last
        # Unpacking and folding are slow, and hardly any word is this long.
        if last - first > LONG_WORD_MS and last - first > LONG_WORD_MS * len(
            fold(utterance.words[number].text).text
        ):
            result.append((start, max(start, first + WORD_END_MS)))
            start = last - WORD_END_MS
    return [*result, (start, max(start, end))] if start >= 0 else [whole]


def _agreed(
    words: Sequence[_Stretch], found: Sequence[_Stretch], ends: Sequence[int], slack_ms: int
) -> list[_Stretch]:
    """Return where both witnesses hear speech.

    Args:
        ends: of the detector's stretches.
    """
    result: list[_Stretch] = []
    for start, end in words:
        first, last = max(0, start - slack_ms), end + slack_ms
        at = bisect_right(ends, first)
        while at < len(found) and found[at][0] < last:
            result.append((max(found[at][0], first), min(found[at][1], last)))
            at += 1
    return result


def _joined(stretches: Iterable[_Stretch]) -> list[_Stretch]:
    """Join stretches that touch or overlap; in time order."""
    result: list[_Stretch] = []
    for start, end in sorted(stretches):
        if result and start <= result[-1][1]:
            result[-1] = result[-1][0], max(result[-1][1], end)
        else:
            result.append((start, end))
    return result


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Join spans that touch or overlap; in time order."""
    stretches = [(span.start_ms, span.end_ms) for span in spans]
    return tuple([Span(start, end) for start, end in _joined(stretches)])


def silences(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the stretches between spans that do not overlap and stand in time order."""
    return tuple(Span(before.end_ms, after.start_ms) for before, after in pairwise(spans))


def spoken_ms(spans: Iterable[Span]) -> int:
    """Sum up lengths in milliseconds."""
    return sum(span.duration_ms for span in spans)


def characters(transcript: Transcript, role: Role) -> int:
    """Count what one side said: Chinese characters, letters and digits; no punctuation."""
    return sum(len(fold(u.text).text) for u in transcript.utterances if u.role is role)
