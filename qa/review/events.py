"""Abnormal events (异常事件): the nine kinds, where one stands, and what may be done next.

Pure: steps in, state out. Whether something was kept back is never decided here, only that a
person should look.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from qa.records import User
from qa.refusals import NotAllowedError, Refusal, TransitionError
from qa.types import Outcome, Scorecard, Span


class EventKind(StrEnum):
    """The nine kinds; ids are those of the rules that hear them (3 and 4 no rule hears)."""

    REPAIR_LATE = "EV01"
    NO_CONTACT = "EV02"
    OVER_FOUR_HOURS = "EV03"
    NOBODY_REACHED = "EV04"
    PRAISE = "EV05"
    REPAIRER_COMPLAINT = "EV06"
    COLLECTOR_COMPLAINT = "EV07"
    OPINION = "EV08"
    RELAYED = "EV09"


COMPLAINTS: Final = frozenset(
    {EventKind.REPAIRER_COMPLAINT, EventKind.COLLECTOR_COMPLAINT, EventKind.RELAYED}
)
"""对于投诉类事件,应随时上报并跟踪处理结果; all others go into the reports."""


class EventAction(StrEnum):
    """A step with an event."""

    FILE = "file"
    """Recorded and reported by a person."""
    ESCALATE = "escalate"
    FOLLOW = "follow"
    """Something was done about it; it goes on."""
    CLOSE = "close"
    """The result is written."""
    ADOPT = "adopt"
    """An opinion or suggestion is adopted; what is done about it is written."""
    DISMISS = "dismiss"
    """A person found that it is none."""
    REOPEN = "reopen"
    GONE = "gone"
    """A later scorecard no longer has it, and nobody had acted on it."""
    FOUND = "found"
    """It is on the scorecard again."""


class EventState(StrEnum):
    """Where an event stands."""

    DETECTED = "detected"
    FILED = "filed"
    ESCALATED = "escalated"
    CLOSED = "closed"
    DISMISSED = "dismissed"
    GONE = "gone"


AFTER: Final = {
    EventAction.FILE: EventState.FILED,
    EventAction.REOPEN: EventState.FILED,
    EventAction.ESCALATE: EventState.ESCALATED,
    EventAction.CLOSE: EventState.CLOSED,
    EventAction.ADOPT: EventState.CLOSED,
    EventAction.DISMISS: EventState.DISMISSED,
    EventAction.GONE: EventState.GONE,
    EventAction.FOUND: EventState.DETECTED,
}
_OPEN: Final = (EventState.FILED, EventState.ESCALATED)
_ALLOWED: Final = {
    EventAction.FILE: (EventState.DETECTED, EventState.GONE),
    EventAction.ESCALATE: (EventState.FILED,),
    EventAction.FOLLOW: _OPEN,
    EventAction.CLOSE: _OPEN,
    EventAction.ADOPT: _OPEN,
    EventAction.DISMISS: (EventState.DETECTED, *_OPEN),
    EventAction.REOPEN: (EventState.CLOSED, EventState.DISMISSED),
}
LEADS_ONLY: Final = frozenset(
    {EventAction.CLOSE, EventAction.ADOPT, EventAction.DISMISS, EventAction.REOPEN}
)
"""Steps that take the right to decide events; the others take the right to file them."""
NEEDS_TEXT: Final = frozenset(
    {
        *(EventAction.FOLLOW, EventAction.CLOSE, EventAction.ADOPT),
        *(EventAction.DISMISS, EventAction.REOPEN),
    }
)


@dataclass(frozen=True, slots=True)
class EventStep:
    """One step; `done_by` is None where the program did it."""

    action: EventAction
    text: str
    done_by: int | None
    done_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """An abnormal event with all that was done about it.

    Attributes:
        span: the words that it rests on; None where a person or a ticket tells of it.
        text: what a person wrote when entering it.
        created_by: None where the machine found it.
    """

    event_id: int
    kind: EventKind
    call_id: str | None
    agent_id: str | None
    scorecard_id: int | None
    span: Span | None
    text: str
    happened_at: datetime
    created_by: int | None
    created_at: datetime
    steps: tuple[EventStep, ...]

    @property
    def state(self) -> EventState:
        """Where it stands, by its steps."""
        return state_after(self.steps)

    @property
    def filed_at(self) -> datetime | None:
        """When a person first reported it; reopening what was dismissed reports it too."""
        filing = (EventAction.FILE, EventAction.REOPEN)
        return next((s.done_at for s in self.steps if s.action in filing), None)

    @property
    def is_complaint(self) -> bool:
        """Whether it must be passed on at once and followed to a result."""
        return self.kind in COMPLAINTS


def state_after(steps: Iterable[EventStep]) -> EventState:
    """Say where steps lead."""
    state = EventState.DETECTED
    for step in steps:
        state = AFTER.get(step.action, state)
    return state


def possible(state: EventState, kind: EventKind) -> tuple[EventAction, ...]:
    """List the steps that a person may take with an event of a kind from a state."""
    return tuple(
        action
        for action, states in _ALLOWED.items()
        if state in states and (action is not EventAction.ADOPT or kind is EventKind.OPINION)
    )


def require_possible(state: EventState, kind: EventKind, action: EventAction) -> None:
    """Make sure that a person may take a step.

    Raises:
        TransitionError: the state or the kind forbids it.
    """
    if action not in possible(state, kind):
        raise TransitionError(Refusal.EVENT_MOVED)


def events_heard(card: Scorecard) -> dict[EventKind, Span | None]:
    """Read from a scorecard which events were heard, and where."""
    kinds = {kind.value: kind for kind in EventKind}
    return {
        kinds[line.rule_id]: line.verdict.matches[0].span if line.verdict.matches else None
        for line in card.lines
        if line.rule_id in kinds and line.verdict.outcome is Outcome.MET
    }


class OmissionKind(StrEnum):
    """What may have been kept back."""

    MISSED = "missed"
    """漏报: found and not filed in time."""
    WITHHELD = "withheld"
    """知情不报: somebody listened to it and did not file it in time."""


class OmissionAction(StrEnum):
    """What a person decides of a candidate."""

    CONFIRM = "confirm"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Listen:
    """An entry of the audit log: somebody heard a stretch of a call."""

    entry_id: int
    user_id: int
    heard_at: datetime
    span: Span


def is_missed(event: Event, now: datetime, hours: int) -> bool:
    """Whether an event that was found has waited too long to be filed."""
    late = event.created_at + timedelta(hours=hours) <= now
    return event.created_by is None and event.state is EventState.DETECTED and late


def withheld_by(
    event: Event, listens: Sequence[Listen], now: datetime, hours: int
) -> dict[int, list[Listen]]:
    """Find who heard the event itself so long ago that they should have filed it; by user id.

    Args:
        listens: to its call, in order.
    """
    if event.created_by is not None or event.state is not EventState.DETECTED:
        return {}
    found: dict[int, list[Listen]] = {}
    for one in listens:
        if _overlaps(one.span, event.span):
            found.setdefault(one.user_id, []).append(one)
    limit = timedelta(hours=hours)
    return {who: heard for who, heard in found.items() if heard[0].heard_at + limit <= now}


def _overlaps(heard: Span, event: Span | None) -> bool:
    if event is None:
        return heard.end_ms > heard.start_ms
    return heard.start_ms < event.end_ms and event.start_ms < heard.end_ms


def require_not_oneself(user: User, agent_id: str | None, user_id: int | None) -> None:
    """Make sure that nobody decides whether they themselves kept something back.

    Raises:
        NotAllowedError: it is about this person.
    """
    is_own = agent_id is not None and user.agent_id == agent_id
    if is_own or user.user_id == user_id:
        raise NotAllowedError(Refusal.ABOUT_ONESELF)
