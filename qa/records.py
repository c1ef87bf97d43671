"""What people do in the house: who they are, what they may see, what they decided.

The machine's results stand in `qa.types` and are never edited; everything here is added beside
them by a person. Times are UTC-aware.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from qa.types import Outcome


class UserRole(StrEnum):
    """What a person is in the call centre; it decides what they see and may do."""

    AGENT = "agent"
    LEAD = "lead"
    HEAD = "head"
    ADMIN = "admin"


class Right(StrEnum):
    """Something that only some roles may do; `qa.review.rights` says which."""

    READ_CALLS = "read_calls"
    """See calls, scorecards and agents, within one's scope."""
    LISTEN = "listen"
    """Hear recordings and read transcripts, within one's scope."""
    SEE_PERSONAL_DATA = "see_personal_data"
    """Names, phone numbers and addresses in clear; every look is written to the audit log."""
    REVIEW = "review"
    """Confirm, reject or change flags, release calls, do spot checks, within one's scope."""
    APPEAL = "appeal"
    """Appeal against the scorecard of a call of one's own."""
    DECIDE_APPEALS = "decide_appeals"
    """Decide appeals within one's scope, except against one's own decision."""
    READ_TEAMS = "read_teams"
    """See figures of teams and of the centre, within one's scope."""
    EXPORT = "export"
    """Take tables out of the house, within one's scope."""
    UPLOAD = "upload"
    """Bring in recordings."""
    READ_RULES = "read_rules"
    """Read rulesets and try them on a dialogue."""
    PUBLISH_RULES = "publish_rules"
    """Publish or roll back a ruleset, enter notices, ask what a draft would change."""
    RUN_JOBS = "run_jobs"
    """Start runs and see their progress."""
    MANAGE_USERS = "manage_users"
    """Add, change and disable users."""
    SEND_REPORTS = "send_reports"
    """Review and send reports."""
    READ_AUDIT = "read_audit"
    """Read the audit log."""
    FILE_EVENTS = "file_events"
    """Record and report abnormal events, within one's scope."""
    DECIDE_EVENTS = "decide_events"
    """Close and dismiss events, decide what was kept back, within one's scope."""
    KEEP_LEDGER = "keep_ledger"
    """Enter and decide charges, book, close months, withdraw ruleset versions from the ledger."""
    READ_ARCHIVE = "read_archive"
    """See how recordings are kept, and what was deleted."""
    REQUEST_DELETION = "request_deletion"
    """Delete recordings that are proved empty, and ask for the deletion of others, within scope."""
    APPROVE_DELETION = "approve_deletion"
    """Decide what somebody else asked to have deleted."""


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account.

    Attributes:
        login: what is typed to log in; lower case.
        agent_id: the 工号 whose calls are this person's own; None for none.
        teams: for a lead, the teams led.
        reads_calls: an administrator who was granted the content of calls as well.
        sees_personal_data: granted names, numbers and addresses in clear.
        must_change_password: the password was set by somebody else.
    """

    user_id: int
    login: str
    name: str
    role: UserRole
    agent_id: str | None
    teams: tuple[str, ...]
    reads_calls: bool
    sees_personal_data: bool
    is_disabled: bool
    must_change_password: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose calls a person may see: all, or those of some teams, or of one agent, or none.

    The store turns it into a condition of every query; a call without an agent, or whose agent has
    no team, is only in the scope `everything`.

    Attributes:
        closed: ids of calls of which the person sees no result for now, for they label them blind
            (`qa.store.blind` says which).
    """

    everything: bool = False
    teams: frozenset[str] = frozenset()
    agent_id: str | None = None
    closed: frozenset[str] = frozenset()


class FlagAction(StrEnum):
    """What a reviewer does with one flagged rule of a scorecard."""

    CONFIRM = "confirm"
    REJECT = "reject"
    CHANGE = "change"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class FlagDecision:
    """One step in the review of a flag; only ever added, the last that is no note counts.

    Attributes:
        outcome: for `change`, what the reviewer found instead.
        points: for `change`, points taken off, from 0; None keeps the rule's.
        reason: why; may be empty only for `confirm`.
        appeal_id: the appeal that this decides; None for a first review.
        carried_from: the decision on an earlier scorecard of the call that goes on here, because
            the verdict is the same; None for one made on this scorecard.
    """

    decision_id: int
    call_id: str
    scorecard_id: int
    rule_id: str
    action: FlagAction
    outcome: Outcome | None
    points: int | None
    reason: str
    decided_by: int
    decided_at: datetime
    appeal_id: int | None
    carried_from: int | None = None


class Basis(StrEnum):
    """What a shown score rests on."""

    MACHINE = "machine"
    REVIEWED = "reviewed"
    FINAL = "final"


class ReviewState(StrEnum):
    """Where a call stands on its way to people."""

    CLEAN = "clean"
    """Scored, nothing flagged: nobody needs to look."""
    OPEN = "open"
    """Flagged; nobody has decided anything."""
    STARTED = "started"
    """Some flags are decided."""
    RELEASED = "released"
    """Every flag is decided and the agent has been told; the appeal window runs."""
    APPEALED = "appealed"
    """The agent has appealed; points and fines are frozen."""
    FINAL = "final"
    """The appeal is decided, or the window has passed."""


class AppealState(StrEnum):
    """Where an appeal stands."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"
    UPHELD = "upheld"
    """The agent was right, at least in part."""
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Appeal:
    """An agent's objection to one released call.

    Attributes:
        rule_id: the rule it is about; None for the call as a whole.
        answer: the reason of the decision; empty while open.
    """

    appeal_id: int
    call_id: str
    scorecard_id: int
    rule_id: str | None
    text: str
    submitted_by: int
    submitted_at: datetime
    state: AppealState
    decided_by: int | None
    decided_at: datetime | None
    answer: str


class CheckKind(StrEnum):
    """Who a spot check belongs to."""

    DAILY = "daily"
    """A lead's, for each agent on duty that day."""
    WEEKLY = "weekly"
    """The head's, for the week."""


class DrawnBy(StrEnum):
    """Why a call was drawn for a spot check."""

    CHANCE = "chance"
    RISK = "risk"


@dataclass(frozen=True, slots=True)
class SpotCheck:
    """A task to listen to one call; done only with a written result.

    Attributes:
        day: the day (for `weekly` the Monday of the week) it is for, in the centre's zone.
        assigned_to: user id; None where no lead has the agent's team.
        due_at: after this it is overdue.
        result: what was found, in writing; None while it is not done.
    """

    check_id: int
    kind: CheckKind
    day: date
    agent_id: str
    call_id: str
    drawn_by: DrawnBy
    assigned_to: int | None
    due_at: datetime
    result: str | None
    done_by: int | None
    done_at: datetime | None
