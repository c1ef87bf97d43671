"""Names in a conversation: given, spelt out (弓长张, 建设的建), repeated, compared by sound."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from qa.scoring.hypotheses import Kind
from qa.scoring.name_sounds import name_cost, same_name
from qa.scoring.numbers import CLEAR_DIGITS
from qa.scoring.readback.findings import Detail, Doubt, State
from qa.scoring.readback.name_echo import ALIKE_COST, NAME_CHARS, Echo, NameTalk, closest_echo
from qa.scoring.readback.name_given import (
    after_lead,
    is_generic,
    surname_only,
    unasked,
)
from qa.scoring.readback.name_read import on_record, stated
from qa.scoring.readback.name_words import (
    ASKED_NEARLY,
    GENERIC,
    PARTICLES,
    SPELLING,
    SUMMARY,
    TITLES,
)
from qa.scoring.readback.numbers_said import marks_of
from qa.scoring.readback.talk import FOREVER, Talk
from qa.scoring.sounds import sound_regex
from qa.scoring.surnames import NEVER_IN_A_NAME, SURNAMES, looks_like_a_name
from qa.scoring.syllables import keys

ANSWER_CHARS = 24
STRANGE_COST = 0.62
"""Mean cost from which nothing of the name is there."""


def name_talk(talk: Talk) -> NameTalk:
    """Gather what both sides said of the name, once per call.

    Where a name was asked for several times (the repairer's too), the answer that the agent
    repeats counts, else the last one.
    """
    return talk.scene.shared("readback:name", lambda: _name_talk(talk))


def _name_talk(talk: Talk) -> NameTalk:
    found = [_answered(talk, begin, end) for begin, end in talk.zones("name")]
    found = [one for one in found if one.answer[0] < one.answer[1]]
    if not found:
        found = [_named(talk, unasked(talk), 0)]
    for one in found:
        echo = closest_echo(talk, one)
        if echo and echo.cost <= ALIKE_COST[len(echo.name)]:
            return one
    place = stated(talk)
    return _named(talk, place, 0) if place[0] < place[1] else found[-1]


def _answered(talk: Talk, begin: int, end: int) -> NameTalk:
    """Take the customer's words after a question for the name."""
    start, stop = talk.between(talk.customer, max(0, begin - EARLY_MS), min(end, begin + 60_000))
    stop = min(stop, start + ANSWER_CHARS * 2)
    start, stop = after_lead(talk, _after_numbers(talk, start, stop), stop)
    spelt = sound_regex(SPELLING).match(talk.customer_sounds, start, stop)
    if spelt and talk.customer.clause_end(start) == spelt.end():
        start = spelt.end() - 1  # 田地的田: no more than the surname
    return _named(talk, (start, stop), begin)


def _after_numbers(talk: Talk, start: int, stop: int) -> int:
    """Leave out an address or a number that is told before the name: 粮库三号楼二零一，汤鹏."""
    bounds = [start, *(p for p in talk.customer.pauses if start < p < stop), stop]
    marks = [m for m in marks_of(talk, talk.customer) if start <= m.start < stop]
    for begin, end in pairwise(bounds if marks else ()):
        held = [m.end for m in marks if begin <= m.start < end]
        first = max(held) if held else after_lead(talk, begin, end)[0]
        name = talk.customer.text[first:end].rstrip(PARTICLES)
        introduced = not held and first > begin and NAME_CHARS[0] <= len(name) <= NAME_CHARS[1]
        if introduced or looks_like_a_name(name) or (talk.is_certain and _stands_alone(name)):
            return first if held else begin
    return start


def _stands_alone(text: str) -> bool:
    """Whether a clause may be a name, though it begins with no surname that is listed (訾艳华)."""
    if len(text) not in (2, 3) or NEVER_IN_A_NAME.search(text) or is_generic(text):
        return False
    return not any(char in CLEAR_DIGITS or char in PLACES for char in text)


PLACES = "边路口旁面对楼区街栋院门店里家层户室东西南北上下号记"
"""Characters of what describes a place, not a person: 靠马路."""


def _named(talk: Talk, answer: tuple[int, int], begin: int) -> NameTalk:
    if answer[0] < answer[1]:
        begin = talk.time(talk.customer, answer[0])
    replies = tuple(_replies(talk, max(0, begin - EARLY_MS)))
    return NameTalk(talk.customer, talk.agent, answer, surname_only(talk, answer), replies)


def _replies(talk: Talk, begin_ms: int) -> Iterator[tuple[int, int]]:
    """Yield where the agent may repeat the name: the reply itself, then summaries."""
    following = [a.begin_ms for a in talk.asks if a.begin_ms > begin_ms + EARLY_MS]
    end_ms = following[1] if len(following) > 1 else FOREVER
    start, stop = talk.between(talk.agent, begin_ms, end_ms)
    questions = [a.place[1] for a in talk.asks if "name" in a.fields and a.begin_ms <= begin_ms]
    start = max([start, *(end for end in questions if end <= stop)])
    stop = min(stop, start + REPLY_CHARS)
    yield start, stop
    for match in sound_regex(SUMMARY).finditer(talk.agent_sounds, stop):
        yield match.start(), min(len(talk.agent.text), match.start() + SUMMARY_CHARS)


REPLY_MS = 12_000
UNHEARD_MS = 1_200
"""Speech of the agent without words from which no name can be said to be missing."""
EARLY_MS = 600
"""How much earlier than the customer's name its echo may seem to begin."""
REPLY_CHARS = 60
SUMMARY_CHARS = 60


def judge_name(talk: Talk) -> Detail:
    """Say how the name was read back."""
    names = name_talk(talk)
    start, stop = names.answer
    given = None
    if start < stop:
        given = talk.customer.match(start, min(stop, start + 12), expected="name", similarity=1.0)
    detail = Detail("name", State.UNSURE, talk.ask_match("name"), given)
    if given is None:
        if known := on_record(talk, detail):
            return known
        asked = detail.asked or _titled(talk, names) or _nearly_asked(talk)
        return replace(detail, state=State.UNSURE if asked else State.NOT_ASKED)
    echo = closest_echo(talk, names)
    if echo:
        repeated = talk.agent.match(
            *echo.place, expected=echo.name, similarity=round(1 - echo.cost, 3)
        )
        detail = replace(
            detail,
            repeated=repeated,
            given=talk.customer.match(*echo.given, expected=echo.name, similarity=1.0),
        )
        if echo.cost <= ALIKE_COST[len(echo.name)]:
            wrong = talk.is_certain and _is_another(talk, echo)
            return replace(
                detail,
                state=State.WRONG if wrong else State.RIGHT,
                value="" if wrong else echo.name,
            )
    unlike = _unlike(talk, names, detail, echo)
    if unlike.state is State.MISSING and not unlike.repeated:
        return on_record(talk, detail) or unlike
    return unlike


def _nearly_asked(talk: Talk) -> bool:
    """Whether the question for the name may be among what was not heard well."""
    if talk.unheard_ms(0, FOREVER) > UNHEARD_MS:
        return True
    return not talk.is_certain and any(keys(word) in talk.agent.keys for word in ASKED_NEARLY)


def _unlike(talk: Talk, names: NameTalk, detail: Detail, echo: Echo | None) -> Detail:
    """Judge where nothing alike was repeated: another name, none at all, or it cannot be told."""
    start = talk.time(talk.customer, names.answer[0])
    if talk.unheard_ms(start, start + REPLY_MS) > UNHEARD_MS:
        return detail
    renamed = echo is not None and _is_renamed(talk, echo)
    if not renamed and (spelt := _spelt_back(talk, names)):
        match = talk.agent.match(*spelt, expected=_name(talk, names, echo), similarity=0.9)
        return replace(detail, state=State.RIGHT, repeated=match)
    residue = _residue(talk, names)
    if len(residue) <= 1:
        return replace(detail, state=State.MISSING, repeated=None)
    other = _titled(talk, names)
    place = other or (echo.place if echo and echo.cost < STRANGE_COST else None)
    if place is None:
        first = names.replies[0][0]
        place = (first, min(names.replies[0][1], first + min(len(residue), MAX_PLACE)))
    if other and _is_surname_of(talk, names, other):
        match = talk.agent.match(*other, expected=_name(talk, names, echo), similarity=0.5)
        return replace(
            detail, state=State.PART if talk.is_certain else State.UNSURE, repeated=match
        )
    if talk.is_certain:
        if other is None and echo and _is_renamed(talk, echo):
            return replace(detail, state=State.WRONG)
        if other is None:
            return replace(detail, state=State.MISSING, repeated=None)
        match = talk.agent.match(*other, expected=_name(talk, names, echo), similarity=0.0)
        return replace(detail, state=State.WRONG, repeated=match)
    name = _name(talk, names, echo)
    if echo and other is None and len(name) == 2 and echo.given[0] > names.answer[0]:
        name = talk.customer.text[echo.given[0] - 1 : echo.given[1]]  # the surname may be lost
        place = (max(names.replies[0][0], place[0] - 1), place[1])
    heard = talk.agent.text[place[0] : place[1]]
    doubt = Doubt(talk.agent, place, (name,), (heard,), Kind.VALUE)
    return replace(detail, state=State.UNSURE, doubts=(doubt,))


def _spelt_back(talk: Talk, names: NameTalk) -> tuple[int, int] | None:
    """Find where the agent spells out the given name instead of saying it (志气的志，强大的强)."""
    start, stop = names.answer
    name = talk.customer.text[start : min(stop, talk.customer.clause_end(start))]
    first, last = names.replies[0]
    spellings = _SPELT_CHAR.finditer(talk.agent.text, first, last)
    places = [m.end() - 1 for m in spellings if not is_generic(m[0][-1])]  # 好的好的 spells nothing
    for given in {name[-2:], name[-1:]} if len(name) in NAME_LENGTHS else ():
        for k in range(len(places) - len(given) + 1):
            spelt = "".join(talk.agent.text[p] for p in places[k : k + len(given)])
            if same_name(given, spelt) and (len(given) > 1 or len(name) == 2):
                return places[k] - 3, places[k + len(given) - 1] + 1
    return None


_SPELT_CHAR = re.compile(
    "([\u4e00-\u9fff])[\u4e00-\u9fff]{1,2}的\\1|[\u4e00-\u9fff]([\u4e00-\u9fff])的\\2"
)
NAME_LENGTHS = (2, 3, 4)


def _is_another(talk: Talk, echo: Echo) -> bool:
    """Whether written words show another surname that only nearly sounds alike (宋秀英, 孙秀英)."""
    said = talk.agent.text[slice(*echo.place)]
    whole = (
        len(echo.name) > NAME_CHARS[0] and talk.agent.clause_start(echo.place[0]) == echo.place[0]
    )
    surnames = said[0] in SURNAMES and echo.name[0] in SURNAMES
    return whole and surnames and name_cost(echo.name[0], said[0]) > 0


def _is_renamed(talk: Talk, echo: Echo) -> bool:
    """Whether the agent gave the customer's given name to another surname."""
    said = talk.agent.text[slice(*echo.place)]
    return len(said) > NAME_CHARS[0] and said[0] in SURNAMES and same_name(echo.name[1:], said[1:])


MAX_PLACE = 8
"""Characters of a reply in which the sound is asked for a name."""


def _is_surname_of(talk: Talk, names: NameTalk, place: tuple[int, int]) -> bool:
    """Whether the agent said no more than the surname of a whole name (孟先生 for 孟庆华)."""
    said = [p for p in range(*place) if not is_generic(talk.agent.text[p])]
    first = talk.customer.text[names.answer[0]]
    return len(said) == 1 and name_cost(first, talk.agent.text[said[0]]) == 0


def _name(talk: Talk, names: NameTalk, echo: Echo | None) -> str:
    """Return the customer's name as heard, as far as it can be made out."""
    if echo:
        return echo.name
    start = names.answer[0]
    return talk.customer.text[start : min(start + 3, talk.customer.clause_end(start))]


def _titled(talk: Talk, names: NameTalk) -> tuple[int, int] | None:
    """Find a name before 先生 or 女士 in the agent's reply."""
    start, stop = names.replies[0]
    stop = min(stop, start + 40)
    match = sound_regex(TITLES).search(talk.agent_sounds, start, stop)
    if not match:
        return None
    first = max(start, match.start() - 3, talk.agent.clause_start(match.start()))
    return (first, match.start()) if match.start() - first >= 1 else None


def _residue(talk: Talk, names: NameTalk) -> str:
    """Return what is left of the agent's first reply without what is said to anybody."""
    start, stop = names.replies[0]
    following = next((a.place[0] for a in talk.asks if a.place[0] >= start), stop)
    return sound_regex(GENERIC).sub("", talk.agent_sounds[start : min(following, stop)])
