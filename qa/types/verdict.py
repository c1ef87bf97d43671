"""What was judged: outcomes, evidence, scores."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from qa.slotted import made_quickly
from qa.types.transcript import Question, Role, Span


class Outcome(StrEnum):
    """What a rule found; there is no fifth."""

    MET = "MET"
    VIOLATED = "VIOLATED"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    UNDECIDED = "UNDECIDED"


class Grade(StrEnum):
    """What may follow from a violation (`docs/glossary.md`)."""

    FINE = "fine"
    SCORE = "score"
    HINT = "hint"


class SlotStatus(StrEnum):
    """What became of one slot of a script."""

    SAID = "said"
    WRONG = "wrong"
    MISSING = "missing"
    UNSURE = "unsure"


@made_quickly
@dataclass(frozen=True, slots=True)
class Match:
    """Where something was heard, or almost heard.

    Attributes:
        utterance: index into the transcript's utterances.
        quote: the words as recognised.
        expected: what was looked for.
        similarity: 1 is equal by sound.
    """

    utterance: int
    role: Role
    span: Span
    quote: str
    expected: str
    similarity: float


@made_quickly
@dataclass(frozen=True, slots=True)
class SlotVerdict:
    """One slot of a script: said (then `match`), or not (then the nearest miss, if any).

    A slot that was said wrongly (another brand, a digit exchanged) has what was said as `nearest`.
    """

    name: str
    status: SlotStatus
    match: Match | None = None
    nearest: Match | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """What an agent promised; later tickets show whether it was kept.

    Attributes:
        match: the words.
        due: the latest moment that fulfils it, aware; None when no time was named or the call's
            own time is unknown.
    """

    match: Match
    due: datetime | None = None


@made_quickly
@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule's outcome on one call, with its evidence.

    Attributes:
        reason: a code of `qa.wording`, which renders it for people.
        details: values for the rendering, in name order.
        matches: what supports the outcome, in time order.
        searched: the stretch looked at, where something absent decides.
        nearest: the nearest miss in that stretch.
        questions: what the sound was asked and has not answered yet; an answer may change the
            outcome.
        promises: what the agent promised, whether allowed or not, in time order.
    """

    outcome: Outcome
    reason: str
    details: tuple[tuple[str, str], ...] = ()
    matches: tuple[Match, ...] = ()
    searched: Span | None = None
    nearest: Match | None = None
    slots: tuple[SlotVerdict, ...] = ()
    questions: tuple[Question, ...] = ()
    promises: tuple[Promise, ...] = ()


_FLAGS = Outcome.VIOLATED, Outcome.UNDECIDED  # naming a member of an enumeration takes a call


@made_quickly
@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A rule, its verdict, and the points it takes off (0 or more)."""

    rule_id: str
    title: str
    group: str
    grade: Grade
    critical: bool
    verdict: Verdict
    points: int
    title_en: str = ""

    @property
    def is_flag(self) -> bool:
        """Whether a person should look: violated or undecided."""
        return self.verdict.outcome in _FLAGS


@made_quickly
@dataclass(frozen=True, slots=True)
class GroupScore:
    """What one group of rules took off, and how many of its lines are violated or undecided."""

    group: str
    title: str
    deducted: int
    violated: int
    undecided: int
    title_en: str = ""


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A call judged by one ruleset.

    Attributes:
        transcript_key: recording id and engine fingerprint of the transcript that was judged.
        context: revision hash of the call's metadata, ticket and notices.
        hearings: revision hash of what the sound had answered; empty where it was never asked.
        total: 100 less the points, not below 0; 0 after a critical failure.
    """

    call_id: str
    transcript_key: str
    context: str
    ruleset_id: str
    ruleset_hash: str
    total: int
    critical_failure: bool
    groups: tuple[GroupScore, ...]
    lines: tuple[ScoreLine, ...]
    hearings: str = ""

    @property
    def flags(self) -> tuple[ScoreLine, ...]:
        """The lines that a person should look at, in ruleset order."""
        return tuple([line for line in self.lines if line.verdict.outcome in _FLAGS])
