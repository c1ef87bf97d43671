"""Deletions whose files could not be removed: tried again less and less often, or when asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from qa.records import Right, User
from qa.refusals import NotAllowedError, Refusal, TransitionError
from qa.review.rights import rights_of, scope_of
from qa.store.audit import audit
from qa.store.convert import chunks
from qa.store.deletions import Deletion, DeletionState, add_step, find_deletion, held_deletion
from qa.store.tables_archive import DeletionStepRow

WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
    timedelta(days=1),
)
"""How long is waited after the first failure, the second and so on; the last holds for all more."""


@dataclass(frozen=True, slots=True)
class Failures:
    """How often the files of a deletion could not be removed since somebody last asked for it.

    Attributes:
        count: at least 1.
        since: the first of these failures.
        next_at: when the program tries again by itself.
    """

    count: int
    since: datetime
    next_at: datetime


def failures_of(session: Session, deletion_ids: Sequence[int]) -> dict[int, Failures]:
    """Find how often deletions failed; those whose last step is no failure are left out."""
    found: dict[int, list[datetime]] = {}
    for ids in chunks(deletion_ids):
        steps = session.execute(
            select(DeletionStepRow.deletion_id, DeletionStepRow.state, DeletionStepRow.done_at)
            .where(DeletionStepRow.deletion_id.in_(ids))
            .order_by(DeletionStepRow.deletion_id, DeletionStepRow.position)
        )
        for deletion_id, state, done_at in steps:
            if state == DeletionState.FAILED.value:
                found.setdefault(deletion_id, []).append(done_at)
            else:
                found.pop(deletion_id, None)
    return {
        deletion_id: Failures(
            len(times), times[0], times[-1] + WAITS[min(len(times), len(WAITS)) - 1]
        )
        for deletion_id, times in found.items()
    }


def due_now(session: Session, wanted: Sequence[Deletion], now: datetime) -> list[Deletion]:
    """Leave out the deletions that failed a short while ago."""
    failed = failures_of(session, [one.deletion_id for one in wanted])
    return [
        one
        for one in wanted
        if one.deletion_id not in failed or failed[one.deletion_id].next_at <= now
    ]


def retry_deletion(session: Session, user: User, deletion_id: int, *, now: datetime) -> Deletion:
    """Have the files of a deletion removed at the next look, and count failures anew.

    Raises:
        NotAllowedError: no right to ask for deletions.
        NotFoundError: no such deletion in the person's scope.
        TransitionError: it has not failed, or somebody asked for it meanwhile.
    """
    if Right.REQUEST_DELETION not in rights_of(user):
        raise NotAllowedError(Refusal.NO_RIGHT)
    deletion = held_deletion(session, user, deletion_id)
    if deletion.state is not DeletionState.FAILED:
        raise TransitionError(Refusal.DELETION_DECIDED)
    add_step(session, deletion_id, DeletionState.RETRY, user, now=now)
    audit(session, user, "archive.retry_deletion", "deletion", str(deletion_id), {})
    return find_deletion(session, scope_of(user), deletion_id)
