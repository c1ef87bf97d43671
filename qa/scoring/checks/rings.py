"""How soon the call was answered (TM01)."""

from dataclasses import dataclass

from qa.scoring.check import Check, Example, Scene
from qa.types import Direction, Outcome, SignalKind, Sound, Span, Verdict


def heard_rings(sound: Sound | None, limit: int) -> int | None:
    """Count the rings on a recording, where that is enough to tell whether they are too many.

    Returns:
        None where none was recorded, or where the recording begins while it rings and no more than
        `limit` are on it: there may have been more.
    """
    if sound is None or sound.ring_count is None:
        return None
    return sound.ring_count if sound.rings_are_whole or sound.ring_count > limit else None


@dataclass(frozen=True)
class RingCount(Check):
    """The call is answered within so many rings, by the telephone system's count.

    Why: the regulations ask for an answer within three rings (two, in some companies).
    Mistakes: a wrong count in the metadata is believed. Without one, the rings that the recording
    holds are counted (`qa.transcribe.signals`): more than the limit are a violation, and so few are
    in time only where the recording begins before the first of them; else it is undecided.
    Outbound calls do not concern it.

    Attributes:
        max_rings: the largest count that is still in time.
    """

    kind = "ring_count"
    by_words = False
    max_rings: int = 3
    examples = (
        Example({"max_rings": 3}, "坐席: 您好", Outcome.MET, {"ring_count": 3}),
        Example({"max_rings": 3}, "坐席: 您好", Outcome.VIOLATED, {"ring_count": 4}),
        Example({"max_rings": 2}, "坐席: 您好", Outcome.VIOLATED, {"ring_count": 3}),
        Example({}, "坐席: 您好", Outcome.UNDECIDED),
        Example(
            {},
            "坐席: 您好",
            Outcome.NOT_APPLICABLE,
            {"direction": "outbound", "ring_count": 9},
        ),
    )

    def __post_init__(self) -> None:
        if self.max_rings < 1:
            raise ValueError("max_rings must be at least 1")

    def run(self, scene: Scene) -> Verdict:
        """Compare the count with the limit."""
        call = scene.call
        if call.direction is Direction.OUTBOUND:
            return Verdict(Outcome.NOT_APPLICABLE, "outbound")
        if call.ring_count is None:
            return self._by_sound(scene.transcript.sound)
        details = (("limit", str(self.max_rings)), ("rings", str(call.ring_count)))
        if call.ring_count <= self.max_rings:
            return Verdict(Outcome.MET, "rings_within", details)
        return Verdict(Outcome.VIOLATED, "rings_over", details)

    def _by_sound(self, sound: Sound | None) -> Verdict:
        """Count the rings that were recorded; the search ends where the last of them does."""
        rings = [s.span for s in sound.signals if s.kind is SignalKind.RINGBACK] if sound else []
        if sound is None or sound.ring_count is None or not rings:
            return Verdict(Outcome.UNDECIDED, "metadata_missing", (("field", "ring_count"),))
        details = (("limit", str(self.max_rings)), ("rings", str(sound.ring_count)))
        searched = Span(rings[0].start_ms, max(ring.end_ms for ring in rings))
        if heard_rings(sound, self.max_rings) is None:
            return Verdict(Outcome.UNDECIDED, "rings_cut_off", details, searched=searched)
        if sound.ring_count > self.max_rings:
            return Verdict(Outcome.VIOLATED, "rings_over_heard", details, searched=searched)
        return Verdict(Outcome.MET, "rings_within_heard", details, searched=searched)
