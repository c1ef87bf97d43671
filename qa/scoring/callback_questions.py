"""The questions of a callback: how they are put, and where an agent put them.

Questions are found in the agent's words by sound; wordings come from the ruleset.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from qa.scoring.callback_answers import (
    ATTITUDE,
    BAD,
    CHARGED,
    GOOD,
    NO,
    PAUSE,
    POINTS,
    REMARK,
    SOLVED,
    YES,
    Form,
)
from qa.scoring.callback_asking import Asking, askings, tells_purpose
from qa.scoring.grammar import GAP, Found, as_regex, compile_all, find_all, needed_chars
from qa.scoring.shortlist import shortlist
from qa.scoring.track import Hit, Track

KINDS: Final = (SOLVED, ATTITUDE, CHARGED, POINTS, REMARK)
NEAR = 0.75
"""Similarity from which words may be a question."""
HEARD = 0.85
"""And from which they are."""
HEARD_CHARS = 0.5
"""Share of a question's characters that must stand there, unless its sound is equal."""
ANSWERED_FROM = 4
"""From this fraction of a question on it is answered: 满意，普通 | 不满意 | 还是不满意."""
CLEAR_CHARS = 0.75
"""The same for wordings in several parts, of which each is short."""
QUOTED_CHARS = 12
"""A question is quoted with so many characters of its clause that come before."""


@dataclass(frozen=True)
class Question:
    """How one question may be put, each in the notation of `qa.scoring.grammar`.

    Attributes:
        asked: wordings of the question.
        doubtful: wordings that may be meant for it; a person decides.
        unless: wordings in the same clause that make it another question.
    """

    asked: tuple[str, ...]
    doubtful: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not compile_all(self.asked):
            raise ValueError("asked must not be empty")
        compile_all(self.doubtful + self.unless)


@dataclass(frozen=True)
class CallbackScript:
    """What is said in a callback, in the notation of `qa.scoring.grammar`.

    Attributes:
        solved, attitude, charged, points, remark: the questions a–e.
        refusals: the customer says that it is not convenient.
        absences: the customer is the wrong person, or wants no callback at all.
        consents: the customer goes on all the same; looked for in the same turn.
        yields: the agent lets the customer go (您先忙), so there was a refusal.
        appointments: the agent asks for a time or names one.
        vague_appointments: the agent puts it off without a time (回头再给您打).
    """

    solved: Question
    attitude: Question
    charged: Question
    points: Question
    remark: Question
    refusals: tuple[str, ...]
    absences: tuple[str, ...]
    consents: tuple[str, ...]
    yields: tuple[str, ...]
    appointments: tuple[str, ...]
    vague_appointments: tuple[str, ...]

    def __post_init__(self) -> None:
        compile_all(self.refusals + self.absences + self.consents + self.yields)
        compile_all(self.appointments + self.vague_appointments)

    def question(self, kind: str) -> Question:
        """Return a question by its kind."""
        found: Question = getattr(self, kind)
        return found


EXAMPLE_SCRIPT: Final[Mapping[str, Any]] = {
    **{kind: {"asked": ["问题解决了吗"]} for kind in KINDS},
    "charged": {"asked": ["收费了吗"]},
    "refusals": ["不方便"],
    "absences": ["打错了"],
    "consents": ["你说"],
    "yields": ["您先忙"],
    "appointments": ["什么时候"],
    "vague_appointments": ["回头"],
}
"""What the examples of the checks take for a script."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question was asked.

    Attributes:
        start, end: positions in the agent's text.
        at_ms: a quarter into it; an answer begins after, often before the question ends.
        sure: whether the words are the question beyond doubt.
        doubtful: whether the wording itself leaves it open.
    """

    kind: str
    start: int
    end: int
    at_ms: int
    sure: bool
    doubtful: bool
    similarity: float
    expected: str


def clear_hits(track: Track, notations: tuple[str, ...], within: tuple[int, int]) -> list[Found]:
    """Where any of some notations is surely heard, and most of its characters stand there.

    挺满 (意) sounds nearly like 挺忙: of short wordings each character must stand there, unless the
    sound is equal.
    """
    found: list[Found] = []
    for likely in shortlist(notations, HEARD, strict=False).likely(track):
        for start, end in likely.turns:
            if start < within[1] and within[0] < end:
                bounds = max(start, within[0]), min(end, within[1])
                found += find_all(likely.pattern, track, *bounds, HEARD)
    return [f for f in found if f.hit.similarity >= HEARD and _is_clear(f)]


def _is_clear(found: Found) -> bool:
    if found.hit.similarity == 1.0:
        return found.hit.same_chars >= HEARD_CHARS
    share = CLEAR_CHARS if GAP in found.text else HEARD_CHARS
    return found.hit.same_chars * found.length >= needed_chars(found.length, share) - 1e-9


def find_places(track: Track, script: CallbackScript) -> list[Place]:
    """Find where the agent put which question, one place for each, in no order.

    Word for word first; only questions that are not found so are looked for by sound, which costs
    ten times as much.
    """
    found = [_word_for_word(track, one) for one in askings(track)]
    asked = {place.kind for place in found if place.sure}
    for kind in KINDS:
        if kind not in asked:
            found += _by_sound(track, script, kind)
    return _strongest(found)


def _word_for_word(track: Track, one: Asking) -> Place:
    clause = track.clause_start(one.start)
    start = clause if one.start - clause <= QUOTED_CHARS else one.start
    hit = Hit(start, one.end, 1.0, 1.0)
    words = Found(one.text.replace(PAUSE, GAP), len(one.text), hit)
    doubtful = one.kind == SOLVED and tells_purpose(track, one.end)
    return _place(track, one.kind, words, doubtful=doubtful)


def _by_sound(track: Track, script: CallbackScript, kind: str) -> list[Place]:
    question = script.question(kind)
    doubts = frozenset(question.doubtful)
    unless = as_regex(question.unless)
    found: list[Place] = []
    for likely in shortlist(question.asked + question.doubtful, NEAR, strict=False).likely(track):
        doubtful = likely.pattern.notation in doubts
        floor = max(HEARD, likely.floor) if doubtful else likely.floor
        for start, end in likely.turns:
            for one in find_all(likely.pattern, track, start, end, floor):
                hit = one.hit
                if hit.similarity < 1 and hit.same_chars < HEARD_CHARS:
                    continue
                if doubtful and hit.similarity < HEARD:
                    continue
                clause = track.text[track.clause_start(hit.start) : track.clause_end(hit.end - 1)]
                if unless.search(clause):
                    continue
                open_ = doubtful or (kind == SOLVED and tells_purpose(track, hit.end))
                found.append(_place(track, kind, one, doubtful=open_))
    return found


def _place(track: Track, kind: str, found: Found, *, doubtful: bool) -> Place:
    hit = found.hit
    span = track.span(hit.start, hit.end)
    return Place(
        kind,
        hit.start,
        hit.end,
        at_ms=span.start_ms + (span.end_ms - span.start_ms) // ANSWERED_FROM,
        sure=hit.similarity >= HEARD and not doubtful,
        doubtful=doubtful,
        similarity=hit.similarity,
        expected=found.text,
    )


def _rank(place: Place) -> tuple[bool, bool, float, int]:
    return place.sure, not place.doubtful, place.similarity, place.end - place.start


def _strongest(places: Sequence[Place]) -> list[Place]:
    """Keep the likest of one kind in one place; a sure one drives out what only resembles it."""
    ranked = sorted(places, key=_rank, reverse=True)
    kept: list[Place] = []
    for place in ranked:
        rivals = [k for k in kept if k.start < place.end and place.start < k.end]
        if any(k.kind == place.kind or (k.sure and not place.sure) for k in rivals):
            continue
        kept.append(place)
    return kept


_STILL = re.compile("还(?:在|有)?(?:漏|响|凉|冷|滴|堵|不热)|没(?:有)?(?:解决|修好|热)吧")
_NOT_CHARGED = re.compile("(?<!收)(?<!要)没(?:有)?(?:跟您|管您|向您|再|额外|乱)?[收要花].*吧")
_SATISFIED = re.compile(
    "满意(?:吗|嘛|吧|是吧|么|不满意)|满不满意|(?:还|挺|都)(?:好|行|可以|不错)(?:吧|吗|是吧)|好不好|好吗"
)


def form_of(kind: str, sentence: str) -> Form:
    """Say what 嗯 and 没有 mean as the reply to a question, from how it was put."""
    if kind == SOLVED:
        return Form(NO, YES) if _STILL.search(sentence) else Form(YES, NO)
    if kind == CHARGED:
        return Form(NO, NO) if _NOT_CHARGED.search(sentence) else Form(YES, NO)
    if kind == ATTITUDE and _SATISFIED.search(sentence) and "普通" not in sentence:
        return Form(GOOD, BAD)
    return Form()
