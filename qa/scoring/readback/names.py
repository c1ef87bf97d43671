"""Names in a conversation: given, spelt out (弓长张, 建设的建), repeated, compared by sound."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from qa.scoring.hypotheses import Kind
from qa.scoring.name_sounds import name_cost, same_name
from qa.scoring.numbers import CLEAR_DIGITS
from qa.scoring.readback.findings import Detail, Doubt, State
from qa.scoring.readback.name_given import (
    after_lead,
    is_generic,
    surname_only,
    surname_sounds,
    unasked,
)
from qa.scoring.readback.name_read import on_record, stated
from qa.scoring.readback.name_words import (
    ASKED_NEARLY,
    GENERIC,
    SPELLING,
    SUMMARY,
    TITLES,
)
from qa.scoring.readback.talk import FOREVER, Talk
from qa.scoring.sounds import sound_regex
from qa.scoring.surnames import DOUBLE_SURNAMES, SURNAMES
from qa.scoring.syllables import NEAR_COST, keys
from qa.scoring.track import Track

ANSWER_CHARS = 24
NAME_CHARS = (2, 4)
ALIKE_COST = {1: 0.35, 2: 0.2, 3: 0.25, 4: 0.25}
"""Mean cost per syllable, by the length of a name, up to which a heard name is the other: one
confusable syllable of two, two or a stranger one of three."""
STRANGE_COST = 0.62
"""Mean cost from which nothing of the name is there."""


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
    start, stop = after_lead(talk, start, min(stop, start + ANSWER_CHARS * 2))
    spelt = sound_regex(SPELLING).match(talk.customer_sounds, start, stop)
    if spelt and talk.customer.clause_end(start) == spelt.end():
        start = spelt.end() - 1  # 田地的田: no more than the surname
    return _named(talk, (start, stop), begin)


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
        for length in _lengths(talk, first, stop):
            echo = _find(talk, names, first, length)
            if echo is None:
                continue
            if echo.cost <= ALIKE_COST[length] and (length > 2 or _ends(talk, echo)):
                other = _other_surname(talk, names, echo) if length == 2 else None
                return other or echo
            if best is None or echo.cost < best.cost:
                best = echo
    return best


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
