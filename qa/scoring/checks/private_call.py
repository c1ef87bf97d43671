"""Private talk on a recorded line (GS04)."""

import re
from dataclasses import dataclass
from functools import cached_property

from qa.scoring.check import Check, Example, Scene
from qa.scoring.grammar import as_regex, compile_all
from qa.text import fold
from qa.types import Match, Outcome, Role, Verdict

POLITE = re.compile("[您请]|贵姓|抱歉|不好意思|打错")
"""What an agent says to whoever calls the company."""
FAMILIAR_TURNS = 2
"""From so many turns after the greeting on it shows that the agent talks to somebody known."""
_WORDS = {"private": ["晚上吃[啥|什么]", "打麻将", "咱妈"], "business": ["燃气", "报修", "地址"]}
_KNOWN = "坐席: 喂，你在哪呢？\n客户: 在家，晚上吃啥？\n坐席: 随便弄。\n客户: 炒俩菜？\n坐席: 成。"
_CHAT = "坐席: 喂，咱妈让你回去一趟。\n客户: 行，晚上吃啥？"


@dataclass(frozen=True)
class PrivateCall(Check):
    """The call is business, not a private conversation.

    Needs no roles: what both sides say is looked at together. The greeting of the company is no
    business by itself, because a friend may call the office too.

    Why: office lines must not be used for private talk; from three minutes on it is fined.
    Mistakes: private talk without any listed word is not seen. A business call with some private
    words stays met; one with more of them than business is undecided. The length is stated, so
    that whoever confirms a fine sees it; mobile phones cannot be seen at all.

    Attributes:
        private: what people say to family, friends and colleagues, in the notation of
            `qa.scoring.grammar`.
        business: what only a caller's matter brings up.
        min_private: different private words from which a call without business is private; one is
            enough where the agent talks on without a polite word.
        fine_from_s: length in seconds from which the regulation fines.
    """

    kind = "private_call"
    private: tuple[str, ...]
    business: tuple[str, ...]
    min_private: int = 2
    fine_from_s: int = 180
    examples = (
        Example(_WORDS, "坐席: 您好，安民燃气。\n客户: 我要报修。", Outcome.MET),
        Example(_WORDS, _CHAT, Outcome.VIOLATED),
        Example(_WORDS, "未知: 喂，咱妈来了。\n未知: 晚上打麻将不？", Outcome.VIOLATED),
        Example(_WORDS, "客户: 我要报修。\n坐席: 请问地址？\n" + _CHAT, Outcome.MET),
        Example(_WORDS, "客户: 晚上吃啥。\n坐席: 好。", Outcome.UNDECIDED),
        Example(_WORDS, _KNOWN, Outcome.VIOLATED),
        Example(_WORDS, _CHAT + "\n坐席: 打麻将去。\n客户: 咱妈家燃气关了没？", Outcome.UNDECIDED),
    )

    def __post_init__(self) -> None:
        if not compile_all(self.private) or not compile_all(self.business):
            raise ValueError("private and business must not be empty")

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        return as_regex(self.private), as_regex(self.business)

    def run(self, scene: Scene) -> Verdict:
        """Weigh private words against business words."""
        if not scene.transcript.utterances:
            return Verdict(Outcome.UNDECIDED, "no_agent_speech")
        private, business = self._patterns
        matches: dict[str, Match] = {}
        matters: set[str] = set()
        for index, utterance in enumerate(scene.transcript.utterances):
            text = fold(utterance.text).text
            for found in private.finditer(text):
                quote = Match(
                    index, utterance.role, utterance.span, utterance.text, found.group(), 1.0
                )
                matches.setdefault(found.group(), quote)
            if index:  # the first words of a call are the company's name
                matters |= set(business.findall(text))
        return self._weigh(scene, matches, len(matters))

    def _weigh(self, scene: Scene, matches: dict[str, Match], matters: int) -> Verdict:
        seconds = scene.transcript.duration_ms // 1000
        details = (("limit", str(self.fine_from_s)), ("seconds", str(seconds)))
        evidence = tuple(sorted(matches.values(), key=lambda m: (m.span, m.expected)))
        familiar = _is_familiar(scene)
        joins = familiar or any(m.role is not Role.CUSTOMER for m in matches.values())
        enough = 1 if familiar else self.min_private
        if matters == 0 and len(matches) >= enough and joins:
            reason = "private_call_long" if seconds > self.fine_from_s else "private_call"
            return Verdict(Outcome.VIOLATED, reason, details, evidence)
        if len(matches) > max(matters, 0) and (matters == 0 or len(matches) > self.min_private):
            return Verdict(Outcome.UNDECIDED, "private_call_unsure", details, nearest=evidence[0])
        return Verdict(Outcome.MET, "business_call", details)


def _is_familiar(scene: Scene) -> bool:
    """Whether the agent talks on after the greeting, and never as to a customer."""
    track = scene.agent
    later = track.turns[1:]
    return len(later) >= FAMILIAR_TURNS and not any(
        POLITE.search(track.text, start, end) for start, end in later
    )
