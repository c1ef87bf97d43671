"""四个一样: whether an agent serves alike, on pages for teams and for agents themselves."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from qa.api.access import Viewer, needs
from qa.api.days import DaysQuery, days_query, shown_days
from qa.api.rendering import language, page
from qa.api.service import Service, service_of
from qa.api.team_views import frame
from qa.batch.consistency import Consistency, consistency_of
from qa.errors import NotFoundError
from qa.records import Right, Scope
from qa.review.consistency import MIN_SIDE, Pairing
from qa.store.agent_lists import require_agent, teams_in_scope
from qa.store.queries import agent_names
from qa.store.team_figures import Selection

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(service_of)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_CALLS))]
Asked = Annotated[DaysQuery, Depends(days_query)]
Team = Annotated[str, Query(max_length=200)]
_HALF = 25.0


@router.get("/consistency")
def show_all(
    request: Request, service: Running, viewer: Reader, asked: Asked, team: Team = ""
) -> Response:
    """Show the agents that a person may see; to an agent, themselves."""
    if team:
        with service.store.reading() as session:
            if team not in teams_in_scope(session, viewer.scope):
                raise NotFoundError("team", team)
    return _shown(request, service, viewer, asked, (team or None, None))


@router.get("/consistency/{agent_id:path}")
def show_agent(
    request: Request, agent_id: str, service: Running, viewer: Reader, asked: Asked
) -> Response:
    """Show one agent within one's scope."""
    with service.store.reading() as session:
        require_agent(session, viewer.scope, agent_id)
    return _shown(request, service, viewer, asked, (None, agent_id))


def _shown(
    request: Request,
    service: Service,
    viewer: Viewer,
    asked: DaysQuery,
    about: tuple[str | None, str | None],
) -> Response:
    team, agent_id = about
    lang, now, zone = language(request), datetime.now(UTC), service.store.zone
    scope = Scope(agent_id=agent_id, closed=viewer.scope.closed) if agent_id else viewer.scope
    if asked == DaysQuery():  # thirty days hold too few calls to compare their parts
        asked = DaysQuery(days=90)
    days = shown_days(service, scope, asked, now)
    wanted = Selection(scope, days.since, days.until, team=team)
    found = consistency_of(service.store, service.settings, wanted)
    with service.store.reading() as session:
        teams = teams_in_scope(session, viewer.scope) if viewer.may(Right.READ_TEAMS) else []
        names = agent_names(session)
    values: dict[str, Any] = {
        "viewer": viewer,
        "found": found,
        "names": names,
        "team": team,
        "teams": teams,
        "agent_id": agent_id or viewer.user.agent_id
        if not viewer.may(Right.READ_TEAMS)
        else agent_id,
        "pairings": [one.value for one in Pairing],
        "bars": bars(found),
        "min_side": MIN_SIDE,
        "repeat_days": service.settings.proof.repeat_days,
        **frame(days, lang, request.url.path, now.astimezone(zone).date()),
    }
    return page(request, "consistency.html", values)


def bars(found: Consistency) -> dict[tuple[str, str], dict[str, float]]:
    """Place each difference and its interval in a drawing 200 wide, with 0 in its middle."""
    placed = {}
    for agent in found.agents:
        for one in agent.comparisons:
            if one.difference is None or one.low is None or one.high is None:
                continue
            low, high = (_place(value) for value in (one.low, one.high))
            placed[agent.agent_id, one.pairing.value] = {
                "low": low,
                "width": max(1.0, high - low),
                "at": _place(one.difference),
            }
    return placed


def _place(points: float) -> float:
    return 100 + max(-_HALF, min(_HALF, points)) * 100 / _HALF
