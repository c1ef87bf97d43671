"""A detail of the report repeated by the agent (RB01–RB04)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from qa.scoring.check import Check, Example, Scene
from qa.scoring.readback import DETAILS, MET, VIOLATED, State, judge_detail
from qa.scoring.readback.details import concerns_report, surely_report, talk_of
from qa.types import Outcome, SlotStatus, SlotVerdict, Span, Verdict

_REPORT = (
    "坐席: 您好，请问您有什么问题？\n客户: 我家暖气不热。\n坐席: 暖气不热，请留一下联系电话？\n"
    "客户: 幺三九，零四五六，幺八二七。\n坐席: {}\n客户: 对。\n坐席: 感谢您的来电，再见。"
)


@dataclass(frozen=True)
class ReadBack(Check):
    """The agent repeats a detail that the customer gave: at once, in groups, or in a summary.

    Why: what is repeated is not mistaken; wrong addresses and phones cost a visit.
    Mistakes: numbers count digit by digit, names and words by sound. A detail that was misheard on
    the customer's side is believed as the agent read it, if the customer agrees or the ticket
    says so. Where a single digit or syllable decides, the sound is asked; without its answer only
    clearly recognised words convict. Callers who report nothing are not concerned.

    Attributes:
        detail: problem, address, name, phone or waybill.
        stations: the station table, compound to station; its names help hearing addresses.
    """

    kind = "read_back"
    detail: str
    stations: Mapping[str, str] = field(default_factory=dict)
    examples = (
        Example({"detail": "phone"}, _REPORT.format("幺三九，零四五六，幺八二七。"), Outcome.MET),
        Example({"detail": "phone"}, _REPORT.format("好的，记下了。"), Outcome.VIOLATED),
        Example(
            {"detail": "phone"}, _REPORT.format("幺三九，零四五六，幺八七二。"), Outcome.VIOLATED
        ),
        Example({"detail": "phone"}, "客户: 打错了。\n坐席: 再见。", Outcome.NOT_APPLICABLE),
    )

    def __post_init__(self) -> None:
        if self.detail not in DETAILS:
            raise ValueError(f"no detail '{self.detail}'; there are {', '.join(DETAILS)}")

    def run(self, scene: Scene) -> Verdict:
        """Look what became of the detail."""
        if early := not_judged(scene):
            return early
        found = judge_detail(scene, self.detail, tuple(self.stations))
        details = (("detail", self.detail),)
        status = slot_status(found.state)
        slot = SlotVerdict(self.detail, status, found.given, found.repeated)
        if status is SlotStatus.SAID:
            slot = SlotVerdict(self.detail, status, found.repeated)
        outcome = outcome_of(found.state)
        reason = found.state.value
        if outcome is Outcome.UNDECIDED and talk_of(scene).broke_off:
            reason = "call_broke_off"
        if outcome is Outcome.VIOLATED and not surely_report(scene):
            outcome, reason, slot = Outcome.UNDECIDED, "report_unsure", _doubtful(slot)
        return Verdict(
            outcome,
            reason,
            details,
            found.matches,
            Span(0, scene.transcript.duration_ms) if outcome is not Outcome.MET else None,
            found.repeated if outcome is not Outcome.MET else None,
            (slot,),
        )


def _doubtful(slot: SlotVerdict) -> SlotVerdict:
    return replace(slot, status=SlotStatus.UNSURE)


def not_judged(scene: Scene) -> Verdict | None:
    """Say why a call's details cannot or need not be judged; None where they can."""
    if not scene.roles_known:
        return Verdict(Outcome.UNDECIDED, "role_unknown")
    if not scene.agent.text:
        return Verdict(Outcome.UNDECIDED, "no_agent_speech")
    concerned = concerns_report(scene)
    if concerned is None:
        return Verdict(Outcome.UNDECIDED, "report_unsure")
    return None if concerned else Verdict(Outcome.NOT_APPLICABLE, "no_report")


def outcome_of(state: State) -> Outcome:
    """Return the outcome of a rule about one detail."""
    if state in MET:
        return Outcome.MET
    return Outcome.VIOLATED if state in VIOLATED else Outcome.UNDECIDED


def slot_status(state: State) -> SlotStatus:
    """Return how a detail stands in the list of what was due."""
    if state in MET:
        return SlotStatus.SAID
    if state is State.WRONG:
        return SlotStatus.WRONG
    return SlotStatus.MISSING if state in VIOLATED else SlotStatus.UNSURE
