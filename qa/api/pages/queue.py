"""The queue: calls to look at, the most serious first."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from qa.api.access import Viewer, needs
from qa.api.kept import Rested
from qa.api.pages.shared import code_words
from qa.api.problems import Refused
from qa.api.queue_query import (
    DAYS,
    OUTCOME_CHOICES,
    SCORES,
    SEVERITY_CHOICES,
    QueueQuery,
    cursor,
    queue_query,
)
from qa.api.queue_views import chips, known_titles, row_views
from qa.api.rendering import language, page
from qa.api.rulesets import Current
from qa.api.service import Service, running_service
from qa.records import ReviewState, Right
from qa.store import problems
from qa.store.agent_lists import teams_in_scope
from qa.store.names import agent_choices
from qa.store.queue import QueueFilter, Show, queue_page
from qa.store.queue_counts import queue_counts, total_of
from qa.store.spot_checks import checks_for, overdue_checks

PAGE_SIZE = 50
SHOWN_PROBLEMS = 50

_COUNTED: Rested[int] = Rested()
"""Every look at the queue asks for it, and in a large archive to count takes seconds."""

router = APIRouter(include_in_schema=False)
Asked = Annotated[QueueQuery, Depends(queue_query)]
Running = Annotated[Service, Depends(running_service)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_CALLS))]
Overseer = Annotated[Viewer, Depends(needs(Right.READ_CALLS, Right.READ_TEAMS))]


@router.get("/")
def show_queue(request: Request, service: Running, asked: Asked, viewer: Reader) -> Response:
    """Show the list of calls."""
    with service.store.sharing() as session:
        return page(request, "queue.html", _queue_values(request, service, asked, viewer, session))


def _queue_values(
    request: Request, service: Service, asked: QueueQuery, viewer: Viewer, session: Any
) -> dict[str, Any]:
    store, lang, now = service.store, language(request), datetime.now(UTC)
    wanted = asked.to_filter(store.zone, now, first_list(viewer))
    listed = queue_page(
        session,
        wanted,
        viewer.scope,
        zone=store.zone,
        after=cursor(asked.after),
        before=cursor(asked.before),
        limit=PAGE_SIZE,
    )
    # What one chooses a seriousness from counts all of them.
    counts = queue_counts(session, replace(wanted, severity=None), viewer.scope)
    agents = agent_choices(session, viewer.scope)
    teams = teams_in_scope(session, viewer.scope)
    values = _tasks(session, viewer, now)
    judged_by = [line.ruleset_id for line in listed.lines]
    asked_for = [asked.ruleset] if asked.ruleset else []
    current = Current.of(service)
    titles = known_titles(current, [*judged_by, *asked_for, current.default_id], lang)
    return values | {
        "asked": asked,
        "wanted": wanted,
        "listed": listed,
        "rows": row_views(
            listed.lines, asked, wanted.show, titles, (lang, now.astimezone(store.zone))
        ),
        "counts": counts,
        "total": total_of(counts),
        "chips": chips(asked, agents, titles, lang),
        "agents": tuple(agents.items()),
        "teams": teams,
        "titles": tuple(titles.items()),
        "rulesets": current.ids(),
        "any_call": bool(listed.lines) or _has_any(service, viewer),
        **_choices(),
        **code_words(request),
    }


def first_list(viewer: Viewer) -> Show:
    """Say which list a reader sees who chose none: who reviews nothing sees every call."""
    return Show.REVIEW if viewer.may(Right.REVIEW) else Show.ALL


def _has_any(service: Service, viewer: Viewer) -> bool:
    """Whether the reader could see any call at all: an empty list means something else then."""
    with service.store.reading() as session:
        everything = QueueFilter(show=Show.ALL)
        page = queue_page(session, everything, viewer.scope, zone=service.store.zone, limit=1)
    return bool(page.lines)


def _choices() -> Mapping[str, Any]:
    return {
        "severities": SEVERITY_CHOICES,
        "states": tuple(ReviewState),
        "outcomes": OUTCOME_CHOICES,
        "scores": SCORES,
        "days": DAYS,
        "Show": Show,
    }


def _tasks(session: Any, viewer: Viewer, now: datetime) -> dict[str, Any]:
    """Count the reader's own spot checks, and those that are overdue in their teams."""
    if not viewer.may(Right.REVIEW):
        return {"checks": (), "overdue": ()}
    return {
        "checks": checks_for(session, viewer.user),
        "overdue": overdue_checks(session, viewer.scope, now),
    }


@router.get("/unprocessed")
def show_unprocessed(request: Request, service: Running, viewer: Overseer) -> Response:
    """Show what could not be inspected; it has no agent yet, so only who sees all sees it."""
    values = {"problems": _problems(service, viewer), "shown": SHOWN_PROBLEMS}
    return page(request, "unprocessed.html", values | code_words(request))


@router.get("/unprocessed/count")
def count_unprocessed(service: Running, viewer: Overseer) -> int:
    """Count what could not be inspected, for the link to it; apart, for it goes through it all."""
    if not viewer.scope.everything:
        raise Refused("not_allowed")
    return _COUNTED.get(
        service, lambda: sum(len(some) for some in _problems(service, viewer).values())
    )


def _problems(service: Service, viewer: Viewer) -> dict[str, list[Any]]:
    if not viewer.scope.everything:
        raise Refused("not_allowed")
    with service.store.reading() as session:
        return {
            "failed": list(problems.failed_recordings(session)),
            "no_metadata": list(problems.calls_without_metadata(session)),
            "no_recording": list(problems.calls_without_recording(session)),
            "issues": list(problems.ingest_issues(session)),
        }
