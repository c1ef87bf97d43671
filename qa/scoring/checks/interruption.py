"""The agent cuts the customer short (AC01)."""

import re
from dataclasses import dataclass
from functools import cached_property

from qa.scoring.acoustics import speech_of, words_within
from qa.scoring.check import Check, Example, Scene, unheard
from qa.text import fold
from qa.types import Match, Outcome, Role, Span, Verdict

HELD_MS = 300
"""The customer has the floor after speaking so long; before that both sides started at once."""
_TWICE = """
[00:01-00:06] 客户: 我家次卧的暖气从供暖第一天开始就没热过我怀疑
[00:04-00:07] 坐席: 您把地址说一下好吧
[00:08-00:13] 客户: 我是想问问到底什么原因你们能不能给我解释
[00:11-00:14] 坐席: 原因得师傅看了再说
"""


@dataclass(frozen=True)
class Interruption(Check):
    """The agent does not start while the customer is speaking and then keep on.

    An interruption is a stretch of agent's speech A and one of customer's speech C (`acoustics`)
    with

        C.start + 0.3 s ≤ A.start < C.end   and   min(A.end, C.end) − A.start ≥ min_overlap_s

    where both say more in the overlap than a backchannel. `min_count` of them are a violation.

    Why: cutting a customer short is the complaint heard most after rudeness.
    Mistakes: an agent who answers into a customer's trailing 啊 is none, because the overlap is
    short. A line that delays one side shifts all its overlaps. A channel that both share shows
    hardly any: there, that too few were found decides nothing.

    Attributes:
        min_overlap_s: seconds that both must speak at once.
        min_count: so many in a call are a violation.
        backchannels: what a listener says (嗯, 对, 好的); it takes nobody's word.
    """

    kind = "interruption"
    min_overlap_s: float = 1.0
    min_count: int = 2
    backchannels: tuple[str, ...] = ("嗯", "对", "是", "好", "的", "哦", "行")
    examples = (
        Example({}, _TWICE, Outcome.VIOLATED),
        Example({"min_count": 3}, _TWICE, Outcome.MET),
        Example({"min_overlap_s": 2.5}, _TWICE, Outcome.MET),
        Example(
            {"min_count": 1},
            "[00:01-00:06] 客户: 我家次卧的暖气一直不热\n[00:03-00:05] 坐席: 嗯，对对，好的。",
            Outcome.MET,
        ),
        Example(
            {"min_count": 1},
            "[00:01-00:06] 坐席: 请您说一下具体的地址\n[00:03-00:05] 客户: 我这儿水都往楼下流了",
            Outcome.MET,
        ),
        Example({}, "未知: 您好，请问您有什么问题？", Outcome.UNDECIDED),
    )

    def __post_init__(self) -> None:
        if self.min_count < 1 or self.min_overlap_s <= 0:
            raise ValueError("min_count must be 1 or more and min_overlap_s above 0")

    @cached_property
    def _listening(self) -> re.Pattern[str]:
        return re.compile(f"(?:{'|'.join(map(re.escape, self.backchannels)) or '(?!)'})*")

    def run(self, scene: Scene) -> Verdict:
        """Count the places where the agent starts into the customer's words."""
        if early := unheard(scene):
            return early
        places = tuple(self._places(scene))
        count = (("count", str(len(places))), ("limit", str(self.min_count)))
        if len(places) >= self.min_count:
            return Verdict(Outcome.VIOLATED, "interruptions_many", count, places)
        if scene.transcript.channel_count == 1:
            searched = Span(0, scene.transcript.duration_ms)
            return Verdict(Outcome.UNDECIDED, "overlap_unheard", matches=places, searched=searched)
        return Verdict(Outcome.MET, "interruptions_few", count, places)

    def _places(self, scene: Scene) -> list[Match]:
        places: list[Match] = []
        held = speech_of(scene, Role.CUSTOMER)
        for own in speech_of(scene, Role.AGENT):
            for other in held:
                if not other.start_ms + HELD_MS <= own.start_ms < other.end_ms:
                    continue
                both = Span(own.start_ms, min(own.end_ms, other.end_ms))
                if both.duration_ms < 1000 * self.min_overlap_s:
                    continue
                match = self._taking(scene, both)
                if match and self._holds(scene, Span(other.start_ms, both.end_ms)):
                    places.append(match)
        return places

    def _taking(self, scene: Scene, both: Span) -> Match | None:
        """Quote the agent's words in the overlap, unless they only show that he listens."""
        found = words_within(scene.transcript, Role.AGENT, both)
        text = "".join(word.text for _, _, words in found for word in words)
        if not found or self._listening.fullmatch(fold(text).text):
            return None
        index, _, words = found[0]
        quote = "".join(word.text for word in words)
        return Match(index, Role.AGENT, both, quote, "", 1.0)

    def _holds(self, scene: Scene, span: Span) -> bool:
        found = words_within(scene.transcript, Role.CUSTOMER, span)
        text = "".join(word.text for _, _, words in found for word in words)
        return self._listening.fullmatch(fold(text).text) is None
