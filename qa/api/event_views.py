"""Abnormal events and candidates as pages show them: in words, masked, with what may be done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from qa.api.access import Viewer
from qa.api.display import format_moment
from qa.api.words import word
from qa.api.written import hide_by_call
from qa.records import Right
from qa.review.events import (
    LEADS_ONLY,
    NEEDS_TEXT,
    Event,
    EventAction,
    possible,
)
from qa.store.names import user_names
from qa.store.omissions import Omission
from qa.store.queries import agent_names
from qa.types import Span


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step: what, by whom, when, and why."""

    what: str
    css: str
    who: str
    when: str
    text: str


@dataclass(frozen=True, slots=True)
class EventView:
    """One event; `actions` are what this reader may do, each with whether it needs a text."""

    event_id: int
    kind: str
    name: str
    state: str
    state_name: str
    is_complaint: bool
    agent: str
    call_id: str | None
    span: Span | None
    text: str
    happened: str
    found: str
    source: str
    filed: str
    filed_after: str
    steps: tuple[StepLine, ...]
    actions: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class OmissionView:
    """One candidate with its event."""

    omission_id: int
    kind: str
    name: str
    about: str
    event: EventView
    known: str
    raised: str
    evidence: tuple[int, ...]
    steps: tuple[StepLine, ...]
    may_decide: bool
    decided: str
    is_moved: bool


@dataclass(frozen=True, slots=True)
class EventReading:
    """How events are read: by whom, in which language and zone, and who the others are."""

    viewer: Viewer
    lang: str
    zone: ZoneInfo
    users: dict[int, str]
    agents: dict[str, str]
    written: Callable[[str, str], str]

    def who(self, user_id: int | None) -> str:
        """Name a person; the program where nobody did it."""
        if user_id is None:
            return word("events_program", self.lang)
        return self.users.get(user_id, "–")

    def when(self, moment: datetime | None) -> str:
        """Write a moment in the centre's zone."""
        return format_moment(moment.astimezone(self.zone)) if moment else ""

    def agent(self, agent_id: str | None) -> str:
        """Name an agent by number and name."""
        return f"{agent_id or '–'} {self.agents.get(agent_id or '', '')}".strip()


def reading_of(
    session: Any, viewer: Viewer, lang: str, zone: ZoneInfo, events: Sequence[Event], *more: int
) -> EventReading:
    """Load what it takes to show events.

    Args:
        more: ids of further users who are named.
    """
    people = {user_id for event in events for user_id in _people(event)} | set(more)
    calls = [event.call_id for event in events if event.call_id]
    written = hide_by_call(session, calls, zone)
    return EventReading(
        viewer, lang, zone, user_names(session, people), agent_names(session), written
    )


def _people(event: Event) -> set[int | None]:
    return {event.created_by, *(step.done_by for step in event.steps)}


def event_view(event: Event, reading: EventReading) -> EventView:
    """Lay out one event."""
    lang = reading.lang
    return EventView(
        event_id=event.event_id,
        kind=event.kind.value,
        name=word(f"event_kind_{event.kind.value.lower()}", lang),
        state=event.state.value,
        state_name=word(f"event_state_{event.state.value}", lang),
        is_complaint=event.is_complaint,
        agent=reading.agent(event.agent_id),
        call_id=event.call_id,
        span=event.span,
        text=reading.written(event.call_id or "", event.text),
        happened=reading.when(event.happened_at),
        found=reading.when(event.created_at),
        source=word("event_found" if event.created_by is None else "event_entered", lang),
        filed=reading.when(event.filed_at),
        filed_after=_after(event, lang),
        steps=tuple(_step(event, index, reading) for index in range(len(event.steps))),
        actions=tuple(_actions(event, reading.viewer, lang)),
    )


def _after(event: Event, lang: str) -> str:
    if event.filed_at is None or event.created_by is not None:
        return ""
    minutes = int((event.filed_at - event.created_at).total_seconds() // 60)
    hours, minutes = divmod(max(0, minutes), 60)
    return word("event_filed_after", lang, hours=hours, minutes=minutes)


def _step(event: Event, index: int, reading: EventReading) -> StepLine:
    step = event.steps[index]
    return StepLine(
        what=word(f"event_did_{step.action.value}", reading.lang),
        css=step.action.value,
        who=reading.who(step.done_by),
        when=reading.when(step.done_at),
        text=reading.written(event.call_id or "", step.text),
    )


def _actions(event: Event, viewer: Viewer, lang: str) -> list[tuple[str, str, bool]]:
    found = []
    for action in possible(event.state, event.kind):
        right = Right.DECIDE_EVENTS if action in LEADS_ONLY else Right.FILE_EVENTS
        if viewer.may(right) and action not in (EventAction.GONE, EventAction.FOUND):
            label = word(f"event_do_{action.value}", lang)
            found.append((action.value, label, action in NEEDS_TEXT))
    return found


def omission_view(one: Omission, reading: EventReading) -> OmissionView:
    """Lay out one candidate."""
    lang, user = reading.lang, reading.viewer.user
    about = reading.who(one.user_id) if one.user_id is not None else reading.agent(one.agent_id)
    own = one.user_id == user.user_id or (
        one.agent_id is not None and one.agent_id == user.agent_id
    )
    decision = one.decision
    return OmissionView(
        omission_id=one.omission_id,
        kind=one.kind.value,
        name=word(f"omission_{one.kind.value}", lang),
        about=about,
        event=event_view(one.event, reading),
        known=reading.when(one.known_since),
        raised=reading.when(one.raised_at),
        evidence=one.evidence,
        steps=tuple(
            StepLine(
                word(f"omission_did_{step.action.value}", lang),
                step.action.value,
                reading.who(step.done_by),
                reading.when(step.done_at),
                reading.written(one.event.call_id or "", step.text),
            )
            for step in one.steps
        ),
        may_decide=reading.viewer.may(Right.DECIDE_EVENTS) and not own and not one.is_moved,
        decided=decision.action.value if decision else "",
        is_moved=one.is_moved,
    )


def people_of_omissions(omissions: Sequence[Omission]) -> list[int]:
    """List the users whom candidates name."""
    found = {one.user_id for one in omissions}
    found |= {step.done_by for one in omissions for step in one.steps}
    return [user_id for user_id in found if user_id is not None]
