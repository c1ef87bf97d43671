"""Who speaks when in a mono recording: two voices told apart by their embeddings.

Speech is cut into windows of 1.5 s every 0.5 s; each gets a CAM++ embedding. The windows are split
in two by the second eigenvector of their normalised affinity (Shi and Malik 2000), and the split is
settled by spherical k-means. Every frame of 10 ms then has a lead: how much nearer the windows over
it are to the one voice than to the other, weighed by how central the frame is in them. A change of
voice inside a stretch of speech costs (Viterbi), so that a single window does not tear a sentence
apart. Frames whose lead is small belong to nobody: two people at once, noise, a cough.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qa.transcribe.vad import SAMPLE_RATE_HZ, Samples
from qa.types import Segment, Span

FRAME_MS = 10
FRAME = SAMPLE_RATE_HZ * FRAME_MS // 1000
WINDOW = SAMPLE_RATE_HZ * 25 // 1000
BINS = 512
MELS = 80
LOW_HZ = 20.0
_FLOOR = 1.19e-7  # Kaldi's: the smallest step of a float32 at 1

WINDOW_FRAMES = 150
HOP_FRAMES = 50
MIN_FRAMES = 30
"""A stretch of speech shorter than this has no voice of its own."""
SURE_FRAMES = 80
"""Windows that are long enough to found a cluster on."""
AFFINITY = 0.2
ROUNDS = 20
BATCH = 16
SAME_VOICE = 0.93
"""Two clusters whose centres are so near are one voice. On the development calls the centres of two
people lie at 0.40 to 0.90."""
CHANGE_COST = 4.0
"""What a change of voice within a stretch costs, in frames of a lead of 1 (100 %)."""
SURE_SHARE = 0.24
"""A lead from which a voice is certain, as a share of what lies between the two centres; half of it
is a coin that fell on one side (confidence 0.75)."""
CUT_REACH_MS = 300
"""How far a change of voice may be from where the windows put it: it falls into a quiet place."""
_BLOCK_FRAMES = 6_000


class Encoder(Protocol):
    """Turns filter banks into embeddings (`campplus.SpeakerEncoder`)."""

    def embed(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embed stretches of one length as unit vectors."""


@dataclass(frozen=True, slots=True)
class Voices:
    """Two voices and which of them each frame of 10 ms belongs to.

    Attributes:
        lead: above 0 the first voice, below 0 the second; 0 outside speech.
        voice: 0 or 1 after smoothing, -1 outside speech.
        likeness: scalar product of the two centres; from `SAME_VOICE` on they are one voice.
    """

    lead: NDArray[np.float32]
    voice: NDArray[np.int8]
    likeness: float

    @property
    def are_two(self) -> bool:
        """Whether two people speak."""
        return self.likeness < SAME_VOICE

    def of(self, span: Span) -> tuple[int, float]:
        """Tell whose a stretch is: voice 0 or 1, and a confidence of 0.5 to 1; -1 if nobody's."""
        inside = slice(span.start_ms // FRAME_MS, max(1, -(-span.end_ms // FRAME_MS)))
        voice = self.voice[inside]
        first, second = int((voice == 0).sum()), int((voice == 1).sum())
        if not first and not second:
            return -1, 0.5
        chosen = 0 if first >= second else 1
        leads = self.lead[inside][(voice >= 0) & (self.lead[inside] != 0)]
        lead = float(leads.mean() if len(leads) else 0) * (1 if chosen == 0 else -1)
        return chosen, 0.5 + 0.5 * min(
            1.0, max(0.0, lead) / (SURE_SHARE * (1 - self.likeness) + 1e-9)
        )


def tell_voices(channel: Samples, speech: Sequence[Span], encoder: Encoder) -> Voices | None:
    """Tell two voices of a channel apart.

    Args:
        speech: where somebody speaks, in time order, not overlapping.

    Returns:
        None where too little is said to tell.
    """
    features = filter_banks(channel)
    stretches = [
        (span.start_ms // FRAME_MS, min(span.end_ms // FRAME_MS, len(features))) for span in speech
    ]
    windows = [w for start, end in stretches for w in _windows(start, end)]
    sizes = np.array([end - start for start, end in windows])
    if (sizes >= SURE_FRAMES).sum() < 2:
        return None
    embedded = _embedded(features, windows, encoder)
    centres = _centres(embedded[sizes >= SURE_FRAMES], sizes[sizes >= SURE_FRAMES])
    if centres is None:
        return None
    leads = (embedded @ centres[0] - embedded @ centres[1]).astype(np.float32)
    lead = _over_time(leads, windows, len(features))
    voice = np.full(len(features), -1, np.int8)
    for start, end in stretches:
        voice[start:end] = _smoothed(lead[start:end])
    return Voices(lead, voice, float(centres[0] @ centres[1]))


def part_by_voice(
    segments: Sequence[Segment], voices: Voices, level_dbfs: NDArray[np.float32], *, frame_ms: int
) -> tuple[Voices, tuple[list[Segment], list[Segment]]]:
    """Cut segments where the voice changes, so that each voice can be read by itself.

    A cut falls at the quietest place within `CUT_REACH_MS` of the change: the windows over it see
    both voices, and half a word is understood by nobody.

    Args:
        segments: padded, in time order.
        level_dbfs: of the channel, a value every `frame_ms`.

    Returns:
        The voices with their changes where the cuts are, and the segments of each voice, in time
        order; a segment without a voice goes with the one before it.
    """
    voice = np.full(len(voices.voice), -1, np.int8)
    parted: tuple[list[Segment], list[Segment]] = ([], [])
    last = 0
    for segment in segments:
        for span, one in _parts(segment.span, voices, level_dbfs, frame_ms):
            last = one if one >= 0 else last
            parted[last].append(Segment(segment.channel, span))
            voice[span.start_ms // FRAME_MS : -(-span.end_ms // FRAME_MS)] = last
    return replace(voices, voice=voice), parted


def _parts(
    span: Span, voices: Voices, level_dbfs: NDArray[np.float32], frame_ms: int
) -> list[tuple[Span, int]]:
    """Cut a stretch of speech where the voice changes: parts, and whose each is (-1: nobody's)."""
    inside = voices.voice[span.start_ms // FRAME_MS : -(-span.end_ms // FRAME_MS)]
    known = np.flatnonzero(inside >= 0)
    if not len(known):
        return [(span, -1)]
    own = inside[known]
    parts: list[tuple[Span, int]] = []
    start = span.start_ms
    for at in np.flatnonzero(np.diff(own)):
        change = span.start_ms + int(known[at + 1]) * FRAME_MS
        cut = _quietest(
            max(start, change - CUT_REACH_MS), change + CUT_REACH_MS, level_dbfs, frame_ms
        )
        cut = min(max(cut, start + FRAME_MS), span.end_ms - FRAME_MS)
        if cut > start:
            parts.append((Span(start, cut), int(own[at])))
            start = cut
    return [*parts, (Span(start, span.end_ms), int(own[-1]))]


def _quietest(start_ms: int, end_ms: int, level_dbfs: NDArray[np.float32], frame_ms: int) -> int:
    """Return the middle of the quietest frame of a stretch."""
    first = start_ms // frame_ms
    levels = level_dbfs[first : max(first + 1, end_ms // frame_ms)]
    if not len(levels):
        return end_ms
    return (first + int(np.argmin(levels))) * frame_ms + frame_ms // 2


def filter_banks(channel: Samples) -> NDArray[np.float32]:
    """Compute log-mel filter banks as Kaldi does (25 ms, Povey window, no dither).

    Returns:
        Shape `(frames, 80)`, a frame every 10 ms.
    """
    parts = []
    for start in range(0, channel.n_samples, FRAME * _BLOCK_FRAMES):
        block = channel.read(start, start + FRAME * _BLOCK_FRAMES + WINDOW - FRAME)
        if len(block) >= WINDOW:
            parts.append(_block_banks(block))
    return np.concatenate(parts) if parts else np.zeros((0, MELS), np.float32)


def _block_banks(block: NDArray[np.float32]) -> NDArray[np.float32]:
    frames = np.lib.stride_tricks.sliding_window_view(block, WINDOW)[::FRAME]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    shaped = (frames - 0.97 * before) * np.hanning(WINDOW) ** 0.85
    power = np.abs(np.fft.rfft(shaped, BINS, axis=1)) ** 2
    return np.log(np.maximum(power @ _mel_weights(), _FLOOR)).astype(np.float32)


def _mel_weights() -> NDArray[np.float64]:
    def mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(1127 * np.log1p(hz / 700))

    low, high = mel(np.array([LOW_HZ, SAMPLE_RATE_HZ / 2]))
    edges = np.linspace(low, high, MELS + 2)
    left, middle, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    at = mel(np.arange(BINS // 2 + 1) * SAMPLE_RATE_HZ / BINS)
    weights = np.minimum((at - left) / (middle - left), (right - at) / (right - middle)).clip(0)
    weights[:, -1] = 0
    return np.asarray(weights.T)


def _windows(start: int, end: int) -> list[tuple[int, int]]:
    if end - start < MIN_FRAMES:
        return []
    if end - start <= WINDOW_FRAMES:
        return [(start, end)]
    count = -(-(end - start - WINDOW_FRAMES) // HOP_FRAMES)
    starts = [min(start + k * HOP_FRAMES, end - WINDOW_FRAMES) for k in range(count + 1)]
    return [(at, at + WINDOW_FRAMES) for at in starts]


def _embedded(
    features: NDArray[np.float32], windows: Sequence[tuple[int, int]], encoder: Encoder
) -> NDArray[np.float32]:
    """Embed windows, those of one length together."""
    result = np.zeros((len(windows), 0), np.float32)
    by_length: dict[int, list[int]] = {}
    for index, (start, end) in enumerate(windows):
        by_length.setdefault(end - start, []).append(index)
    for indices in by_length.values():
        for at in range(0, len(indices), BATCH):
            some = indices[at : at + BATCH]
            stack = np.stack([features[slice(*windows[k])] for k in some])
            found = encoder.embed(stack - stack.mean(axis=1, keepdims=True))
            if not result.shape[1]:
                result = np.zeros((len(windows), found.shape[1]), np.float32)
            result[some] = found
    return result


def _centres(embedded: NDArray[np.float32], sizes: NDArray[np.int64]) -> NDArray[np.float32] | None:
    """Split embeddings in two; None where they do not split."""
    affinity = np.exp((embedded @ embedded.T - 1) / AFFINITY) * np.sqrt(np.outer(sizes, sizes))
    np.fill_diagonal(affinity, 0)
    degree = affinity.sum(axis=1) + 1e-9
    _, vectors = np.linalg.eigh(affinity / np.sqrt(np.outer(degree, degree)))
    chosen = (vectors[:, -2] / np.sqrt(degree) > 0).astype(np.int8)
    for _ in range(ROUNDS):
        if chosen.min() == chosen.max():
            return None
        sums = [(embedded[chosen == k] * sizes[chosen == k, None]).sum(axis=0) for k in (0, 1)]
        centres = np.stack([one / np.linalg.norm(one) for one in sums]).astype(np.float32)
        again = (embedded @ centres.T).argmax(axis=1).astype(np.int8)
        if (again == chosen).all():
            return centres
        chosen = again
    return centres


def _over_time(
    leads: NDArray[np.float32], windows: Sequence[tuple[int, int]], count: int
) -> NDArray[np.float32]:
    total, weight = np.zeros(count), np.zeros(count)
    for (start, end), lead in zip(windows, leads, strict=True):
        shape = np.hanning(end - start + 2)[1:-1] + 0.05
        total[start:end] += lead * shape
        weight[start:end] += shape
    return np.asarray(np.divide(total, weight, out=np.zeros(count), where=weight > 0), np.float32)


def _smoothed(lead: NDArray[np.float32]) -> NDArray[np.int8]:
    """Choose the voice of each frame so that leads add up and changes cost (Viterbi)."""
    if not len(lead):
        return np.zeros(0, np.int8)
    first, second = float(lead[0]), -float(lead[0])
    came = np.zeros((len(lead), 2), np.int8)
    for at, gain in enumerate(lead[1:].tolist(), 1):
        change = first - CHANGE_COST > second, second - CHANGE_COST > first
        came[at] = (1 if change[1] else 0, 0 if change[0] else 1)
        first, second = (
            (second - CHANGE_COST if change[1] else first) + gain,
            (first - CHANGE_COST if change[0] else second) - gain,
        )
    path = np.zeros(len(lead), np.int8)
    path[-1] = 0 if first >= second else 1
    for at in range(len(lead) - 1, 0, -1):
        path[at - 1] = came[at, path[at]]
    return path
