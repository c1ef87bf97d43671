"""One call: its sound, its transcript, its flags with the evidence, and what people decided."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from qa.api.access import Viewer, needs
from qa.api.call_values import Asking, call_values
from qa.api.filters import ListQuery, list_query
from qa.api.pages.shared import at_place, call_link, code_words
from qa.api.rendering import language, page
from qa.api.service import Service, service_of
from qa.records import Right
from qa.store import queries_queue

router = APIRouter(include_in_schema=False)
Asked = Annotated[ListQuery, Depends(list_query)]
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
        "near_calls": _neighbours(service, asked, values["detail"].line.call_id),
        "peaks_url": f"/api/v1/calls/{quote(call_id, safe='')}/peaks",
        "personal_url": _personal_url(asking, personal),
    }
    return page(request, "call.html", values | code_words(request))


def _personal_url(asking: Asking, shown: bool) -> str:
    """Write the address that shows or hides names and numbers; empty without the right."""
    if not asking.viewer.may(Right.SEE_PERSONAL_DATA):
        return ""
    choice = "" if shown else urlencode({"personal": "true"})
    return "?" + "&".join(part for part in (asking.place.parameters(), choice) if part)


def _neighbours(service: Service, asked: ListQuery, call_id: str) -> Neighbours:
    """Find what stands beside a call in the list; none where the list has changed meanwhile.

    `page` counts single calls here: it is the call's place in the list, from 1.
    """
    place = asked.page
    offset = max(0, place - 2)
    with service.store.reading() as session:
        some = queries_queue.queue_page(
            session,
            asked.to_filter(service.store.zone),
            service.store.zone,
            offset=offset,
            limit=3 if place > 1 else 2,
        )
    ids = [line.call_id for line in some]
    if call_id not in ids:
        return Neighbours()
    at = ids.index(call_id)
    here = offset + at + 1

    def link(index: int, number: int) -> str:
        if not 0 <= index < len(ids):
            return ""
        return call_link(ids[index], at_place(asked, number))

    return Neighbours(link(at - 1, here - 1), link(at + 1, here + 1))
