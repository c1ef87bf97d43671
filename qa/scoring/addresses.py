"""Addresses as tickets write them and as people say them: compound, building, unit, room.

Numbers are compared exactly, compounds by sound. A name of a compound is one of the station table
where there is one; otherwise it is what stands before the building's number.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from qa.scoring.match import Track, align
from qa.scoring.numbers import CLEAR_DIGITS, UNIT_CHARS, chunk_values
from qa.scoring.syllables import keys, sound_similarity, substitution_cost, syllables
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
    track: Track, names: Iterable[str], start: int, end: int, floor: float = NAME_FLOOR
) -> list[Compound]:
    """Find names of compounds in a stretch of a track, the best name for each place.

    Returns:
        Places in order, each with the name that fits best and how close another comes.
    """
    hits = []
    window = frozenset(track.keys[start:end])
    for name in names:
        key = _name_keys(name)
        if sum(k in window for k in key) < NAME_FLOOR * len(key):
            continue
        hit = align(name, track, start, end)
        if hit.similarity >= floor:
            hits.append((name, hit))
    hits.sort(key=lambda pair: (-pair[1].similarity, -len(pair[0]), pair[0]))
    places: list[Compound] = []
    for name, hit in hits:
        if any(p.start < hit.end and hit.start < p.end for p in places):
            continue
        others = [
            (other.similarity, n)
            for n, other in hits
            if n != name and other.start < hit.end and hit.start < other.end
        ]
        rival, label = max(others, default=(0.0, ""))
        places.append(Compound(name, hit.start, hit.end, hit.similarity, rival, label))
    return sorted(places, key=lambda p: p.start)


@lru_cache(maxsize=4_000)
def _name_keys(name: str) -> str:
    return keys(name)


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
    best = (0.0, 0, 0, 0)
    a, b = syllables(left), syllables(right)
    for length in range(min(len(a), len(b), MAX_SHARED), least - 1, -1):
        for i in range(len(a) - length + 1):
            for j in range(len(b) - length + 1):
                costs = map(substitution_cost, a[i : i + length], b[j : j + length])
                likeness = 1 - sum(costs) / length
                if likeness > best[0] + 1e-9:
                    best = (likeness, i, j, length)
        if best[0] >= alike:
            return best
    return best


MAX_SHARED = 6


def compound_likeness(left: str, right: str) -> float:
    """Compare two heard names by sound, 0–1; extra words before the name do not count."""
    least = max(2, min(len(left), len(right), 4) - 1)
    if min(len(left), len(right)) < 2:
        return sound_similarity(left, right)
    return common_sound(left, right, min(least, len(left), len(right)))[0]
