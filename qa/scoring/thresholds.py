"""From how many nats the sound decides; `scripts/calibrate-hearings` writes these numbers.

They come from the development calls, never from a hand; `docs/calibration.md` keeps the curves.
"""

THRESHOLDS: dict[str, tuple[float, float]] = {
    "slot": (-8.0, -19.0),
    "phrase": (6.0, -8.0),
    "number": (5.5, -1.5),
    "value": (-3.5, -32.0),
}
"""Per kind of question: from the first margin up it was said, up to the second it was not."""
