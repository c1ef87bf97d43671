"""Put hypotheses to the sound, that is, ask whether this was said here.

A transcript is one guess. Where a check is not sure, it asks how well its own hypotheses fit the
same place of the recording: what should have been said, what must not be said, and rivals that
sound alike. The answers stand in the transcript's hearings; a question without an answer is noted
in the scene, and the verdict carries it until `qa hear` or the next transcription answers it.
Nothing here opens audio.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from qa.scoring.check import Scene
from qa.scoring.syllables import NEAR_COST, substitution_cost, syllables
from qa.scoring.thresholds import THRESHOLDS
from qa.scoring.track import Track
from qa.types import Question, Span


class Finding(StrEnum):
    """What the sound says of a hypothesis."""

    SAID = "said"
    NOT_SAID = "not_said"
    UNSURE = "unsure"
    OPEN = "open"


class Kind(StrEnum):
    """What is asked about; each kind has its own calibrated thresholds.

    A slot is a sentence that is due: it is compared with the words as heard. A phrase convicts, so
    it must beat its rivals. A number must beat the numbers that differ in one confusable digit. A
    value is a name or an address that should have been repeated.
    """

    SLOT = "slot"
    PHRASE = "phrase"
    NUMBER = "number"
    VALUE = "value"


HEARD_EDGE: dict[Kind, float] = {
    Kind.SLOT: 0.0,
    Kind.PHRASE: 10.0,
    Kind.NUMBER: 10.0,
    Kind.VALUE: 0.0,
}
"""How far what was said may lie behind the words as they were heard, in nats. The recogniser chose
those because it likes them best, garbled or not, so what was truly said lies behind them by 0 to
10; where there are rivals, being ahead of those is what counts. (With no edge, phrases that were
said are found in 55 % of the places where they were misheard, with 8 to 15 in 83 %.) A number that
was clearly heard must stand among the rivals."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """The finding, and how far the best target is ahead of the best rival (nats; None if open)."""

    finding: Finding
    margin: float | None = None


def weigh(
    scene: Scene,
    track: Track,
    place: tuple[int, int],
    targets: Sequence[str],
    rivals: Sequence[str] = (),
    *,
    kind: Kind,
) -> Weighed:
    """Ask whether any of the targets was said in a place, rather than what was heard or a rival.

    Args:
        place: `[start, end)` in the track's text; an empty range asks for words that were missed.
        targets: folded texts of what may have been said; several ways to say the same.
        rivals: folded texts of what may have been said instead.

    Returns:
        `OPEN` while the sound has not been asked; the question is then noted in the scene.
    """
    start, end = place
    question = Question(
        channel=track.channel_at(start),
        span=_span(track, start, end),
        hypotheses=tuple(dict.fromkeys([*targets, *rivals])),
    )
    margins = scene.margins(question)
    if margins is None:
        return Weighed(Finding.OPEN)
    heard = track.text[start:end]
    against = [margins[text] for text in rivals]
    if heard not in targets:
        against.append(-HEARD_EDGE[kind])  # the words as they were heard
    best = max(margins[text] for text in targets)
    margin = best - max(against, default=0.0)
    said, not_said = THRESHOLDS[kind]
    if margin >= said:
        return Weighed(Finding.SAID, margin)
    return Weighed(Finding.NOT_SAID if margin <= not_said else Finding.UNSURE, margin)


def weigh_places(
    scene: Scene,
    track: Track,
    places: Sequence[tuple[int, int]],
    targets: Sequence[str],
    rivals: Sequence[str] = (),
    *,
    kind: Kind,
) -> Weighed:
    """Ask about several readings of where the words stand; the place that fits best answers.

    Recognition that garbled a phrase has often swallowed its neighbours as well, or left syllables
    of it to them, so where it begins and ends is itself a guess.
    """
    answers = [
        weigh(scene, track, place, targets, rivals, kind=kind) for place in dict.fromkeys(places)
    ]
    known = [answer for answer in answers if answer.margin is not None]
    best = max(known, key=lambda answer: answer.margin or 0.0, default=Weighed(Finding.OPEN))
    if best.finding is Finding.SAID or len(known) == len(answers):
        return best
    return Weighed(Finding.OPEN)


def tight(track: Track, place: tuple[int, int], text: str) -> tuple[int, int]:
    """Take off what does not sound like the text at either end of a place.

    Returns:
        The narrower place; the place itself where nothing of it would be left.
    """
    start, end = place
    expected, heard = syllables(text), track.syllables
    while start < end and _is_foreign(heard[start], expected):
        start += 1
    while start < end and _is_foreign(heard[end - 1], expected):
        end -= 1
    return (start, end) if start < end else place


def _is_foreign(heard: str, expected: Sequence[str]) -> bool:
    return all(substitution_cost(syllable, heard) >= NEAR_COST for syllable in expected)


def _span(track: Track, start: int, end: int) -> Span:
    if start < end:
        return track.span(start, end)
    at = track.span(start, start + 1).start_ms if start < len(track.text) else track.end_ms
    return Span(at, at)
