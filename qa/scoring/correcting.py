"""Correct words that sound like an entry of a lexicon, for reading; nobody is judged by them.

A recogniser writes 大龙公暖 for 大龙供暖: it knows the sound, not the company. Where the characters
that differ were heard with little confidence, and the syllables agree or nearly do, the entry was
meant. Rules compare by sound anyway and read what was heard; so do quotes of evidence.
docs/decisions/0046-corrected-for-reading.md.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from qa.scoring.syllables import substitution_cost, syllables
from qa.text import fold
from qa.types import Transcript, Utterance, Word

MAX_COST = 0.2
"""Mean price of a syllable that was heard otherwise, at most: 1 is another syllable."""
MAX_CONFIDENCE = 0.7
"""Of every character that is changed; of those heard more surely, none is."""
LEAST_SAME = 1 / 3
"""Share of an entry's syllables that must be the same; a quick test, `MAX_COST` implies it."""


@dataclass(frozen=True, slots=True)
class Correction:
    """Characters of an utterance that were heard otherwise than they are shown.

    Attributes:
        utterance: index into the transcript's utterances.
        at: positions in the utterance's text, one for each character.
        heard, text: those characters as recognised, and the entry in their place.
    """

    utterance: int
    at: tuple[int, ...]
    heard: str
    text: str


class _Candidate(NamedTuple):
    cost: float
    length: int
    start: int
    entry: str


def corrections(transcript: Transcript, lexicon: Sequence[str]) -> tuple[Correction, ...]:
    """Find what sounds like an entry of the lexicon and was written otherwise.

    Args:
        lexicon: names and words of the centre, two characters or more.

    Returns:
        In order, none overlapping another; where several entries fit, the nearest, then the
        longest.
    """
    entries = {
        folded: sounds
        for folded in dict.fromkeys(fold(entry).text for entry in lexicon)
        if len(sounds := syllables(folded)) == len(folded) > 1
    }
    if not entries:
        return ()
    return tuple(
        found
        for index, utterance in enumerate(transcript.utterances)
        for found in _in_utterance(index, utterance, entries)
    )


def corrected(transcript: Transcript, found: Sequence[Correction]) -> Transcript:
    """Write the entries into the transcript; texts and words keep their lengths and times."""
    changes: dict[int, dict[int, str]] = defaultdict(dict)
    for one in found:
        changes[one.utterance] |= zip(one.at, one.text, strict=True)
    spoken = tuple(
        _rewritten(u, changes[i]) if i in changes else u
        for i, u in enumerate(transcript.utterances)
    )
    return replace(transcript, utterances=spoken)


def _in_utterance(
    index: int, utterance: Utterance, entries: Mapping[str, Sequence[str]]
) -> Iterator[Correction]:
    if "".join(word.text for word in utterance.words) != utterance.text:
        return  # nobody knows how surely a character was heard
    sure = [word.confidence for word in utterance.words for _ in word.text]
    if all(confidence >= MAX_CONFIDENCE for confidence in sure):
        return
    folded = fold(utterance.text)
    heard = syllables(folded.text)
    if len(heard) != len(folded.text):
        return
    confidence = [sure[at] for at in folded.origin]
    taken: set[int] = set()
    found = []
    for one in sorted(_candidates(folded.text, heard, confidence, entries)):
        places = range(one.start, one.start - one.length)  # length is negative: longest first
        if taken.isdisjoint(places):
            taken.update(places)
            was = folded.text[places.start : places.stop]
            if was != one.entry:
                at = tuple(folded.origin[place] for place in places)
                found.append(Correction(index, at, was, one.entry))
    yield from sorted(found, key=lambda c: c.at)


def _candidates(
    text: str,
    heard: Sequence[str],
    confidence: Sequence[float],
    entries: Mapping[str, Sequence[str]],
) -> Iterator[_Candidate]:
    """Find where entries stand or nearly do; what stands there literally comes first."""
    places = defaultdict(list)
    for place, syllable in enumerate(heard):
        places[syllable].append(place)
    for entry, sounds in entries.items():
        size = len(entry)
        same = Counter(
            place - offset for offset, sound in enumerate(sounds) for place in places.get(sound, ())
        )
        for start, count in same.items():
            if start < 0 or start + size > len(text) or count < LEAST_SAME * size:
                continue
            differing = [k for k in range(size) if text[start + k] != entry[k]]
            if not differing:
                yield _Candidate(-1.0, -size, start, entry)
                continue
            pairs = zip(sounds, heard[start : start + size], strict=True)
            cost = sum(substitution_cost(due, was) for due, was in pairs) / size
            unsure = all(confidence[start + k] < MAX_CONFIDENCE for k in differing)
            if cost <= MAX_COST and unsure and len(differing) <= max(1, size // 2):
                yield _Candidate(cost, -size, start, entry)


def _rewritten(utterance: Utterance, changes: Mapping[int, str]) -> Utterance:
    chars = list(utterance.text)
    for at, char in changes.items():
        chars[at] = char
    words: list[Word] = []
    at = 0
    for word in utterance.words:
        words.append(replace(word, text="".join(chars[at : at + len(word.text)])))
        at += len(word.text)
    return replace(utterance, text="".join(chars), words=tuple(words))
