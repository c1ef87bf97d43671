"""A callback at a bad moment: the agent asks for another time or sets one (CB02)."""

from dataclasses import dataclass

from qa.scoring.callback import Interview, interview
from qa.scoring.callback_questions import EXAMPLE_SCRIPT, CallbackScript
from qa.scoring.check import Check, Example, Scene, unheard
from qa.scoring.windows import span_of
from qa.types import Match, Outcome, Verdict


@dataclass(frozen=True)
class NotConvenient(Check):
    """The customer has no time, and the agent asks when to call again or names a time.

    Why: the regulations ask for an appointment when the customer cannot talk.
    Mistakes: indirect refusals that nobody foresaw are told by the agent's 您先忙 only; a put-off
    without a time (回头再给您打) is undecided.

    Attributes:
        script: what is said in a callback.
    """

    kind = "not_convenient"
    script: CallbackScript
    examples = (
        Example(
            {"script": EXAMPLE_SCRIPT},
            "坐席: 现在方便吗？\n客户: 现在不方便。\n坐席: 那您什么时候方便？",
            Outcome.MET,
        ),
        Example(
            {"script": EXAMPLE_SCRIPT},
            "坐席: 现在方便吗？\n客户: 现在不方便。\n坐席: 那算了吧。",
            Outcome.VIOLATED,
        ),
        Example(
            {"script": EXAMPLE_SCRIPT},
            "坐席: 现在方便吗？\n客户: 方便。\n坐席: 问题解决了吗？",
            Outcome.NOT_APPLICABLE,
        ),
        Example(
            {"script": EXAMPLE_SCRIPT},
            "坐席: 现在方便吗？\n客户: 不方便。\n坐席: 那回头吧。",
            Outcome.UNDECIDED,
        ),
    )

    def run(self, scene: Scene) -> Verdict:
        """Look for a refusal, then for an appointment after it."""
        if early := unheard(scene):
            return early
        talk = interview(scene, self.script)
        if talk.refusal is None and talk.available:
            return Verdict(Outcome.NOT_APPLICABLE, "convenient")
        if talk.refusal is None:
            return self._unclear(scene, talk)
        return self._refused(scene, talk, talk.refusal)

    def _unclear(self, scene: Scene, talk: Interview) -> Verdict:
        """Judge a call without questions in which no refusal was made out."""
        if talk.absence:
            return Verdict(Outcome.NOT_APPLICABLE, "customer_unavailable", (), (talk.absence,))
        made = talk.said(self.script.appointments)
        if made and talk.available is False:
            return Verdict(Outcome.MET, "appointment_made", matches=_in_order(talk.busy, made))
        if talk.busy and talk.yielded:
            return self._refused(scene, talk, talk.busy)
        searched = span_of(scene, 0, len(talk.agent.text))
        return Verdict(Outcome.UNDECIDED, "availability_unsure", searched=searched)

    def _refused(self, scene: Scene, talk: Interview, refusal: Match) -> Verdict:
        since = refusal.span.start_ms
        if made := talk.said(self.script.appointments, since):
            return Verdict(Outcome.MET, "appointment_made", matches=(refusal, made))
        searched = span_of(scene, 0, len(talk.agent.text))
        vague = talk.said(self.script.vague_appointments, since)
        if vague or talk.answered:
            return Verdict(Outcome.UNDECIDED, "appointment_unsure", (), (refusal,), searched, vague)
        return Verdict(Outcome.VIOLATED, "appointment_missing", (), (refusal,), searched)


def _in_order(busy: Match | None, made: Match) -> tuple[Match, ...]:
    return tuple(sorted((m for m in (busy, made) if m), key=lambda m: m.span))
