"""What a call is besides its recording: who, when, its ticket, the answers that were keyed in."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Direction(StrEnum):
    """Who placed the call."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class ReleasedBy(StrEnum):
    """Which side ended the call."""

    AGENT = "agent"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Ticket:
    """The work order (工单) that belongs to a call; None where the field is empty."""

    ticket_id: str
    name: str | None = None
    address: str | None = None
    phone: str | None = None
    problem: str | None = None
    station: str | None = None


class Attitude(StrEnum):
    """How a customer rates the repairer (callback question b)."""

    SATISFIED = "满意"
    ORDINARY = "普通"
    DISSATISFIED = "不满意"


@dataclass(frozen=True, slots=True)
class KeyedAnswers:
    """What the agent keyed in after a callback; None where the field was left empty.

    Attributes:
        solved: a, whether the problem is solved.
        attitude: b, how the repairer behaved.
        charged: c, whether the repairer took money.
        points: d, 1–10.
        remark: e, suggestions or opinions in free text; empty for none.
    """

    solved: bool | None = None
    attitude: Attitude | None = None
    charged: bool | None = None
    points: int | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A festival notice: its greeting is due on each day of the window, both ends included.

    Attributes:
        script: the greeting that the notice itself prescribes; None where the ruleset's greeting
            of the festival is due.
    """

    festival: str
    first_day: date
    last_day: date
    script: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One conversation and what the telephone system and the tickets say of it.

    Attributes:
        started_at: aware date and time, in the call centre's own zone; None if unknown.
        agent_id: the agent's number (工号) as the telephone system holds it.
        ring_count: rings before the answer; None if unknown.
        source: where the recording comes from; chooses the channel map.
        notices: the festival notices whose window may matter for this call.
        fee_unpaid: whether the household owes its heating fee; None if unknown.
        keyed: the answers keyed in after a callback; None if there are none.
    """

    call_id: str
    started_at: datetime | None = None
    agent_id: str | None = None
    direction: Direction | None = None
    ring_count: int | None = None
    released_by: ReleasedBy | None = None
    caller_number: str | None = None
    ticket_id: str | None = None
    source: str | None = None
    ruleset: str | None = None
    ticket: Ticket | None = None
    notices: tuple[Notice, ...] = ()
    fee_unpaid: bool | None = None
    keyed: KeyedAnswers | None = None
