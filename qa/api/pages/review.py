"""What a call's page does: decide a flag, release a call, take it back, appeal.

Each answers a plain form with the call's page again, and the page's own script (header
`X-Fragment`) with the parts of the page that changed, so that both show the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from qa.api.access import Viewer, needs
from qa.api.call_values import Asking, call_values
from qa.api.pages.shared import Count, Number, code_words
from qa.api.queue_query import QueueQuery
from qa.api.rendering import flash, fragment, language, page
from qa.api.service import Service, running_service
from qa.api.words import word
from qa.batch.fines import payer_of
from qa.errors import ConflictError
from qa.records import FlagAction, Right
from qa.refusals import InvalidRequestError, NotAllowedError
from qa.store.appeals import submit_appeal
from qa.store.reviews import decide_flag, release_call, settle_judged_anew, take_back
from qa.types import Outcome

router = APIRouter(prefix="/review", include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
Reviewer = Annotated[Viewer, Depends(needs(Right.REVIEW, Right.LISTEN))]
Appellant = Annotated[Viewer, Depends(needs(Right.APPEAL, Right.LISTEN))]
_STATUS = ((NotAllowedError, 403), (InvalidRequestError, 422))
_TEMPLATES = {
    "standing": "call_score.html",
    "release": "call_release.html",
    "past": "call_past.html",
}


@dataclass(frozen=True, slots=True)
class Target:
    """The call that a form is about.

    Attributes:
        back: the list that the call was opened from, as the query of its address.
    """

    call_id: Annotated[str, Form(max_length=1000)]
    scorecard_id: Annotated[Number, Form()]
    back: Annotated[str, Form(max_length=2000)] = ""
    personal: Annotated[bool, Form()] = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What the form beside a flag sends; points empty for the rule's own."""

    rule_id: Annotated[str, Form(max_length=50)]
    action: Annotated[FlagAction, Form()]
    outcome: Annotated[Outcome | Literal[""], Form()] = ""
    points: Annotated[str, Form(max_length=5, pattern=r"^\s*\d{0,3}\s*$")] = ""
    reason: Annotated[str, Form(max_length=8000)] = ""
    after: Annotated[Count | None, Form()] = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with all that its answer needs."""

    request: Request
    service: Service
    viewer: Viewer
    target: Target


def asked(request: Request, service: Running, target: Annotated[Target, Depends()]) -> Asked:
    """Gather a request; who asks was checked by the route's own dependency."""
    return Asked(request, service, request.state.viewer, target)


Form_ = Annotated[Asked, Depends(asked)]


@router.post("/decide")
def decide(viewer: Reviewer, asked: Form_, decision: Annotated[Decision, Depends()]) -> Response:
    """Decide one flag, or note something about it."""
    is_change = decision.action is FlagAction.CHANGE
    points = decision.points.strip()
    outcome = decision.outcome if is_change and decision.outcome else None
    takes_points = is_change and outcome in (None, Outcome.VIOLATED)

    def act(session: Any, now: datetime) -> None:
        decide_flag(
            session,
            viewer.user,
            asked.target.call_id,
            asked.target.scorecard_id,
            decision.rule_id,
            decision.action,
            outcome=outcome,
            points=int(points) if takes_points and points else None,
            reason=decision.reason,
            after=decision.after,
            payer=payer_of(asked.service.settings),
            now=now,
        )

    return _answer(asked, act, "flash_decided", rule_id=decision.rule_id)


@router.post("/release")
def release(viewer: Reviewer, asked: Form_) -> Response:
    """Release a call to its agent."""
    days = asked.service.settings.review.appeal_days
    target = asked.target

    def act(session: Any, now: datetime) -> None:
        release_call(
            session, viewer.user, target.call_id, target.scorecard_id, now=now, appeal_days=days
        )

    return _answer(asked, act, "flash_released")


@router.post("/take-back")
def undo_release(
    viewer: Reviewer, asked: Form_, reason: Annotated[str, Form(max_length=8000)] = ""
) -> Response:
    """Take a released call back."""

    def act(session: Any, now: datetime) -> None:
        take_back(session, viewer.user, asked.target.call_id, reason, now=now)

    return _answer(asked, act, "flash_taken_back")


@router.post("/settle")
def settle(
    viewer: Reviewer,
    asked: Form_,
    choice: Annotated[Literal["keep", "reopen"], Form()],
    reason: Annotated[str, Form(max_length=8000)] = "",
) -> Response:
    """Keep a final result although the call was judged again, or review the call anew."""

    def act(session: Any, now: datetime) -> None:
        settle_judged_anew(
            session,
            viewer.user,
            asked.target.call_id,
            reopen=choice == "reopen",
            reason=reason,
            payer=payer_of(asked.service.settings),
            now=now,
        )

    return _answer(asked, act, f"flash_{choice}")


@router.post("/appeal")
def appeal(
    viewer: Appellant,
    asked: Form_,
    rule_id: Annotated[str, Form(max_length=50)] = "",
    text: Annotated[str, Form(max_length=8000)] = "",
) -> Response:
    """Appeal against one flag of a call of one's own, or against the call as a whole."""

    def act(session: Any, now: datetime) -> None:
        submit_appeal(session, viewer.user, asked.target.call_id, rule_id or None, text, now=now)

    return _answer(asked, act, "flash_appealed", rule_id=rule_id)


def _answer(
    asked: Asked, act: Callable[[Any, datetime], None], done: str, *, rule_id: str = ""
) -> Response:
    try:
        with asked.service.store.writing() as session:
            act(session, datetime.now(UTC))
    except (NotAllowedError, InvalidRequestError, ConflictError) as error:
        return _refuse(asked, error)
    if asked.request.headers.get("x-fragment"):
        answer = _changed_parts(asked, done, rule_id)
        if not rule_id:  # the script goes on to another page, which says that this one is done
            flash(answer, done)
        return answer
    response = RedirectResponse(_address(asked, rule_id), 303)
    flash(response, done)
    return response


def _refuse(asked: Asked, error: NotAllowedError | InvalidRequestError | ConflictError) -> Response:
    """Say why not; nothing was written."""
    key = "conflict" if not hasattr(error, "refusal") else error.refusal.value
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 409)
    said = word(f"refusal_{key}", language(asked.request))
    if asked.request.headers.get("x-fragment"):
        return JSONResponse({"said": said, "stale": status == 409}, status)
    values = {"said": said, "again": _address(asked, "")}
    return page(asked.request, "refused.html", values, status=status)


def _changed_parts(asked: Asked, done: str, rule_id: str) -> Response:
    """Write the parts of the page anew, and how far the review is."""
    lang = language(asked.request)
    asking = Asking(asked.service, asked.viewer, lang, QueueQuery(), clear=asked.target.personal)
    values = call_values(asking, asked.target.call_id)
    values |= {"place": asked.target.back, **code_words(asked.request)}
    parts = {name: fragment(asked.request, _TEMPLATES[name], values) for name in _TEMPLATES}
    line = values["flag_lines"].get(rule_id)
    if line is not None:
        parts["flag"] = fragment(asked.request, "call_flag.html", values | {"line": line})
    return JSONResponse(
        {
            "parts": parts,
            "said": word(done, lang),
            "open": values["open_flags"],
            "ready": bool(values["may_decide"] and values["review"].card.can_be_released),
        }
    )


def _address(asked: Asked, rule_id: str) -> str:
    target = asked.target
    query = f"?{target.back}" if target.back else ""
    place = f"#rule-{quote(rule_id, safe='')}" if rule_id else ""
    return f"/calls/{quote(target.call_id, safe='')}{query}{place}"
