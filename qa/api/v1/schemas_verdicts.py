"""Schemas of verdicts: what each rule found in a call, with its evidence."""

from datetime import datetime

from pydantic import Field

from qa.api.v1.schemas import Answer, SpanOut, TwoLanguages, example
from qa.api.v1.schemas_calls import ScoreOut
from qa.store.evidence import EvidenceKind
from qa.types import Grade, Outcome, Role, SlotStatus


class MatchOut(Answer):
    """Where something was heard, or almost heard."""

    utterance: int = Field(description="Index into the transcript's utterances.")
    role: Role
    span: SpanOut
    quote: str = Field(description="The words as recognised.")
    expected: str = Field(description="What was looked for.")
    similarity: float = Field(ge=0, le=1, description="By sound; 1 is equal.")


class SlotOut(Answer):
    """One part of a script: said, said wrongly, missing, or not certain."""

    name: str
    status: SlotStatus
    match: MatchOut | None
    nearest: MatchOut | None


class PromiseOut(Answer):
    """What an agent promised."""

    match: MatchOut
    due: datetime | None


class EvidenceOut(Answer):
    """The stretch to listen to, and the words there."""

    kind: EvidenceKind = Field(
        description="`match`, the `nearest` miss, the stretch `searched`, or empty."
    )
    span: SpanOut | None
    quote: str


class VerdictOut(Answer):
    """One rule on one call: the machine's finding with its evidence, and what people made of it."""

    model_config = example(
        rule_id="IP01",
        title="无效承诺",
        title_en="Invalid promise",
        group="promises",
        grade="fine",
        critical=False,
        is_flag=True,
        is_open=False,
        machine_outcome="VIOLATED",
        machine_points=20,
        outcome="VIOLATED",
        points=20,
        reason="promise_heard",
        reason_text={"zh": "作出了保证", "en": "A promise was made"},
        details={"promise": "今天…保证"},
        evidence={
            "kind": "match",
            "span": {"start_ms": 61_200, "end_ms": 63_000},
            "quote": "今天保证给您修好",
        },
        matches=[],
        slots=[],
        promises=[],
        searched=None,
        nearest=None,
        open_questions=0,
        last_decision_id=7,
        clip="/api/v1/calls/C-20251118-0001/verdicts/IP01/clip",
    )

    rule_id: str
    title: str
    title_en: str
    group: str
    grade: Grade
    critical: bool
    is_flag: bool = Field(description="The machine wants a person to look.")
    is_open: bool = Field(description="A flag that nobody has decided.")
    machine_outcome: Outcome
    machine_points: int = Field(ge=0, description="Points that the machine takes off.")
    outcome: Outcome = Field(description="What counts now.")
    points: int = Field(ge=0, description="Points that count now.")
    reason: str = Field(description="Why, for programs.")
    reason_text: TwoLanguages
    details: dict[str, str] = Field(description="Values of the reason.")
    evidence: EvidenceOut
    matches: list[MatchOut]
    slots: list[SlotOut]
    promises: list[PromiseOut]
    searched: SpanOut | None
    nearest: MatchOut | None
    open_questions: int = Field(ge=0, description="What the sound could still tell (`qa hear`).")
    last_decision_id: int = Field(
        ge=0, description="Send it as `after` of a decision; 0 while nobody decided."
    )
    clip: str | None = Field(description="Where its evidence can be heard.")


class GroupOut(Answer):
    """What a group of rules takes off now."""

    group: str
    title: str
    title_en: str
    deducted: int
    violated: int
    undecided: int


class ScorecardOut(Answer):
    """A call judged by one ruleset, with what people decided since."""

    model_config = example(
        call_id="C-20251118-0001",
        scorecard_id=91,
        ruleset_id="heating-repair",
        ruleset_hash="c0ffee",
        is_judged_anew=False,
        score={
            "score": 80,
            "basis": "reviewed",
            "machine": 70,
            "total": 50,
            "state": "started",
            "critical_failure": False,
        },
        groups=[],
        verdicts=[],
        is_masked=True,
    )

    call_id: str
    scorecard_id: int
    ruleset_id: str
    ruleset_hash: str
    is_judged_anew: bool = Field(
        description="Another scorecard is in force, and nobody has looked at it yet."
    )
    score: ScoreOut
    groups: list[GroupOut]
    verdicts: list[VerdictOut] = Field(description="In the ruleset's order.")
    is_masked: bool


class VerdictList(Answer):
    """The verdicts of one call."""

    scorecard_id: int
    items: list[VerdictOut]
    is_masked: bool
