"""Conditions on what was said: phrases, sentences, expressions, repetition."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from qa.scoring.conditions import leaves
from qa.scoring.conditions.places import Field, Place
from qa.scoring.conditions.result import UNKNOWN_ROLES, Result, located
from qa.scoring.grammar import GAP, Found, Pattern, closest, compile_all, find_all
from qa.scoring.hypotheses import Finding, Kind, weigh
from qa.scoring.match import edit_similarity
from qa.scoring.syllables import keys
from qa.scoring.track import Track
from qa.text import fold

DOUBT = 0.1
"""A phrase that falls short of its similarity by no more than this is unsure, and put to the
sound."""
REPEATED_FLOOR = 0.85
"""Likeness by sound of a phrase that keeps a sentence from counting as repeated."""
MAX_ASKED = 2
"""Doubtful places of one phrase that are put to the sound."""


def phrase(condition: leaves.Phrase, field: Field) -> Result:
    """Look for phrases; doubtful places are put to the sound."""
    if not field.knows(condition.by):
        return UNKNOWN_ROLES
    by_pattern = [
        [
            place
            for track in field.tracks(condition.by)
            for start, end in field.ranges(track, condition.where)
            for place in _said(condition, pattern, field, (track, start, end))
        ]
        for pattern in condition.patterns
    ]
    if condition.within != "call" and condition.needed > 1:
        return _together(condition, field, by_pattern)
    sure = sum(any(p.sure for p in places) for places in by_pattern)
    possible = sum(bool(places) for places in by_pattern)
    result = located(place for places in by_pattern for place in places)
    if sure >= condition.needed:
        return result
    if possible < condition.needed:
        return Result(False, result.places)
    doubtful = tuple(replace(place, sure=False) for place in result.places)
    return Result(None, doubtful, "condition_doubtful")


def _together(
    condition: leaves.Phrase, field: Field, by_pattern: Sequence[Sequence[Place]]
) -> Result:
    """Look for a turn, or a sentence, in which as many phrases as are needed stand together."""
    units = sorted(
        edge
        for track in field.tracks(condition.by)
        for edge in field.edges(track, condition.within)
    )
    sure: dict[int, set[int]] = {}
    possible: dict[int, set[int]] = {}
    for number, places in enumerate(by_pattern):
        for place in places:
            unit = bisect_right(units, place.chars[0])
            possible.setdefault(unit, set()).add(number)
            if place.sure:
                sure.setdefault(unit, set()).add(number)
    enough = {u for u, numbers in possible.items() if len(numbers) >= condition.needed}
    certain = {u for u, numbers in sure.items() if len(numbers) >= condition.needed}
    chosen = certain or enough
    kept = [
        replace(place, sure=bool(certain))
        for places in by_pattern
        for place in places
        if bisect_right(units, place.chars[0]) in chosen
    ]
    return located(kept)


def _said(
    condition: leaves.Phrase,
    pattern: Pattern,
    field: Field,
    within: tuple[Track, int, int],
) -> Iterable[Place]:
    track, start, end = within
    asked = 0
    exact = condition.match == "characters"
    floor = condition.floor if exact else condition.floor - DOUBT
    for found in find_all(pattern, track, start, end, floor):
        hit = found.hit
        if exact and hit.same_chars < 1:
            continue
        sure = exact or hit.similarity >= condition.floor
        if not sure and asked < MAX_ASKED:
            asked += 1
            answer = _ask(field, track, found)
            if answer is Finding.NOT_SAID:
                continue
            sure = answer is Finding.SAID
        match = track.hit_match(hit, found.text)
        yield field.in_words(track, hit.start, hit.end, match, sure=sure)


def _ask(field: Field, track: Track, found: Found) -> Finding:
    if GAP in found.text:
        return Finding.UNSURE
    place = (found.hit.start, found.hit.end)
    return weigh(field.scene, track, place, (found.text,), kind=Kind.SLOT).finding


def _sentences(track: Track, ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    cut = []
    for start, end in ranges:
        edges = [start, *(stop for stop in track.stops if start < stop < end), end]
        cut += [(a, b) for a, b in pairwise(edges) if b > a]
    return cut


def similar(condition: leaves.Similar, field: Field) -> Result:
    """Compare sentence by sentence."""
    if not field.knows(condition.by):
        return UNKNOWN_ROLES
    wanted = keys(fold(condition.similar).text)
    places = []
    for track in field.tracks(condition.by):
        for start, end in _sentences(track, field.ranges(track, condition.where)):
            likeness = edit_similarity(wanted, track.keys[start:end])
            if likeness >= condition.at_least:
                match = track.match(start, end, expected=condition.similar, similarity=likeness)
                places.append(field.in_words(track, start, end, match, sure=True))
    return located(places)


def regex(condition: leaves.Regex, field: Field) -> Result:
    """Search turn by turn."""
    if not field.knows(condition.by):
        return UNKNOWN_ROLES
    places = []
    for track in field.tracks(condition.by):
        for start, end in field.ranges(track, condition.where):
            for turn_start, turn_end in track.turns:
                first, last = max(start, turn_start), min(end, turn_end)
                if first < last:
                    places += _regex_places(condition, field, track, (first, last))
    return located(places)


def _regex_places(
    condition: leaves.Regex, field: Field, track: Track, within: tuple[int, int]
) -> list[Place]:
    """Search the words with their punctuation, and map what is found back to the track."""
    written, positions = _written(track, *within)
    if condition.excluded is not None and condition.excluded.search(written):
        return []
    places = []
    for found in condition.compiled.finditer(written):
        inside = [p for p in positions[found.start() : found.end()] if p >= 0]
        if inside:
            start, end = inside[0], inside[-1] + 1
            match = track.match(start, end, expected=condition.regex, similarity=1.0)
            places.append(field.in_words(track, start, end, match, sure=True))
    return places


def _written(track: Track, start: int, end: int) -> tuple[str, list[int]]:
    """Return the text as recognised, and for each of its characters the track's position or −1."""
    text: list[str] = []
    positions: list[int] = []
    for k in range(track.utterance_at(start), track.utterance_at(end - 1) + 1):
        original = track.utterances[k][1].text
        own = [-1] * len(original)
        for offset, index in enumerate(track.origins[k]):
            if start <= track.starts[k] + offset < end:
                own[index] = track.starts[k] + offset
        text.append(original)
        positions += own
    return "".join(text), positions


def repeated(condition: leaves.Repeated, field: Field) -> Result:
    """Find the sentence that comes back most often."""
    if not field.knows(condition.by):
        return UNKNOWN_ROLES
    best: list[Place] = []
    for track in field.tracks(condition.by):
        spans = _sentences(track, field.ranges(track, condition.where))
        texts = {k: track.keys[a:b] for k, (a, b) in enumerate(spans)}
        texts = {k: t for k, t in texts.items() if _counts(condition, track, spans[k])}
        for first, text in texts.items():
            last = first + (condition.within_sentences or len(spans))
            alike = {k: edit_similarity(text, t) for k, t in texts.items() if first <= k < last}
            alike = {k: value for k, value in alike.items() if value >= condition.similarity}
            if len(alike) >= condition.repeated and len(alike) > len(best):
                best = [_sentence(field, track, spans[k], alike[k]) for k in alike]
    return located(best)


def _counts(condition: leaves.Repeated, track: Track, sentence: tuple[int, int]) -> bool:
    start, end = sentence
    if end - start < condition.min_chars:
        return False
    return closest(compile_all(condition.except_), track, start, end, REPEATED_FLOOR) is None


def _sentence(field: Field, track: Track, place: tuple[int, int], likeness: float) -> Place:
    match = track.match(*place, expected="", similarity=likeness)
    return field.in_words(track, *place, match, sure=True)
