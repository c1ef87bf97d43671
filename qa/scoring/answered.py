"""Statements that an agent makes by answering: the question names the matter, the answer the rest.

Asked 用不用关阀门, an agent who says 那倒不必 has said that the valve may stay open, without naming
it. So the customer's words before an answer are read with it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qa.scoring.check import Scene
from qa.scoring.grammar import PARTICLES, Found, as_regex, compile_all
from qa.scoring.spotting import Guards, Sighting, is_harmless
from qa.scoring.track import Hit
from qa.text import fold
from qa.types import Role

QUESTIONS_BACK = 2
"""How many turns of the customer, right before the answer, may hold the question: agents ask back
once before they answer."""
_LEAD_IN = re.compile("(?:[那这就也真都倒嗯啊哦噢哎呀唉嗐嗨咳呃您你]|可(?!以)|当然)*")
_AFTER_ONE = frozenset("的啊呀呗吧嘛哈您你自随就咋那")
"""What may follow a one-character answer within its clause: 行您随意, but not 行李."""
_RHETORICAL = re.compile("(?:咋|怎么|有啥|有什么|哪有|为啥|为什么|凭什么)不(?:行|能|可以|让)")
"""有什么不行 is a yes."""
_TURNED = re.compile("[不没未甭别才][太能是算会够到]?$|低于$|达不到$|不符合$")


@dataclass(frozen=True)
class Answer:
    """A question and the answers to it that are wrong.

    All in the notation of `qa.scoring.grammar`, looked for character by character.

    Attributes:
        asked: the question; in the customer's words before the answer, or in the agent's own turn.
        said: answers with words of their own (您想怎么弄就怎么弄).
        brief: answers that say nothing by themselves (行, 不用); only at the beginning of the turn
            right after the question.
        whole: answers that are wrong only where the turn says nothing else (没有, 不能, 再说吧).
        unless: wordings in the turn that make the answer right, or about something else.
        context: words of which one has to stand somewhere in the call, whoever says it.
    """

    asked: tuple[str, ...]
    said: tuple[str, ...] = ()
    brief: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    context: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.asked or not (self.said or self.brief or self.whole):
            raise ValueError("an answer needs what was asked and what is wrong to say")
        for notations in (self.asked, self.said, self.brief, self.whole, self.unless):
            compile_all(notations)
        compile_all(self.context)


def asked_before(scene: Scene) -> list[tuple[str, str]]:
    """For each turn of the agent: what the customer said right before it, and shortly before it.

    Folded text; the second includes the first. Made once for a call.
    """
    return scene.shared("asked_before", lambda: _asked_before(scene))


def _asked_before(scene: Scene) -> list[tuple[str, str]]:
    agent = scene.agent
    firsts = {agent.utterances[agent.utterance_at(start)][0] for start, _ in agent.turns}
    stretches: list[str] = []
    said = ""
    for index, utterance in enumerate(scene.transcript.utterances):
        if utterance.role is Role.CUSTOMER:
            said += fold(utterance.text).text + " "
        elif index in firsts:
            stretches.append(said)
            said = ""
    return [
        (stretch, " ".join(stretches[max(0, k + 1 - QUESTIONS_BACK) : k + 1]))
        for k, stretch in enumerate(stretches)
    ]


def wrong_answers(scene: Scene, answer: Answer, guards: Guards) -> Iterator[Sighting]:
    """Find the turns of the agent that answer a question wrongly, at most one place in each."""
    track = scene.agent
    asked = as_regex(answer.asked)
    if not asked.search(scene.customer.text) and not asked.search(track.text):
        return
    if answer.context and not any(
        as_regex(answer.context).search(text) for text in (track.text, scene.customer.text)
    ):
        return
    for (start, end), (just_said, said), turn in zip(
        track.turns, asked_before(scene), _own_turns(scene), strict=False
    ):
        if not (asked.search(said) or asked.search(turn)) or as_regex(answer.unless).search(turn):
            continue
        place = _content_answer(scene, answer, (start, end), guards)
        if place is None and asked.search(just_said):
            place = _brief_answer(scene, answer, (start, end)) or _whole_answer(
                scene, answer, (start, end)
            )
        if place is not None:
            yield Sighting(place, sure=True)


def _own_turns(scene: Scene) -> list[str]:
    """For each turn of the agent: its words, less questions that are none."""
    track = scene.agent
    return scene.shared(
        "own_turns", lambda: [_RHETORICAL.sub(" ", track.text[a:b]) for a, b in track.turns]
    )


def _content_answer(
    scene: Scene, answer: Answer, turn: tuple[int, int], guards: Guards
) -> Found | None:
    track = scene.agent
    for match in as_regex(answer.said).finditer(track.text, *turn):
        found = _found(match)
        before = track.text[max(turn[0], track.clause_start(match.start())) : match.start()]
        if not _TURNED.search(before) and not is_harmless(track, found, guards):
            return found
    return None


def _brief_answer(scene: Scene, answer: Answer, turn: tuple[int, int]) -> Found | None:
    track = scene.agent
    lead = _LEAD_IN.match(track.text, *turn)
    at = lead.end() if lead else turn[0]
    match = as_regex(answer.brief).match(track.text, at, turn[1])
    if match is None:
        return None
    closed = track.clause_end(match.end() - 1) == match.end()
    if len(match[0]) == 1 and not closed and track.text[match.end()] not in _AFTER_ONE:
        return None
    return _found(match)


def _whole_answer(scene: Scene, answer: Answer, turn: tuple[int, int]) -> Found | None:
    """Find an answer that is all that the turn says, particles apart."""
    if not answer.whole:
        return None
    track = scene.agent
    lead = _LEAD_IN.match(track.text, *turn)
    match = as_regex(answer.whole).match(track.text, lead.end() if lead else turn[0], turn[1])
    if match is None or not PARTICLES.issuperset(track.text[match.end() : turn[1]]):
        return None
    return _found(match)


def _found(match: re.Match[str]) -> Found:
    return Found(match[0], len(match[0]), Hit(*match.span(), 1.0, 1.0))
