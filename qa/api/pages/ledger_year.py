"""An agent's yearly assessment sheet: the twelve monthly ones added up, to read and to print."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from qa.api.access import Viewer, needs
from qa.api.rendering import language, page
from qa.api.service import Service, service_of
from qa.batch.fines import reckoning_of
from qa.records import Right
from qa.reports.assessment import year_lines
from qa.review.booking import yuan
from qa.review.years import PersonYear
from qa.store.fine_years import year_sheet_of
from qa.store.queries import agent_names

router = APIRouter(include_in_schema=False)


@router.get("/ledger/years/{year}/{agent_id:path}")
def show_year(
    request: Request,
    year: Annotated[str, Path(pattern=r"^(19|20)[0-9]{2}$")],
    agent_id: str,
    service: Annotated[Service, Depends(service_of)],
    viewer: Annotated[Viewer, Depends(needs(Right.READ_CALLS))],
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
