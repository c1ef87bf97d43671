"""The little notation in which rulesets write phrases.

- `不归我们管` is a phrase, found by sound.
- `[不|没]归[我们|我|咱们]管` lists alternatives; an empty one (`[给您|]退费`) makes it
  optional.
- `保证…[修好|弄好]` asks for the parts in order within one sentence, up to `MAX_GAP` syllables
  apart; `保证~[修好|弄好]` for the same within one clause, that is, without a comma between.
- `^` before or behind a phrase, or as the end of an alternative (`没办法[^|了]`): a clause begins
  or ends there. Fillers and particles (那, 吧, 啊) do not count.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import ceil, prod
from typing import NamedTuple

from qa.scoring.match import best_hit
from qa.scoring.track import Hit, Track
from qa.text import FILLERS, fold

MAX_GAP = 12
"""Most syllables between two parts that `…` joins."""
MAX_ALTERNATIVES = 400
GAP = "…"
CLOSE_GAP = "~"
CLOSE_REACH = 6
"""Most syllables between two parts that `~` joins."""
EDGE = "^"
OPENERS = FILLERS | frozenset("那这就可也真都")
PARTICLES = FILLERS | frozenset("呢吧了的呗儿啦哪喽咯么去")
"""What may stand between a phrase and the edge of its clause."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A notation, ready for matching.

    Attributes:
        notation: as it was written.
        parts: for each part between two gaps, its alternatives as folded texts, with `^` where a
            clause has to begin or end.
        close: for each gap whether it keeps to one clause.
    """

    notation: str
    parts: tuple[tuple[str, ...], ...]
    close: tuple[bool, ...] = ()

    @property
    def longest(self) -> int:
        """Syllables of its longest reading."""
        return sum(max(len(a.strip(EDGE)) for a in part) for part in self.parts)


class Found(NamedTuple):
    """A pattern in its place.

    Attributes:
        text: the alternatives that came closest, joined by `…`.
        length: syllables of that text.
    """

    text: str
    length: int
    hit: Hit


@lru_cache(maxsize=4_000)
def compile_pattern(notation: str) -> Pattern:
    """Read a notation.

    Raises:
        ValueError: brackets do not match, a part can be empty, or a part has too many alternatives.
    """
    if not notation.strip():
        raise ValueError("a phrase is empty")
    # Brackets may not hold a gap, so cutting at gaps first leaves whole brackets in each part.
    pieces = re.split(f"([{GAP}{CLOSE_GAP}])", notation)
    parts = tuple(_alternatives(part, notation) for part in pieces[::2])
    return Pattern(notation, parts, tuple(g == CLOSE_GAP for g in pieces[1::2]))


def _alternatives(part: str, notation: str) -> tuple[str, ...]:
    pieces = re.split(r"(\[[^\[\]]*\])", part)
    if any("[" in piece or "]" in piece for piece in pieces[::2]):
        raise ValueError(f"brackets do not match in '{notation}'")
    choices = [p[1:-1].split("|") if i % 2 else [p] for i, p in enumerate(pieces)]
    count = prod(map(len, choices))
    if count > MAX_ALTERNATIVES:
        raise ValueError(
            f"a part of '{notation}' stands for {count} phrases, more than {MAX_ALTERNATIVES}"
        )
    texts = tuple(dict.fromkeys(_folded("".join(c), notation) for c in product(*choices)))
    if not all(text.strip(EDGE) for text in texts):
        raise ValueError(f"a part of '{notation}' can be empty")
    return texts


def _folded(text: str, notation: str) -> str:
    text = text.strip()
    bare = text.strip(EDGE)
    if EDGE in bare:
        raise ValueError(f"'{EDGE}' stands inside a phrase of '{notation}'")
    opens, closes = text.startswith(EDGE), text.endswith(EDGE)
    return EDGE * opens + fold(bare).text + EDGE * closes


@lru_cache(maxsize=1_000)
def compile_all(notations: tuple[str, ...]) -> tuple[Pattern, ...]:
    """Read several notations, in order."""
    return tuple(map(compile_pattern, notations))


def needed_chars(length: int, share: float) -> int:
    """How many characters of a wording must stand there: a share, and of short ones nearly all.

    Two equal syllables are chance, so wordings of one or two syllables need each character and
    those of three may have one slip; without a share nothing is asked.
    """
    if share <= 0:
        return 0
    if length <= 3:
        return length if length < 3 else 2
    return ceil(share * length - 1e-9)


def find_pattern(
    pattern: Pattern, track: Track, start: int, end: int, floor: float, *, chars: float = 0.0
) -> Found | None:
    """Where a pattern comes closest between two positions.

    Args:
        floor: 0–1; a part below it is not worth aligning and may be passed over.
        chars: share of its characters that an alternative of a pattern in one part must show to
            count (`needed_chars`).

    Returns:
        The closest alternatives, with similarity and equal characters over all parts; None when a
        part stays below the floor. Later parts are looked for within the sentence, at most
        `MAX_GAP` syllables on.
    """
    ranges = [(start, end)]
    share = chars if len(pattern.parts) == 1 else 0.0
    while ranges:
        left, right = ranges.pop()
        first = _best_alternative(pattern.parts[0], track, left, right, floor, share)
        if first is None:
            continue
        rest = _following(pattern, track, first[1].end, end, floor)
        if rest is not None:
            return _joined([_nearest_first(track, first, rest), *rest])
        # 有保证的…保证今天修好: nothing follows the first 保证, the second one promises.
        ranges += [(first[1].end, right), (left, first[1].start)]
    return None


def _nearest_first(
    track: Track, first: tuple[str, Hit], rest: list[tuple[str, Hit]]
) -> tuple[str, Hit]:
    """Move a first part to its last equal before the second: 保证尽快给您催，保证今天修好.

    Only to the same words: in 不能保证今天一定修好, what is negated is 保证.
    """
    while rest:
        start, floor = first[1].end, first[1].similarity
        closer = _best_alternative((first[0],), track, start, rest[0][1].start, floor)
        if closer is None:
            break
        first = closer
    return first


def _following(
    pattern: Pattern, track: Track, at: int, end: int, floor: float
) -> list[tuple[str, Hit]] | None:
    """Later parts in order, each within reach of the one before; None when one is missing."""
    found: list[tuple[str, Hit]] = []
    for alternatives, close in zip(pattern.parts[1:], pattern.close, strict=True):
        edge = track.clause_end(at - 1) if close else track.sentence_end(at - 1)
        reach = CLOSE_REACH if close else MAX_GAP
        limit = min(end, at + reach + max(map(len, alternatives)), edge)
        best = _best_alternative(alternatives, track, at, limit, floor)
        if best is None:
            return None
        found.append(best)
        at = best[1].end
    return found


def closest(
    patterns: tuple[Pattern, ...], track: Track, start: int, end: int, floor: float
) -> Found | None:
    """Choose the pattern that comes closest between two positions; the first among equals.

    One that stands there word for word goes before one that only sounds the same.
    """
    best = _word_for_word(patterns, track, start, end)
    if best is not None:
        return best
    for pattern in patterns:
        found = find_pattern(pattern, track, start, end, floor)
        if found and (best is None or found.hit.similarity > best.hit.similarity):
            best = found
            if found.hit.similarity == 1.0:
                break
            if len(pattern.parts) == 1:  # with several parts one may lie below the mean of all
                floor = max(floor, found.hit.similarity)
    return best


def _word_for_word(
    patterns: tuple[Pattern, ...], track: Track, start: int, end: int
) -> Found | None:
    """Find the first pattern in one part that stands there character by character; its longest."""
    text = track.text[start:end]
    for pattern in patterns:
        if len(pattern.parts) > 1:
            continue
        standing = tuple([a for a in pattern.parts[0] if a.strip(EDGE) in text])
        if standing:
            found = _best_alternative(standing, track, start, end, 1.0)
            if found and found[1].same_chars == 1.0:
                return _joined([found])
    return None


def find_all(
    pattern: Pattern, track: Track, start: int, end: int, floor: float, *, chars: float = 0.0
) -> list[Found]:
    """All places between two positions where a pattern comes close, in order."""
    found: list[Found] = []
    ranges = [(start, end)]
    while ranges:
        left, right = ranges.pop()
        best = find_pattern(pattern, track, left, right, floor, chars=chars)
        if best is not None:
            found.append(best)
            ranges += [(left, best.hit.start), (max(best.hit.end, left + 1), right)]
    return sorted(found, key=lambda f: f.hit.start)


def _joined(found: list[tuple[str, Hit]]) -> Found:
    length = sum(len(text) for text, _ in found)
    weights = [len(text) / length for text, _ in found]
    hit = Hit(
        found[0][1].start,
        found[-1][1].end,
        sum(w * h.similarity for w, (_, h) in zip(weights, found, strict=True)),
        sum(w * h.same_chars for w, (_, h) in zip(weights, found, strict=True)),
    )
    return Found(GAP.join(text for text, _ in found), length, hit)


def _best_alternative(
    alternatives: tuple[str, ...],
    track: Track,
    start: int,
    end: int,
    floor: float,
    chars: float = 0.0,
) -> tuple[str, Hit] | None:
    """Choose the likest alternative; then the one with more equal characters, then the longest."""
    if end - start < 1:
        return None
    best: tuple[tuple[float, float, int], str, Hit] | None = None
    for alternative in alternatives:
        text = alternative.strip(EDGE)
        if text == alternative:
            hit = best_hit(text, track, start, end, floor=floor)
        else:
            hit = _hit(alternative, track, start, end, floor)
        if hit is None:
            continue
        if hit.same_chars * len(text) < needed_chars(len(text), chars) - 1e-9:
            continue
        rank = (hit.similarity, hit.same_chars, len(text))
        if best is None or rank > best[0]:
            best = rank, text, hit
            floor = hit.similarity  # the others need not be looked at closely unless as good
    return best[1:] if best else None


def _hit(alternative: str, track: Track, start: int, end: int, floor: float) -> Hit | None:
    """Where an alternative comes closest and has the edges that it asks for."""
    text = alternative.strip(EDGE)
    while hit := best_hit(text, track, start, end, floor=floor):
        before = track.text[track.clause_start(hit.start) : hit.start]
        after = track.text[hit.end : track.clause_end(hit.end - 1)]
        if (not alternative.startswith(EDGE) or OPENERS.issuperset(before)) and (
            not alternative.endswith(EDGE) or PARTICLES.issuperset(after)
        ):
            return hit
        start = hit.start + 1
    return None


@lru_cache(maxsize=1_000)
def as_regex(notations: tuple[str, ...]) -> re.Pattern[str]:
    """Notations as one regular expression: the exact characters, gaps as wide as in speech."""
    if not notations:
        return re.compile("(?!)")
    # Python goes straight to the next place where something may begin, if every alternative begins
    # with a character. Which of several stands first matters only among those that begin alike.
    by_first: dict[str, list[str]] = {}
    for pattern in compile_all(notations):
        later = _later(pattern)
        begun: dict[str, list[str]] = {}
        for alternative in pattern.parts[0]:
            text = alternative.strip(EDGE)
            begun.setdefault(text[0], []).append(text[1:])
        for first, rests in begun.items():
            by_first.setdefault(first, []).append(f"(?:{'|'.join(rests)}){later}")
    return re.compile("|".join(f"{one}(?:{'|'.join(those)})" for one, those in by_first.items()))


def _later(pattern: Pattern) -> str:
    """Write the later parts of a pattern, each with the gap before it."""
    reaches = [CLOSE_REACH if close else MAX_GAP for close in pattern.close]
    parts = ["(?:" + "|".join(a.strip(EDGE) for a in part) + ")" for part in pattern.parts[1:]]
    return "".join(f".{{0,{reach}}}?{part}" for reach, part in zip(reaches, parts, strict=True))
