"""Scripts that must be said, slot by slot (GR01, CL01)."""

from dataclasses import dataclass, replace
from typing import Literal

from qa.scoring.check import Check, Example, Scene
from qa.scoring.grammar import closest, compile_all
from qa.scoring.leave import asked_to_wait, took_leave
from qa.scoring.readback.details import concerns_report, surely_report
from qa.scoring.slots import SAID, Slot, judge_slot, said_in_order, shortfall
from qa.scoring.windows import closing, opening, span_of
from qa.types import Outcome, ReleasedBy, SlotStatus, SlotVerdict, Verdict

ANYBODYS_CHARS = 3
NEAR_MS = 1_500
"""Two parts of a script that one speaker says in one breath lie no further apart."""


@dataclass(frozen=True)
class ScriptSlots(Check):
    """The agent says every slot of a script where it is due.

    Why: the regulations prescribe the greeting and the closing word for word.
    Mistakes: matching is lenient and by sound, so a wrong word that sounds alike passes; a slot
    drowned in noise is undecided, not missing. Another order than the script's is reported, and
    judged only where `ordered` says so.

    Attributes:
        window: where the script is due: in the opening, at the end, or anywhere.
        slots: all must be said, but for those marked optional.
        after: phrases of the agent, in the notation of `qa.scoring.grammar`; the script is due only
            after the first of them was said, and not applicable where none was.
        ordered: whether another order is a violation.
        reported: slots that are due only where something was reported: who dials a wrong number or
            asks a question is promised no repairer. Undecided where nobody knows.
    """

    kind = "script_slots"
    window: Literal["opening", "closing", "anywhere"]
    slots: tuple[Slot, ...]
    after: tuple[str, ...] = ()
    ordered: bool = False
    reported: tuple[str, ...] = ()
    examples = (
        Example(
            {
                "window": "closing",
                "slots": [{"name": "bye", "any_of": ["再见"]}],
            },
            "坐席: 感谢您的来电，再见。",
            Outcome.MET,
        ),
        Example(
            {
                "window": "closing",
                "slots": [{"name": "bye", "any_of": ["再见"]}],
            },
            "坐席: 好的。\n客户: 再见。",
            Outcome.VIOLATED,
        ),
        Example(
            {
                "window": "opening",
                "slots": [{"name": "agent_no", "digits": 2, "before": "为您服务"}],
            },
            "坐席: 您好，药领吧为您服务。",
            Outcome.MET,
        ),
        Example(
            {"window": "opening", "slots": [{"name": "bye", "any_of": ["再见"]}]},
            "未知: 您好，再见。",
            Outcome.UNDECIDED,
        ),
        Example(
            {"window": "opening", "slots": [{"name": "service", "any_of": ["为您服务"]}]},
            "未知: 什么事，请讲。",
            Outcome.VIOLATED,
        ),
        Example(
            {
                "window": "opening",
                "ordered": True,
                "slots": [
                    {"name": "greeting", "any_of": ["您好"]},
                    {"name": "brand", "any_of": ["大地装饰"]},
                ],
            },
            "坐席: 大地装饰，您好。",
            Outcome.VIOLATED,
        ),
        Example(
            {
                "window": "anywhere",
                "after": ["请稍等"],
                "slots": [{"name": "thanks", "any_of": ["[感谢|谢谢]您的等待"]}],
            },
            "坐席: 您好，请讲。",
            Outcome.NOT_APPLICABLE,
        ),
    )

    def __post_init__(self) -> None:
        names = [slot.name for slot in self.slots]
        if not names or len(set(names)) < len(names):
            raise ValueError("slots must not be empty, and each name may stand once")
        if unknown := set(self.reported) - set(names):
            raise ValueError(f"reported names no slot of the script: {min(unknown)}")
        compile_all(self.after)

    def run(self, scene: Scene) -> Verdict:
        """Look for each slot in the window."""
        if not scene.agent_or_anyone.text:
            return Verdict(Outcome.UNDECIDED, "no_agent_speech")
        start, end = self._window(scene)
        if start < 0:
            return Verdict(Outcome.NOT_APPLICABLE, "script_not_due")
        slots = tuple(judge_slot(slot, scene, start, end) for slot in self.slots)
        if not scene.roles_known and _anybodys(slots):
            return Verdict(Outcome.UNDECIDED, "role_unknown", slots=slots)
        if self.window == "closing" and _broke_off(scene, slots):
            searched = span_of(scene, start, end)
            return Verdict(Outcome.UNDECIDED, "call_broke_off", searched=searched, slots=slots)
        return self._verdict(scene, self._due(scene, slots), start, end)

    def _due(self, scene: Scene, slots: tuple[SlotVerdict, ...]) -> tuple[SlotVerdict, ...]:
        """Leave out what was not due and not said; what may not have been due is not missing."""
        if not self.reported or not scene.roles_known or not scene.agent.text:
            return slots
        missed = [s for s in slots if s.name in self.reported and s.status is SlotStatus.MISSING]
        if not missed or surely_report(scene):
            return slots
        if concerns_report(scene) is False:
            return tuple(s for s in slots if s not in missed)
        return tuple(replace(s, status=SlotStatus.UNSURE) if s in missed else s for s in slots)

    def _window(self, scene: Scene) -> tuple[int, int]:
        """Return the range of the agent's words to look at; −1 where the script is not due."""
        track = scene.agent_or_anyone
        start, end = 0, len(track.text)
        if self.window != "anywhere":
            start, end = (opening if self.window == "opening" else closing)(scene)
        if self.after:
            first = closest(compile_all(self.after), track, start, end, SAID)
            return (first.hit.end, end) if first else (-1, -1)
        return start, end

    def _verdict(
        self, scene: Scene, slots: tuple[SlotVerdict, ...], start: int, end: int
    ) -> Verdict:
        optional = [slot.name for slot in self.slots if slot.optional]
        if short := shortfall(scene, slots, (start, end), optional=optional):
            return short
        matches = said_in_order(slots)
        if [s.match for s in slots if s.match] == list(matches):
            return Verdict(Outcome.MET, "slots_all_said", matches=matches, slots=slots)
        if not self.ordered:
            return Verdict(Outcome.MET, "slots_all_said_otherwise", matches=matches, slots=slots)
        searched = span_of(scene, start, end)
        return Verdict(Outcome.VIOLATED, "slots_out_of_order", (), matches, searched, None, slots)


def _anybodys(slots: tuple[SlotVerdict, ...]) -> bool:
    """Whether a short slot (您好, 再见) may be the customer's: nothing else of the script is near.

    The rest of a script is nobody's but the agent's.
    """
    said = [slot.match for slot in slots if slot.match]
    return any(
        len(match.expected) <= ANYBODYS_CHARS
        and not any(
            0
            <= max(match.span.start_ms, other.span.start_ms)
            - min(match.span.end_ms, other.span.end_ms)
            <= NEAR_MS
            for other in said
            if len(other.expected) > ANYBODYS_CHARS
        )
        for match in said
    )


def _broke_off(scene: Scene, slots: tuple[SlotVerdict, ...]) -> bool:
    """Whether the call ended before a closing was due: nobody took leave."""
    if scene.call.released_by is ReleasedBy.AGENT or not scene.roles_known:
        return False
    if scene.customer.turns and asked_to_wait(scene):
        return True  # 感谢您的理解，您稍等: not yet the closing's thanks
    if any(s.status is not SlotStatus.MISSING for s in slots):
        return False
    return bool(scene.customer.turns) and not took_leave(scene)
