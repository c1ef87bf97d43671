"""The speech of one channel in a line, with the pauses cut out, whatever windows it stands in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qa.transcribe.pack import GAP_MS, Piece, Window
from qa.types import Span

SNAP_MS = 1_000
"""A time outside all speech belongs to the nearest speech, if that is so near: words begin and end
a little beside what the detector takes for speech."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a window, and where it begins in the line."""

    at: int
    window: int
    piece: Piece

    @property
    def end(self) -> int:
        return self.at + self.piece.source.duration_ms


class Line:
    """The pieces of a channel's windows in time order, one after another.

    A position is a number of milliseconds from the line's start. Neighbours in the line sound as
    they do in a window, with the same short silence between.
    """

    def __init__(self, windows: Sequence[Window]) -> None:
        self.windows = tuple(windows)
        pieces = [(piece, index) for index, w in enumerate(windows) for piece in w.pieces]
        parts: list[_Part] = []
        for piece, index in sorted(pieces, key=lambda one: one[0].source):
            at = parts[-1].end + GAP_MS if parts else 0
            parts.append(_Part(at, index, piece))
        self._parts = tuple(parts)

    def position(self, time_ms: int) -> int | None:
        """Return where in the line a time of the recording lies; None if no speech is near."""
        best, distance = None, SNAP_MS + 1
        for part in self._parts:
            source = part.piece.source
            inside = min(max(time_ms, source.start_ms), source.end_ms)
            if abs(time_ms - inside) < distance:
                best, distance = part.at + inside - source.start_ms, abs(time_ms - inside)
        return best

    def inside(self, span: Span) -> tuple[int, int]:
        """Return the range of the line that a span covers; an empty one if it covers no speech."""
        covered = []
        for part in self._parts:
            source = part.piece.source
            if source.overlap_ms(span):
                start = max(span.start_ms, source.start_ms) - source.start_ms
                end = min(span.end_ms, source.end_ms) - source.start_ms
                covered.append((part.at + start, part.at + end))
        return (covered[0][0], covered[-1][1]) if covered else (0, 0)

    def stretches(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Cut a range of the line out of the windows.

        Yields:
            Window index, start and end in milliseconds within that window, in the line's order;
            pieces that are neighbours in a window come as one, the silence between included.
        """
        found: list[tuple[int, int, int]] = []
        for part in self._parts:
            first, last = max(start, part.at), min(end, part.end)
            if first >= last:
                continue
            offset = part.piece.offset_ms - part.at
            begin, finish = first + offset, last + offset
            if found and found[-1][0] == part.window and begin - found[-1][2] == GAP_MS:
                found[-1] = (part.window, found[-1][1], finish)
            else:
                found.append((part.window, begin, finish))
        yield from found
