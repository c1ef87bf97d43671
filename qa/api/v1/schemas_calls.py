"""Schemas of calls: what is known of them, what was said, how they were judged."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from qa.api.recordings import FileState
from qa.api.v1.schemas import Answer, Request, SpanOut, example
from qa.api.v1.schemas_sound import SoundOut
from qa.records import AppealState, Basis, FlagAction, ReviewState
from qa.review.appeals import ReleaseAction
from qa.types import Attitude, Direction, Outcome, ReleasedBy, Role

MAX_HEARD_MS: Final = 100_000_000
"""As far as a clip may lie: more than a day."""


class CallStatus(StrEnum):
    """How far a call is on its way to a scorecard."""

    SCORED = "scored"
    FAILED = "failed"
    WAITING = "waiting"
    UNSCORED = "unscored"
    NO_RECORDING = "no_recording"


class ScoreOut(Answer):
    """What a call is worth, and what that rests on; never show a score without its basis."""

    model_config = example(
        score=80, basis="reviewed", machine=70, total=50, state="started", critical_failure=False
    )

    score: int = Field(ge=0, le=100, description="What counts now.")
    basis: Basis = Field(description="`machine`, `reviewed` by a person, or `final`.")
    machine: int = Field(
        ge=0,
        le=100,
        description="What the machine gives, violations that carry a fine counting only once a "
        "person confirmed them.",
    )
    total: int = Field(ge=0, le=100, description="What the machine gives, everything counted.")
    state: ReviewState
    critical_failure: bool = Field(description="A violation that counts makes the call fail.")


class TicketOut(Answer):
    """The work order (工单) of the call; masked unless `clear` was asked for and allowed."""

    model_config = example(
        ticket_id="T-10086",
        name="王**",
        phone="138****1234",
        address="******",
        problem="不热",
        station="河西站",
    )

    ticket_id: str
    name: str | None
    address: str | None
    phone: str | None
    problem: str | None
    station: str | None


class NoticeWindow(Answer):
    """A festival notice that may matter for the call; both days belong to it."""

    festival: str
    first_day: date
    last_day: date
    script: str | None


class KeyedOut(Answer):
    """What the agent keyed in after a callback; null where the field was left empty."""

    solved: bool | None
    attitude: Attitude | None
    charged: bool | None
    points: int | None
    remark: str | None


class CallOut(Answer):
    """What is known of one call."""

    model_config = example(
        call_id="C-20251118-0001",
        started_at="2025-11-18T09:12:30+08:00",
        agent_id="108",
        agent_name="陈晨",
        direction="inbound",
        ring_count=2,
        released_by="customer",
        caller_number="138****1234",
        source=None,
        ruleset="heating-repair",
        fee_unpaid=None,
        ticket=None,
        notices=[],
        keyed=None,
        status="scored",
        fault=None,
        advice=None,
        recording="ready",
        duration_ms=183_400,
        scorecard_id=91,
        score={
            "score": 80,
            "basis": "reviewed",
            "machine": 70,
            "total": 50,
            "state": "started",
            "critical_failure": False,
        },
        is_masked=True,
    )

    call_id: str
    started_at: datetime | None
    agent_id: str | None = Field(description="The agent's number (工号).")
    agent_name: str | None
    direction: Direction | None
    ring_count: int | None
    released_by: ReleasedBy | None
    caller_number: str | None
    source: str | None
    ruleset: str | None
    fee_unpaid: bool | None
    ticket: TicketOut | None
    notices: list[NoticeWindow]
    keyed: KeyedOut | None
    status: CallStatus
    fault: str | None = Field(description="Why its recording cannot be used, for programs.")
    advice: str | None = Field(description="The same for people.")
    recording: FileState | None = Field(
        description="Whether it can be played; null where there never was one."
    )
    duration_ms: int | None
    scorecard_id: int | None = Field(
        description="Names the scorecard in decisions, so that nobody decides on another one."
    )
    score: ScoreOut | None
    is_masked: bool = Field(description="Whether names, numbers and addresses are hidden.")


class WordOut(Answer):
    """One recognised word."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float = Field(ge=0, le=1)


class UtteranceOut(Answer):
    """What one speaker said without a longer pause."""

    role: Role
    role_confidence: float = Field(ge=0, le=1)
    channel: int
    span: SpanOut
    text: str
    confidence: float = Field(ge=0, le=1)
    words: list[WordOut]


class TranscriptOut(Answer):
    """What was heard in a recording, in order of time; utterances of two channels may overlap."""

    model_config = example(
        call_id="C-20251118-0001",
        recording_id="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        engine="whisper-base/beam5/vad1/r3",
        duration_ms=183_400,
        channel_count=2,
        notes=[],
        is_masked=True,
        sound=None,
        utterances=[
            {
                "role": "agent",
                "role_confidence": 1.0,
                "channel": 0,
                "span": {"start_ms": 420, "end_ms": 3_100},
                "text": "您好,大龙供暖报修。",
                "confidence": 0.93,
                "words": [{"text": "您好", "start_ms": 420, "end_ms": 800, "confidence": 0.97}],
            }
        ],
    )

    call_id: str
    recording_id: str
    engine: str = Field(description="Everything that shapes the text, in one line.")
    duration_ms: int
    channel_count: int
    notes: list[str] = Field(description="Codes such as `channels_swapped`.")
    is_masked: bool
    sound: SoundOut | None = Field(
        description="What it sounds like besides its words; null where that was not measured."
    )
    utterances: list[UtteranceOut]


class DecisionOut(Answer):
    """One step in the review of a rule; only ever added."""

    model_config = example(
        decision_id=7,
        scorecard_id=91,
        rule_id="IP01",
        action="confirm",
        outcome=None,
        points=None,
        reason="",
        decided_by=3,
        decided_by_name="李领班",
        decided_at="2025-11-18T10:00:00Z",
        appeal_id=None,
    )

    decision_id: int
    scorecard_id: int
    rule_id: str
    action: FlagAction
    outcome: Outcome | None
    points: int | None
    reason: str
    decided_by: int
    decided_by_name: str | None
    decided_at: datetime
    appeal_id: int | None


class VersionOut(Answer):
    """One scorecard of a call's history."""

    scorecard_id: int
    created_at: datetime
    is_current: bool
    ruleset_id: str
    ruleset_hash: str
    total: int
    violated: int
    undecided: int


class StepOut(Answer):
    """A release of the call to its agent, or what undid one."""

    release_id: int
    scorecard_id: int
    action: ReleaseAction
    score: int
    reason: str
    done_by: int | None
    done_by_name: str | None
    done_at: datetime
    appeal_until: datetime | None


class AppealOut(Answer):
    """An agent's objection to a released call."""

    model_config = example(
        appeal_id=4,
        call_id="C-20251118-0001",
        scorecard_id=91,
        agent_id="108",
        rule_id="IP01",
        text="我没有保证，只是说会尽快。",
        submitted_by=9,
        submitted_by_name="陈晨",
        submitted_at="2025-11-19T09:00:00Z",
        state="open",
        decided_by=None,
        decided_by_name=None,
        decided_at=None,
        answer="",
    )

    appeal_id: int
    call_id: str
    scorecard_id: int
    agent_id: str | None
    rule_id: str | None = Field(description="Null for the call as a whole.")
    text: str
    submitted_by: int
    submitted_by_name: str | None
    submitted_at: datetime
    state: AppealState
    decided_by: int | None
    decided_by_name: str | None
    decided_at: datetime | None
    answer: str


class HistoryOut(Answer):
    """Everything that happened to a call's score, nothing of it ever changed."""

    scorecards: list[VersionOut]
    decisions: list[DecisionOut]
    releases: list[StepOut]
    appeals: list[AppealOut]


class HeardIn(Request):
    """A stretch that was heard, milliseconds from the recording's start; not empty."""

    from_ms: Annotated[int, Field(ge=0, le=MAX_HEARD_MS, examples=[60_200])]
    to_ms: Annotated[int, Field(ge=1, le=MAX_HEARD_MS, examples=[63_000])]

    @model_validator(mode="after")
    def _is_a_stretch(self) -> Self:
        if self.to_ms <= self.from_ms:
            raise ValueError("to_ms lies after from_ms")
        return self


class ListensIn(Request):
    """What you heard of a call, in the order in which you heard it."""

    spans: Annotated[list[HeardIn], Field(min_length=1, max_length=100)]


class PeaksOut(Answer):
    """The outline of a recording, for drawing a waveform."""

    model_config = example(
        duration_ms=183_400, points=4, scale=127, channels=[[-3, 4, -80, 77, -2, 2, -50, 61]]
    )

    duration_ms: int
    points: int
    scale: int = Field(description="What a sample at full scale is.")
    channels: list[list[int]] = Field(
        description="For each channel the lowest and the highest of each point in turn."
    )
