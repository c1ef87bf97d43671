"""Recognise a sentence by an example of it: by sound, content words, numbers and negations.

Nobody says an example word for word, so what is compared are its syllables without the words that
carry no content (您, 就, 的, 一下), in order. Negations and numbers have to be the same. It is
better to miss a free wording than to find one that says the opposite.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from qa.scoring.grammar import Found
from qa.scoring.spotting import Guards, Sighting, is_harmless
from qa.scoring.syllables import CONFUSED_COST, keys, substitution_cost, syllables
from qa.scoring.track import Hit, Track, key_pairs
from qa.text import fold

EMPTY_WORDS = re.compile(
    "一下|一点|的话|可以|就行|就好|没事|那个|这个|那么|这么|已经|现在|[您你我他咱们的了就是都也还吧呢呀啊吗嘛把给去来得着过个点儿下行好能]"
)
NEGATION = re.compile("不|没|别|甭|未|无|禁")
NUMBER = re.compile("[0-9零一二两三四五六七八九十百半]+")
MIN_CONTENT = 4
"""Shorter examples (全免费) are answers to a question, and mean nothing without it."""
SAID = 0.9
UNSURE = 0.8
LOOSE = 1.8
"""How much longer than the example a place may be; more words between say something else."""


@dataclass(frozen=True)
class Statement:
    """An example, ready to be compared.

    Attributes:
        text: folded.
        content: positions of its content words.
    """

    text: str
    content: tuple[int, ...]

    @classmethod
    def of(cls, example: str) -> "Statement":
        """Read an example."""
        text = fold(example).text
        return cls(text, _content(text, 0, len(text)))

    @cached_property
    def sounds(self) -> tuple[str, ...]:
        """Syllables of the content."""
        return tuple(syllables("".join(self.text[k] for k in self.content)))

    @cached_property
    def pairs(self) -> frozenset[str]:
        """Neighbouring syllable classes of the content."""
        return key_pairs(keys("".join(self.text[k] for k in self.content)))

    @property
    def breakable(self) -> int:
        """How many of those pairs may be missing: a lost syllable breaks two."""
        return 2 * int((1 - UNSURE) * len(self.content) + 1e-9)


@dataclass(frozen=True)
class Heard:
    """What an agent said, ready to be compared with any number of examples."""

    track: Track

    @cached_property
    def pairs(self) -> frozenset[str]:
        """Neighbouring syllable classes of the content words."""
        heard = self.track.keys
        return key_pairs("".join(heard[k] for k in _content(self.track.text, 0, len(heard))))


def statements_like(
    examples: Sequence[Statement], heard: Heard, guards: Guards
) -> Iterator[Sighting]:
    """Find sentences that say what an example says, at most one per sentence and example."""
    track = heard.track
    for example in examples:
        if len(example.content) < MIN_CONTENT:
            continue
        if len(example.pairs - heard.pairs) > example.breakable:
            continue
        for start, end in _sentences(track):
            hit = _closest(example, track, start, end)
            if hit is None or not _same_polarity(example, track, hit):
                continue
            found = Found(example.text, len(example.text), hit)
            if not is_harmless(track, found, guards):
                yield Sighting(found, hit.similarity >= SAID)


def _sentences(track: Track) -> Iterator[tuple[int, int]]:
    for left, right in track.turns:
        start = left
        while start < right:
            end = min(right, track.sentence_end(start))
            yield start, end
            start = end


def _content(text: str, start: int, end: int) -> tuple[int, ...]:
    empty = {k for m in EMPTY_WORDS.finditer(text, start, end) for k in range(*m.span())}
    return tuple(k for k in range(start, end) if k not in empty)


def _closest(example: Statement, track: Track, start: int, end: int) -> Hit | None:
    """Align the content of an example to that of a sentence; None below `UNSURE`."""
    places = _content(track.text, start, end)
    pairs = _common(example.sounds, [track.syllables[k] for k in places])
    if not pairs:
        return None
    cost = sum(price for _, _, price in pairs)
    similarity = (len(pairs) - cost) / len(example.content)
    if similarity < UNSURE:
        return None
    first, last = places[pairs[0][1]], places[pairs[-1][1]]
    if last + 1 - first > LOOSE * len(example.text):
        return None
    same = sum(track.text[places[j]] == example.text[example.content[i]] for i, j, _ in pairs)
    return Hit(first, last + 1, similarity, same / len(example.content))


def _common(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int, float]]:
    """Longest common subsequence of two rows of syllables, confusable ones at a price."""
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            price = substitution_cost(left[i], right[j])
            both = best[i + 1][j + 1] + 1 - price if price <= CONFUSED_COST else 0.0
            best[i][j] = max(both, best[i + 1][j], best[i][j + 1])
    pairs: list[tuple[int, int, float]] = []
    i = j = 0
    while i < len(left) and j < len(right) and best[i][j] > 0:
        price = substitution_cost(left[i], right[j])
        if price <= CONFUSED_COST and best[i][j] == best[i + 1][j + 1] + 1 - price:
            pairs.append((i, j, price))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _same_polarity(example: Statement, track: Track, hit: Hit) -> bool:
    """Whether the place and the clause it begins in have the example's negations and numbers."""
    start = track.clause_start(hit.start)
    clause = track.text[start : track.clause_end(hit.end - 1)]
    place = track.text[hit.start : hit.end]
    return _found(NEGATION, clause) == _found(NEGATION, example.text) and (
        _found(NUMBER, place) == _found(NUMBER, example.text)
    )


def _found(pattern: re.Pattern[str], text: str) -> list[str]:
    return sorted(pattern.findall(EMPTY_WORDS.sub("", text)))
