"""Hold what may cost money against what a second, larger recogniser reads at the same places.

Where two recognisers hear the same words, or words by which the rule finds the same, the verdict
stands. Where they do not, nobody can say what was said without listening: it is undecided, with
both readings as evidence. Only verdicts that rest on somebody's words are held so; where a rule
finds that nothing at all was said, there is no place to read again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from qa.scoring.check import Scene
from qa.scoring.syllables import sounds
from qa.text import fold
from qa.types import (
    SECOND_EAR,
    Match,
    Outcome,
    Question,
    Span,
    Utterance,
    Verdict,
    Word,
)

MAX_PLACES = 6
"""Utterances of one verdict that are read again, the first ones."""


def second_ear(verdict: Verdict, scene: Scene, judge: Callable[[Scene], Verdict]) -> Verdict:
    """Let a violation stand only where a second recogniser, if there is one, bears it out.

    Args:
        verdict: VIOLATED, of a rule that may cost money.
        judge: the rule.

    Returns:
        The verdict, or an UNDECIDED one: `second_ear_open` while the second reading is missing
        (then the scene holds the question), `second_ear_differs` with the nearest of its readings.
    """
    if SECOND_EAR not in scene.transcript.notes:
        return verdict
    places = _places(verdict)
    spoken = scene.transcript.utterances
    answers = {i: scene.read_again(question_of(spoken[i])) for i in places}
    readings = {i: text for i, text in answers.items() if text is not None}
    if len(readings) < len(places):
        return replace(verdict, outcome=Outcome.UNDECIDED, reason="second_ear_open")
    differing = [i for i in places if not _sounds_alike(spoken[i].text, readings[i])]
    if not differing or judge(_as_read(scene, readings)).outcome is Outcome.VIOLATED:
        return verdict
    first = spoken[differing[0]]
    return replace(
        verdict,
        outcome=Outcome.UNDECIDED,
        reason="second_ear_differs",
        nearest=_evidence(differing[0], first, readings[differing[0]]),
    )


def question_of(utterance: Utterance) -> Question:
    """Ask what is said where an utterance was heard; no hypothesis is put."""
    return Question(utterance.channel, utterance.span, ())


def _places(verdict: Verdict) -> list[int]:
    """List the utterances that a verdict rests on: by its matches, else by its nearest misses."""
    slots = [m for slot in verdict.slots for m in (slot.match, slot.nearest) if m is not None]
    nearest = [verdict.nearest] if verdict.nearest is not None else []
    found = verdict.matches or tuple(slots) or tuple(nearest)
    return list(dict.fromkeys(match.utterance for match in found))[:MAX_PLACES]


def _sounds_alike(one: str, other: str) -> bool:
    return sounds(fold(one).text) == sounds(fold(other).text)


def _as_read(scene: Scene, readings: Mapping[int, str]) -> Scene:
    """Make the call with the second reading in the places that were read again."""
    spoken = tuple(
        _rewritten(u, readings[i]) if i in readings else u
        for i, u in enumerate(scene.transcript.utterances)
    )
    return Scene(replace(scene.transcript, utterances=spoken), scene.call)


def _rewritten(utterance: Utterance, text: str) -> Utterance:
    """Give an utterance other words, spread evenly over its time."""
    words = _spread(text, utterance.span, utterance.confidence)
    return replace(utterance, text=text, words=tuple(words))


def _spread(text: str, span: Span, confidence: float) -> Sequence[Word]:
    edges = [span.start_ms + span.duration_ms * i // len(text) for i in range(len(text))]
    edges.append(span.end_ms)
    return [Word(char, Span(edges[i], edges[i + 1]), confidence) for i, char in enumerate(text)]


def _evidence(index: int, first: Utterance, reading: str) -> Match:
    one, other = fold(first.text).text, fold(reading).text
    similarity = SequenceMatcher(None, one, other, autojunk=False).ratio()
    return Match(index, first.role, first.span, reading or "…", first.text, round(similarity, 4))
