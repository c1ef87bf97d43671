"""Teams and the centre in figures: no ranking where few calls say little."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from qa.api.access import Viewer, needs
from qa.api.days import Days, DaysQuery, days_query, shown_days
from qa.api.rendering import language, page
from qa.api.rulesets import known_rules
from qa.api.service import Service, running_service
from qa.api.team_views import (
    CheckCounts,
    agent_rows,
    check_counts,
    distribution,
    frame,
    rule_rows,
    rules_chart,
    scale_floor,
    share_text,
    trend,
)
from qa.errors import NotFoundError
from qa.records import Right
from qa.store import team_figures as figures
from qa.store.agent_lists import agents_in_scope, teams_in_scope
from qa.store.figures import review_minutes
from qa.store.problems import failed_recordings
from qa.store.runs import Run, list_runs
from qa.store.spot_checks import CheckFilter, list_checks
from qa.store.team_figures import Selection

TREND_WEEKS = 8
_RUNS_SHOWN = 6
_MAX_CHECKS = 5000

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_TEAMS))]
Asked = Annotated[DaysQuery, Depends(days_query)]
Sort = Annotated[Literal["number", "mean"], Query()]


@router.get("/teams")
def show_teams(request: Request, service: Running, viewer: Reader, asked: Asked) -> Response:
    """Show the teams that a person may see; a lead of one goes straight to it."""
    now, lang = datetime.now(UTC), language(request)
    days = shown_days(service, viewer.scope, asked, now)
    with service.store.reading() as session:
        teams = teams_in_scope(session, viewer.scope)
        if len(teams) == 1 and not viewer.scope.everything:
            return RedirectResponse(_team_url(teams[0]) + days.query(), 303)
        found = [(team, figures.totals(session, _selection(viewer, days, team))) for team in teams]
        sizes: dict[str | None, int] = {}
        for agent in agents_in_scope(session, viewer.scope):
            sizes[agent.team] = sizes.get(agent.team, 0) + 1
    values = {
        "viewer": viewer,
        "teams": [(team, _team_url(team), found, sizes.get(team, 0)) for team, found in found],
        "has_centre": viewer.scope.everything,
        "share": share_text,
        **frame(days, lang, "/teams", now.astimezone(service.store.zone).date()),
    }
    return page(request, "teams.html", values)


@router.get("/teams/{team}")
def show_team(
    request: Request,
    team: str,
    service: Running,
    viewer: Reader,
    asked: Asked,
    sort: Sort = "number",
) -> Response:
    """Show one team in figures."""
    with service.store.reading() as session:
        if team not in teams_in_scope(session, viewer.scope):
            raise NotFoundError("team", team)
    days = shown_days(service, viewer.scope, asked, datetime.now(UTC))
    return _shown(request, service, viewer, days, team=team, sort=sort)


@router.get("/centre")
def show_centre(
    request: Request, service: Running, viewer: Reader, asked: Asked, sort: Sort = "number"
) -> Response:
    """Show the whole centre in figures; for a lead, all of their teams together."""
    days = shown_days(service, viewer.scope, asked, datetime.now(UTC))
    return _shown(request, service, viewer, days, team=None, sort=sort)


def _shown(
    request: Request,
    service: Service,
    viewer: Viewer,
    days: Days,
    *,
    team: str | None,
    sort: str,
) -> Response:
    lang, now = language(request), datetime.now(UTC)
    values: dict[str, Any] = {
        "viewer": viewer,
        "team": team,
        "sort": sort,
        "zone": service.store.zone,
        "may_see_calls": Right.READ_CALLS in viewer.rights,
        "may_read_rules": viewer.may(Right.READ_RULES),
        "may_see_runs": viewer.may(Right.RUN_JOBS),
        **_figures(service, viewer, days, team, (sort, lang)),
        **_work(service, viewer, days, team, now),
        **frame(
            days,
            lang,
            _team_url(team) if team else "/centre",
            now.astimezone(service.store.zone).date(),
        ),
    }
    return page(request, "team.html", values)


def _figures(
    service: Service, viewer: Viewer, days: Days, team: str | None, look: tuple[str, str]
) -> Mapping[str, Any]:
    """Gather scores, rules and agents."""
    sort, lang = look
    least = service.settings.review.min_ranked_calls
    wanted, before = _selection(viewer, days, team), _selection(viewer, days.before(), team)
    weeks = figures.weeks_until(days.final, TREND_WEEKS, service.store.zone)
    with service.store.reading() as session:
        total, earlier = figures.totals(session, wanted), figures.totals(session, before)
        counts = [one.mean.calls if one.mean else 0 for one in (total, earlier)]
        known = known_rules(service, lang)
        titles = {rule_id: rule.title for rule_id, rule in known.items()}
        rules = rule_rows(
            figures.rules(session, wanted),
            figures.rules(session, before),
            (counts[0], counts[1]),
            titles,
        )
        found = figures.agents(session, wanted)
        enough, few = agent_rows(found, sort, least)
        scores = distribution(figures.histogram(session, wanted), lang)
        weekly = trend(figures.weekly(session, wanted, weeks), weeks, lang)
    return {
        "total": total,
        "earlier": earlier,
        "calls": counts[0],
        "undecided_share": share_text(total.undecided_calls, counts[0]),
        "rules": rules,
        "rules_chart": rules_chart(rules, lang),
        "known": known,
        "agents": enough,
        "few": few,
        "min_calls": least,
        "floor": scale_floor([one.mean for one in found if one.mean], least),
        "distribution": scores,
        "trend": weekly,
    }


def _work(
    service: Service, viewer: Viewer, days: Days, team: str | None, now: datetime
) -> Mapping[str, Any]:
    """Gather how reviewing, spot checks and runs are going."""
    with service.store.reading() as session:
        progress = figures.progress(session, _selection(viewer, days, team))
        minutes = review_minutes(session, _selection(viewer, days, team))
        members = {
            agent.agent_id
            for agent in agents_in_scope(session, viewer.scope)
            if team is None or agent.team == team
        }
        found = list_checks(
            session,
            viewer.scope,
            CheckFilter(since=days.first, until=days.final),
            limit=_MAX_CHECKS,
        )
        checks = check_counts([one for one in found if one.agent_id in members], now)
        runs: list[Run] = []
        failed = 0
        if viewer.scope.everything and team is None:
            runs = list_runs(session, limit=_RUNS_SHOWN)
            failed = len(failed_recordings(session))
    return {
        "progress": progress,
        "oldest_days": (now - progress.oldest).days if progress.oldest else None,
        "checks": checks,
        "review_minutes": minutes,
        "checks_done_share": _done_share(checks),
        "runs": [(run, _rate(run)) for run in runs],
        "failed": failed,
    }


def _done_share(checks: CheckCounts) -> str:
    return f"{100 * checks.done / checks.all:.0f}%" if checks.all else "–"


def _rate(run: Run) -> float | None:
    """Work out how many times faster than real time a run transcribed; None where it did not."""
    took: timedelta | None = run.finished_at - run.started_at if run.finished_at else None
    if not run.audio_ms or took is None or took.total_seconds() <= 0:
        return None
    return run.audio_ms / 1000 / took.total_seconds()


def _selection(viewer: Viewer, days: Days, team: str | None) -> Selection:
    return Selection(viewer.scope, days.since, days.until, team=team)


def _team_url(team: str) -> str:
    return f"/teams/{quote(team, safe='')}"
