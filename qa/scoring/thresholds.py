"""From how many nats the sound decides; `scripts/calibrate-hearings` writes these numbers.

They come from the development calls, never from a hand; `docs/calibration.md` keeps the curves.
"""

THRESHOLDS: dict[str, tuple[float, float]] = {
    "slot": (-6.0, -14.0),
    "phrase": (2.0, -10.0),
    "number": (2.0, -8.0),
    "value": (-3.0, -12.0),
}
"""Per kind of question: from the first margin up it was said, up to the second it was not."""
