"""Put a doubtful phrase to the sound: was it said, or only something like it?

What stands there word for word needs no question. Where the words only sound like the phrase, the
recording is asked: the phrase, against the words as they were heard and against texts that differ
from the phrase by one confusable syllable.
"""

from qa.scoring.check import Scene
from qa.scoring.grammar import GAP
from qa.scoring.hypotheses import Finding, Kind, weigh
from qa.scoring.match import best_hit
from qa.scoring.rivals import text_rivals
from qa.scoring.spotting import Sighting

RIVALS = 2
"""Alternatives beside the words as heard; each costs the engine some 20–100 ms."""


def ask(scene: Scene, sighting: Sighting) -> Finding:
    """Ask the sound about a sighting in the agent's words.

    A phrase in parts is asked for as it was heard, with its parts put in their places.
    """
    track, hit = scene.agent, sighting.found.hit
    text = _spelled(scene, sighting)
    if text is None:
        return Finding.UNSURE
    rivals = [r for r in text_rivals(text, RIVALS) if r != track.text[hit.start : hit.end]]
    return weigh(scene, track, (hit.start, hit.end), (text,), rivals, kind=Kind.PHRASE).finding


def _spelled(scene: Scene, sighting: Sighting) -> str | None:
    """Write the phrase as it would have been said in its place; None where that is not known."""
    track, found = scene.agent, sighting.found
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
