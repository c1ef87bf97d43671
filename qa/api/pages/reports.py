"""Reports: the list, one with its figures linked to their rows, review, sending, files."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import (
    APIRouter,
    BackgroundTasks,
    Depends,
    Form,
    HTTPException,
    Query,
    Request,
    Response,
)
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from qa.api import report_views as views
from qa.api.access import Viewer, needs
from qa.api.pages.shared import Number
from qa.api.rendering import flash, language, page
from qa.api.service import Service, service_of
from qa.api.words import word
from qa.batch.report_delivery import deliver_due
from qa.batch.report_papers import files_of
from qa.batch.report_pdf import find_chromium, make_pdf
from qa.batch.reporting import counted_then, make_report, send_report
from qa.errors import ConfigError, ConflictError, NotFoundError
from qa.records import Right
from qa.refusals import InvalidRequestError, TransitionError
from qa.reports.report_page import file_name, report_part, style_sheet
from qa.review.report_model import ReportKind, ReportState, days_of, last_over
from qa.store.agent_lists import teams_in_scope
from qa.store.audit import audit
from qa.store.queries import agent_names
from qa.store.report_deliveries import deliveries_of, not_arrived, settle
from qa.store.report_rows import list_rows
from qa.store.reports import (
    Report,
    StepAction,
    add_step,
    find_report,
    list_reports,
    may_see,
    sent_file,
)

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(service_of)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_TEAMS))]
Taker = Annotated[Viewer, Depends(needs(Right.READ_TEAMS, Right.EXPORT))]
Maker = Annotated[Viewer, Depends(needs(Right.READ_TEAMS, Right.REVIEW))]
Sender = Annotated[Viewer, Depends(needs(Right.SEND_REPORTS))]
Ending = Literal["html", "xlsx", "pdf"]
TYPES = {
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


@router.get("/reports")
def show_reports(
    request: Request,
    service: Running,
    viewer: Reader,
    kind: Annotated[ReportKind | None, Query()] = None,
    team: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Show the reports that a person may see, the newest first."""
    return _list(request, service, viewer, kind, team)


def _list(
    request: Request,
    service: Service,
    viewer: Viewer,
    kind: ReportKind | None = None,
    team: str | None = None,
    *,
    said: str = "",
    status: int = 200,
) -> Response:
    lang, now = language(request), datetime.now(UTC)
    zone = service.store.zone
    with service.store.reading() as session:
        found = list_reports(session, viewer.scope, kind=kind, team=team)
        teams = teams_in_scope(session, viewer.scope)
        missing = not_arrived(session, [one.report_id for one in found])
    values = {
        "viewer": viewer,
        "lines": [views.report_line(r, service.settings.reports, zone, now, lang) for r in found],
        "not_arrived": missing,
        "kind": kind.value if kind else "",
        "team": team,
        "teams": [*([""] if viewer.scope.everything else []), *teams],
        "kinds": list(ReportKind),
        "yesterday": now.astimezone(zone).date() - timedelta(days=1),
        "due_by": service.settings.reports.due_by,
        "may_make": Right.REVIEW in viewer.rights,
        "said": said,
    }
    return page(request, "reports.html", values, status=status)


@router.post("/reports")
def make(
    request: Request,
    service: Running,
    viewer: Maker,
    kind: Annotated[ReportKind, Form()] = ReportKind.DAILY,
    day: Annotated[str, Form(max_length=10)] = "",
    team: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Count a report; one that is there is counted anew."""
    now, lang = datetime.now(UTC), language(request)
    with service.store.reading() as session:
        is_known = team in ("", *teams_in_scope(session, viewer.scope))
    if not (may_see(viewer.scope, team) and is_known):
        raise NotFoundError("report", "of such a team")
    today = now.astimezone(service.store.zone).date()
    try:
        days = days_of(kind, date.fromisoformat(day)) if day else last_over(kind, today)
        is_sound = days.first >= date(2000, 1, 1) and days.first <= today
    except (ValueError, OverflowError):
        is_sound = False
    if not is_sound:
        said = word("reports_bad_day", lang)
        return _list(request, service, viewer, kind, team, said=said, status=422)
    try:
        number = make_report(
            service.store, service.settings, days, team=team, user=viewer.user, now=now
        )
    except TransitionError as error:
        said = word(f"refusal_{error.refusal.value}", lang)
        return _list(request, service, viewer, kind, team, said=said, status=409)
    return _back(number, "flash_reports_made")


@router.get("/reports/style.css")
def style(viewer: Reader) -> Response:
    """Give the style that reports share with the files that leave the house."""
    return Response(style_sheet(), media_type="text/css; charset=utf-8")


@router.get("/reports/{report_id}")
def show_report(request: Request, report_id: Number, service: Running, viewer: Reader) -> Response:
    """Show one report, and where a recount differs from it."""
    return _shown(request, service, viewer, _find(service, viewer, report_id))


def _shown(
    request: Request,
    service: Service,
    viewer: Viewer,
    report: Report,
    *,
    said: str = "",
    status: int = 200,
) -> Response:
    lang, zone = language(request), service.store.zone
    with service.store.reading() as session:
        paper = views.paper_for(service, session, report, lang)
        found = deliveries_of(session, report.report_id)
    values: dict[str, Any] = {
        "viewer": viewer,
        "report": report,
        "seen": seen_of(report),
        "state": report.state.value,
        "part": Markup(report_part(paper)),
        "differences": views.differences(service, report, lang),
        "deliveries": views.delivery_lines(found, zone, lang),
        "may_send": views.may_send(viewer),
        "may_make": Right.REVIEW in viewer.rights,
        "may_take": Right.EXPORT in viewer.rights,
        "is_over": report.days.until(zone) <= datetime.now(UTC),
        "has_chromium": find_chromium(service.settings.reports) is not None,
        "said": said,
    }
    return page(request, "report.html", values, status=status)


@router.get("/reports/{report_id}/rows/{key}")
def show_rows(
    request: Request,
    report_id: Number,
    key: str,
    service: Running,
    viewer: Reader,
    by: Annotated[str, Query(max_length=20)] = "",
    name: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Response:
    """List the rows behind one figure: exactly those, as they are now."""
    report, lang = _find(service, viewer, report_id), language(request)
    views.require_figure(key, by)
    zone = service.store.zone
    wanted = counted_then(service.settings, zone, report)
    with service.store.reading() as session:
        rows = list_rows(session, wanted, key, by=by, name=name)
        names = {**views.rule_names(service, lang), **agent_names(session)}
    shown = views.open_rows(rows, viewer.scope)
    values = {
        "viewer": viewer,
        "report": report,
        "title": views.figure_title(key, report.body.terms, (by, name, names.get(name, "")), lang),
        "reported": views.reported_rows(report, key, by, name),
        "count": len(rows),
        "lines": views.row_lines(shown[after : after + views.PAGE_SIZE], zone, names, lang),
        "after": after,
        "size": views.PAGE_SIZE,
        "query": views.rows_query(by, name),
        "key": key,
    }
    return page(request, "report_rows.html", values)


@router.get("/reports/{report_id}/file.{form}")
def give_file(
    report_id: Number, form: Ending, request: Request, service: Running, viewer: Taker
) -> Response:
    """Give a report as a file; of a sent one, the very bytes that were sent."""
    report = _find(service, viewer, report_id)
    try:
        content = file_content(service, report, form, language(request))
    except ConfigError as error:
        raise HTTPException(503, str(error)) from error
    with service.store.writing() as session:
        about = {"format": form, "version": report.number}
        audit(session, viewer.user, "report.export", "report", str(report_id), about)
    name = file_name(report.body, form)
    ascii_name = name.encode("ascii", "ignore").decode() or f"report.{form}"
    headers = {
        "Content-Disposition": f'attachment; filename="{ascii_name}"; '
        f"filename*=UTF-8''{views.quoted(name)}"
    }
    return Response(content, media_type=TYPES[form], headers=headers)


def file_content(service: Service, report: Report, form: str, lang: str) -> bytes:
    """Write a report as a file, or find what was sent.

    Raises:
        ConfigError: a PDF is asked for and there is no Chromium.
    """
    settings, zone = service.settings, service.store.zone
    wanted = "html" if form == "pdf" else form
    with service.store.reading() as session:
        sent = sent_file(session, report, wanted) if report.state is ReportState.SENT else None
        if sent is not None:
            content = sent.content
        else:
            content = files_of(session, settings, zone, report, lang=lang)[wanted]
    return make_pdf(settings.reports, content) if form == "pdf" else content


@router.post("/reports/{report_id}/remark")
def remark(
    request: Request,
    report_id: Number,
    service: Running,
    viewer: Maker,
    note: Annotated[str, Form(max_length=8000)] = "",
    seen: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Write a remark on a report; a review before it counts no more."""
    return _step(request, service, viewer, report_id, seen, StepAction.REMARK, note)


@router.post("/reports/{report_id}/review")
def review(
    request: Request,
    report_id: Number,
    service: Running,
    viewer: Sender,
    seen: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Say that one has checked the report and answers for it."""
    return _step(request, service, viewer, report_id, seen, StepAction.REVIEW, "")


@router.post("/reports/{report_id}/send")
def send(
    request: Request,
    report_id: Number,
    service: Running,
    viewer: Sender,
    later: BackgroundTasks,
    seen: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Send a reviewed report, once a recount agrees with it."""

    def act(report: Report) -> None:
        queued = send_report(
            service.store, service.settings, viewer.user, report, now=datetime.now(UTC)
        )
        if queued:
            later.add_task(deliver_due, service.store, service.settings)

    return _act(request, service, viewer, (report_id, seen), act, "flash_reports_sent")


@router.post("/reports/{report_id}/deliveries/{delivery_id}")
def settle_delivery(
    request: Request,
    report_id: Number,
    delivery_id: Number,
    service: Running,
    viewer: Sender,
    later: BackgroundTasks,
    arrived: Annotated[Literal["yes", "no"], Form()] = "yes",
) -> Response:
    """Say whether an unclear delivery arrived, or have one sent again."""

    def act(report: Report) -> None:
        with service.store.writing() as session:
            if all(one.delivery_id != delivery_id for one in deliveries_of(session, report_id)):
                raise NotFoundError("delivery", str(delivery_id))
            now = datetime.now(UTC)
            settle(session, viewer.user, delivery_id, arrived=arrived == "yes", now=now)
        later.add_task(deliver_due, service.store, service.settings)

    return _act(request, service, viewer, (report_id, ""), act, "flash_reports_settled")


def _step(
    request: Request,
    service: Service,
    viewer: Viewer,
    report_id: int,
    seen: str,
    action: StepAction,
    note: str,
) -> Response:
    def act(report: Report) -> None:
        with service.store.writing() as session:
            add_step(session, viewer.user, report, action, note=note, now=datetime.now(UTC))

    said = f"flash_reports_{action.value}"
    return _act(request, service, viewer, (report_id, seen), act, said)


def _act(
    request: Request,
    service: Service,
    viewer: Viewer,
    about: tuple[int, str],
    act: Callable[[Report], None],
    done: str,
) -> Response:
    """Do something with the report that the person saw, or say why not."""
    report_id, seen = about
    report, lang = _find(service, viewer, report_id), language(request)
    if seen and seen != seen_of(report):
        said = word("refusal_report_changed", lang)
        return _shown(request, service, viewer, report, said=said, status=409)
    try:
        act(report)
    except (InvalidRequestError, TransitionError) as error:
        said = word(f"refusal_{error.refusal.value}", lang)
        status = 409 if isinstance(error, ConflictError) else 422
        newest = _find(service, viewer, report_id)
        return _shown(request, service, viewer, newest, said=said, status=status)
    return _back(report_id, done)


def seen_of(report: Report) -> str:
    """Write what a person has before them: the version, and how many steps were done with it."""
    return f"{report.number}.{len(report.steps)}"


def _find(service: Service, viewer: Viewer, report_id: int) -> Report:
    with service.store.reading() as session:
        return find_report(session, viewer.scope, report_id)


def _back(report_id: int, said: str) -> Response:
    response = RedirectResponse(f"/reports/{report_id}", 303)
    flash(response, said)
    return response
