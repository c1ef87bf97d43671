"""What people say became of promises; only ever added to."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import User
from qa.refusals import InvalidRequestError, Refusal
from qa.review.promises import PromiseState
from qa.review.reviewing import MAX_TEXT
from qa.store.audit import Detail, audit
from qa.store.reviews import hold_for_review
from qa.store.tables import PromiseRow, ScorecardRow
from qa.store.tables_reports import PromiseRulingRow


@dataclass(frozen=True, slots=True)
class PromisePlace:
    """Where a promise stands; milliseconds from the start of the recording."""

    call_id: str
    rule_id: str
    start_ms: int
    end_ms: int


def rule_promise(
    session: Session,
    user: User,
    place: PromisePlace,
    said: tuple[PromiseState | None, str],
    *,
    now: datetime,
) -> None:
    """Write down what a person says became of a promise.

    Args:
        said: the state, None to let the ticket's times count again; and why.

    Raises:
        NotAllowedError: the person may not review, or it is their own call.
        NotFoundError: there is no such promise in their scope.
        InvalidRequestError: the reason is missing or too long.
    """
    state, reason = said[0], said[1].strip()
    hold_for_review(session, user, place.call_id, now)
    if not reason:
        raise InvalidRequestError(Refusal.TEXT_MISSING)
    if len(reason) > MAX_TEXT:
        raise InvalidRequestError(Refusal.TEXT_TOO_LONG)
    wanted = (
        select(PromiseRow.position)
        .join(ScorecardRow, ScorecardRow.scorecard_id == PromiseRow.scorecard_id)
        .where(
            ScorecardRow.call_id == place.call_id,
            ScorecardRow.is_current.is_(True),
            PromiseRow.rule_id == place.rule_id,
            PromiseRow.start_ms == place.start_ms,
            PromiseRow.end_ms == place.end_ms,
        )
    )
    if session.execute(wanted).first() is None:
        raise NotFoundError("promise of call", place.call_id)
    session.execute(
        insert(PromiseRulingRow).values(
            call_id=place.call_id,
            rule_id=place.rule_id,
            start_ms=place.start_ms,
            end_ms=place.end_ms,
            state=state.value if state else None,
            reason=reason,
            ruled_by=user.user_id,
            ruled_at=now,
        )
    )
    details: dict[str, Detail] = {"rule": place.rule_id, "start_ms": place.start_ms}
    details["state"] = state.value if state else None
    audit(session, user, "promise.rule", "call", place.call_id, details)
