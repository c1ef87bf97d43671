"""Asking before the customer is kept waiting (CO03)."""

import re
from dataclasses import dataclass
from functools import cached_property

from qa.scoring.acoustics import speech_of
from qa.scoring.check import Check, Example, Scene, unheard
from qa.scoring.checks.dead_air import DeadAir
from qa.scoring.grammar import closest, compile_all
from qa.scoring.windows import span_of
from qa.turns import silences
from qa.types import Match, Outcome, Role, Span, Utterance, Verdict

ASKED = 0.85
SHORT_HOLD_S = 3.0
"""After being asked to wait, a silence from here on is a hold that was announced."""
OPEN_QUESTION = re.compile(
    r"多少|哪|什么|怎么|几|请问|吗|呢|贵姓|报一下|说一下|提供|念一下|讲一下|告诉|核对|确认"
)
_WAIT = "客户: 帮我查一下件。\n坐席: {}\n(停顿 14秒)\n坐席: 查到了，在路上。"


@dataclass(frozen=True)
class HoldCourtesy(Check):
    """Before the agent leaves the customer waiting in silence, the agent asks them to wait.

    A hold is a silence of both sides of at least `min_hold_s`, or a shorter one (3 s) that the
    agent announced. Words to that effect must come in the agent's last turn before it.

    Why: the regulation asks for 请稍等 before the customer is kept waiting.
    Mistakes: a hold with music that the recogniser took for words is not seen. A silence in which
    the agent waits for the customer (an open question, 等我找找) is no hold.

    Attributes:
        min_hold_s: seconds.
        asking: ways in which an agent asks for a moment, in the notation of `qa.scoring.grammar`.
        announcing: ways to say only what the silence is for (我查一下); then it is undecided.
        leaving: ways in which a customer asks for one.
    """

    kind = "hold_courtesy"
    min_hold_s: float = 10.0
    asking: tuple[str, ...] = ("[请|您][稍等|等一下]",)
    announcing: tuple[str, ...] = ("我[查|看]一下",)
    leaving: tuple[str, ...] = ("等[我|]一下", "我[去|]看[看|一下]")
    examples = (
        Example({}, _WAIT.format("好的，请您稍等。"), Outcome.MET),
        Example({}, _WAIT.format("好的。"), Outcome.VIOLATED),
        Example({}, _WAIT.format("我查一下。"), Outcome.UNDECIDED),
        Example({}, _WAIT.format("好的。").replace("14", "2"), Outcome.NOT_APPLICABLE),
        Example({}, _WAIT.format("请您稍等。").replace("14", "5"), Outcome.MET),
        Example(
            {},
            "坐席: 请问单号是多少？\n(停顿 14秒)\n客户: 七七零四。\n坐席: 好的。",
            Outcome.NOT_APPLICABLE,
        ),
        Example({}, "未知: 好的。\n(停顿 14秒)\n未知: 查到了。", Outcome.UNDECIDED),
    )

    def __post_init__(self) -> None:
        if self.min_hold_s <= 0 or not compile_all(self.asking):
            raise ValueError("min_hold_s must be above 0 and asking must not be empty")

        compile_all(self.announcing)

    @cached_property
    def _dead_air(self) -> tuple[DeadAir, DeadAir]:
        """What is silence unless it was asked for, and unless it was announced at least."""
        said = self.asking + self.announcing
        return (
            DeadAir(self.min_hold_s, self.asking, self.leaving),
            DeadAir(self.min_hold_s, said, self.leaving),
        )

    def run(self, scene: Scene) -> Verdict:
        """Find the holds, then what the agent said before each."""
        if early := unheard(scene):
            return early
        found = silences(speech_of(scene, None))
        long = [s for s in found if s.duration_ms > 1000 * self.min_hold_s]
        if all(_is_answer_awaited(scene, silence) for silence in long):
            return self._short_hold(scene, found)
        unasked, unannounced = self._dead_air
        verdict = unasked.run(scene)
        if verdict.outcome is Outcome.VIOLATED:
            seconds = (("seconds", dict(verdict.details).get("seconds", "?")),)
            evidence = (verdict.matches, verdict.searched)
            if unannounced.run(scene).outcome is Outcome.VIOLATED:
                return Verdict(Outcome.VIOLATED, "hold_not_asked", seconds, *evidence)
            return Verdict(Outcome.UNDECIDED, "hold_announced", seconds, *evidence)
        if verdict.outcome is Outcome.MET:
            asked = tuple(m for m in verdict.matches if m.role is Role.AGENT)
            if asked:
                return Verdict(Outcome.MET, "hold_asked", matches=asked)
            return Verdict(Outcome.NOT_APPLICABLE, "no_hold")
        return verdict

    def _short_hold(self, scene: Scene, found: tuple[Span, ...]) -> Verdict:
        """Judge a call without a long hold: a short one counts if it was announced."""
        for silence in found:
            if silence.duration_ms >= 1000 * SHORT_HOLD_S and (m := self._asked(scene, silence)):
                return Verdict(Outcome.MET, "hold_asked", matches=(m,))
        searched = span_of(scene, 0, len(scene.agent.text))
        return Verdict(Outcome.NOT_APPLICABLE, "no_hold", searched=searched)

    def _asked(self, scene: Scene, silence: Span) -> Match | None:
        track = scene.agent
        before = [
            k for k, (_, u) in enumerate(track.utterances) if u.span.start_ms < silence.start_ms
        ]
        if not before:
            return None
        start, end = track.starts[before[-1]], track.starts[before[-1] + 1]
        hit = closest(compile_all(self.asking), track, start, end, ASKED)
        return track.hit_match(hit.hit, hit.text) if hit else None


def _is_answer_awaited(scene: Scene, silence: Span) -> bool:
    """Whether the agent waits for the customer: a question before, the customer's words after."""
    spoken = sorted(scene.transcript.utterances, key=lambda u: u.span)
    before = [u for u in spoken if u.span.start_ms < silence.start_ms]
    after = [u for u in spoken if u.span.start_ms >= silence.start_ms]
    if not before or not after or after[0].role is not Role.CUSTOMER:
        return False
    return before[-1].role is Role.AGENT and _asks(before[-1])


def _asks(utterance: Utterance) -> bool:
    text = utterance.text.rstrip("。，, ")
    return text.endswith(("？", "?")) or OPEN_QUESTION.search(text[-12:]) is not None
