"""The yearly assessment sheet, to read and to print; sheets of months and years as workbooks."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from qa.api.access import Viewer, needs
from qa.api.pages.ledger import MonthPath
from qa.api.rendering import language, page
from qa.api.service import Service, service_of
from qa.batch.fines import reckoning_of
from qa.records import Right
from qa.reports.assessment import sheet_workbook, year_lines, year_workbook
from qa.review.booking import yuan
from qa.review.years import PersonYear
from qa.store.audit import audit
from qa.store.fine_months import sheet_of, sheets_of
from qa.store.fine_years import year_sheet_of, year_sheets_of
from qa.store.queries import agent_names

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(service_of)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_CALLS))]
Year = Annotated[str, Path(pattern=r"^(19|20)[0-9]{2}$")]


@router.get("/ledger/years/{year}/{agent_id:path}")
def show_year(
    request: Request,
    year: Year,
    agent_id: str,
    service: Running,
    viewer: Reader,
) -> Response:
    """Show one agent's year."""
    reckoning = reckoning_of(service.settings, service.store)
    with service.store.reading() as session:
        wanted = PersonYear(year, agent_id)
        found = year_sheet_of(session, viewer.scope, wanted, reckoning, datetime.now(UTC))
        agents = agent_names(session)
    values = {
        "viewer": viewer,
        "year": found,
        "who": f"{agent_id} {agents.get(agent_id, '')}".strip(),
        "work": year_lines(found, language(request)),
        "yuan": yuan,
        "dry_run": reckoning.dry_run,
    }
    return page(request, "ledger_year.html", values)


@router.get("/ledger/workbooks/{month}")
def download_sheets(
    request: Request,
    month: MonthPath,
    service: Running,
    viewer: Reader,
    agent: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Give the assessment sheets of a month as an Excel workbook; a copy out of the house."""
    reckoning = reckoning_of(service.settings, service.store)
    with service.store.writing() as session:
        if agent:
            found = [sheet_of(session, viewer.scope, month, agent, reckoning)]
        else:
            found = sheets_of(session, viewer.scope, month, reckoning)
        names = agent_names(session)
        audit(session, viewer.user, "ledger.download", "month", month, {"sheets": len(found)})
    sheets = [(kept.sheet, kept.sheet_hash, kept.is_frozen) for kept in found]
    content = sheet_workbook(sheets, names, language(request))
    name = quote(f"考核表-{month}{'-' + agent if agent else ''}.xlsx", safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(content, media_type=XLSX, headers=headers)


@router.get("/ledger/workbooks/years/{year}")
def download_year(
    request: Request,
    year: Year,
    service: Running,
    viewer: Reader,
    agent: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Give the yearly sheets, or one agent's, as an Excel workbook; a copy out of the house."""
    reckoning, now = reckoning_of(service.settings, service.store), datetime.now(UTC)
    with service.store.writing() as session:
        if agent:
            wanted = PersonYear(year, agent)
            found = [year_sheet_of(session, viewer.scope, wanted, reckoning, now)]
        else:
            found = year_sheets_of(session, viewer.scope, year, reckoning, now)
        names = agent_names(session)
        audit(session, viewer.user, "ledger.download", "year", year, {"sheets": len(found)})
    content = year_workbook(found, names, language(request))
    name = quote(f"年度考核表-{year}{'-' + agent if agent else ''}.xlsx", safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(content, media_type=XLSX, headers=headers)
