"""The operators that look at the call itself; `model` joins them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field

from qa.scoring.grammar import Pattern, compile_all

Speaker = Literal["agent", "customer", "anyone"]
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
        within: where several are needed: anywhere in the call, or in one turn or one sentence.
    """

    phrase: tuple[str, ...] | str
    at_least: int = 1
    all_of: bool = False
    by: Speaker = "agent"
    match: Literal["sound", "fuzzy", "characters"] = "sound"
    similarity: float | None = None
    within: Literal["call", "turn", "sentence"] = "call"
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
        unless: a turn in which this is found too does not count.
    """

    regex: str
    unless: str | None = None
    by: Speaker = "agent"
    where: Where = ANYWHERE

    def __post_init__(self) -> None:
        _ = self.compiled, self.excluded

    @cached_property
    def compiled(self) -> Any:
        """The expression, ready to search."""
        return _expression(self.regex)

    @cached_property
    def excluded(self) -> Any:
        """The expression of `unless`, ready to search, or None."""
        return _expression(self.unless) if self.unless is not None else None


@dataclass(frozen=True)
class Repeated:
    """The same thing said again and again.

    Attributes:
        repeated: how often at least.
        similarity: how alike two sentences must be, by sound.
        within_sentences: so many sentences of the speaker at most from the first to the last.
        min_chars: shorter sentences (好的, 对) do not count.
        except_: phrases whose sentences do not count.
    """

    repeated: int
    by: Speaker = "agent"
    similarity: float = 0.85
    within_sentences: int | None = None
    min_chars: int = 4
    except_: Annotated[tuple[str, ...], Field(alias="except")] = ()
    where: Where = ANYWHERE

    def __post_init__(self) -> None:
        if self.repeated < 2:
            raise ValueError("repeated must be 2 or more")
        compile_all(self.except_)


@dataclass(frozen=True)
class Silence:
    """Nobody speaks for longer than so many seconds, between two words of the call.

    Attributes:
        after, before: only silences that follow words of this side, or end with words of that one:
            after the customer and before the agent is the agent's time to answer.
    """

    silence: float
    after: Speaker = "anyone"
    before: Speaker = "anyone"
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
    """Characters a minute of speech, in the whole call or in any one utterance.

    Attributes:
        rate: `{below: …}`, `{above: …}` or both (outside the band).
        min_chars: of single utterances, shorter ones are passed over.
    """

    rate: Mapping[Literal["below", "above"], float]
    by: Literal["agent", "customer"] = "agent"
    per: Literal["call", "utterance"] = "call"
    min_chars: int = 8

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


def _expression(regex: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(regex, options)
    except re2.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
