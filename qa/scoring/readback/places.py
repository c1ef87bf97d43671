"""Addresses in a conversation: what the customer gave and what the agent repeated, part by part."""

from dataclasses import replace

from qa.scoring.addresses import common_sound, compound_likeness
from qa.scoring.hypotheses import Kind
from qa.scoring.readback.address_said import (
    LEAD,
    PARTS,
    ROOM_DIGITS,
    AddressTalk,
    address_talk,
    valid_marks,
)
from qa.scoring.readback.digits import subsequence
from qa.scoring.readback.findings import Detail, Doubt, State
from qa.scoring.readback.marks import Mark
from qa.scoring.readback.numbers_said import marks_of
from qa.scoring.readback.streets import judge_street
from qa.scoring.readback.talk import FOREVER, Talk
from qa.scoring.rivals import spoken_forms
from qa.scoring.sounds import sound_regex
from qa.text import FILLERS, fold

SAME = 0.75
"""Likeness from which two heard names are the same compound."""
OTHER = 0.5
GENERIC_REPLY = f"{LEAD}|好的?|嗯|[记计]下了?"


def judge_address(talk: Talk, names: tuple[str, ...]) -> Detail:
    """Say how the address was read back."""
    said = address_talk(talk, names)
    customer, agent = said.customer, said.agent
    detail = Detail("address", State.UNSURE, talk.ask_match("address"), customer.match, agent.match)
    if not (customer.marks or customer.compounds):
        known = judge_street(talk, detail) or _on_record(talk, said, detail)
        if known or detail.asked:
            return known or _by_words(talk, detail)
        return replace(detail, state=State.UNSURE if agent.marks else State.NOT_ASKED)
    if not agent.marks and not _name_repeated(talk, said):
        silent = not _digits_near(talk, said) and not _unheard(talk, said)
        return replace(detail, state=State.MISSING if silent else State.UNSURE, repeated=None)
    return _compare(talk, said, detail)


def _on_record(talk: Talk, said: AddressTalk, detail: Detail) -> Detail | None:
    """Accept an address that the agent read out from the records and the customer agreed to.

    None where it was not read out far enough, or not agreed to.
    """
    agent = said.agent
    if len({mark.kind for mark in agent.marks}) < 2 or not agent.of("room"):
        return None
    end = agent.track.starts[agent.track.utterance_at(agent.of("room")[-1].start) + 1]
    if not talk.agreed_to(end - 1):
        return None
    first, last = talk.between(talk.customer, talk.time(talk.agent, end - 1), FOREVER)
    last = min(last, talk.customer.clause_end(first))
    given = talk.customer.match(first, last, expected="address", similarity=1.0)
    return replace(detail, state=State.RIGHT, given=given, value="address")


def _by_words(talk: Talk, detail: Detail) -> Detail:
    """Compare an address without building or room (红星村三组十五号) by its words."""
    for begin, end in talk.zones("address"):
        start, stop = talk.between(talk.customer, begin, end)
        stop = min(stop, start + ANSWER_CHARS)
        mine = talk.customer.text[start:stop]
        first, last = talk.between(talk.agent, talk.time(talk.customer, start), FOREVER)
        following = next((a.place[0] for a in talk.asks if a.place[0] >= first), last)
        theirs = talk.agent.text[first : min(last, first + ANSWER_CHARS)]
        if len(mine) < MIN_WORDS:
            continue
        given = talk.customer.match(start, stop, expected="address", similarity=1.0)
        detail = replace(detail, given=given)
        if len(theirs) >= MIN_WORDS:
            likeness, _, at, length = common_sound(mine, theirs, MIN_WORDS, WORDS_ALIKE)
            if likeness >= WORDS_ALIKE:
                said = (first + at, first + at + length)
                match = talk.agent.match(*said, expected="address", similarity=round(likeness, 3))
                return replace(detail, state=State.RIGHT, repeated=match, value="address")
        reply = sound_regex(f"{LEAD}|好的?|嗯|[记计]下了?").sub(
            "", talk.agent_sounds[first:following]
        )
        if len(reply) <= 1 and following < last:
            return replace(detail, state=State.MISSING)
    return detail


ANSWER_CHARS = 40
MIN_WORDS = 4
WORDS_ALIKE = 0.9
"""Syllables in a row, and their likeness, that make the agent's words the address repeated."""


def _digits_near(talk: Talk, said: AddressTalk) -> bool:
    """Whether the agent says digits, by sound, where the address should be repeated."""
    zones = [z for name in ("phone", "waybill") for z in talk.zones(name)]
    begin = talk.time(said.customer.track, said.customer.first)
    return any(
        len(mark.value) in ROOM_DIGITS
        for mark in marks_of(talk, talk.agent)
        if (at := talk.time(talk.agent, mark.start)) >= begin
        and not any(a <= at < b for a, b in zones)
    )


def _name_repeated(talk: Talk, said: AddressTalk) -> bool:
    """Whether the agent's words hold the compound that the customer named."""
    return _likeness(talk, said) >= SAME


def _likeness(talk: Talk, said: AddressTalk) -> float:
    """How alike the two sides' compounds sound, 0–1; 1 where the customer named none."""
    mine = {c.name for c in said.customer.compounds}
    theirs = {c.name for c in said.agent.compounds}
    if mine & theirs:
        return 1.0
    names = [said.customer.track.text[a:b] for a, b in said.customer.names if a < b]
    names += [c.name for c in said.customer.compounds]
    if not names:
        return 1.0
    begin = talk.time(said.customer.track, said.customer.first)
    start, end = talk.between(talk.agent, begin, FOREVER)
    end = min(end, start + 240)
    best = 0.0
    for name in dict.fromkeys(names):
        short = _bare(name)[-6:]
        if len(short) >= 2:
            best = max(best, compound_likeness(short, talk.agent.text[start:end]))
    return best


def _bare(name: str) -> str:
    return "".join(c for c in fold(name).text if c not in FILLERS)


def _compare(talk: Talk, said: AddressTalk, detail: Detail) -> Detail:
    """Compare part by part; what the customer said last counts, and any equal repetition."""
    corrected = False
    missing: list[str] = []
    wrong: list[tuple[Mark, Mark]] = []
    for part in PARTS:
        mine, theirs = valid_marks(said.customer, part), said.agent.of(part)
        if not mine:
            continue
        last = mine[-1]
        later = [m for m in theirs if _is_after(talk, said, m, last)] or theirs
        if not later:
            missing.append(part)
        elif any(_agree(last, mark) for mark in later):
            corrected = corrected or any(
                m.value != last.value and m.clear and not subsequence(m.value, last.value)
                for m in theirs
            )
        else:
            wrong.append((last, later[-1]))
    if wrong:
        return _wrong(talk, said, detail, wrong)
    if talk.is_certain and _other_name(said) is State.WRONG:
        return _elsewhere(said, detail)
    detail = replace(detail, state=State.CORRECTED if corrected else State.RIGHT)
    return _whole(talk, said, detail, missing)


def _whole(talk: Talk, said: AddressTalk, detail: Detail, missing: list[str]) -> Detail:
    """No part differs: say whether enough of the address was repeated."""
    likeness = _likeness(talk, said)
    garbled = [part for part in missing if _is_garbled(talk, said, part)]
    if len(garbled) == len(missing) and (likeness >= SAME or not said.customer.names):
        return detail
    other = _other_name(said)
    if other is not None:
        return replace(detail, state=other)
    likely = likeness >= OTHER or not talk.is_certain
    if likely and len(garbled) == len(missing) and _accepted(talk, said, missing):
        return detail
    if _unheard(talk, said) or not missing:
        return replace(detail, state=State.UNSURE)
    nothing = "room" in missing and not said.agent.of("room") and len(missing) == _given(said)
    sure = nothing or talk.is_certain
    return replace(detail, state=State.PART if sure else State.UNSURE)


def _accepted(talk: Talk, said: AddressTalk, missing: list[str]) -> bool:
    """Whether the room and what else was heard are equal and the customer agreed to it."""
    equal = [p for p in PARTS if p not in missing and said.customer.of(p) and said.agent.of(p)]
    room = "room" in equal or (not said.customer.of("room") and len(equal) > 1)
    enough = room and len(equal) + len(missing) >= min(2, _given(said))
    return enough and talk.agreed_to(said.agent.marks[-1].end - 1)


def _given(said: AddressTalk) -> int:
    """Count the parts that the customer named."""
    return sum(bool(said.customer.of(part)) for part in PARTS)


def _unheard(talk: Talk, said: AddressTalk) -> bool:
    """Whether the recogniser missed words of the agent's where the address was repeated."""
    begin = talk.time(talk.customer, said.customer.first)
    return talk.unheard_ms(begin, begin + REPLY_MS) > UNHEARD_MS


def _is_garbled(talk: Talk, said: AddressTalk, part: str) -> bool:
    """Whether the agent's words leave room for a part that was not recognised (6号楼一单人802)."""
    if part == "building":
        first = max(0, said.agent.first - NUMBER_LOST)
        found = sound_regex("号楼").search(talk.agent_sounds, first, said.agent.last)
        return found is not None
    return part == "unit" and any(
        MIN_GARBLED <= room.start - building.end <= GARBLED_CHARS
        for building in said.agent.of("building")
        for room in said.agent.of("room")
    )


NUMBER_LOST = 4
"""Characters before the address as heard in which 号楼 may stand without its number."""
MIN_GARBLED, GARBLED_CHARS = 2, 5
"""Characters between building and room that may have been a unit."""
REPLY_MS = 25_000
UNHEARD_MS = 1_200
"""Speech of the agent without words from which no part can be said to be missing."""


def _other_name(said: AddressTalk) -> State | None:
    """Say whether the agent named another compound of the table, both sides being sure."""
    mine, theirs = said.customer.compounds, said.agent.compounds
    if not (mine and theirs) or {c.name for c in mine} & {c.name for c in theirs}:
        return None
    if not (mine[-1].sure and theirs[-1].sure):
        return None
    firm = min(mine[-1].similarity, theirs[-1].similarity) >= 1.0
    return State.WRONG if firm else State.UNSURE


def _elsewhere(said: AddressTalk, detail: Detail) -> Detail:
    """Quote the compound of the table that the agent named instead (枫林二期 for 枫林一期)."""
    mine, theirs = said.customer.compounds[-1], said.agent.compounds[-1]
    return replace(
        detail,
        state=State.WRONG,
        given=said.customer.track.match(mine.start, mine.end, expected=mine.name, similarity=1.0),
        repeated=said.agent.track.match(
            theirs.start, theirs.end, expected=mine.name, similarity=0.5
        ),
    )


def _is_after(talk: Talk, said: AddressTalk, agent: Mark, customer: Mark) -> bool:
    return talk.time(talk.agent, agent.end) >= talk.time(talk.customer, customer.start)


def _agree(mine: Mark, theirs: Mark) -> bool:
    """Whether two heard numbers may be the same; an unclear one may have lost a digit."""
    if mine.value == theirs.value:
        return True
    if mine.kind == "room" and len(mine.value) != len(theirs.value):
        short, long = sorted((mine.value, theirs.value), key=len)
        if len(short) >= 2 and subsequence(short, long):
            return True
    if all(mark.clear or mark.or_ten for mark in (mine, theirs)):
        return bool(mine.options & theirs.options)
    return True


def _wrong(talk: Talk, said: AddressTalk, detail: Detail, wrong: list[tuple[Mark, Mark]]) -> Detail:
    """Parts that differ: sure only where both sides' words are sure, else the sound is asked."""
    mine, theirs = wrong[0]
    customer, agent = said.customer.track, said.agent.track
    detail = replace(
        detail,
        state=State.WRONG,
        given=customer.match(mine.start, mine.end, expected=mine.value, similarity=1.0),
        repeated=agent.match(theirs.start, theirs.end, expected=mine.value, similarity=0.0),
    )
    if talk.is_certain and all(mark.clear or mark.or_ten for mark in (mine, theirs)):
        return detail
    if any(len(m.value) > 4 or not m.value.isdigit() for m in (mine, theirs)):
        return replace(detail, state=State.UNSURE)
    doubts = (
        Doubt(agent, theirs.number, spoken(mine.value), spoken(theirs.value), Kind.NUMBER),
        Doubt(customer, mine.number, spoken(theirs.value), spoken(mine.value), Kind.NUMBER),
    )
    return replace(detail, doubts=doubts)


def spoken(value: str) -> tuple[str, ...]:
    """How a number of an address is said: rooms digit by digit, small numbers as values."""
    if len(value) >= 3:
        return spoken_forms(value)[:2]
    number = int(value)
    ones = "零一二三四五六七八九"
    if number < 10:
        return (ones[number],)
    tens, rest = divmod(number, 10)
    return (("" if tens == 1 else ones[tens]) + "十" + (ones[rest] if rest else ""),)
