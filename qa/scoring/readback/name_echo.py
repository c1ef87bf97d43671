"""Where an agent's words come closest to the name that the customer gave."""

import re
from dataclasses import dataclass

from qa.scoring.name_sounds import name_cost
from qa.scoring.numbers import CLEAR_DIGITS
from qa.scoring.readback.name_given import is_generic, surname_sounds
from qa.scoring.readback.name_words import GENERIC, TITLES
from qa.scoring.readback.numbers_said import marks_of
from qa.scoring.readback.talk import Talk
from qa.scoring.sounds import sound_regex
from qa.scoring.surnames import DOUBLE_SURNAMES, SURNAMES
from qa.scoring.syllables import NEAR_COST
from qa.scoring.track import Track

NAME_CHARS = (2, 4)
ALIKE_COST = {1: 0.35, 2: 0.2, 3: 0.25, 4: 0.25}
"""Mean cost per syllable, by the length of a name, up to which a heard name is the other: one
confusable syllable of two, two or a stranger one of three."""


@dataclass(frozen=True)
class NameTalk:
    """What both sides said of the name.

    Attributes:
        answer: positions of the customer's answer, lead-in (我叫) left out; equal if there is none.
        surname_only: whether no more than a surname was given (我姓张, 苏先生).
        replies: stretches of the agent's words in which the name may be repeated.
    """

    customer: Track
    agent: Track
    answer: tuple[int, int]
    surname_only: bool
    replies: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Echo:
    """Where the agent's words come closest to the customer's name."""

    name: str
    given: tuple[int, int]
    place: tuple[int, int]
    cost: float


def closest_echo(talk: Talk, names: NameTalk) -> Echo | None:
    """Return where the agent's words come closest to the name, looked for once per answer."""
    key = ("readback:echo", names.answer)
    return talk.scene.shared(key, lambda: _closest_echo(talk, names))


def _closest_echo(talk: Talk, names: NameTalk) -> Echo | None:
    """Align the customer's name with the agent's words.

    Where the name begins in the customer's words is not known, so every stretch that may be one is
    tried, from the first word on; the first that is repeated alike wins.
    """
    if names.surname_only:
        return _surname_echo(talk, names)
    best: Echo | None = None
    start, stop = names.answer
    surnames = surname_sounds()
    for first in range(start, min(start + MAX_OFFSET, stop - 1)):
        if first > start and talk.customer.syllables[first] not in surnames:
            continue
        if talk.is_certain and _names_a_place(talk, first):
            continue
        for length in _lengths(talk, first, stop):
            echo = _find(talk, names, first, length)
            if echo is None:
                continue
            if echo.cost <= ALIKE_COST[length] and (length > 2 or _ends(talk, echo)):
                other = _other_surname(talk, names, echo) if length == 2 else None
                return other or echo
            part = talk.is_certain and length == 2 and echo.cost <= ALIKE_COST[length]
            if not part and (best is None or echo.cost < best.cost):  # 李志 of 李志刚 is no 李志强
                best = echo
    return best


def _names_a_place(talk: Talk, first: int) -> bool:
    """Whether what begins at a position is a compound's: a number follows (锦河湾三号楼)."""
    marks = marks_of(talk, talk.customer)
    if any(m.kind != "loose" and m.start <= first < m.end for m in marks):
        return True
    building = next((m.start for m in marks if m.kind == "building" and m.start > first), None)
    if building is None or building - first > PLACE_CHARS:
        return False
    return _PLACE.fullmatch(talk.customer.text, first, building) is not None


PLACE_CHARS = 8
_PLACE = re.compile(
    ".{1,3}|.{1,4}(?:小区|家园|花园|新村|新城|社区|公寓|家属[院楼]|宿舍|[苑园城湾里府院郡庭居村])"
)


def _other_surname(talk: Talk, names: NameTalk, echo: Echo) -> Echo | None:
    """Say whether only a given name was repeated, after another surname (胡月蓉 for 古月蓉)."""
    (first, end), (at, stop) = echo.given, echo.place
    inside = first > names.answer[0] and talk.customer.clause_start(first) < first
    if not (inside and talk.is_certain) or talk.agent.clause_start(at) == at:
        return None
    mine, theirs = talk.customer.text[first - 1], talk.agent.text[at - 1]
    extra = name_cost(mine, theirs)
    if not (mine in SURNAMES and theirs in SURNAMES) or extra < NEAR_COST or is_generic(theirs):
        return None
    cost = (echo.cost * (end - first) + extra + SURNAME_EXTRA) / (end - first + 1)
    return Echo(mine + echo.name, (first - 1, end), (at - 1, stop), cost)


def _lengths(talk: Talk, first: int, stop: int) -> list[int]:
    """Return how long a name may be that begins at a position: up to the next pause."""
    text = talk.customer.text
    end = min(stop, talk.customer.clause_end(first), first + NAME_CHARS[1])
    most = NAME_CHARS[1] if text[first : first + 2] in DOUBLE_SURNAMES else NAME_CHARS[1] - 1
    return [
        length
        for length in range(min(most, end - first), 1, -1)
        if sum(c in CLEAR_DIGITS for c in text[first : first + length]) < MANY_DIGITS
        and not is_generic(text[first : first + length])
    ]


def _ends(talk: Talk, echo: Echo) -> bool:
    """Whether two syllables are a whole name on either side, not the beginning of another one."""
    agent, customer = talk.agent, talk.customer
    if customer.clause_end(echo.given[1] - 1) == echo.given[1]:
        return True
    if agent.clause_end(echo.place[1] - 1) == echo.place[1]:
        return True
    following = sound_regex(f"(?:{TITLES}|{GENERIC})").match(talk.agent_sounds, echo.place[1])
    return following is not None


MANY_DIGITS = 2
MAX_OFFSET = 14


def _find(talk: Talk, names: NameTalk, first: int, length: int) -> Echo | None:
    """Find where in its replies the agent comes closest to a stretch of the customer's words."""
    wanted, said = talk.customer.text[first : first + length], talk.agent.text
    best: tuple[float, int] | None = None
    for at in _likely(talk, names, first, length):
        if length == 2 and talk.is_certain and at + 1 in talk.agent.pauses:
            continue  # 建国的建，军人的军 names no 建军
        if talk.is_certain and length > 1 and is_generic(said[at : at + length]):
            continue  # 好的，好 repeats no 郝浩
        costs = list(map(name_cost, wanted, said[at : at + length]))
        cost = sum(costs) + (SURNAME_EXTRA if costs[0] >= NEAR_COST else 0)
        if best is None or cost < best[0]:
            best = cost, at
    if best is None:
        return None
    name = talk.customer.text[first : first + length]
    place = (best[1], best[1] + length)
    return Echo(name, (first, first + length), place, best[0] / length)


def _likely(talk: Talk, names: NameTalk, first: int, length: int) -> list[int]:
    """Return where in the replies at least one syllable of a stretch is in its place."""
    keys, text = talk.agent.keys, talk.agent.text
    found: set[int] = set()
    for start, stop in names.replies:
        for k, key in enumerate(talk.customer.keys[first : first + length]):
            at = keys.find(key, start + k, stop - length + k + 1)
            while at >= 0:
                found.add(at - k)
                at = keys.find(key, at + 1, stop - length + k + 1)
    return [at for at in sorted(found) if not any(c.isdigit() for c in text[at : at + length])]


SURNAME_EXTRA = 0.6
"""Another surname is another person, whatever the given name."""


def _surname_echo(talk: Talk, names: NameTalk) -> Echo | None:
    start = names.answer[0]
    surname = talk.customer.text[start : start + 1]
    titles = sound_regex(TITLES)
    first, stop = names.replies[0]
    best: Echo | None = None
    for match in titles.finditer(talk.agent_sounds, first, stop):
        for at in range(max(first, match.start() - 3), match.start()):
            cost = name_cost(surname, talk.agent.text[at])
            if best is None or cost < best.cost:
                best = Echo(surname, (start, start + 1), (at, match.end()), cost)
    if best is None or best.cost > ALIKE_COST[1]:
        for at in range(first, min(stop, first + 12)):
            said = talk.agent.text[at]  # 留个电话 repeats no 葛
            if said == surname or (said in SURNAMES and name_cost(surname, said) == 0):
                return Echo(surname, (start, start + 1), (at, at + 1), 0.0)
    return best
