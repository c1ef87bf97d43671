"""Words that are due: whom a rule concerns, whether there was cause for them, where to look."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from qa.scoring.check import Scene
from qa.scoring.grammar import EDGE, Pattern, as_regex, closest, compile_all, needed_chars
from qa.scoring.hypotheses import Finding, Kind, weigh
from qa.scoring.leave import took_leave
from qa.scoring.match import best_hit
from qa.scoring.slots import CERTAIN, SAID, Slot
from qa.scoring.spotting import Guards, Policy, Sighting, spot
from qa.scoring.track import Track
from qa.scoring.windows import closing, opening
from qa.text import fold
from qa.types import Direction, Outcome, ReleasedBy, Role, SlotStatus, SlotVerdict, Verdict

_WAITS = re.compile(r"[？?]|吗$|呢$|多少$|什么$|哪[里儿]$|稍等|等一下|等等|别挂|查一下|看一下")
"""How an agent's words end who waits for the customer, or whom the customer waits for."""
WAITING_CHARS = 8
FIRST_TURNS = 3
"""Within so many turns of the agent a call is still beginning."""
LENIENT = Policy(convict_similarity=0.9, convict_chars=0.5, unsure_similarity=0.9)
"""For words that are due: what sounds like them and shares half their characters is them."""
HEARD = Policy(unsure_similarity=0.9, unsure_chars=0.6)
"""For a cause: nothing is due for words that are only half alike."""
REMOTE = 0.66
"""Below this a nearest miss is none: three syllables come half alike by chance in any sentence."""
SHARED = 0.5
"""Share of its characters that a phrase must show, unless its sound is equal."""
FIRST_WORDS = 3
"""Up to so many characters a customer only says 喂，你好."""
TWO = 2
"""Syllables of a phrase that any sentence holds by chance, unless every one of them is equal."""
Window = Literal["anywhere", "opening", "beginning", "after_opening", "closing"]


@dataclass(frozen=True)
class Cause:
    """What the customer says that makes something due.

    Attributes:
        phrases: in the notation of `qa.scoring.grammar`; any of them is cause enough.
        doubtful: may be cause; then what is missing only makes the rule undecided.
        guards: what makes a phrase no cause.
    """

    phrases: tuple[str, ...]
    doubtful: tuple[str, ...] = ()
    guards: Guards = field(default_factory=Guards)

    def __post_init__(self) -> None:
        if not compile_all(self.phrases):
            raise ValueError("a cause needs phrases")
        compile_all(self.doubtful)

    def sightings(self, scene: Scene) -> list[Sighting]:
        """Find where the customer gave cause, in time order; what is doubtful is not sure."""
        memo = scene.customer.memo
        key = ("cause", self.phrases, self.doubtful)
        known: list[Sighting] | None = memo.get(key)
        if known is None:
            known = memo[key] = self._sightings(scene.customer)
        return known

    def _sightings(self, track: Track) -> list[Sighting]:
        found = spot(track, compile_all(self.phrases), policy=HEARD, guards=self.guards)
        if any(s.sure for s in found) or not self.doubtful:
            return found
        doubts = spot(track, compile_all(self.doubtful), policy=HEARD, guards=self.guards)
        return found + [Sighting(s.found, sure=False) for s in doubts]


def not_concerned(scene: Scene, direction: Direction | None) -> Verdict | None:
    """Return the verdict on a call of another direction than the rule's, or of an unknown one."""
    if direction is None or scene.call.direction is direction:
        return None
    if scene.call.direction is None:
        return Verdict(Outcome.UNDECIDED, "metadata_missing", (("field", "direction"),))
    inbound = scene.call.direction is Direction.INBOUND
    return Verdict(Outcome.NOT_APPLICABLE, "inbound" if inbound else "outbound")


def broke_off(scene: Scene) -> bool:
    """Whether the line went before the call came to its end.

    Nobody was saying goodbye then, and the last word was not the agent's, or it asked for an answer
    or for a moment.
    """
    if scene.call.released_by is ReleasedBy.AGENT or not scene.customer.turns:
        return False
    last = max(scene.transcript.utterances, key=lambda u: u.span.end_ms)
    if last.role is Role.AGENT and not _WAITS.search(last.text.rstrip("。，, ")[-WAITING_CHARS:]):
        return False
    return not took_leave(scene)


def range_of(scene: Scene, window: Window) -> tuple[int, int]:
    """Return the range of the agent's text where something is due.

    `beginning` is the agent's first turns, as many as `FIRST_TURNS`, whatever the customer says
    between them; `opening` and `closing` are those of `qa.scoring.windows`.
    """
    track = scene.agent
    if window == "opening":
        return opening(scene)
    if window == "closing":
        return closing(scene)
    if window == "beginning":
        return 0, track.turns[min(FIRST_TURNS, len(track.turns)) - 1][1] if track.turns else 0
    return (opening(scene)[1] if window == "after_opening" else 0), len(track.text)


def position_at(track: Track, time_ms: int) -> int:
    """Return where in a track's text the first utterance begins that lasts beyond a time."""
    for k, (_, utterance) in enumerate(track.utterances):
        if utterance.span.end_ms > time_ms:
            return track.starts[k]
    return len(track.text)


def answers_from(scene: Scene) -> int:
    """Return where in the agent's text answers begin: behind the customer's first real words.

    What is due after a complaint may come before the words by which it was recognised, but not
    before the customer has said anything (an apology for answering late is none for a parcel).
    """
    for _, utterance in scene.customer.utterances:
        if len(fold(utterance.text).text) > FIRST_WORDS:
            return position_at(scene.agent, utterance.span.start_ms)
    return 0


def judge_due(slot: Slot, scene: Scene, start: int, end: int, guards: Guards) -> SlotVerdict:
    """Look for words that are due between two positions, less those that mean something else.

    Args:
        guards: what makes the words another thing (不好意思，没听清 is no apology for a parcel).
    """
    track = scene.agent
    exact = as_regex(slot.any_of).search(track.text, start, end)
    if exact and guards == Guards():
        match = track.match(*exact.span(), expected=exact.group(), similarity=1.0)
        return SlotVerdict(slot.name, SlotStatus.SAID, match=match)
    for sighting in spot(track, slot.patterns, policy=LENIENT, guards=guards):
        if sighting.sure and start <= sighting.found.hit.start < end:
            match = track.hit_match(sighting.found.hit, sighting.found.text)
            return SlotVerdict(slot.name, SlotStatus.SAID, match=match)
    if exact:
        near = track.match(*exact.span(), expected=exact.group(), similarity=1.0)
        return SlotVerdict(slot.name, SlotStatus.MISSING, nearest=near)
    return _by_sound(slot, scene, start, end)


def _by_sound(slot: Slot, scene: Scene, start: int, end: int) -> SlotVerdict:
    """Look for phrases that were heard with other characters; those in parts are too loose."""
    track = scene.agent
    long, short = _whole(slot.any_of)
    found = closest(long, track, start, end, REMOTE)
    for hit, text in [
        *([(found.hit, found.text)] if found else []),
        *((hit, text) for text in short if (hit := best_hit(text, track, start, end, floor=1.0))),
    ]:
        if track.sentence_end(hit.start) < hit.end:
            continue  # 对吧。其实 is no 对不起
        if not hit.same_chars and track.confidence(hit.start, hit.end) >= CERTAIN:
            continue  # 之前 sounds like 致歉, and nobody misheard it
        match = track.hit_match(hit, text)
        # 在见 for 再见: of two syllables all must be equal, and one character.
        standing = hit.same_chars * len(text) >= needed_chars(len(text), SHARED) - 1e-9
        alike = hit.same_chars if len(text) == TWO else hit.similarity == 1.0 or standing
        if hit.similarity >= SAID and alike:
            return SlotVerdict(slot.name, SlotStatus.SAID, match=match)
        heard = weigh(scene, track, (hit.start, hit.end), [text], kind=Kind.SLOT)
        if heard.finding is Finding.SAID:
            return SlotVerdict(slot.name, SlotStatus.SAID, match=match)
        typed = track.confidence(hit.start, hit.end) >= CERTAIN
        if heard.finding is Finding.OPEN and hit.similarity < SAID and typed:
            continue  # 请问是什么 is no 请问有什么事
        if heard.finding is not Finding.NOT_SAID:
            return SlotVerdict(slot.name, SlotStatus.UNSURE, nearest=match)
    return SlotVerdict(slot.name, SlotStatus.MISSING)


@lru_cache(maxsize=200)
def _whole(notations: tuple[str, ...]) -> tuple[tuple[Pattern, ...], tuple[str, ...]]:
    """Return the phrases in one part: those above two syllables as patterns, and those of two."""
    parts = [p.parts[0] for p in compile_all(notations) if len(p.parts) == 1]
    texts = list(dict.fromkeys(text.strip(EDGE) for texts in parts for text in texts))
    long = tuple(text for text in texts if len(text) > TWO)
    return compile_all(long), tuple(text for text in texts if len(text) == TWO)
