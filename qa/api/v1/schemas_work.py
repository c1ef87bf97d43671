"""Schemas of uploads and runs."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints

from qa.api.v1.schemas import Answer, Id, Line, LongLine, Request, example
from qa.batch.asked_runs import AskedKind
from qa.store.runs import RunState
from qa.store.uploads import UploadState
from qa.types import Direction, ReleasedBy


class TicketIn(Request):
    """The work order (工单) of the call; its contents only where they are new to the service."""

    ticket_id: Line = Field(description="The ticket's number.", examples=["T-10086"])
    name: LongLine | None = Field(None, description="The customer's name.")
    address: LongLine | None = Field(None, description="Where the repair is needed.")
    phone: LongLine | None = Field(None, description="The number to call back.")
    problem: LongLine | None = Field(None, description="What is broken.")
    station: LongLine | None = Field(None, description="The repair station in charge.")


def _with_time(value: object) -> object:
    """Refuse a day alone and a bare number, which would be read as a midnight or as seconds."""
    if isinstance(value, str) and "T" not in value.upper():
        raise ValueError("write the day, T, and the time")
    if isinstance(value, int | float):
        raise ValueError("write the time as text")
    return value


class RecordingMetadata(Request):
    """What is known of the call besides its sound; all of it is optional but a lead's agent."""

    call_id: Line | None = Field(
        None,
        description="The call's id in your system; without it one is made.",
        examples=["C-20251118-0001"],
    )
    agent_id: Line | None = Field(
        None,
        description="The agent's number (工号). A lead must name an agent of their teams.",
        examples=["108"],
    )
    started_at: Annotated[datetime, BeforeValidator(_with_time)] | None = Field(
        None,
        description="When the call began; without an offset, by the clocks of the centre.",
        examples=["2025-11-18T09:12:30+08:00"],
    )
    direction: Direction | None = Field(None, description="Who placed the call.")
    ring_count: int | None = Field(None, ge=0, le=1000, description="Rings before the answer.")
    released_by: ReleasedBy | None = Field(None, description="Which side hung up.")
    caller_number: Line | None = Field(None, description="The customer's number.")
    source: Line | None = Field(
        None, description="Name of the recorder; chooses which channel holds the agent."
    )
    ruleset: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,99}$")] | None = Field(
        None,
        description="Id of the ruleset that judges it; without it the default one.",
        examples=["heating-repair"],
    )
    fee_unpaid: bool | None = Field(None, description="Whether the household owes its heating fee.")
    ticket: TicketIn | None = None


class UploadOut(Answer):
    """A recording that was sent in, until its scorecard appears."""

    model_config = example(
        upload_id="5f0c2b7e9d1a4c3f8e6b7a9d0c1e2f3a",
        state="transcribing",
        call_id="C-20251118-0001",
        is_duplicate=False,
        size_bytes=1_523_412,
        uploaded_at="2025-11-18T09:20:01.123456Z",
        finished_at=None,
        ahead=0,
        fault=None,
        advice=None,
    )

    upload_id: str | None = Field(
        description="Names the upload; null where the recording was here already."
    )
    state: UploadState = Field(
        description="`received`, `waiting`, `transcribing`, then `scored` or `failed`."
    )
    call_id: str | None = Field(description="The call that the recording belongs to.")
    is_duplicate: bool = Field(
        False, description="The very same bytes were here already; nothing was added."
    )
    size_bytes: int = Field(ge=0)
    uploaded_at: datetime | None
    finished_at: datetime | None = None
    ahead: int = Field(0, ge=0, description="Uploads that are before it.")
    fault: str | None = Field(
        None, description="Why it failed, for programs: `truncated`, `silent`, `engine_failed`, …"
    )
    advice: str | None = Field(None, description="What to do about it, in one sentence.")


class UploadPage(Answer):
    """Uploads, the last one first."""

    items: list[UploadOut]
    next: str | None = Field(description="`after` of the next page; null on the last.")


class RunIn(Request):
    """A run to start."""

    kind: Literal[AskedKind.RUN, AskedKind.SCORE, AskedKind.RESCORE] = Field(
        AskedKind.RUN,
        description="`run`: take in the inbox (setting `serve.inbox`), transcribe what is new, "
        "judge what is pending; `score`: only judge what is pending; `rescore`: judge every call "
        "again by the rulesets in force.",
    )
    since: AwareDatetime | None = Field(
        None, description="For `rescore`: only calls that began at or after this time."
    )


class WhatIfIn(Request):
    """A draft ruleset to set against what is published."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=1_000_000)] = Field(
        description="The ruleset, YAML."
    )
    since: AwareDatetime | None = Field(
        None, description="Only calls that began at or after this time."
    )


class ProgressOut(Answer):
    """How far the present stage of a run is."""

    model_config = example(
        stage="transcribe", total=120, done=30, share=0.31, per_minute=12.4, left_s=435
    )

    stage: str | None = Field(description="`ingest`, `transcribe`, `hear` or `score`.")
    total: int = Field(ge=0, description="Files, recordings or calls of this stage.")
    done: int = Field(ge=0)
    share: float | None = Field(
        None, ge=0, le=1, description="How much of the stage is done, by size where size counts."
    )
    per_minute: float | None = Field(None, ge=0, description="Pieces done in a minute, so far.")
    left_s: int | None = Field(
        None, ge=0, description="Seconds that the stage will still take at this rate."
    )


class RunOut(Answer):
    """A run: what it was to do, how far it is, what it did."""

    model_config = example(
        run_id=17,
        kind="run",
        state="running",
        requested_by=3,
        started_at="2025-11-18T01:00:00Z",
        finished_at=None,
        transcribed=0,
        failed=0,
        scored=0,
        audio_ms=0,
        progress={
            "stage": "transcribe",
            "total": 120,
            "done": 30,
            "share": 0.31,
            "per_minute": 12.4,
            "left_s": 435,
        },
        fault=None,
    )

    run_id: Id
    kind: str = Field(
        description="`run`, `nightly`, `ingest`, `score`, `rescore`, `hear` or `what_if`."
    )
    state: RunState
    requested_by: int | None = Field(description="User id; null where the command line did.")
    started_at: datetime = Field(description="While it waits, when it was asked for.")
    finished_at: datetime | None
    transcribed: int = Field(ge=0, description="Recordings; kept when the run ends.")
    failed: int = Field(ge=0)
    scored: int = Field(ge=0, description="Calls.")
    audio_ms: int = Field(ge=0, description="Length of what was transcribed.")
    progress: ProgressOut
    fault: str | None = Field(None, description="Why it failed, for people.")


class RunWithResult(RunOut):
    """A run with what it found."""

    result: dict[str, Any] | None = Field(
        None,
        description="Of a `what_if`: what the draft would change; of a `run` or `nightly`: "
        "what was done, by reason codes. Null for whoever may not read all calls.",
    )


class RunPage(Answer):
    """Runs, the last one first."""

    items: list[RunOut]
    next: str | None = Field(description="`after` of the next page; null on the last.")
