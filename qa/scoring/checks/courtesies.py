"""Words that are due when there is cause, each in its place (PE03–PE05, CO04, CO05, TR01, TR03)."""

from dataclasses import dataclass, field
from functools import cached_property

from qa.scoring.check import Check, Example, Scene, unheard
from qa.scoring.courtesy import (
    Cause,
    Window,
    answers_from,
    broke_off,
    judge_due,
    not_concerned,
    position_at,
    range_of,
)
from qa.scoring.grammar import compile_all
from qa.scoring.slots import Slot
from qa.scoring.spotting import Guards, Sighting
from qa.scoring.windows import span_of
from qa.types import Direction, Match, Outcome, SlotStatus, SlotVerdict, Verdict

_COMPLAINT = {
    "parts": [
        {"name": "apology", "any_of": ["抱歉", "对不起"], "cause": {"phrases": ["我要投诉"]}},
    ]
}
_ANYTHING_ELSE = {
    "direction": "inbound",
    "parts": [{"name": "anything_else", "any_of": ["还有~[事|需要]"], "window": "after_opening"}],
}


ENOUGH_TURNS = 2
"""After so many turns of the agent what is due at once was not merely cut off."""


@dataclass(frozen=True)
class Part:
    """Words that are due.

    Attributes:
        name: a name of `qa.wording.SLOTS`.
        any_of: phrases in the notation of `qa.scoring.grammar`; any of them will do.
        window: where they are due.
        cause: due only if the customer gave cause, and then after the customer's first words;
            always due without.
        guards: what makes the words mean something else.
    """

    name: str
    any_of: tuple[str, ...]
    window: Window = "anywhere"
    cause: Cause | None = None
    guards: Guards = field(default_factory=Guards)

    def __post_init__(self) -> None:
        if not compile_all(self.any_of):
            raise ValueError(f"part {self.name}: any_of must not be empty")

    @cached_property
    def slot(self) -> Slot:
        """What to look for."""
        return Slot(self.name, self.any_of)


@dataclass(frozen=True)
class Courtesies(Check):
    """The agent says what is due: always, or once the customer gave cause for it.

    Why: an apology is owed to whoever complains and to nobody else, a question before the end to
    callers only.
    Mistakes: a complaint in words that no list holds is not noticed, so that nothing is found
    missing. Whether an apology is sincere cannot be heard by this.

    Attributes:
        parts: all that are due must be said; where none is due the rule does not apply.
        direction: only calls of this direction are concerned.
    """

    kind = "courtesies"
    parts: tuple[Part, ...]
    direction: Direction | None = None
    examples = (
        Example(_COMPLAINT, "客户: 我要投诉。\n坐席: 非常抱歉。", Outcome.MET),
        Example(
            _COMPLAINT,
            "坐席: 对不起，久等了。\n客户: 我要投诉。\n坐席: 好。\n客户: 再见。",
            Outcome.VIOLATED,
        ),
        Example(_COMPLAINT, "客户: 我想查件。\n坐席: 好的。", Outcome.NOT_APPLICABLE),
        Example(_ANYTHING_ELSE, "坐席: 好。", Outcome.UNDECIDED),
        Example(
            _ANYTHING_ELSE,
            "坐席: 您好。\n客户: 我想问一下地址在哪里。\n坐席: 和平路。请问还有什么事吗？",
            Outcome.MET,
            {"direction": "inbound"},
        ),
        Example(_ANYTHING_ELSE, "坐席: 好。", Outcome.NOT_APPLICABLE, {"direction": "outbound"}),
    )

    def __post_init__(self) -> None:
        names = [part.name for part in self.parts]
        if not names or len(set(names)) < len(names):
            raise ValueError("parts must not be empty, and each name may stand once")

    def run(self, scene: Scene) -> Verdict:
        """Find what is due, then look for each part in its window."""
        if early := not_concerned(scene, self.direction) or unheard(scene):
            return early
        due = [(part, cause) for part in self.parts if (cause := _cause(part, scene)) is not None]
        if not due:
            return Verdict(Outcome.NOT_APPLICABLE, "no_cause")
        slots = tuple(_judge(part, scene, cause) for part, cause in due)
        return _verdict(scene, slots, due)


def _cause(part: Part, scene: Scene) -> list[Sighting] | None:
    """Where the customer gave cause; empty if none is needed, None if one is and none was given."""
    if part.cause is None:
        return []
    return part.cause.sightings(scene) or None


def _judge(part: Part, scene: Scene, causes: list[Sighting]) -> SlotVerdict:
    start, end = range_of(scene, part.window)
    if causes:
        start = max(start, answers_from(scene))
    verdict = judge_due(part.slot, scene, start, end, part.guards)
    doubted = bool(causes) and not any(s.sure for s in causes)
    if doubted and verdict.status is not SlotStatus.SAID:
        return SlotVerdict(part.name, SlotStatus.UNSURE, nearest=verdict.nearest)
    return verdict


def _verdict(
    scene: Scene, slots: tuple[SlotVerdict, ...], due: list[tuple[Part, list[Sighting]]]
) -> Verdict:
    names = {
        status: [s.name for s in slots if s.status is status]
        for status in (SlotStatus.MISSING, SlotStatus.WRONG, SlotStatus.UNSURE)
    }
    gone = names[SlotStatus.MISSING] + names[SlotStatus.WRONG]
    unsure = names[SlotStatus.UNSURE]
    matches = _evidence(scene, slots, due)
    if not gone and not unsure:
        return Verdict(Outcome.MET, "slots_all_said", matches=matches, slots=slots)
    searched = span_of(scene, 0, len(scene.agent.text))
    if _ended_early(scene, slots, due):
        return Verdict(Outcome.UNDECIDED, "call_broke_off", (), matches, searched, None, slots)
    near = [s.nearest for s in slots if s.nearest]
    return Verdict(
        Outcome.VIOLATED if gone else Outcome.UNDECIDED,
        "slots_missing" if gone else "slots_unsure",
        (("slots", ",".join(gone or unsure)),),
        matches,
        searched,
        max(near, key=lambda m: m.similarity, default=None),
        slots,
    )


def _evidence(
    scene: Scene, slots: tuple[SlotVerdict, ...], due: list[tuple[Part, list[Sighting]]]
) -> tuple[Match, ...]:
    """Gather what was said, and the words that made it due."""
    said = {s.match for s in slots if s.match}
    causes = {
        scene.customer.hit_match(s.found.hit, s.found.text) for _, found in due for s in found[:1]
    }
    return tuple(sorted(said | causes, key=lambda m: (m.span, m.quote)))


def _ended_early(
    scene: Scene, slots: tuple[SlotVerdict, ...], due: list[tuple[Part, list[Sighting]]]
) -> bool:
    """Whether what is missing was due only later than the line lasted."""
    if not broke_off(scene):
        return False
    missed = [
        (part, causes)
        for (part, causes), slot in zip(due, slots, strict=True)
        if slot.status in (SlotStatus.MISSING, SlotStatus.WRONG)
    ]
    return bool(missed) and all(_was_due_later(scene, *miss) for miss in missed)


def _was_due_later(scene: Scene, part: Part, causes: list[Sighting]) -> bool:
    turns = scene.agent.turns
    if causes:
        hit = causes[0].found.hit
        since = position_at(scene.agent, scene.customer.span(hit.start, hit.end).end_ms)
        return sum(end > since for _, end in turns) < ENOUGH_TURNS
    if part.window == "beginning":
        return len(turns) < ENOUGH_TURNS
    return part.window != "opening"
