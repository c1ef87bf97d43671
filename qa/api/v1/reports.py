"""Reports: figures with the rows behind them, review, sending, files."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, BackgroundTasks, Path, Query, Response

from qa.api.access import Viewer
from qa.api.pages.reports import TYPES, file_content
from qa.api.problems import declared, invalid
from qa.api.report_views import open_rows, require_figure
from qa.api.service import Service
from qa.api.v1.schemas_reports import (
    ActIn,
    RemarkIn,
    ReportIn,
    ReportOut,
    ReportRowOut,
    WholeReportOut,
)
from qa.api.v1.shared import MAX_NUMBER, Limit, Running, now, who
from qa.batch.report_delivery import deliver_due
from qa.batch.reporting import counted_then, make_report, reconcile, send_report
from qa.errors import NotFoundError
from qa.records import Right
from qa.refusals import Refusal, TransitionError
from qa.review.report_model import ReportKind, days_of
from qa.store.agent_lists import teams_in_scope
from qa.store.audit import audit
from qa.store.report_rows import list_rows
from qa.store.reports import Report, StepAction, add_step, find_report, list_reports, may_see

router = APIRouter(prefix="/reports", tags=["reports"])
Reader = Annotated[Viewer, who(Right.READ_TEAMS)]
Maker = Annotated[Viewer, who(Right.READ_TEAMS, Right.REVIEW)]
Taker = Annotated[Viewer, who(Right.READ_TEAMS, Right.EXPORT)]
Sender = Annotated[Viewer, who(Right.SEND_REPORTS)]
ReportId = Annotated[int, Path(ge=1, le=MAX_NUMBER, examples=[7])]
Figure = Annotated[str, Path(pattern=r"^[a-z_]{1,50}$", examples=["repairs_received"])]
_NO_NUL = r"^[^\x00]*$"


@router.get("", summary="List reports", response_model=list[ReportOut])
def list_some(
    service: Running, viewer: Reader, kind: ReportKind | None = None, limit: Limit = 100
) -> list[ReportOut]:
    """List the reports that you may see, the newest days first."""
    with service.store.reading() as session:
        return [_out(one) for one in list_reports(session, viewer.scope, kind=kind, limit=limit)]


@router.post(
    "",
    summary="Make a report",
    status_code=201,
    response_model=ReportOut,
    responses=declared("conflict", "invalid", "not_found"),
)
def make(service: Running, viewer: Maker, wanted: ReportIn) -> ReportOut:
    """Count a report; one that is there is counted anew, and must be reviewed again."""
    today = now().astimezone(service.store.zone).date()
    if not date(2000, 1, 1) <= wanted.day <= today:
        raise invalid("body.day", "date_out_of_range", "a day from 2000 until today")
    with service.store.reading() as session:
        is_known = wanted.team in ("", *teams_in_scope(session, viewer.scope))
    if not (may_see(viewer.scope, wanted.team) and is_known):
        raise NotFoundError("report", "of such a team")
    days = days_of(wanted.kind, wanted.day)
    number = make_report(
        service.store, service.settings, days, team=wanted.team, user=viewer.user, now=now()
    )
    return _out(_find(service, viewer, number))


@router.get(
    "/{report_id}",
    summary="Read a report",
    response_model=WholeReportOut,
    responses=declared("not_found"),
)
def get_report(report_id: ReportId, service: Running, viewer: Reader) -> WholeReportOut:
    """Give a report with its figures, and where a recount from the rows differs."""
    report = _find(service, viewer, report_id)
    return WholeReportOut.model_validate(
        {
            **_out(report).model_dump(),
            "figures": report.body.figures,
            "breakdowns": report.body.breakdowns,
            "differences": reconcile(service.store, service.settings, report),
        },
        from_attributes=True,
    )


@router.get(
    "/{report_id}/rows/{key}",
    summary="List the rows behind a figure",
    response_model=list[ReportRowOut],
    responses=declared("not_found"),
)
def get_rows(
    report_id: ReportId,
    key: Figure,
    service: Running,
    viewer: Reader,
    by: Annotated[str, Query(max_length=20, pattern=_NO_NUL)] = "",
    name: Annotated[str, Query(max_length=200, pattern=_NO_NUL)] = "",
) -> list[ReportRowOut]:
    """List exactly the rows that a figure counts, or one part of it, as they are now.

    Rows of calls that you still label blind are left out.
    """
    report = _find(service, viewer, report_id)
    require_figure(key, by)
    wanted = counted_then(service.settings, service.store.zone, report)
    with service.store.reading() as session:
        rows = list_rows(session, wanted, key, by=by, name=name)
    return [ReportRowOut.model_validate(row) for row in open_rows(rows, viewer.scope)]


@router.get(
    "/{report_id}/file.{form}",
    summary="Take a report out as a file",
    response_class=Response,
    responses=declared("not_found"),
)
def get_file(
    report_id: ReportId, form: Literal["html", "xlsx"], service: Running, viewer: Taker
) -> Response:
    """Give a report as a file; of a sent one, the very bytes that were sent."""
    report = _find(service, viewer, report_id)
    content = file_content(service, report, form, "zh")
    with service.store.writing() as session:
        about = {"format": form, "version": report.number}
        audit(session, viewer.user, "report.export", "report", str(report_id), about)
    return Response(content, media_type=TYPES[form])


@router.post(
    "/{report_id}/remarks",
    summary="Write a remark on a report",
    response_model=ReportOut,
    responses=declared("not_found", "conflict", "invalid"),
)
def remark(report_id: ReportId, service: Running, viewer: Maker, wanted: RemarkIn) -> ReportOut:
    """Write a remark, such as what will be done; a review before it counts no more."""
    return _step(service, viewer, report_id, wanted, StepAction.REMARK, wanted.note)


@router.post(
    "/{report_id}/review",
    summary="Review a report",
    response_model=ReportOut,
    responses=declared("not_found", "conflict"),
)
def review(report_id: ReportId, service: Running, viewer: Sender, wanted: ActIn) -> ReportOut:
    """Say that you have checked the report and answer for it."""
    return _step(service, viewer, report_id, wanted, StepAction.REVIEW, "")


@router.post(
    "/{report_id}/send",
    summary="Send a report",
    response_model=ReportOut,
    responses=declared("not_found", "conflict"),
)
def send(
    report_id: ReportId,
    service: Running,
    viewer: Sender,
    wanted: ActIn,
    later: BackgroundTasks,
) -> ReportOut:
    """Send a reviewed report, once a recount agrees with it; it never changes afterwards."""
    report = _seen(service, viewer, report_id, wanted)
    if send_report(service.store, service.settings, viewer.user, report, now=now()):
        later.add_task(deliver_due, service.store, service.settings)
    return _out(_find(service, viewer, report_id))


def _step(
    service: Service,
    viewer: Viewer,
    report_id: int,
    wanted: ActIn,
    action: StepAction,
    note: str,
) -> ReportOut:
    report = _seen(service, viewer, report_id, wanted)
    with service.store.writing() as session:
        add_step(session, viewer.user, report, action, note=note, now=now())
    return _out(_find(service, viewer, report_id))


def _seen(service: Service, viewer: Viewer, report_id: int, wanted: ActIn) -> Report:
    report = _find(service, viewer, report_id)
    if report.number != wanted.version:
        raise TransitionError(Refusal.REPORT_CHANGED)
    return report


def _find(service: Service, viewer: Viewer, report_id: int) -> Report:
    with service.store.reading() as session:
        return find_report(session, viewer.scope, report_id)


def _out(report: Report) -> ReportOut:
    return ReportOut(
        report_id=report.report_id,
        kind=report.days.kind,
        first_day=report.days.first,
        last_day=report.days.last,
        team=report.team,
        version=report.number,
        state=report.state,
        hash=report.body_hash,
    )
