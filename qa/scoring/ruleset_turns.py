"""The trained model of what turns resemble, as it comes with the package."""

from functools import cache
from importlib.resources import files

import numpy as np

from qa.scoring.turn_classes import TurnClasses

NAME = "turn_classes.npz"


@cache
def turn_classes() -> TurnClasses:
    """Read the model.

    Raises:
        OSError: the package lacks it.
    """
    with (files("qa.scoring") / NAME).open("rb") as file:
        kept = np.load(file, allow_pickle=False)
        return TurnClasses(
            tuple(str(name) for name in kept["classes"]),
            *(kept[name] for name in ("weights", "scale", "bias", "floors")),
        )
