"""What becomes of a condition."""

from collections.abc import Iterable
from dataclasses import dataclass

from qa.scoring.conditions.places import Place


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a condition.

    Attributes:
        truth: None where the transcript does not tell.
        places: where it holds, sure ones and doubtful ones, in time order.
        unknown: why it is unknown: a reason code of `qa.wording`.
    """

    truth: bool | None
    places: tuple[Place, ...] = ()
    unknown: str = ""


UNKNOWN_ROLES = Result(None, unknown="role_unknown")


def located(places: Iterable[Place]) -> Result:
    """Build the result of a condition that holds where a sure place is; a doubtful one may hold."""
    found = tuple(sorted(places, key=lambda place: (place.span, place.chars)))
    truth = True if any(p.sure for p in found) else (None if found else False)
    return Result(truth, found, "" if truth is not None else "condition_doubtful")
