"""Ask the sound what a customer answered, where the words do not tell.

A reply is short (满意, 没收, 八分), so recognition has little to go by and writes 卖意 or 墨手. The
usual wordings of each answer are then put to the sound against each other, and against the words
as heard.
"""

from collections.abc import Mapping
from typing import Final

from qa.scoring.callback import Interview
from qa.scoring.callback_answers import (
    ATTITUDE,
    BAD,
    CHARGED,
    FAIR,
    GOOD,
    NO,
    POINTS,
    SOLVED,
    YES,
)
from qa.scoring.callback_windows import Answer
from qa.scoring.check import Scene
from qa.scoring.hypotheses import Finding, Kind, weigh
from qa.scoring.match import best_hit
from qa.scoring.syllables import substitution_cost, syllable_of
from qa.types import Role

CERTAIN = 1.0
"""Mean word confidence of words that nobody had to guess: a dialogue that a person wrote."""
LIKE = 0.55
"""Similarity from which words of the reply may be a usual answer."""
LEAD, FIRM_LEAD = 2.0, 6.0
"""Nats by which an answer must be ahead of the others to be the answer, and to contradict a keyed
one. The words as heard are no rival: 慢意 is nobody's answer."""
SHORT_REPLY = 5
RIVALS = 4
NUMERALS = "零一二三四五六七八九十"
USUAL: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    SOLVED: {YES: ("解决了", "热了"), NO: ("没解决", "不热")},
    ATTITUDE: {GOOD: ("满意",), FAIR: ("普通", "一般"), BAD: ("不满意",)},
    CHARGED: {YES: ("收了",), NO: ("没收", "没有")},
}
"""How each answer is put most often."""


def heard_answer(scene: Scene, talk: Interview, kind: str) -> Answer | None:
    """Return the answer to a question, by the sound where the words leave it unread or not firm.

    While the sound has not answered, this is the answer by the words.
    """
    answer = talk.answer(kind)
    if answer and answer.asked and (answer.firm or answer.role is Role.AGENT):
        return answer
    place = _place(talk, kind, answer)
    if place is None or talk.customer.confidence(*place) >= CERTAIN:
        return answer
    phrases: Mapping[str, tuple[str, ...]]
    phrases = _numbers(talk, place) if kind == POINTS else USUAL[kind]
    weighed = {
        value: weigh(scene, talk.customer, place, usual, kind=Kind.SLOT)
        for value, usual in phrases.items()
    }
    if any(one.margin is None for one in weighed.values()):
        return answer
    ranked = sorted(weighed, key=lambda value: -(weighed[value].margin or 0.0))
    best = weighed[ranked[0]]
    lead = (best.margin or 0.0) - (weighed[ranked[1]].margin or 0.0)
    if best.finding is not Finding.SAID or lead < LEAD:
        return answer
    return Answer(frozenset({ranked[0]}), lead >= FIRM_LEAD, *place, Role.CUSTOMER, asked=True)


def _place(talk: Interview, kind: str, answer: Answer | None) -> tuple[int, int] | None:
    """Where the answer may stand in the customer's words; None where nothing comes near."""
    if answer and answer.asked:
        return answer.start, answer.end
    reply = talk.reply(kind)
    if reply is None:
        return None
    start, end = reply
    track = talk.customer
    if kind == POINTS:
        at = track.text.find("分", start, end)
        return (at - 1, at + 1) if at > start else None
    hits = [
        hit
        for usual in USUAL[kind].values()
        for phrase in usual
        if (hit := best_hit(phrase, track, start, end, floor=LIKE))
    ]
    best = max(hits, key=lambda h: (h.similarity, h.end - h.start), default=None)
    if best:
        return best.start, best.end
    return reply if end - start <= SHORT_REPLY else None


def _numbers(talk: Interview, place: tuple[int, int]) -> dict[str, tuple[str, ...]]:
    """Return the scores that sound likest to what stands before 分."""
    heard = syllable_of(talk.customer.text[place[0]])
    ranked = sorted(
        range(1, 11), key=lambda n: (substitution_cost(syllable_of(NUMERALS[n]), heard), n)
    )
    return {str(n): (f"{NUMERALS[n]}分",) for n in ranked[: RIVALS + 1]}
