"""The conversation as masking works on it: one line per utterance, and what is hidden in it.

Everything is sought in the folded text, without punctuation; many things by sound, because a
recogniser writes a homophone of a name as often as the name itself.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from qa.masking.spans import Kind, PersonalSpan
from qa.scoring.syllables import keys, sounds
from qa.text import Folded, fold
from qa.types import Role

_DATED = re.compile(
    r"(?<!\d)(?:19|20)\d\d([-/.])[01]?\d\1[0-3]?\d(?!\d)|(?<!\d)[0-2]?\d:[0-5]\d(?::[0-5]\d)?(?!\d)"
    r"|(?<!\d)\d{1,5}\.\d{1,4}(?!\d)|[0-9a-f]{32,}"
)
"""Dates, times, decimals and hashes as they are written; nobody's own."""
_DASHED = re.compile(r"(?<!\d)\d{1,3}[-—－#/]\d{1,2}[-—－#/]\d{3,4}(?!\d)")
"""Building, unit and room as they are written: 8-2-403."""
_HESITATION = "嗯呃"
_CLAUSE_END = re.compile("[。？！?!；;，,、：:…—.]")


@dataclass(frozen=True)
class Line:
    """One utterance.

    Attributes:
        text: folded text.
        sounds: one code per syllable, as long as the text.
        keys: one code per class of syllables that the telephone confuses, as long as the text.
        origin: for every folded character its index in the original.
        starts: positions at which a clause begins, and the end of the text.
        dated: positions of dates and times as they are written.
        dashed: positions of addresses written in digits only.
        hidden: what each folded character was found to be.
    """

    role: Role
    text: str
    sounds: str
    keys: str
    origin: tuple[int, ...]
    starts: tuple[int, ...]
    dated: frozenset[int]
    dashed: frozenset[int]
    hidden: list[Kind | None] = field(compare=False)

    def clause(self, position: int) -> tuple[int, int]:
        """Return the range of the clause that holds a position."""
        after = min(bisect_right(self.starts, position), len(self.starts) - 1)
        return self.starts[max(0, after - 1)], self.starts[after]

    def clauses(self) -> Iterator[tuple[int, int]]:
        """Yield the ranges of the clauses in order; none for an empty line."""
        yield from pairwise(self.starts)

    def hide(self, start: int, end: int, kind: Kind) -> None:
        """Hide a stretch; what is hidden already keeps its kind."""
        for position in range(max(0, start), min(end, len(self.hidden))):
            if self.hidden[position] is None:
                self.hidden[position] = kind

    def is_hidden(self, start: int, end: int) -> bool:
        """Whether a whole stretch is hidden."""
        return all(self.hidden[start:end])

    def spans(self) -> tuple[PersonalSpan, ...]:
        """Say what is hidden, in positions of the original text, in order."""
        found: list[PersonalSpan] = []
        for position, kind in enumerate(self.hidden):
            at = self.origin[position]
            if kind is None:
                continue
            last = found[-1] if found else None
            if last and last.kind is kind and last.end >= at:
                found[-1] = PersonalSpan(last.start, max(last.end, at + 1), kind)
            else:
                found.append(PersonalSpan(at, at + 1, kind))
        return tuple(found)


def make_line(role: Role, text: str) -> Line:
    """Fold an utterance's text and cut it into clauses."""
    folded = _without_hesitation(fold(text))
    starts = {0, len(folded.text)}
    starts |= {bisect_left(folded.origin, m.end()) for m in _CLAUSE_END.finditer(text)}
    return Line(
        role,
        folded.text,
        sounds(folded.text),
        keys(folded.text),
        folded.origin,
        tuple(sorted(starts)),
        _positions(_DATED, text, folded.origin),
        _positions(_DASHED, text, folded.origin),
        [None] * len(folded.text),
    )


def _without_hesitation(folded: Folded) -> Folded:
    """Leave out 嗯 and 呃, which part what belongs together: 三嗯单元."""
    kept = [k for k, char in enumerate(folded.text) if char not in _HESITATION]
    text = "".join(folded.text[k] for k in kept)
    return Folded(text, tuple(folded.origin[k] for k in kept))


@lru_cache(maxsize=300)
def key_regex(pattern: str) -> re.Pattern[str]:
    """Compile a pattern whose Chinese characters match whatever the telephone confuses with them.

    Args:
        pattern: as for `sound_regex`; search it in the `keys` of a line.
    """
    return re.compile("".join(keys(c) if "\u4e00" <= c <= "\u9fff" else c for c in pattern))


def _positions(pattern: re.Pattern[str], text: str, origin: tuple[int, ...]) -> frozenset[int]:
    found = [m.span() for m in pattern.finditer(text)]
    if not found:
        return frozenset()
    return frozenset(k for k, at in enumerate(origin) if any(a <= at < b for a, b in found))


@dataclass
class Known:
    """What is known of the customer before a word is read, and what the words add to it.

    Attributes:
        numbers: telephone numbers, digits only.
        spared: digits that are nobody's own: the hotline, the agent's number.
        names: whole names and surnames with what was given of them.
        compounds: names of compounds and streets.
        rooms: numbers of rooms, three digits or more.
    """

    numbers: set[str] = field(default_factory=set)
    spared: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    compounds: set[str] = field(default_factory=set)
    rooms: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Sheet:
    """A call to be masked: its lines in order and what is known."""

    lines: tuple[Line, ...]
    known: Known


def make_sheet(utterances: Iterable[tuple[Role, str]], known: Known) -> Sheet:
    """Lay out a conversation."""
    return Sheet(tuple(make_line(role, text) for role, text in utterances), known)
