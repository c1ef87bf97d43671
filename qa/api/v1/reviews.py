"""Reviewing: decisions on flags, releases, and what undoes them."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter

from qa.api.access import Viewer
from qa.api.problems import declared
from qa.api.v1.schemas_calls import DecisionOut
from qa.api.v1.schemas_people import DecisionIn, ReasonIn, ReleaseIn, ReleaseOut, SettleIn
from qa.api.v1.seeing import decision_out, score_out
from qa.api.v1.shared import CallId, Running, now, who
from qa.api.written import hide_by_call
from qa.batch.fines import payer_of
from qa.records import Right
from qa.store import reviews

router = APIRouter(prefix="/calls", tags=["reviews"])
Reviewer = Annotated[Viewer, who(Right.REVIEW)]
_REFUSALS = declared("not_found", "conflict", "invalid", "not_allowed")


@router.post(
    "/{call_id:path}/decisions",
    summary="Decide a flag",
    status_code=201,
    response_model=DecisionOut,
    responses=_REFUSALS,
)
def decide(call_id: CallId, service: Running, viewer: Reviewer, wanted: DecisionIn) -> DecisionOut:
    """Confirm, reject or change a flag, or note something; it is added, nothing is overwritten.

    Saying the same twice in a row leaves one decision.
    """
    with service.store.writing() as session:
        decision = reviews.decide_flag(
            session,
            viewer.user,
            call_id,
            wanted.scorecard_id,
            wanted.rule_id,
            wanted.action,
            outcome=wanted.outcome,
            points=wanted.points,
            reason=wanted.reason,
            after=wanted.after,
            payer=payer_of(service.settings),
            now=now(),
        )
        written = hide_by_call(session, [call_id], service.store.zone)
    names = {viewer.user.user_id: viewer.user.name}
    return decision_out(decision, names, written(call_id, decision.reason))


@router.post(
    "/{call_id:path}/release",
    summary="Release a call to its agent",
    response_model=ReleaseOut,
    responses=_REFUSALS,
)
def release(call_id: CallId, service: Running, viewer: Reviewer, wanted: ReleaseIn) -> ReleaseOut:
    """Tell the agent the reviewed score; from now on they may appeal for some days."""
    at = now()
    with service.store.writing() as session:
        reviews.release_call(
            session,
            viewer.user,
            call_id,
            wanted.scorecard_id,
            now=at,
            appeal_days=service.settings.review.appeal_days,
        )
        return _standing(session, viewer, call_id, at)


@router.post(
    "/{call_id:path}/take-back",
    summary="Take a release back",
    response_model=ReleaseOut,
    responses=_REFUSALS,
)
def take_back(call_id: CallId, service: Running, viewer: Reviewer, wanted: ReasonIn) -> ReleaseOut:
    """Take a released call back before anybody appealed; the agent is told."""
    at = now()
    with service.store.writing() as session:
        reviews.take_back(session, viewer.user, call_id, wanted.reason, now=at)
        return _standing(session, viewer, call_id, at)


@router.post(
    "/{call_id:path}/settlement",
    summary="Settle a call that was judged anew",
    response_model=ReleaseOut,
    responses=_REFUSALS,
)
def settle(call_id: CallId, service: Running, viewer: Reviewer, wanted: SettleIn) -> ReleaseOut:
    """Say of a final call that was judged again since: what was final stays, or review it anew."""
    at = now()
    with service.store.writing() as session:
        reviews.settle_judged_anew(
            session,
            viewer.user,
            call_id,
            reopen=wanted.reopen,
            reason=wanted.reason,
            payer=payer_of(service.settings),
            now=at,
        )
        return _standing(session, viewer, call_id, at)


def _standing(session: Any, viewer: Viewer, call_id: str, at: datetime) -> ReleaseOut:
    review = reviews.review_of(session, viewer.scope, call_id, at)
    return ReleaseOut(
        call_id=review.call_id,
        scorecard_id=review.scorecard_id,
        score=score_out(review),
        appeal_until=review.release.appeal_until if review.release else None,
    )
