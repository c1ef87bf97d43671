"""Deleting recordings: who may ask, who approves, what stands against it; all of it is added.

Nothing is removed here: `erasing.py` does what was approved, once the file itself was looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from qa.errors import NotFoundError
from qa.records import ReviewState, Right, Scope, User
from qa.refusals import InvalidRequestError, NotAllowedError, Refusal, TransitionError
from qa.review.appeals import require_other_person
from qa.review.events import EventAction
from qa.review.reviewing import check_text
from qa.review.rights import rights_of, scope_of
from qa.store.audit import Detail, audit
from qa.store.scope import agent_in_scope, require_call
from qa.store.tables import CallRow, RecordingRow
from qa.store.tables_archive import (
    DeletionRow,
    DeletionStepRow,
    EmptyProofRow,
    TombstoneRow,
)
from qa.store.tables_events import EventRow, EventStepRow
from qa.store.tables_fines import ChargeRow, FineEntryRow
from qa.store.tables_labels import LabelRow, LabelTaskRow
from qa.store.tables_review import CallStatusRow, SpotCheckResultRow, SpotCheckRow


class DeletionKind(StrEnum):
    """Why a recording may go."""

    EMPTY = "empty"
    """Nothing is said in it: proved now, and again on the file before it goes."""
    REQUEST = "request"
    """For a reason, approved by another person."""


class DeletionState(StrEnum):
    """Where a deletion stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    ERASING = "erasing"
    """The tombstone stands; files are being removed."""
    REFUSED = "refused"
    """The program would not: it is not empty, or still needed."""
    FAILED = "failed"
    """A file could not be removed; it is tried again (`retrying.py`)."""
    RETRY = "retry"
    """Somebody asked that it be tried at once."""
    DONE = "done"


TO_DO = (DeletionState.APPROVED, DeletionState.ERASING, DeletionState.FAILED, DeletionState.RETRY)
OPEN = (DeletionState.REQUESTED, *TO_DO)
_EVENT_OVER = (
    *(EventAction.CLOSE.value, EventAction.ADOPT.value),
    *(EventAction.DISMISS.value, EventAction.GONE.value),
)


class Block(StrEnum):
    """What still needs a recording."""

    REVIEW = "review"
    SPOT_CHECK = "spot_check"
    FINE = "fine"
    EVENT = "event"
    LABEL = "label"


@dataclass(frozen=True, slots=True)
class Deletion:
    """A request and where it stands.

    Attributes:
        decided_by: who approved or rejected it; for an empty one who asked.
        note: of the last step.
    """

    deletion_id: int
    recording_id: str
    call_id: str
    kind: DeletionKind
    reason: str
    requested_by: int
    requested_at: datetime
    state: DeletionState
    decided_by: int | None
    changed_at: datetime
    note: str


def blocks_of(session: Session, recording_id: str) -> tuple[Block, ...]:
    """Say what still needs a recording, of all calls that it belongs to."""
    calls = select(CallRow.call_id).where(CallRow.recording_id == recording_id)
    over = (ReviewState.CLEAN.value, ReviewState.FINAL.value)
    last = select(func.max(EventStepRow.step_id)).group_by(EventStepRow.event_id)
    closed = select(EventStepRow.event_id).where(
        EventStepRow.step_id.in_(last), EventStepRow.action.in_(_EVENT_OVER)
    )
    taken_back = select(FineEntryRow.reverses).where(FineEntryRow.reverses.is_not(None))
    checks = {
        Block.REVIEW: select(CallStatusRow.call_id).where(
            CallStatusRow.call_id.in_(calls), CallStatusRow.state.not_in(over)
        ),
        Block.SPOT_CHECK: select(SpotCheckRow.check_id).where(
            SpotCheckRow.call_id.in_(calls),
            SpotCheckRow.check_id.not_in(select(SpotCheckResultRow.check_id)),
        ),
        Block.FINE: select(FineEntryRow.entry_id).where(
            FineEntryRow.call_id.in_(calls),
            FineEntryRow.reverses.is_(None),
            FineEntryRow.entry_id.not_in(taken_back),
        ),
        Block.EVENT: select(EventRow.event_id).where(
            EventRow.call_id.in_(calls), EventRow.event_id.not_in(closed)
        ),
        Block.LABEL: select(LabelTaskRow.task_id).where(
            LabelTaskRow.call_id.in_(calls),
            ~exists().where(
                LabelRow.set_id == LabelTaskRow.set_id,
                LabelRow.call_id == LabelTaskRow.call_id,
                LabelRow.labelled_by == LabelTaskRow.user_id,
            ),
        ),
    }
    found = [block for block, wanted in checks.items() if session.scalar(wanted.limit(1))]
    confirmed = session.scalar(
        select(func.count())
        .select_from(CallStatusRow)
        .where(CallStatusRow.call_id.in_(calls), CallStatusRow.confirmed_fines > 0)
    )
    charged = session.scalar(
        select(ChargeRow.charge_id).where(ChargeRow.call_id.in_(calls)).limit(1)
    )
    if (confirmed or charged) and Block.FINE not in found:
        found.append(Block.FINE)
    return tuple(found)


def request_deletion(
    session: Session,
    user: User,
    call_id: str,
    reason: str,
    *,
    now: datetime,
    empty: bool = False,
    min_reason: int = 10,
) -> Deletion:
    """Ask that the recording of a call be deleted; one that is proved empty needs no approver.

    Args:
        empty: it is asked for as proved empty; the proof must stand already, and is repeated on
            the file before it goes.
        min_reason: shortest reason, characters; an empty one needs none.

    Raises:
        NotAllowedError: no right, one's own call, or it is not proved empty.
        NotFoundError: no such call in the person's scope.
        InvalidRequestError: the reason is too short or too long.
        TransitionError: there is no recording, a request stands already, or it is still needed.
    """
    if Right.REQUEST_DELETION not in rights_of(user):
        raise NotAllowedError(Refusal.NO_RIGHT)
    scope = scope_of(user)
    require_call(session, scope, call_id)
    recording_id = _recording_of(session, scope, user, call_id)
    reason = reason.strip() if empty else check_text(reason, min_length=min_reason)
    if len(reason) > 2000:
        raise InvalidRequestError(Refusal.TEXT_TOO_LONG)
    proof = latest_proof(session, recording_id)
    if empty and (proof is None or not proof.is_empty):
        raise NotAllowedError(Refusal.NOT_EMPTY)
    if blocks_of(session, recording_id):
        raise TransitionError(Refusal.STILL_NEEDED)
    row = DeletionRow(
        recording_id=recording_id,
        call_id=call_id,
        kind=(DeletionKind.EMPTY if empty else DeletionKind.REQUEST).value,
        reason=reason,
        proof_id=proof.proof_id if empty and proof else None,
        requested_by=user.user_id,
        requested_at=now,
    )
    session.add(row)
    session.flush()
    state = DeletionState.APPROVED if empty else DeletionState.REQUESTED
    add_step(session, row.deletion_id, state, user, now=now)
    details: dict[str, Detail] = {"call": call_id, "kind": row.kind, "recording": recording_id}
    audit(session, user, "archive.request_deletion", "deletion", str(row.deletion_id), details)
    return find_deletion(session, scope, row.deletion_id)


def decide_deletion(
    session: Session,
    user: User,
    deletion_id: int,
    *,
    approve: bool,
    note: str,
    now: datetime,
) -> Deletion:
    """Approve or reject what somebody else asked for; one decision counts.

    Raises:
        NotAllowedError: no right, or it is one's own request or call.
        NotFoundError: no such request in the person's scope.
        InvalidRequestError: a rejection without a reason.
        TransitionError: it was decided meanwhile, or the recording is still needed.
    """
    if Right.APPROVE_DELETION not in rights_of(user):
        raise NotAllowedError(Refusal.NO_RIGHT)
    deletion = held_deletion(session, user, deletion_id)
    if deletion.requested_by == user.user_id:
        raise NotAllowedError(Refusal.OWN_REQUEST)
    require_other_person(user, session.get_one(CallRow, deletion.call_id).agent_id)
    if deletion.state is not DeletionState.REQUESTED:
        raise TransitionError(Refusal.DELETION_DECIDED)
    if approve and blocks_of(session, deletion.recording_id):
        raise TransitionError(Refusal.STILL_NEEDED)
    note = check_text(note, min_length=0 if approve else 2)
    state = DeletionState.APPROVED if approve else DeletionState.REJECTED
    add_step(session, deletion_id, state, user, now=now, note=note)
    details: dict[str, Detail] = {"call": deletion.call_id, "recording": deletion.recording_id}
    action = "archive.approve_deletion" if approve else "archive.reject_deletion"
    audit(session, user, action, "deletion", str(deletion_id), details)
    return find_deletion(session, scope_of(user), deletion_id)


def withdraw_deletion(session: Session, user: User, deletion_id: int, *, now: datetime) -> Deletion:
    """Take one's own request back, as long as nobody decided it.

    Raises:
        NotAllowedError: no right to ask for deletions.
        NotFoundError: no such request in the person's scope.
        TransitionError: it is somebody else's, or was decided meanwhile.
    """
    if Right.REQUEST_DELETION not in rights_of(user):
        raise NotAllowedError(Refusal.NO_RIGHT)
    deletion = held_deletion(session, user, deletion_id)
    if deletion.requested_by != user.user_id:
        raise TransitionError(Refusal.NOT_ASSIGNED)
    if deletion.state is not DeletionState.REQUESTED:
        raise TransitionError(Refusal.DELETION_DECIDED)
    add_step(session, deletion_id, DeletionState.WITHDRAWN, user, now=now)
    audit(session, user, "archive.withdraw_deletion", "deletion", str(deletion_id), {})
    return find_deletion(session, scope_of(user), deletion_id)


def list_deletions(
    session: Session,
    scope: Scope,
    *,
    states: Sequence[DeletionState] = (),
    limit: int = 200,
) -> list[Deletion]:
    """List deletions of calls within a scope, the newest first."""
    wanted = _deletions().where(agent_in_scope(scope, CallRow.agent_id))
    if states:
        wanted = wanted.where(DeletionStepRow.state.in_([state.value for state in states]))
    rows = session.execute(wanted.order_by(DeletionRow.deletion_id.desc()).limit(limit))
    return [_deletion(session, row, step) for row, step in rows]


def find_deletion(session: Session, scope: Scope, deletion_id: int) -> Deletion:
    """Load one deletion.

    Raises:
        NotFoundError: none in the scope.
    """
    found = session.execute(
        _deletions().where(
            DeletionRow.deletion_id == deletion_id, agent_in_scope(scope, CallRow.agent_id)
        )
    ).first()
    if found is None:
        raise NotFoundError("deletion", str(deletion_id))
    return _deletion(session, *found)


def latest_proof(session: Session, recording_id: str) -> EmptyProofRow | None:
    """Find what was last proved of a recording."""
    return session.scalar(
        select(EmptyProofRow)
        .where(EmptyProofRow.recording_id == recording_id)
        .order_by(EmptyProofRow.proof_id.desc())
        .limit(1)
    )


def add_step(
    session: Session,
    deletion_id: int,
    state: DeletionState,
    user: User | None,
    *,
    now: datetime,
    note: str = "",
) -> None:
    """Add a step; of two that come at once one fails, for a place holds one step only."""
    last = session.scalar(
        select(func.max(DeletionStepRow.position)).where(DeletionStepRow.deletion_id == deletion_id)
    )
    session.add(
        DeletionStepRow(
            deletion_id=deletion_id,
            position=(last or 0) + 1,
            state=state.value,
            done_by=user.user_id if user else None,
            done_at=now,
            note=note,
        )
    )
    session.flush()


def _recording_of(session: Session, scope: Scope, user: User, call_id: str) -> str:
    """Find and hold the recording of a call; all its calls must be the person's to decide on."""
    recording_id = session.get_one(CallRow, call_id).recording_id
    if recording_id is None:
        raise TransitionError(Refusal.NO_RECORDING)
    session.execute(
        select(RecordingRow.recording_id)
        .where(RecordingRow.recording_id == recording_id)
        .with_for_update()
    )
    if session.get(TombstoneRow, recording_id) is not None:
        raise TransitionError(Refusal.NO_RECORDING)
    of_it = session.scalars(select(CallRow).where(CallRow.recording_id == recording_id)).all()
    for call in of_it:
        require_call(session, scope, call.call_id)
        require_other_person(user, call.agent_id)
    others = list_deletions(session, Scope(everything=True), states=OPEN, limit=10_000)
    if any(one.recording_id == recording_id for one in others):
        raise TransitionError(Refusal.DELETION_OPEN)
    return recording_id


def held_deletion(session: Session, user: User, deletion_id: int) -> Deletion:
    """Load a deletion and keep others from it until the transaction ends."""
    session.execute(
        select(DeletionRow.deletion_id)
        .where(DeletionRow.deletion_id == deletion_id)
        .with_for_update()
    )
    return find_deletion(session, scope_of(user), deletion_id)


def _deletions() -> Select[DeletionRow, DeletionStepRow]:
    """Select deletions, each with its last step."""
    later = aliased(DeletionStepRow)
    last = (
        select(func.max(later.position))
        .where(later.deletion_id == DeletionRow.deletion_id)
        .correlate(DeletionRow)
        .scalar_subquery()
    )
    return (
        select(DeletionRow, DeletionStepRow)
        .join(DeletionStepRow, DeletionStepRow.deletion_id == DeletionRow.deletion_id)
        .join(CallRow, CallRow.call_id == DeletionRow.call_id)
        .where(DeletionStepRow.position == last)
    )


def _deletion(session: Session, row: DeletionRow, step: DeletionStepRow) -> Deletion:
    decided = (DeletionState.APPROVED.value, DeletionState.REJECTED.value)
    by = session.scalar(
        select(DeletionStepRow.done_by)
        .where(DeletionStepRow.deletion_id == row.deletion_id, DeletionStepRow.state.in_(decided))
        .limit(1)
    )
    return Deletion(
        deletion_id=row.deletion_id,
        recording_id=row.recording_id,
        call_id=row.call_id,
        kind=DeletionKind(row.kind),
        reason=row.reason,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        state=DeletionState(step.state),
        decided_by=by,
        changed_at=step.done_at,
        note=step.note,
    )
