"""The questions of a callback: asked, and what was answered (CBA–CBE)."""

from dataclasses import dataclass
from typing import Literal

from qa.scoring.callback import Interview, interview
from qa.scoring.callback_questions import EXAMPLE_SCRIPT, CallbackScript, Place
from qa.scoring.callback_windows import Answer, has_hole
from qa.scoring.check import Check, Example, Scene, unheard
from qa.scoring.grammar import closest, compile_all
from qa.scoring.hypotheses import Finding, Kind, weigh
from qa.scoring.leave import agent_took_leave, asked_to_wait
from qa.scoring.windows import span_of
from qa.types import Match, Outcome, ReleasedBy, Role, Verdict

WORTH_ASKING = 0.6
"""Similarity from which a question that was not found is put to the sound."""


@dataclass(frozen=True)
class AskedQuestion(Check):
    """The agent asks one of the callback's questions; the customer's answer is noted.

    Why: the regulations list five questions for every callback.
    Mistakes: what the customer tells unasked is no question asked. A wording that nobody foresaw is
    missed, but for one that the customer's answer gives away. A question in doubtful words is
    undecided.

    Attributes:
        question: which one.
        script: what is said in a callback.
    """

    kind = "asked_question"
    question: Literal["solved", "attitude", "charged", "points", "remark"]
    script: CallbackScript
    examples = (
        Example(
            {"question": "charged", "script": EXAMPLE_SCRIPT},
            "坐席: 跟您收费了吗？\n客户: 没收。",
            Outcome.MET,
        ),
        Example(
            {"question": "charged", "script": EXAMPLE_SCRIPT},
            "坐席: 问题解决了吗？\n客户: 解决了，也没收费。\n坐席: 好的，再见。\n客户: 再见。",
            Outcome.VIOLATED,
        ),
        Example(
            {"question": "charged", "script": EXAMPLE_SCRIPT},
            "坐席: 现在方便吗？\n客户: 现在不方便。\n坐席: 您什么时候方便？",
            Outcome.NOT_APPLICABLE,
        ),
        Example(
            {"question": "charged", "script": EXAMPLE_SCRIPT},
            "未知: 跟您收费了吗？",
            Outcome.UNDECIDED,
        ),
    )

    def run(self, scene: Scene) -> Verdict:
        """Find the question in the agent's words."""
        if early := unheard(scene):
            return early
        talk = interview(scene, self.script)
        places = talk.asked(self.question)
        if places and places[0].sure:
            return self._asked(talk, places)
        if talk.available is False:
            return unavailable(talk)
        if places:
            return self._doubtful(scene, talk, places)
        return self._missing(scene, talk)

    def _asked(self, talk: Interview, places: tuple[Place, ...]) -> Verdict:
        asked = tuple(_place_match(talk, p) for p in places)
        if talk.available is False:
            return unavailable(talk)
        details, heard = self._answer(talk)
        matches = tuple(sorted((*asked, *heard), key=lambda m: m.span))
        return Verdict(Outcome.MET, "question_asked", details, matches)

    def _answer(self, talk: Interview) -> tuple[tuple[tuple[str, str], ...], tuple[Match, ...]]:
        if self.question == "remark":
            where = talk.remark()
            if where is None:
                return (("answer", "none"),), ()
            heard = talk.customer.match(*where, expected="", similarity=1.0)
            return (("answer", "text"),), (heard,)
        answer = talk.answer(self.question)
        if answer is None:
            return (("answer", "none"),), ()
        return (("answer", answer.value or "unsure"),), (answer_match(talk, answer),)

    def _doubtful(self, scene: Scene, talk: Interview, places: tuple[Place, ...]) -> Verdict:
        """Judge words that may be the question: by the answer, then by the sound."""
        best = max(places, key=lambda p: (not p.doubtful, p.similarity))
        if not best.doubtful:
            answer = talk.answer(self.question) if self.question != "remark" else None
            if answer and answer.asked and answer.firm:
                return self._asked(talk, (best,))
            words = best.expected.replace("…", "")
            heard = weigh(scene, talk.agent, (best.start, best.end), (words,), kind=Kind.SLOT)
            if heard.finding is Finding.SAID:
                return self._asked(talk, (best,))
            if heard.finding is Finding.NOT_SAID:
                return self._violated(scene, _place_match(talk, best))
        return Verdict(
            Outcome.UNDECIDED,
            "question_unsure",
            searched=span_of(scene, 0, len(talk.agent.text)),
            nearest=_place_match(talk, best),
        )

    def _missing(self, scene: Scene, talk: Interview) -> Verdict:
        searched = span_of(scene, 0, len(talk.agent.text))
        if talk.available is None:
            return Verdict(Outcome.UNDECIDED, "availability_unsure", searched=searched)
        if broke_off(scene, talk):
            return Verdict(Outcome.UNDECIDED, "call_broke_off", searched=searched)
        if self.question == "points" and (given := talk.answer("points")) and given.firm:
            # nobody gives a score unasked: recognition lost the question
            nearest = answer_match(talk, given)
            return Verdict(Outcome.UNDECIDED, "question_unsure", searched=searched, nearest=nearest)
        return self._by_sound(scene, talk)

    def _by_sound(self, scene: Scene, talk: Interview) -> Verdict:
        """Ask the sound about the likest words, where recognition may have garbled a question."""
        track = talk.agent
        first = compile_all(self.script.question(self.question).asked)[:1]
        near = closest(first, track, 0, len(track.text), WORTH_ASKING)
        if near is None:
            return self._violated(scene, None)
        place = near.hit.start, near.hit.end
        if track.confidence(*place) == 1.0 and not has_hole(track, *place):
            return self._violated(scene, track.hit_match(near.hit, near.text))
        nearest = track.hit_match(near.hit, near.text)
        words = near.text.replace("…", "")
        heard = weigh(scene, track, (near.hit.start, near.hit.end), (words,), kind=Kind.SLOT)
        if heard.finding is Finding.SAID:
            return Verdict(Outcome.MET, "question_asked", (("answer", "none"),), (nearest,))
        if heard.finding is Finding.NOT_SAID:
            return self._violated(scene, nearest)
        searched = span_of(scene, 0, len(track.text))
        return Verdict(Outcome.UNDECIDED, "question_unsure", searched=searched, nearest=nearest)

    def _violated(self, scene: Scene, nearest: Match | None) -> Verdict:
        searched = span_of(scene, 0, len(scene.agent.text))
        return Verdict(Outcome.VIOLATED, "question_missing", searched=searched, nearest=nearest)


def unavailable(talk: Interview) -> Verdict:
    """Say that the customer was not there for the questions, with the words that show it."""
    shown = talk.refusal or talk.absence or talk.busy or talk.yielded
    matches = (shown,) if shown else ()
    return Verdict(Outcome.NOT_APPLICABLE, "customer_unavailable", matches=matches)


def answer_match(talk: Interview, answer: Answer) -> Match:
    """Return the words of an answer, or of the agent with which the customer agreed."""
    track = talk.customer if answer.role is Role.CUSTOMER else talk.agent
    return track.match(answer.start, answer.end, expected=answer.value or "", similarity=1.0)


def broke_off(scene: Scene, talk: Interview) -> bool:
    """Whether the line broke or the customer hung up before the agent came to an end."""
    if scene.call.released_by is ReleasedBy.AGENT:
        return False
    return asked_to_wait(scene) or not (talk.closed or agent_took_leave(scene))


def _place_match(talk: Interview, place: Place) -> Match:
    return talk.agent.match(
        place.start, place.end, expected=place.expected, similarity=place.similarity
    )
