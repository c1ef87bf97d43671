"""Agents: who they are, what their calls are worth, and how that goes from week to week."""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query

from qa.api.access import Viewer
from qa.api.problems import declared
from qa.api.v1.schemas_agents import AgentDetail, AgentOut, AgentPage, MissedOut, WeekOut
from qa.api.v1.shared import (
    PLAIN,
    After,
    Limit,
    Reader,
    Running,
    days_between,
    next_cursor,
    read_cursor,
    who,
)
from qa.records import Right
from qa.store import agent_series
from qa.store.agent_series import Window

router = APIRouter(prefix="/agents", tags=["agents"])
TeamReader = Annotated[Viewer, who(Right.READ_TEAMS)]
AgentId = Annotated[
    str, Path(min_length=1, max_length=200, pattern=PLAIN, description="工号", examples=["108"])
]
Since = Annotated[date | None, Query(description="First day, in the centre's zone.")]
Until = Annotated[date | None, Query(description="Last day, in the centre's zone.")]


@router.get("", summary="List agents", response_model=AgentPage)
def list_agents(
    service: Running,
    viewer: TeamReader,
    since: Since = None,
    until: Until = None,
    after: After = None,
    limit: Limit = 100,
) -> AgentPage:
    """Sum up the scored calls of each agent, in order of their numbers."""
    window = _window(viewer, service.store.zone, since, until)
    behind = str(read_cursor(after, str)[0]) if after is not None else None
    with service.store.reading() as session:
        found = agent_series.list_agents(
            session, viewer.scope, window, after=behind, limit=limit + 1
        )
    return AgentPage(
        items=[AgentOut.model_validate(agent) for agent in found[:limit]],
        next=next_cursor(found, limit, lambda agent: (agent.agent_id,)),
    )


@router.get(
    "/{agent_id}/series",
    summary="See an agent week by week",
    response_model=list[WeekOut],
    responses=declared("not_found"),
)
def get_series(
    agent_id: AgentId,
    service: Running,
    viewer: Reader,
    since: Since = None,
    until: Until = None,
) -> list[WeekOut]:
    """Cut an agent's scored calls into weeks from Monday; weeks without calls are left out."""
    zone = service.store.zone
    window = _window(viewer, zone, since, until)
    with service.store.reading() as session:
        agent_series.find_agent(session, viewer.scope, agent_id, window)
        weeks = agent_series.weeks_of(session, agent_id, window, zone)
    return [WeekOut.model_validate(week) for week in weeks]


@router.get(
    "/{agent_id}",
    summary="See one agent",
    response_model=AgentDetail,
    responses=declared("not_found"),
)
def get_agent(
    agent_id: AgentId,
    service: Running,
    viewer: Reader,
    since: Since = None,
    until: Until = None,
) -> AgentDetail:
    """Sum up one agent, with the rules that were violated most."""
    window = _window(viewer, service.store.zone, since, until)
    with service.store.reading() as session:
        found = agent_series.find_agent(session, viewer.scope, agent_id, window)
        missed = agent_series.rules_missed(session, agent_id, window)
    return AgentDetail(
        **AgentOut.model_validate(found).model_dump(),
        missed=[MissedOut(rule_id=rule_id, times=times) for rule_id, times in missed],
    )


def _window(viewer: Viewer, zone: ZoneInfo, since: date | None, until: date | None) -> Window:
    days = days_between(since, until, zone)
    return Window(days.since, days.until, viewer.scope.closed)
