"""Addresses as tickets write them and as people say them: compound, building, unit, room.

Numbers are compared exactly, compounds by sound. A name of a compound is one of the station table
where there is one; otherwise it is what stands before the building's number.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import add, sub

from qa.scoring.match import align
from qa.scoring.numbers import CLEAR_DIGITS, UNIT_CHARS, chunk_values
from qa.scoring.syllables import (
    cost_row,
    keys,
    sound_similarity,
    sounds,
    substitution_cost,
    syllables,
)
from qa.scoring.track import Track
from qa.text import fold

_NUMBER = f"[{''.join(CLEAR_DIGITS)}{UNIT_CHARS}]+"
_WRITTEN = re.compile(
    rf"^(?P<compound>.*?)"
    rf"(?:(?P<building>{_NUMBER})(?:号楼|号院|栋|幢|座|楼(?=.*(?:单元|室))|号(?=.*(?:单元|室)))"
    rf"|(?P<letter>[a-z])[座栋])?"
    rf"(?:(?P<unit>{_NUMBER})(?:单元|门(?!牌)))?"
    rf"(?:(?P<floor>{_NUMBER})[楼层])?"
    rf"(?:(?P<room>{_NUMBER})(?:室|号|房|户)?|(?P<side>[东西中南北左右])[门户]?)?$"
)
GENERIC = ("小区", "家属楼", "家属院", "社区", "住宅区", "大院", "住宅")
"""Endings that people leave out of a compound's name."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address in parts; an empty part was not given.

    Attributes:
        room: digits, or 6东 for the eastern door on floor 6.
    """

    compound: str = ""
    building: str = ""
    unit: str = ""
    room: str = ""


@lru_cache(maxsize=4_000)
def parse_address(text: str) -> Address:
    """Take a written address apart: 幸福小区3号楼2单元501室, 翠湖二期8-2-403, 月亮湾1号楼1104.

    Returns:
        The parts that could be read; a text without numbers is all compound.
    """
    if dashed := re.fullmatch(r"(.*?)(\d+)(?:[-—－/#](\d+))?[-—－/#](\d+)室?", text.strip()):
        compound, building, unit, room = dashed.groups()
        return Address(fold(compound).text, str(int(building)), unit or "", room)
    match = _WRITTEN.match(fold(text).text)
    if match is None:
        return Address(fold(text).text)
    room = _digits(match["room"])
    if match["side"] and match["floor"]:
        room = _digits(match["floor"]) + match["side"]
    building = match["letter"] or _digits(match["building"])
    return Address(match["compound"], building, _digits(match["unit"]), room)


def _digits(numerals: str | None) -> str:
    options = chunk_values(numerals) if numerals else ()
    value = options[0] if len(options) == 1 else ""
    return str(int(value)) if value.isdigit() and len(value) < 3 else value


@dataclass(frozen=True, slots=True)
class Compound:
    """A compound's name where it was heard.

    Attributes:
        similarity: by sound, 0–1.
        runner_up: the likeness of the closest other name in the same place, 0 where there is none.
    """

    name: str
    start: int
    end: int
    similarity: float
    runner_up: float
    rival: str = ""

    @property
    def sure(self) -> bool:
        """Whether no other name comes near."""
        return self.similarity - self.runner_up >= NAME_MARGIN


NAME_FLOOR = 0.6
NAME_MARGIN = 0.15
"""How much better a name must fit than the next; one strange syllable of four makes 0.25."""


def find_compounds(
    track: Track, names: tuple[str, ...], windows: Sequence[tuple[int, int]]
) -> list[Compound]:
    """Find names of compounds in stretches of a track, the best name for each place.

    A name whose very syllables stand there is taken at once; others are aligned with what stands
    before a building's number, which is short.

    Args:
        windows: stretches in which an address is named, in order.

    Returns:
        Places in order, each with the name that fits best and how close another comes.
    """
    hits: list[tuple[str, int, int, float]] = []
    for start, end in windows:
        exact = _exactly(track, names, start, end)
        hits += exact or _nearly(track, names, start, end)
    hits.sort(key=lambda hit: (-hit[3], -len(hit[0]), hit[0]))
    places: list[Compound] = []
    for name, first, last, similarity in hits:
        if any(p.start < last and first < p.end for p in places):
            continue
        others = [(s, n) for n, a, b, s in hits if n != name and a < last and first < b]
        if similarity >= SHORT_LIKENESS:
            others.append(_closest_name(name, names))
        rival, label = max(others, default=(0.0, ""))
        places.append(Compound(name, first, last, similarity, rival, label))
    return sorted(places, key=lambda p: p.start)


def _exactly(
    track: Track, names: tuple[str, ...], start: int, end: int
) -> list[tuple[str, int, int, float]]:
    text = track.sounds[start:end]
    found = [
        (name, start + at, start + at + len(name), 1.0)
        for name in names
        if (at := text.find(_name_sounds(name))) >= 0
    ]
    return found or [
        (name, start + at, start + at + len(short), SHORT_LIKENESS)
        for name, short in _short_names(names)
        if (at := text.find(_name_sounds(short))) >= 0
    ]


@lru_cache(maxsize=100)
def _short_names(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return the names that people cut short (和平里 for 和平里小区) without naming another one."""
    cut = [(name, short) for name in names if (short := _short(name)) != name and len(short) > 1]
    return tuple(
        (name, short)
        for name, short in cut
        if not any(_name_sounds(o).startswith(_name_sounds(short)) for o in names if o != name)
    )


SHORT_LIKENESS = 0.9
"""Likeness of a name whose ending (小区) was left out."""


def _nearly(
    track: Track, names: tuple[str, ...], start: int, end: int
) -> list[tuple[str, int, int, float]]:
    end = min(end, start + MAX_WINDOW)
    heard = frozenset(track.keys[start:end])
    hits = []
    for name in names:
        if len(heard.intersection(_name_keys(name))) < NAME_SHARED * len(name):
            continue
        hit = align(name, track, start, end)
        if hit.similarity >= NAME_FLOOR:
            hits.append((name, hit.start, hit.end, hit.similarity))
    return hits


MAX_WINDOW = 24
NAME_SHARED = 0.4
"""Share of a name's syllable classes that must be there before it is aligned."""


@lru_cache(maxsize=10_000)
def _closest_name(name: str, names: tuple[str, ...]) -> tuple[float, str]:
    """Return the name of the table that sounds most like another one, and how much."""
    likeness = ((_name_likeness(name, other), other) for other in names if other != name)
    return max(likeness, default=(0.0, ""))


def _name_likeness(left: str, right: str) -> float:
    """Compare two names syllable by syllable from the left; what is left over costs its length."""
    costs = map(substitution_cost, syllables(right), syllables(left))
    rest = abs(len(left) - len(right))
    return max(0.0, 1 - (sum(costs) + rest) / max(1, len(right)))


@lru_cache(maxsize=4_000)
def _name_keys(name: str) -> str:
    return keys(name)


@lru_cache(maxsize=4_000)
def _name_sounds(name: str) -> str:
    return sounds(name)


def same_compound(left: str, right: str) -> bool:
    """Whether two written names sound the same, endings such as 小区 left out or not."""
    if left == right or syllables(left) == syllables(right):
        return True
    return any(
        syllables(a) == syllables(b)
        for a in (left, _short(left))
        for b in (right, _short(right))
        if len(a) > 1 and len(b) > 1
    ) and not (_ending(left) and _ending(right) and _ending(left) != _ending(right))


def _ending(name: str) -> str:
    return next((g for g in GENERIC if name.endswith(g) and len(name) > len(g)), "")


def _short(name: str) -> str:
    ending = _ending(name)
    return name[: -len(ending)] if ending else name


def common_sound(
    left: str, right: str, least: int, alike: float = 0.8
) -> tuple[float, int, int, int]:
    """Find the stretch that two texts share by sound.

    Args:
        least: syllables that a stretch must have.
        alike: 0–1, likeness from which a longer stretch is preferred to a likelier one.

    Returns:
        Mean likeness 0–1, the start in each text, and the length; the longest stretch among those
        that are alike enough, else the likest.
    """
    longest = min(len(left), len(right), MAX_SHARED)
    if longest >= least and (same := _first_equal(left, right, longest)):
        return 1.0, *same, longest
    best = (0.0, 0, 0, 0)
    sums = _diagonal_costs(left, right)
    for length in range(longest, least - 1, -1):
        cheapest = (1 - best[0] - 1e-9) * length * 100
        for i in range(len(left) - length + 1):
            costs = list(map(sub, sums[i + length][length:], sums[i]))
            cost = min(costs)
            if cost < cheapest:
                cheapest = cost - 1e-7
                best = (1 - cost / length / 100, i, costs.index(cost), length)
        if best[0] >= alike:
            return best
    return best


def _first_equal(left: str, right: str, length: int) -> tuple[int, int] | None:
    """Find the first stretch of so many syllables that stands in both texts, and where."""
    mine, theirs = sounds(left), sounds(right)
    for i in range(len(left) - length + 1):
        if (at := theirs.find(mine[i : i + length])) >= 0:
            return i, at
    return None


def _diagonal_costs(left: str, right: str) -> list[list[int]]:
    """Sum up, in hundredths, what the syllables before two positions cost one for the other.

    The cost of a stretch of both is then one difference along its diagonal.
    """
    heard, mine = sounds(right), sounds(left)
    costs = {code: list(map(cost_row(code).__getitem__, heard)) for code in set(mine)}
    sums = [[0] * (len(right) + 1)]
    for code in mine:
        sums.append([0, *map(add, sums[-1], costs[code])])
    return sums


MAX_SHARED = 6


def compound_likeness(left: str, right: str) -> float:
    """Compare two heard names by sound, 0–1; extra words before the name do not count."""
    least = max(2, min(len(left), len(right), 4) - 1)
    if min(len(left), len(right)) < 2:
        return sound_similarity(left, right)
    return common_sound(left, right, min(least, len(left), len(right)))[0]
