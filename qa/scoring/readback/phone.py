"""Phone and waybill numbers: what the customer gave, what the agent read out, digit by digit."""

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from qa.scoring.hypotheses import Kind
from qa.scoring.numbers import digit_by_syllable, read_number
from qa.scoring.readback.findings import Detail, Doubt, State
from qa.scoring.readback.marks import Mark, distance, subsequence
from qa.scoring.readback.numbers_said import MIN_WHOLE, in_phone_talk, marks_of
from qa.scoring.readback.talk import Talk
from qa.scoring.rivals import spoken_forms
from qa.scoring.sounds import sound_regex
from qa.scoring.track import Track
from qa.types import Match

MOBILE = re.compile(r"1[3-9]\d{9}")
LANDLINE = re.compile(r"0\d{9,11}|[2-8]\d{6,7}")
WAYBILL_DIGITS = (8, 20)
Stretch = tuple[int, int]
MIN_GROUP = 3
"""Digits from which a run by itself belongs to a phone number; shorter ones need the topic."""
THIS_NUMBER = "来电显示|显示这个|这个号|打进来的|来电的?号|现在这个|打的这个|本机|显示的"
TAKEN_BACK = "不对|不是|错了|错[咯啦]|说错|后[边面两三四]|前三位|最后|尾[巴号数]|末尾"
MAX_TRACE = 5
"""Digits of a number that a tail (尾号六七八幺) or a chance may hold; more is a reading."""
EARLY_MS = 500
"""How much earlier than the customer's first digit the agent's echo may seem to begin."""
GARBLED = 3
"""Digits of eleven that a recogniser may lose in a reading that is otherwise the same."""
ENOUGH = 8
"""Digits that two garbled copies must share to be of one number."""
REPLY_MS = 25_000
UNHEARD_MS = 1_200
"""Speech of the agent without words from which nothing can be said to be missing."""


@dataclass(frozen=True)
class Stream:
    """All digits of one side that may be of the number, in order.

    Attributes:
        digits: their runs joined.
        places: for each digit the positions of its run.
        confidence: the least of the runs.
    """

    track: Track
    digits: str
    places: tuple[tuple[int, int], ...]
    confidence: float

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the positions in the text of a stretch of digits."""
        return self.places[start][0], self.places[max(start, end - 1)][1]

    def match(self, number: str) -> Match | None:
        """Evidence for where the number comes closest; None for an empty stream."""
        if not self.digits:
            return None
        edits, start, end = distance(number, self.digits)
        place = self.place(start, end) if start < end else self.places[0]
        likeness = max(0.0, 1 - edits / max(1, len(number)))
        return self.track.match(*place, expected=number, similarity=likeness)


@dataclass(frozen=True)
class NumberTalk:
    """Both sides' digits for one kind of number.

    Attributes:
        given: the customer's number, corrections made; empty where it cannot be told.
        read: the agent's own full readings, in order.
    """

    customer: Stream
    agent: Stream
    given: str
    read: tuple[str, ...]


def number_talk(talk: Talk, name: str) -> NumberTalk:
    """Gather the digits of a phone or waybill number from both sides."""
    return talk.scene.shared(f"readback:{name}", lambda: _number_talk(talk, name))


def _number_talk(talk: Talk, name: str) -> NumberTalk:
    customer = _stream(talk, talk.customer, name)
    begin = talk.time(talk.customer, customer.places[0][0]) if customer.digits else 0
    ask = talk.asked(name)
    if ask and not customer.digits:
        begin = ask.begin_ms
    agent = _stream(talk, talk.agent, name, begin)
    return NumberTalk(customer, agent, _given(talk, customer, name), _readings(agent, name))


def _stream(talk: Talk, track: Track, name: str, begin_ms: int = 0) -> Stream:
    zones = list(talk.zones(name))
    others = [
        z for other in ("phone", "waybill", "address") if other != name for z in talk.zones(other)
    ]
    chosen = [
        mark
        for mark in marks_of(talk, track)
        if mark.kind == "loose"
        and talk.time(track, mark.start) >= begin_ms - EARLY_MS
        and _belongs(talk, track, name, mark, (zones, others))
    ]
    digits = "".join(mark.value for mark in chosen)
    places = tuple(mark.number for mark in chosen for _ in mark.value)
    least = min((mark.confidence for mark in chosen), default=1.0)
    return Stream(track, digits, places, least)


def _belongs(
    talk: Talk, track: Track, name: str, mark: Mark, topics: tuple[list[Stretch], list[Stretch]]
) -> bool:
    """Whether a run of digits is of this number: by the topic, or by its length outside topics."""
    zones, others = topics
    at = talk.time(track, mark.start)
    if name == "waybill" and MOBILE.fullmatch(mark.value):
        return False
    if any(begin <= at < end for begin, end in zones):
        return True
    early = (not zones or at < zones[0][0]) and not (name == "phone" and in_phone_talk(talk, at))
    if len(mark.value) < (MIN_WHOLE if early else MIN_GROUP):
        return False
    return _plausible(mark.value, name) or not any(begin <= at < end for begin, end in others)


def _given(talk: Talk, stream: Stream, name: str) -> str:
    """Read the customer's number with the corrections made, if it comes out whole."""
    if not stream.digits:
        return ""
    whole = stream.digits
    first, last = stream.places[0][0], stream.places[-1][1]
    takes_back = sound_regex(TAKEN_BACK).search(stream.track.sounds, first, last)
    if _plausible(whole, name) and not takes_back:
        return whole
    text = "".join(
        c if (digit := digit_by_syllable(c)) is None or not _inside(p, stream) else digit
        for p, c in enumerate(stream.track.text[first:last], first)
    )
    if takes_back and (repeated := _repeated(stream, name)):
        return repeated
    corrected = read_number(_with_pauses(stream.track, text, first)).digits or ""
    if _plausible(corrected, name):
        return corrected
    found = _overlapping(whole, name) if len(set(stream.places)) == 1 else []
    return found[-1] if found else ""


def _repeated(stream: Stream, name: str) -> str:
    """Read a number of which the customer then only says a group again: 不对，中间是七零四二."""
    runs = [_run_at(stream, place) for place in dict.fromkeys(stream.places)]
    whole = ""
    for k, run in enumerate(runs, 1):
        whole += run
        if _plausible(whole, name):
            rest = runs[k:]
            return whole if rest and all(len(r) > 1 and r in whole for r in rest) else ""
    return ""


def _overlapping(digits: str, name: str) -> list[str]:
    """Find whole mobile numbers inside a run with digits to spare (113594507612)."""
    if name != "phone" or len(digits) <= MOBILE_DIGITS:
        return []
    return [m[1] for m in re.finditer(f"(?=({MOBILE.pattern}))", digits)]


def _with_pauses(track: Track, text: str, first: int) -> str:
    stops = [p - first for p in track.pauses if first < p < first + len(text)]
    cuts = [0, *stops, len(text)]
    return "，".join(text[a:b] for a, b in pairwise(cuts))


def _inside(position: int, stream: Stream) -> bool:
    return any(start <= position < end for start, end in stream.places)


def _pattern(name: str) -> re.Pattern[str]:
    if name == "waybill":
        return re.compile(rf"\d{{{WAYBILL_DIGITS[0]},{WAYBILL_DIGITS[1]}}}")
    return re.compile(f"{MOBILE.pattern}|{LANDLINE.pattern}")


def _plausible(digits: str, name: str) -> bool:
    return _pattern(name).fullmatch(digits) is not None


def _readings(stream: Stream, name: str) -> tuple[str, ...]:
    """Find whole numbers in the agent's digits: groups joined, and runs by themselves."""
    runs = [_run_at(stream, place) for place in dict.fromkeys(stream.places)]
    whole = [run for run in runs if _plausible(run, name)]
    whole += [number for run in runs for number in _overlapping(run, name)]
    for start in range(len(runs)):
        for end in range(start + 2, min(len(runs), start + 6) + 1):
            joined = "".join(runs[start:end])
            if _plausible(joined, name) and (name == "waybill" or joined[0] in "10"):
                whole.append(joined)
    return tuple(dict.fromkeys(whole))


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
    if numbers.given and distance(numbers.given, agent.digits)[0] == 0:
        return _with(detail, _right(numbers, numbers.given), value=numbers.given)
    if numbers.given and _patched(numbers):
        return _with(detail, State.CORRECTED, value=numbers.given)
    if _is_trace(given, agent.digits, numbers.read):
        return _partly(talk, numbers, detail)
    return _compare(talk, numbers, detail, witnesses)


def _patched(numbers: NumberTalk) -> bool:
    """Whether the agent, after a whole reading that was wrong, repeats the corrected group alone.

    The reading and the group together are the number: 幺三九四五五零三二五幺, 哦三二幺五.
    """
    runs = list(dict.fromkeys(numbers.agent.places))
    values = [_run_at(numbers.agent, place) for place in runs]
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


def _run_at(stream: Stream, place: tuple[int, int]) -> str:
    first = stream.places.index(place)
    return stream.digits[first : first + stream.places.count(place)]


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
    return _with(detail, State.UNSURE)


def _compare(talk: Talk, numbers: NumberTalk, detail: Detail, witnesses: tuple[str, ...]) -> Detail:
    """Weigh a customer's number against an agent's that is not the same as heard."""
    customer, agent = numbers.customer, numbers.agent
    for read in reversed(numbers.read):
        whole = numbers.given or customer.digits
        lost = len(read) - len(whole)
        if distance(read, whole)[0] == 0 or (subsequence(whole, read) and 0 <= lost <= GARBLED + 1):
            return _with(detail, State.RIGHT, value=read)
        shared = _shared(read, customer.digits)
        likely = shared >= max(MAX_TRACE, min(len(read), len(customer.digits)) - 1)
        if read in witnesses and likely and not numbers.given:
            return _with(detail, State.RIGHT, value=read)
    whole = numbers.given or customer.digits
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


def _copies(left: str, right: tuple[str, ...]) -> bool:
    """Whether two garbled copies may be of one mobile number: digits lost, none exchanged."""
    for other in right:
        shared = _shared(left, other)
        if shared >= ENOUGH and len(left) + len(other) - shared <= MOBILE_DIGITS:
            return True
    return False


MOBILE_DIGITS = 11


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
