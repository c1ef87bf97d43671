"""Schemas of rulesets, of a dialogue tried on them, and of festival notices."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, StringConstraints

from qa.api.v1.schemas import Answer, Line, Request, Text, TwoLanguages, example
from qa.api.v1.schemas_verdicts import EvidenceOut
from qa.api.v1.schemas_work import TicketIn
from qa.types import Direction, Grade, Outcome, ReleasedBy

Yaml = Annotated[str, StringConstraints(min_length=1, max_length=1_000_000)]


class RulesetLine(Answer):
    """A ruleset that judges calls now."""

    model_config = example(
        ruleset_id="heating-repair",
        title="供暖报修质检",
        title_en="Heating repair",
        version=3,
        ruleset_hash="c0ffee",
        publication=7,
        is_file=False,
        is_default=True,
        rules=74,
        problem=None,
    )

    ruleset_id: str
    title: str | None
    title_en: str | None
    version: int | None
    ruleset_hash: str | None
    publication: int | None = Field(description="Null for a bundled one, or a file.")
    is_file: bool = Field(description="The settings name a file, whatever is published.")
    is_default: bool = Field(description="It judges the calls that name no ruleset.")
    rules: int = Field(ge=0)
    problem: str | None = Field(description="Why it cannot be used; null where it can.")


class RuleExampleOut(Answer):
    """A dialogue, and the outcome that the rule gives on it."""

    outcome: Outcome
    dialogue: str
    metadata: dict[str, Any]
    note: str


class RuleOut(Answer):
    """One rule with its examples."""

    rule_id: str
    title: str
    title_en: str
    group: str
    check: str = Field(description="The kind of check.")
    parameters: dict[str, Any]
    grade: Grade
    points: int
    critical: bool
    regulations: list[str]
    examples: list[RuleExampleOut]


class RuleGroupOut(Answer):
    """A section of the scorecard."""

    name: str
    title: str
    title_en: str


class RulesetOut(Answer):
    """A ruleset in force, with every rule."""

    ruleset_id: str
    title: str
    title_en: str
    version: int
    ruleset_hash: str
    groups: list[RuleGroupOut]
    rules: list[RuleOut]


class NoticeTried(Request):
    """A festival notice that shall hold for the dialogue."""

    festival: Line
    first_day: date
    last_day: date
    script: Line | None = None


class TryIn(Request):
    """A dialogue to judge, and what is known of its call."""

    dialogue: Annotated[str, StringConstraints(min_length=1, max_length=50_000)] = Field(
        description="One utterance a line, `坐席: …` or `客户: …`.",
        examples=["坐席: 您好,大龙供暖报修,108为您服务。\n客户: 我家不热。\n坐席: 好的,再见。"],
    )
    ruleset: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,99}$")] | None = Field(
        None, description="Id; without it the default one."
    )
    draft: Yaml | None = Field(None, description="Instead of one in force: a draft, YAML.")
    agent_id: Line | None = None
    started_at: AwareDatetime | None = None
    direction: Direction | None = None
    ring_count: Annotated[int, Field(ge=0, le=1000)] | None = None
    released_by: ReleasedBy | None = None
    ticket: TicketIn | None = None
    notices: Annotated[list[NoticeTried], Field(max_length=20)] = Field(default_factory=list)


class TriedVerdict(Answer):
    """What one rule says of the dialogue."""

    rule_id: str
    title: str
    title_en: str
    group: str
    grade: Grade
    critical: bool
    outcome: Outcome
    points: int
    reason: str
    reason_text: TwoLanguages
    evidence: EvidenceOut


class TryOut(Answer):
    """The scorecard of a dialogue; nothing of it is kept."""

    ruleset_id: str
    ruleset_hash: str
    total: int
    critical_failure: bool
    verdicts: list[TriedVerdict]


class PublishIn(Request):
    """A draft to put in force."""

    text: Yaml = Field(description="The ruleset, YAML; its id must be that of the address.")
    note: Annotated[Text, Field(min_length=1)] = Field(
        description="Why; kept in the history.", examples=["结束语按新通知修改"]
    )
    override: Text = Field(
        "", description="Why it is published although the gate stops it; kept, and audited."
    )


class RollbackIn(Request):
    """What to put in force again."""

    to: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Number of an earlier publication; without it the one before."
    )
    note: Text = Field("", description="Why; kept in the history.")


class PublicationOut(Answer):
    """One step in what is in force for an id; only ever added to."""

    model_config = example(
        number=7,
        ruleset_id="heating-repair",
        action="publish",
        version=3,
        ruleset_hash="c0ffee",
        published_at="2025-11-18T10:00:00Z",
        published_by="wang",
        note="结束语按新通知修改",
        previous=6,
    )

    number: int
    ruleset_id: str
    action: str = Field(description="`publish` or `rollback`.")
    version: int | None
    ruleset_hash: str | None
    published_at: datetime
    published_by: str
    note: str | None
    standing: str | None = Field(
        None, description="What the gate said: `proved`, `not_proved` or `refuted`."
    )
    override: str | None = Field(None, description="Why it was published all the same.")
    previous: int | None


class StepDone(Answer):
    """A step taken, and what it leaves to do."""

    publication: PublicationOut
    outdated: int = Field(
        ge=0, description="Calls judged by another version; a `rescore` run judges them again."
    )


class NoticeIn(Request):
    """A festival notice; both days belong to it."""

    festival: Line = Field(examples=["春节"])
    first_day: date = Field(examples=["2026-02-15"])
    last_day: date = Field(examples=["2026-02-23"])
    script: Line | None = Field(None, description="The greeting that the notice prescribes.")
    number: Line | None = Field(None, description="The notice's own number.")


class NoticeOut(Answer):
    """A festival notice."""

    model_config = example(
        festival="春节",
        first_day="2026-02-15",
        last_day="2026-02-23",
        script=None,
        number="〔2026〕3号",
        is_of_folder=False,
    )

    festival: str
    first_day: date
    last_day: date
    script: str | None
    number: str | None
    is_of_folder: bool = Field(description="It came with a folder, and is taken back there.")
