"""Labels: what people find of calls apart from the machine; handed in, closed, and then counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import Right, User
from qa.refusals import InvalidRequestError, NotAllowedError, Refusal, TransitionError
from qa.review.reviewing import MAX_TEXT
from qa.review.rights import rights_of
from qa.store.audit import Detail, audit
from qa.store.convert import chunks
from qa.store.label_sets import (
    CLOSE,
    HAND_IN,
    LabelSet,
    SetDraft,
    add_file_set,
    find_set,
    find_task,
    tasks_of,
)
from qa.store.tables import CallRow
from qa.store.tables_labels import LabelRow, LabelSetRow, LabelStepRow
from qa.types import Outcome


@dataclass(frozen=True, slots=True)
class Label:
    """What a person found of one rule on one call; `labelled_by` is None for the operator."""

    call_id: str
    rule_id: str
    outcome: Outcome
    note: str
    labelled_by: int | None


@dataclass(frozen=True, slots=True)
class FileLabel:
    """A label as a file gives it."""

    call_id: str
    rule_id: str
    outcome: Outcome


def put_labels(
    session: Session,
    user: User,
    place: tuple[int, int],
    outcomes: Mapping[str, tuple[Outcome, str]],
    now: datetime,
) -> None:
    """Keep what a person found of a call; later ones replace earlier ones until handed in.

    Args:
        place: number of the set, and position of the call in it.
        outcomes: by rule id, with a note that may be empty; rules left out are left as they were.

    Raises:
        NotFoundError: it is not their task.
        NotAllowedError: they may not review.
        TransitionError: it is handed in, or the set is closed.
        InvalidRequestError: a rule that the set does not ask for, or too long a note.
    """
    set_id, position = place
    task = find_task(session, user, set_id, position)
    _require_open(session, user, _held(session, set_id))
    asked = set(find_set(session, set_id).rules)
    if not outcomes or not outcomes.keys() <= asked:
        raise InvalidRequestError(Refusal.NOTHING_TO_DRAW)
    known = {
        label.rule_id: label
        for label in labels_of(session, set_id, person=user.user_id)
        if label.call_id == task.call_id
    }
    rows = []
    for rule_id, (outcome, note) in outcomes.items():
        if len(note) > MAX_TEXT:
            raise InvalidRequestError(Refusal.TEXT_TOO_LONG)
        before = known.get(rule_id)
        if before is None or (before.outcome, before.note) != (outcome, note.strip()):
            rows.append(_row(set_id, task.call_id, rule_id, outcome, (note, user.user_id, now)))
    if rows:
        session.connection().execute(insert(LabelRow), rows)


def hand_in(session: Session, user: User, set_id: int, now: datetime) -> LabelSet:
    """Finish a person's labels of a set; from then on they stay as they are.

    Raises:
        NotFoundError: they have no task in it.
        TransitionError: they handed in before, or the set is closed.
        InvalidRequestError: a label is missing.
    """
    tasks = tasks_of(session, set_id, user.user_id)
    if not tasks:
        raise NotFoundError("label set", str(set_id))
    found = _held(session, set_id)
    _require_open(session, user, found)
    done = {(one.call_id, one.rule_id) for one in labels_of(session, set_id, person=user.user_id)}
    if any((task.call_id, rule) not in done for task in tasks for rule in found.rules):
        raise InvalidRequestError(Refusal.LABELS_MISSING)
    session.add(LabelStepRow(set_id=set_id, action=HAND_IN, done_by=user.user_id, done_at=now))
    session.flush()
    details: dict[str, Detail] = {"labels": len(done)}
    audit(session, user, "labels.hand_in", "label_set", str(set_id), details)
    return find_set(session, set_id)


def close_set(session: Session, user: User | None, set_id: int, now: datetime) -> LabelSet:
    """Close a set before everybody has handed in: what there is counts, and is shown.

    Raises:
        NotAllowedError: only who may draw sets closes them.
        NotFoundError: there is none.
        TransitionError: it is closed.
    """
    if user is not None and Right.PUBLISH_RULES not in rights_of(user):
        raise NotAllowedError(Refusal.NO_RIGHT)
    found = _held(session, set_id)
    if found.closed_at is not None:
        raise TransitionError(Refusal.SET_CLOSED)
    by = user.user_id if user else None
    session.add(LabelStepRow(set_id=set_id, action=CLOSE, done_by=by, done_at=now))
    session.flush()
    waiting = len(set(found.people) - found.handed_in)
    audit(session, user, "labels.close", "label_set", str(set_id), {"waiting": waiting})
    return find_set(session, set_id)


def add_labels(
    session: Session,
    user: User | None,
    draft: SetDraft,
    labels: Sequence[FileLabel],
    now: datetime,
) -> tuple[LabelSet, int]:
    """Keep the labels of a file as a set of their own.

    Returns:
        The set, and how many labels were left out since there is no such call.

    Raises:
        NotAllowedError: see `add_file_set`.
        InvalidRequestError: none of the calls is there.
    """
    known: set[str] = set()
    for ids in chunks(sorted({one.call_id for one in labels})):
        known |= set(session.scalars(select(CallRow.call_id).where(CallRow.call_id.in_(ids))))
    usable = [one for one in labels if one.call_id in known]
    if not usable:
        raise InvalidRequestError(Refusal.NOTHING_TO_DRAW)
    set_id = add_file_set(session, user, draft, now)
    by = user.user_id if user else None
    rows = [_row(set_id, one.call_id, one.rule_id, one.outcome, ("", by, now)) for one in usable]
    session.connection().execute(insert(LabelRow), rows)
    audit(session, user, "labels.add", "label_set", str(set_id), {"labels": len(rows)})
    return find_set(session, set_id), len(labels) - len(usable)


def labels_of(session: Session, set_id: int, *, person: int | None = None) -> list[Label]:
    """List the labels of a set that count: the last one of each person, call and rule.

    Args:
        person: only this user's.
    """
    wanted = select(LabelRow).where(LabelRow.set_id == set_id).order_by(LabelRow.label_id)
    if person is not None:
        wanted = wanted.where(LabelRow.labelled_by == person)
    last: dict[tuple[str, str, int | None], Label] = {}
    for row in session.scalars(wanted):
        label = Label(row.call_id, row.rule_id, Outcome(row.outcome), row.note, row.labelled_by)
        last[row.call_id, row.rule_id, row.labelled_by] = label
    return list(last.values())


def counted_labels(session: Session, found: LabelSet) -> list[Label]:
    """List the labels of a set whose result may be seen.

    While it is open there are none; of a closed one those count that were given by then.
    """
    return [] if found.is_open else labels_of(session, found.set_id)


def _row(
    set_id: int,
    call_id: str,
    rule_id: str,
    outcome: Outcome,
    signed: tuple[str, int | None, datetime],
) -> dict[str, object]:
    note, by, now = signed
    return {
        "set_id": set_id,
        "call_id": call_id,
        "rule_id": rule_id,
        "outcome": outcome.value,
        "note": note.strip(),
        "labelled_by": by,
        "labelled_at": now,
    }


def _held(session: Session, set_id: int) -> LabelSet:
    """Load a set and keep others from changing it until the transaction ends."""
    session.execute(
        select(LabelSetRow.set_id).where(LabelSetRow.set_id == set_id).with_for_update()
    )
    return find_set(session, set_id)


def _require_open(session: Session, user: User, found: LabelSet) -> None:
    if found.closed_at is not None:
        raise TransitionError(Refusal.SET_CLOSED)
    if user.user_id in found.handed_in:
        raise TransitionError(Refusal.HANDED_IN)
