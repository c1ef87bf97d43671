"""The closing of a callback: thanks, the hotline's number digit by digit, the offer (CL02)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from qa.scoring.callback import interview
from qa.scoring.callback_questions import EXAMPLE_SCRIPT, CallbackScript
from qa.scoring.callback_windows import has_hole
from qa.scoring.check import Check, Example, Scene, unheard
from qa.scoring.checks.asked_question import broke_off
from qa.scoring.checks.callback_opening import judge_part, slots_verdict
from qa.scoring.hypotheses import Finding, Kind, weigh
from qa.scoring.leave import asked_to_wait
from qa.scoring.numbers import digit_by_sound, digit_by_syllable, find_numbers, similarity
from qa.scoring.rivals import CONFUSED_DIGITS, spoken_forms
from qa.scoring.slots import Slot
from qa.scoring.track import Track
from qa.text import FILLERS
from qa.types import Outcome, SlotStatus, SlotVerdict, Verdict

CLOSING_TURNS = 5
CLOSING_CHARS = 220
CLEAR = 0.98
"""Mean word confidence from which a wrong number is one without the sound being asked."""
EXPECTED = -2.0
"""Nats by which the right number may lie behind the words as heard: it is the same in every call,
so it needs less to be believed than any other."""
RIVALS = 4
SHORT_BY = 2
"""A number that lacks so many digits may have been cut by recognition."""
SPOKEN = "号"
"""Characters between the groups of a number that do not end it, besides fillers."""


_PARAMETERS = {
    "script": EXAMPLE_SCRIPT,
    "hotline": "5186600",
    "slots": [{"name": "cooperation", "any_of": ["感谢您的合作"]}],
}


@dataclass(frozen=True)
class HotlineClosing(Check):
    """At the end the agent thanks, gives the hotline's number and offers help.

    Why: the regulations prescribe the closing, and a wrong number sends customers to strangers.
    Mistakes: a number that recognition may have garbled is put to the sound; where that leaves it
    open the slot is unsure. A number read out twice is right if it is right once.

    Attributes:
        script: what is said in a callback.
        hotline: the number, digits only.
        slots: what else is due.
    """

    kind = "hotline_closing"
    script: CallbackScript
    hotline: str
    slots: tuple[Slot, ...]
    examples = (
        Example(
            _PARAMETERS,
            "坐席: 感谢您的合作，请拨打五幺八六六零零。",
            Outcome.MET,
        ),
        Example(
            _PARAMETERS,
            "坐席: 感谢您的合作，请拨打五幺八六六零六。",
            Outcome.VIOLATED,
        ),
        Example(
            _PARAMETERS,
            "未知: 感谢您的合作，请拨打五幺八六六零零。",
            Outcome.UNDECIDED,
        ),
    )

    def __post_init__(self) -> None:
        if not (self.hotline.isascii() and self.hotline.isdigit()):
            raise ValueError("hotline must be digits")
        if not self.slots:
            raise ValueError("slots must not be empty")

    def run(self, scene: Scene) -> Verdict:
        """Look for each slot in the agent's last turns."""
        if early := unheard(scene):
            return early
        start, end = _window(scene)
        slots = [judge_part(slot, scene, start, end) for slot in self.slots]
        slots.insert(1, self._number(scene, start, end))
        said = any(s.status is not SlotStatus.MISSING for s in slots if s.name != "prompt_service")
        open_ended = not said or asked_to_wait(scene)
        if open_ended and broke_off(scene, interview(scene, self.script)):
            return Verdict(Outcome.UNDECIDED, "call_broke_off", slots=tuple(slots))
        return slots_verdict(scene, tuple(slots), (start, end))

    def _number(self, scene: Scene, start: int, end: int) -> SlotVerdict:
        """Judge the number: right once is right; else the place that comes closest decides."""
        track = scene.agent
        places = _numbers(track, start, end, len(self.hotline))
        for first, last, digits in places:
            if digits == self.hotline or self.hotline in digits:
                match = track.match(first, last, expected=self.hotline, similarity=1.0)
                return SlotVerdict("hotline", SlotStatus.SAID, match=match)
        if not places:
            return SlotVerdict("hotline", SlotStatus.MISSING)
        return max(
            (self._unlike(scene, *place) for place in places),
            key=lambda s: (s.status is SlotStatus.SAID, s.status is SlotStatus.UNSURE),
        )

    def _unlike(self, scene: Scene, first: int, last: int, digits: str) -> SlotVerdict:
        """Judge a number that is not read as the hotline's: by its digits, then by the sound."""
        track = scene.agent
        close = similarity(self.hotline, track.text[first:last])
        match = track.match(first, last, expected=self.hotline, similarity=close)
        clear = track.confidence(first, last) >= CLEAR and not has_hole(track, first, last)
        if clear and "?" not in digits:
            return SlotVerdict("hotline", SlotStatus.WRONG, nearest=match)
        right, wrong = _hypotheses(self.hotline)
        heard = weigh(scene, track, (first, last), right, wrong, kind=Kind.NUMBER)
        if heard.margin is not None and heard.margin >= EXPECTED:
            return SlotVerdict("hotline", SlotStatus.SAID, match=match)
        others = [
            weigh(
                scene, track, (first, last), (one,), _without(one, right, wrong), kind=Kind.NUMBER
            )
            for one in wrong
        ]
        if heard.finding is Finding.NOT_SAID or any(o.finding is Finding.SAID for o in others):
            return SlotVerdict("hotline", SlotStatus.WRONG, nearest=match)
        return SlotVerdict("hotline", SlotStatus.UNSURE, nearest=match)


def _without(one: str, right: Sequence[str], wrong: Sequence[str]) -> tuple[str, ...]:
    return tuple(text for text in (*right, *wrong) if text != one)


def _hypotheses(hotline: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Spell the right number and the likeliest wrong ones: neighbours swapped, a digit confused."""
    swapped = [
        hotline[:k] + hotline[k + 1] + hotline[k] + hotline[k + 2 :]
        for k in range(len(hotline) - 2, -1, -1)
        if hotline[k] != hotline[k + 1]
    ]
    wrong = [*swapped[:RIVALS], hotline[:-1] + CONFUSED_DIGITS[hotline[-1]]]
    return spoken_forms(hotline)[:1], tuple(spoken_forms(w)[0] for w in wrong)


def _window(scene: Scene) -> tuple[int, int]:
    track = scene.agent
    start = track.turns[max(0, len(track.turns) - CLOSING_TURNS)][0]
    return max(start, len(track.text) - CLOSING_CHARS), len(track.text)


def _numbers(track: Track, start: int, end: int, length: int) -> list[tuple[int, int, str]]:
    """Find numbers of about a length: place, and digits with `?` where one cannot be told.

    Runs by sound are followed over fillers; a pair such as 两个六 counts as its digits.
    """
    text = track.text
    found: list[tuple[int, int, str]] = []
    position = start
    while position < end:
        first, digits = position, ""
        while position < end and (piece := _piece(text, position, end)):
            last, read = piece
            if not digits and not read:
                first = last
            digits, position = digits + read, last
        known = digits.replace("?", "")
        if len(digits) >= length - SHORT_BY and len(known) >= length // 2 + 1:
            found.append((first, position, digits))
        position = max(position, first) + 1
    return found


@lru_cache(maxsize=10_000)
def _starts_number(character: str) -> bool:
    """Whether a piece of a number may begin with a character, by itself or by its sound."""
    if character in "双俩" or digit_by_sound(character) is not None:
        return True
    return bool(find_numbers(character, 0, 1))


def _piece(text: str, position: int, end: int) -> tuple[int, str] | None:
    """Read the next piece of a number: its end and digits; None where the number ends."""
    if text[position] in FILLERS:
        return position + 1, ""
    if not _starts_number(text[position]):
        return None
    for reading in find_numbers(text, position, min(end, position + 3)):
        if (
            reading.start == position
            and reading.digits
            and text[position + 1 : position + 2] == "个"
        ):
            return reading.end, reading.digits
        if reading.start == position and reading.digits and text[position] == "双":
            return reading.end, reading.digits
    if digit := digit_by_syllable(text[position]):
        return position + 1, digit
    if digit_by_sound(text[position]):
        return position + 1, "?"
    return None
