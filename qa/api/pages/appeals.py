"""Appeals: those to decide, with what to hear and both sides' words; an agent's own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from qa.api.access import Viewer, needs
from qa.api.clip_views import ClipView, ReadCall, read_calls
from qa.api.pages.shared import Number
from qa.api.problems import Refused
from qa.api.rendering import flash, language, page
from qa.api.review_views import Reading
from qa.api.service import Service, running_service
from qa.api.words import word
from qa.api.written import hide_in
from qa.batch.fines import payer_of
from qa.errors import ConflictError
from qa.masking import listen
from qa.records import AppealState, FlagDecision, Right
from qa.refusals import InvalidRequestError, NotAllowedError, TransitionError
from qa.review.appeals import AppealChange
from qa.review.reviewing import ReviewedLine
from qa.store.appeals import (
    AppealLine,
    AppealRuling,
    count_hidden,
    decide_appeal,
    find_appeal,
    list_appeals,
    may_decide,
    withdraw_appeal,
)
from qa.store.names import user_names
from qa.store.queries import agent_names
from qa.types import Call, Outcome

PAGE_SIZE = 20
_REFUSALS = (NotAllowedError, InvalidRequestError, ConflictError)
_STATUS: dict[type[Exception], int] = {NotAllowedError: 403, InvalidRequestError: 422}

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
Somebody = Annotated[Viewer, Depends(needs(Right.READ_CALLS))]
Decider = Annotated[Viewer, Depends(needs(Right.DECIDE_APPEALS))]
Appellant = Annotated[Viewer, Depends(needs(Right.APPEAL))]


@dataclass(frozen=True, slots=True)
class Said:
    """What a reviewer decided of the flag, and why."""

    who: str
    when: str
    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class AppealCard:
    """An appeal with all that is needed to decide it.

    Attributes:
        text, answer: both sides' words, without what is personal.
        clips: the line that it is about, or every line held against the agent.
        said: what reviewers said of those lines, by rule id.
        may_decide: this person may; `is_own_decision` says why not.
        is_mine: this person submitted it and may withdraw it.
    """

    line: AppealLine
    text: str
    answer: str
    agent: str
    submitted: str
    decided: str
    decided_by: str
    score: int
    basis: str
    clips: tuple[ClipView, ...]
    said: dict[str, tuple[Said, ...]]
    may_decide: bool
    is_own_decision: bool
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Ruled:
    """What the form sends: which flags are dropped, or what the one flag takes off instead."""

    decision: Annotated[Literal["uphold", "dismiss"], Form()]
    answer: Annotated[str, Form(max_length=8000)] = ""
    points: Annotated[str, Form(max_length=3, pattern=r"^\d{0,3}$")] = ""
    rules: Annotated[tuple[str, ...], Form()] = ()


@dataclass(frozen=True, slots=True)
class _Failed:
    """What was refused, so that nothing written is lost."""

    appeal_id: int
    answer: str
    said: str


@router.get("/appeals")
def show_appeals(
    request: Request,
    service: Running,
    viewer: Somebody,
    view: Annotated[Literal["open", "all"] | None, Query()] = None,
    after: Annotated[Number | None, Query()] = None,
) -> Response:
    """Show the appeals that wait, the oldest first; or all, the newest first."""
    _require_some_right(viewer)
    decides = viewer.may(Right.DECIDE_APPEALS)
    chosen = view or ("open" if decides else "all")
    return _shown(request, service, viewer, chosen, after=after)


@router.post("/appeals/{appeal_id}")
def decide(
    request: Request,
    appeal_id: Number,
    service: Running,
    viewer: Decider,
    ruled: Annotated[Ruled, Depends()],
) -> Response:
    """Uphold or dismiss an appeal."""
    try:
        with service.store.writing() as session:
            found = find_appeal(session, viewer.scope, appeal_id)
            ruling = _ruling(ruled, found)
            payer, now = payer_of(service.settings), datetime.now(UTC)
            decide_appeal(session, viewer.user, appeal_id, ruling, payer=payer, now=now)
    except _REFUSALS as error:
        failed = _Failed(appeal_id, ruled.answer, _why(error, language(request)))
        status = _STATUS.get(type(error), 409)
        return _shown(request, service, viewer, "open", failed=failed, status=status)
    response = RedirectResponse("/appeals", 303)
    flash(response, f"flash_appeals_{ruled.decision}")
    return response


@router.post("/appeals/{appeal_id}/withdraw")
def withdraw(request: Request, appeal_id: Number, service: Running, viewer: Appellant) -> Response:
    """Withdraw an open appeal of one's own."""
    try:
        with service.store.writing() as session:
            find_appeal(session, viewer.scope, appeal_id)
            withdraw_appeal(session, viewer.user, appeal_id, now=datetime.now(UTC))
    except _REFUSALS as error:
        failed = _Failed(appeal_id, "", _why(error, language(request)))
        status = _STATUS.get(type(error), 409)
        return _shown(request, service, viewer, "all", failed=failed, status=status)
    response = RedirectResponse("/appeals", 303)
    flash(response, "flash_appeals_withdrawn")
    return response


def _require_some_right(viewer: Viewer) -> None:
    if not viewer.rights & {Right.APPEAL, Right.DECIDE_APPEALS}:
        raise Refused("not_allowed")


def _ruling(ruled: Ruled, found: AppealLine) -> AppealRuling:
    if ruled.decision == "dismiss":
        return AppealRuling(upheld=False, answer=ruled.answer)
    if found.appeal.rule_id is None:
        changes = tuple(AppealChange(rule_id) for rule_id in ruled.rules)
        return AppealRuling(upheld=True, answer=ruled.answer, changes=changes)
    points = int(ruled.points) if ruled.points else None
    change = AppealChange(found.appeal.rule_id, points)
    return AppealRuling(upheld=True, answer=ruled.answer, changes=(change,))


def _why(error: Exception, lang: str) -> str:
    if isinstance(error, NotAllowedError | InvalidRequestError | TransitionError):
        return word(f"refusal_{error.refusal.value}", lang)
    return word("refusal_conflict", lang)


def _shown(
    request: Request,
    service: Service,
    viewer: Viewer,
    view: str,
    *,
    after: int | None = None,
    failed: _Failed | None = None,
    status: int = 200,
) -> Response:
    only_open = view == "open"
    with service.store.reading() as session:
        found = list_appeals(
            session,
            viewer.scope,
            only_open=only_open,
            before=after,
            limit=PAGE_SIZE + 1,
        )
        hidden = count_hidden(session, viewer.scope, only_open=only_open)
        lines = found[:PAGE_SIZE]
        cards = _cards(session, service, viewer, lines, language(request))
    values = {
        "viewer": viewer,
        "view": view,
        "cards": cards,
        "hidden": hidden,
        "more": lines[-1].appeal.appeal_id if len(found) > PAGE_SIZE else None,
        "decides": viewer.may(Right.DECIDE_APPEALS),
        "failed": failed,
        "AppealState": AppealState,
    }
    return page(request, "appeals.html", values, status=status)


def _cards(
    session: Any, service: Service, viewer: Viewer, lines: Sequence[AppealLine], lang: str
) -> list[AppealCard]:
    zone, now = service.store.zone, datetime.now(UTC)
    calls = read_calls(session, [line.appeal.call_id for line in lines], zone, now)
    people = {p for line in lines for p in (line.appeal.decided_by, line.appeal.submitted_by)}
    people |= {d.decided_by for call in calls.values() for f in call.flags() for d in f.history}
    reading = Reading(
        lang,
        zone,
        user_names(session, people),
        hide_in(listen(None, Call(""))),
        viewer.may(Right.REVIEW),
    )
    agents = agent_names(session)
    made = []
    for line in lines:
        call = calls.get(line.appeal.call_id)
        if call is not None:
            own = replace(reading, written=call.written)
            made.append(_card(line, call, agents, viewer, own))
    return made


def _card(
    line: AppealLine, call: ReadCall, agents: dict[str, str], viewer: Viewer, reading: Reading
) -> AppealCard:
    appeal, review = line.appeal, call.review
    held = _lines_of(line, call)
    clips = [call.clip(one.line.rule_id, reading.zone, reading.lang) for one in held]
    decides = viewer.may(Right.DECIDE_APPEALS) and appeal.state is AppealState.OPEN
    may = decides and may_decide(viewer.user, review, line.agent_id)
    name = agents.get(line.agent_id or "", "")
    return AppealCard(
        line=line,
        text=reading.written(appeal.text),
        answer=reading.written(appeal.answer),
        agent=f"{line.agent_id or ''} {name}".strip(),
        submitted=reading.when(appeal.submitted_at),
        decided=reading.when(appeal.decided_at),
        decided_by=reading.who(appeal.decided_by),
        score=review.score,
        basis=review.basis.value,
        clips=tuple(clip for clip in clips if clip is not None),
        said={one.line.rule_id: _said(one, reading) for one in held},
        may_decide=may,
        is_own_decision=decides and not may,
        is_mine=appeal.state is AppealState.OPEN and appeal.submitted_by == viewer.user.user_id,
    )


def _lines_of(line: AppealLine, call: ReadCall) -> list[ReviewedLine]:
    """Take the flag that an appeal is about; for a whole call all that is held against it."""
    flags = call.flags()
    if line.appeal.rule_id is not None:
        return [one for one in flags if one.line.rule_id == line.appeal.rule_id]
    return [one for one in flags if one.outcome is Outcome.VIOLATED]


def _said(line: ReviewedLine, reading: Reading) -> tuple[Said, ...]:
    shown = [one for one in line.history if reading.sees_notes or one.action.value != "note"]
    return tuple(_one_said(one, reading) for one in shown)


def _one_said(one: FlagDecision, reading: Reading) -> Said:
    action = word(f"appeals_action_{one.action.value}", reading.lang)
    return Said(
        reading.who(one.decided_by),
        reading.when(one.decided_at),
        action,
        reading.written(one.reason),
    )
