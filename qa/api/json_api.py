"""The read API under `/api/v1`, described by `/api/v1/openapi.json`."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from qa.api.access import Viewer, needs
from qa.api.filters import ListQuery, list_query
from qa.api.service import Service, load_call, service_of
from qa.masking import mask_call
from qa.records import Right
from qa.store import queries, queries_queue
from qa.types import Call, Scorecard, Transcript

router = APIRouter(prefix="/api/v1", tags=["read"])
Asked = Annotated[ListQuery, Depends(list_query)]
Running = Annotated[Service, Depends(service_of)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_CALLS))]
Listener = Annotated[Viewer, Depends(needs(Right.READ_CALLS, Right.LISTEN))]
TeamReader = Annotated[Viewer, Depends(needs(Right.READ_TEAMS))]


@dataclass(frozen=True, slots=True)
class CallPage:
    """One page of the list; `counts` are of the filter without `show`."""

    page: int
    per_page: int
    counts: queries_queue.QueueCounts
    calls: list[queries_queue.QueueLine]


@dataclass(frozen=True, slots=True)
class CallDocument:
    """One call: what is known of it, its scorecard, and the transcript that was judged.

    Attributes:
        recording: `ready`, `missing`, `changed` or `unreadable`; None where there never was one.
    """

    call: Call
    status: str
    fault: str | None
    recording_id: str | None
    recording: str | None
    scorecard: Scorecard | None
    transcript: Transcript | None
    history: tuple[queries.ScorecardVersion, ...]


@router.get("/calls")
def list_calls(
    service: Running,
    asked: Asked,
    viewer: Reader,
    per_page: Annotated[int, Query(ge=1, le=500)] = 50,
) -> CallPage:
    """List calls with their flags, as the page does."""
    store = service.store
    wanted = asked.to_filter(store.zone)
    with store.reading() as session:
        counts = queries_queue.queue_counts(session, wanted)
        offset = (asked.page - 1) * per_page
        lines = queries_queue.queue_page(session, wanted, store.zone, offset=offset, limit=per_page)
    return CallPage(asked.page, per_page, counts, lines)


@router.get("/calls/{call_id:path}", responses={404: {"description": "no such call"}})
def get_call(call_id: str, service: Running, viewer: Listener) -> CallDocument:
    """Give one call; the customer's name and numbers are masked outside the transcript."""
    loaded = load_call(service, viewer.scope, call_id)
    detail = loaded.detail
    return CallDocument(
        call=mask_call(detail.call),
        status=detail.line.status,
        fault=detail.line.fault,
        recording_id=loaded.recording_id,
        recording=loaded.recording.state.value if loaded.recording else None,
        scorecard=detail.scorecard,
        transcript=loaded.transcript,
        history=detail.history,
    )


@router.get("/agents")
def list_agents(service: Running, viewer: TeamReader) -> list[queries.AgentTotals]:
    """Sum up the published scorecards of each agent, in order of agent number."""
    with service.store.reading() as session:
        return queries.agent_totals(session)
