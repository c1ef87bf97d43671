"""The name that a customer gives: after a lead-in, spelt out, or without being asked."""

import re
from functools import lru_cache
from itertools import pairwise

from qa.scoring.name_sounds import readings, same_name
from qa.scoring.readback.name_words import (
    GENERIC,
    LEADS,
    PARTICLES,
    TITLES,
    UNASKED,
)
from qa.scoring.readback.numbers_said import marks_of
from qa.scoring.readback.talk import FOREVER, Talk
from qa.scoring.sounds import sound_regex
from qa.scoring.surnames import DOUBLE_SURNAMES, NEVER_IN_A_NAME, SURNAMES, looks_like_a_name
from qa.scoring.syllables import sounds
from qa.text import FILLERS

ANSWER_CHARS = 24


@lru_cache(maxsize=1)
def surname_sounds() -> frozenset[str]:
    """Return the syllables with which a name may begin."""
    first = [name[0] for name in (*SURNAMES, *DOUBLE_SURNAMES)]
    return frozenset(sound for char in first for sound in readings(char))


def is_generic(name: str) -> bool:
    """Whether a text is no more than what is said around names."""
    if sound_regex(f"(?:{GENERIC})+").fullmatch(sounds(name)) is None:
        return False
    # 郝浩 sounds like 好好, but nobody writes it so who did not hear a name
    return not (len(name) > 1 and name[0] in SURNAMES - _HEARD_FOR_OTHERS)


_HEARD_FOR_OTHERS = frozenset("计沈施时席纪季何和")
"""Surnames that a recogniser writes for words that are said around names: 计下 for 记下."""


def unasked(talk: Talk) -> tuple[int, int]:
    """Find a name that nobody was heard to ask for: 我叫, a spelling, or a clause that is one."""
    found = sound_regex(UNASKED).finditer(talk.customer_sounds)
    said = next((m for m in found if not m.lastindex or _is_due(talk, m.start())), None)
    said = said or _SURNAMED.search(talk.customer.text)
    if said:
        start = _spelt_name(talk, talk.customer.clause_start(said.start()), said.end())
        return after_lead(talk, start, start + ANSWER_CHARS)
    bounds = (*talk.customer.pauses, len(talk.customer.text))
    for start, stop in pairwise(bounds):
        text = talk.customer.text[start:stop]
        if looks_like_a_name(text) and not is_generic(text) and _is_due(talk, start):
            return start, min(len(talk.customer.text), start + ANSWER_CHARS)
    return _echoed(talk)


_SURNAMED = re.compile("(?<![贵您你尊])姓(?![名什啥])")
"""A surname told without 我: 姓孙，孙科. In characters, for 姓 sounds like 幸福 begins."""


def _echoed(talk: Talk) -> tuple[int, int]:
    """Find a clause that the agent repeats as a name: with a title, or built like one (叫肖玉兰).

    With a title even a word is a name: 成功先生. Syllable by syllable, in the same order.
    """
    bounds = (*talk.customer.pauses, len(talk.customer.text))
    for begin, stop in pairwise(bounds):
        if stop - begin > ECHOED_CHARS or not _is_due(talk, begin):
            continue
        start, _ = after_lead(talk, begin, stop)
        name = talk.customer.text[start:stop]
        if not 2 <= len(name) <= 4 or is_generic(name) or NEVER_IN_A_NAME.search(name):
            continue
        first, last = talk.between(talk.agent, talk.time(talk.customer, start), FOREVER)
        introduced = start > begin and talk.customer.syllables[start] in surname_sounds()
        if _is_named(talk, name, (first, last), titled=not introduced):
            return start, min(len(talk.customer.text), start + ANSWER_CHARS)
    return 0, 0


ECHOED_CHARS = 8
"""Characters of a clause that may be no more than a name and its lead-in."""


def _is_named(talk: Talk, name: str, place: tuple[int, int], *, titled: bool) -> bool:
    """Whether the agent says a name as a clause of its own, with a title where one is asked."""
    title = sound_regex(f"(?:{TITLES})")
    for at in range(place[0], place[1] - len(name) + 1):
        end = at + len(name)
        if talk.agent.clause_start(at) != at or not same_name(name, talk.agent.text[at:end]):
            continue
        if title.match(talk.agent_sounds, end):
            return True
        if not titled and talk.agent.clause_end(end - 1) == end:
            return True
    return False


def _is_due(talk: Talk, position: int) -> bool:
    """Whether details are the topic: one was asked for before, or is given in the same breath."""
    if talk.asks and talk.time(talk.customer, position) > talk.asks[0].begin_ms:
        return True
    start, end = talk.customer.turn_at(position)
    return any(
        start <= mark.start < end and (mark.kind != "loose" or len(mark.value) >= MIN_NUMBER)
        for mark in marks_of(talk, talk.customer)
    )


MIN_NUMBER = 7
"""Digits that make a number by itself somebody's phone."""


def _spelt_name(talk: Talk, clause: int, end: int) -> int:
    """Return where a name begins that the clause after it spells out (米秀荣，大米的米)."""
    start = talk.customer.clause_start(max(0, clause - 1))
    text = talk.customer.text[start:clause]
    spelt = talk.customer.syllables[end - 1]
    holds = spelt in talk.customer.syllables[start:clause]
    rare = len(text) in RARE_CHARS and not NEVER_IN_A_NAME.search(text)  # 扈小梅，跋扈的扈
    is_name = looks_like_a_name(text) or rare
    return start if holds and is_name and not is_generic(text) else clause


RARE_CHARS = (2, 3)
"""Characters of a name whose surname is in no list."""


def after_lead(talk: Talk, start: int, stop: int) -> tuple[int, int]:
    """Leave out what comes before a name; a spelling after it stays, it holds the name too."""
    text = talk.customer.text
    stop = min(stop, len(text))
    regex = sound_regex(f"(?:{LEADS})+")
    match = regex.match(talk.customer_sounds, start, stop)
    clause = text[start : min(stop, talk.customer.clause_end(start))] if start < stop else ""
    if match and clause[:1] not in LEADS and looks_like_a_name(clause) and not is_generic(clause):
        return start, min(stop, start + ANSWER_CHARS)  # 郝浩: no 好好
    announced = match and _announced(talk, start, match.end())
    if announced:
        start = announced
    elif match and match.end() < stop:
        start = match.end() - _sounds_like_a_lead(talk, match.end())
    return start, min(stop, start + ANSWER_CHARS)


def _announced(talk: Talk, start: int, end: int) -> int | None:
    """Return where a surname that sounds like a lead-in comes after 姓 (我姓时, 免贵姓郝)."""
    text = talk.customer.text
    places = (at for at in range(start + 1, end) if text[at - 1] == "姓" and text[at] not in LEADS)
    return next(places, None)


def _sounds_like_a_lead(talk: Talk, end: int) -> bool:
    """Whether a lead-in's last character is the surname that sounds like it (施, not 是)."""
    char = talk.customer.text[end - 1]
    if char not in SURNAMES or char in LEADS:
        return False
    return talk.customer.clause_end(end - 1) - end in GIVEN_NAME


GIVEN_NAME = (1, 2)
"""Characters of a given name."""


def surname_only(talk: Talk, answer: tuple[int, int]) -> bool:
    """Whether an answer holds no more than a surname (我姓张, 苏先生)."""
    start, stop = answer
    text = talk.customer.text[start:stop]
    if not text:
        return False
    clause = min(talk.customer.clause_end(start), stop) - start
    bare = "".join(c for c in text[:clause] if c not in FILLERS).rstrip(PARTICLES)
    announced = talk.customer_sounds[start - 1 : start] == sounds("姓")
    if (len(bare) == 1 and (announced or bare in SURNAMES)) or bare in DOUBLE_SURNAMES:
        return not _full_name_follows(talk, bare, start + clause, stop)
    return bool(sound_regex(f"^.{{1,2}}(?:{TITLES})").match(sounds(text)))


def _full_name_follows(talk: Talk, surname: str, start: int, stop: int) -> bool:
    """Whether the whole name comes after the surname (我姓刘，文刀刘，刘凤霞).

    Not every syllable like the surname's begins it: 七 of a phone is no 齐, 时候 no 石.
    """
    text = talk.customer.text
    return any(
        same_name(surname[0], text[at])
        and text[at] in SURNAMES
        and (talk.customer.clause_start(at) == at or text[at - 1] in (*INTRODUCES, surname))
        and not sound_regex(SPELT_OUT).match(talk.customer_sounds, at)
        for at in range(start, stop - 1)
    )


SPELT_OUT = "(.).{1,3}的\\1"
"""A surname spelt out, which is no whole name: 石头的石."""
INTRODUCES = "叫是名字"
"""What comes right before a whole name."""
