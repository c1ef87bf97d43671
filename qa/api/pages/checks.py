"""Spot checks: calls drawn to listen to, done only with a written result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from qa.api.access import Viewer, needs
from qa.api.display import format_moment
from qa.api.pages.shared import Number
from qa.api.rendering import flash, language, page
from qa.api.service import Service, running_service
from qa.api.words import word
from qa.api.written import hide_by_call
from qa.records import CheckKind, Right, SpotCheck, UserRole
from qa.refusals import InvalidRequestError, NotAllowedError
from qa.store.names import user_names
from qa.store.queries import agent_names
from qa.store.spot_checks import (
    CheckFilter,
    CheckResult,
    checks_for,
    find_check,
    list_checks,
    record_result,
    results_of_all,
)

DONE_DAYS = 14
_SOON = timedelta(hours=6)
_MAX_SHOWN = 200

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
Checker = Annotated[Viewer, Depends(needs(Right.REVIEW))]
View = Literal["mine", "team", "done"]


@dataclass(frozen=True, slots=True)
class WrittenResult:
    """One result of a check: who wrote it, when, and what, without what is personal."""

    by: str
    at: str
    text: str


@dataclass(frozen=True, slots=True)
class CheckView:
    """One task as the page shows it; `urgency` is `overdue`, `soon`, `later` or `done`.

    Attributes:
        results: what was written, the oldest first; empty while nothing is.
    """

    check: SpotCheck
    results: tuple[WrittenResult, ...]
    agent: str
    assigned: str
    due: str
    urgency: str
    may_do: bool


@dataclass(frozen=True, slots=True)
class _Failed:
    """What somebody wrote that was refused, so that it is not lost."""

    check_id: int
    text: str
    said: str


@router.get("/checks")
def show_checks(
    request: Request,
    service: Running,
    viewer: Checker,
    view: Annotated[View, Query()] = "mine",
) -> Response:
    """Show what is to be listened to, the most urgent first."""
    return _shown(request, service, viewer, view)


@router.post("/checks/{check_id}")
def write_result(
    request: Request,
    check_id: Number,
    service: Running,
    viewer: Checker,
    result: Annotated[str, Form(max_length=8000)] = "",
    view: Annotated[View, Form()] = "mine",
) -> Response:
    """Write down what a check found; that makes it done."""
    with service.store.reading() as session:
        find_check(session, viewer.scope, check_id)  # 404 before anything else is said of it
    least = service.settings.review.min_result_chars
    try:
        with service.store.writing() as session:
            now = datetime.now(UTC)
            record_result(session, viewer.user, check_id, result, now=now, min_length=least)
    except (InvalidRequestError, NotAllowedError) as error:
        lang = language(request)
        said = word(f"refusal_{error.refusal.value}", lang)
        if len(result.strip()) < least:
            said = word("checks_too_short", lang, n=least)
        status = 422 if isinstance(error, InvalidRequestError) else 403
        failed = _Failed(check_id, result, said)
        return _shown(request, service, viewer, view, failed=failed, status=status)
    response = RedirectResponse(f"/checks?view={view}", 303)
    flash(response, "flash_checks_done")
    return response


def _shown(
    request: Request,
    service: Service,
    viewer: Viewer,
    view: View,
    *,
    failed: _Failed | None = None,
    status: int = 200,
) -> Response:
    now = datetime.now(UTC)
    with service.store.reading() as session:
        mine = checks_for(session, viewer.user)
        team = list_checks(session, viewer.scope, CheckFilter(only_open=True), limit=_MAX_SHOWN)
        done: Sequence[SpotCheck] = ()
        if view == "done":
            wanted = CheckFilter(done_since=now - timedelta(days=DONE_DAYS))
            done = list_checks(session, viewer.scope, wanted, limit=_MAX_SHOWN)
        shown = {"mine": mine, "team": team, "done": done}[view]
        results = results_of_all(session, [c.check_id for c in shown if c.result])
        people = {c.assigned_to for c in shown}
        people |= {one.done_by for found in results.values() for one in found}
        names, agents = user_names(session, people), agent_names(session)
        written = hide_by_call(session, [c.call_id for c in shown if c.result], service.store.zone)
    looks = _Looks(viewer, now, service, names, agents, written, results)
    views = [looks.view(check) for check in shown]
    values = {
        "viewer": viewer,
        "view": view,
        "sections": _sections(views),
        "counts": {"mine": len(mine), "team": len(team)},
        "overdue": {
            "mine": sum(c.due_at < now for c in mine),
            "team": sum(c.due_at < now for c in team),
        },
        "failed": failed,
        "least": service.settings.review.min_result_chars,
        "done_days": DONE_DAYS,
        "sees_all": viewer.user.role is UserRole.HEAD,
    }
    return page(request, "checks.html", values, status=status)


@dataclass(frozen=True, slots=True)
class _Looks:
    """What laying out a check needs."""

    viewer: Viewer
    now: datetime
    service: Service
    names: dict[int, str]
    agents: dict[str, str]
    written: Callable[[str, str], str]
    results: dict[int, list[CheckResult]]

    def view(self, check: SpotCheck) -> CheckView:
        """Lay out one check for the person who looks."""
        zone, user = self.service.store.zone, self.viewer.user
        name = self.agents.get(check.agent_id, "")
        is_own = user.agent_id is not None and user.agent_id == check.agent_id
        unassigned = check.assigned_to is None and check.kind is CheckKind.DAILY
        is_theirs = check.assigned_to == user.user_id or user.role is UserRole.HEAD or unassigned
        return CheckView(
            check=check,
            results=tuple(self._result(check, r) for r in self.results.get(check.check_id, ())),
            agent=f"{check.agent_id} {name}".strip(),
            assigned=self.names.get(check.assigned_to or 0, ""),
            due=format_moment(check.due_at.astimezone(zone)),
            urgency=self._urgency(check),
            may_do=check.result is None and is_theirs and not is_own,
        )

    def _result(self, check: SpotCheck, one: CheckResult) -> WrittenResult:
        return WrittenResult(
            by=self.names.get(one.done_by, "–"),
            at=format_moment(one.done_at.astimezone(self.service.store.zone)),
            text=self.written(check.call_id, one.result),
        )

    def _urgency(self, check: SpotCheck) -> str:
        if check.result is not None:
            return "done"
        if check.due_at < self.now:
            return "overdue"
        return "soon" if check.due_at - self.now < _SOON else "later"


def _sections(views: Sequence[CheckView]) -> list[tuple[str, list[CheckView]]]:
    """Put what is overdue first, then this day's checks, then the week's, then what is done."""
    kinds = {
        "overdue": [v for v in views if v.urgency == "overdue"],
        "daily": [v for v in views if _is_open(v) and v.check.kind is CheckKind.DAILY],
        "weekly": [v for v in views if _is_open(v) and v.check.kind is CheckKind.WEEKLY],
        "done": [v for v in views if v.urgency == "done"],
    }
    return [(name, found) for name, found in kinds.items() if found]


def _is_open(view: CheckView) -> bool:
    return view.urgency in ("soon", "later")
