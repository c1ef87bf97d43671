"""Whether a condition holds in a call: true, false or unknown, and where."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

from qa.scoring.conditions import leaves, measures, model, words
from qa.scoring.conditions.places import Field, Gap, Place, chain, whole
from qa.scoring.conditions.result import Result, located


def evaluate(condition: Any, field: Field) -> Result:
    """Evaluate a condition (`model.Condition`) on one call."""
    return _EVALUATORS[type(condition)](condition, field)


def _all(condition: model.All, field: Field) -> Result:
    results = [evaluate(one, field) for one in condition.all]
    places = tuple(place for result in results for place in result.places)
    if any(result.truth is False for result in results):
        return Result(False, places)
    unknown = next((result for result in results if result.truth is None), None)
    return Result(None, places, unknown.unknown) if unknown else Result(True, places)


def _any(condition: model.AnyOf, field: Field) -> Result:
    results = [evaluate(one, field) for one in condition.any]
    places = tuple(
        place for result in results if result.truth is not False for place in result.places
    )
    sure = sum(result.truth is True for result in results)
    unknown = [result for result in results if result.truth is None]
    if sure >= condition.at_least:
        return Result(True, places)
    if sure + len(unknown) >= condition.at_least and unknown:
        return Result(None, places, unknown[0].unknown)
    return Result(False, places)


def _not(condition: model.Not, field: Field) -> Result:
    result = evaluate(condition.not_, field)
    truth = None if result.truth is None else not result.truth
    return Result(truth, result.places, result.unknown)


def _gap(condition: model.Limits) -> Gap:
    return Gap(condition.max_gap_s, condition.max_gap_turns, condition.max_gap_chars)


def _places_of(parts: Sequence[Any], field: Field) -> tuple[list[tuple[Place, ...]], Result | None]:
    """Return the places of each part, or what is unknown about a part without any."""
    groups, unknown = [], None
    for part in parts:
        result = evaluate(part, field)
        if result.truth is None and not result.places:
            unknown = result
        # A phrase of which too few are said has places, but does not hold.
        groups.append(result.places if result.truth is not False else ())
    return groups, unknown


def _sequence(condition: model.Sequence, field: Field) -> Result:
    groups, unknown = _places_of(condition.sequence, field)
    if unknown:
        return unknown
    return located(whole(found) for found in chain(groups, _gap(condition)))


def _near(condition: model.Near, field: Field) -> Result:
    groups, unknown = _places_of(condition.near, field)
    if unknown:
        return unknown
    gap = _gap(condition)
    found = [whole(c) for order in permutations(groups) for c in chain(order, gap)]
    return located({(p.span, p.chars): p for p in found}.values())


def _after(condition: model.After, field: Field) -> Result:
    return _beside(condition, field, condition.after, anchor_first=True)


def _before(condition: model.Before, field: Field) -> Result:
    return _beside(condition, field, condition.before, anchor_first=False)


def _beside(condition: model.Beside, field: Field, anchor: Any, *, anchor_first: bool) -> Result:
    (anchors, found), unknown = _places_of((anchor, condition.find), field)
    if unknown:
        return unknown
    if condition.nth is not None:
        at = condition.nth - 1 if condition.nth > 0 else condition.nth
        anchors = anchors[at:][:1] if -len(anchors) <= at < len(anchors) else ()
    # The earliest next place is looked for from each first one, so each found place is tried alone.
    places = {}
    for place in found:
        order = (anchors, (place,)) if anchor_first else ((place,), anchors)
        for one in chain(order, _gap(condition)):
            places[place.span, place.chars] = _doubted(one, 1 if anchor_first else 0)
    return located(places.values())


def _doubted(found: Sequence[Place], index: int) -> Place:
    """Return one place of a chain, as sure as the whole chain is."""
    return replace(found[index], sure=all(place.sure for place in found))


def _count(condition: model.Count, field: Field) -> Result:
    result = evaluate(condition.count, field)
    if result.truth is None and not result.places:
        return result
    sure = sum(place.sure for place in result.places)
    possible = len(result.places)
    low, high = condition.at_least or 0, condition.at_most
    if sure >= low and (high is None or possible <= high):
        return Result(True, result.places)
    if possible < low or (high is not None and sure > high):
        return Result(False, result.places)
    return Result(None, result.places, "condition_doubtful")


_EVALUATORS: dict[type, Callable[[Any, Field], Result]] = {
    leaves.Phrase: words.phrase,
    leaves.Similar: words.similar,
    leaves.Regex: words.regex,
    leaves.Repeated: words.repeated,
    leaves.Silence: measures.silence,
    leaves.Overlap: measures.overlap,
    leaves.Loud: measures.loud,
    leaves.Rate: measures.rate,
    leaves.Metadata: measures.metadata,
    model.All: _all,
    model.AnyOf: _any,
    model.Not: _not,
    model.Sequence: _sequence,
    model.Near: _near,
    model.After: _after,
    model.Before: _before,
    model.Count: _count,
}
