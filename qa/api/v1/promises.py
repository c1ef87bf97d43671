"""Promises: what agents promised, and what became of it."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from qa.api.access import Viewer
from qa.api.problems import Refused, declared
from qa.api.v1.schemas_reports import PromiseOut, PromisePage, PromiseRulingIn
from qa.api.v1.shared import (
    After,
    Limit,
    Running,
    as_cursor,
    days_between,
    now,
    read_cursor,
    who,
)
from qa.errors import NotFoundError
from qa.records import Right
from qa.review.promises import PromiseState, Unclear
from qa.store.promise_pages import promise_page
from qa.store.promise_rulings import PromisePlace, rule_promise
from qa.store.promises import PromiseFilter, list_promises
from qa.store.queue_filter import Cursor

router = APIRouter(prefix="/promises", tags=["promises"])
Reader = Annotated[Viewer, who(Right.READ_TEAMS, Right.READ_CALLS)]
Reviewer = Annotated[Viewer, who(Right.REVIEW)]


@router.get("", summary="List promises", response_model=PromisePage)
def list_some(
    service: Running,
    viewer: Reader,
    state: PromiseState | None = None,
    overdue: Annotated[bool, Query(description="Only open ones past their due time.")] = False,
    since: Annotated[date | None, Query(description="First day of the calls.")] = None,
    until: Annotated[date | None, Query(description="Last day of the calls.")] = None,
    unclear: Annotated[
        Unclear | None, Query(description="Only those of which nothing tells, for this reason.")
    ] = None,
    after: After = None,
    limit: Limit = 100,
) -> PromisePage:
    """List promises in calls that you may see, those of the newest calls first.

    A page ends with the call in which `limit` is reached, or after 500 calls with promises.
    """
    zone = service.store.zone
    days = days_between(since, until, zone)
    wanted = PromiseFilter(
        since=days.since,
        until=days.until,
        state=state,
        scope=viewer.scope,
        overdue=overdue,
        unclear=unclear,
    )
    place = _place(after) if after is not None else None
    with service.store.reading() as session:
        found = promise_page(session, wanted, zone, now(), after=place, limit=limit)
    return PromisePage(
        items=[PromiseOut.model_validate(one) for one in found.lines],
        next=as_cursor(found.after.text()) if found.after else None,
    )


def _place(cursor: str) -> Cursor:
    try:
        return Cursor.parse(str(read_cursor(cursor, str)[0]))
    except ValueError:
        raise Refused("bad_cursor") from None


@router.post(
    "/rulings",
    summary="Say what became of a promise",
    response_model=PromiseOut,
    responses=declared("not_found", "invalid", "not_allowed"),
)
def rule(service: Running, viewer: Reviewer, wanted: PromiseRulingIn) -> PromiseOut:
    """Overrule what the ticket tells, with a reason; it is added, nothing is overwritten."""
    place = PromisePlace(wanted.call_id, wanted.rule_id, wanted.start_ms, wanted.end_ms)
    with service.store.writing() as session:
        rule_promise(session, viewer.user, place, (wanted.state, wanted.reason), now=now())
    with service.store.reading() as session:
        asked = PromiseFilter(scope=viewer.scope, call_id=wanted.call_id)
        for one in list_promises(session, asked, service.store.zone, now()):
            if (one.rule_id, one.start_ms) == (wanted.rule_id, wanted.start_ms):
                return PromiseOut.model_validate(one)
    raise NotFoundError("promise of call", wanted.call_id)
