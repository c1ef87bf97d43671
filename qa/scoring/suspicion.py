"""Put doubtful phrases to the sound, to tell what was said from what only sounds like it.

What stands there word for word needs no question. Where the words only sound like a phrase, the
recording is asked: the phrase, against the words as they were heard and against texts that differ
from the phrase by one confusable syllable. And because recognition garbles most where it is least
sure of itself, the commonest phrases of a class are also asked for where unsure words come near.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from qa.scoring.check import Scene
from qa.scoring.grammar import GAP, Found, compile_all
from qa.scoring.hypotheses import Finding, Kind, tight, weigh_places
from qa.scoring.match import best_hit
from qa.scoring.rivals import text_rivals
from qa.scoring.spotting import Guards, Sighting, is_harmless
from qa.scoring.syllables import keys
from qa.scoring.track import Hit, Track, key_pairs

RIVALS = 2
"""Alternatives beside the words as heard; each costs the engine some 20–100 ms."""
MAX_PLACES = 3
"""Places that one rule asks about."""
NEAR = 0.55
SHORT_NEAR = 0.75
"""How near words must come by sound to be asked whether they are one of the commonest phrases, and
how near where the phrase has less than `SHORT` syllables."""
SHORT = 5
MAX_NEAR = 2
"""Places that a rule asks about when nothing was spotted."""
BELIEVED = 0.95
"""Mean word confidence from which the recogniser is taken at its word."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A phrase to be looked for from afar."""

    text: str
    pairs: frozenset[str]


def hear_out(
    scene: Scene, sightings: list[Sighting], *, asked: tuple[str, ...] = (), guards: Guards
) -> list[Sighting]:
    """Let the sound decide what the words leave open.

    Args:
        sightings: what was spotted in the agent's words.
        asked: the commonest phrases of the class; asked for in words that only come near them, when
            nothing else was spotted.
        guards: what makes a phrase harmless.

    Returns:
        The sightings less those the sound denies, those it affirms as sure; and of `asked` only
        what it affirms, because words that are merely near leave nothing undecided.
    """
    if any(s.sure and s.found.hit.same_chars == 1.0 for s in sightings):
        return sightings
    certain = _weighed(scene, [s for s in sightings if s.sure])
    if any(s.sure for s in certain):
        return certain
    doubts = _weighed(scene, [s for s in sightings if not s.sure])
    if doubts or sightings:
        return doubts
    near = _weighed(scene, _near(scene.agent, asked, guards))
    return [s for s in near if s.sure]


def ask(scene: Scene, sighting: Sighting) -> Finding:
    """Ask the sound about a sighting in the agent's words.

    A phrase in parts is asked for as it was heard, with its parts put in their places.
    """
    track, hit = scene.agent, sighting.found.hit
    text = _spelled(track, sighting.found)
    if text is None:
        return Finding.UNSURE
    place = hit.start, hit.end
    places = [place] if GAP in sighting.found.text else [place, tight(track, place, text)]
    rivals = [r for r in text_rivals(text, RIVALS) if r != track.text[hit.start : hit.end]]
    return weigh_places(scene, track, places, (text,), rivals, kind=Kind.PHRASE).finding


def _weighed(scene: Scene, sightings: list[Sighting]) -> list[Sighting]:
    """Ask about the likest sightings, leave out what was not said, and mark what was."""
    ranked = sorted(sightings, key=lambda s: -s.found.hit.similarity * s.found.length)
    kept = ranked[MAX_PLACES:]
    for sighting in ranked[:MAX_PLACES]:
        finding = ask(scene, sighting)
        if finding is not Finding.NOT_SAID:
            kept.append(replace(sighting, sure=sighting.sure or finding is Finding.SAID))
    return sorted(kept, key=lambda s: s.found.hit.start)


def _spelled(track: Track, found: Found) -> str | None:
    """Write the phrase as it would have been said in its place; None where that is not known."""
    if GAP not in found.text:
        return found.text
    spelled, at = "", found.hit.start
    for text in found.text.split(GAP):
        part = best_hit(text, track, at, found.hit.end)
        if part is None:
            return None
        spelled += track.text[at : part.start] + text
        at = part.end
    return spelled


@lru_cache(maxsize=100)
def _wanted(notations: tuple[str, ...]) -> tuple[_Wanted, ...]:
    texts = (text for pattern in compile_all(notations) for text in pattern.parts[0])
    return tuple(_Wanted(text, key_pairs(keys(text))) for text in texts)


def _near(track: Track, asked: tuple[str, ...], guards: Guards) -> list[Sighting]:
    """Find unsure words that come near one of the commonest phrases, the nearest one in a place."""
    found: list[Found] = []
    for wanted in _wanted(asked):
        # Half of the pairs of neighbouring syllables must stand somewhere: a look of microseconds.
        if 2 * len(wanted.pairs & track.pairs) < len(wanted.pairs):
            continue
        floor = NEAR if len(wanted.text) >= SHORT else SHORT_NEAR
        hit = best_hit(wanted.text, track, 0, len(track.text), floor=floor)
        if hit and _in_one_turn(track, hit) and track.confidence(hit.start, hit.end) < BELIEVED:
            found.append(Found(wanted.text, len(wanted.text), hit))
    found.sort(key=lambda f: -f.hit.similarity * f.length)
    chosen: list[Found] = []
    for one in found:
        if not _overlaps(one, chosen) and not is_harmless(track, one, guards):
            chosen.append(one)
    return [Sighting(one, sure=False) for one in chosen[:MAX_NEAR]]


def _in_one_turn(track: Track, hit: Hit) -> bool:
    return hit.start < hit.end <= track.turn_at(hit.start)[1]


def _overlaps(one: Found, others: Sequence[Found]) -> bool:
    return any(o.hit.start < one.hit.end and one.hit.start < o.hit.end for o in others)
