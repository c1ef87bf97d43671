"""When protected numbers are said: what is silent in the sound for who may not hear them."""

from collections.abc import Iterator
from itertools import pairwise

from qa.masking.secrets import hide_secrets
from qa.masking.sheet import Known, make_sheet
from qa.masking.spans import PROTECTED, PersonalSpan
from qa.types import Span, Transcript, Utterance, Word

LEAD_MS, TAIL_MS = 250, 350
"""Margins: a recogniser's word times are off by some 100 ms."""
UNSURE_MS = 700
"""Margin on the side of a word whose time cannot be right."""
MIN_WORD_MS, MAX_WORD_MS = 40, 2_500
MIN_CONFIDENCE = 0.35
JOIN_MS = 4_000
"""Pauses within a number that are silent, too: what the recogniser missed lies there."""


def protected_spans(transcript: Transcript) -> tuple[Span, ...]:
    """Find when card numbers, ID numbers and codes are said, with margins.

    Returns:
        Spans in order that do not overlap; they hold for all channels, because one side's voice
        is heard on the other's.
    """
    sheet = make_sheet(((u.role, u.text) for u in transcript.utterances), Known())
    hide_secrets(sheet)
    found: list[tuple[int, Span]] = []
    for utterance, line in zip(transcript.utterances, sheet.lines, strict=True):
        hidden = [span for span in line.spans() if span.kind in PROTECTED]
        found += [(utterance.channel, one) for one in _times(utterance, hidden)]
    whole = _joined(sorted(found, key=lambda one: (one[0], one[1])))
    limit = max([transcript.duration_ms, *(span.end_ms for span in whole)], default=0)
    return tuple(Span(s.start_ms, min(s.end_ms, limit)) for s in whole)


def _times(utterance: Utterance, hidden: list[PersonalSpan]) -> Iterator[Span]:
    """Turn stretches of text into times; into the whole utterance where its words do not tell."""
    if not hidden:
        return
    words = utterance.words
    if not words or "".join(word.text for word in words) != utterance.text:
        yield _widened(utterance.span.start_ms - LEAD_MS, utterance.span.end_ms + TAIL_MS)
        return
    places, at = [], 0
    for word in words:
        places.append((at, at + len(word.text)))
        at += len(word.text)
    for span in hidden:
        said = [k for k, (a, b) in enumerate(places) if a < span.end and span.start < b]
        yield _span_of(utterance, said[0], said[-1])


def _span_of(utterance: Utterance, first: int, last: int) -> Span:
    words = utterance.words
    start, end = words[first].span.start_ms, words[last].span.end_ms
    lead, tail = LEAD_MS, TAIL_MS
    if any(_is_unsure(word) for word in words[first : last + 1]):
        # To the words around it, and a little further: it lies somewhere between them.
        start = min([start, *(w.span.end_ms for w in words[max(0, first - 1) : first])])
        end = max([end, *(w.span.start_ms for w in words[last + 1 : last + 2])])
        lead = tail = UNSURE_MS
    if first == 0:
        start = min(start, utterance.span.start_ms)
    if last == len(words) - 1:
        end = max(end, utterance.span.end_ms)
    return _widened(start - lead, end + tail)


def _is_unsure(word: Word) -> bool:
    length = word.span.duration_ms
    return not MIN_WORD_MS <= length <= MAX_WORD_MS or word.confidence < MIN_CONFIDENCE


def _widened(start_ms: int, end_ms: int) -> Span:
    return Span(max(0, start_ms), max(0, start_ms, end_ms))


def _joined(found: list[tuple[int, Span]]) -> list[Span]:
    """Close the pauses of one speaker, then put all speakers together."""
    closed = [span for _, span in found]
    for (channel, left), (other, right) in pairwise(found):
        if channel == other and 0 < right.start_ms - left.end_ms <= JOIN_MS:
            closed.append(Span(left.end_ms, right.start_ms))
    whole: list[Span] = []
    for span in sorted(closed):
        if whole and span.start_ms <= whole[-1].end_ms:
            whole[-1] = Span(whole[-1].start_ms, max(whole[-1].end_ms, span.end_ms))
        else:
            whole.append(span)
    return whole
