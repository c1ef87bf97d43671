"""Digits of phone and waybill numbers on either side, and the numbers that they make."""

import re
from dataclasses import dataclass
from itertools import pairwise

from qa.scoring.numbers import digit_by_syllable, read_number
from qa.scoring.readback.digits import distance
from qa.scoring.readback.marks import Mark
from qa.scoring.readback.numbers_said import MIN_WHOLE, in_phone_talk, marks_of
from qa.scoring.readback.talk import Talk
from qa.scoring.sounds import sound_regex
from qa.scoring.track import Track
from qa.types import Match

MOBILE = re.compile(r"1[3-9]\d{9}")
MOBILE_DIGITS = 11
LANDLINE = re.compile(r"0\d{9,11}|[2-8]\d{6,7}")
WAYBILL_DIGITS = (8, 20)
Stretch = tuple[int, int]
MIN_GROUP = 3
"""Digits from which a run by itself belongs to a phone number; shorter ones need the topic."""
TAKEN_BACK = "不对|不是|错了|错[咯啦]|说错|后[边面两三四]|前三位|最后|尾[巴号数]|末尾"
EARLY_MS = 500
"""How much earlier than the customer's first digit the agent's echo may seem to begin."""


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


def number_talk_from_start(talk: Talk, name: str) -> Stream:
    """Gather the agent's digits from the beginning of the call, before anything was asked."""
    return _stream(talk, talk.agent, name)


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
    runs = [run_at(stream, place) for place in dict.fromkeys(stream.places)]
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
    runs = [run_at(stream, place) for place in dict.fromkeys(stream.places)]
    whole = [run for run in runs if _plausible(run, name)]
    whole += [number for run in runs for number in _overlapping(run, name)]
    for start in range(len(runs)):
        for end in range(start + 2, min(len(runs), start + 6) + 1):
            joined = "".join(runs[start:end])
            if _plausible(joined, name) and (name == "waybill" or joined[0] in "10"):
                whole.append(joined)
    return tuple(dict.fromkeys(whole))


def mended(talk: Talk, numbers: NumberTalk, name: str) -> str:
    """Return the number that the agent read again as the customer mended a part of a reading.

    The agent reads a number out, the customer says a group of it otherwise, and the agent's next
    whole reading is the first one with that group in place of as many digits. Empty where it is
    not, or where the customer objects again.
    """
    pieces = _pieces(_stream(talk, talk.agent, name))
    first = talk.time(talk.customer, numbers.customer.places[0][0])
    whole = [(at, value) for at, value in pieces if _plausible(value, name)]
    before = [value for at, value in whole if talk.time(talk.agent, at) < first - EARLY_MS]
    after = [(at, value) for at, value in whole if talk.time(talk.agent, at) >= first - EARLY_MS]
    said = [value for _, value in _pieces(numbers.customer) if len(value) >= MIN_GROUP]
    if name != "phone" or not (before and after and said):
        return ""
    wrong, (at, read), group = before[-1], after[-1], said[-1]
    fits = any(
        wrong[:k] + group + wrong[k + len(group) :] == read
        for k in range(len(wrong) - len(group) + 1)
    )
    agrees = all(value in read for value in said)
    return read if fits and agrees and not talk.objected_to(at + len(read) - 1) else ""


def _pieces(stream: Stream) -> list[tuple[int, str]]:
    """Cut runs of a digit per character where a clause or a turn ends: positions and digits."""
    pieces: list[tuple[int, str]] = []
    for place in dict.fromkeys(stream.places):
        run, (start, end) = run_at(stream, place), place
        if len(run) != end - start:
            pieces.append((start, run))
            continue
        cuts = {start, end, *(p for p in stream.track.pauses if start < p < end)}
        cuts |= {first for first, _ in stream.track.turns if start < first < end}
        pieces += [(a, run[a - start : b - start]) for a, b in pairwise(sorted(cuts))]
    return pieces


def run_at(stream: Stream, place: tuple[int, int]) -> str:
    """Return the digits of one run, by its positions."""
    first = stream.places.index(place)
    return stream.digits[first : first + stream.places.count(place)]
