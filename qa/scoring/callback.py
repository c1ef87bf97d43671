"""A callback as an interview: where each question was asked, and what the customer answered.

All checks of a callback look at one `Interview`, which is built once for a scene. An answer is what
the customer says from early in its question to early in the next one. Nothing here asks
the sound: that is for the checks.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from qa.scoring.callback_answers import (
    ATTITUDE,
    CHARGED,
    PAUSE,
    POINTS,
    REMARK,
    SOLVED,
    Reading,
    read_answers,
    read_bare,
    settle,
)
from qa.scoring.callback_asking import marked
from qa.scoring.callback_questions import (
    CallbackScript,
    Place,
    clear_hits,
    find_places,
    form_of,
)
from qa.scoring.callback_sounds import read_by_sound
from qa.scoring.callback_windows import (
    IDLE,
    Answer,
    Clause,
    Window,
    answer_of,
    clauses_of,
    window_of,
)
from qa.scoring.check import Scene
from qa.scoring.grammar import Found, compile_all, find_all
from qa.scoring.track import Track
from qa.types import Match, Role

Reader = Callable[[str, str], list[Reading]]
FOREVER = 1 << 60
FRAGMENT_CHARS = 2
"""Up to so many characters between two places of one question it is the same question."""
REPLY_CLAUSES = 3
REPLY_CHARS = 3
"""Up to so many characters a customer's words between two questions are a backchannel."""


@dataclass(frozen=True)
class Interview:
    """One callback, analysed once; see the module."""

    agent: Track
    customer: Track
    script: CallbackScript
    _answers: dict[str, Answer | None] = field(default_factory=dict, compare=False)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Questions that were asked, in order of time."""
        return tuple(sorted(find_places(self.agent, self.script), key=lambda p: (p.at_ms, p.start)))

    def asked(self, kind: str) -> tuple[Place, ...]:
        """Places where one question was asked, the sure ones if there are any."""
        found = [p for p in self.places if p.kind == kind]
        return tuple([p for p in found if p.sure] or found)

    @property
    def first_question(self) -> Place | None:
        """The first question that was surely asked; None if there is none."""
        return next((p for p in self.places if p.sure), None)

    def answer(self, kind: str) -> Answer | None:
        """Return what the customer answered to a question, or said of its matter unasked."""
        if kind not in self._answers:
            self._answers[kind] = self._reply(kind) or self._volunteered(kind)
        return self._answers[kind]

    @cached_property
    def _clauses(self) -> tuple[Clause, ...]:
        return clauses_of(self.customer)

    @cached_property
    def _agent_clauses(self) -> tuple[Clause, ...]:
        return clauses_of(self.agent)

    def windows(self, kind: str) -> list[tuple[Place, int, int, bool]]:
        """List the times of the answers to a question: place, from, to, and whether it is shared.

        Two questions in one breath share the time until the next one.
        """
        sure = {p.kind for p in self.places if p.sure}
        asked = [p for p in self.places if p.sure or p.kind not in sure]
        found: list[tuple[Place, int, int, bool]] = []
        for index, place in enumerate(asked):
            if place.kind != kind:
                continue
            near = asked[max(0, index - 1) : index + 2]
            shared = any(
                p.kind != kind
                and not self._said(min(p.at_ms, place.at_ms), max(p.at_ms, place.at_ms), IDLE)
                for p in near
            )
            end = next(
                (
                    p.at_ms
                    for p in asked[index + 1 :]
                    if p.kind != kind and self._said(place.at_ms, p.at_ms, IDLE)
                ),
                FOREVER,
            )
            start = place.at_ms
            if found and len(self._said(found[-1][1], start)) <= FRAGMENT_CHARS:
                start = found.pop()[1]  # the same question goes on: 态度如何，满意、普通还是不满意
            found.append((place, start, end, shared))
        return found

    def _said(self, start_ms: int, end_ms: int, without: frozenset[str] = frozenset()) -> str:
        """Return the customer's words in a stretch of time, less some characters."""
        text = self.window(start_ms, end_ms).text.replace(PAUSE, "")
        return "".join(c for c in text if c not in without)

    def window(self, start_ms: int, end_ms: int) -> Window:
        """Join what the customer said in a stretch of time."""
        return window_of(self.customer, self._clauses, start_ms, end_ms)

    def _reply(self, kind: str) -> Answer | None:
        """Read the replies to a question, the last one that says anything."""
        for place, start, end, shared in reversed(self.windows(kind)):
            if found := self._in_window(kind, place, (start, end), shared):
                return found
        return None

    def _in_window(
        self, kind: str, place: Place, times: tuple[int, int], shared: bool
    ) -> Answer | None:
        window = self.window(*times)
        if not window.text:
            return None
        if found := settle(kind, read_answers(kind, window.text), window.text):
            own = answer_of(found, window, Role.CUSTOMER, asked=True)
            return self._agreed(kind, own, times)
        if echoed := self._echoed(kind, times):
            return echoed
        if not shared:
            form = form_of(kind, self._sentence(place))
            bare = settle(kind, read_bare(window.text, form), window.text)
            if bare:
                return answer_of(bare, window, Role.CUSTOMER, asked=True)
        sounds = settle(kind, read_by_sound(kind, window.text), window.text)
        if sounds:
            return answer_of(sounds, window, Role.CUSTOMER, asked=True)
        echoes = self._echoes(kind, times, read_by_sound)
        return replace(echoes[0][0], firm=False) if echoes else None

    def _sentence(self, place: Place) -> str:
        start, end = self.agent.sentence_start(place.start), self.agent.sentence_end(place.end - 1)
        return self.agent.text[start:end]

    def _echoes(
        self, kind: str, times: tuple[int, int], read: Reader = read_answers
    ) -> list[tuple[Answer, int]]:
        """List what the agent repeated after the customer's first words, with its time."""
        replies = [c.at_ms for c in self._clauses if times[0] <= c.at_ms < times[1]]
        later = [c for c in self._agent_clauses if replies and replies[0] < c.at_ms < times[1]]
        asked = [(p.start, p.end) for p in self.places]
        found = []
        for clause in later:
            if any(s < clause.end and clause.start < e for s, e in asked):
                continue
            window = window_of(self.agent, (clause,), clause.at_ms, clause.at_ms + 1)
            readings = settle(kind, read(kind, window.text), window.text)
            if readings:
                answer = answer_of(readings, window, Role.AGENT, asked=True)
                if answer.value is not None:
                    found.append((answer, clause.at_ms))
        return found

    def _echoed(self, kind: str, times: tuple[int, int]) -> Answer | None:
        """Read what the agent repeated and the customer agreed with (满意是吧？对)."""
        for answer, at_ms in reversed(self._echoes(kind, times)):
            after = self.window(at_ms, min(times[1], at_ms + _REACH_MS)).text
            if _AGREES.search(after):
                return answer
        return None

    def _agreed(self, kind: str, own: Answer, times: tuple[int, int]) -> Answer:
        """Let what the agent repeated settle an open answer, or shake one that it contradicts."""
        echoes = self._echoes(kind, times)
        if not echoes:
            return own
        last, at_ms = echoes[-1]
        after = self.window(at_ms, min(times[1], at_ms + _REACH_MS)).text
        if own.value is None:
            agreed = last.values <= own.values and _AGREES.search(after)
            return last if agreed else own
        if last.values != own.values and _AGREES.search(after):
            both = own.values | last.values
            return Answer(both, True, own.start, own.end, own.role, True)
        return own

    def _volunteered(self, kind: str) -> Answer | None:
        """Read what the customer said of the matter elsewhere; only words that name it count."""
        if kind == REMARK:
            return None
        window = self.window(0, FOREVER)
        named = _NAMED[kind]
        readings = [
            r
            for r in read_answers(kind, window.text)
            if not r.bare and len(r.values) == 1 and named.search(window.text, r.start, r.end)
        ]
        found = settle(kind, readings, window.text)
        return answer_of(found, window, Role.CUSTOMER, asked=False) if found else None

    def reply(self, kind: str) -> tuple[int, int] | None:
        """Where the customer first replies to a question, up to the end of a clause or two."""
        for _, start, end, _ in self.windows(kind):
            chosen = [c for c in self._clauses if start <= c.at_ms < end][:REPLY_CLAUSES]
            if chosen:
                return chosen[0].start, chosen[-1].end
        return None

    def remark(self) -> tuple[int, int] | None:
        """Where the customer replies to the question for suggestions; None if nowhere."""
        for _, start, end, _ in reversed(self.windows(REMARK)):
            window = self.window(start, min(end, self._after_remark(start)))
            if window.positions:
                return window.positions[0], window.positions[-1] + 1
        return None

    def _after_remark(self, start_ms: int) -> int:
        """When the agent goes on after the reply: its second longer stretch of words."""
        replied = [c.at_ms for c in self._clauses if c.at_ms >= start_ms]
        if not replied:
            return start_ms
        turns = [self.agent.time_at(s)[0] for s, e in self.agent.turns if e - s > REPLY_CHARS]
        return next((t for t in turns if t > replied[0]), FOREVER)

    @cached_property
    def refusal(self) -> Match | None:
        """Where the customer says that it is not convenient, before answering anything."""
        return self._unwilling(self.script.refusals)

    @cached_property
    def busy(self) -> Match | None:
        """Where the customer tells what keeps them, and no question is asked.

        正给老人喂饭呢 is no refusal in itself; that the agent then asks nothing shows that it was.
        """
        if self.first_question:
            return None
        text, positions = marked(self.customer)
        for busy in BUSY.finditer(text):
            start, end = positions[busy.start()], positions[busy.end() - 1] + 1
            turn = self.customer.turn_at(start)
            if not self._consents(turn, ()):
                return self.customer.match(start, end, expected="", similarity=1.0)
        return None

    @cached_property
    def absence(self) -> Match | None:
        """Where the customer turns out to be the wrong person."""
        return self._unwilling(self.script.absences)

    @property
    def _opening_end_ms(self) -> int:
        """When the second question was asked: what is said later refuses no callback."""
        kinds: list[str] = []
        for place in self.places:
            if place.sure and place.kind not in kinds:
                kinds.append(place.kind)
                if len(kinds) > 1:
                    return place.at_ms
        return 1 << 60

    def _unwilling(self, notations: tuple[str, ...]) -> Match | None:
        """Find the first turn in which the customer declines and does not go on all the same."""
        track = self.customer
        declined: Match | None = None
        found = clear_hits(track, notations, (0, len(track.text)))
        if not found:
            return None
        for turn in track.turns:
            if track.time_at(turn[0])[0] >= self._opening_end_ms:
                break
            hits = [f for f in found if turn[0] <= f.hit.start < turn[1]]
            if not self._consents(turn, hits):
                declined = declined or (
                    track.hit_match(hits[0].hit, hits[0].text) if hits else None
                )
            elif self.answered:
                declined = None  # 那行，你问吧: and the interview goes on
        return declined

    def _consents(self, turn: tuple[int, int], declined: Sequence[Found]) -> bool:
        """Whether a turn agrees to go on; 方便 inside 不方便 does not."""
        return any(
            not any(d.hit.start < f.hit.end and f.hit.start < d.hit.end for d in declined)
            for pattern in compile_all(self.script.consents)
            for f in find_all(pattern, self.customer, *turn, 1.0)
        )

    @cached_property
    def yielded(self) -> Match | None:
        """Where the agent lets the customer go (您先忙)."""
        return self.said(self.script.yields)

    def said(self, notations: tuple[str, ...], after_ms: int = 0) -> Match | None:
        """Where the agent says any of some phrases, from a time on; the likest place."""
        track = self.agent
        hits = [
            found
            for found in clear_hits(track, notations, (0, len(track.text)))
            if track.time_at(found.hit.start)[0] >= after_ms
        ]
        best = max(hits, key=lambda f: (f.hit.similarity, f.length), default=None)
        return track.hit_match(best.hit, best.text) if best else None

    @cached_property
    def answered(self) -> int:
        """How many of the questions that were asked got an answer that can be read."""
        likely = {p.kind for p in self.places if not p.doubtful}
        kinds = [k for k in (SOLVED, ATTITUDE, CHARGED, POINTS) if k in likely]
        return sum((a := self.answer(kind)) is not None and a.asked for kind in kinds)

    @cached_property
    def closed(self) -> bool:
        """Whether either side came to an end: goodbye, or the agent's thanks and hotline."""
        agent, customer = self.agent.text, self.customer.text
        if _CLOSED.search(agent[-_CLOSING_CHARS:]) or _GOODBYE.search(customer[-_GOODBYE_CHARS:]):
            return True
        return any(_LAST.search(t, max(0, len(t) - _LAST_CHARS)) for t in (agent, customer))

    @property
    def available(self) -> bool | None:
        """Whether the customer was there for the questions; None where it cannot be told."""
        if self.answered and not self._let_go:
            return True
        if self.refusal or self.absence:
            return False
        if any(p.sure for p in self.places):
            return True
        gone = self.yielded or self.said(self.script.appointments)
        return False if gone else None

    @property
    def _let_go(self) -> bool:
        """Whether the customer declined after what was asked, and was asked nothing more."""
        declined = self.refusal
        if declined is None:
            return False
        return not any(p.sure and p.at_ms > declined.span.start_ms for p in self.places)


BUSY: Final = re.compile(
    r"(?:正|在|手里|手上|手头|这会儿|这儿|刚|得|要)[^，。]{0,9}(?:呢|着)(?=[，。]|$)|(?:腾|抽|走|离|脱|顾|忙|撂|撒|匀)不[出开上过了]"
    r"|(?:赶|等)着[^，。]{1,8}|(?:有|来)(?:客人|客|人)|(?:孩子|老人|宝宝)[^，。]{0,3}(?:哭|闹|睡|吃)"
)
"""What keeps a customer from talking."""
_REACH_MS = 6_000
"""So soon after the agent repeats an answer the customer agrees with it."""
_CLOSING_CHARS = 160
_GOODBYE_CHARS = 30
_GOODBYE = re.compile("再见|拜拜|再会|拜啊")
_LAST_CHARS = 6
_LAST = re.compile("(?<!电话)(?<!电话给)(?<!刚才)(?<!刚刚)挂了|先这样|就这样")
"""These end a call as its very last words only: 刚才电话挂了，我家暖气不热."""
_CLOSED = re.compile(
    "再见|拜拜|再会|(?:感谢|谢谢)您的(?:合作|配合|支持|接听)|随时(?:拨打|打|联系|来电)"
)
_AGREES = re.compile(
    "(?:^|，)[嗯啊哦]*(?:对|是|是的|对的|没错|嗯|行|好|可以|对对|嗯嗯|是啊)[啊呀吧的]*(?=，|$)"
)
_NAMED: Final[Mapping[str, re.Pattern[str]]] = {
    SOLVED: re.compile("解决|修好|弄好|处理好"),
    ATTITUDE: re.compile("满意|态度"),
    CHARGED: re.compile("收|要钱"),
    POINTS: re.compile("分"),
}


def interview(scene: Scene, script: CallbackScript) -> Interview:
    """Analyse a scene as a callback; once for all checks that share the script."""
    name = f"interview {hash(script)}"
    return scene.shared(name, lambda: Interview(scene.agent, scene.customer, script))
