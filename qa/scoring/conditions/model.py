"""The operators of the condition language, as ruleset files write them.

Every operator is one key of a mapping (`phrase:`, `all:`, `silence:` …) with its modifiers beside
it; `Condition` is any of them. Each checks itself when it is read, so that a bad file stops with
the line of the operator.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from qa.scoring.conditions.leaves import (
    METADATA,
    Loud,
    Metadata,
    Overlap,
    Phrase,
    Rate,
    Regex,
    Repeated,
    Silence,
    Similar,
    Where,
)

__all__ = ["METADATA", "Condition", "Where", "operator_of"]

LOCATED = (
    "phrase", "similar", "regex", "silence", "overlap", "loud", "sequence", "near", "after",
    "before", "any", "repeated",
)  # fmt: skip
"""Operators that say where they hold; only these can stand in a sequence, near, or be counted."""


@dataclass(frozen=True)
class All:
    """Every condition holds."""

    all: tuple["Condition", ...]


@dataclass(frozen=True)
class AnyOf:
    """Any of the conditions holds; with `at_least`, so many of them."""

    any: tuple["Condition", ...]
    at_least: int = 1


@dataclass(frozen=True)
class Not:
    """The condition does not hold."""

    not_: Annotated["Condition", Field(alias="not")]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How far apart two places may lie.

    Attributes:
        max_gap_s, max_gap_turns, max_gap_chars: most seconds, changes of speaker, or characters
            (of either side) between the end of one and the start of the next; without any, no
            limit.
    """

    max_gap_s: float | None = None
    max_gap_turns: int | None = None
    max_gap_chars: int | None = None


@dataclass(frozen=True, kw_only=True)
class Beside(Limits):
    """Where a condition holds beside an anchor.

    Attributes:
        find: what is looked for.
        nth: only the so-manieth time that the anchor holds counts; −1 is the last.
    """

    find: "Condition"
    nth: int | None = None

    def __post_init__(self) -> None:
        if self.nth == 0:
            raise ValueError("nth counts from 1, or from −1 backwards")


@dataclass(frozen=True)
class Sequence(Limits):
    """Conditions that hold one after the other, in the order in which they stand."""

    sequence: tuple["Condition", ...]

    def __post_init__(self) -> None:
        _need_places(self.sequence, "sequence")


@dataclass(frozen=True)
class Near(Limits):
    """Conditions that hold close to each other, in any order."""

    near: tuple["Condition", ...]

    def __post_init__(self) -> None:
        _need_places(self.near, "near")
        if self.max_gap_s is self.max_gap_turns is self.max_gap_chars is None:
            raise ValueError("near needs max_gap_s, max_gap_turns or max_gap_chars")


@dataclass(frozen=True)
class After(Beside):
    """Where a condition holds after another one did."""

    after: "Condition"

    def __post_init__(self) -> None:
        super().__post_init__()
        _need_places((self.after, self.find), "after")


@dataclass(frozen=True)
class Before(Beside):
    """Where a condition holds before another one does."""

    before: "Condition"

    def __post_init__(self) -> None:
        super().__post_init__()
        _need_places((self.before, self.find), "before")


@dataclass(frozen=True)
class Count:
    """How often a condition holds."""

    count: "Condition"
    at_least: int | None = None
    at_most: int | None = None

    def __post_init__(self) -> None:
        _need_places((self.count,), "count")
        if self.at_least is None and self.at_most is None:
            raise ValueError("count needs at_least or at_most")


OPERATORS: dict[str, type] = {
    "phrase": Phrase, "similar": Similar, "regex": Regex, "repeated": Repeated,
    "silence": Silence, "overlap": Overlap, "loud": Loud, "rate": Rate, "metadata": Metadata,
    "all": All, "any": AnyOf, "not": Not, "sequence": Sequence, "near": Near, "after": After,
    "before": Before, "count": Count,
}  # fmt: skip
"""By the key that names them; in `after` and `before` the anchor is that key's value."""


def operator_of(value: Any) -> str | None:
    """Name the operator of a mapping (or of a condition); None where none or several stand."""
    if not isinstance(value, Mapping):
        return next((name for name, kind in OPERATORS.items() if isinstance(value, kind)), None)
    if "silence" in value:
        return "silence"  # its `after` and `before` name speakers
    named = [name for name in OPERATORS if name in value]
    return named[0] if len(named) == 1 else None


Condition = Annotated[
    Annotated[Phrase, Tag("phrase")]
    | Annotated[Similar, Tag("similar")]
    | Annotated[Regex, Tag("regex")]
    | Annotated[Repeated, Tag("repeated")]
    | Annotated[Silence, Tag("silence")]
    | Annotated[Overlap, Tag("overlap")]
    | Annotated[Loud, Tag("loud")]
    | Annotated[Rate, Tag("rate")]
    | Annotated[Metadata, Tag("metadata")]
    | Annotated[All, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[Not, Tag("not")]
    | Annotated[Sequence, Tag("sequence")]
    | Annotated[Near, Tag("near")]
    | Annotated[After, Tag("after")]
    | Annotated[Before, Tag("before")]
    | Annotated[Count, Tag("count")],
    Discriminator(
        operator_of,
        custom_error_type="no_operator",
        custom_error_message=f"needs exactly one of {', '.join(OPERATORS)}",
    ),
]


def _need_places(conditions: tuple[Any, ...], name: str) -> None:
    if not conditions:
        raise ValueError(f"{name} must not be empty")
    for condition in conditions:
        operator = operator_of(condition)
        if operator not in LOCATED:
            raise ValueError(f"{name} needs conditions with a place; '{operator}' has none")
        if isinstance(condition, AnyOf):
            _need_places(condition.any, name)
