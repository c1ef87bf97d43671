"""Appeals: an agent objects to a released call, and somebody else than the reviewer decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Select, bindparam, func, insert, select
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import Appeal, AppealState, FlagAction, FlagDecision, Right, Scope, User
from qa.refusals import InvalidRequestError, Refusal
from qa.review.appeals import (
    AppealChange,
    require_appealable,
    require_impartial,
    require_open,
    require_other_person,
    require_own_call,
)
from qa.review.reviewing import ReviewedCard, Ruling, check_ruling, check_text, effective_card
from qa.store.audit import audit
from qa.store.call_status import write_status
from qa.store.messages import MessageKind, tell_agent_named, tell_user
from qa.store.moved_calls import reopen_moved
from qa.store.review_rows import CallReview, as_appeal
from qa.store.reviews import add_decision, hold_call, people_who_decided, require_no_share
from qa.store.scope import agent_in_scope, is_open_to, require_not_closed
from qa.store.selections import form_of_scope
from qa.store.tables import CallRow
from qa.store.tables_people import UserRow
from qa.store.tables_review import AppealRow, AppealStepRow, CallStatusRow
from qa.types import Outcome


@dataclass(frozen=True, slots=True)
class AppealLine:
    """An appeal in a list; `agent_id` is whose call it is."""

    appeal: Appeal
    agent_id: str | None


def submit_appeal(
    session: Session, user: User, call_id: str, rule_id: str | None, text: str, *, now: datetime
) -> Appeal:
    """Object to a released call of one's own, within the window.

    The same text about the same rule, sent twice, is one appeal.

    Args:
        rule_id: the flag that it is about; None for the call as a whole.

    Raises:
        NotAllowedError: the person may not appeal, or it is not their call.
        NotFoundError: no such call of theirs, or no such rule on its scorecard.
        InvalidRequestError: no text, too long a one, or the rule is not held against them.
        TransitionError: not released, the window has passed, one about the rule is open, or an
            appeal was decided.
    """
    held = hold_call(session, user, Right.APPEAL, call_id, now)
    review = held.review
    require_own_call(user, held.agent_id)
    text = check_text(text)
    if rule_id is not None:
        line = review.card.line(rule_id)
        if line is None:
            raise NotFoundError("rule on this scorecard", rule_id)
        if line.outcome is not Outcome.VIOLATED:
            raise InvalidRequestError(Refusal.NOT_A_FLAG)
    for appeal in review.appeals:
        if (appeal.state, appeal.rule_id, appeal.text) == (AppealState.OPEN, rule_id, text):
            return appeal
    require_appealable(review.release, review.appeals, rule_id, now)
    row = AppealRow(
        call_id=call_id,
        scorecard_id=review.scorecard_id,
        rule_id=rule_id,
        text=text,
        submitted_by=user.user_id,
        submitted_at=now,
        release_id=review.release.root_id if review.release else 0,
    )
    session.add(row)
    session.flush()
    write_status(session, [call_id], now)
    details = {"call": call_id, "rule": rule_id}
    audit(session, user, "appeal.submit", "appeal", str(row.appeal_id), details)
    return as_appeal(row, None)


def withdraw_appeal(session: Session, user: User, appeal_id: int, *, now: datetime) -> Appeal:
    """Withdraw an open appeal of one's own; the rest of the window goes on.

    Raises:
        NotAllowedError: it is not this person's.
        NotFoundError: no such appeal in their scope.
        TransitionError: it is decided or withdrawn.
    """
    row = _row(session, appeal_id)
    held = hold_call(session, user, Right.APPEAL, row.call_id, now)
    require_own_call(user, held.agent_id)
    require_open(_current(session, row))
    _add_step(session, row, AppealState.WITHDRAWN, "", user, now)
    write_status(session, [row.call_id], now)
    details = {"call": row.call_id, "outcome": AppealState.WITHDRAWN.value}
    audit(session, user, "appeal.withdraw", "appeal", str(appeal_id), details)
    return _current(session, row)


@dataclass(frozen=True, slots=True)
class AppealRuling:
    """How an appeal is decided.

    Attributes:
        upheld: the agent was right, at least in part.
        answer: what the agent is told, required.
        changes: for an upheld one, what becomes of which flag; empty rejects the flag that the
            appeal is about.
    """

    upheld: bool
    answer: str
    changes: tuple[AppealChange, ...] = ()


def decide_appeal(
    session: Session,
    user: User,
    appeal_id: int,
    ruling: AppealRuling,
    *,
    payer: str = "",
    now: datetime,
) -> Appeal:
    """Decide an appeal; the agent is told, and the call is final once none is open.

    The same person deciding the same way twice leaves one decision.

    Args:
        payer: login of who pays a joint penalty with every fine, and so takes none back.

    Raises:
        NotAllowedError: the person lacks the right, it is their own call or appeal, they decided a
            flag of the scorecard or released it, they still have the call to label blind, or they
            would spare themselves a joint penalty.
        NotFoundError: no such appeal in their scope.
        InvalidRequestError: no answer; changes to a dismissed one, none to an upheld one about the
            whole call, or such that the score would fall or nothing would change.
        TransitionError: it is decided or withdrawn.
    """
    row = _row(session, appeal_id)
    held = hold_call(session, user, Right.DECIDE_APPEALS, row.call_id, now)
    review = held.review
    # The call may have moved since: who asked is owed the answer, and gives it no more than before.
    asked = session.get_one(UserRow, row.submitted_by)
    for agent_id in (held.agent_id, asked.agent_id):
        require_other_person(user, agent_id)
    answer = check_text(ruling.answer)
    state = AppealState.UPHELD if ruling.upheld else AppealState.DISMISSED
    appeal = _current(session, row)
    if (appeal.state, appeal.decided_by, appeal.answer) == (state, user.user_id, answer):
        return appeal
    require_open(appeal)
    require_impartial(user, people_who_decided(review))
    changes = _changes(review.card, row, ruling)
    for rule_id, _ in changes:
        if (line := review.card.line(rule_id)) is not None:
            require_no_share(user, payer, line)
    for rule_id, change in changes:
        add_decision(session, user, review, rule_id, change, now, appeal_id)
    _add_step(session, row, state, answer, user, now)
    kind = MessageKind.APPEAL_UPHELD if ruling.upheld else MessageKind.APPEAL_DISMISSED
    if asked.agent_id is None:
        tell_user(session, kind, asked.user_id, row.call_id, now)
    else:
        tell_agent_named(session, kind, asked.agent_id, row.call_id, now)
    reopen_moved(session, [row.call_id], now)
    write_status(session, [row.call_id], now)
    details = {"call": row.call_id, "outcome": state.value, "changes": len(changes)}
    audit(session, user, "appeal.decide", "appeal", str(appeal_id), details)
    return _current(session, row)


def _changes(card: ReviewedCard, row: AppealRow, ruling: AppealRuling) -> list[tuple[str, Ruling]]:
    """Turn what an upheld appeal changes into rulings, and make sure that they help the agent."""
    if not ruling.upheld:
        if ruling.changes:
            raise InvalidRequestError(Refusal.NO_CHANGE)
        return []
    wanted = ruling.changes or ((AppealChange(row.rule_id),) if row.rule_id else ())
    if not wanted:
        raise InvalidRequestError(Refusal.OUTCOME_MISSING)
    changes = [(one.rule_id, _as_ruling(one, ruling.answer)) for one in wanted]
    for rule_id, change in changes:
        line = card.line(rule_id)
        if line is None or (row.rule_id is not None and rule_id != row.rule_id):
            raise InvalidRequestError(Refusal.NOT_OF_APPEAL)
        check_ruling(line.line, change)
        if line.outcome is not Outcome.VIOLATED:
            raise InvalidRequestError(Refusal.NOT_A_FLAG)
    _require_better(card, changes)
    return changes


def _as_ruling(change: AppealChange, answer: str) -> Ruling:
    if change.points is None:
        return Ruling(FlagAction.REJECT, reason=answer)
    return Ruling(FlagAction.CHANGE, Outcome.VIOLATED, change.points, answer)


def _require_better(card: ReviewedCard, changes: Sequence[tuple[str, Ruling]]) -> None:
    """Make sure that every change takes less from the agent than before, and none takes more."""
    decisions = [decision for line in card.lines for decision in line.history]
    added = [_as_decision(card, rule_id, change) for rule_id, change in changes]
    after = effective_card(card.card, [*decisions, *added])
    for rule_id, _ in changes:
        old, new = card.line(rule_id), after.line(rule_id)
        if old is None or new is None or (new.points > old.points and not old.fails_call):
            raise InvalidRequestError(Refusal.SCORE_WOULD_FALL)
        same = (old.outcome, old.points, old.fails_call)
        if same == (new.outcome, new.points, new.fails_call):
            raise InvalidRequestError(Refusal.NO_CHANGE)
    if after.score < card.score:
        raise InvalidRequestError(Refusal.SCORE_WOULD_FALL)


def _as_decision(card: ReviewedCard, rule_id: str, ruling: Ruling) -> FlagDecision:
    """Write a ruling as the decision that it would be, to see what would follow."""
    return FlagDecision(
        decision_id=0,
        call_id=card.card.call_id,
        scorecard_id=0,
        rule_id=rule_id,
        action=ruling.action,
        outcome=ruling.outcome,
        points=ruling.points,
        reason=ruling.reason,
        decided_by=0,
        decided_at=datetime.min,
        appeal_id=None,
    )


def _row(session: Session, appeal_id: int) -> AppealRow:
    row = session.get(AppealRow, appeal_id)
    if row is None:
        raise NotFoundError("appeal", str(appeal_id))
    return row


def _current(session: Session, row: AppealRow) -> Appeal:
    return as_appeal(row, session.get(AppealStepRow, row.appeal_id))


def _add_step(
    session: Session, row: AppealRow, state: AppealState, answer: str, user: User, now: datetime
) -> None:
    session.execute(
        insert(AppealStepRow).values(
            appeal_id=row.appeal_id,
            state=state.value,
            answer=answer,
            done_by=user.user_id,
            done_at=now,
        )
    )


def list_appeals(
    session: Session,
    scope: Scope,
    *,
    only_open: bool = True,
    before: int | None = None,
    limit: int = 50,
) -> list[AppealLine]:
    """List appeals within a scope: open ones the oldest first, else all, the newest first.

    Args:
        before: number of the last appeal of the page before (open ones: listed after it).
    """
    form, values = form_of_scope(scope)
    values |= {"most": limit} if before is None else {"most": limit, "before": before}
    rows = session.execute(_listed(form, only_open, before is not None), values)
    return [AppealLine(as_appeal(row, step), agent_id) for row, step, agent_id in rows]


@lru_cache(maxsize=64)
def _listed(
    scope: Scope, only_open: bool, is_later: bool
) -> Select[AppealRow, AppealStepRow | None, str | None]:
    wanted = _appeals(scope).where(is_open_to(scope, AppealRow.call_id))
    number = AppealRow.appeal_id
    if only_open:
        wanted = wanted.where(AppealStepRow.appeal_id.is_(None)).order_by(number)
        wanted = wanted.where(number > bindparam("before")) if is_later else wanted
    else:
        wanted = wanted.order_by(number.desc())
        wanted = wanted.where(number < bindparam("before")) if is_later else wanted
    return wanted.limit(bindparam("most"))


def count_hidden(session: Session, scope: Scope, *, only_open: bool = True) -> int:
    """Count the appeals that `list_appeals` leaves out, as the reader still labels their calls."""
    if not scope.closed:
        return 0
    wanted = _appeals(scope).where(AppealRow.call_id.in_(sorted(scope.closed)))
    if only_open:
        wanted = wanted.where(AppealStepRow.appeal_id.is_(None))
    found = wanted.with_only_columns(func.count(AppealRow.appeal_id))
    return session.execute(found).scalar_one()


def find_appeal(session: Session, scope: Scope, appeal_id: int) -> AppealLine:
    """Load one appeal.

    Raises:
        NotFoundError: no such appeal in the scope.
    """
    found = session.execute(_appeals(scope).where(AppealRow.appeal_id == appeal_id)).one_or_none()
    if found is None:
        raise NotFoundError("appeal", str(appeal_id))
    require_not_closed(scope, found[0].call_id)
    return AppealLine(as_appeal(found[0], found[1]), found[2])


def may_decide(user: User, review: CallReview, agent_id: str | None) -> bool:
    """Whether a person is one who may decide appeals against this call, rights aside."""
    is_own = agent_id is not None and user.agent_id == agent_id
    return not is_own and user.user_id not in people_who_decided(review)


def _appeals(scope: Scope) -> Select[AppealRow, AppealStepRow | None, str | None]:
    step = AppealStepRow.appeal_id == AppealRow.appeal_id
    if scope.everything or scope.agent_id is None or scope.teams:
        return (
            select(AppealRow, AppealStepRow, CallRow.agent_id)
            .join(CallRow, CallRow.call_id == AppealRow.call_id)
            .outerjoin(AppealStepRow, step)
            .where(agent_in_scope(scope, CallRow.agent_id))
        )
    # One agent's: an index has the ids of their calls; the calls' own table is far larger.
    return (
        select(AppealRow, AppealStepRow, CallStatusRow.agent_id)
        .join(CallStatusRow, CallStatusRow.call_id == AppealRow.call_id)
        .outerjoin(AppealStepRow, step)
        .where(CallStatusRow.agent_id == scope.agent_id)
    )
