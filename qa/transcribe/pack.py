"""Pack the speech of one channel into full 30 s windows, and map times back.

A Whisper window costs the same whether it holds one second of speech or thirty, and a short lone
segment makes the model loop or invent (measured: 30 % character errors and three times the CPU when
each segment is decoded alone, against 14–15 % in full windows). So silence is cut out, several
segments share a window with a short silence between, and the windows are filled evenly, because a
last window with one short segment is just the lone case again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.transcribe.vad import SAMPLE_RATE_HZ, Samples
from qa.types import Segment, Span

WINDOW_MS = 30_000
GAP_MS = 120
"""Silence between two segments that are neighbours in the recording or not: enough for the model
to end a phrase, short enough to keep windows full."""
PARTED_MS = 240
"""The same between pieces that were cut where the voice changes."""
WORD_EDGE_MS = 40
"""What a word's end may lie beyond its sound."""
MAX_PIECE_MS = 28_000
"""A longer segment (hold music, a monologue) is cut; the cut falls at its quietest place."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the recording and where it stands in its window."""

    source: Span
    offset_ms: int


@dataclass(frozen=True, slots=True)
class Window:
    """At most 30 s of one channel's speech, to be recognised in one go.

    Attributes:
        parted: whether pieces were cut where the voice changes, with little quiet or much at their
            edges.
    """

    channel: int
    pieces: tuple[Piece, ...]
    parted: bool = False

    @property
    def duration_ms(self) -> int:
        """End of the last piece."""
        last = self.pieces[-1]
        return last.offset_ms + last.source.duration_ms

    def to_source(self, window_ms: int) -> int:
        """Map a time in the window to the recording.

        A time in the silence between two pieces maps to the nearer edge.
        """
        best = self.pieces[0]
        for piece in self.pieces:
            if window_ms >= piece.offset_ms - GAP_MS // 2:
                best = piece
        inside = min(max(window_ms - best.offset_ms, 0), best.source.duration_ms)
        return best.source.start_ms + inside

    def piece_at(self, window_ms: int) -> int:
        """Index of the piece that a time in the window belongs to."""
        index = end = 0
        for i, piece in enumerate(self.pieces):
            if window_ms >= (end + piece.offset_ms) // 2:
                index = i
            end = piece.offset_ms + piece.source.duration_ms
        return index

    def piece_of(self, text: str, start_ms: int, end_ms: int) -> int:
        """Index of the piece that a word belongs to: by its middle; in parted windows by its end.

        The first word of a piece is often aligned with all the silence before it. Where speech
        begins and ends by itself that is short; a piece that was cut may hold half a second more.
        A full stop by itself, aligned with the silence too, goes with the word before it.
        """
        if not self.parted:
            return self.piece_at((start_ms + end_ms) // 2)
        is_word = any(map(str.isalnum, text))
        return self.piece_at(end_ms - WORD_EDGE_MS if is_word else start_ms)

    def spread(self, limit_ms: int = WINDOW_MS) -> "Window":
        """Widen the silence between pieces to `PARTED_MS`, as far as such a window has room."""
        gaps = len(self.pieces) - 1
        room = (limit_ms - self.duration_ms) // gaps if gaps else 0
        wider = max(0, min(PARTED_MS - GAP_MS, room))
        moved = [Piece(p.source, p.offset_ms + k * wider) for k, p in enumerate(self.pieces)]
        return Window(self.channel, tuple(moved), parted=True)


def pack_windows(
    segments: list[Segment], *, channel: int, limit_ms: int = WINDOW_MS
) -> list[Window]:
    """Arrange the segments of one channel into as few windows as possible, evenly filled.

    Args:
        segments: in time order, none longer than `MAX_PIECE_MS` (see `split_long`).
        limit_ms: what a window holds at most, unless one segment is longer by itself.

    Returns:
        Windows by their first piece, pieces in time order. A window holds one segment only when no
        other window has room for it.
    """
    spans = [s.span for s in segments]
    windows = []
    for group in _without_lone(_even_groups(spans, limit_ms), limit_ms):
        pieces, offset = [], 0
        for span in group:
            pieces.append(Piece(span, offset))
            offset += span.duration_ms + GAP_MS
        windows.append(Window(channel, tuple(pieces)))
    return windows


def _greedy(spans: list[Span], limit_ms: int) -> list[list[Span]]:
    groups: list[list[Span]] = []
    filled = 0
    for span in spans:
        needed = span.duration_ms + (GAP_MS if groups else 0)
        if groups and filled + needed <= limit_ms:
            groups[-1].append(span)
            filled += needed
        else:
            groups.append([span])
            filled = span.duration_ms
    return groups


def _even_groups(spans: list[Span], limit_ms: int) -> list[list[Span]]:
    """Choose the smallest limit that still needs no more windows than full ones would."""
    if not spans:
        return []
    fewest = len(_greedy(spans, limit_ms))
    low, high = min(limit_ms, max(s.duration_ms for s in spans)), limit_ms
    while low < high:
        middle = (low + high) // 2
        if len(_greedy(spans, middle)) <= fewest:
            high = middle
        else:
            low = middle + 1
    return _greedy(spans, high)


def _without_lone(groups: list[list[Span]], limit_ms: int) -> list[list[Span]]:
    """Move each segment that is alone in its window to the emptiest other window, if it has room.

    Needed beside long segments only (28 s of hold music, then 喂, then music again): packing in
    time order leaves the short one alone there.
    """
    groups = list(groups)
    for lone in [group for group in groups if len(group) == 1]:
        others = [g for g in groups if g is not lone and _length(g + lone) <= limit_ms]
        if len(lone) == 1 and others:
            groups.remove(lone)
            min(others, key=_length).extend(lone)
    return sorted(sorted(group) for group in groups)


def _length(group: list[Span]) -> int:
    return sum(span.duration_ms for span in group) + GAP_MS * (len(group) - 1)


def split_long(
    segments: list[Segment], level_dbfs: NDArray[np.float32], *, frame_ms: int
) -> list[Segment]:
    """Cut segments longer than `MAX_PIECE_MS` at the quietest frame of their last third."""
    result: list[Segment] = []
    for segment in segments:
        start, end = segment.span.start_ms, segment.span.end_ms
        while end - start > MAX_PIECE_MS:
            first = (start + MAX_PIECE_MS * 2 // 3) // frame_ms
            last = (start + MAX_PIECE_MS) // frame_ms
            cut = (first + int(np.argmin(level_dbfs[first:last]))) * frame_ms
            result.append(Segment(segment.channel, Span(start, cut)))
            start = cut
        result.append(Segment(segment.channel, Span(start, end)))
    return result


def window_audio(window: Window, channel: Samples) -> NDArray[np.float32]:
    """Gather the samples of a window, silence between the pieces, at 16 000 Hz."""
    per_ms = SAMPLE_RATE_HZ // 1000
    audio = np.zeros(window.duration_ms * per_ms, np.float32)
    for piece in window.pieces:
        block = channel.read(piece.source.start_ms * per_ms, piece.source.end_ms * per_ms)
        start = piece.offset_ms * per_ms
        audio[start : start + len(block)] = block[: len(audio) - start]
    return audio
