"""Answer questions about a place by the sound: how well each hypothesis fits what is said there.

A hypothesis takes the place of the words that were heard there. The engine is forced to read the
surroundings with it and with the words as they were heard; the difference is its margin. The words
are those of the transcript, so that an answer is the same at once and years later.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from qa.errors import EngineError
from qa.transcribe.audio import DecodedRecording
from qa.transcribe.engine import Engine, Stretch, Weight
from qa.transcribe.line import Line
from qa.transcribe.pack import window_audio
from qa.transcribe.readings import readings_of, same_words
from qa.transcribe.recognise import channel_windows, speech_segments
from qa.transcribe.vad import Samples
from qa.types import Hearing, Question, Span, Transcript, Word

HEAR_REVISION = "2"
"""Counts changes of this code that change margins; thresholds are chosen for one of them."""
BEFORE_MS, AFTER_MS = 3_000, 1_500
"""Words this near to a place are read with it. Fewer before it find less; the whole window hardly
finds more, and what is repeated after a place would drag a hypothesis towards its repetition."""
PAD_MS = 1_000
"""Sound on both sides of those words, since their times are not exact."""
WIDE_MS = 10_000
"""Taken on both sides instead where the decoder loses its way in the smaller part: then even the
words as they were heard fit badly, and margins would mean nothing."""
LOST_LOGPROB = -2.0
"""Mean log-probability of a token, in nats, below which the decoder has lost its way; words as they
were heard usually have -0.2 to -1.5."""
MAX_PLACE_MS = 20_000
"""A longer place does not fit one window with its context; a question about it stays open."""
MAX_HYPOTHESES = 120
"""Hypotheses answered in one go, in the order asked; what is beyond stays open. Usual calls ask
10 to 20; this bounds the time that a bad ruleset can take."""
READINGS_AT_ONCE = 8
NOTHING_MARGIN = -50.0
"""Margin of any words where the channel holds no speech, in nats: below what words get that were
said. Where nobody spoke, nothing was said, and nothing need be weighed."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Unit:
    """One character as heard (letter or punctuation) and the middle of its time."""

    char: str
    middle_ms: int


@dataclass(frozen=True, slots=True)
class _Side:
    """One channel: its samples, its speech in a line, and what was heard on it."""

    samples: Samples
    line: Line
    units: tuple[_Unit, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """A place and its surroundings: the sound, and the words before, in and after the place."""

    stretches: tuple[Stretch, ...]
    before: str
    heard: str
    after: str

    @property
    def as_heard(self) -> str:
        """The words as they were recognised."""
        return self.before + self.heard + self.after


def answer(
    questions: Sequence[Question],
    transcript: Transcript,
    decoded: DecodedRecording,
    engine: Engine,
    *,
    aggressiveness: int,
) -> tuple[Hearing, ...]:
    """Put questions to the sound of a recording.

    Args:
        transcript: of this recording by this engine; what it has hearings of is not asked again.
        aggressiveness: of webrtcvad, as at the transcription.

    Returns:
        In order, each place and text once. A question stays open, without an answer, when its
        place is longer than `MAX_PLACE_MS`, its channel does not exist, the engine failed on it,
        or `MAX_HYPOTHESES` came before; all stay open where the engine cannot weigh texts.

    Raises:
        EngineError: the engine failed on every question.
    """
    asked = _asked(questions, transcript) if engine.abilities.weighs else {}
    if not asked:
        return ()
    limit_ms = engine.abilities.window_ms
    sides = _sides(transcript, decoded, aggressiveness, limit_ms)
    hearings: list[Hearing] = []
    failure, failed = None, 0
    for (channel, span), texts in asked.items():
        try:
            hearings += _hear(channel, span, texts, sides[channel], engine)
        except EngineError as error:
            failure, failed = error, failed + 1
            _log.warning("a question stays open: %s", error.problem)
    if failure is not None and failed == len(asked):
        raise failure
    return tuple(sorted(hearings))


def _asked(
    questions: Sequence[Question], transcript: Transcript
) -> dict[tuple[int, Span], list[str]]:
    """Gather the texts of each place that have no answer yet, as many as the limit lets in."""
    known = {(h.channel, h.span, h.text) for h in transcript.hearings if not h.by}
    asked: dict[tuple[int, Span], list[str]] = {}
    count = left = 0
    for question in questions:
        place = (question.channel, question.span)
        texts = [
            text
            for text in dict.fromkeys(question.hypotheses)
            if (*place, text) not in known and text not in asked.get(place, ())
        ]
        if not texts:
            continue
        exists = question.channel < transcript.channel_count
        fits = question.span.duration_ms <= MAX_PLACE_MS and count + len(texts) <= MAX_HYPOTHESES
        if not (exists and fits):
            left += 1
            continue
        count += len(texts)
        asked.setdefault(place, []).extend(texts)
    if left:
        _log.info("%d questions stay open: too many, too long, or of no channel", left)
    return asked


def _sides(
    transcript: Transcript, decoded: DecodedRecording, aggressiveness: int, limit_ms: int
) -> tuple[_Side, ...]:
    """Find each channel's windows again, as the transcription did."""
    recording = decoded.recording
    samples = [decoded.channel(i) for i in range(recording.channel_count)]
    frames = [decoded.frames(i, aggressiveness=aggressiveness) for i in range(len(samples))]
    segments = speech_segments(frames, recording.duration_ms)
    return tuple(
        _Side(
            samples[i],
            Line(channel_windows(frames[i], found, channel=i, limit_ms=limit_ms)),
            tuple(_units(transcript, i)),
        )
        for i, found in enumerate(segments)
    )


def _units(transcript: Transcript, channel: int) -> Iterator[_Unit]:
    """Split a channel's words into characters; inside a word, time is shared out evenly.

    A check's span ends with the last letter that it is about, and punctuation is part of a word.
    """
    words = [w for u in transcript.utterances if u.channel == channel for w in u.words]
    for word in sorted(words, key=lambda w: w.span):
        for index, char in enumerate(word.text):
            start, end = _edge(word, index), _edge(word, index + 1)
            yield _Unit(char, (start + max(start, end)) // 2)


def _edge(word: Word, index: int) -> int:
    return word.span.start_ms + round(word.span.duration_ms / len(word.text) * index)


def _hear(
    channel: int, span: Span, texts: Sequence[str], side: _Side, engine: Engine
) -> list[Hearing]:
    """Weigh the texts of one place."""
    place = _place(span, side, BEFORE_MS, AFTER_MS)
    if place is None:
        return [
            Hearing(channel, span, text, NOTHING_MARGIN if text else 0.0, len(text))
            for text in texts
        ]
    readings = _readings(texts, place)
    weights = _weigh(place, readings, engine)
    as_heard = weights.get(place.as_heard)
    if as_heard and as_heard.logprob < LOST_LOGPROB * len(as_heard.tokens):
        place = _place(span, side, WIDE_MS, WIDE_MS) or place
        readings = _readings(texts, place)
        weights = _weigh(place, readings, engine)
    hearings = []
    for text in texts:
        margin, tokens = 0.0, 0
        if not any(same_words(one, place.as_heard) for one in readings[text]):
            best = max((weights[one] for one in readings[text]), key=lambda w: w.logprob)
            heard = weights[place.as_heard]
            margin = round(best.logprob - heard.logprob, 2)
            tokens = _differing(best.tokens, heard.tokens)
        hearings.append(Hearing(channel, span, text, margin + 0.0, tokens))  # no -0.0
    return hearings


def _readings(texts: Sequence[str], place: _Place) -> dict[str, tuple[str, ...]]:
    return {text: readings_of(text, place.before, place.heard, place.after) for text in texts}


def _weigh(
    place: _Place, readings: Mapping[str, Sequence[str]], engine: Engine
) -> dict[str, Weight]:
    """Weigh all readings and the words as they were heard; nothing if there are no others."""
    texts = list(
        dict.fromkeys([place.as_heard, *(one for some in readings.values() for one in some)])
    )
    weights: dict[str, Weight] = {}
    for first in range(0, len(texts) if len(texts) > 1 else 0, READINGS_AT_ONCE):
        some = texts[first : first + READINGS_AT_ONCE]
        weights |= zip(some, engine.weigh(place.stretches, some), strict=True)
    return weights


def _differing(left: tuple[int, ...], right: tuple[int, ...]) -> int:
    """Count the tokens between what two readings begin and end with alike; of the longer one."""
    shorter = min(len(left), len(right))
    head = next((i for i in range(shorter) if left[i] != right[i]), shorter)
    rest = shorter - head
    tail = next((i for i in range(rest) if left[-1 - i] != right[-1 - i]), rest)
    return max(len(left), len(right)) - head - tail


def _place(span: Span, side: _Side, before_ms: int, after_ms: int) -> _Place | None:
    """Find a place's sound and words; None where the channel holds no speech.

    Args:
        before_ms, after_ms: how far words around the place belong to its surroundings.

    The place may lie in two windows: then the sound is the end of one and the start of the other.
    """
    start = side.line.position(span.start_ms)
    end = side.line.position(span.end_ms)
    if start is None or end is None:
        start, end = side.line.inside(span)
        if start == end:
            return None
    first, last = _replaced(span, side.units)
    left, right = first, last
    while left > 0 and _near(side, left - 1, start - before_ms, end):
        left -= 1
    while right < len(side.units) and _near(side, right, start, end + after_ms):
        right += 1
    chars = [unit.char for unit in side.units]
    stretches = tuple(
        Stretch(window_audio(side.line.windows[index], side.samples), begin, finish)
        for index, begin, finish in side.line.stretches(
            start - before_ms - PAD_MS, end + after_ms + PAD_MS
        )
    )
    return _Place(
        stretches,
        "".join(chars[left:first]),
        "".join(chars[first:last]),
        "".join(chars[last:right]),
    )


def _replaced(span: Span, units: Sequence[_Unit]) -> tuple[int, int]:
    """Range of the characters whose middle lies in a span; an empty one where none does."""
    inside = [i for i, u in enumerate(units) if span.start_ms <= u.middle_ms < span.end_ms]
    if inside:
        return inside[0], inside[-1] + 1
    at = next((i for i, u in enumerate(units) if u.middle_ms >= span.start_ms), len(units))
    return at, at


def _near(side: _Side, index: int, first: int, last: int) -> bool:
    at = side.line.position(side.units[index].middle_ms)
    return at is not None and first <= at <= last
