"""Promises: what agents promised, and what became of it."""

from datetime import date
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query

from qa.api.access import Viewer
from qa.api.problems import declared
from qa.api.v1.schemas_reports import PromiseOut, PromiseRulingIn
from qa.api.v1.shared import Limit, Running, days_between, now, who
from qa.errors import NotFoundError
from qa.records import Right
from qa.review.promises import PromiseState
from qa.store.promise_rulings import PromisePlace, rule_promise
from qa.store.promises import PromiseFilter, list_promises

router = APIRouter(prefix="/promises", tags=["promises"])
Reader = Annotated[Viewer, who(Right.READ_TEAMS, Right.READ_CALLS)]
Reviewer = Annotated[Viewer, who(Right.REVIEW)]


@router.get("", summary="List promises", response_model=list[PromiseOut])
def list_some(
    service: Running,
    viewer: Reader,
    state: PromiseState | None = None,
    overdue: Annotated[bool, Query(description="Only open ones past their due time.")] = False,
    since: Annotated[date | None, Query(description="First day of the calls.")] = None,
    until: Annotated[date | None, Query(description="Last day of the calls.")] = None,
    limit: Limit = 100,
) -> list[PromiseOut]:
    """List promises in calls that you may see, those due first first."""
    days = days_between(since, until, service.store.zone)
    wanted = PromiseFilter(
        since=days.since, until=days.until, state=state, scope=viewer.scope, overdue=overdue
    )
    with service.store.reading() as session:
        found = islice(list_promises(session, wanted, service.store.zone, now()), limit)
        return [PromiseOut.model_validate(one) for one in found]


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
