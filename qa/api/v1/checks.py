"""Spot checks: tasks to listen to a call, done with a written result."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from qa.api.access import Viewer
from qa.api.problems import declared
from qa.api.service import Service
from qa.api.v1.schemas_people import CheckOut, CheckResultOut, ResultIn
from qa.api.v1.shared import MAX_NUMBER, Limit, Running, now, who
from qa.api.written import hide_by_call
from qa.records import CheckKind, Right, SpotCheck
from qa.store import spot_checks
from qa.store.names import user_names
from qa.store.spot_checks import CheckFilter

router = APIRouter(prefix="/checks", tags=["spot checks"])
Reviewer = Annotated[Viewer, who(Right.REVIEW)]
CheckId = Annotated[int, Path(ge=1, le=MAX_NUMBER, examples=[12])]


@router.get("", summary="List spot checks", response_model=list[CheckOut])
def list_checks(
    service: Running,
    viewer: Reviewer,
    kind: CheckKind | None = None,
    mine: Annotated[bool, Query(description="Only those assigned to you.")] = False,
    only_open: Annotated[bool, Query(description="Only those without a result.")] = False,
    overdue: Annotated[bool, Query(description="Only those that are due and not done.")] = False,
    agent: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")] = None,
    since: Annotated[date | None, Query(description="First day that they are for.")] = None,
    until: Annotated[date | None, Query(description="Last day that they are for.")] = None,
    limit: Limit = 100,
) -> list[CheckOut]:
    """List spot checks of calls that you may see: those to do by what is due first."""
    at = now()
    wanted = CheckFilter(
        kind=kind,
        assigned_to=viewer.user.user_id if mine else None,
        agent_id=agent,
        only_open=only_open,
        overdue_at=at if overdue else None,
        since=since,
        until=until,
    )
    with service.store.reading() as session:
        found = spot_checks.list_checks(session, viewer.scope, wanted, limit=limit)
        return _given(session, service, found)


@router.get(
    "/{check_id}",
    summary="Read a spot check",
    response_model=CheckOut,
    responses=declared("not_found"),
)
def get_check(check_id: CheckId, service: Running, viewer: Reviewer) -> CheckOut:
    """Give one spot check."""
    with service.store.reading() as session:
        check = spot_checks.find_check(session, viewer.scope, check_id)
        return _given(session, service, [check])[0]


@router.post(
    "/{check_id}/result",
    summary="Write down what a spot check found",
    response_model=CheckOut,
    responses=declared("not_found", "invalid", "not_allowed"),
)
def write_result(
    check_id: CheckId, service: Running, viewer: Reviewer, wanted: ResultIn
) -> CheckOut:
    """Write a result; the first one makes the check done, later ones add to it."""
    with service.store.writing() as session:
        check = spot_checks.record_result(
            session,
            viewer.user,
            check_id,
            wanted.result,
            now=now(),
            min_length=service.settings.review.min_result_chars,
        )
        return _given(session, service, [check])[0]


def _given(session: Any, service: Service, checks: list[SpotCheck]) -> list[CheckOut]:
    """Lay out checks; what was written is given without what is personal."""
    done = [check for check in checks if check.result]
    results = spot_checks.results_of_all(session, [check.check_id for check in done])
    people = {check.assigned_to for check in checks}
    people |= {one.done_by for found in results.values() for one in found}
    names = user_names(session, people)
    written = hide_by_call(session, [check.call_id for check in done], service.store.zone)
    return [
        _out(
            check,
            names,
            [
                CheckResultOut(
                    result=written(check.call_id, one.result),
                    done_by=one.done_by,
                    done_by_name=names.get(one.done_by),
                    done_at=one.done_at,
                )
                for one in results.get(check.check_id, ())
            ],
        )
        for check in checks
    ]


def _out(check: SpotCheck, names: dict[int, str], results: list[CheckResultOut]) -> CheckOut:
    first = results[0] if results else None
    return CheckOut(
        check_id=check.check_id,
        kind=check.kind,
        day=check.day,
        agent_id=check.agent_id,
        call_id=check.call_id,
        drawn_by=check.drawn_by,
        assigned_to=check.assigned_to,
        assigned_to_name=names.get(check.assigned_to or 0),
        due_at=check.due_at,
        is_overdue=check.done_at is None and check.due_at < now(),
        result=first and first.result,
        done_by=first and first.done_by,
        done_by_name=first and first.done_by_name,
        done_at=first and first.done_at,
        results=results,
    )
