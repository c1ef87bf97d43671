"""Learn from written turns how classes of forbidden language are put."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.scoring.turn_classes import BITS, TurnClasses, hashed_grams
from qa.text import fold

CLASSES = ("FP01", "FP02", "FP03", "FP04", "FP05", "IP01")
WRITERS: Mapping[str, tuple[str, ...]] = {
    "a": ("FP01", "FP02", "FP03"),
    "b": ("FP04", "FP05", "IP01"),
    "c": ("FP01", "FP04", "FP05"),
    "d": ("FP02", "FP03", "IP01"),
    "n": (),
}
"""Which classes each writer was asked for: on the others, what they wrote says nothing.
`n` are the near misses of the rules' own examples and tests."""
ALIKE = (frozenset({"FP01", "FP04"}), frozenset({"FP02", "FP03"}))
"""Classes that one sentence may belong to both of: an example of one is no counter-example."""
ROUNDS = 12
RATE = 0.3
DECAY = 2e-6
MAX_WEIGHT = 30.0
BIAS = -3.0
"""Nats of the odds of a turn of which no n-gram is known: not learned, for it is like no class."""
MIN_TEXTS = 2
"""Texts an n-gram must stand in."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A written turn, folded.

    Attributes:
        label: its class; None for a harmless one.
        silent: classes of which it says nothing.
        writer: the first letter of its file.
    """

    text: str
    label: str | None
    silent: frozenset[str]
    writer: str


def read_turns(folder: Path) -> list[Turn]:
    """Read `*.tsv`: label (or OK), tab, turn; each turn once.

    Raises:
        SystemExit: a line is wrong.
    """
    turns: dict[tuple[str, str], Turn] = {}
    for file in sorted(folder.glob("*.tsv")):
        writer = file.name[0]
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            label, tab, text = line.partition("\t")
            if not tab or label not in (*CLASSES, "OK") or writer not in WRITERS:
                raise SystemExit(f"{file.name}:{number}: not a label, a tab and a turn")
            folded = fold(text).text
            turns[label, folded] = Turn(folded, *_meaning(label, writer), writer)
    return list(turns.values())


def _meaning(label: str, writer: str) -> tuple[str | None, frozenset[str]]:
    if label == "OK":
        return None, frozenset()
    others = set(CLASSES) - set(WRITERS[writer])
    for alike in ALIKE:
        others |= alike if label in alike else set()
    return label, frozenset(others - {label})


def train(turns: Sequence[Turn], floors: Mapping[str, float] | None = None) -> TurnClasses:
    """Fit one logistic regression a class by AdaGrad (Duchi and others 2011).

    The same turns always give the same model.
    """
    found = [np.unique(hashed_grams([t.text])[0], return_counts=True) for t in turns]
    texts = np.bincount(np.concatenate([ids for ids, _ in found]), minlength=1 << BITS)
    rows = [
        (ids[texts[ids] >= MIN_TEXTS], (n / np.sqrt(n.sum()))[texts[ids] >= MIN_TEXTS])
        for ids, n in found
    ]
    fitted = [_fit(turns, rows, name) for name in CLASSES]
    weights = np.stack(fitted, axis=1)
    scale = np.abs(weights).max(axis=0) / 127
    return TurnClasses(
        CLASSES,
        np.round(weights / scale).astype(np.int8),
        scale,
        np.full(len(CLASSES), BIAS),
        np.array([(floors or {}).get(name, 0.0) for name in CLASSES]),
    )


def _fit(
    turns: Sequence[Turn], rows: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]], name: str
) -> NDArray[np.float64]:
    used = [k for k, turn in enumerate(turns) if name not in turn.silent]
    positive = sum(turns[k].label == name for k in used)
    if not positive:
        raise SystemExit(f"no turn of class {name}")
    # A class is rarer in the corpus than the rest; a third of an even balance keeps it careful.
    weight = min(MAX_WEIGHT, (len(used) - positive) / positive / 3)
    weights, squares = np.zeros(1 << BITS), np.full(1 << BITS, 1e-6)
    order = random.Random(1)
    for _ in range(ROUNDS):
        order.shuffle(used)
        for k in used:
            ids, values = rows[k]
            odds = float(weights[ids] @ values) + BIAS
            wrong = 1 / (1 + np.exp(-odds)) - (turns[k].label == name)
            wrong *= weight if turns[k].label == name else 1.0
            slope = wrong * values + DECAY * weights[ids]
            squares[ids] += slope * slope
            weights[ids] -= RATE * slope / np.sqrt(squares[ids])
    return weights
