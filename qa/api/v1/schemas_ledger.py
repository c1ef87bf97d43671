"""Schemas of abnormal events and of the ledger; money is an integer number of fen."""

from datetime import date, datetime

from pydantic import Field

from qa.api.v1.schemas import Answer, Id, Line, Request, SpanOut, Text, example
from qa.review.booking import EntryKind, Why
from qa.review.events import EventAction, EventKind, EventState, OmissionAction, OmissionKind
from qa.review.ledger import Standing
from qa.review.years import MonthState


class EventStepOut(Answer):
    """A step with an event; `done_by` is null where the program did it."""

    action: EventAction
    text: str
    done_by: int | None
    done_at: datetime


class EventOut(Answer):
    """An abnormal event with all that was done about it."""

    model_config = example(
        event_id=7,
        kind="EV06",
        state="escalated",
        is_complaint=True,
        call_id="C-20251118-0001",
        agent_id="108",
        scorecard_id=41,
        span={"start_ms": 3000, "end_ms": 4000},
        text="",
        happened_at="2025-11-18T01:30:00Z",
        created_by=None,
        created_at="2025-11-19T02:00:00Z",
        filed_at="2025-11-19T02:30:00Z",
        steps=[],
    )

    event_id: int
    kind: EventKind
    state: EventState
    is_complaint: bool
    call_id: str | None
    agent_id: str | None
    scorecard_id: int | None
    span: SpanOut | None = Field(description="The words that it rests on.")
    text: str
    happened_at: datetime
    created_by: int | None = Field(description="Null where the machine found it.")
    created_at: datetime
    filed_at: datetime | None
    steps: list[EventStepOut]


class EventPage(Answer):
    """Events."""

    items: list[EventOut]
    next: str | None = Field(description="`after` of the next page; null on the last.")


class EventIn(Request):
    """An event to record and report."""

    kind: EventKind
    text: Text = Field(min_length=1, examples=["站里和手机都无人接听"])
    call_id: Line | None = None
    agent_id: Line | None = Field(None, description="Where there is no call.")
    happened_at: datetime | None = Field(None, description="Where there is no call.")


class EventStepIn(Request):
    """A step with an event; all but `file` and `escalate` need a text."""

    action: EventAction
    text: Text = ""


class OmissionOut(Answer):
    """A candidate for 漏报 or 知情不报; `decision` is null while nobody decided."""

    model_config = example(
        omission_id=3,
        kind="withheld",
        event_id=7,
        agent_id="108",
        user_id=4,
        audit_entries=[812],
        known_since="2025-11-19T02:00:00Z",
        raised_at="2025-11-20T02:00:00Z",
        decision=None,
    )

    omission_id: int
    kind: OmissionKind
    event_id: int
    agent_id: str | None
    user_id: int | None = Field(description="Who listened and did not file.")
    audit_entries: list[int]
    known_since: datetime
    raised_at: datetime
    decision: OmissionAction | None


class OmissionPage(Answer):
    """Candidates."""

    items: list[OmissionOut]
    next: str | None = Field(description="`after` of the next page; null on the last.")


class OmissionDecisionIn(Request):
    """Whether something was kept back, and why."""

    action: OmissionAction
    text: Text = Field(min_length=1)


class EntryOut(Answer):
    """An entry of the ledger; only ever added."""

    model_config = example(
        entry_id=12,
        kind="fine",
        item="serious",
        agent_id="108",
        login=None,
        fen=1000,
        ordinal=1,
        day="2025-11-18",
        month="2025-11",
        why="confirmed",
        reverses=None,
        call_id="C-20251118-0001",
        scorecard_id=41,
        rule_id="IP01",
        decision_id=9,
        charge_id=None,
        span={"start_ms": 3000, "end_ms": 4000},
        booked_at="2025-11-26T02:00:00Z",
    )

    entry_id: int
    kind: EntryKind
    item: str
    agent_id: str | None
    login: str | None = Field(description="The department head of a joint penalty.")
    fen: int = Field(description="Taken from the pay; negative gives back.")
    ordinal: int
    day: date
    month: str = Field(description="The sheet that it counts in.")
    why: Why
    reverses: int | None
    call_id: str | None
    scorecard_id: int | None
    rule_id: str | None
    decision_id: int | None
    charge_id: int | None
    span: SpanOut | None
    booked_at: datetime | None


class EntryPage(Answer):
    """Entries, in the order in which they were booked."""

    items: list[EntryOut]
    next: str | None = Field(description="`after` of the next page; null on the last.")


class CaseOut(Answer):
    """What a case costs as things stand, booked or not."""

    model_config = example(
        case="serious|108|C-20251118-0001",
        item="serious",
        agent_id="108",
        day="2025-11-18",
        standing="waits",
        ordinal=0,
        fen=0,
        pending_fen=1000,
        call_id="C-20251118-0001",
        rules=["IP01"],
    )

    case: str
    item: str | None
    agent_id: str | None
    day: date | None
    standing: Standing
    ordinal: int
    fen: int = Field(description="What it costs now.")
    pending_fen: int = Field(description="What it would cost if all that waits counted.")
    call_id: str
    rules: list[str]


class CaseList(Answer):
    """Cases; `dry_run` says that nothing is booked."""

    dry_run: bool
    items: list[CaseOut]


class SheetOut(Answer):
    """An assessment sheet: its exact text as JSON, its fingerprint, and whether it is frozen."""

    model_config = example(
        month="2025-11", agent_id="108", is_frozen=True, sheet_hash="0" * 64, text="{}", total_fen=0
    )

    month: str
    agent_id: str
    is_frozen: bool
    sheet_hash: str = Field(description="SHA-256 of `text`.")
    text: str
    total_fen: int


class YearMonthOut(Answer):
    """A month of a year; `sheet_hash` and `total_fen` are null where the agent has no sheet."""

    month: str
    state: MonthState
    sheet_hash: str | None
    total_fen: int | None


class YearOut(Answer):
    """An agent's year: the sums of the twelve monthly sheets."""

    model_config = example(
        year="2025",
        agent_id="108",
        is_final=False,
        work={"calls": 2, "points": 180},
        excellent_months=0,
        rewarded_months=0,
        fined_fen=1000,
        given_back_fen=0,
        rewards_fen=0,
        total_fen=1000,
        months=[
            {"month": "2025-11", "state": "closed", "sheet_hash": "0" * 64, "total_fen": 1000},
        ],
    )

    year: str
    agent_id: str
    is_final: bool = Field(description="All twelve months are closed.")
    work: dict[str, int] = Field(description="Counts; `points` are those of all `calls`.")
    excellent_months: int
    rewarded_months: int
    fined_fen: int
    given_back_fen: int
    rewards_fen: int
    total_fen: int = Field(description="Taken from the pay; negative gives.")
    months: list[YearMonthOut] = Field(description="All twelve, in order.")


class CloseIn(Request):
    """A month to close."""

    month: Line = Field(pattern=r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2025-11"])


class ClosedMonthOut(Answer):
    """A closed month."""

    model_config = example(
        month="2025-11",
        sheets=12,
        sheets_hash="0" * 64,
        closed_by=2,
        closed_at="2025-12-01T02:00:00Z",
    )

    month: str
    sheets: int
    sheets_hash: str
    closed_by: int
    closed_at: datetime


class WithdrawalIn(Request):
    """A ruleset version to withdraw from the ledger, or to let count again."""

    ruleset_hash: Line
    withdrawn: bool
    reason: Text = Field(min_length=1)


class BookedOut(Answer):
    """How many entries were booked."""

    model_config = example(booked=2)

    booked: int


class ChargeIn(Request):
    """Something that no rule finds, on a call that shows it."""

    item: Line = Field(examples=["complaint"])
    call_id: Line
    start_ms: int = Field(ge=0, le=86_400_000)
    end_ms: int = Field(ge=1, le=86_400_000)
    text: Text = Field(min_length=1)


class ChargeStepIn(Request):
    """A step with a charge: `confirm`, `dismiss` (the objection) or `withdraw`."""

    action: str = Field(pattern="^(confirm|dismiss|withdraw)$")
    text: Text = ""


class ChargeOut(Answer):
    """A charge, and how far it has come."""

    model_config = example(
        charge_id=2, item="complaint", call_id="C-1", agent_id="108", stage="confirmed"
    )

    charge_id: Id
    item: str
    call_id: str
    agent_id: str | None
    stage: str
