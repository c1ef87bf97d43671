"""Abnormal events: the list, one with its steps and its clip, entering, and what was kept back."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from qa.api.access import Viewer, needs
from qa.api.clip_views import read_calls
from qa.api.event_views import (
    event_view,
    omission_view,
    people_of_omissions,
    reading_of,
)
from qa.api.pages.shared import Number
from qa.api.rendering import flash, language, page
from qa.api.service import Service, service_of
from qa.api.words import word
from qa.errors import ConflictError, NotFoundError
from qa.records import Right
from qa.refusals import InvalidRequestError, NotAllowedError, TransitionError
from qa.review.events import EventAction, EventKind, EventState, OmissionAction
from qa.store.events import (
    EventDraft,
    EventFilter,
    count_events,
    enter_event,
    find_event,
    list_events,
    take_step,
)
from qa.store.names import agent_choices
from qa.store.omissions import (
    count_open_omissions,
    decide_omission,
    list_omissions,
    omissions_of,
)

PAGE_SIZE = 30
REFUSALS = (NotAllowedError, InvalidRequestError, ConflictError)
STATUS: dict[type[Exception], int] = {
    NotAllowedError: 403,
    NotFoundError: 404,
    InvalidRequestError: 422,
}
OPEN = (EventState.DETECTED, EventState.FILED, EventState.ESCALATED)

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(service_of)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_CALLS))]
Filer = Annotated[Viewer, Depends(needs(Right.FILE_EVENTS))]
Decider = Annotated[Viewer, Depends(needs(Right.DECIDE_EVENTS))]


@dataclass(frozen=True, slots=True)
class EventQuery:
    """What a list shows, as the address says it; empty shows all."""

    view: Annotated[Literal["open", "all", "candidates", "decided"], Query()] = "open"
    kind: Annotated[EventKind | None, Query()] = None
    agent: Annotated[str, Query(max_length=200)] = ""
    since: Annotated[date | None, Query()] = None
    until: Annotated[date | None, Query()] = None
    before: Annotated[int | None, Query(ge=1, le=2**53 - 1)] = None


@dataclass(frozen=True, slots=True)
class EventForm:
    """What is entered: the kind, what happened, and the call or the agent and day."""

    kind: Annotated[EventKind, Form()]
    text: Annotated[str, Form(max_length=8000)] = ""
    call_id: Annotated[str, Form(max_length=200)] = ""
    agent_id: Annotated[str, Form(max_length=200)] = ""
    day: Annotated[str, Form(max_length=10, pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""
    back: Annotated[Literal["call", "event"], Form()] = "event"


def why(error: Exception, lang: str) -> str:
    """Say why something was refused."""
    if isinstance(error, NotAllowedError | InvalidRequestError | TransitionError):
        return word(f"refusal_{error.refusal.value}", lang)
    return word("refusal_unknown" if isinstance(error, NotFoundError) else "refusal_conflict", lang)


@router.get("/events")
def show_events(
    request: Request,
    service: Running,
    viewer: Reader,
    asked: Annotated[EventQuery, Depends()],
) -> Response:
    """Show events, or candidates for what was kept back."""
    return _list(request, service, viewer, asked)


@router.post("/events")
def enter(
    request: Request, service: Running, viewer: Filer, form: Annotated[EventForm, Depends()]
) -> Response:
    """Record and report an event."""
    now = datetime.now(UTC)
    try:
        at = _moment(form.day, service) if form.day else None
        draft = EventDraft(form.kind, form.text, form.call_id or None, form.agent_id or None, at)
        with service.store.writing() as session:
            event = enter_event(session, viewer.user, draft, now=now)
    except (*REFUSALS, NotFoundError) as error:  # a number that was typed, not an address
        status = STATUS.get(type(error), 409)
        said = why(error, language(request))
        return _list(request, service, viewer, EventQuery(), said=said, form=form, status=status)
    to_call = form.back == "call" and form.call_id
    to = f"/calls/{quote(form.call_id, safe='')}#events" if to_call else f"/events/{event.event_id}"
    response = RedirectResponse(to, 303)
    flash(response, "flash_event_filed")
    return response


def _moment(day: str, service: Service) -> datetime:
    from qa.refusals import Refusal

    try:
        return datetime.combine(date.fromisoformat(day), time(), service.store.zone)
    except ValueError:
        raise InvalidRequestError(Refusal.EVENT_WRONG) from None


@router.get("/events/{event_id}")
def show_event(request: Request, event_id: Number, service: Running, viewer: Reader) -> Response:
    """Show one event: what it rests on, what was done, what may be done."""
    return _one(request, service, viewer, event_id)


@router.post("/events/{event_id}/steps")
def step(
    request: Request,
    event_id: Number,
    service: Running,
    viewer: Filer,
    action: Annotated[EventAction, Form()],
    text: Annotated[str, Form(max_length=8000)] = "",
    back: Annotated[Literal["call", "event"], Form()] = "event",
) -> Response:
    """File, pass on, follow up, close, dismiss or reopen an event."""
    try:
        with service.store.writing() as session:
            event = take_step(session, viewer.user, event_id, action, text, now=datetime.now(UTC))
    except REFUSALS as error:
        said = why(error, language(request))
        status = STATUS.get(type(error), 409)
        return _one(request, service, viewer, event_id, said=said, text=text, status=status)
    to_call = back == "call" and event.call_id
    to = (
        f"/calls/{quote(event.call_id or '', safe='')}#events" if to_call else f"/events/{event_id}"
    )
    response = RedirectResponse(to, 303)
    flash(response, "flash_event_step")
    return response


@router.post("/omissions/{omission_id}")
def decide(
    request: Request,
    omission_id: Number,
    service: Running,
    viewer: Decider,
    action: Annotated[OmissionAction, Form()],
    text: Annotated[str, Form(max_length=8000)] = "",
) -> Response:
    """Decide whether something was kept back."""
    try:
        with service.store.writing() as session:
            decide_omission(session, viewer.user, omission_id, action, text, now=datetime.now(UTC))
    except REFUSALS as error:
        asked, said = EventQuery(view="candidates"), why(error, language(request))
        status = STATUS.get(type(error), 409)
        return _list(request, service, viewer, asked, said=said, status=status)
    response = RedirectResponse("/events?view=candidates", 303)
    flash(response, "flash_omission_decided")
    return response


def _list(
    request: Request,
    service: Service,
    viewer: Viewer,
    asked: EventQuery,
    *,
    said: str = "",
    form: EventForm | None = None,
    status: int = 200,
) -> Response:
    lang, zone = language(request), service.store.zone
    wanted = _filter(asked, service)
    with service.store.reading() as session:
        counts = count_events(session, viewer.user, EventFilter())
        open_candidates = count_open_omissions(session, viewer.user)
        rows: dict[str, Any] = {"events": [], "omissions": []}
        last = None
        if asked.view in ("candidates", "decided"):
            only_open = asked.view == "candidates"
            kept = list_omissions(
                session, viewer.user, only_open=only_open, before=asked.before, limit=PAGE_SIZE + 1
            )
            shown = kept[:PAGE_SIZE]
            events = [one.event for one in shown]
            more = people_of_omissions(shown)
            reading = reading_of(session, viewer, lang, zone, events, *more)
            rows["omissions"] = [omission_view(one, reading) for one in shown]
            last = shown[-1].omission_id if len(kept) > PAGE_SIZE else None
        else:
            found = list_events(
                session, viewer.user, wanted, before=asked.before, limit=PAGE_SIZE + 1
            )
            reading = reading_of(session, viewer, lang, zone, found[:PAGE_SIZE])
            rows["events"] = [event_view(event, reading) for event in found[:PAGE_SIZE]]
            last = found[PAGE_SIZE - 1].event_id if len(found) > PAGE_SIZE else None
        agents = agent_choices(session, viewer.scope)
    values = {
        "viewer": viewer,
        "asked": asked,
        "kinds": [kind.value for kind in EventKind],
        "open_count": sum(counts.get(state, 0) for state in OPEN),
        "candidate_count": open_candidates,
        "agents": agents,
        "may_file": viewer.may(Right.FILE_EVENTS),
        "may_choose": viewer.may(Right.DECIDE_EVENTS),
        "older": _address(asked, last) if last else "",
        "said": said,
        "form": form,
        "today": datetime.now(UTC).astimezone(zone).date().isoformat(),
        **rows,
    }
    return page(request, "events.html", values, status=status)


def _filter(asked: EventQuery, service: Service) -> EventFilter:
    zone = service.store.zone
    return EventFilter(
        states=OPEN if asked.view == "open" else (),
        kinds=(asked.kind,) if asked.kind else (),
        agent_id=asked.agent or None,
        since=datetime.combine(asked.since, time(), zone)
        if asked.since and asked.since >= date(1900, 1, 1)
        else None,
        until=datetime.combine(asked.until + timedelta(days=1), time(), zone)
        if asked.until and date(1900, 1, 1) <= asked.until < date(9000, 1, 1)
        else None,
    )


def _address(asked: EventQuery, before: int) -> str:
    given = {
        "view": asked.view,
        "kind": asked.kind.value if asked.kind else "",
        "agent": asked.agent,
        "since": asked.since.isoformat() if asked.since else "",
        "until": asked.until.isoformat() if asked.until else "",
        "before": str(before),
    }
    return "/events?" + urlencode({name: value for name, value in given.items() if value})


def _one(
    request: Request,
    service: Service,
    viewer: Viewer,
    event_id: int,
    *,
    said: str = "",
    text: str = "",
    status: int = 200,
) -> Response:
    lang, zone = language(request), service.store.zone
    with service.store.reading() as session:
        event = find_event(session, viewer.user, event_id)
        about = omissions_of(session, viewer.user, event_id)
        more = people_of_omissions(about)
        reading = reading_of(session, viewer, lang, zone, [event], *more)
        clip = None
        if event.call_id is not None:
            calls = read_calls(session, [event.call_id], zone, datetime.now(UTC))
            call = calls.get(event.call_id)
            clip = call.clip(event.kind.value, zone, lang) if call else None
    values = {
        "viewer": viewer,
        "event": event_view(event, reading),
        "omissions": [omission_view(one, reading) for one in about],
        "clip": clip,
        "said": said,
        "text": text,
        "reads_log": viewer.may(Right.READ_AUDIT),
    }
    return page(request, "event.html", values, status=status)
