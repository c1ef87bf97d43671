"""Released calls that turn out to be another agent's: reviewed anew, told to whom they concern.

A release is a word to one agent, with a time to appeal. Whom the call is given to afterwards never
had either, so that the release holds for them no more than a call nobody looked at.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from qa.records import ReviewState
from qa.review.appeals import ReleaseAction
from qa.store.audit import audit
from qa.store.messages import MessageKind, tell_agent_named
from qa.store.review_rows import load_reviews
from qa.store.tables import CallRow
from qa.store.tables_review import MessageRow, ReleaseRow


def reopen_moved(session: Session, call_ids: Sequence[str], now: datetime) -> list[str]:
    """Open released calls again whose agent is not the one who was told; harmless to repeat.

    What people decided of their flags stays; only the release falls, and the earlier agent is told.
    A call under appeal waits until that is decided. One that is nobody's by now stays as it is: it
    counts for nobody.

    Args:
        call_ids: at most `CHUNK`.

    Returns:
        The calls that were opened.
    """
    released = select(ReleaseRow.call_id).where(ReleaseRow.call_id.in_(call_ids))
    calls = select(CallRow.call_id, CallRow.agent_id).where(CallRow.call_id.in_(released))
    agents = {row[0]: row[1] for row in session.execute(calls) if row[1] is not None}
    told = _told(session, list(agents))
    moved = [call_id for call_id, agent in agents.items() if told.get(call_id) != agent]
    opened = []
    for call_id, review in load_reviews(session, moved, now).items():
        if review.release is None or review.state is ReviewState.APPEALED:
            continue
        step = {"action": ReleaseAction.REOPEN.value, "score": review.score, "done_at": now}
        card = {"call_id": call_id, "scorecard_id": review.current_id}
        session.execute(insert(ReleaseRow).values(**card, **step))
        if call_id in told:
            tell_agent_named(session, MessageKind.CALL_MOVED, told[call_id], call_id, now)
        details = {"from": told.get(call_id, ""), "to": agents[call_id]}
        audit(session, None, "review.moved", "call", call_id, details)
        opened.append(call_id)
    return opened


def _told(session: Session, call_ids: Sequence[str]) -> dict[str, str]:
    """Read to whom each call was released last, by call id."""
    last = (
        select(func.max(MessageRow.message_id))
        .where(
            MessageRow.call_id.in_(call_ids),
            MessageRow.kind == MessageKind.CALL_RELEASED.value,
        )
        .group_by(MessageRow.call_id)
    )
    rows = session.scalars(select(MessageRow).where(MessageRow.message_id.in_(last)))
    return {row.call_id: row.agent_id for row in rows if row.call_id and row.agent_id}
