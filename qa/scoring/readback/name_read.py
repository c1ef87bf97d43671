"""Names that the agent reads out of the records (您是张建国先生吧) or says to write down."""

import re
from dataclasses import replace
from itertools import pairwise

from qa.scoring.name_sounds import same_name
from qa.scoring.readback.findings import Detail, State
from qa.scoring.readback.name_given import ANSWER_CHARS, is_generic
from qa.scoring.readback.name_words import TITLES
from qa.scoring.readback.numbers_said import marks_of
from qa.scoring.readback.talk import Talk
from qa.scoring.sounds import sound_regex
from qa.scoring.surnames import looks_like_a_name
from qa.scoring.syllables import sounds

_READ = re.compile(
    "(?P<lead>(?:请问|那|好|还|我看|我这[儿边]|这[儿边])?"
    "(?:您|你|户主|机主|名字|姓名|登记的|登记|系统里?|上面|查到了?|显示|联系人|写的)*"
    "(?:还?是|还?叫|的?名字是?|：)?)"
    "(?P<name>(?P<surname>[\u4e00-\u9fff])[\u4e00-\u9fff]{1,3}?)"
    "(?P<title>(?:(?P=surname))?(?:先生|女士|小姐|阿姨|大爷|大妈|大姐|大哥|大叔|大娘))?"
    "(?P<tail>(?:您?家|的?报修|对吧|对吗|是吧|是吗|没错吧|没变吧|本人|吧|吗|呀|啊|是不)*)"
)
"""A clause of the agent's that is a name with what is said around it."""


def read_names(talk: Talk) -> tuple[tuple[int, int], ...]:
    """Find where the agent says a name as somebody reads it from a record, after the greeting.

    Returns:
        Positions of the names alone, in order: led in, with a title, or beside an
        address or a phone number.
    """
    return talk.scene.shared("readback:names_read", lambda: _read_names(talk))


def _read_names(talk: Talk) -> tuple[tuple[int, int], ...]:
    text, found = talk.agent.text, []
    greeting = talk.agent.turns[0][1] if talk.agent.turns else 0
    bounds = (*talk.agent.pauses, len(text))
    for start, stop in pairwise(bounds):
        match = _READ.fullmatch(text, start, stop)
        if match is None or _no_name(match["name"]):
            continue
        led = match["lead"] not in ("", "好", "那", "请问") or match["title"]
        if (led and start >= greeting) or _beside_an_address(talk, start, stop):
            found.append(match.span("name"))
    return tuple(found)


def _no_name(text: str) -> bool:
    titled = sound_regex(f"(?:{TITLES})$").search(sounds(text))
    return titled is not None or not looks_like_a_name(text) or is_generic(text)


def _beside_an_address(talk: Talk, start: int, stop: int) -> bool:
    sentence = talk.agent.sentence_start(start), talk.agent.sentence_end(stop - 1)
    among = [m for m in marks_of(talk, talk.agent) if sentence[0] <= m.start < sentence[1]]
    return any(
        m.kind in ("unit", "room") or (m.kind == "loose" and len(m.value) >= WHOLE_NUMBER)
        for m in among
    )


WHOLE_NUMBER = 7
"""Digits of a whole phone number."""


def stated(talk: Talk) -> tuple[int, int]:
    """Find a name given before anybody asked, which the agent says to write down: 姓名写迟桂英.

    Returns:
        Its positions in the customer's words; equal where there is none.
    """
    text = talk.customer.text
    for match in _STATED.finditer(talk.agent.text):
        name = talk.agent.text[match.end() : talk.agent.clause_end(match.end() - 1)]
        if not looks_like_a_name(name) or is_generic(name):
            continue
        _, before = talk.between(talk.customer, 0, talk.time(talk.agent, match.end()))
        starts = (k for k in range(before - len(name) + 1) if talk.customer.clause_start(k) == k)
        at = next((k for k in starts if same_name(name, text[k : k + len(name)])), None)
        if at is not None:
            return at, min(len(text), at + ANSWER_CHARS)
    return 0, 0


_STATED = re.compile(
    "(?:姓名|名字|户主|联系人)(?:就|给您|您)?(?:写|记|填|登记|是|叫)(?:的是|成|上|为)?"
)
"""How the agent says under which name it is written down."""


def on_record(talk: Talk, detail: Detail) -> Detail | None:
    """Accept a name that the agent read out of the records and the customer agreed to.

    None where none was read out, or not agreed to.
    """
    for start, stop in read_names(talk):
        if talk.agreed_to(talk.agent.starts[talk.agent.utterance_at(start) + 1] - 1):
            name = talk.agent.text[start:stop]
            match = talk.agent.match(start, stop, expected=name, similarity=1.0)
            return replace(detail, state=State.RIGHT, repeated=match, value=name)
    return None
