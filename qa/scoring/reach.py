"""Which calls a changed list can reach: what a call must hold for the change to matter.

A list that gained or lost wordings judges a call as before unless one of these wordings may stand
in it. What is told here may be too much and is never too little: where it is not known how a
change works, it reaches every call.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from qa.scoring.grammar import EDGE, GAP, compile_all
from qa.scoring.shortlist import LONG, SHORT_SIMILARITY
from qa.scoring.spotting import HARMLESS_SIMILARITY, Guards, Policy
from qa.types import Role

_Wordings = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sought:
    """Wordings that a list gained or lost, and how its rule looks for them.

    Attributes:
        role: whose words it looks in.
        notations: in the notation of `qa.scoring.grammar`.
        floor, strict, chars, exact_below: as for `qa.scoring.shortlist.Shortlist`.
    """

    role: Role
    notations: _Wordings
    floor: float
    strict: bool = False
    chars: float = 0.0
    exact_below: int = 0


@dataclass(frozen=True, slots=True)
class Reach:
    """What a call must hold for a change to matter; any one of these will do.

    Attributes:
        near: wordings of which half of the pairs of neighbouring syllables must stand in the
            agent's words.
    """

    sought: tuple[Sought, ...] = ()
    near: _Wordings = ()

    def __add__(self, other: "Reach") -> "Reach":
        return Reach(self.sought + other.sought, self.near + other.near)


Looking = Callable[[_Wordings], Reach]
"""How a list's wordings are looked for."""


def reach_of(before: Any, after: Any, lists: Mapping[str, Looking], role: Role) -> Reach | None:
    """Compare two checks of a kind.

    Args:
        lists: by name of a field, how its wordings are looked for.
        role: whose words the field `guards` is about.

    Returns:
        None where they differ in anything else, or where wordings changed places.
    """
    if type(before) is not type(after):
        return None
    reach = Reach()
    for name in [field.name for field in fields(after)]:
        old, new = getattr(before, name), getattr(after, name)
        if old == new:
            continue
        added: Reach | None = None
        if isinstance(new, Guards):
            added = reach_of(old, new, _guards(role), role)
        elif name in lists:
            added = moved(old, new, lists[name])
        if added is None:
            return None
        reach += added
    return reach


def moved(before: _Wordings, after: _Wordings, looking: Looking) -> Reach | None:
    """Say where a change of one list matters; None where wordings in both changed places."""
    old, new = set(before), set(after)
    if [w for w in before if w in new] != [w for w in after if w in old]:
        return None
    return looking(tuple(dict.fromkeys(w for w in (*before, *after) if (w in old) != (w in new))))


def spotted(role: Role, policy: Policy) -> Looking:
    """Return how `qa.scoring.spotting.spot` looks for phrases."""
    strict = policy.convict_similarity >= SHORT_SIMILARITY
    floor, chars = policy.unsure_similarity, policy.unsure_chars
    return lambda wordings: Reach((Sought(role, wordings, floor, strict, chars, LONG),))


def written(*roles: Role) -> Looking:
    """Return how wordings are looked for that must stand there character by character."""
    return lambda wordings: Reach(tuple([Sought(role, wordings, 1.0) for role in roles]))


def nearby(wordings: _Wordings) -> Reach:
    """Look for wordings that are put to the sound (`qa.scoring.suspicion`)."""
    return Reach(near=wordings)


def _scattered(role: Role) -> Looking:
    """Return how wordings are looked for in a text from which other words were taken out.

    Their characters need not stand side by side in the whole text.
    """

    def look(wordings: _Wordings) -> Reach:
        texts = [text for pattern in compile_all(wordings) for text in pattern.parts[0]]
        return Reach((Sought(role, tuple([GAP.join(text.strip(EDGE)) for text in texts]), 1.0),))

    return look


def _guards(role: Role) -> Mapping[str, Looking]:
    """Say how each list of `Guards` is looked for; `negated_by` goes by class of syllable."""
    exact = written(role)
    return {
        "unless": lambda wordings: Reach((Sought(role, wordings, HARMLESS_SIMILARITY),)),
        "quoted_after": _scattered(role),
        **dict.fromkeys(
            ("negated_by", "denied_by", "asked_with", "excused_by", "no_excuse", "script"), exact
        ),
    }
