"""One call: its scorecard with the evidence, its transcript, its sound."""

import math
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from qa.api.access import Viewer, needs
from qa.api.filters import ListQuery, list_query
from qa.api.pages.queue import PAGE_SIZE
from qa.api.pages.shared import at_place, call_link, code_words
from qa.api.rendering import language, page
from qa.api.service import LoadedCall, Service, load_call, service_of
from qa.api.views import card_view, utterance_views
from qa.records import Right
from qa.store import queries_queue
from qa.wording import DIRECTIONS, FESTIVALS, RELEASED, note_text

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
    request: Request, call_id: str, service: Running, asked: Asked, viewer: Reader
) -> Response:
    """Show one call with its scorecard and transcript."""
    loaded = load_call(service, viewer.scope, call_id)
    lang = language(request)
    detail, scorecard = loaded.detail, loaded.detail.scorecard
    transcript = loaded.transcript
    values: dict[str, Any] = {
        "loaded": loaded,
        "detail": detail,
        "call": detail.call,
        "scorecard": scorecard,
        "card": card_view(scorecard, detail.call, lang) if scorecard else None,
        "transcript": transcript,
        "utterances": utterance_views(transcript, scorecard, lang) if transcript else [],
        "duration_ms": transcript.duration_ms if transcript else detail.line.duration_ms or 0,
        "channel_count": transcript.channel_count if transcript else 0,
        "notes": [note_text(note, lang) for note in transcript.notes] if transcript else [],
        "facts": _facts(loaded, lang),
        "near_calls": _neighbours(service, asked, detail.line.call_id),
        "back": asked.link(page=math.ceil(asked.page / PAGE_SIZE)),
        "zone": service.store.zone,
    }
    return page(request, "call.html", values | code_words(request))


def _facts(loaded: LoadedCall, lang: str) -> dict[str, str]:
    call = loaded.detail.call
    festivals = [FESTIVALS[n.festival].text(lang) for n in call.notices if n.festival in FESTIVALS]
    return {
        "direction": DIRECTIONS[call.direction].text(lang) if call.direction else "",
        "released": RELEASED[call.released_by].text(lang) if call.released_by else "",
        "notices": ", ".join(festivals) if lang == "en" else "、".join(festivals),
    }


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
