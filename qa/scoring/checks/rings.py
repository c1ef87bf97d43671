"""How soon the call was answered (TM01)."""

from dataclasses import dataclass

from qa.scoring.check import Check, Example, Scene
from qa.types import Direction, Outcome, Verdict


@dataclass(frozen=True)
class RingCount(Check):
    """The call is answered within so many rings; judged from the telephone system's count alone.

    Why: the regulations ask for an answer within three rings (two, in some companies).
    Mistakes: none of hearing, since nothing is heard; a wrong count in the metadata is believed.
    Outbound calls do not concern it. Without a count it is undecided.

    Attributes:
        max_rings: the largest count that is still in time.
    """

    kind = "ring_count"
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
            return Verdict(Outcome.UNDECIDED, "metadata_missing", (("field", "ring_count"),))
        details = (("limit", str(self.max_rings)), ("rings", str(call.ring_count)))
        if call.ring_count <= self.max_rings:
            return Verdict(Outcome.MET, "rings_within", details)
        return Verdict(Outcome.VIOLATED, "rings_over", details)
