"""The list of scored calls, as the queue shows it."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from qa.api.problems import Refused, declared
from qa.api.v1.schemas_agents import CallLineOut, CallPage, CountOut
from qa.api.v1.shared import (
    PLAIN,
    After,
    Limit,
    Reader,
    Running,
    as_cursor,
    days_between,
    read_cursor,
)
from qa.records import ReviewState
from qa.store.queue import Cursor, QueueFilter, Show, queue_page
from qa.store.queue_counts import queue_counts
from qa.types import Outcome

router = APIRouter(prefix="/calls", tags=["calls"])
Name = Annotated[str | None, Query(max_length=200, pattern=PLAIN)]


def wanted_calls(
    service: Running,
    show: Annotated[
        Show,
        Query(
            description="`review`: what somebody has to look at, the most serious first; "
            "`flagged`: everything that counts against somebody, in the same order; `all`: every "
            "scored call, the newest first."
        ),
    ] = Show.ALL,
    agent: Name = None,
    team: Name = None,
    since: Annotated[date | None, Query(description="First day, in the centre's zone.")] = None,
    until: Annotated[date | None, Query(description="Last day, in the centre's zone.")] = None,
    rule: Annotated[
        str | None,
        Query(pattern=r"^[A-Za-z0-9_-]{1,50}$", description="The machine flagged this rule."),
    ] = None,
    outcome: Annotated[
        Outcome | None,
        Query(description="`VIOLATED` or `UNDECIDED`: what it found of `rule`, or of any rule."),
    ] = None,
    state: Annotated[
        list[ReviewState] | None, Query(max_length=10, description="One of these.")
    ] = None,
    score_min: Annotated[int | None, Query(ge=0, le=100)] = None,
    score_max: Annotated[int | None, Query(ge=0, le=100)] = None,
    ruleset: Name = None,
) -> QueueFilter:
    """Read which calls are asked for."""
    if outcome in (Outcome.MET, Outcome.NOT_APPLICABLE):
        raise Refused("invalid", "outcome: only VIOLATED and UNDECIDED are kept to search by")
    days = days_between(since, until, service.store.zone)
    return QueueFilter(
        show=show,
        agent_id=agent,
        team=team,
        since=days.since,
        until=days.until,
        rule_id=rule,
        outcome=outcome,
        states=frozenset(state or ()),
        min_score=score_min,
        max_score=score_max,
        ruleset_id=ruleset,
    )


@router.get(
    "",
    summary="List scored calls",
    response_model=CallPage,
    responses=declared("bad_cursor", "invalid"),
)
def list_calls(
    service: Running,
    viewer: Reader,
    wanted: Annotated[QueueFilter, Depends(wanted_calls)],
    after: After = None,
    limit: Limit = 50,
    counts: Annotated[bool, Query(description="Count the whole list by severity too.")] = False,
) -> CallPage:
    """List calls that you may see and that have a scorecard.

    Calls that wait for their transcript, or whose recording failed, are in `GET /exports`.
    """
    place = _place(after)
    with service.store.reading() as session:
        page = queue_page(
            session, wanted, viewer.scope, zone=service.store.zone, after=place, limit=limit
        )
        counted = queue_counts(session, wanted, viewer.scope) if counts else None
    return CallPage(
        items=[CallLineOut.model_validate(line) for line in page.lines],
        counts=counted
        and {severity: CountOut.model_validate(count) for severity, count in counted.items()},
        next=as_cursor(page.after.text()) if page.after else None,
    )


def _place(after: str | None) -> Cursor | None:
    if after is None:
        return None
    try:
        return Cursor.parse(str(read_cursor(after, str)[0]))
    except ValueError:
        raise Refused("bad_cursor") from None
