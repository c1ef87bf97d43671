"""One call: its sound, its transcript, its flags with the evidence, and what people decided."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from qa.api.access import Viewer, needs
from qa.api.call_values import Asking, call_values
from qa.api.pages.queue import first_list
from qa.api.pages.shared import code_words
from qa.api.queue_query import QueueQuery, queue_query
from qa.api.rendering import language, page
from qa.api.service import Service, service_of
from qa.errors import NotFoundError
from qa.records import Right
from qa.store.queue import neighbours, place_of

router = APIRouter(include_in_schema=False)
Asked = Annotated[QueueQuery, Depends(queue_query)]
Running = Annotated[Service, Depends(service_of)]
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
    asking = Asking(service, viewer, language(request), asked, clear=personal)
    values = call_values(asking, call_id)
    values |= {
        "near_calls": _neighbours(asking, values["detail"].line.call_id),
        "peaks_url": f"/api/v1/calls/{quote(call_id, safe='')}/peaks",
        "listens_url": f"/api/v1/calls/{quote(call_id, safe='')}/listens",
        "personal_url": _personal_url(asking, personal),
    }
    return page(request, "call.html", values | code_words(request))


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
            at = {
                near: place_of(session, wanted, viewer.scope, near).text()
                for near in (found.before, found.after)
                if near
            }
        except NotFoundError:  # without a scorecard it stands in no list
            return Neighbours()
    links = [
        place.call_link(near, at[near]) if near else "" for near in (found.before, found.after)
    ]
    return Neighbours(*links)
