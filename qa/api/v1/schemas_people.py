"""Schemas of what people do: decisions, appeals, spot checks, messages, accounts, the log."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from qa.api.v1.schemas import Answer, Id, Line, Request, Text, example
from qa.api.v1.schemas_calls import AppealOut, ScoreOut
from qa.records import CheckKind, DrawnBy, FlagAction, Right, UserRole
from qa.store.messages import MessageKind
from qa.types import Outcome

RuleIdText = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,50}$")]
Points = Annotated[int, Field(ge=0, le=100)]


class DecisionIn(Request):
    """What you decide about one rule of the scorecard that you saw."""

    scorecard_id: Id = Field(description="From the scorecard; another one in force is a conflict.")
    rule_id: RuleIdText = Field(examples=["IP01"])
    action: FlagAction = Field(
        description="`confirm`, `reject` or `change` a flag, or `note` something on any rule."
    )
    outcome: Outcome | None = Field(None, description="For `change`: what you found instead.")
    points: Points | None = Field(None, description="For `change`: points taken off.")
    reason: Text = Field("", description="Why; required for all but `confirm`.")
    after: Annotated[int, Field(ge=0)] | None = Field(
        None,
        description="`last_decision_id` that you saw (0 for none); a conflict where somebody "
        "decided meanwhile. Without it there is no such check.",
    )


class ReleaseIn(Request):
    """Release the scorecard that you saw to its agent."""

    scorecard_id: Id


class ReasonIn(Request):
    """Why."""

    reason: Text


class SettleIn(Request):
    """What becomes of a final call that was judged anew."""

    reopen: bool = Field(description="Review it again; else what was final stays.")
    reason: Text


class ReleaseOut(Answer):
    """Where the call stands after a release, or after what undid one."""

    model_config = example(
        call_id="C-20251118-0001",
        scorecard_id=91,
        score={
            "score": 80,
            "basis": "reviewed",
            "machine": 70,
            "total": 50,
            "state": "released",
            "critical_failure": False,
        },
        appeal_until="2025-11-26T10:00:00Z",
    )

    call_id: str
    scorecard_id: int
    score: ScoreOut
    appeal_until: datetime | None


class AppealIn(Request):
    """Your objection to a released call of yours."""

    rule_id: RuleIdText | None = Field(None, description="The rule; null for the whole call.")
    text: Text = Field(examples=["我没有保证，只是说会尽快。"])


class ChangeIn(Request):
    """What an upheld appeal makes of one rule."""

    rule_id: RuleIdText
    points: Points | None = Field(None, description="Other points; without them it is rejected.")


class AppealDecisionIn(Request):
    """How you decide an appeal."""

    upheld: bool = Field(description="The agent was right, at least in part.")
    answer: Text = Field(description="What the agent is told.", examples=["听录音后同意撤销。"])
    changes: Annotated[list[ChangeIn], Field(max_length=200)] = Field(
        default_factory=list,
        description="For an upheld one; empty rejects the flag that the appeal is about.",
    )


class AppealPage(Answer):
    """Appeals."""

    items: list[AppealOut]
    next: str | None = Field(description="`after` of the next page; null on the last.")
    left_out: int = Field(
        description="Appeals against calls that you still have to label blind, on no page until "
        "the labels are handed in."
    )


class CheckResultOut(Answer):
    """What was written about a spot check; the first result made it done."""

    model_config = example(
        result="开头语完整，结尾没有询问其他问题。",
        done_by=3,
        done_by_name="李领班",
        done_at="2025-11-19T02:10:00Z",
    )

    result: str
    done_by: int
    done_by_name: str | None
    done_at: datetime


class CheckOut(Answer):
    """A task to listen to one call; done only with a written result."""

    model_config = example(
        check_id=12,
        kind="daily",
        day="2025-11-18",
        agent_id="108",
        call_id="C-20251118-0001",
        drawn_by="chance",
        assigned_to=3,
        assigned_to_name="李领班",
        due_at="2025-11-19T04:00:00Z",
        is_overdue=False,
        result=None,
        done_by=None,
        done_by_name=None,
        done_at=None,
        results=[],
    )

    check_id: int
    kind: CheckKind
    day: date
    agent_id: str
    call_id: str
    drawn_by: DrawnBy
    assigned_to: int | None
    assigned_to_name: str | None
    due_at: datetime
    is_overdue: bool
    result: str | None = Field(description="The first result, which made it done.")
    done_by: int | None
    done_by_name: str | None
    done_at: datetime | None
    results: list[CheckResultOut] = Field(description="All that was written, the oldest first.")


class ResultIn(Request):
    """What the spot check found."""

    result: Text = Field(examples=["话术完整，语速偏快，已当面提醒。"])


class MessageOut(Answer):
    """Something that you are told."""

    model_config = example(
        message_id=31,
        kind="call_released",
        call_id="C-20251118-0001",
        sent_at="2025-11-19T02:00:00Z",
        read_at=None,
    )

    message_id: int
    kind: MessageKind
    call_id: str | None
    sent_at: datetime
    read_at: datetime | None


class MessagePage(Answer):
    """Messages, the newest first."""

    items: list[MessageOut]
    unread: int = Field(ge=0, description="Of all your messages.")
    next: str | None = Field(description="`after` of the next page; null on the last.")


class ReadIn(Request):
    """Up to where you have read."""

    last: Id = Field(description="Number of the newest message that you saw.")


class MarkedOut(Answer):
    """How many messages were new."""

    marked: int


class UserOut(Answer):
    """A person with an account."""

    model_config = example(
        user_id=3,
        login="li",
        name="李领班",
        role="lead",
        agent_id=None,
        teams=["一组"],
        reads_calls=False,
        sees_personal_data=False,
        is_disabled=False,
        must_change_password=False,
        created_at="2025-11-01T00:00:00Z",
    )

    user_id: int
    login: str
    name: str
    role: UserRole
    agent_id: str | None
    teams: list[str]
    reads_calls: bool
    sees_personal_data: bool
    is_disabled: bool
    must_change_password: bool
    created_at: datetime


class UserChange(Request):
    """What a person is and may; see the page of accounts for what goes together."""

    name: Line = Field(examples=["李领班"])
    role: UserRole
    agent_id: Line | None = None
    teams: Annotated[list[Line], Field(max_length=100)] = Field(default_factory=list)
    reads_calls: bool = Field(False, description="For an administrator: the content of calls too.")
    sees_personal_data: bool = Field(False, description="Names and numbers in clear.")


class UserIn(UserChange):
    """A person to add; they choose their own password at the first log-in."""

    login: Line = Field(examples=["li"])
    password: Annotated[str, StringConstraints(min_length=8, max_length=200)] = Field(
        description="A first password, which must be changed at once.", examples=["correct horse"]
    )


class DisabledIn(Request):
    """Whether the person is shut out."""

    is_disabled: bool


class MeOut(Answer):
    """Who asks, and what they may."""

    model_config = example(
        user={
            "user_id": 3,
            "login": "li",
            "name": "李领班",
            "role": "lead",
            "agent_id": None,
            "teams": ["一组"],
            "reads_calls": False,
            "sees_personal_data": False,
            "is_disabled": False,
            "must_change_password": False,
            "created_at": "2025-11-01T00:00:00Z",
        },
        rights=["listen", "read_calls", "review"],
        sees_everything=False,
        via="token",
    )

    user: UserOut
    rights: list[Right]
    sees_everything: bool = Field(description="Every team's calls; else own or teams' ones.")
    via: str = Field(description="`session` (a browser) or `token`.")


class AuditOut(Answer):
    """One row of the audit log."""

    model_config = example(
        entry_id=1024,
        happened_at="2025-11-18T10:00:00Z",
        actor_login="li",
        action="call.listen",
        subject_kind="call",
        subject="C-20251118-0001",
        details={"from_ms": 60_200, "to_ms": 63_000},
    )

    entry_id: int
    happened_at: datetime
    actor_login: str | None = Field(description="Null for the program itself.")
    action: str
    subject_kind: str | None
    subject: str | None
    details: dict[str, Any]


class AuditPage(Answer):
    """Rows of the audit log, the newest first."""

    items: list[AuditOut]
    next: str | None = Field(description="`after` of the next page; null on the last.")
