"""Phone and waybill numbers: whether the agent read out what the customer gave, digit by digit."""

from dataclasses import replace

from qa.scoring.hypotheses import Kind
from qa.scoring.readback.digits import distance, subsequence
from qa.scoring.readback.findings import Detail, Doubt, State
from qa.scoring.readback.numbers_given import (
    MOBILE_DIGITS,
    NumberTalk,
    Stream,
    mended,
    number_talk,
    number_talk_from_start,
    run_at,
)
from qa.scoring.readback.talk import Talk
from qa.scoring.rivals import spoken_forms
from qa.scoring.sounds import sound_regex

THIS_NUMBER = "来电显示|显示这个|这个号|打进来的|来电的?号|现在这个|打的这个|本机|显示的"
OFFERS_THIS_NUMBER = (
    "(?:打进来|打来|打过来|来电|来电显示|现在这|现在打|正在打)(?:的|来的)?这?个?(?:电话|手机|号码?)"
)
"""How the agent takes the number that the call comes from, without reading it out."""
MAX_TRACE = 5
"""Digits of a number that a tail (尾号六七八幺) or a chance may hold; more is a reading."""
GARBLED = 3
"""Digits of eleven that a recogniser may lose in a reading that is otherwise the same."""
ENOUGH = 8
"""Digits that two garbled copies must share to be of one number."""
REPLY_MS = 25_000
UNHEARD_MS = 1_200
"""Speech of the agent without words from which nothing can be said to be missing."""


def judge_number(talk: Talk, name: str, witnesses: tuple[str, ...] = ()) -> Detail:
    """Say how a number was read back.

    Args:
        name: phone or waybill.
        witnesses: numbers from elsewhere (ticket, caller) that may acquit, never convict.
    """
    numbers = number_talk(talk, name)
    customer, agent = numbers.customer, numbers.agent
    given = numbers.given or (numbers.read[-1] if numbers.read else customer.digits)
    detail = Detail(
        name, State.UNSURE, talk.ask_match(name), customer.match(given), agent.match(given)
    )
    if not customer.digits:
        return _unprompted(talk, numbers, detail)
    if shown := _shown(talk, numbers, detail):
        return shown
    if numbers.given and distance(numbers.given, agent.digits)[0] == 0:
        return _with(detail, _right(numbers, numbers.given), value=numbers.given)
    if not numbers.given and (number := mended(talk, numbers, name)):
        return _with(detail, State.CORRECTED, value=number)
    if numbers.given and _patched(numbers):
        return _with(detail, State.CORRECTED, value=numbers.given)
    if _is_trace(given, agent.digits, numbers.read):
        return _partly(talk, numbers, detail)
    return _compare(talk, numbers, detail, witnesses)


def _shown(talk: Talk, numbers: NumberTalk, detail: Detail) -> Detail | None:
    """Accept a number that the agent read from the display before the customer said any of it.

    The customer agrees with words or its last digits (是您这个吧？尾号四五，是我这个). None where
    it was not read before, or the customer gave a whole number.
    """
    if numbers.given or len(numbers.customer.digits) > MAX_TRACE:
        return None
    early = number_talk_from_start(talk, detail.name)
    first = talk.time(talk.customer, numbers.customer.places[0][0])
    places = [p for p in dict.fromkeys(early.places) if talk.time(talk.agent, p[0]) < first]
    for place in places:
        value = run_at(early, place)
        end = talk.agent.starts[talk.agent.utterance_at(place[0]) + 1]
        tail = value.endswith(numbers.customer.digits[-2:]) and not talk.objected_to(end - 1)
        if len(value) == MOBILE_DIGITS and (tail or talk.agreed_to(end - 1)):
            match = talk.agent.match(*place, expected=value, similarity=1.0)
            return replace(detail, state=State.RIGHT, repeated=match, value=value)
    return None


def _patched(numbers: NumberTalk) -> bool:
    """Whether the agent, after a whole reading that was wrong, repeats the corrected group alone.

    The reading and the group together are the number: 幺三九四五五零三二五幺, 哦三二幺五.
    """
    runs = list(dict.fromkeys(numbers.agent.places))
    values = [run_at(numbers.agent, place) for place in runs]
    given = numbers.given
    read = next((r for r in reversed(numbers.read) if len(r) == len(given)), None)
    if read is None or len(values) < 2 or not 2 <= len(values[-1]) < len(given):
        return False
    group = values[-1]
    if read.endswith(group) and not given.endswith(group):
        return False
    return any(
        read[:at] + group + read[at + len(group) :] == given
        for at in range(len(given) - len(group) + 1)
    )


def _is_trace(given: str, said: str, read: tuple[str, ...]) -> bool:
    """Whether the agent's digits are too few for a reading: a tail, or by chance."""
    if read or len(given) <= MAX_TRACE + 1:
        return not said
    matched = len(given) - distance(given, said)[0]
    return matched <= MAX_TRACE and len(said) <= MAX_TRACE + 2


def _partly(talk: Talk, numbers: NumberTalk, detail: Detail) -> Detail:
    """Call it a tail, or nothing at all, unless the recogniser missed words of the agent's."""
    begin = talk.time(talk.customer, numbers.customer.places[0][0])
    if talk.unheard_ms(begin, begin + REPLY_MS) > UNHEARD_MS:
        return detail
    return _with(detail, State.PART if len(numbers.agent.digits) > 2 else State.MISSING)


def _with(
    detail: Detail,
    state: State,
    *,
    value: str = "",
    doubts: tuple[Doubt, ...] = (),
) -> Detail:
    return replace(detail, state=state, value=value, doubts=doubts)


def _right(numbers: NumberTalk, number: str) -> State:
    """Right at once, or after the agent had read it wrongly."""
    return State.CORRECTED if any(r != number for r in numbers.read) else State.RIGHT


def _unprompted(talk: Talk, numbers: NumberTalk, detail: Detail) -> Detail:
    """Judge without digits of the customer's: 就打进来的这个号 may be read out by the agent."""
    if numbers.read:
        number = numbers.read[-1]
        end = numbers.agent.places[-1][1]
        if talk.objected_to(end - 1):
            return detail
        return _with(detail, State.RIGHT, value=number)
    if len(numbers.agent.digits) > MAX_TRACE:
        return detail
    this = sound_regex(THIS_NUMBER).search(talk.customer_sounds)
    if this:
        quote = talk.customer.match(this.start(), this.end(), expected=detail.name, similarity=1.0)
        return Detail(detail.name, State.MISSING, detail.asked, quote)
    if detail.asked is None:
        return _with(detail, State.NOT_ASKED)
    offered = sound_regex(OFFERS_THIS_NUMBER).search(talk.agent_sounds)
    if offered and talk.is_certain and talk.agreed_to(offered.end() - 1):
        return _with(detail, State.MISSING)
    return _with(detail, State.UNSURE)


def _compare(talk: Talk, numbers: NumberTalk, detail: Detail, witnesses: tuple[str, ...]) -> Detail:
    """Weigh a customer's number against an agent's that is not the same as heard."""
    customer, agent = numbers.customer, numbers.agent
    for read in reversed(numbers.read):
        whole = numbers.given or customer.digits
        lost = len(read) - len(whole)
        if _holds(customer, whole, read, detail.name) or (
            subsequence(whole, read) and 0 <= lost <= GARBLED + 1
        ):
            return _with(detail, State.RIGHT, value=read)
        shared = _shared(read, customer.digits)
        likely = shared >= max(MAX_TRACE, min(len(read), len(customer.digits)) - 1)
        if read in witnesses and likely and not numbers.given:
            return _with(detail, State.RIGHT, value=read)
    whole = numbers.given or customer.digits
    if wrong := _misread(talk, numbers):
        return _with(detail, wrong)
    if detail.name == "phone" and _copies(whole, numbers.read[-1:] or (agent.digits,)):
        value = numbers.given or (numbers.read[-1] if numbers.read else "")
        return _with(detail, State.RIGHT, value=value)
    if not numbers.given:
        return detail
    if numbers.read:
        return _contradiction(talk, numbers, detail, witnesses)
    _, start, end = distance(numbers.given, agent.digits)
    doubt = _doubt(agent, (start, end), numbers.given, agent.digits[start:end])
    return _with(detail, State.UNSURE, doubts=(doubt,))


def _misread(talk: Talk, numbers: NumberTalk) -> State | None:
    """Judge one reading of the agent's that is short, where nobody had to guess the words.

    A digit left out (幺三八四六零… for 幺三八四四六零…), or no more than the beginning; None where
    it was read in several pieces, which may be put together otherwise.
    """
    runs = [run_at(numbers.agent, place) for place in dict.fromkeys(numbers.agent.places)]
    given = numbers.given
    if not (talk.is_certain and given) or numbers.read or len(runs) != 1:
        return None
    read = runs[0]
    if not MAX_TRACE < len(read) < len(given) or not subsequence(read, given):
        return None
    return State.PART if read in given else State.WRONG


def _holds(stream: Stream, whole: str, read: str, name: str) -> bool:
    """Whether a side's number holds a whole reading; of a waybill no longer run may hold it.

    Waybills have no fixed length, so 九三三零五五二幺 is not 九三三零五五二幺幺.
    """
    runs = [run_at(stream, place) for place in dict.fromkeys(stream.places)]
    if name == "waybill" and any(read in run and len(run) > len(read) for run in runs):
        return False
    return distance(read, whole)[0] == 0


def _copies(left: str, right: tuple[str, ...]) -> bool:
    """Whether two garbled copies may be of one mobile number: digits lost, none exchanged."""
    for other in right:
        shared = _shared(left, other)
        if shared >= ENOUGH and len(left) + len(other) - shared <= MOBILE_DIGITS:
            return True
    return False


def _shared(left: str, right: str) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(right) + 1)
    for a in left:
        before = 0
        for j, b in enumerate(right, 1):
            before, row[j] = row[j], before + 1 if a == b else max(row[j], row[j - 1])
    return row[-1]


def _contradiction(
    talk: Talk, numbers: NumberTalk, detail: Detail, witnesses: tuple[str, ...]
) -> Detail:
    """Weigh two whole numbers that differ: one was misheard, or the agent misread."""
    given, read = numbers.given, numbers.read[-1]
    edits, start, end = distance(given, numbers.agent.digits)
    backed = [w for w in witnesses if w == read]
    if backed and edits <= 1 and not talk.is_certain:
        return _with(detail, State.RIGHT, value=read)
    if talk.is_certain and len(read) == len(given):
        return _with(detail, State.WRONG)
    at = numbers.customer
    _, first, last = distance(read, at.digits)
    doubts = (
        _doubt(numbers.agent, (start, end), given, read),
        _doubt(at, (first, last), read, given),
    )
    return _with(detail, State.WRONG, doubts=doubts)


def _doubt(stream: Stream, digits: tuple[int, int], settled: str, heard: str) -> Doubt:
    """Ask whether a number was said where another was heard."""
    place = stream.place(*digits) if digits[0] < digits[1] else stream.places[0]
    return Doubt(
        stream.track,
        place,
        spoken_forms(settled)[:2],
        spoken_forms(heard)[:2] if heard else (),
        Kind.NUMBER,
    )
