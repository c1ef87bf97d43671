"""One call: its sound, its transcript, its flags with the evidence, and what people decided."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from qa.api.access import Viewer, needs
from qa.api.call_values import Asking, call_values
from qa.api.event_views import EventView, event_view, reading_of
from qa.api.pages.queue import first_list
from qa.api.pages.shared import code_words
from qa.api.queue_query import QueueQuery, queue_query
from qa.api.rendering import language, page
from qa.api.service import Service, running_service
from qa.errors import NotFoundError
from qa.records import Right
from qa.review.events import EventKind
from qa.store.events import EventFilter, list_events
from qa.store.queue import neighbours

router = APIRouter(include_in_schema=False)
Asked = Annotated[QueueQuery, Depends(queue_query)]
Running = Annotated[Service, Depends(running_service)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_CALLS, Right.LISTEN))]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The calls before and after one in the list it was opened from; empty at its ends."""

    previous: str = ""
    next: str = ""


@router.get("/calls/{call_id:path}")
def show_call(
    request: Request,
    call_id: str,
    service: Running,
    asked: Asked,
    viewer: Reader,
    personal: Annotated[bool, Query(description="names and numbers in clear")] = False,
) -> Response:
    """Show one call with its scorecard and transcript; a look at personal data is audited."""
    if call_id in viewer.scope.closed:
        return RedirectResponse("/labels", 303)
    asking = Asking(service, viewer, language(request), asked, clear=personal)
    with service.store.sharing():
        return page(request, "call.html", _values(request, asking, call_id))


def _values(request: Request, asking: Asking, call_id: str) -> dict[str, Any]:
    values = call_values(asking, call_id)
    return values | {
        "near_calls": _neighbours(asking, values["detail"].line.call_id),
        "peaks_url": f"/api/v1/calls/{quote(call_id, safe='')}/peaks",
        "listens_url": f"/api/v1/calls/{quote(call_id, safe='')}/listens",
        "personal_url": _personal_url(asking, asking.clear),
        "may_file": asking.viewer.may(Right.FILE_EVENTS),
        "event_kinds": [kind.value for kind in EventKind],
        "call_events": _events(asking, values["detail"].line.call_id),
        **code_words(request),
    }


def _events(asking: Asking, call_id: str) -> list[EventView]:
    """Load the abnormal events of a call that the reader may see."""
    service, viewer = asking.service, asking.viewer
    with service.store.reading() as session:
        found = list_events(session, viewer.user, EventFilter(call_id=call_id))
        if not found:  # as nearly always: nobody's names are needed
            return []
        reading = reading_of(session, viewer, asking.lang, service.store.zone, found)
    return [event_view(event, reading) for event in found]


def _personal_url(asking: Asking, shown: bool) -> str:
    """Write the address that shows or hides names and numbers; empty without the right."""
    if not asking.viewer.may(Right.SEE_PERSONAL_DATA):
        return ""
    choice = "" if shown else urlencode({"personal": "true"})
    return "?" + "&".join(part for part in (asking.place.parameters(), choice) if part)


def _neighbours(asking: Asking, call_id: str) -> Neighbours:
    """Find what stands beside a call in its list: by where it stood when it was opened."""
    service, viewer, place = asking.service, asking.viewer, asking.place
    wanted = place.to_filter(service.store.zone, datetime.now(UTC), first_list(viewer))
    with service.store.reading() as session:
        try:
            found = neighbours(session, wanted, viewer.scope, call_id, place=place.place())
        except NotFoundError:  # without a scorecard it stands in no list
            return Neighbours()
    near_calls = (found.before, found.after)
    links = [place.call_link(near.call_id, near.text()) if near else "" for near in near_calls]
    return Neighbours(*links)
