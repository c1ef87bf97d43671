"""Abnormal events, and candidates for what was kept back about them."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from qa.api.access import Viewer
from qa.api.problems import declared
from qa.api.service import Service
from qa.api.v1.schemas import SpanOut
from qa.api.v1.schemas_ledger import (
    EventIn,
    EventOut,
    EventPage,
    EventStepIn,
    EventStepOut,
    OmissionDecisionIn,
    OmissionOut,
    OmissionPage,
)
from qa.api.v1.shared import (
    MAX_NUMBER,
    After,
    Reader,
    Running,
    next_cursor,
    now,
    number_after,
    who,
)
from qa.api.written import hide_by_call
from qa.records import Right
from qa.review.events import Event, EventKind, EventState
from qa.store import events, omissions
from qa.store.events import EventDraft, EventFilter
from qa.store.omissions import Omission

router = APIRouter(tags=["events"])
Filer = Annotated[Viewer, who(Right.FILE_EVENTS)]
Decider = Annotated[Viewer, who(Right.DECIDE_EVENTS)]
EventId = Annotated[int, Path(ge=1, le=MAX_NUMBER, examples=[7])]
OmissionId = Annotated[int, Path(ge=1, le=MAX_NUMBER, examples=[3])]
Size = Annotated[int, Query(ge=1, le=100, description="How many at most.")]
_REFUSALS = declared("not_found", "conflict", "invalid", "not_allowed")


@router.get("/events", summary="List abnormal events", response_model=EventPage)
def list_events(
    service: Running,
    viewer: Reader,
    state: Annotated[EventState | None, Query()] = None,
    kind: Annotated[EventKind | None, Query()] = None,
    after: After = None,
    limit: Size = 50,
) -> EventPage:
    """List the events that you may see, the newest first."""
    wanted = EventFilter(states=(state,) if state else (), kinds=(kind,) if kind else ())
    with service.store.reading() as session:
        before = number_after(after)
        found = events.list_events(session, viewer.user, wanted, before=before, limit=limit + 1)
        written = _hiding(session, service, found)
    items = [_event_out(event, written) for event in found[:limit]]
    return EventPage(items=items, next=next_cursor(found, limit, lambda e: (e.event_id,)))


@router.post(
    "/events",
    summary="Record and report an event",
    status_code=201,
    response_model=EventOut,
    responses=_REFUSALS,
)
def enter(service: Running, viewer: Filer, wanted: EventIn) -> EventOut:
    """Record an event; where the machine found it already, that one is filed."""
    at = wanted.happened_at
    if at is not None and at.tzinfo is None:
        at = at.replace(tzinfo=service.store.zone)
    draft = EventDraft(wanted.kind, wanted.text, wanted.call_id, wanted.agent_id, at)
    with service.store.writing() as session:
        event = events.enter_event(session, viewer.user, draft, now=now())
        return _event_out(event, _hiding(session, service, [event]))


@router.get(
    "/events/{event_id}",
    summary="Read an event",
    response_model=EventOut,
    responses=declared("not_found"),
)
def get_event(event_id: EventId, service: Running, viewer: Reader) -> EventOut:
    """Give one event with its steps."""
    with service.store.reading() as session:
        event = events.find_event(session, viewer.user, event_id)
        return _event_out(event, _hiding(session, service, [event]))


@router.post(
    "/events/{event_id}/steps",
    summary="Take a step with an event",
    response_model=EventOut,
    responses=_REFUSALS,
)
def step(event_id: EventId, service: Running, viewer: Filer, wanted: EventStepIn) -> EventOut:
    """File, pass on, follow up, close, dismiss or reopen; some take the right to decide."""
    with service.store.writing() as session:
        event = events.take_step(
            session, viewer.user, event_id, wanted.action, wanted.text, now=now()
        )
        return _event_out(event, _hiding(session, service, [event]))


@router.get("/omissions", summary="List candidates", response_model=OmissionPage)
def list_candidates(
    service: Running,
    viewer: Reader,
    only_open: Annotated[bool, Query(description="Only those that nobody decided.")] = True,
    after: After = None,
    limit: Size = 50,
) -> OmissionPage:
    """List candidates for 漏报 and 知情不报 that you may see; people decide, never the program."""
    with service.store.reading() as session:
        found = omissions.list_omissions(
            session,
            viewer.user,
            only_open=only_open,
            before=number_after(after),
            limit=limit + 1,
        )
    return OmissionPage(
        items=[_omission_out(one) for one in found[:limit]],
        next=next_cursor(found, limit, lambda one: (one.omission_id,)),
    )


@router.post(
    "/omissions/{omission_id}/decision",
    summary="Decide a candidate",
    response_model=OmissionOut,
    responses=_REFUSALS,
)
def decide(
    omission_id: OmissionId, service: Running, viewer: Decider, wanted: OmissionDecisionIn
) -> OmissionOut:
    """Say whether something was kept back; nobody decides about themselves."""
    with service.store.writing() as session:
        one = omissions.decide_omission(
            session, viewer.user, omission_id, wanted.action, wanted.text, now=now()
        )
    return _omission_out(one)


def _hiding(session: Any, service: Service, found: list[Event]) -> Callable[[str, str], str]:
    calls = [event.call_id for event in found if event.call_id]
    return hide_by_call(session, calls, service.store.zone)


def _event_out(event: Event, written: Callable[[str, str], str]) -> EventOut:
    call_id = event.call_id or ""
    span = event.span
    return EventOut(
        event_id=event.event_id,
        kind=event.kind,
        state=event.state,
        is_complaint=event.is_complaint,
        call_id=event.call_id,
        agent_id=event.agent_id,
        scorecard_id=event.scorecard_id,
        span=SpanOut(start_ms=span.start_ms, end_ms=span.end_ms) if span else None,
        text=written(call_id, event.text),
        happened_at=event.happened_at,
        created_by=event.created_by,
        created_at=event.created_at,
        filed_at=event.filed_at,
        steps=[
            EventStepOut(
                action=one.action,
                text=written(call_id, one.text),
                done_by=one.done_by,
                done_at=one.done_at,
            )
            for one in event.steps
        ],
    )


def _omission_out(one: Omission) -> OmissionOut:
    return OmissionOut(
        omission_id=one.omission_id,
        kind=one.kind,
        event_id=one.event.event_id,
        agent_id=one.agent_id,
        user_id=one.user_id,
        audit_entries=list(one.evidence),
        known_since=one.known_since,
        raised_at=one.raised_at,
        decision=one.decision.action if one.decision else None,
    )
