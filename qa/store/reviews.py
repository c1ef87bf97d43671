"""Reviewing: flags are decided, calls released and taken back; everything is added, nothing lost.

Every function checks right, scope and state itself, inside the transaction that writes, with the
call locked; so two people at once, a double click and a page that is out of date cannot do harm.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import FlagAction, FlagDecision, ReviewState, Right, Scope, User
from qa.refusals import NotAllowedError, Refusal, TransitionError
from qa.review.appeals import (
    Release,
    ReleaseAction,
    appeal_until,
    require_other_person,
    require_undecided_call,
)
from qa.review.reviewing import (
    ReviewedLine,
    Ruling,
    check_ruling,
    check_text,
    is_same_ruling,
    last_decision,
)
from qa.review.rights import rights_of
from qa.store.audit import Detail, audit
from qa.store.blind import open_scope
from qa.store.call_status import lock_status, write_status
from qa.store.messages import MessageKind, tell_agent
from qa.store.review_rows import CallReview, as_decision, as_release, load_reviews
from qa.store.scope import require_call
from qa.store.tables import CallRow
from qa.store.tables_review import FlagDecisionRow, ReleaseRow
from qa.types import Grade, Outcome

DEFAULT_APPEAL_DAYS = 7


@dataclass(frozen=True, slots=True)
class Held:
    """A call that this transaction holds, as it stands.

    Attributes:
        agent_id: whose call it is; None where nobody knows.
    """

    agent_id: str | None
    review: CallReview


def review_of(session: Session, scope: Scope, call_id: str, now: datetime) -> CallReview:
    """Load a call's review.

    Raises:
        NotFoundError: no such call in the scope, or it has no scorecard yet.
    """
    require_call(session, scope, call_id)
    review = load_reviews(session, [call_id], now).get(call_id)
    if review is None:
        raise NotFoundError("scorecard of call", call_id)
    return review


def hold_call(session: Session, user: User, right: Right, call_id: str, now: datetime) -> Held:
    """Lock a call for a person to act on, after checking that they may.

    Raises:
        NotAllowedError: the person lacks the right.
        NotFoundError: no such scored call in their scope.
    """
    if right not in rights_of(user):
        raise NotAllowedError(Refusal.NO_RIGHT)
    lock_status(session, [call_id])
    review = review_of(session, open_scope(session, user), call_id, now)
    agent_id = session.scalar(select(CallRow.agent_id).where(CallRow.call_id == call_id))
    return Held(agent_id, review)


def hold_for_review(session: Session, user: User, call_id: str, now: datetime) -> CallReview:
    """Lock a call for a reviewer, who must not be its agent.

    Raises:
        NotAllowedError: the person lacks the right, or it is their own call.
        NotFoundError: no such scored call in their scope.
    """
    held = hold_call(session, user, Right.REVIEW, call_id, now)
    require_other_person(user, held.agent_id)
    return held.review


def decide_flag(
    session: Session,
    user: User,
    call_id: str,
    scorecard_id: int,
    rule_id: str,
    action: FlagAction,
    *,
    outcome: Outcome | None = None,
    points: int | None = None,
    reason: str = "",
    after: int | None = None,
    payer: str = "",
    now: datetime,
) -> FlagDecision:
    """Confirm, reject or change a flag of the current scorecard, or note something on a line.

    The same person saying the same twice in a row leaves one decision. Notes may be added at any
    time, the others until the call is released.

    Args:
        scorecard_id: the scorecard that the person saw.
        outcome, points, reason, after: see `Ruling`.
        payer: login of who pays a joint penalty with every fine, and so takes none back.

    Raises:
        NotAllowedError: the person lacks the right, it is their own call, or they would spare
            themselves a joint penalty.
        NotFoundError: no such call in their scope, or no such rule on its scorecard.
        InvalidRequestError: the reason or the points are missing or wrong, or it is no flag.
        TransitionError: another scorecard counts by now, somebody decided meanwhile, or the call
            is released.
    """
    ruling = Ruling(action, outcome, points, reason, after)
    review = hold_for_review(session, user, call_id, now)
    if scorecard_id not in _decidable(review, action):
        raise TransitionError(Refusal.STALE_SCORECARD)
    line = review.card.line(rule_id)
    if line is None:
        raise NotFoundError("rule on this scorecard", rule_id)
    check_ruling(line.line, ruling)
    if action in (FlagAction.REJECT, FlagAction.CHANGE):
        require_no_share(user, payer, line)
    repeated = _repeated(line.history, ruling, user)
    if repeated is not None:
        return repeated
    if action is not FlagAction.NOTE:
        _require_seen(line, after)
        require_undecided_call(review.state)
    decision = add_decision(session, user, review, rule_id, ruling, now)
    write_status(session, [call_id], now)
    details: dict[str, Detail] = {"scorecard": scorecard_id, "rule": rule_id}
    audit(session, user, "review.decide", "call", call_id, details | {"action": action.value})
    return decision


def require_no_share(user: User, payer: str, line: ReviewedLine) -> None:
    """Make sure that nobody takes back a fine of which they would pay a share themselves.

    Args:
        payer: login of who pays a joint penalty with every fine; empty for nobody.

    Raises:
        NotAllowedError: they would; somebody else decides.
    """
    if payer and user.login == payer and line.line.grade is Grade.FINE:
        raise NotAllowedError(Refusal.ABOUT_ONESELF)


def _require_seen(line: ReviewedLine, after: int | None) -> None:
    counts = last_decision(line.history)
    if after is not None and after != (counts.decision_id if counts else 0):
        raise TransitionError(Refusal.DECIDED_MEANWHILE)


def _decidable(review: CallReview, action: FlagAction) -> set[int]:
    """List the scorecards that an action may name: decisions need the one that counts now."""
    if review.scorecard_id == review.current_id or action is FlagAction.NOTE:
        return {review.scorecard_id}
    return {review.scorecard_id, review.current_id}  # the state, not the card, then forbids it


def _repeated(history: tuple[FlagDecision, ...], ruling: Ruling, user: User) -> FlagDecision | None:
    """Find the decision that a double click repeats."""
    last = history[-1] if history else None
    if ruling.action is not FlagAction.NOTE:
        last = last_decision(history)
    return last if last is not None and is_same_ruling(last, ruling, user.user_id) else None


def add_decision(
    session: Session,
    user: User,
    review: CallReview,
    rule_id: str,
    ruling: Ruling,
    now: datetime,
    appeal_id: int | None = None,
) -> FlagDecision:
    """Add a decision that was checked; nothing else is written."""
    row = FlagDecisionRow(
        call_id=review.call_id,
        scorecard_id=review.scorecard_id,
        rule_id=rule_id,
        action=ruling.action.value,
        outcome=ruling.outcome.value if ruling.outcome else None,
        points=ruling.points,
        reason=ruling.reason.strip(),
        decided_by=user.user_id,
        decided_at=now,
        appeal_id=appeal_id,
    )
    session.add(row)
    session.flush()
    return as_decision(row)


def release_call(
    session: Session,
    user: User,
    call_id: str,
    scorecard_id: int,
    *,
    now: datetime,
    appeal_days: int = DEFAULT_APPEAL_DAYS,
) -> Release:
    """Release a reviewed scorecard to its agent, who is told and may appeal.

    Releasing again what the same person released just now changes nothing.

    Args:
        scorecard_id: the scorecard that the person saw.
        appeal_days: length of the appeal window (setting `review.appeal_days`).

    Raises:
        NotAllowedError: the person lacks the right, or it is their own call.
        NotFoundError: no such call in their scope.
        TransitionError: a flag that matters is open, another scorecard counts by now, or somebody
            released the call.
    """
    review = hold_for_review(session, user, call_id, now)
    if scorecard_id != review.scorecard_id:
        raise TransitionError(Refusal.STALE_SCORECARD)
    last = review.release
    if last is not None and review.state is ReviewState.RELEASED and last.done_by == user.user_id:
        return last
    require_undecided_call(review.state)
    if not review.card.can_be_released:
        raise TransitionError(Refusal.FLAGS_OPEN)
    until = appeal_until(now, appeal_days)
    step = _add_step(session, user, review, ReleaseAction.RELEASE, now, until=until)
    tell_agent(session, MessageKind.CALL_RELEASED, call_id, now)
    _finish(session, user, "review.release", review, now)
    return step


def take_back(session: Session, user: User, call_id: str, reason: str, *, now: datetime) -> Release:
    """Take a released call back before anybody appealed; the agent is told.

    Raises:
        NotAllowedError: the person lacks the right, or it is their own call.
        NotFoundError: no such call in their scope.
        InvalidRequestError: no reason.
        TransitionError: it is not released, or appealed or final by now.
    """
    review = hold_for_review(session, user, call_id, now)
    reason = check_text(reason)
    if review.state is ReviewState.APPEALED:
        raise TransitionError(Refusal.APPEALED)
    if review.state is ReviewState.FINAL:
        raise TransitionError(Refusal.FINAL)
    if review.release is None:
        raise TransitionError(Refusal.NOT_RELEASED)
    step = _add_step(session, user, review, ReleaseAction.TAKE_BACK, now, reason=reason)
    tell_agent(session, MessageKind.CALL_TAKEN_BACK, call_id, now)
    _finish(session, user, "review.take_back", review, now)
    return step


def settle_judged_anew(
    session: Session,
    user: User,
    call_id: str,
    *,
    reopen: bool,
    reason: str,
    payer: str = "",
    now: datetime,
) -> Release:
    """Look at a final call that was judged again since: keep what was final, or review it anew.

    Args:
        payer: as in `decide_flag`; reopening takes back the fines of the call.

    Raises:
        NotAllowedError: as in `decide_flag`.
        NotFoundError: no such call in their scope.
        InvalidRequestError: no reason.
        TransitionError: it was not judged again, or an appeal is open, which is decided first.
    """
    review = hold_for_review(session, user, call_id, now)
    reason = check_text(reason)
    if not review.is_judged_anew:
        raise TransitionError(Refusal.NOT_JUDGED_ANEW)
    if review.state is not ReviewState.FINAL:
        raise TransitionError(Refusal.APPEALED)
    if reopen:
        for line in review.card.lines:
            require_no_share(user, payer, line)
    action = ReleaseAction.REOPEN if reopen else ReleaseAction.KEEP
    step = _add_step(session, user, review, action, now, reason=reason)
    if reopen:
        tell_agent(session, MessageKind.CALL_REOPENED, call_id, now)
    _finish(session, user, f"review.{action.value}", review, now)
    return step


def _add_step(
    session: Session,
    user: User,
    review: CallReview,
    action: ReleaseAction,
    now: datetime,
    *,
    reason: str = "",
    until: datetime | None = None,
) -> Release:
    row = ReleaseRow(
        call_id=review.call_id,
        scorecard_id=review.current_id,
        action=action.value,
        score=review.score,
        reason=reason,
        done_by=user.user_id,
        done_at=now,
        appeal_until=until,
    )
    session.add(row)
    session.flush()
    return as_release(row)


def _finish(session: Session, user: User, action: str, review: CallReview, now: datetime) -> None:
    write_status(session, [review.call_id], now)
    details = {"scorecard": review.current_id, "score": review.score}
    audit(session, user, action, "call", review.call_id, details)


def people_who_decided(review: CallReview) -> set[int]:
    """List the users who reviewed a flag of the scorecard that counts, or released it.

    Who decided an appeal is none of them: several appeals of a call may have the same judge.
    """
    decided = {
        decision.decided_by
        for line in review.card.lines
        for decision in line.history
        if decision.action is not FlagAction.NOTE and decision.appeal_id is None
    }
    released = {review.release.done_by} if review.release else set()
    return decided | {user_id for user_id in released if user_id is not None}
