"""Appeals: an agent objects, and another person than the reviewer decides."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from qa.api.access import Viewer
from qa.api.problems import declared
from qa.api.service import Service
from qa.api.v1.schemas_calls import AppealOut
from qa.api.v1.schemas_people import AppealDecisionIn, AppealIn, AppealPage
from qa.api.v1.seeing import Seen, appeal_out, people_of_appeals, see
from qa.api.v1.shared import (
    MAX_NUMBER,
    After,
    CallId,
    Reader,
    Running,
    next_cursor,
    now,
    number_after,
    who,
)
from qa.batch.fines import payer_of
from qa.records import Right
from qa.review.appeals import AppealChange
from qa.store import appeals
from qa.store.appeals import AppealLine, AppealRuling
from qa.store.names import user_names

router = APIRouter(tags=["appeals"])
Appellant = Annotated[Viewer, who(Right.APPEAL)]
Judge = Annotated[Viewer, who(Right.DECIDE_APPEALS)]
AppealId = Annotated[int, Path(ge=1, le=MAX_NUMBER, examples=[4])]
_REFUSALS = declared("not_found", "conflict", "invalid", "not_allowed")


@router.post(
    "/calls/{call_id:path}/appeals",
    summary="Appeal against a call of yours",
    status_code=201,
    response_model=AppealOut,
    responses=_REFUSALS,
)
def submit(call_id: CallId, service: Running, viewer: Appellant, wanted: AppealIn) -> AppealOut:
    """Object to a released call of your own; the same text sent twice is one appeal."""
    with service.store.writing() as session:
        appeal = appeals.submit_appeal(
            session, viewer.user, call_id, wanted.rule_id, wanted.text, now=now()
        )
    return _give(service, viewer, appeal.appeal_id)


@router.get("/appeals", summary="List appeals", response_model=AppealPage)
def list_appeals(
    service: Running,
    viewer: Reader,
    only_open: Annotated[
        bool, Query(description="Open ones, the oldest first; else all, the newest first.")
    ] = True,
    after: After = None,
    limit: Annotated[
        int, Query(ge=1, le=100, description="How many at most; each is masked by its call.")
    ] = 20,
) -> AppealPage:
    """List the appeals against calls that you may see, those you still label blind left out."""
    with service.store.reading() as session:
        found = appeals.list_appeals(
            session,
            viewer.scope,
            only_open=only_open,
            before=number_after(after),
            limit=limit + 1,
        )
        left_out = appeals.count_hidden(session, viewer.scope, only_open=only_open)
        shown = found[:limit]
        names = user_names(session, people_of_appeals(line.appeal for line in shown))
    seen = _calls(service, viewer, shown)
    return AppealPage(
        items=[
            appeal_out(line.appeal, line.agent_id, names, seen[line.appeal.call_id])
            for line in shown
        ],
        next=next_cursor(found, limit, lambda line: (line.appeal.appeal_id,)),
        left_out=left_out,
    )


@router.get(
    "/appeals/{appeal_id}",
    summary="Read an appeal",
    response_model=AppealOut,
    responses=declared("not_found"),
)
def get_appeal(appeal_id: AppealId, service: Running, viewer: Reader) -> AppealOut:
    """Give one appeal against a call that you may see."""
    return _give(service, viewer, appeal_id)


@router.post(
    "/appeals/{appeal_id}/decision",
    summary="Decide an appeal",
    response_model=AppealOut,
    responses=_REFUSALS,
)
def decide(
    appeal_id: AppealId, service: Running, viewer: Judge, wanted: AppealDecisionIn
) -> AppealOut:
    """Uphold or dismiss an appeal; whoever reviewed or released the call may not."""
    changes = tuple(AppealChange(change.rule_id, change.points) for change in wanted.changes)
    ruling = AppealRuling(wanted.upheld, wanted.answer, changes)
    with service.store.writing() as session:
        payer = payer_of(service.settings)
        appeals.decide_appeal(session, viewer.user, appeal_id, ruling, payer=payer, now=now())
    return _give(service, viewer, appeal_id)


@router.post(
    "/appeals/{appeal_id}/withdrawal",
    summary="Withdraw an appeal of yours",
    response_model=AppealOut,
    responses=_REFUSALS,
)
def withdraw(appeal_id: AppealId, service: Running, viewer: Appellant) -> AppealOut:
    """Withdraw an open appeal of your own."""
    with service.store.writing() as session:
        appeals.withdraw_appeal(session, viewer.user, appeal_id, now=now())
    return _give(service, viewer, appeal_id)


def _give(service: Service, viewer: Viewer, appeal_id: int) -> AppealOut:
    with service.store.reading() as session:
        line = appeals.find_appeal(session, viewer.scope, appeal_id)
        names = user_names(session, people_of_appeals([line.appeal]))
    seen = see(service, viewer, line.appeal.call_id)
    return appeal_out(line.appeal, line.agent_id, names, seen)


def _calls(service: Service, viewer: Viewer, lines: list[AppealLine]) -> dict[str, Seen]:
    """Look at each call once: what is personal in a text is known from what was said."""
    ids: Any = dict.fromkeys(line.appeal.call_id for line in lines)
    return {call_id: see(service, viewer, call_id) for call_id in ids}
