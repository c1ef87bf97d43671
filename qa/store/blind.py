"""Who still has to label which calls, and so sees nothing that anybody found of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from sqlalchemy import Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from qa.records import Right, Scope, User
from qa.review.rights import rights_of, scope_of
from qa.store.convert import chunks
from qa.store.label_sets import CLOSE, HAND_IN
from qa.store.tables import CallRow
from qa.store.tables_labels import LabelSetRow, LabelStepRow, LabelTaskRow


def open_scope(session: Session, user: User) -> Scope:
    """Say whose calls a person may see, and which of them are closed to them for now.

    The one place that says so: every request and every move of a person begins with it.
    """
    scope = scope_of(user)
    if Right.REVIEW not in rights_of(user):  # nobody else is given calls to label
        return scope
    return replace(scope, closed=closed_calls(session, user.user_id))


def closed_calls(session: Session, user_id: int) -> frozenset[str]:
    """List the calls that a person still has to label apart from the machine's result.

    A call may be reached under an earlier id of its own: every call of the recording counts.
    """
    unfinished = session.scalars(_unfinished_sets(), {"user_id": user_id}).all()
    if not unfinished:
        return frozenset()
    own = (LabelTaskRow.user_id == user_id, LabelTaskRow.set_id.in_(unfinished))
    drawn, same = aliased(CallRow), aliased(CallRow)
    others = session.scalars(
        select(same.call_id)
        .join(drawn, drawn.recording_id == same.recording_id)
        .join(LabelTaskRow, LabelTaskRow.call_id == drawn.call_id)
        .where(*own)
    )
    return frozenset(others) | frozenset(session.scalars(select(LabelTaskRow.call_id).where(*own)))


def blind_times(
    session: Session, call_ids: Sequence[str]
) -> dict[tuple[str, int], list[tuple[datetime, datetime | None]]]:
    """Find from when until when people had calls to label blind; the end is None while they have.

    Returns:
        By call and user id; those who never had are left out.
    """
    drawn, same = aliased(CallRow), aliased(CallRow)
    mine = and_(LabelStepRow.action == HAND_IN, LabelStepRow.done_by == LabelTaskRow.user_id)
    over = (
        select(func.min(LabelStepRow.done_at))
        .where(LabelStepRow.set_id == LabelTaskRow.set_id, or_(LabelStepRow.action == CLOSE, mine))
        .correlate(LabelTaskRow)
        .scalar_subquery()
    )
    found: dict[tuple[str, int], list[tuple[datetime, datetime | None]]] = {}
    for ids in chunks(call_ids):
        rows = session.execute(
            select(same.call_id, LabelTaskRow.user_id, LabelSetRow.made_at, over)
            .select_from(LabelTaskRow)
            .join(LabelSetRow, LabelSetRow.set_id == LabelTaskRow.set_id)
            .join(drawn, drawn.call_id == LabelTaskRow.call_id)
            .join(same, same.recording_id == drawn.recording_id)
            .where(same.call_id.in_(ids))
        )
        for call_id, user_id, since, until in rows:
            found.setdefault((call_id, user_id), []).append((since, until))
    return found


# Kept, for every request asks, and it takes longer to put together than to run.
@cache
def _unfinished_sets() -> Select[int]:
    """Select the sets of a person that are neither handed in by them nor closed."""
    tasks, steps = LabelTaskRow.__table__.c, LabelStepRow.__table__.c
    handed_in = and_(steps.action == HAND_IN, steps.done_by == bindparam("user_id"))
    over = exists().where(steps.set_id == tasks.set_id, or_(steps.action == CLOSE, handed_in))
    return select(tasks.set_id).where(tasks.user_id == bindparam("user_id"), ~over).distinct()
