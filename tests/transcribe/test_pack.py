"""Segments in windows: nothing lost, nothing doubled, nothing alone, and times that map back."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qa.transcribe.pack import (
    GAP_MS,
    MAX_PIECE_MS,
    PARTED_MS,
    WINDOW_MS,
    WORD_EDGE_MS,
    Window,
    pack_windows,
    split_long,
    window_audio,
)
from qa.types import Segment, Span


@st.composite
def segments(draw: st.DrawFn, longest_ms: int = MAX_PIECE_MS) -> list[Segment]:
    lengths = st.one_of(st.integers(1, 3_000), st.integers(1, longest_ms))
    drawn = draw(st.lists(st.tuples(st.integers(0, 20_000), lengths), max_size=30))
    at, found = 0, []
    for pause, length in drawn:
        at += pause
        found.append(Segment(1, Span(at, at + length)))
        at += length
    return found


def of_lengths(*lengths_ms: int) -> list[Segment]:
    starts = [sum(lengths_ms[:i]) + 1_000 * i for i in range(len(lengths_ms))]
    return [Segment(0, Span(s, s + n)) for s, n in zip(starts, lengths_ms, strict=True)]


def packed(windows: list[Window]) -> list[list[int]]:
    return [[piece.source.duration_ms for piece in window.pieces] for window in windows]


@given(segments())
def test_every_segment_stands_in_exactly_one_window(found: list[Segment]) -> None:
    windows = pack_windows(found, channel=1)
    spans = [piece.source for window in windows for piece in window.pieces]
    assert sorted(spans) == [segment.span for segment in found]
    assert all(window.channel == 1 for window in windows)


@given(segments())
def test_no_window_is_longer_than_the_model_can_hear(found: list[Segment]) -> None:
    for window in pack_windows(found, channel=0):
        assert 0 < window.duration_ms <= WINDOW_MS
        assert window.pieces[0].offset_ms == 0
        for left, right in pairwise(window.pieces):
            assert right.offset_ms == left.offset_ms + left.source.duration_ms + GAP_MS
            assert right.source.start_ms >= left.source.end_ms


@given(segments(), st.integers(5_000, WINDOW_MS))
def test_only_a_longer_segment_makes_a_longer_window(found: list[Segment], limit_ms: int) -> None:
    windows = pack_windows(found, channel=1, limit_ms=limit_ms)
    assert sorted(p.source for w in windows for p in w.pieces) == [s.span for s in found]
    for window in windows:
        assert window.duration_ms <= limit_ms or len(window.pieces) == 1


@given(segments())
def test_a_segment_is_alone_only_when_no_other_window_has_room(found: list[Segment]) -> None:
    windows = pack_windows(found, channel=0)
    lone = [w for w in windows if len(w.pieces) == 1]
    for window in lone:
        for other in windows:
            if other is not window:
                assert other.duration_ms + GAP_MS + window.duration_ms > WINDOW_MS


@given(segments(longest_ms=8_000))
def test_ordinary_turns_are_never_alone(found: list[Segment]) -> None:
    windows = pack_windows(found, channel=0)
    assert len(found) < 2 or all(len(window.pieces) >= 2 for window in windows)


@pytest.mark.parametrize(
    ("lengths_ms", "expected"),
    [
        ((), []),
        ((500,), [[500]]),
        ((5_000, 5_000), [[5_000, 5_000]]),
        # Filled to the brim this would be five and one; the lone one would loop.
        ((5_700,) * 6, [[5_700] * 3, [5_700] * 3]),
        # Short ones between long ones share a window, though they are no neighbours.
        ((28_000, 1_900, 28_000, 5_000), [[28_000], [1_900, 5_000], [28_000]]),
        ((28_000, 28_000), [[28_000], [28_000]]),
    ],
)
def test_windows_are_filled_evenly(lengths_ms: tuple[int, ...], expected: list[list[int]]) -> None:
    assert packed(pack_windows(of_lengths(*lengths_ms), channel=0)) == expected


@given(st.lists(st.integers(200, 4_000), min_size=12, max_size=60))
def test_no_window_is_much_emptier_than_another(lengths_ms: list[int]) -> None:
    windows = pack_windows(of_lengths(*lengths_ms), channel=0)
    fill = [window.duration_ms for window in windows[:-1]]  # the last takes what remains
    assert not fill or max(fill) - min(fill) <= 4_000 + GAP_MS
    brim, filled = 1, -GAP_MS
    for length in lengths_ms:
        filled += GAP_MS + length
        if filled > WINDOW_MS:
            brim, filled = brim + 1, length
    assert len(windows) == brim


@given(segments())
def test_times_map_back_to_where_they_came_from(found: list[Segment]) -> None:
    for window in pack_windows(found, channel=0):
        for index, piece in enumerate(window.pieces):
            length = piece.source.duration_ms
            for inside in {0, length // 3, length - 1, length}:
                assert window.to_source(piece.offset_ms + inside) == piece.source.start_ms + inside
                assert window.piece_at(piece.offset_ms + inside) == index


@given(segments())
def test_mapped_times_never_run_backwards(found: list[Segment]) -> None:
    for window in pack_windows(found, channel=0):
        times = [window.to_source(t) for t in range(0, WINDOW_MS + 500, 97)]
        assert times == sorted(times)
        assert times[0] == window.pieces[0].source.start_ms
        assert times[-1] <= window.pieces[-1].source.end_ms


def test_a_time_in_a_gap_belongs_to_the_nearer_piece() -> None:
    window = pack_windows(of_lengths(1_000, 2_000), channel=0)[0]
    assert window.to_source(1_000 + GAP_MS // 2 - 1) == 1_000
    assert window.to_source(1_000 + GAP_MS // 2) == 2_000


@given(segments(longest_ms=200_000))
def test_long_segments_are_cut_without_loss(found: list[Segment]) -> None:
    end_ms = found[-1].span.end_ms if found else 0
    level = np.zeros(end_ms // 30 + 1, np.float32)
    pieces = split_long(found, level, frame_ms=30)
    assert all(0 < piece.span.duration_ms <= MAX_PIECE_MS for piece in pieces)
    assert sum(p.span.duration_ms for p in pieces) == sum(s.span.duration_ms for s in found)
    assert all(left.span.end_ms <= right.span.start_ms for left, right in pairwise(pieces))


def test_the_cut_falls_at_the_quietest_place() -> None:
    level = np.full(60_000 // 30, -20, np.float32)
    level[24_000 // 30] = -55
    pieces = split_long([Segment(0, Span(0, 50_000))], level, frame_ms=30)
    assert [p.span for p in pieces] == [Span(0, 24_000), Span(24_000, 50_000)]


class Ramp:
    """A channel whose samples tell their own position."""

    n_samples = 16 * 10_000

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        return np.arange(start, min(stop, self.n_samples), dtype=np.float32) / self.n_samples


def test_window_samples_are_the_pieces_with_silence_between() -> None:
    found = [Segment(0, Span(1_000, 1_500)), Segment(0, Span(4_000, 4_250))]
    audio = window_audio(pack_windows(found, channel=0)[0], Ramp())
    assert len(audio) == 16 * (500 + GAP_MS + 250)
    assert np.array_equal(audio[: 16 * 500], Ramp().read(16 * 1_000, 16 * 1_500))
    assert not audio[16 * 500 : 16 * (500 + GAP_MS)].any()
    assert np.array_equal(audio[16 * (500 + GAP_MS) :], Ramp().read(16 * 4_000, 16 * 4_250))


def test_a_segment_past_the_last_sample_is_padded_with_silence() -> None:
    found = [Segment(0, Span(9_900, 10_050))]
    audio = window_audio(pack_windows(found, channel=0)[0], Ramp())
    assert len(audio) == 16 * 150
    assert audio[: 16 * 100].all()
    assert not audio[16 * 100 :].any()


def test_parted_pieces_stand_further_apart_and_take_words_by_their_end() -> None:
    found = [Segment(0, Span(1_000, 2_000)), Segment(0, Span(5_000, 6_000))]
    window = pack_windows(found, channel=0)[0]
    parted = window.spread()
    assert [p.offset_ms for p in parted.pieces] == [0, 1_000 + PARTED_MS]
    assert [p.source for p in parted.pieces] == [p.source for p in window.pieces]
    second = parted.pieces[1].offset_ms
    # Aligned with the silence before it, the word ends where it was said.
    assert parted.piece_of("胡", 700, second + 150) == 1
    assert window.piece_of("胡", 700, window.pieces[1].offset_ms + 150) == 0
    assert parted.piece_of("名", 800, 1_000 + WORD_EDGE_MS) == 0
    assert parted.piece_of("？", 950, second + 150) == 0


@given(segments())
def test_spread_windows_hold_what_fits(found: list[Segment]) -> None:
    for window in pack_windows(found, channel=1):
        parted = window.spread()
        assert parted.duration_ms <= max(WINDOW_MS, window.duration_ms)
        for k, piece in enumerate(parted.pieces):
            middle = piece.offset_ms + piece.source.duration_ms // 2
            assert parted.piece_at(middle) == window.piece_at(
                window.pieces[k].offset_ms + piece.source.duration_ms // 2
            )
