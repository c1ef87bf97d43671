"""The operators of the condition language, as ruleset files write them.

Every operator is one key of a mapping (`phrase:`, `all:`, `silence:` …) with its modifiers beside
it; `Condition` is any of them. Each checks itself when it is read, so that a bad file stops with
the line of the operator.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from qa.scoring.grammar import Pattern, compile_all

Speaker = Literal["agent", "customer", "anyone"]
LOCATED = (
    "phrase", "similar", "regex", "silence", "overlap", "loud", "sequence", "near", "after",
    "before", "any", "repeated",
)  # fmt: skip
"""Operators that say where they hold; only these can stand in a sequence, near, or be counted."""
METADATA = (
    "agent_id", "caller_number", "direction", "duration_s", "fee_unpaid", "hour", "released_by",
    "ring_count", "ruleset", "source", "station", "weekday",
)  # fmt: skip
"""What `metadata` knows: fields of the call, `duration_s` of the recording, `hour` (0–23) and
`weekday` (1 is Monday) of its start in the call's zone, `station` of its ticket."""


@dataclass(frozen=True)
class Where:
    """Which part of the call an operator looks at; everything given must hold.

    Attributes:
        window: the opening (until the customer has said more than a word) or the closing (the
            agent's last turns).
        first_s, last_s: seconds from the start, or to the end, of the recording.
        first_turns, last_turns: turns of whoever the operator listens to.
    """

    window: Literal["opening", "closing"] | None = None
    first_s: float | None = None
    last_s: float | None = None
    first_turns: int | None = None
    last_turns: int | None = None

    def __post_init__(self) -> None:
        given = (self.first_s, self.last_s, self.first_turns, self.last_turns)
        if any(value is not None and value <= 0 for value in given):
            raise ValueError("first_s, last_s, first_turns and last_turns must be above 0")


ANYWHERE = Where()


@dataclass(frozen=True)
class Phrase:
    """Phrases said, by sound or by character.

    Attributes:
        phrase: one or several, in the notation of `qa.scoring.grammar`.
        at_least: how many different ones of them must be said; `all_of` asks for every one.
        match: `sound` (homophones and confusable syllables pass), `fuzzy` (the same, looser), or
            `characters` (as written).
        similarity: from here it was said (0–1); by default 0.85 by sound and 0.72 fuzzy.
    """

    phrase: tuple[str, ...] | str
    at_least: int = 1
    all_of: bool = False
    by: Speaker = "agent"
    match: Literal["sound", "fuzzy", "characters"] = "sound"
    similarity: float | None = None
    where: Where = ANYWHERE

    def __post_init__(self) -> None:
        if not self.patterns:
            raise ValueError("phrase must not be empty")
        if not 1 <= self.at_least <= len(self.patterns):
            raise ValueError(f"at_least must lie between 1 and the {len(self.patterns)} phrases")
        if self.similarity is not None and not 0.5 <= self.similarity <= 1:
            raise ValueError("similarity must lie between 0.5 and 1")

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """What is looked for."""
        return compile_all((self.phrase,) if isinstance(self.phrase, str) else self.phrase)

    @property
    def needed(self) -> int:
        """How many of the phrases must be said."""
        return len(self.patterns) if self.all_of else self.at_least

    @property
    def floor(self) -> float:
        """Similarity from which a phrase was said."""
        default = {"sound": 0.85, "fuzzy": 0.72, "characters": 1.0}[self.match]
        return default if self.similarity is None else self.similarity


@dataclass(frozen=True)
class Similar:
    """A sentence that as a whole is like a model sentence.

    Attributes:
        similar: the model sentence.
        at_least: 0–1, 1 − edit distance by sound over the longer of the two.
    """

    similar: str
    at_least: float = 0.8
    by: Speaker = "agent"
    where: Where = ANYWHERE

    def __post_init__(self) -> None:
        if not self.similar.strip() or not 0.5 <= self.at_least <= 1:
            raise ValueError("similar must not be empty, and at_least lies between 0.5 and 1")


@dataclass(frozen=True)
class Regex:
    """A regular expression on what was said in one turn, punctuation included (RE2: linear time).

    Attributes:
        regex: RE2 syntax: no look-around, no back-references.
    """

    regex: str
    by: Speaker = "agent"
    where: Where = ANYWHERE

    def __post_init__(self) -> None:
        _ = self.compiled

    @cached_property
    def compiled(self) -> Any:
        """The expression, ready to search."""
        import re2

        options = re2.Options()
        options.log_errors = False
        try:
            return re2.compile(self.regex, options)
        except re2.error as error:
            raise ValueError(f"regex: {error}") from error


@dataclass(frozen=True)
class Repeated:
    """The same thing said again and again.

    Attributes:
        repeated: how often at least.
        similarity: how alike two sentences of four characters or more must be, by sound.
    """

    repeated: int
    by: Speaker = "agent"
    similarity: float = 0.85
    where: Where = ANYWHERE

    def __post_init__(self) -> None:
        if self.repeated < 2:
            raise ValueError("repeated must be 2 or more")


@dataclass(frozen=True)
class Silence:
    """Nobody speaks for longer than so many seconds, between two words of the call."""

    silence: float
    where: Where = ANYWHERE


@dataclass(frozen=True)
class Overlap:
    """Both speak at once for longer than so many seconds; `started_by` cut in."""

    overlap: float
    started_by: Speaker = "anyone"
    where: Where = ANYWHERE


@dataclass(frozen=True)
class Loud:
    """An utterance louder than so many dB above the speaker's own median."""

    loud: float
    by: Literal["agent", "customer"] = "agent"
    where: Where = ANYWHERE


@dataclass(frozen=True)
class Rate:
    """Characters a minute of speech, in the whole call.

    Attributes:
        rate: `{below: …}`, `{above: …}` or both (outside the band).
    """

    rate: Mapping[Literal["below", "above"], float]
    by: Literal["agent", "customer"] = "agent"

    def __post_init__(self) -> None:
        if not self.rate:
            raise ValueError("rate needs below or above")


@dataclass(frozen=True)
class Metadata:
    """What the telephone system knows.

    Attributes:
        metadata: one of `METADATA`.
        is_: the value (or one of several values) that it has.
        at_least, at_most: bounds, for numbers.
        known: whether it is known at all; any other question about what is unknown is undecided.
    """

    metadata: str
    is_: Annotated[Any, Field(alias="is")] = None
    at_least: float | None = None
    at_most: float | None = None
    known: bool | None = None

    def __post_init__(self) -> None:
        if self.metadata not in METADATA:
            raise ValueError(f"no metadata '{self.metadata}'; there are {', '.join(METADATA)}")
        questions = (self.is_, self.at_least, self.at_most, self.known)
        if all(question is None for question in questions):
            raise ValueError("metadata needs is, at_least, at_most or known")


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


@dataclass(frozen=True)
class Sequence:
    """Conditions that hold one after the other.

    Attributes:
        sequence: in the order in which they must come.
        max_gap_s, max_gap_turns, max_gap_chars: most seconds, changes of speaker, or characters
            (of either side) between the end of one and the start of the next; without any, no
            limit.
    """

    sequence: tuple["Condition", ...]
    max_gap_s: float | None = None
    max_gap_turns: int | None = None
    max_gap_chars: int | None = None

    def __post_init__(self) -> None:
        _need_places(self.sequence, "sequence")


@dataclass(frozen=True)
class Near:
    """Conditions that hold close to each other, in any order; limits as in `Sequence`."""

    near: tuple["Condition", ...]
    max_gap_s: float | None = None
    max_gap_turns: int | None = None
    max_gap_chars: int | None = None

    def __post_init__(self) -> None:
        _need_places(self.near, "near")
        if self.max_gap_s is self.max_gap_turns is self.max_gap_chars is None:
            raise ValueError("near needs max_gap_s, max_gap_turns or max_gap_chars")


@dataclass(frozen=True)
class After:
    """Where a condition holds after another one did; limits as in `Sequence`."""

    after: "Condition"
    find: "Condition"
    max_gap_s: float | None = None
    max_gap_turns: int | None = None
    max_gap_chars: int | None = None

    def __post_init__(self) -> None:
        _need_places((self.after, self.find), "after")


@dataclass(frozen=True)
class Before:
    """Where a condition holds before another one does; limits as in `Sequence`."""

    before: "Condition"
    find: "Condition"
    max_gap_s: float | None = None
    max_gap_turns: int | None = None
    max_gap_chars: int | None = None

    def __post_init__(self) -> None:
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
