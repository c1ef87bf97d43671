"""Scripts that must be said, slot by slot (GR01, CL01)."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from qa.scoring.check import Check, Example, Scene
from qa.scoring.grammar import Pattern, closest, compile_all
from qa.scoring.match import Track, best_hit
from qa.scoring.numbers import digit_by_sound, read_digits, syllable_runs
from qa.scoring.windows import closing, opening, span_of
from qa.text import fold
from qa.types import Match, Outcome, ReleasedBy, SlotStatus, SlotVerdict, Verdict

SAID = 0.72
"""Similarity from which a slot counts as said: every third syllable may be confusable, or every
fourth another one. Homophone slips cost nothing by syllable."""
UNSURE = 0.55
"""Below this a slot is missing; between the two nobody can tell without the sound."""
SHORT = 2
SHORT_UNSURE = 0.66
"""Two syllables (您好, 再见) come half alike by chance in any sentence."""
NEAREST_MISS = 0.3
"""Below this a nearest miss is no help to anybody."""
GOODBYES = ("再见", "拜拜", "挂了")


@dataclass(frozen=True)
class Slot:
    """One part of a script.

    Attributes:
        name: a name of `qa.wording.SLOTS`.
        any_of: phrases in the notation of `qa.scoring.grammar`; any of them fills the slot.
        digits: instead, a number read out of at least so many digits fills it.
        before: with `digits`, the phrase it stands before when its digits are not clear.
    """

    name: str
    any_of: tuple[str, ...] = ()
    digits: int = 0
    before: str | None = None

    def __post_init__(self) -> None:
        if bool(self.any_of) == bool(self.digits):
            raise ValueError(f"slot {self.name}: give either any_of or digits")
        compile_all(self.any_of)

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """What fills the slot."""
        return compile_all(self.any_of)


@dataclass(frozen=True)
class ScriptSlots(Check):
    """The agent says every slot of a script, in the opening or at the end of the call.

    Why: the regulations prescribe the greeting and the closing word for word.
    Mistakes: matching is lenient and by sound, so a wrong word that sounds alike passes; a slot
    drowned in noise is undecided, not missing. The order is not judged.

    Attributes:
        window: where the script is due.
        slots: all must be said.
    """

    kind = "script_slots"
    window: Literal["opening", "closing"]
    slots: tuple[Slot, ...]
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
    )

    def __post_init__(self) -> None:
        names = [slot.name for slot in self.slots]
        if not names or len(set(names)) < len(names):
            raise ValueError("slots must not be empty, and each name may stand once")

    def run(self, scene: Scene) -> Verdict:
        """Look for each slot in the window."""
        if not scene.roles_known:
            return Verdict(Outcome.UNDECIDED, "role_unknown")
        if not scene.agent.text:
            return Verdict(Outcome.UNDECIDED, "no_agent_speech")
        start, end = (opening if self.window == "opening" else closing)(scene)
        slots = tuple(_judge(slot, scene.agent, start, end) for slot in self.slots)
        if self.window == "closing" and _broke_off(scene, slots):
            searched = span_of(scene, start, end)
            return Verdict(Outcome.UNDECIDED, "call_broke_off", searched=searched, slots=slots)
        return _verdict(scene, slots, start, end)


def _verdict(scene: Scene, slots: tuple[SlotVerdict, ...], start: int, end: int) -> Verdict:
    missing = [s.name for s in slots if s.status is SlotStatus.MISSING]
    unsure = [s.name for s in slots if s.status is SlotStatus.UNSURE]
    matches = tuple(sorted((s.match for s in slots if s.match), key=lambda m: m.span))
    searched = span_of(scene, start, end)
    if not missing and not unsure:
        return Verdict(Outcome.MET, "slots_all_said", matches=matches, slots=slots)
    nearest = max((s.nearest for s in slots if s.nearest), key=lambda m: m.similarity, default=None)
    outcome = Outcome.VIOLATED if missing else Outcome.UNDECIDED
    return Verdict(
        outcome,
        "slots_missing" if missing else "slots_unsure",
        (("slots", ",".join(missing or unsure)),),
        matches,
        searched,
        nearest,
        slots,
    )


def _judge(slot: Slot, track: Track, start: int, end: int) -> SlotVerdict:
    if slot.digits:
        return _judge_digits(slot, track, start, end)
    found = closest(slot.patterns, track, start, end, UNSURE) or closest(
        slot.patterns, track, start, end, NEAREST_MISS
    )
    if found is None:
        return SlotVerdict(slot.name, SlotStatus.MISSING)
    return _slot_verdict(slot.name, track.hit_match(found.hit, found.text))


def _slot_verdict(name: str, match: Match) -> SlotVerdict:
    if match.similarity >= SAID:
        return SlotVerdict(name, SlotStatus.SAID, match=match)
    floor = UNSURE if len(fold(match.expected).text) > SHORT else SHORT_UNSURE
    status = SlotStatus.UNSURE if match.similarity >= floor else SlotStatus.MISSING
    return SlotVerdict(name, status, nearest=match)


def _judge_digits(slot: Slot, track: Track, start: int, end: int) -> SlotVerdict:
    """Judge a number: digits anywhere in the window, or what may be digits before the next slot.

    A run of a digit's very syllables (四摇起) counts like digits from three on; two come by chance.
    """
    runs = [(r.start, r.end) for r in read_digits(track.text, start, end)]
    runs = [r for r in runs if r[1] - r[0] >= slot.digits] or [
        r for r in syllable_runs(track.text, start, end) if r[1] - r[0] >= max(3, slot.digits)
    ]
    if runs:
        match = track.match(*runs[0], expected="工号", similarity=1.0)
        return SlotVerdict(slot.name, SlotStatus.SAID, match=match)
    anchor = best_hit(slot.before, track, start, end) if slot.before else None
    if anchor is None or anchor.similarity < SAID:
        return SlotVerdict(slot.name, SlotStatus.MISSING)
    first = anchor.start
    while first > start and digit_by_sound(track.text[first - 1]) is not None:
        first -= 1
    count = anchor.start - first
    if count == 0:
        return SlotVerdict(slot.name, SlotStatus.MISSING)
    match = track.match(first, anchor.start, expected="工号", similarity=0.8)
    if count >= slot.digits:
        return SlotVerdict(slot.name, SlotStatus.SAID, match=match)
    return SlotVerdict(slot.name, SlotStatus.UNSURE, nearest=match)


def _broke_off(scene: Scene, slots: tuple[SlotVerdict, ...]) -> bool:
    """Whether the call ended before a closing was due: nobody was saying goodbye."""
    if scene.call.released_by is ReleasedBy.AGENT:
        return False
    if any(s.status is not SlotStatus.MISSING for s in slots):
        return False
    customer = scene.customer
    if not customer.turns:
        return False
    start, end = customer.turns[-1]
    return not any(
        (hit := best_hit(word, customer, start, end)) and hit.similarity >= SAID
        for word in GOODBYES
    )
