"""Runs: what is going on now, with rate and time left, and what was done before."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from qa.api.access import Viewer, needs
from qa.api.display import format_moment
from qa.api.pages.shared import Number
from qa.api.rendering import language, page
from qa.api.run_views import clock, run_line
from qa.api.service import Service, running_service
from qa.api.words import word
from qa.records import Right
from qa.store import runs

PAGE = 50
_STAGES = ("ingest", "transcribe", "hear", "score")

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
Worker = Annotated[Viewer, Depends(needs(Right.RUN_JOBS))]


@router.get("/runs")
def show_runs(
    request: Request,
    service: Running,
    viewer: Worker,
    before: Annotated[Number | None, Query()] = None,
) -> Response:
    """Show runs, the last one first; those that are not over tell their progress as it comes."""
    lang, zone = language(request), service.store.zone
    with service.store.reading() as session:
        found = runs.list_runs(session, before=before, limit=PAGE + 1)
    lines = [run_line(run, lang, datetime.now(UTC)) for run in found[:PAGE]]
    values = {
        "viewer": viewer,
        "going": [line for line in lines if line.is_open],
        "past": [line for line in lines if not line.is_open],
        "earlier": found[PAGE - 1].run_id if len(found) > PAGE else None,
        "is_first": before is None,
        "moment": lambda at: format_moment(at.astimezone(zone)),
        "clock": clock,
        "script_words": {
            "stages": {name: word(f"runs_stage_{name}", lang) for name in _STAGES},
            "done": word("runs_done_of", lang, done="{done}", total="{total}"),
            "per_minute": word("runs_per_minute", lang, n="{n}"),
            "left": word("runs_left", lang, time="{time}"),
            "failed": word("runs_failed_so_far", lang, n="{n}"),
            "lost": word("runs_lost", lang),
        },
    }
    return page(request, "runs.html", values)
