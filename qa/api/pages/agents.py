"""The agents' list: every agent's totals."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from qa.api.access import Viewer, needs
from qa.api.pages.shared import code_words, titles_in
from qa.api.rendering import language, page
from qa.api.service import Service, running_service
from qa.records import Right
from qa.store import queries_queue
from qa.store.agent_totals import agent_totals

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_TEAMS))]


@router.get("/agents")
def show_agents(request: Request, service: Running, viewer: Reader) -> Response:
    """Show every agent's totals."""
    with service.store.reading() as session:
        agents = agent_totals(session, scope=viewer.scope)
        titles = queries_queue.rule_titles(session)
    values = {"agents": agents, "titles": titles_in(titles, language(request))}
    return page(request, "agents.html", values | code_words(request))
