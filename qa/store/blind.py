"""Who still has to label which calls, and so sees nothing that anybody found of them."""

from functools import cache

from sqlalchemy import BindParameter, Select, bindparam, or_, select
from sqlalchemy.orm import Session

from qa.store.label_sets import find_set
from qa.store.tables import CallRow
from qa.store.tables_labels import LabelTaskRow


def is_blind_to(session: Session, user_id: int, call_id: str) -> bool:
    """Whether a person still has this call to label apart from the machine's result.

    A call may be reached under an earlier id of its own: every call of the recording counts.
    """
    found = session.scalars(_sets_with_call(), {"call_id": call_id, "user_id": user_id}).all()
    return any(_is_unfinished(session, set_id, user_id) for set_id in found)


@cache
def _sets_with_call() -> Select[int]:
    calls, tasks = CallRow.__table__.c, LabelTaskRow.__table__.c
    wanted: BindParameter[str] = bindparam("call_id")
    sound = select(calls.recording_id).where(calls.call_id == wanted).scalar_subquery()
    same = select(calls.call_id).where(calls.recording_id == sound)
    return (
        select(tasks.set_id)
        .where(
            or_(tasks.call_id == wanted, tasks.call_id.in_(same)),
            tasks.user_id == bindparam("user_id"),
        )
        .distinct()
    )


def calls_hidden_from(session: Session, user_id: int) -> Select[str] | None:
    """Select the ids of all calls that a person still has to label, earlier ids included.

    Returns:
        None where there are none, which is the rule: a list then asks nothing more.
    """
    rows = session.scalars(
        select(LabelTaskRow.set_id).where(LabelTaskRow.user_id == user_id).distinct()
    ).all()
    unfinished = [set_id for set_id in rows if _is_unfinished(session, set_id, user_id)]
    if not unfinished:
        return None
    tasks = select(LabelTaskRow.call_id).where(
        LabelTaskRow.user_id == user_id, LabelTaskRow.set_id.in_(unfinished)
    )
    sounds = select(CallRow.recording_id).where(CallRow.call_id.in_(tasks))
    return select(CallRow.call_id).where(CallRow.recording_id.in_(sounds))


def _is_unfinished(session: Session, set_id: int, user_id: int) -> bool:
    found = find_set(session, set_id)
    return found.is_open and user_id not in found.handed_in
