"""One slot of a script: said, said wrongly, missing, or not to be told, with its nearest miss."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from qa.scoring.check import Scene
from qa.scoring.grammar import EDGE, GAP, Found, Pattern, closest, compile_all
from qa.scoring.hypotheses import Finding, Kind, tight, weigh, weigh_places
from qa.scoring.match import best_hit
from qa.scoring.numbers import digit_by_sound, read_digits, syllable_runs
from qa.scoring.rivals import spoken_forms
from qa.scoring.syllables import sounds
from qa.scoring.track import Track
from qa.scoring.windows import span_of
from qa.text import fold
from qa.types import Match, Outcome, SlotStatus, SlotVerdict, Verdict

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
CERTAIN = 1.0
"""Mean word confidence of words that nobody had to guess: typed, or corrected by a person."""
ASKED = 0.4
"""From here a nearest miss is put to the sound: recognition may have garbled what was said."""


@dataclass(frozen=True)
class Slot:
    """One part of a script.

    Attributes:
        name: a name of `qa.wording.SLOTS`.
        any_of: phrases in the notation of `qa.scoring.grammar`; any of them fills the slot.
        digits: instead, a number read out of at least so many digits fills it.
        before: with `digits`, the phrase it stands before when its digits are not clear.
        optional: reported, but not missed.
    """

    name: str
    any_of: tuple[str, ...] = ()
    digits: int = 0
    before: str | None = None
    optional: bool = False

    def __post_init__(self) -> None:
        if bool(self.any_of) == bool(self.digits):
            raise ValueError(f"slot {self.name}: give either any_of or digits")
        compile_all(self.any_of)

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """What fills the slot."""
        return compile_all(self.any_of)


def judge_slot(slot: Slot, scene: Scene, start: int, end: int) -> SlotVerdict:
    """Look for a slot between two positions of the agent's words.

    Where the roles are not known, of everybody's words: the script is the agent's, and what nobody
    said is missing. What is unsure, or missing but nearly there, is put to the sound.
    """
    track = scene.agent_or_anyone
    if slot.digits:
        return _judge_digits(slot, scene, start, end)
    found = closest(slot.patterns, track, start, end, UNSURE) or closest(
        slot.patterns, track, start, end, NEAREST_MISS
    )
    if found is not None and found.hit.similarity >= SAID:
        match = track.hit_match(found.hit, found.text)
        return SlotVerdict(slot.name, SlotStatus.SAID, match=match)
    if end == len(track.text) and (cut := _cut_short(slot, track)):
        return SlotVerdict(slot.name, SlotStatus.UNSURE, nearest=cut)
    return (
        _by_sound(slot.name, scene, found) if found else SlotVerdict(slot.name, SlotStatus.MISSING)
    )


def _cut_short(slot: Slot, track: Track) -> Match | None:
    """Half of a phrase of two syllables as the very last clause: 感谢您的来电，再."""
    last = len(track.text) - 1
    if last < 1 or track.clause_start(last) != last:
        return None
    for text in {text.strip(EDGE) for p in slot.patterns for text in p.parts[0]}:
        if len(text) == SHORT and sounds(track.text[last]) in (sounds(text[0]), sounds(text[1])):
            return track.match(last, last + 1, expected=text, similarity=0.5)
    return None


def _by_sound(name: str, scene: Scene, found: Found) -> SlotVerdict:
    track, hit = scene.agent_or_anyone, found.hit
    match = track.hit_match(hit, found.text)
    floor = UNSURE if len(fold(match.expected).text) > SHORT else SHORT_UNSURE
    status = SlotStatus.UNSURE if match.similarity >= floor else SlotStatus.MISSING
    if hit.similarity < ASKED or GAP in found.text:
        return SlotVerdict(name, status, nearest=match)
    wide = (hit.start, hit.end)
    places = (wide, tight(track, wide, found.text))
    heard = weigh_places(scene, track, places, (found.text,), kind=Kind.SLOT)
    if heard.finding is Finding.SAID:
        return SlotVerdict(name, SlotStatus.SAID, match=match)
    if heard.finding is Finding.NOT_SAID:
        # Something stands in its place that is alike: other words were chosen.
        status = SlotStatus.WRONG if match.similarity >= floor else SlotStatus.MISSING
    elif heard.finding is Finding.UNSURE:
        status = SlotStatus.UNSURE
    elif status is SlotStatus.UNSURE and track.confidence(hit.start, hit.end) >= CERTAIN:
        status = SlotStatus.MISSING  # 供暖报修 without 大龙: nobody had to guess the words
    return SlotVerdict(name, status, nearest=match)


def _judge_digits(slot: Slot, scene: Scene, start: int, end: int) -> SlotVerdict:
    """Judge a number: digits anywhere in the window, or what may be digits before the next slot.

    A run of a digit's very syllables (四摇起) counts like digits from three on; two come by chance.
    Where no number is clear, the sound is asked for the agent's own.
    """
    track = scene.agent_or_anyone
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
    near = track.match(first, anchor.start, expected="工号", similarity=0.8) if count else None
    if count >= slot.digits:
        return SlotVerdict(slot.name, SlotStatus.SAID, match=near)
    status = SlotStatus.UNSURE if count else SlotStatus.MISSING
    return _own_number(
        slot.name, scene, (first, anchor.start), SlotVerdict(slot.name, status, nearest=near)
    )


def _own_number(
    name: str, scene: Scene, place: tuple[int, int], unheard: SlotVerdict
) -> SlotVerdict:
    """Ask whether the agent's own number was said in a place where recognition lost it."""
    own = scene.call.agent_id or ""
    if not (own.isascii() and own.isdigit()):
        return unheard
    track = scene.agent_or_anyone
    heard = weigh(scene, track, place, spoken_forms(own), kind=Kind.NUMBER)
    if heard.finding is Finding.SAID:
        match = track.match(*place, expected="工号", similarity=0.8)
        return SlotVerdict(name, SlotStatus.SAID, match=match)
    return unheard


def shortfall(
    scene: Scene,
    slots: tuple[SlotVerdict, ...],
    window: tuple[int, int],
    *,
    optional: Collection[str] = (),
) -> Verdict | None:
    """Say which due slots are missing, said wrongly or not to be told; None where none is.

    Args:
        window: the range of the agent's words that was searched.
        optional: names of slots that are not due.
    """
    due = [s for s in slots if s.name not in optional]
    gone = [s for s in due if s.status in (SlotStatus.MISSING, SlotStatus.WRONG)]
    unsure = [s for s in due if s.status is SlotStatus.UNSURE]
    if not gone and not unsure:
        return None
    reason = "slots_unsure"
    if gone:
        wrong = all(s.status is SlotStatus.WRONG for s in gone)
        reason = "slots_wrong" if wrong else "slots_missing"
    return Verdict(
        Outcome.VIOLATED if gone else Outcome.UNDECIDED,
        reason,
        (("slots", ",".join(s.name for s in gone or unsure)),),
        said_in_order(slots),
        span_of(scene, *window),
        max((s.nearest for s in due if s.nearest), key=lambda m: m.similarity, default=None),
        slots,
    )


def said_in_order(slots: tuple[SlotVerdict, ...]) -> tuple[Match, ...]:
    """Return what was said of the slots, in time order."""
    return tuple(sorted((s.match for s in slots if s.match), key=lambda m: m.span))
