"""The queue: calls to look at, the most serious first."""

import math
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from qa.api.access import Viewer, needs
from qa.api.filters import ListQuery, list_query
from qa.api.pages.shared import code_words, titles_in
from qa.api.rendering import language, page
from qa.api.service import Service, service_of
from qa.records import Right
from qa.store import problems, queries_queue

PAGE_SIZE = 50
SHOWN_PROBLEMS = 50

router = APIRouter(include_in_schema=False)
Asked = Annotated[ListQuery, Depends(list_query)]
Running = Annotated[Service, Depends(service_of)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_CALLS))]


@router.get("/")
def show_queue(request: Request, service: Running, asked: Asked, viewer: Reader) -> Response:
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
            "titles": titles_in(queries_queue.rule_titles(session), language(request)),
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
    return page(request, "queue.html", values | frame | code_words(request))
