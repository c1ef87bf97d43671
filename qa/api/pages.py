"""The pages: the queue, one call, the agents."""

import math
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response

from qa.api.filters import ListQuery, list_query
from qa.api.rendering import language, page
from qa.api.service import LoadedCall, Service, load_call, service_of
from qa.api.views import CLASSES, SYMBOLS, card_view, utterance_views
from qa.errors import RecordingFault
from qa.store import problems, queries, queries_queue
from qa.types import Direction, Outcome
from qa.wording import DIRECTIONS, FESTIVALS, RELEASED, fault_text, grade_name, note_text

PAGE_SIZE = 50
SHOWN_PROBLEMS = 50

router = APIRouter(include_in_schema=False)
Asked = Annotated[ListQuery, Depends(list_query)]
Running = Annotated[Service, Depends(service_of)]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The calls before and after one in the list it was opened from; empty at its ends."""

    previous: str = ""
    next: str = ""


@router.get("/")
def show_queue(request: Request, service: Running, asked: Asked) -> Response:
    """Show the list of calls."""
    store = service.store
    wanted = asked.to_filter(store.zone)
    with store.reading() as session:
        counts = queries_queue.queue_counts(session, wanted)
        total = counts.flagged if wanted.flagged else counts.calls
        pages = max(1, math.ceil(total / PAGE_SIZE))
        asked = replace(asked, page=min(asked.page, pages))
        offset = (asked.page - 1) * PAGE_SIZE
        values = {
            "lines": queries_queue.queue_page(
                session, wanted, store.zone, offset=offset, limit=PAGE_SIZE
            ),
            "agents": queries_queue.agent_choices(session),
            "titles": _titles(queries_queue.rule_titles(session), language(request)),
            "problems": {
                "failed": problems.failed_recordings(session),
                "no_metadata": problems.calls_without_metadata(session),
                "no_recording": problems.calls_without_recording(session),
                "issues": problems.ingest_issues(session),
            },
        }
    frame: dict[str, Any] = {
        "asked": asked,
        "counts": counts,
        "total": total,
        "pages": pages,
        "first": offset,
    }
    frame["shown"] = SHOWN_PROBLEMS
    return page(request, "queue.html", values | frame | _words(request))


@router.get("/calls/{call_id:path}")
def show_call(request: Request, call_id: str, service: Running, asked: Asked) -> Response:
    """Show one call with its scorecard and transcript."""
    loaded = load_call(service, call_id)
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
    return page(request, "call.html", values | _words(request))


@router.get("/agents")
def show_agents(request: Request, service: Running) -> Response:
    """Show every agent's totals."""
    with service.store.reading() as session:
        agents = queries.agent_totals(session)
        titles = queries_queue.rule_titles(session)
    values = {"agents": agents, "titles": _titles(titles, language(request))}
    return page(request, "agents.html", values | _words(request))


def _words(request: Request) -> dict[str, Any]:
    lang = language(request)
    return {
        "fault": lambda code: _fault(code, lang),
        "direction": lambda code: DIRECTIONS[Direction(code)].text(lang) if code else "",
        "grade": lambda grade: grade_name(grade, lang),
        "symbol": SYMBOLS,
        "css": CLASSES,
        "Outcome": Outcome,
    }


def _fault(code: str | None, lang: str) -> str:
    known = {fault.value: fault for fault in RecordingFault}
    return fault_text(known[code], lang) if code in known else code or ""


def _titles(titles: dict[str, tuple[str, str]], lang: str) -> dict[str, str]:
    return {rule_id: pair[1 if lang == "en" else 0] for rule_id, pair in sorted(titles.items())}


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
        return _call_link(ids[index], replace(asked, page=number))

    return Neighbours(link(at - 1, here - 1), link(at + 1, here + 1))


def _call_link(call_id: str, asked: ListQuery) -> str:
    parameters = asked.parameters()
    return f"/calls/{quote(call_id, safe='')}" + (f"?{parameters}" if parameters else "")
