"""What the ticket says beside what was confirmed in the call (TK01–TK03)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from qa.scoring.check import Check, Example, Scene
from qa.scoring.checks.read_back import not_judged
from qa.scoring.readback.ticket_places import compare_address
from qa.scoring.readback.tickets import Agreement, Compared, compare_name, compare_phone
from qa.types import Match, Outcome, SlotStatus, SlotVerdict, Span, Verdict

FIELDS = ("address", "phone", "name")
_STATUS = {
    Agreement.EQUAL: SlotStatus.SAID,
    Agreement.DIFFERENT: SlotStatus.WRONG,
    Agreement.UNSURE: SlotStatus.UNSURE,
    Agreement.UNCONFIRMED: SlotStatus.MISSING,
}
_CALL = (
    "客户: 我家暖气不热。\n坐席: 暖气不热，请留一下联系电话？\n客户: 幺三九，零四五六，幺八二七。\n"
    "坐席: 幺三九，零四五六，幺八二七。\n客户: 对。\n坐席: 感谢您的来电，再见。"
)


@dataclass(frozen=True)
class TicketMatches(Check):
    """A field of the ticket is what the customer agreed to in the call.

    Why: a wrong address or phone on the ticket sends the repairer to the wrong door.
    Mistakes: names and compounds count by sound, so a homophone on the ticket is right. A ticket
    is wrong only where both sides were heard to say the same other value; where just one was clear
    the sound is asked, and without its answer the rule is undecided, as it is where nothing was
    confirmed or there is no ticket.

    Attributes:
        detail: address, phone or name.
        stations: the station table, compound to station; its names help hearing addresses.
    """

    kind = "ticket_matches"
    detail: str
    stations: Mapping[str, str] = field(default_factory=dict)
    examples = (
        Example(
            {"detail": "phone"},
            _CALL,
            Outcome.MET,
            {"ticket": {"ticket_id": "1", "phone": "13904561827"}},
        ),
        Example(
            {"detail": "phone"},
            _CALL,
            Outcome.VIOLATED,
            {"ticket": {"ticket_id": "1", "phone": "13904561872"}},
        ),
        Example({"detail": "phone"}, _CALL, Outcome.UNDECIDED),
    )

    def __post_init__(self) -> None:
        if self.detail not in FIELDS:
            raise ValueError(f"no field '{self.detail}'; there are {', '.join(FIELDS)}")

    def run(self, scene: Scene) -> Verdict:
        """Compare the field, an address part by part."""
        if early := not_judged(scene):
            return early
        ticket = scene.call.ticket
        written = getattr(ticket, self.detail) if ticket else None
        if not written:
            return Verdict(Outcome.UNDECIDED, "metadata_missing", (("field", "ticket"),))
        names = tuple(self.stations)
        if self.detail == "phone":
            parts: tuple[Compared, ...] = (compare_phone(scene, written),)
        elif self.detail == "name":
            parts = (compare_name(scene, written),)
        else:
            parts = compare_address(scene, written, names)
        return ticket_verdict(scene, self.detail, parts)


def ticket_verdict(scene: Scene, detail: str, parts: tuple[Compared, ...]) -> Verdict:
    """Sum up the parts: one that differs convicts, one that is unsure leaves it open."""
    found = {part.agreement for part in parts}
    slots = tuple(SlotVerdict(p.part, _STATUS[p.agreement], *_evidence(p)) for p in parts)
    if Agreement.DIFFERENT in found:
        outcome, reason, chosen = Outcome.VIOLATED, "ticket_differs", Agreement.DIFFERENT
    elif Agreement.UNCONFIRMED in found:
        outcome, reason, chosen = Outcome.UNDECIDED, "ticket_unconfirmed", Agreement.UNCONFIRMED
    elif Agreement.UNSURE in found:
        outcome, reason, chosen = Outcome.UNDECIDED, "ticket_unsure", Agreement.UNSURE
    else:
        outcome, reason, chosen = Outcome.MET, "ticket_agrees", Agreement.EQUAL
    deciding = [part for part in parts if part.agreement is chosen]
    details = (("detail", detail), ("parts", ",".join(part.part for part in deciding)))
    matches = tuple(sorted({m for p in deciding for m in p.matches}, key=lambda m: m.span))
    searched = None if outcome is Outcome.MET else Span(0, scene.transcript.duration_ms)
    return Verdict(outcome, reason, details, matches, searched, slots=slots)


def _evidence(part: Compared) -> tuple[Match | None, Match | None]:
    """Return the quote as what was said, or as what was said instead."""
    quote = part.matches[-1] if part.matches else None
    return (quote, None) if part.agreement is Agreement.EQUAL else (None, quote)
