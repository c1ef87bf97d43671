"""Runs: what is going on, what was done, and starting one."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from qa.api.access import Viewer
from qa.api.problems import declared, invalid
from qa.api.run_views import pace_of
from qa.api.v1 import events
from qa.api.v1.events import EventSourceResponse
from qa.api.v1.schemas_work import ProgressOut, RunIn, RunOut, RunPage, RunWithResult
from qa.api.v1.shared import MAX_NUMBER, After, Limit, Running, next_cursor, now, number_after, who
from qa.api.what_if_views import without_closed
from qa.batch.asked_runs import AskedKind
from qa.records import Right
from qa.store import runs
from qa.store.audit import audit
from qa.store.runs import OPEN_STATES, Run

router = APIRouter(prefix="/runs", tags=["runs"])
Worker = Annotated[Viewer, who(Right.RUN_JOBS)]
RunId = Annotated[int, Path(ge=1, le=MAX_NUMBER, examples=[17])]


@router.get("", summary="List runs", response_model=RunPage)
def list_runs(service: Running, viewer: Worker, after: After = None, limit: Limit = 50) -> RunPage:
    """List runs, the last one first, whoever started them."""
    with service.store.reading() as session:
        found = runs.list_runs(session, before=number_after(after), limit=limit + 1)
    return RunPage(
        items=[RunOut(**run_fields(run)) for run in found[:limit]],
        next=next_cursor(found, limit, lambda run: (run.run_id,)),
    )


@router.post(
    "",
    summary="Start a run",
    status_code=202,
    response_model=RunOut,
    responses={
        200: {"model": RunOut, "description": "One just like it waits already."},
        202: {"description": "It waits for its turn."},
        **declared("invalid"),
    },
)
def start_run(service: Running, viewer: Worker, wanted: RunIn, response: Response) -> RunOut:
    """Put a run on the list; runs and uploads are worked on one at a time.

    Asking twice while the first one waits changes nothing.
    """
    if wanted.kind is AskedKind.RUN and service.settings.serve.inbox is None:
        raise invalid("body.kind", "no_inbox", "serve.inbox names no folder")
    if wanted.since is not None and wanted.kind is not AskedKind.RESCORE:
        raise invalid("body.since", "not_for_kind", "only for `rescore`")
    since = wanted.since.isoformat() if wanted.since else None
    parameters = {"since": since} if since else {}
    with service.store.writing() as session:
        run, is_new = runs.request_run(
            session, wanted.kind.value, parameters, viewer.user.user_id, now()
        )
        if is_new:
            details = {"kind": run.kind, "since": since}
            audit(session, viewer.user, "run.start", "run", str(run.run_id), details)
    response.status_code = 202 if is_new else 200
    response.headers["location"] = f"/api/v1/runs/{run.run_id}"
    return RunOut(**run_fields(run))


@router.get(
    "/{run_id}",
    summary="See how a run stands",
    response_model=RunWithResult,
    responses=declared("not_found"),
)
def get_run(run_id: RunId, service: Running, viewer: Worker) -> RunWithResult:
    """Give one run with its progress, and, to whoever reads all calls, with what it found.

    Of a `what_if` that names calls and agents with their scores, which the right to start runs
    alone does not open; others get progress and counts.
    """
    with service.store.reading() as session:
        run = runs.get_run(session, run_id)
    may_read = viewer.may(Right.READ_CALLS) and viewer.scope.everything
    result = dict(run.result) if run.result and may_read else None
    if result and "calls_that_change_most" in result:
        result = without_closed(result, viewer.scope.closed)
    return RunWithResult(**run_fields(run), result=result)


def _watched(run_id: RunId, service: Running, viewer: Worker) -> events.Look:
    """Make sure that there is such a run before the stream begins."""
    events.require_few(viewer)

    def look() -> tuple[RunOut, bool]:
        with service.store.reading() as session:
            run = runs.get_run(session, run_id)
        return RunOut(**run_fields(run)), run.state not in OPEN_STATES

    look()
    return look


@router.get(
    "/{run_id}/events",
    summary="Watch a run",
    response_class=EventSourceResponse,
    responses={**events.described("RunOut"), **declared("not_found", "too_many_requests")},
)
async def watch_run(
    viewer: Worker, look: Annotated[events.Look, events.depends(_watched)]
) -> events.Stream:
    """Stream the run whenever it changes, until it is over."""
    async for event in events.watch(viewer, look):
        yield event


def run_fields(run: Run) -> dict[str, object]:
    """Lay out a run as the API gives it."""
    names = ("run_id", "kind", "requested_by", "started_at", "finished_at", "transcribed")
    more = ("failed", "scored", "audio_ms", "fault")
    return {
        **{name: getattr(run, name) for name in (*names, *more)},
        "state": run.state,
        "progress": _progress(run),
    }


def _progress(run: Run) -> ProgressOut:
    """Lay out how far a run is."""
    now_at, pace = run.progress, pace_of(run)
    return ProgressOut(
        stage=now_at.stage,
        total=now_at.total,
        done=now_at.done,
        share=pace.share,
        per_minute=pace.per_minute,
        left_s=pace.left_s,
    )
