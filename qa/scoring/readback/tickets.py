"""The ticket beside the call: phone and name as written, and as both sides said them.

Two people said the value, so a ticket stands accused only where both were heard to say the same
other value, or where the sound says so of the place that was not clear.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from qa.scoring.check import Scene
from qa.scoring.hypotheses import Finding, Kind, weigh
from qa.scoring.name_sounds import holds_name, name_cost, same_name
from qa.scoring.readback.details import judge_detail, talk_of
from qa.scoring.readback.digits import distance, subsequence
from qa.scoring.readback.findings import MET, State
from qa.scoring.readback.name_echo import NameTalk, closest_echo
from qa.scoring.readback.name_words import SPELT, TITLES
from qa.scoring.readback.names import ANSWER_CHARS, name_talk
from qa.scoring.readback.numbers_given import number_talk
from qa.scoring.readback.talk import Talk
from qa.scoring.rivals import CONFUSED_DIGITS, spoken_forms
from qa.scoring.sounds import sound_regex
from qa.scoring.syllables import CONFUSED_COST
from qa.scoring.track import Track
from qa.text import fold
from qa.types import Match


class Agreement(StrEnum):
    """How a part of the ticket stands to the call."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNSURE = "unsure"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True)
class Compared:
    """One part of the ticket compared, with the words it was compared to."""

    part: str
    agreement: Agreement
    matches: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where the sound may tell a written value from a heard one."""

    track: Track
    at: tuple[int, int]
    kind: Kind


def compare_phone(scene: Scene, written: str) -> Compared:
    """Compare the ticket's phone, digit by digit."""
    detail = judge_detail(scene, "phone")
    if detail.state not in MET:
        return Compared("phone", unconfirmed(detail.state), detail.matches)
    numbers = number_talk(talk_of(scene), "phone")
    ticket = _COUNTRY.sub("", "".join(c for c in written if c.isdigit()))
    value = detail.value
    agent, customer = numbers.agent.digits, numbers.customer.digits
    certain = talk_of(scene).is_certain
    taken_back = certain and bool(numbers.given)  # 二七九七，不对，二七九幺: the first is no number
    may_hold = detail.state is State.RIGHT and len(ticket) == len(value or ticket)
    may_hold = may_hold and not (taken_back and value)
    if ticket == value or (may_hold and _holds(ticket, agent, customer)):
        return Compared("phone", Agreement.EQUAL, detail.matches)
    alone = not customer and certain
    doubtful = not certain and _confusable(value, ticket)
    sure = alone or (certain and value == numbers.given and len(value) == len(ticket))
    if value and not doubtful and (sure or _both_say(value, ticket, agent, customer)):
        return Compared("phone", Agreement.DIFFERENT, detail.matches)
    heard = value or agent
    _, start, end = distance(heard, agent)
    if start >= end:
        return Compared("phone", Agreement.UNSURE, detail.matches)
    place = Place(numbers.agent.track, numbers.agent.place(start, end), Kind.NUMBER)
    found = listen(scene, place, spoken_forms(ticket)[:2], spoken_forms(heard)[:2])
    return Compared("phone", found, detail.matches)


_COUNTRY = re.compile(r"^(?:00)?86(?=1\d{10}$)")


def _confusable(left: str, right: str) -> bool:
    """Whether two numbers differ only in digits that recognition confuses, and may have twice."""
    pairs = [(a, b) for a, b in zip(left, right, strict=False) if a != b]
    confused = all(CONFUSED_DIGITS[a] == b or CONFUSED_DIGITS[b] == a for a, b in pairs)
    return len(left) == len(right) and confused


def _both_say(value: str, ticket: str, *streams: str) -> bool:
    """Whether one side said the value whole and the other one what cannot be the ticket's.

    A copy that lost digits counts if those that tell the two numbers apart are there.
    """
    whole = [stream for stream in streams if distance(value, stream)[0] == 0]
    rest = [stream for stream in streams if distance(value, stream)[0] > 0]
    return bool(whole) and all(
        subsequence(stream, value)
        and not subsequence(stream, ticket)
        and len(stream) >= len(value) - LOST_DIGITS
        for stream in rest
    )


LOST_DIGITS = 3


def _holds(ticket: str, *streams: str) -> bool:
    """Whether a side said the ticket's number, or both lost digits of it and exchanged none."""
    if any(distance(ticket, stream)[0] == 0 for stream in streams):
        return True
    return all(len(s) > 5 and subsequence(s, ticket) for s in streams)


def unconfirmed(state: State) -> Agreement:
    """Say how a value stands that was not agreed to in the call."""
    return Agreement.UNSURE if state is State.UNSURE else Agreement.UNCONFIRMED


def listen(scene: Scene, place: Place, written: Sequence[str], heard: Sequence[str]) -> Agreement:
    """Ask the sound whether the written value was said, rather than what was heard.

    On a channel that both share it can acquit, but not convict: there the window holds both
    voices, and of what one repeats after the other a recogniser leaves half out.
    """
    found = weigh(scene, place.track, place.at, written, heard, kind=place.kind).finding
    if found is Finding.SAID:
        return Agreement.EQUAL
    may_convict = scene.transcript.channel_count > 1
    differs = found is Finding.NOT_SAID and may_convict
    return Agreement.DIFFERENT if differs else Agreement.UNSURE


def compare_name(scene: Scene, written: str) -> Compared:
    """Compare the ticket's name by sound, toneless; tickets may say no more than 苏先生."""
    name = without_title(written)
    talk = talk_of(scene)
    names = name_talk(talk)
    start, stop = names.answer
    if not name or start >= stop:
        return _against_record(scene, name)
    echo = closest_echo(talk, names)
    detail = judge_detail(scene, "name")
    if names.surname_only or len(name) == 1:
        if name_cost(name[0], talk.customer.text[start]) == 0:
            return Compared("name", Agreement.EQUAL, detail.matches)
        return Compared("name", Agreement.UNSURE, detail.matches)
    agent_ranges = names.replies
    spelt = spelt_surnames(talk, names)
    if spelt and not same_name(spelt[-1], name[0]):
        return Compared("name", Agreement.DIFFERENT, detail.matches)
    # Where the agent repeated the customer's very name, what was said before it was a mistake.
    first = echo.place[1] - len(name) if echo and echo.cost == 0 else 0
    heard_by_agent = any(
        holds_name(name, talk.agent.text[max(a, first) : b]) for a, b in agent_ranges
    )
    given = talk.customer.text[start : min(stop + len(name), len(talk.customer.text))]
    if heard_by_agent or holds_name(name, given):
        denied = not talk.is_certain and _is_denied(talk, name[0], start)
        misread = talk.is_certain and detail.state is State.WRONG and not holds_name(name, given)
        agreement = Agreement.UNSURE if denied or misread else Agreement.EQUAL
        return Compared("name", agreement, detail.matches)
    if echo is None or detail.state not in MET:
        return _against_answer(scene, name, (start, stop), detail.matches)
    return _other_name(scene, name, echo.given, echo.place, detail.matches)


def _against_record(scene: Scene, name: str) -> Compared:
    """Compare with a name that the agent read from the records and the customer agreed to."""
    detail = judge_detail(scene, "name")
    if not name or detail.state not in MET or len(detail.value) != len(name):
        return Compared("name", Agreement.UNSURE, detail.matches)
    if same_name(name, detail.value):
        return Compared("name", Agreement.EQUAL, detail.matches)
    certain = talk_of(scene).is_certain
    return Compared("name", Agreement.DIFFERENT if certain else Agreement.UNSURE, detail.matches)


def _is_denied(talk: Talk, surname: str, start: int) -> bool:
    """Whether the customer says that it is not this surname (不是周，是邹), as far as was heard.

    Recognition writes the two alike, so both its readings of the name are worth nothing.
    """
    stop = min(len(talk.customer_sounds), start + ANSWER_CHARS)
    found = sound_regex("不是(.)是").search(talk.customer_sounds, start, stop)
    return found is not None and same_name(talk.customer.text[found.start(1)], surname)


def spelt_surnames(talk: Talk, names: NameTalk) -> list[str]:
    """Find surnames that either side spells out (耳东陈) where the name is the topic."""
    start, stop = names.answer
    places = [(talk.customer, start, min(len(talk.customer.text), stop + ANSWER_CHARS))]
    places += [(talk.agent, a, b) for a, b in names.replies[:1]]
    denied = sound_regex("(?:(?<!是)不是|别写成?|不写|(?:老|总|别)?[给写弄]成)$")
    return [
        surname
        for track, a, b in places
        if sound_regex(_ANY_SPELLING).search(track.sounds, a, b)  # in hardly any call
        for spelling, surname in SPELT.items()
        for found in sound_regex(spelling).finditer(track.sounds, a, b)
        if _is_spelt(track.text, *found.span(), surname)
        and not denied.search(track.sounds[max(0, found.start() - 5) : found.start()])
    ]


def _is_spelt(text: str, start: int, end: int, surname: str) -> bool:
    """Whether a surname stands beside its spelling, for 耳东 alone sounds like 二栋.

    It may be misheard itself (耳东城).
    """
    beside = text[max(0, start - 1) : start] + text[end : end + SPELT_REACH]  # 龚长海: no 弓长张
    return any(name_cost(surname, char) <= CONFUSED_COST for char in beside)


SPELT_REACH = 2
_ANY_SPELLING = "|".join(SPELT)


def without_title(written: str) -> str:
    """Leave out 先生 and its like from a written name."""
    text = fold(written).text
    for title in TITLES.split("|"):
        text = text.removesuffix(title)
    return text


def stands(wanted: tuple[str, ...], heard: tuple[str, ...]) -> bool:
    """Whether syllables stand in a row among others."""
    return any(heard[k : k + len(wanted)] == wanted for k in range(len(heard) - len(wanted) + 1))


def _against_answer(
    scene: Scene, name: str, answer: tuple[int, int], matches: tuple[Match, ...]
) -> Compared:
    """Only the customer said the name: convict on words that people wrote down, not on heard."""
    track = talk_of(scene).customer
    place = (answer[0], min(answer[1], track.clause_end(answer[0]), answer[0] + len(name)))
    heard = track.syllables[place[0] : place[1]]
    sure = talk_of(scene).is_certain and len(heard) == len(name)
    return Compared("name", Agreement.DIFFERENT if sure else Agreement.UNSURE, matches)


def _other_name(
    scene: Scene,
    name: str,
    given: tuple[int, int],
    place: tuple[int, int],
    matches: tuple[Match, ...],
) -> Compared:
    """Both sides were heard to say another name than the ticket has."""
    talk = talk_of(scene)
    mine = talk.customer.text[given[0] : given[1]]
    theirs = talk.agent.text[place[0] : place[1]]
    same = same_name(mine, theirs) and len(mine) == len(name)
    confidence = min(talk.customer.confidence(*given), talk.agent.confidence(*place))
    if same and talk.is_certain:
        return Compared("name", Agreement.DIFFERENT, matches)
    strange = [cost >= STRANGE for cost in map(name_cost, name, theirs)]
    if same and any(strange) and confidence >= TRUSTED:
        return Compared("name", Agreement.DIFFERENT, matches)
    place = (max(0, place[1] - max(len(name), place[1] - place[0])), place[1])
    heard = talk.agent.text[place[0] : place[1]]
    found = listen(scene, Place(talk.agent, place, Kind.VALUE), (name,), (heard,))
    return Compared("name", found, matches)


STRANGE = 1.0
"""Cost from which two syllables are not confused on the telephone."""
TRUSTED = 0.35
"""Mean word confidence from which a name that both sides say alike is believed."""
