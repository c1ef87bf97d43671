"""What either side said of an address: numbers of buildings, units and rooms, and compounds."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from qa.scoring.addresses import Compound, find_compounds
from qa.scoring.readback.marks import Mark
from qa.scoring.readback.numbers_said import in_phone_talk, marks_of
from qa.scoring.readback.talk import FOREVER, Talk
from qa.scoring.sounds import sound_regex
from qa.scoring.track import Track
from qa.text import fold
from qa.types import Match

PARTS = ("building", "unit", "room")
ROOM_DIGITS = (3, 4)
COMPOUND_REACH = 9
"""Characters before a building's number in which its compound is named."""
LEAD = (
    "好的|那个|就是|我家|我们家|您家|您是|我是|我住在?|住在?|家住|地址是|地址|具体|是在|在|"
    "位于|跟您|重复|核对"
    "|一下|确认|登记|的|对|是|嗯|啊|哦|好|那|您|我|先生|女士|电话"
)
ZONE_MS = 25_000
"""How long after an address was first named more of it may come without a question."""
DENIED = "不是|不对"
NO_SUCH = ("哪有", "哪来", "没有")
"""What says that there is no such number: 哪有四幺四."""
ELSEWHERE = re.compile("(?:楼上|楼下|隔壁|对门|对面|邻居)(?!住)(?!.*我[家们住是])")
"""Whose number it is that follows: 楼上那就是六零三 is no flat of the caller's."""
SOMEBODY_ELSES = re.compile(
    "[室房]?(?:那[个户]?)?(?:才|就)?是我?(?:妈|爸|爹|娘|婆婆|公公|岳母|岳父|姥姥|奶奶|儿子|闺女|女儿|姐|哥|弟|妹|邻居|楼上|楼下|对门|对面|隔壁)"
)
"""What says after a number whose it is instead: 五零三是我妈家."""
NOT_THIS = "(?:(?<!是)不是|(?<!是)不叫|不在|别写成?|别弄成|别记成|别当成)$"
"""What comes before a compound that is not meant: 不是锦绣家园啊, 是锦绣花园."""
INSTEAD_CHARS = 10
"""Characters after 不是三零一 within which it is said what it is instead."""


@dataclass(frozen=True)
class Said:
    """The address as one side said it.

    Attributes:
        marks: numbers of buildings, units and rooms, in order.
        compounds: names of the station table that were heard.
        names: what stood before the buildings' numbers, as heard.
        first, last: positions that the address spans; equal where there is none.
    """

    track: Track
    marks: tuple[Mark, ...]
    compounds: tuple[Compound, ...]
    names: tuple[tuple[int, int], ...]
    first: int
    last: int

    def of(self, kind: str) -> list[Mark]:
        """Return the marks of one kind."""
        return [mark for mark in self.marks if mark.kind == kind]

    @property
    def match(self) -> Match | None:
        """Evidence for the whole stretch, at most a few sentences."""
        if self.first >= self.last:
            return None
        return self.track.match(
            self.first, min(self.last, self.first + 60), expected="address", similarity=1.0
        )


@dataclass(frozen=True)
class AddressTalk:
    """Both sides' address."""

    customer: Said
    agent: Said


def address_talk(talk: Talk, names: tuple[str, ...]) -> AddressTalk:
    """Gather what both sides said of the address.

    Args:
        names: compounds of the station table; may be empty.
    """
    return talk.scene.shared(("address", names), lambda: _address_talk(talk, names))


def _address_talk(talk: Talk, names: tuple[str, ...]) -> AddressTalk:
    customer = _said(talk, talk.customer, names, _zones(talk))
    if customer.first < customer.last:
        begin = talk.time(talk.customer, customer.first)
    else:
        ask = talk.asked("address")  # 登记的是……，是这个地址吗: what is asked comes first
        begin = talk.time(talk.agent, talk.agent.turn_at(ask.place[0])[0]) if ask else 0
    rooms = tuple(mark.value for mark in customer.of("room"))
    agent = _said(talk, talk.agent, names, [(begin, FOREVER)], rooms)
    return AddressTalk(customer, agent)


def _zones(talk: Talk) -> list[tuple[int, int]]:
    """Return when the customer speaks of the address: the topic, and around unprompted numbers."""
    zones = list(talk.zones("address"))
    for mark in marks_of(talk, talk.customer):
        if mark.kind in PARTS:
            at = talk.time(talk.customer, mark.start)
            if not any(begin - 1_000 <= at < end for begin, end in zones):
                zones.append((max(0, at - 6_000), at + ZONE_MS))
    agreed = [(end, end + 6_000) for _, end in zones if end < FOREVER]
    return zones + agreed


def _said(
    talk: Talk,
    track: Track,
    names: tuple[str, ...],
    zones: list[tuple[int, int]],
    rooms: tuple[str, ...] = (),
) -> Said:
    def inside(position: int) -> bool:
        at = talk.time(track, position)
        return any(begin <= at < end for begin, end in zones)

    phones = [z for name in ("phone", "waybill") for z in talk.zones(name)]
    marks: list[Mark] = []
    for mark in marks_of(talk, track):
        if not inside(mark.start):
            continue
        if mark.kind == "loose":
            at = talk.time(track, mark.start)
            tail = mark.value not in rooms and in_phone_talk(talk, at)
            topic = tail or any(b <= at < e for b, e in phones)
            if len(mark.value) in ROOM_DIGITS and (_is_room(track, mark) or not topic):
                marks.append(replace(mark, kind="room"))
        elif mark.kind in PARTS:
            marks.append(mark)
    places = tuple(_name_before(talk, track, mark) for mark in marks if mark.kind == "building")
    compounds = _compounds(talk, track, names, zones, places)
    spots = [(m.start, m.end) for m in marks] + [(c.start, c.end) for c in compounds]
    spots += [p for p in places if p[0] < p[1]]
    first = min((a for a, _ in spots), default=0)
    last = max((b for _, b in spots), default=0)
    return Said(track, tuple(marks), compounds, places, first, last)


def _is_room(track: Track, mark: Mark) -> bool:
    """Whether a number is named as a room's: 房号三零二, 三零二室."""
    before = track.text[max(0, mark.start - 4) : mark.start]
    return "房" in before or "门牌" in before or track.text[mark.end : mark.end + 1] in ROOM_ENDS


ROOM_ENDS = ("室", "房", "户")


def _compounds(
    talk: Talk,
    track: Track,
    names: tuple[str, ...],
    zones: Iterable[tuple[int, int]],
    places: Sequence[tuple[int, int]],
) -> tuple[Compound, ...]:
    """Look for names of the table before buildings, and where the address begins to be given."""
    if not names:
        return ()
    windows = [(max(0, a - SLACK), min(len(track.text), b + SLACK)) for a, b in places]
    for begin, end in zones:
        start, stop = talk.between(track, max(0, begin - EARLY_MS), end)
        windows.append((start, min(stop, start + ZONE_CHARS)))
    found: dict[int, Compound] = {}
    for compound in find_compounds(track, names, sorted({w for w in windows if w[0] < w[1]})):
        found.setdefault(compound.start, compound)
    heard = tuple(found[k] for k in sorted(found))
    if talk.is_certain:  # 御锦苑 as it is written is not 御景苑, which sounds alike
        heard = tuple(_as_written(track, c) for c in heard)
    return tuple(c for c in heard if not _is_denied(track, c)) or heard


def _as_written(track: Track, compound: Compound) -> Compound:
    written = fold(compound.name).text == track.text[compound.start : compound.end]
    return replace(compound, runner_up=0.0, rival="") if written else compound


def _is_denied(track: Track, compound: Compound) -> bool:
    before = track.sounds[max(0, compound.start - 4) : compound.start]
    asks = track.text[compound.end : compound.end + 1] in ("吗", "嘛", "吧")
    return not asks and sound_regex(NOT_THIS).search(before) is not None


SLACK = 3
EARLY_MS = 1_500
ZONE_CHARS = 80
"""Characters after a question for the address in which a compound may be named alone."""


def _name_before(talk: Talk, track: Track, mark: Mark) -> tuple[int, int]:
    """Return the positions of what names the compound before a building's number."""
    floor = max(0, mark.start - COMPOUND_REACH)
    floor = max(floor, track.turn_at(mark.start)[0])
    sounds = talk.sounds(track)[floor : mark.start]
    cut = 0
    for lead in sound_regex(LEAD).finditer(sounds):
        if lead.end() < len(sounds) and lead.start() <= cut + 1:
            cut = lead.end()
    return floor + cut, mark.start


def valid_marks(said: Said, part: str) -> list[Mark]:
    """Return a side's numbers, without a neighbour's or those taken back (不是三零一，三零二)."""
    marks = said.of(part)
    denied = sound_regex(DENIED)
    kept = []
    for mark in marks:
        before = said.track.sounds[max(0, mark.start - 2) : mark.start]
        instead = any(mark.end <= m.start <= mark.end + INSTEAD_CHARS for m in marks)
        takes_back = denied.search(before) and mark.start not in said.track.pauses
        if takes_back and (instead or mark is not marks[-1]):
            continue
        if said.track.text[max(0, mark.start - 2) : mark.start] in NO_SUCH:
            continue
        clause = said.track.text[said.track.clause_start(mark.start) : mark.start]
        after = said.track.text[mark.end : said.track.clause_end(mark.end - 1)]
        if not (ELSEWHERE.search(clause) or SOMEBODY_ELSES.match(after)):
            kept.append(mark)
    return kept or marks
