"""Choose from which score a turn resembles a class, on labelled calls, and say what that finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchlib.callset import load_call_set
from qa.scoring.turn_classes import MIN_CHARS, TurnClasses
from qa.text import fold
from qa.types import Outcome

TURNS = {"FP05": 3}
"""Turns of a call that must resemble a class, where it is not one."""

LOWEST = -2.0
"""A turn of which nothing is known scores `benchlib.turns.BIAS`, and resembles no class."""


@dataclass(frozen=True, slots=True)
class AgentTurns:
    """What the agent of a labelled call says, folded, and the call's outcomes by rule id."""

    texts: tuple[str, ...]
    labels: Mapping[str, Outcome]


def agent_turns(folder: Path) -> list[AgentTurns]:
    """Read the calls of a set."""
    found = []
    for call in load_call_set(folder):
        texts = [fold(t["text"]).text for t in call.script["turns"] if t["role"] == "agent"]
        kept = tuple(text for text in texts if len(text) >= MIN_CHARS)
        found.append(AgentTurns(kept, call.labels))
    return found


def with_floors(model: TurnClasses, calls: Sequence[AgentTurns], marked: float) -> TurnClasses:
    """Choose the floors that a share of the calls without a violation reach.

    Args:
        marked: that share, 0-1.
    """
    floors = []
    for name in model.classes:
        harmless = sorted(_reached(model, calls, name, Outcome.MET), reverse=True)
        floors.append(max(LOWEST, harmless[int(len(harmless) * marked)] + 1e-6))
    return replace(model, floors=np.array(floors))


def figures(model: TurnClasses, calls: Sequence[AgentTurns]) -> str:
    """Print for each class how many calls reach its floor, of the violated and of the others."""
    lines = ["class  floor  violated  marked  harmless  marked"]
    for name, floor in zip(model.classes, model.floors, strict=True):
        violated = _reached(model, calls, name, Outcome.VIOLATED)
        harmless = _reached(model, calls, name, Outcome.MET)
        found, alarms = (sum(v >= floor for v in some) for some in (violated, harmless))
        share = alarms / max(1, len(harmless))
        lines.append(
            f"{name}   {floor:5.2f}  {len(violated):8}  {found:6}  {len(harmless):8}  {share:5.1%}"
        )
    return "\n".join(lines)


def _reached(
    model: TurnClasses, calls: Sequence[AgentTurns], name: str, outcome: Outcome
) -> list[float]:
    """Return the highest floor that each call with an outcome would reach."""
    column, turns = model.classes.index(name), TURNS.get(name, 1)
    reached = []
    for call in calls:
        if call.labels.get(name) is outcome:
            scores = sorted(model.scores(call.texts)[:, column], reverse=True)
            reached.append(float(scores[turns - 1]) if len(scores) >= turns else -np.inf)
    return reached
