"""Addresses by street and house number (中山路十二号), which name no building, unit or room."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from qa.scoring.addresses import compound_likeness
from qa.scoring.numbers import CLEAR_DIGITS
from qa.scoring.readback.findings import Detail, State
from qa.scoring.readback.talk import FOREVER, Talk
from qa.scoring.track import Track

_NUMERALS = "[" + "".join(CLEAR_DIGITS) + "十百0-9]"
STREET = re.compile(
    f"(?P<street>[\u4e00-\u9fff]{{1,5}}(?:大街|胡同|大道|[路街道巷弄]))(?P<house>{_NUMERALS}{{1,6}})号(?!楼|线|院|车|口|的?单|工单)"
)
SAME_STREET = 0.75
"""Likeness from which two heard streets are the same."""


@dataclass(frozen=True, slots=True)
class House:
    """A house in a street as one side said it; start and end are positions of its track."""

    street: str
    number: str
    start: int
    end: int


def judge_street(talk: Talk, detail: Detail) -> Detail | None:
    """Say how an address of street and number was read back; None where the customer gave none.

    The number counts digit by digit; the street may sound alike.
    """
    given = next(_houses(talk.customer), None)
    if given is None:
        return None
    quote = talk.customer.match(given.start, given.end, expected="address", similarity=1.0)
    detail = replace(detail, given=quote)
    first, _ = talk.between(talk.agent, talk.time(talk.customer, given.start), FOREVER)
    said = [house for house in _houses(talk.agent) if house.start >= first]
    alike = [h for h in said if compound_likeness(h.street[-4:], given.street) >= SAME_STREET]
    for house in alike:
        if house.number == given.number:
            match = talk.agent.match(house.start, house.end, expected="address", similarity=1.0)
            return replace(detail, state=State.RIGHT, repeated=match, value="address")
    if not talk.is_certain or (said and not alike):
        return replace(detail, state=State.UNSURE)
    if alike:
        at = alike[-1]
        match = talk.agent.match(at.start, at.end, expected="address", similarity=0.5)
        return replace(detail, state=State.WRONG, repeated=match)
    return replace(detail, state=State.MISSING)


def _houses(track: Track) -> Iterator[House]:
    for match in STREET.finditer(track.text):
        start = max(match.start(), track.clause_start(match.end() - 1))
        street = track.text[start : match.end("street")]
        if street:
            yield House(street, match["house"].replace("幺", "一"), start, match.end())
