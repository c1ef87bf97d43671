"""The opening of a callback: who is calling, what for, is it convenient (CB01)."""

from dataclasses import dataclass, replace

from qa.scoring.callback import interview
from qa.scoring.callback_questions import EXAMPLE_SCRIPT, CallbackScript
from qa.scoring.check import Check, Example, Scene, unheard
from qa.scoring.grammar import GAP, as_regex, closest
from qa.scoring.shortlist import shortlist
from qa.scoring.slots import SAID, UNSURE, Slot, judge_slot, said_in_order, shortfall
from qa.types import Outcome, SlotStatus, SlotVerdict, Span, Verdict

OPENING_CHARS = 240
"""So many characters of the agent's belong to the opening at most, where no question is asked."""


_SLOTS = [{"name": "convenient", "any_of": ["您现在方便吗"]}]


@dataclass(frozen=True)
class CallbackOpening(Check):
    """The agent says every slot of the opening before the first question.

    Why: the regulations prescribe how a callback begins.
    Mistakes: a customer who asks who is calling draws the opening out over several turns, so it
    lasts until the first question; what is said after that is too late. Matching is lenient and by
    sound.

    Attributes:
        script: what is said in a callback.
        slots: all must be said.
    """

    kind = "callback_opening"
    script: CallbackScript
    slots: tuple[Slot, ...]
    examples = (
        Example(
            {
                "script": EXAMPLE_SCRIPT,
                "slots": _SLOTS,
            },
            "坐席: 供暖报修平台。\n客户: 哪里？什么平台？\n坐席: 供暖报修平台。您现在方便吗？",
            Outcome.MET,
        ),
        Example(
            {
                "script": EXAMPLE_SCRIPT,
                "slots": _SLOTS,
            },
            "坐席: 我们是供暖报修平台。跟您收费了吗？\n客户: 没有。\n坐席: 您现在方便吗？",
            Outcome.VIOLATED,
        ),
        Example(
            {
                "script": EXAMPLE_SCRIPT,
                "slots": _SLOTS,
            },
            "未知: 您现在方便吗？",
            Outcome.UNDECIDED,
        ),
    )

    def __post_init__(self) -> None:
        if not self.slots:
            raise ValueError("slots must not be empty")

    def run(self, scene: Scene) -> Verdict:
        """Look for each slot before the first question."""
        if early := unheard(scene):
            return early
        first = interview(scene, self.script).first_question
        end = min(len(scene.agent.text), OPENING_CHARS)
        if first:
            end = max(1, min(end, first.start))
        slots = untaken(tuple(judge_part(slot, scene, 0, end) for slot in self.slots))
        return slots_verdict(scene, slots, (0, end))


def judge_part(slot: Slot, scene: Scene, start: int, end: int) -> SlotVerdict:
    """Judge a slot; parts with a gap between them that are only half alike are no near miss.

    Each part is short, so any talk holds something like it.
    """
    track = scene.agent
    # Word for word first: nine slots of ten are said as they are written, and that is quick.
    exact = as_regex(slot.any_of).search(track.text, start, end)
    if exact and track.sentence_end(exact.start()) >= exact.end():
        match = track.match(*exact.span(), expected=exact[0], similarity=1.0)
        return SlotVerdict(slot.name, SlotStatus.SAID, match=match)
    return _by_sound(slot, scene, start, end)


def _by_sound(slot: Slot, scene: Scene, start: int, end: int) -> SlotVerdict:
    """Judge a slot that is not said word for word: of those wordings only that may stand there.

    Aligning them all takes 30 ms, and most slots that are missing leave no trace.
    """
    track = scene.agent
    likely = shortlist(slot.any_of, UNSURE, strict=False, exact_below=1).likely(track)
    near = tuple(one.pattern for one in likely if any(s < end and start < e for s, e in one.turns))
    found = closest(near, track, start, end, UNSURE)
    if found is None:
        return SlotVerdict(slot.name, SlotStatus.MISSING)
    match = track.hit_match(found.hit, found.text)
    if found.hit.similarity >= SAID:
        return SlotVerdict(slot.name, SlotStatus.SAID, match=match)
    if GAP in found.text:
        return SlotVerdict(slot.name, SlotStatus.MISSING, nearest=match)
    return judge_slot(Slot(slot.name, (found.text,)), scene, start, end)


def untaken(slots: tuple[SlotVerdict, ...]) -> tuple[SlotVerdict, ...]:
    """Let words that fill one slot word for word be no doubtful ones of another."""
    taken = [s.match.span for s in slots if s.match and s.match.similarity == 1.0]
    return tuple(
        replace(s, status=SlotStatus.MISSING)
        if s.status is SlotStatus.UNSURE
        and s.nearest
        and any(_overlap(s.nearest.span, span) for span in taken)
        else s
        for s in slots
    )


def _overlap(one: Span, other: Span) -> bool:
    return one.start_ms < other.end_ms and other.start_ms < one.end_ms


def slots_verdict(scene: Scene, slots: tuple[SlotVerdict, ...], window: tuple[int, int]) -> Verdict:
    """Turn the slots of a script into a verdict: all of them are due."""
    met = Verdict(Outcome.MET, "slots_all_said", matches=said_in_order(slots), slots=slots)
    return shortfall(scene, slots, window) or met
