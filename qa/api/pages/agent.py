"""An agent's page: their own at /me, and for leads and heads any agent of theirs."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from qa.api.access import Viewer, needs
from qa.api.agent_views import agent_values
from qa.api.days import DaysQuery, days_query, shown_days
from qa.api.rendering import language, page
from qa.api.service import Service, running_service
from qa.api.team_views import frame
from qa.errors import NotFoundError
from qa.records import Right, Scope
from qa.store.agent_figures import CallPlace, agent_calls
from qa.store.agent_lists import AgentEntry, require_agent

CALLS_SHOWN = 15

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_CALLS))]
Asked = Annotated[DaysQuery, Depends(days_query)]
After = Annotated[str, Query(max_length=300, description="place of the last call shown")]


@router.get("/me")
def show_own(
    request: Request, service: Running, viewer: Reader, asked: Asked, after: After = ""
) -> Response:
    """Show one's own scores; people without an agent's number have none."""
    if viewer.user.agent_id is None:
        raise NotFoundError("agent", viewer.user.login)
    with service.store.sharing():
        return _shown(request, service, viewer, asked, after, viewer.user.agent_id, "/me")


@router.get("/agents/{agent_id:path}")
def show_agent(
    request: Request,
    agent_id: str,
    service: Running,
    viewer: Reader,
    asked: Asked,
    after: After = "",
) -> Response:
    """Show an agent within one's scope."""
    with service.store.sharing():
        return _shown(request, service, viewer, asked, after, agent_id, request.url.path)


def _shown(
    request: Request,
    service: Service,
    viewer: Viewer,
    asked: DaysQuery,
    after: str,
    agent_id: str,
    address: str,
) -> Response:
    lang, now = language(request), datetime.now(UTC)
    zone = service.store.zone
    own = Scope(agent_id=agent_id, closed=viewer.scope.closed)
    days = shown_days(service, own, asked, now)
    with service.store.reading() as session:
        agent = require_agent(session, viewer.scope, agent_id)
        found = agent_calls(
            session, agent_id, viewer.scope, after=_place(after), limit=CALLS_SHOWN + 1
        )
    calls = found[:CALLS_SHOWN]
    last = calls[-1].place if len(found) > CALLS_SHOWN else None
    values = {
        "viewer": viewer,
        "agent": agent,
        "is_own": viewer.user.agent_id == agent_id,
        "name": _name(agent),
        "calls": calls,
        "is_first": not after,
        "next": f"{last.sorted_at.isoformat()}|{last.call_id}" if last else "",
        "zone": zone,
        "few_calls": service.settings.review.min_ranked_calls,
        "may_listen": viewer.may(Right.LISTEN),
        "may_read_rules": viewer.may(Right.READ_RULES),
        **frame(days, lang, address, now.astimezone(zone).date()),
        **agent_values(service, viewer, agent, days, lang),
    }
    return page(request, "agent.html", values)


def _name(agent: AgentEntry) -> str:
    return f"{agent.agent_id} {agent.name or ''}".strip()


def _place(text: str) -> CallPlace | None:
    """Read a place from an address.

    Raises:
        HTTPException: 400 for one that is damaged.
    """
    if not text:
        return None
    moment, mark, call_id = text.partition("|")
    try:
        sorted_at = datetime.fromisoformat(moment)
    except ValueError:
        raise HTTPException(400, "the place is damaged") from None
    if not mark or sorted_at.tzinfo is None:
        raise HTTPException(400, "the place is damaged")
    return CallPlace(sorted_at, call_id)
