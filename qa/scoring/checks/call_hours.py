"""Hours in which nobody should be called (PE06)."""

import re
from dataclasses import dataclass
from functools import cached_property

from qa.scoring.check import Check, Example, Scene
from qa.scoring.courtesy import not_concerned
from qa.types import Direction, Outcome, Verdict

_HOURS = re.compile(r"^(\d{1,2}):(\d{2})\s*[-–~]\s*(\d{1,2}):(\d{2})$")
_EXAMPLE = {"hours": ["11:30-14:00"]}


@dataclass(frozen=True)
class CallHours(Check):
    """An outbound call does not begin in the customer's meal or nap hours.

    Why: the regulations ask to avoid them.
    Mistakes: none of hearing; the start time in the metadata is believed, in the call centre's own
    zone. A call that begins before and lasts into the hours is met. Whether the customer had asked
    for a call at that time is not known.

    Attributes:
        hours: stretches of the day as `HH:MM-HH:MM`; the first minute belongs to one, the last
            does not (a call at 14:00 sharp is no nap-hour call). One may pass midnight.
    """

    kind = "call_hours"
    hours: tuple[str, ...]
    examples = (
        Example(
            _EXAMPLE,
            "坐席: 您好。",
            Outcome.VIOLATED,
            {"direction": "outbound", "started_at": "2025-09-18T11:30:00+08:00"},
        ),
        Example(
            _EXAMPLE,
            "坐席: 您好。",
            Outcome.MET,
            {"direction": "outbound", "started_at": "2025-09-18T14:00:00+08:00"},
        ),
        Example(
            {"hours": ["22:00-08:00"]},
            "坐席: 您好。",
            Outcome.VIOLATED,
            {"direction": "outbound", "started_at": "2025-09-18T07:59:59+08:00"},
        ),
        Example(_EXAMPLE, "坐席: 您好。", Outcome.NOT_APPLICABLE, {"direction": "inbound"}),
        Example(_EXAMPLE, "坐席: 您好。", Outcome.UNDECIDED, {"direction": "outbound"}),
    )

    def __post_init__(self) -> None:
        if not self.hours:
            raise ValueError("hours must not be empty")
        _ = self._minutes

    @cached_property
    def _minutes(self) -> tuple[tuple[str, int, int], ...]:
        return tuple((text, *_read(text)) for text in self.hours)

    def run(self, scene: Scene) -> Verdict:
        """Compare the start of the call with the hours."""
        if early := not_concerned(scene, Direction.OUTBOUND):
            return early
        started_at = scene.call.started_at
        if started_at is None:
            return Verdict(Outcome.UNDECIDED, "metadata_missing", (("field", "started_at"),))
        minute = started_at.hour * 60 + started_at.minute
        time = started_at.strftime("%H:%M")
        for text, first, last in self._minutes:
            inside = first <= minute < last if first < last else minute >= first or minute < last
            if inside:
                details = (("hours", text), ("time", time))
                return Verdict(Outcome.VIOLATED, "hours_not_avoided", details)
        details = (("hours", ", ".join(self.hours)), ("time", time))
        return Verdict(Outcome.MET, "hours_avoided", details)


def _read(text: str) -> tuple[int, int]:
    """Read `11:30-14:00` as minutes of the day."""
    found = _HOURS.match(text.strip())
    if found is None:
        raise ValueError(f"'{text}' is no stretch of hours; write it as '11:30-14:00'")
    h1, m1, h2, m2 = map(int, found.groups())
    first, last = h1 * 60 + m1, h2 * 60 + m2
    if max(m1, m2) > 59 or max(first, last) > 24 * 60 or first == last:
        raise ValueError(f"'{text}' is no stretch of a day")
    return first, last
