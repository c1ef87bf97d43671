"""Answers of a callback by sound, where recognition wrote homophones."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from qa.scoring.callback_answers import (
    ATTITUDE,
    BAD,
    CHARGED,
    FAIR,
    GOOD,
    NO,
    POINTS,
    SOLVED,
    YES,
    Reading,
)
from qa.scoring.syllables import syllables

_SOUNDS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    SOLVED: (("没解决", NO), ("没修好", NO), ("解决了", YES), ("修好了", YES), ("弄好了", YES)),
    ATTITUDE: (("不满意", BAD), ("不太满意", BAD), ("满意", GOOD), ("普通", FAIR), ("一般", FAIR)),
    CHARGED: (
        *(("没收费", NO), ("没收钱", NO), ("没要钱", NO), ("没收", NO)),
        *(("收费了", YES), ("收钱了", YES), ("收了", YES)),
    ),
    POINTS: tuple((f"{d}分", str(n)) for n, d in enumerate("一二三四五六七八九十", 1)),
}  # fmt: skip


@cache
def _sound_table(kind: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    table = [(syllables(phrase), value) for phrase, value in _SOUNDS[kind]]
    return tuple(sorted(table, key=lambda row: -len(row[0])))


def read_by_sound(kind: str, text: str) -> list[Reading]:
    """Read answers whose characters are homophones (满一 for 满意); none of them is firm."""
    heard = syllables(text)
    found: list[Reading] = []
    at = 0
    while at < len(heard):
        for phrase, value in _sound_table(kind):
            if heard[at : at + len(phrase)] == phrase:
                reading = Reading(frozenset({value}), at, at + len(phrase), firm=False)
                found.append(reading)
                at += len(phrase) - 1
                break
        at += 1
    return found
