"""Who still has to label which calls, and so sees nothing that anybody found of them."""

from dataclasses import replace
from functools import cache

from sqlalchemy import Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session, aliased

from qa.records import Right, Scope, User
from qa.review.rights import rights_of, scope_of
from qa.store.label_sets import CLOSE, HAND_IN
from qa.store.tables import CallRow
from qa.store.tables_labels import LabelStepRow, LabelTaskRow


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


# Kept, for every request asks, and it takes longer to put together than to run.
@cache
def _unfinished_sets() -> Select[int]:
    """Select the sets of a person that are neither handed in by them nor closed."""
    tasks, steps = LabelTaskRow.__table__.c, LabelStepRow.__table__.c
    handed_in = and_(steps.action == HAND_IN, steps.done_by == bindparam("user_id"))
    over = exists().where(steps.set_id == tasks.set_id, or_(steps.action == CLOSE, handed_in))
    return select(tasks.set_id).where(tasks.user_id == bindparam("user_id"), ~over).distinct()
