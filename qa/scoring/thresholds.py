"""From how many nats the sound decides; `scripts/calibrate-hearings` writes these.

They come from the development calls, never from a hand; `docs/calibration.md` keeps the curves.
"""

THRESHOLDS: dict[str, tuple[float, float]] = {
    "slot": (-7.5, -17.5),
    "phrase": (2.0, -4.5),
    "number": (6.5, -4.5),
    "value": (-2.5, -11.5),
}
"""Per kind of question: from the first margin up it was said, up to the second it was not."""
