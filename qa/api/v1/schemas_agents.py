"""Schemas of agents in numbers, and of the list of calls."""

from datetime import date, datetime

from pydantic import Field

from qa.api.v1.schemas import Answer, example
from qa.records import Basis, FlagAction, ReviewState
from qa.store.queue_filter import Severity
from qa.types import Direction, Grade, Outcome


class FlagOut(Answer):
    """A rule that the machine flagged."""

    rule_id: str
    outcome: Outcome
    grade: Grade
    critical: bool
    points: int
    start_ms: int | None = Field(description="Where its evidence begins.")
    action: FlagAction | None = Field(description="What a person decided; null while nobody has.")


class CallLineOut(Answer):
    """A scored call in a list."""

    model_config = example(
        call_id="C-20251118-0001",
        scorecard_id=91,
        started_at="2025-11-18T09:12:30+08:00",
        agent_id="108",
        agent_name="陈晨",
        team="一组",
        direction="inbound",
        duration_ms=183_400,
        ruleset_id="heating-repair",
        severity="fine",
        state="open",
        basis="machine",
        score=90,
        machine=90,
        open_flags=1,
        undecided=0,
        confirmed_fines=0,
        is_praised=False,
        is_judged_anew=False,
        released_at=None,
        appeal_until=None,
        flags=[
            {
                "rule_id": "IP01",
                "outcome": "VIOLATED",
                "grade": "fine",
                "critical": False,
                "points": 20,
                "start_ms": 61_200,
                "action": None,
            }
        ],
    )

    call_id: str
    scorecard_id: int
    started_at: datetime | None
    agent_id: str | None
    agent_name: str | None
    team: str | None
    direction: Direction | None
    duration_ms: int | None
    ruleset_id: str
    severity: Severity = Field(description="The most serious thing that still counts.")
    state: ReviewState
    basis: Basis = Field(description="What `score` rests on.")
    score: int = Field(ge=0, le=100)
    machine: int = Field(ge=0, le=100)
    open_flags: int
    undecided: int
    confirmed_fines: int
    is_praised: bool
    is_judged_anew: bool
    released_at: datetime | None
    appeal_until: datetime | None
    flags: list[FlagOut]


class CountOut(Answer):
    """How many; where it is not exact there are at least so many."""

    number: int
    is_exact: bool


class CallPage(Answer):
    """A page of calls."""

    items: list[CallLineOut]
    counts: dict[Severity, CountOut] | None = Field(
        None, description="Calls of the whole list by severity; only with `counts=true`."
    )
    next: str | None = Field(description="`after` of the next page; null on the last.")


class AgentOut(Answer):
    """One agent in numbers, over the calls of the days asked for."""

    model_config = example(
        agent_id="108",
        name="陈晨",
        team="一组",
        calls=120,
        mean_score=91.4,
        lowest_score=60,
        by_machine=80,
        open_flags=12,
        undecided=7,
        confirmed_fines=1,
        praised=3,
    )

    agent_id: str
    name: str | None
    team: str | None
    calls: int
    mean_score: float | None = Field(description="Of the scores shown; null without calls.")
    lowest_score: int | None
    by_machine: int = Field(description="Calls whose score no person has looked at.")
    open_flags: int
    undecided: int
    confirmed_fines: int
    praised: int


class AgentPage(Answer):
    """Agents, in order of their numbers; no ranking."""

    items: list[AgentOut]
    next: str | None = Field(description="`after` of the next page; null on the last.")


class MissedOut(Answer):
    """How often a rule was violated."""

    rule_id: str
    times: int


class AgentDetail(AgentOut):
    """One agent in numbers, with the rules missed most."""

    missed: list[MissedOut]


class WeekOut(Answer):
    """One week of an agent."""

    model_config = example(
        monday="2025-11-17", calls=31, mean_score=92.1, lowest_score=70, by_machine=20, undecided=2
    )

    monday: date
    calls: int
    mean_score: float
    lowest_score: int
    by_machine: int
    undecided: int
