"""您, not 你, to the customer (TR02)."""

import re
from dataclasses import dataclass
from functools import cached_property

from qa.scoring.check import Check, Example, Scene, unheard
from qa.scoring.grammar import as_regex, compile_all
from qa.scoring.hypotheses import Kind, weigh
from qa.scoring.track import Track
from qa.scoring.windows import span_of
from qa.types import Match, Outcome, Verdict

SURE, LIKELY = 0.97, 0.9
"""Confidence of the word from which a written 你 is believed: alone, or together with another. Of
fifty-two 您 of the development calls that the recogniser wrote as 你 none reached 0.9."""
INFORMAL_NATS, POLITE_NATS = 7.0, 4.0
"""By so much 你 must be ahead of 您 to have been said, and up to so much it was not. The model
favours 你: those fifty-two were ahead by 0.3 to 6.2 nats, half of them by less than 1.8; real ones
by 2.4 to 8.2, half of them by more than 6.5."""
CONSISTENT = 3
"""For one doubtful 你 so many 您 must stand for it to be taken as misheard: who says 您 all through
a call does not change for one word, but the recogniser writes 跟你 for 跟您 in every other call."""
ASKED_AT_MOST = 3
"""Doubtful places put to the sound in one call; the most confident ones tell most."""


@dataclass(frozen=True)
class PoliteAddress(Check):
    """The agent calls the customer 您, never 你.

    Why: the regulation asks that 您 be never far from the lips.
    Mistakes: the recogniser confuses 您 and 你; a 你 that it is not sure of is put to the sound.
    Where the sound cannot tell either, it is taken for a 您 in a call that is full of them, and
    makes the rule undecided elsewhere. 你们, 你好 and quotations do not count; a 你 said aside to
    a colleague does.

    Attributes:
        unless: wordings with 你 that address nobody as 你 (你好, 你们), in the notation of
            `qa.scoring.grammar`.
        quoted_after: words that introduce somebody else's words, earlier in the sentence.
        max_informal: how many are passed over.
    """

    kind = "polite_address"
    unless: tuple[str, ...] = ("你们", "你好")
    quoted_after: tuple[str, ...] = ()
    max_informal: int = 0
    examples = (
        Example({}, "坐席: 请问您的单号是多少？", Outcome.MET),
        Example({}, "坐席: 你的单号是多少？", Outcome.VIOLATED),
        Example({}, "坐席: 你好，请问您贵姓？", Outcome.MET),
        Example({"max_informal": 1}, "坐席: 你贵姓？", Outcome.MET),
        Example({"quoted_after": ["他说"]}, "坐席: 他说你明天来，是吗？", Outcome.MET),
        Example({}, "未知: 你的单号是多少？", Outcome.UNDECIDED),
    )

    def __post_init__(self) -> None:
        compile_all(self.unless)
        compile_all(self.quoted_after)
        if self.max_informal < 0:
            raise ValueError("max_informal must not be below 0")

    @cached_property
    def _harmless(self) -> re.Pattern[str]:
        return as_regex(self.unless)

    def run(self, scene: Scene) -> Verdict:
        """Count 你 to the customer; doubtful ones are put to the sound."""
        if early := unheard(scene):
            return early
        track = scene.agent
        places = self._places(scene)
        sure = _sure(track, places)
        doubtful: list[int] = []
        if len(sure) <= self.max_informal:
            sure, doubtful = self._weighed(scene, places, sure)
        details = (("informal", str(len(sure))), ("polite", str(track.text.count("您"))))
        searched = span_of(scene, 0, len(track.text))
        matches = tuple(_match(scene, at) for at in sorted(sure))
        if len(sure) > self.max_informal:
            return Verdict(Outcome.VIOLATED, "informal_address", details, matches, searched)
        consistent = not sure and track.text.count("您") >= CONSISTENT * len(doubtful)
        if len(sure) + len(doubtful) > self.max_informal and not consistent:
            nearest = _match(scene, doubtful[0])
            return Verdict(Outcome.UNDECIDED, "address_unsure", details, (), searched, nearest)
        return Verdict(Outcome.MET, "polite_address", details, matches, searched)

    def _places(self, scene: Scene) -> list[int]:
        """Positions of 你 that address the customer."""
        track = scene.agent
        text = track.text
        if "你" not in text:
            return []
        harmless = {k for m in self._harmless.finditer(text) for k in range(*m.span())}
        quoted = as_regex(self.quoted_after)
        return [
            at
            for at, char in enumerate(text)
            if char == "你"
            and at not in harmless
            and not (self.quoted_after and quoted.search(text[track.sentence_start(at) : at]))
        ]

    def _weighed(
        self, scene: Scene, places: list[int], sure: list[int]
    ) -> tuple[list[int], list[int]]:
        """Ask the sound about the likeliest doubtful places; the others stay doubtful."""
        track = scene.agent
        rest = sorted(set(places) - set(sure), key=lambda at: -track.confidence(at, at + 1))
        doubtful: list[int] = []
        for number, at in enumerate(rest):
            said = _heard(scene, at) if number < ASKED_AT_MOST else None
            if said:
                sure = [*sure, at]
            elif said is None:
                doubtful.append(at)
        return sure, doubtful


def _sure(track: Track, places: list[int]) -> list[int]:
    """Return the places whose 你 the recogniser is sure of."""
    confidence = {at: track.confidence(at, at + 1) for at in places}
    likely = [at for at in places if confidence[at] >= LIKELY]
    if len(likely) > 1:
        return likely
    return [at for at in likely if confidence[at] >= SURE]


def _heard(scene: Scene, at: int) -> bool | None:
    """Whether the sound says 你 (True) or 您 (False) in a place; None where it cannot tell."""
    track = scene.agent
    first, last = _whole_word(track, at)
    informal = track.text[first:last]
    polite = track.text[first:at] + "您" + track.text[at + 1 : last]
    weighed = weigh(scene, track, (first, last), [informal], [polite], kind=Kind.PHRASE)
    if weighed.margin is None or POLITE_NATS < weighed.margin < INFORMAL_NATS:
        return None
    return weighed.margin >= INFORMAL_NATS


def _whole_word(track: Track, at: int) -> tuple[int, int]:
    """Range of the recogniser's word that holds a position: the sound replaces words as a whole."""
    k = track.utterance_at(at)
    origin, base = track.origins[k], track.starts[k]
    index, begin = origin[at - base], 0
    for word in track.utterances[k][1].words:
        stop = begin + len(word.text)
        if begin <= index < stop:
            inside = [base + n for n, place in enumerate(origin) if begin <= place < stop]
            return inside[0], inside[-1] + 1
        begin = stop
    return at, at + 1


def _match(scene: Scene, at: int) -> Match:
    return scene.agent.match(at, at + 1, expected="您", similarity=0.0)
