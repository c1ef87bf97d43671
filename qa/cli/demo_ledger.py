"""The demo's ledger: one call is reviewed as the house would, so that there is a fine to follow."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qa.config import Settings
    from qa.store.store import Store

_CALL = "promise"
_REVIEWER = "head"


def demo_ledger(store: "Store", settings: "Settings") -> int:
    """Find events, review one call so long ago that its appeal window is over, book its fine.

    Returns:
        How many entries the ledger has.
    """
    from qa.batch.fines import book_due, follow_events
    from qa.store.fines import list_entries

    now = datetime.now(UTC)
    follow_events(store, settings, now)
    _review(store, now - timedelta(days=settings.review.appeal_days + 1))
    book_due(store, settings, now)
    with store.reading() as session:
        return len(list_entries(session))


def _review(store: "Store", at: datetime) -> None:
    """Confirm every violation of the call and release it, unless somebody has begun already."""
    from qa.errors import NotFoundError
    from qa.records import FlagAction, ReviewState, Scope
    from qa.store.accounts import user_by_login
    from qa.store.reviews import decide_flag, release_call, review_of

    with store.writing() as session:
        user = user_by_login(session, _REVIEWER)
        try:
            review = review_of(session, Scope(everything=True), _CALL, at)
        except NotFoundError:  # its recording could not be heard
            return
        if review.state is not ReviewState.OPEN:
            return
        number = review.current_id
        for line in review.card.lines:
            if line.must_be_decided:
                rule = line.line.rule_id
                decide_flag(session, user, _CALL, number, rule, FlagAction.CONFIRM, now=at)
        release_call(session, user, _CALL, number, now=at)
