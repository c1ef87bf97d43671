"""Schemas of the proof of the rules: back-tests, label sets, agreement, consistency."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import Field

from qa.api.v1.schemas import Answer, Id, Line, Request, Text, example
from qa.review.backtest import Parity, RuleProof
from qa.review.consistency import Pairing
from qa.review.gate import Demands, Standing, labels_needed, standing_of
from qa.store.agreement import SetAgreement
from qa.store.label_sets import SetKind
from qa.types import Grade, Outcome

RuleName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,50}$")]


class ShareOut(Answer):
    """A share with its exact 95 % interval (Clopper-Pearson)."""

    model_config = example(count=45, whole=50, value=0.9, low=0.782, high=0.967)

    count: int
    whole: int
    value: float
    low: float
    high: float


class RecallOut(Answer):
    """Of the true violations, how many were found; `value` is null where it cannot be told."""

    by_chance: bool = Field(description="Labels were drawn by chance, so it holds for all calls.")
    labels: int
    found: int
    missed: int
    value: float | None
    low: float
    high: float
    reason: str = Field(description="`no_violations`, `empty_stratum`, or empty.")


class CurvePointOut(Answer):
    """What would be of labelled calls if evidence from some strength on were a violation."""

    model_config = example(threshold=0.9, flagged=42, precision=0.881, recall=0.925)

    threshold: float = Field(description="Strength of evidence, 0-1.")
    flagged: int = Field(description="Labelled calls that would be flagged.")
    precision: float
    recall: float = Field(description="Among the labels; it estimates nothing for all calls.")


class RuleProofOut(Answer):
    """What labels say of one rule."""

    rule_id: str
    grade: Grade
    labels: int
    cannot_tell: int = Field(description="Labels where people could not tell, or did not agree.")
    precision: ShareOut | None
    recall: RecallOut | None
    handed_on: RecallOut | None = Field(description="What was left to people counts as found.")
    is_few: bool
    standing: Standing | None = Field(description="Of a rule that costs money; else null.")
    more_labels: int | None = Field(
        description="Labelled flags that still are needed to prove it, if as many of them are "
        "right; null where no number is enough, and of rules that cost no money."
    )
    curve: list[CurvePointOut] = Field(
        description="By threshold, rising; empty where the rule has no measure."
    )

    @classmethod
    def of(cls, one: RuleProof, demands: Demands) -> Self:
        """Lay out what labels say of a rule."""
        is_fine = one.grade is Grade.FINE
        return cls(
            rule_id=one.rule_id,
            grade=one.grade,
            labels=one.labels,
            cannot_tell=one.cannot_tell,
            precision=ShareOut.model_validate(one.precision) if one.precision else None,
            recall=RecallOut.model_validate(one.recall) if one.recall else None,
            handed_on=RecallOut.model_validate(one.handed_on) if one.handed_on else None,
            is_few=one.is_few,
            standing=standing_of(one, demands) if is_fine else None,
            more_labels=labels_needed(one, demands) if is_fine else None,
            curve=[CurvePointOut.model_validate(point) for point in one.curve],
        )


class AgentParityOut(Answer):
    """How often one agent was flagged wrongly, of the flags that people judged."""

    agent_id: str
    wrong: ShareOut
    chance: float | None = Field(
        description="How often chance alone sets them as far from all others, corrected for how "
        "many agents are tested; null with too few judged flags."
    )


class ParityOut(Answer):
    """Whether false alarms fall on everybody alike."""

    chance: float | None = Field(
        description="How often chance alone spreads them as unevenly; null with too few."
    )
    agents: list[AgentParityOut]

    @classmethod
    def of(cls, found: Parity) -> Self:
        """Lay out how false alarms are spread."""
        return cls(
            chance=found.chance,
            agents=[
                AgentParityOut(
                    agent_id=one.agent_id,
                    wrong=ShareOut.model_validate(one.wrong),
                    chance=one.chance,
                )
                for one in found.agents
            ],
        )


class BacktestOut(Answer):
    """What labels say of a ruleset."""

    ruleset_id: str
    version: int
    ruleset_hash: str
    calls: int
    left_out: int = Field(description="Labelled calls that could not be judged by it.")
    outdated: int = Field(description="Of `calls`, those judged by another version.")
    rules: list[RuleProofOut]
    parity: ParityOut


class DrawIn(Request):
    """A set of calls to draw."""

    kind: Literal["sample", "calibration"] = "sample"
    title: Line = Field(examples=["十一月漏判抽样"])
    ruleset_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,99}$")]
    rules: list[RuleName] = Field([], max_length=100, description="Default: the fine ones.")
    people: list[Id] = Field(min_length=1, max_length=100, description="Users who label.")
    size: int = Field(100, ge=1, le=2000)
    seed: Line = Field(description="Chance follows from it.", examples=["2025-11"])
    twice: float = Field(0.2, ge=0, le=1, description="Share of a sample that two people label.")
    since: date | None = None
    until: date | None = None


class LabelSetOut(Answer):
    """A set of calls that people label."""

    set_id: int
    kind: SetKind
    title: str
    ruleset_id: str
    rules: list[str]
    seed: str
    calls: int
    people: list[int]
    handed_in: list[int]
    made_at: datetime
    closed_at: datetime | None
    is_open: bool = Field(description="Results are hidden while it is.")


class TaskOut(Answer):
    """A call that you are to label."""

    position: int
    sound: str = Field(description="Address of the recording.")
    labelled: list[str] = Field(description="Rules that you have labelled so far.")


class LabelIn(Request):
    """What you find of one rule; `UNDECIDED` where you cannot tell."""

    rule_id: RuleName
    outcome: Outcome
    note: Text = ""


class LabelsIn(Request):
    """What you find of one call."""

    labels: list[LabelIn] = Field(min_length=1, max_length=100)


class AgreementOut(Answer):
    """How far people agree; `value` is kappa or alpha, null where there was only one answer."""

    things: int
    share: float
    value: float | None
    low: float | None
    high: float | None
    is_few: bool


class PairOut(Answer):
    """Two people, by user id."""

    people: list[int]
    agreement: AgreementOut


class DifferingOut(Answer):
    """A rule of a call that people judged differently: user ids, and what each found."""

    call_id: str
    rule_id: str
    outcomes: dict[int, Outcome]


class SetResultOut(Answer):
    """How far the people of a set agree."""

    together: AgreementOut | None
    by_rule: dict[str, AgreementOut | None]
    pairs: list[PairOut]
    differing: list[DifferingOut]

    @classmethod
    def of(cls, found: SetAgreement) -> Self:
        """Lay out an agreement."""
        together = found.together
        return cls(
            together=AgreementOut.model_validate(together) if together else None,
            by_rule={
                rule: AgreementOut.model_validate(one) if one else None
                for rule, one in found.by_rule.items()
            },
            pairs=[
                PairOut(people=list(people), agreement=AgreementOut.model_validate(one))
                for people, one in found.pairs.items()
            ],
            differing=[
                DifferingOut(
                    call_id=one.call_id,
                    rule_id=one.rule_id,
                    outcomes={label.labelled_by or 0: label.outcome for label in one.labels},
                )
                for one in found.differing
            ],
        )


class SideOut(Answer):
    """One side of a comparison."""

    calls: int
    mean: float | None


class ComparisonOut(Answer):
    """Two sides of an agent's calls; `difference` is null where either has too few."""

    pairing: Pairing
    first: SideOut
    second: SideOut
    difference: float | None
    low: float | None
    high: float | None
    chance: float | None = Field(description="Corrected for all that are compared together.")
    differs: bool


class AgentSameOut(Answer):
    """One agent's comparisons."""

    agent_id: str
    team: str | None
    calls: int
    comparisons: list[ComparisonOut]


class SamenessOut(Answer):
    """The comparisons of some agents, of calls judged by one ruleset."""

    ruleset_id: str | None
    agents: list[AgentSameOut]
