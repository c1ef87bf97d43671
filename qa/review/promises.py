"""What became of a promise, by the times of its ticket. Pure.

A ticket that was completed late does not break every promise: who promised a visit kept it by
coming. So each promise is held against the time that it is about; where that is not known, only an
earlier stage of the ticket or its completion in time tells, and else nothing does.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PromiseState(StrEnum):
    """What became of a promise."""

    OPEN = "open"
    """The ticket is not completed yet; past its due time it is overdue, and a person asks why."""
    KEPT = "kept"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    """Nothing tells; `Unclear` says why."""


class Unclear(StrEnum):
    """Why nothing tells what became of a promise."""

    NO_TIME = "no_time"
    """No time was named."""
    NO_TICKET = "no_ticket"
    """The call names no ticket, or its ticket never came: nobody can be blamed for that."""
    NOT_TOLD = "not_told"
    """The ticket is completed, and its times are not about this."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a promise by its ticket; `why` only where nothing tells."""

    state: PromiseState
    why: Unclear | None = None


class Pledge(StrEnum):
    """What was promised, as far as the words tell."""

    REPAIR = "repair"
    VISIT = "visit"
    CONTACT = "contact"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TicketTimes:
    """When a ticket reached each stage; None where that was never told."""

    contacted_at: datetime | None = None
    arrived_at: datetime | None = None
    completed_at: datetime | None = None


# Looked for in this order: 师傅两小时内到，今天修好 promises the repair.
_WORDS = (
    (
        Pledge.REPAIR,
        "修好|修完|修上|修理好|解决|处理好|处理完|处理掉|给您处理|弄好|整好|搞定|换好|装好|恢复|"
        "热起来|热上|热乎|供上|来暖|不漏|完工|办好|办完|通上",
    ),
    (
        Pledge.CONTACT,
        "联系|回电|回个电|回您电|回您个电|打电话|打给您|来电话|去电话|电话通知|回复|回访|答复",
    ),
    (
        Pledge.VISIT,
        "到您|到家|上门|上您|过去|过来|到场|到达|赶到|就到|能到|准到|内到|前到|人到|来人|去人|派人",
    ),
)
_PATTERNS = tuple((pledge, re.compile(words)) for pledge, words in _WORDS)


def pledge_of(quote: str) -> Pledge:
    """Say what the words of a promise are about."""
    return next((pledge for pledge, found in _PATTERNS if found.search(quote)), Pledge.OTHER)


def fate_of(
    quote: str, due: datetime | None, ticket: TicketTimes | None, *, awaited: bool = False
) -> Fate:
    """Say what became of a promise.

    Args:
        quote: its words.
        due: the latest moment that keeps it; None where no time was named.
        ticket: None where the call has none, or none has come.
        awaited: the call names a ticket that has not come, and it is not yet due.
    """
    if due is None:
        return Fate(PromiseState.UNKNOWN, Unclear.NO_TIME)
    if ticket is None:
        return Fate(PromiseState.OPEN) if awaited else Fate(PromiseState.UNKNOWN, Unclear.NO_TICKET)
    state = _state(quote, due, ticket)
    return Fate(state, Unclear.NOT_TOLD if state is PromiseState.UNKNOWN else None)


def _state(quote: str, due: datetime, ticket: TicketTimes) -> PromiseState:
    pledge = pledge_of(quote)
    own, later = _times(pledge, ticket)
    if own is not None:
        return PromiseState.KEPT if own <= due else PromiseState.BROKEN
    if any(time is not None and time <= due for time in later):
        return PromiseState.KEPT  # who repaired it in time had come in time
    return PromiseState.UNKNOWN if ticket.completed_at is not None else PromiseState.OPEN


def _times(
    pledge: Pledge, ticket: TicketTimes
) -> tuple[datetime | None, tuple[datetime | None, ...]]:
    """Return the time that a pledge is about, and those that can only come after it."""
    match pledge:
        case Pledge.REPAIR:
            return ticket.completed_at, ()
        case Pledge.VISIT:
            return ticket.arrived_at, (ticket.completed_at,)
        case Pledge.CONTACT:
            return ticket.contacted_at, (ticket.arrived_at, ticket.completed_at)
        case Pledge.OTHER:
            return None, (ticket.completed_at,)
