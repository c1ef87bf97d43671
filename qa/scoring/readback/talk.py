"""The course of a call that takes details: what was asked when, and who spoke between.

Everything is found by sound and by time. A question of the agent opens a topic that lasts until
the agent asks for something else; answers may come in pieces, unprompted, or late.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

from qa.packed.transcripts import char_starts
from qa.scoring.check import Scene
from qa.scoring.sounds import sound_regex
from qa.scoring.surnames import SURNAMES
from qa.scoring.track import Track
from qa.types import Match, ReleasedBy, Role, Span

Field = Literal["problem", "address", "name", "phone", "waybill"]

ASKS: dict[Field, str] = {
    "address": "地址|住址|住在?哪|在?哪儿?里?住|您家(?:在|是)?哪|哪里住|(?<!不)住什么(?!时)"
    "|[哪什][个么]?小区|哪[个栋号]楼|哪栋|几栋|哪个单元"
    "|几号楼|几单元|几零几|几室|门牌|[什哪][么个]位置|在什么地方|家在哪|位置在|几栋|哪个院|"
    "哪[条个]街",
    "name": "收件人(?:是谁|是哪|呢|叫|姓)|"
    "姓名|名字|贵姓|称呼|叫什么|叫啥|叫嘛|怎么叫|全名|您姓|姓什么|户主是|户主姓",
    "phone": ""
    "(?:留|联系|您[的个]|说一?下|报一?下|提供|登记|什么|有没有).{0,5}(?:电话|号码|手机|联系方式)"
    "|(?:电话|号码|手机号?|联系方式|座机)(?:号码?)?.{0,2}(?:呢|多少|说|报|几号)|联系方式",
    "waybill": "单号|运单|快递单",
}
"""What the agent asks with; one of these words in a sentence is enough."""
ASKS_SHORTLY = "(?:您|您的|联系|那)?(?:联系)?(?:电话|手机|手机号|号码|电话号|座机)(?:号码)?"
"""A question for a phone that is no more than this clause at the end of a turn: 电话？"""
ASKS_NAME_SHORTLY = (
    "(?:那|请问|麻烦)?(?:您|你|您的)?(?:叫|姓|名|大名|尊姓|全名|名儿|姓啥|叫啥名|户主|户主呢)"
)
"""A question for the name that is no more than the last clause of a turn: 您叫？"""
ASKS_EXACTLY = re.compile("(?:电话|号码|手机).{0,2}留")
NO_ASK = (
    "(?:感谢|谢谢).{0,3}(?:打来|来|打)电话|(?:留意|保持|注意|接听|等着?|听)(?:一下|好|您的|师傅)?电话|"
    "[他她]叫|师傅叫|谁叫|师傅姓|客服的?(?:号码|电话)|打电话|来电的号码|打这个电话|电话联系|维修站电话"
    "|电话多少我"
)
AGREED = "^.{0,3}(?:对|嗯|是|没错|没变|没换|没问题|行|好|可以|哎|恩|诶|就这个)"
OBJECTED = "不对|(?<!是)不是|错了|说错|记错|听错|不是.{1,6}是"
GOODBYE = "再见|拜拜|挂了|就这样|谢谢|麻烦|辛苦|感谢您|尽快跟|尽快与|尽快和|跟您联系|与您联系"
TOGETHER_MS = 500
"""Questions with no more of the customer than this between them are one (您的姓名和电话)."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question of the agent: for one or several details at once."""

    begin_ms: int
    fields: frozenset[str]
    place: tuple[int, int]


class Talk:
    """A call as read-back rules see it. Held by the scene, so that rules share it.

    Attributes:
        agent, customer: all that each said.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.agent, self.customer = scene.agent, scene.customer

    @cached_property
    def agent_sounds(self) -> str:
        """The agent's text, one code point per syllable."""
        return self.agent.sounds

    @cached_property
    def customer_sounds(self) -> str:
        """The customer's text, one code point per syllable."""
        return self.customer.sounds

    def sounds(self, track: Track) -> str:
        """Return the syllables of one of the two tracks."""
        return self.agent_sounds if track is self.agent else self.customer_sounds

    @cached_property
    def asks(self) -> tuple[Ask, ...]:
        """The agent's questions for details, in order of time; repeated ones once."""
        denied = [m.span() for m in sound_regex(NO_ASK).finditer(self.agent_sounds)]
        found = sorted(
            (m.start(), m.end(), name)
            for start, end in self.agent.turns  # 地址说一下, then in the next turn 电话呢
            for name, words in ASKS.items()
            for m in sound_regex(words).finditer(self.agent_sounds, start, end)
            if not any(a < m.end() and m.start() < b for a, b in denied)
        )
        # 留 sounds like a six, so here the characters themselves have to stand.
        found = sorted(
            found + [(*m.span(), "phone") for m in ASKS_EXACTLY.finditer(self.agent.text)]
        )
        found = sorted(found + list(self._short_asks()))
        asks: list[Ask] = []
        for start, end, name in found:
            begin = self.agent.time_at(start)[0]
            if asks and self._together(asks[-1], begin, start):
                last = asks[-1]
                fields = last.fields | {name}
                asks[-1] = Ask(last.begin_ms, fields, (last.place[0], end))
            else:
                asks.append(Ask(begin, frozenset({name}), (start, end)))
        return tuple(asks)

    def _short_asks(self) -> Iterator[tuple[int, int, Field]]:
        """Yield where a turn ends with 电话 or 您叫 by itself."""
        for start, end in self.agent.turns:
            first = max(start, self.agent.clause_start(end - 1)) if end > start else end
            if sound_regex(ASKS_SHORTLY).fullmatch(self.agent_sounds, first, end):
                yield first, end, "phone"
            elif re.fullmatch(ASKS_NAME_SHORTLY, self.agent.text[first:end]):
                yield first, end, "name"

    def _together(self, ask: Ask, begin_ms: int, start: int) -> bool:
        between = self.between(self.customer, ask.begin_ms, begin_ms)
        said = self.customer.text[slice(*between)]  # 葛 answers 贵姓, 嗯 answers nothing
        return len(said) <= 1 and said not in SURNAMES and start - ask.place[1] <= MAX_JOINED

    def asked(self, name: str) -> Ask | None:
        """Return the first question for a detail."""
        return next((ask for ask in self.asks if name in ask.fields), None)

    def zones(self, name: str) -> Iterator[tuple[int, int]]:
        """Yield the stretches, in milliseconds, in which a detail is the topic."""
        for k, ask in enumerate(self.asks):
            if name not in ask.fields:
                continue
            later = (a.begin_ms for a in self.asks[k + 1 :] if name not in a.fields)
            yield ask.begin_ms, next(later, FOREVER)

    def between(self, track: Track, begin_ms: int, end_ms: int) -> tuple[int, int]:
        """Return the range of a track's text that begins in a stretch of time."""
        return self._position(track, begin_ms), self._position(track, end_ms)

    def _position(self, track: Track, ms: int) -> int:
        k = bisect_left(self._begins[track.role], ms) - 1  # later utterances begin later still
        if k < 0:
            return 0
        return min(track.starts[k] + bisect_left(self._times(track, k), ms), len(track.text))

    @cached_property
    def _begins(self) -> dict[Role, list[int]]:
        sides = (self.agent, self.customer)
        return {t.role: [u.span.start_ms for _, u in t.utterances] for t in sides}

    @cached_property
    def _known_times(self) -> dict[tuple[Role, int], list[int]]:
        return {}

    def _times(self, track: Track, k: int) -> list[int]:
        """Return when each character of an utterance begins."""
        key = (track.role, k)
        if key not in self._known_times:
            starts, origins = char_starts(track.utterances[k][1]), track.origins[k]
            last = len(starts) - 1
            if starts and origins[-1] <= last:  # as ever, unless the words lack some of the text
                self._known_times[key] = list(map(starts.__getitem__, origins))
            else:
                self._known_times[key] = [starts[min(o, last)] for o in origins if starts]
        return self._known_times[key]

    def time(self, track: Track, position: int) -> int:
        """Return when a position of a track begins; the track's end for its last position."""
        if position >= len(track.text):
            return track.end_ms
        k = track.utterance_at(position)
        times = self._times(track, k)
        begin = track.utterances[k][1].span.start_ms
        return times[position - track.starts[k]] if times else begin

    def raw(self, track: Track, start: int, end: int) -> str:
        """Return a range as it was written down, with its punctuation; a comma parts utterances."""
        if start >= end:
            return ""
        pieces = []
        for k in range(track.utterance_at(start), track.utterance_at(end - 1) + 1):
            base, origin = track.starts[k], track.origins[k]
            left, right = max(start, base), min(end, track.starts[k + 1])
            if left < right:
                text = track.utterances[k][1].text
                pieces.append(text[origin[left - base] : origin[right - 1 - base] + 1])
        return "，".join(pieces)

    def reply_to(self, position: int, reach_ms: int = 8_000) -> str:
        """Return the customer's first words after a position of the agent's, as syllables."""
        begin = self.time(self.agent, position)
        start, end = self.between(self.customer, begin, begin + reach_ms)
        if start < end:
            k = self.customer.utterance_at(start)
            spans = [u.span for _, u in self.customer.utterances[k:]]
            for at, (said, later) in enumerate(pairwise(spans), k + 1):
                if later.start_ms - said.end_ms > REPLY_GAP_MS:
                    end = min(end, self.customer.starts[at])
                    break
        return self.customer_sounds[start : min(end, start + 12)]

    def agreed_to(self, position: int) -> bool:
        """Whether the customer's words after a position of the agent's agree to what was said."""
        reply = self.reply_to(position)
        return bool(sound_regex(AGREED).search(reply)) and not self.objected_to(position)

    def objected_to(self, position: int) -> bool:
        """Whether the customer's next words contradict what the agent said."""
        return bool(sound_regex(OBJECTED).search(self.reply_to(position)))

    def unheard_ms(self, begin_ms: int, end_ms: int) -> int:
        """Return for how long the agent speaks in a stretch of time without a word recognised.

        0 where nobody measured where the speech is. On a channel that both share, what the customer
        was heard to say there is no silence of the agent's.
        """
        channel = self.agent.channel_at(0)
        words = [u.span for u in self.scene.transcript.utterances if u.channel == channel]
        unheard = 0
        for segment in self.scene.transcript.speech:
            start, end = max(segment.span.start_ms, begin_ms), min(segment.span.end_ms, end_ms)
            if segment.channel == channel and start < end:
                spoken = Span(start, end)
                unheard += max(0, spoken.duration_ms - sum(spoken.overlap_ms(w) for w in words))
        return unheard

    @cached_property
    def is_certain(self) -> bool:
        """Whether the words are as certain as if a person had written them down.

        One exchanged or swallowed syllable leaves no trace in the words beside it, so it takes the
        whole call to tell.
        """
        spoken = [u for side in (self.agent, self.customer) for _, u in side.utterances]
        chars = sum(len(u.text) for u in spoken)
        return sum(u.confidence * len(u.text) for u in spoken) >= CERTAIN * chars

    @cached_property
    def broke_off(self) -> bool:
        """Whether the line broke before anybody took leave."""
        if self.scene.call.released_by is ReleasedBy.AGENT:
            return False
        regex = sound_regex(GOODBYE)
        tails = (self.agent_sounds[-LEAVE_CHARS:], self.customer_sounds[-LEAVE_CHARS:])
        return not any(regex.search(tail) for tail in tails)

    def ask_match(self, name: str) -> Match | None:
        """Evidence for the question for a detail."""
        ask = self.asked(name)
        return self.agent.match(*ask.place, expected=name, similarity=1.0) if ask else None


REPLY_GAP_MS = 1_500
"""Silence of the customer after which the words answer something else."""
MAX_JOINED = 24
FOREVER = 10**12
CERTAIN = 0.985
"""Mean confidence of a call from which its words convict without the sound."""
LEAVE_CHARS = 24
"""Characters at either side's end within which leave is taken."""
