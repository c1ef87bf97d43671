"""Several details repeated by the agent before hang-up (GS02, CO02)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from qa.scoring.check import Check, Example, Scene
from qa.scoring.checks.read_back import not_judged, outcome_of, slot_status
from qa.scoring.readback import DETAILS, Detail, judge_detail
from qa.types import Match, Outcome, SlotStatus, SlotVerdict, Span, Verdict

_ORDER = (
    "坐席: 请问您的姓名和电话？\n客户: 姚建军，电话幺三九，四五五零，七七八八。\n坐席: {}\n"
    "客户: 对。\n坐席: 感谢您的来电，再见。"
)


@dataclass(frozen=True)
class DetailsReadBack(Check):
    """Every listed detail is repeated by the agent, in pieces or in one summary.

    Why: a report is checked with the customer before hang-up, so that nobody travels in vain.
    Mistakes: as for one detail (`read_back`); one that was surely not repeated, or wrongly, is
    enough for a violation, one that cannot be told leaves the whole undecided.

    Attributes:
        fields: problem, address, name, phone, waybill; each is due.
        stations: compound to station; its names help hearing addresses. May be empty.
    """

    kind = "details_read_back"
    fields: tuple[str, ...]
    stations: Mapping[str, str] = field(default_factory=dict)
    examples = (
        Example(
            {"fields": ["name", "phone"]},
            _ORDER.format("姚建军，电话幺三九，四五五零，七七八八，对吗？"),
            Outcome.MET,
        ),
        Example({"fields": ["name", "phone"]}, _ORDER.format("好的。"), Outcome.VIOLATED),
        Example(
            {"fields": ["name", "phone"]},
            _ORDER.format("姚建军，电话幺三九，四五五零，七八八七，对吗？"),
            Outcome.VIOLATED,
        ),
        Example(
            {"fields": ["name"]},
            "客户: 我想问问几点下班。\n坐席: 五点半。\n客户: 谢谢。\n坐席: 再见。",
            Outcome.NOT_APPLICABLE,
        ),
    )

    def __post_init__(self) -> None:
        if not self.fields:
            raise ValueError("fields must not be empty")
        if unknown := [name for name in self.fields if name not in DETAILS]:
            raise ValueError(f"no detail '{unknown[0]}'; there are {', '.join(DETAILS)}")

    def run(self, scene: Scene) -> Verdict:
        """Look what became of each detail."""
        if early := not_judged(scene):
            return early
        found = [judge_detail(scene, name, tuple(self.stations)) for name in self.fields]
        outcomes = [outcome_of(detail.state) for detail in found]
        slots = tuple(_slot(detail) for detail in found)
        if Outcome.VIOLATED in outcomes:
            return self._failed(scene, found, slots, Outcome.VIOLATED)
        if Outcome.UNDECIDED in outcomes:
            return self._failed(scene, found, slots, Outcome.UNDECIDED)
        return Verdict(Outcome.MET, "details_right", matches=_quotes(found), slots=slots)

    def _failed(
        self, scene: Scene, found: list[Detail], slots: tuple[SlotVerdict, ...], outcome: Outcome
    ) -> Verdict:
        failing = [detail for detail in found if outcome_of(detail.state) is outcome]
        return Verdict(
            outcome,
            "details_missing" if outcome is Outcome.VIOLATED else "details_unsure",
            (("details", ",".join(detail.name for detail in failing)),),
            _quotes(failing),
            Span(0, scene.transcript.duration_ms),
            next((d.repeated for d in failing if d.repeated), None),
            slots,
        )


def _quotes(found: list[Detail]) -> tuple[Match, ...]:
    """Return the quotes of some details in time order, each once; at one time in their order."""
    quotes = dict.fromkeys(match for detail in found for match in detail.matches)
    return tuple(sorted(quotes, key=lambda match: match.span))


def _slot(detail: Detail) -> SlotVerdict:
    status = slot_status(detail.state)
    if status is SlotStatus.SAID:
        return SlotVerdict(detail.name, status, detail.repeated)
    return SlotVerdict(detail.name, status, None, detail.repeated or detail.given)
