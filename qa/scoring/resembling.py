"""A second opinion on forbidden language: whether a turn, as a whole, is like its class.

Where word lists find nothing but a turn resembles the class, and where they convict by words that
resemble it in a turn that as a whole does not, two opinions differ, and a person listens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import exp
from typing import TYPE_CHECKING

from qa.scoring.check import Scene
from qa.scoring.spotting import Sighting
from qa.scoring.windows import span_of
from qa.types import Outcome, Verdict

if TYPE_CHECKING:
    from qa.scoring.turn_classes import Likeness

CLASSES = ("FP01", "FP02", "FP03", "FP04", "FP05", "IP01")
"""What the model knows; written here, too, for who only reads rulesets does not wait for NumPy."""
UNLIKE = -4.0
"""Nats of the odds below which a sentence is nothing like a class (docs/decisions/0053)."""
ALIKE = 0.0
"""Words are looked at in their sentence only where by themselves they are like the class: of words
that a ruleset added and the model never met, it knows nothing."""


def in_context(scene: Scene, sightings: Sequence[Sighting], name: str) -> list[Sighting]:
    """Mark sightings as unsure whose words are like a class, said in nothing that is like it.

    Args:
        name: of the class; an empty one stands for none, and nothing changes.
    """
    if not name or not any(sighting.sure for sighting in sightings):
        return list(sightings)
    from qa.scoring.ruleset_turns import turn_classes
    from qa.scoring.turn_classes import units

    track, model = scene.agent, turn_classes()
    column, places = model.classes.index(name), units(track)
    seen: list[Sighting] = []
    for sighting in sightings:
        start, end = sighting.found.hit.start, sighting.found.hit.end
        unit = next(((a, b) for a, b in places if a <= start < b), (start, end))
        sentence = track.sentence_start(start), track.sentence_end(max(start, end - 1))
        texts = [track.text[a:b] for a, b in ((start, end), sentence, unit)]
        words, *around = model.scores(texts)[:, column]
        is_meant = words < ALIKE or max(around) >= UNLIKE
        seen.append(replace(sighting, sure=sighting.sure and bool(is_meant)))
    return seen


def if_resembling(scene: Scene, verdict: Verdict, name: str, *, turns: int = 1) -> Verdict:
    """Make a verdict undecided where no wording was found but turns resemble the class.

    Args:
        verdict: by the word lists; any that is not MET stays.
        name: of the class; an empty one stands for none.
        turns: how many must resemble it; a quarrel takes more than one.
    """
    if verdict.outcome is not Outcome.MET or not name:
        return verdict
    alike = _likenesses(scene).get(name, ())
    if len(alike) < turns:
        return verdict
    likest = alike[0]
    chance = 1 / (1 + exp(-likest.score))
    return replace(
        verdict,
        outcome=Outcome.UNDECIDED,
        reason="turn_resembles",
        details=(),
        searched=span_of(scene, 0, len(scene.agent.text)),
        nearest=scene.agent.match(likest.start, likest.end, expected="", similarity=chance),
    )


def known_class(name: str) -> None:
    """Refuse the name of a class that the model does not know.

    Raises:
        ValueError: the name is not empty, and no class has it.
    """
    if name and name not in CLASSES:
        raise ValueError(f"resembles: one of {', '.join(CLASSES)}")


def _likenesses(scene: Scene) -> "Mapping[str, tuple[Likeness, ...]]":
    from qa.scoring.ruleset_turns import turn_classes
    from qa.scoring.turn_classes import likenesses

    return scene.shared("likenesses", lambda: likenesses(scene.agent, turn_classes()))
