"""Transcripts as they are stored: columns, with the words decoded only where somebody asks.

A document is a header (JSON, positional) and then arrays of small integers, one entry per word:
its length in characters, and its times as gaps and durations. Reading a transcript builds its
utterances and leaves their words packed, because re-scoring a million calls looks at the times of
a few words each.
"""

import json
import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import fields
from itertools import accumulate, chain, pairwise
from typing import Any

import orjson

from qa.types import (
    ChannelMeasures,
    Hearing,
    Overlap,
    Role,
    Segment,
    SideMeasures,
    Signal,
    SignalKind,
    Sound,
    Span,
    Transcript,
    Utterance,
    Word,
)

MAGIC = b"QT\x02"
_CONFIDENCE_STEPS = 10_000
_ROLES = tuple(Role)
_ROLE_CODES = {role: code for code, role in enumerate(_ROLES)}
_AGENT = _ROLE_CODES[Role.AGENT]
_KNOWN_ROLES = frozenset((_AGENT, _ROLE_CODES[Role.CUSTOMER]))
_KNOWN = {
    Transcript: (
        "recording_id engine duration_ms channel_count utterances channels notes speech hearings "
        "sound"
    ),
    Utterance: "role role_confidence channel span text words confidence level_dbfs",
    Word: "text span confidence",
    ChannelMeasures: "channel speech_ms level_dbfs clipped_ratio loudness_lufs noise_dbfs",
    Segment: "channel span",
    Hearing: "channel span text margin tokens by",
    Span: "start_ms end_ms",
    Sound: "signals ring_count rings_are_whole ended_by silences overlaps sides faults",
    Signal: "kind channel span",
    Overlap: "span began",
    SideMeasures: "role speech_ms characters rate_cpm interruptions",
}
"""Fields that the packed form keeps. Where a type has others, transcripts are stored as JSON: a
field that nobody taught this module must not be lost."""


def can_pack() -> bool:
    """Whether the packed form keeps every field that a transcript has."""
    return all([f.name for f in fields(t)] == names.split() for t, names in _KNOWN.items())


class WordTable:
    """The words of one transcript, packed; decoded as a whole when first asked for.

    Args:
        lengths: characters of each word.
        steps: for each word the gap since the end of the one before, and its duration; ms.
        confidences: ratios 0–1, or ten-thousandths when the array holds integers.
        texts: the words themselves where they are not their utterance's text cut up.
    """

    __slots__ = ("_confidences", "_ends", "_lengths", "_steps", "_texts", "_times")

    def __init__(
        self,
        lengths: Sequence[int],
        steps: Sequence[int],
        confidences: "array[int] | array[float]",
        texts: Sequence[str] | None,
    ) -> None:
        self._lengths, self._steps, self._confidences = lengths, steps, confidences
        self._texts = texts
        self._times: list[int] | None = None
        self._ends: list[int] | None = None

    @property
    def times(self) -> list[int]:
        """Start and end of each word in turn, in milliseconds."""
        if self._times is None:
            self._times = list(accumulate(self._steps))
        return self._times

    def confidence(self, word: int) -> float:
        """Confidence of a word, 0–1."""
        value = self._confidences[word]
        return value / _CONFIDENCE_STEPS if isinstance(value, int) else value

    @property
    def ends(self) -> list[int]:
        """Where each word ends, in characters of all words joined."""
        if self._ends is None:
            self._ends = list(accumulate(self._lengths))
        return self._ends

    def characters_before(self, word: int) -> int:
        """Count the characters of the words before one."""
        return self.ends[word - 1] if word else 0

    def words(self, first: int, last: int, text: str) -> tuple[Word, ...]:
        """Build the words `[first, last)` of an utterance with this text."""
        times = self.times
        if self._texts is not None:
            parts: Iterable[str] = self._texts[first:last]
        else:
            base = self.characters_before(first)
            ends = [end - base for end in self.ends[first:last]]
            parts = [text[a:b] for a, b in pairwise([0, *ends])]
        return tuple(
            Word(part, Span(times[2 * k], times[2 * k + 1]), self.confidence(k))
            for k, part in enumerate(parts, first)
        )


class PackedUtterance(Utterance):
    """An utterance whose words are still packed; equal to the plain one, and pickled as such."""

    __slots__ = ("_first", "_last", "_table")

    _table: WordTable
    _first: int
    _last: int

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Build a plain utterance: `dataclasses.replace` knows what it changes, not the table."""
        return Utterance(*args, **kwargs)

    @property
    def words(self) -> tuple[Word, ...]:
        """The words, built anew each time."""
        return self._table.words(self._first, self._last, self.text)

    def char_time(self, index: int) -> tuple[int, int] | None:
        """Start and end in ms of a character; inside a word, time is shared out evenly."""
        table, first = self._table, self._first
        ends, times = table.ends, table.times
        base = ends[first - 1] if first else 0
        word = bisect_right(ends, base + index, first, self._last)
        if word >= self._last:
            return None
        begin = max(base, ends[word - 1] if word else 0)
        start, end, length = times[2 * word], times[2 * word + 1], ends[word] - begin
        if length == 1:  # nearly every word is a character
            return start, max(start, end)
        share, at = (end - start) / length, base + index - begin
        left = start + round(share * at)
        return left, max(left, start + round(share * (at + 1)))

    def char_starts(self) -> list[int]:
        """When each character of the words joined begins, in ms."""
        table, starts, last = self._table, [], self._last
        times, lengths = table.times, table._lengths
        for word in range(self._first, last):
            start, length = times[2 * word], lengths[word]
            if length == 1:
                starts.append(start)
            elif length:
                share = (times[2 * word + 1] - start) / length
                starts += [start + round(share * k) for k in range(length)]
        return starts

    def word_times(self) -> list[tuple[int, int]]:
        """Start and end of each word in ms, without building the words."""
        times = self._table.times[2 * self._first : 2 * self._last]
        return list(zip(times[::2], times[1::2], strict=True))

    def in_one_go(self, pause_ms: int, word_ms: int) -> tuple[int, int] | None:
        """Start and end in ms where no pause between words and no word is longer than this."""
        table, first, last = self._table, 2 * self._first, 2 * self._last
        steps = table._steps[first:last]
        if not steps or max(steps[2::2], default=0) > pause_ms or max(steps[1::2]) > word_ms:
            return None
        start, end = table.times[first], table.times[last - 1]
        return start, max(start, end)

    def char_confidences(self) -> list[float]:
        """Confidence of the word under each character of the words joined."""
        table, first = self._table, self._first
        spread: list[float] = []
        for word, length in enumerate(table._lengths[first : self._last], first):
            spread += [table.confidence(word)] * length
        return spread

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, f.name) for f in fields(self))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Utterance):
            return NotImplemented
        return self._values() == tuple(getattr(other, f.name) for f in fields(other))

    def __hash__(self) -> int:
        return hash(self._values())

    def __reduce__(self) -> tuple[Any, ...]:
        return Utterance, self._values()


def pack(transcript: Transcript) -> bytes:
    """Turn a transcript into columns."""
    utterances = transcript.utterances
    words = [word for utterance in utterances for word in utterance.words]
    joined = all(u.text == "".join(w.text for w in u.words) for u in utterances)
    bounds = list(chain.from_iterable((w.span.start_ms, w.span.end_ms) for w in words))
    arrays = [
        _integers([len(word.text) for word in words]),
        _integers([b - a for a, b in pairwise([0, *bounds])]),
        _ratios([word.confidence for word in words]),
    ]
    header = [
        transcript.recording_id,
        transcript.engine,
        transcript.duration_ms,
        transcript.channel_count,
        [_ROLE_CODES[u.role] for u in utterances],
        [u.role_confidence for u in utterances],
        [u.channel for u in utterances],
        list(chain.from_iterable((u.span.start_ms, u.span.end_ms) for u in utterances)),
        [u.text for u in utterances],
        [u.confidence for u in utterances],
        [u.level_dbfs for u in utterances],
        [len(u.words) for u in utterances],
        None if joined else [word.text for word in words],
        [_values(c, ChannelMeasures) for c in transcript.channels],
        list(transcript.notes),
        [[s.channel, s.span.start_ms, s.span.end_ms] for s in transcript.speech],
        [
            [h.channel, h.span.start_ms, h.span.end_ms, h.text, h.margin, h.tokens, h.by]
            for h in transcript.hearings
        ],
        [[a.typecode, len(a)] for a in arrays],
        _packed_sound(transcript.sound),
    ]
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return b"".join([MAGIC, struct.pack("<I", len(text)), text, *map(_to_bytes, arrays)])


def unpack(data: bytes) -> Transcript:
    """Read what `pack` wrote.

    Raises:
        ValueError, KeyError, TypeError, IndexError, struct.error: the bytes are damaged.
    """
    start = len(MAGIC) + 4
    (length,) = struct.unpack_from("<I", data, len(MAGIC))
    header = orjson.loads(data[start : start + length])
    (recording_id, engine, duration_ms, channel_count, *columns) = header
    (roles, role_confidences, channels, spans, texts, confidences, levels, counts) = columns[:8]
    word_texts, measures, notes, speech, hearings, shapes, *sound = columns[8:]
    lengths, steps, likelihoods = _arrays(data, start + length, shapes)
    table = WordTable(lengths, steps, likelihoods, word_texts)
    edges = [0, *accumulate(counts)]
    utterances = []
    for k, text in enumerate(texts):
        one: PackedUtterance = object.__new__(PackedUtterance)
        _set_role(one, _ROLES[roles[k]])
        _set_role_confidence(one, role_confidences[k])
        _set_channel(one, channels[k])
        _set_span(one, Span(spans[2 * k], spans[2 * k + 1]))
        _set_text(one, text)
        _set_confidence(one, confidences[k])
        _set_level(one, levels[k])
        _set_table(one, table)
        _set_first(one, edges[k])
        _set_last(one, edges[k + 1])
        utterances.append(one)
    return Transcript(
        recording_id,
        engine,
        duration_ms,
        channel_count,
        tuple(utterances),
        tuple([ChannelMeasures(*m) for m in measures]),
        tuple(notes),
        tuple([Segment(c, Span(a, b)) for c, a, b in speech]),
        tuple([Hearing(c, Span(a, b), *rest) for c, a, b, *rest in hearings]),
        _unpacked_sound(sound[0]) if sound and sound[0] else None,
    )


def _values(measures: Any, type_: type) -> list[Any]:
    return [getattr(measures, name) for name in _KNOWN[type_].split()]


def _packed_sound(sound: Sound | None) -> list[Any] | None:
    if sound is None:
        return None
    return [
        [[s.kind.value, s.channel, s.span.start_ms, s.span.end_ms] for s in sound.signals],
        sound.ring_count,
        sound.rings_are_whole,
        _ROLE_CODES[sound.ended_by] if sound.ended_by else None,
        [[s.start_ms, s.end_ms] for s in sound.silences],
        [[_ROLE_CODES[o.began], o.span.start_ms, o.span.end_ms] for o in sound.overlaps],
        [[_ROLE_CODES[s.role], *_values(s, SideMeasures)[1:]] for s in sound.sides],
        [list(fault) for fault in sound.faults],
    ]


def _unpacked_sound(columns: list[Any]) -> Sound:
    signals, rings, are_whole, ended_by, silences, overlaps, sides, faults = columns
    return Sound(
        tuple([Signal(SignalKind(kind), c, Span(a, b)) for kind, c, a, b in signals]),
        rings,
        are_whole,
        None if ended_by is None else _ROLES[ended_by],
        tuple([Span(a, b) for a, b in silences]),
        tuple([Overlap(Span(a, b), _ROLES[code]) for code, a, b in overlaps]),
        tuple([SideMeasures(_ROLES[code], *rest) for code, *rest in sides]),
        tuple([(channel, code) for channel, code in faults]),
    )


def said(data: bytes, min_confidence: float) -> tuple[str, str] | None:
    """Read what agent and customer said, each joined.

    Args:
        min_confidence: 0–1, of each utterance's role.

    Returns:
        None where a role is none of these, or less sure.

    Raises:
        ValueError, KeyError, TypeError, IndexError, struct.error: the bytes are damaged.
    """
    start = len(MAGIC) + 4
    (length,) = struct.unpack_from("<I", data, len(MAGIC))
    header = orjson.loads(data[start : start + length])
    roles, confidences, texts = header[4], header[5], header[8]
    if min(confidences, default=1.0) < min_confidence or not _KNOWN_ROLES.issuperset(roles):
        return None
    agent = [text for role, text in zip(roles, texts, strict=True) if role == _AGENT]
    customer = [text for role, text in zip(roles, texts, strict=True) if role != _AGENT]
    return "".join(agent), "".join(customer)


def _setter(cls: type, name: str) -> Any:
    return getattr(cls, name).__set__


# A frozen dataclass sets its fields one by one through `object.__setattr__`; the slots' own setters
# do the same in half the time, and there are twenty utterances in a call.
_set_role = _setter(Utterance, "role")
_set_role_confidence = _setter(Utterance, "role_confidence")
_set_channel = _setter(Utterance, "channel")
_set_span = _setter(Utterance, "span")
_set_text = _setter(Utterance, "text")
_set_confidence = _setter(Utterance, "confidence")
_set_level = _setter(Utterance, "level_dbfs")
_set_table = _setter(PackedUtterance, "_table")
_set_first = _setter(PackedUtterance, "_first")
_set_last = _setter(PackedUtterance, "_last")


def _integers(values: list[int]) -> "array[int]":
    low, high = min(values, default=0), max(values, default=0)
    if low >= 0 and high < 2**8:
        return array("B", values)
    if low >= -(2**15) and high < 2**15:
        return array("h", values)
    return array("q", values)


def _ratios(values: list[float]) -> "array[int] | array[float]":
    """Ten-thousandths where that loses nothing, else the doubles themselves."""
    steps = [round(value * _CONFIDENCE_STEPS) for value in values]
    exact = all(s / _CONFIDENCE_STEPS == v for s, v in zip(steps, values, strict=True))
    return array("h", steps) if exact and max(steps, default=0) < 2**15 else array("d", values)


def _to_bytes(numbers: "array[Any]") -> bytes:
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.tobytes()


def _arrays(data: bytes, at: int, shapes: list[tuple[str, int]]) -> "list[array[Any]]":
    arrays = []
    for code, count in shapes:
        numbers: array[Any] = array(code)
        end = at + count * numbers.itemsize
        numbers.frombytes(data[at:end])
        if len(numbers) != count:
            raise ValueError("the words are cut off")
        if sys.byteorder == "big":
            numbers.byteswap()
        arrays.append(numbers)
        at = end
    return arrays


def word_times(utterance: Utterance) -> list[tuple[int, int]]:
    """Start and end of each word of an utterance in milliseconds, the cheapest way there is."""
    if isinstance(utterance, PackedUtterance):
        return utterance.word_times()
    return [(word.span.start_ms, word.span.end_ms) for word in utterance.words]


def char_starts(utterance: Utterance) -> list[int]:
    """When each character of an utterance's words begins, in ms; within a word evenly."""
    if isinstance(utterance, PackedUtterance):
        return utterance.char_starts()
    return [
        word.span.start_ms + round(word.span.duration_ms / len(word.text) * k)
        for word in utterance.words
        for k in range(len(word.text))
    ]
