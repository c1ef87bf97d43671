"""Sets of calls that people label: made by drawing, listed, found; who has which task."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, case, func, insert, select
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import Right, User, UserRole
from qa.refusals import InvalidRequestError, NotAllowedError, Refusal
from qa.review.labelling import DrawnCall, Stratum, draw_calls, share_out
from qa.review.rights import rights_of
from qa.store.audit import Detail, audit
from qa.store.messages import MessageKind, tell_user
from qa.store.tables import CallRow, VerdictRow
from qa.store.tables_labels import LabelSetRow, LabelStepRow, LabelTaskRow
from qa.store.tables_people import UserRow
from qa.store.tables_review import CallStatusRow
from qa.types import Outcome

HAND_IN, CLOSE = "hand_in", "close"
MAX_CALLS = 2000
"""Of one set."""


class SetKind(StrEnum):
    """What a set is for."""

    SAMPLE = "sample"
    """Drawn by chance and shared out: what the machine missed."""
    CALIBRATION = "calibration"
    """Everybody labels every call: how far people agree."""
    FILE = "file"
    """Taken over from a file of labels."""


@dataclass(frozen=True, slots=True)
class SetDraft:
    """A set to be drawn.

    Attributes:
        rules: whose labels are wanted; they also make the strata.
        people: user ids of reviewers.
        size: calls, 1 to `MAX_CALLS`.
        twice: of a sample, the share of calls (0–1) that two people label.
        since, until: aware; calls that started at or after, and before.
    """

    kind: SetKind
    title: str
    ruleset_id: str
    ruleset_hash: str
    rules: tuple[str, ...]
    people: tuple[int, ...]
    size: int
    seed: str
    twice: float = 0.2
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LabelSet:
    """A set of calls that people label.

    Attributes:
        strata: how many calls each stratum had when they were drawn; empty for a file.
        people: who has tasks in it.
        handed_in: who of them has finished.
        closed_at: when it was closed; None while it is open.
    """

    set_id: int
    kind: SetKind
    title: str
    ruleset_id: str
    ruleset_hash: str
    rules: tuple[str, ...]
    strata: Mapping[str, int]
    seed: str
    since: datetime | None
    until: datetime | None
    made_by: int | None
    made_at: datetime
    calls: int
    people: tuple[int, ...]
    handed_in: frozenset[int]
    closed_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether results are still hidden: somebody has yet to hand in, and nobody closed it."""
        return self.closed_at is None and not set(self.people) <= self.handed_in


@dataclass(frozen=True, slots=True)
class Task:
    """A call that a person is to label."""

    set_id: int
    position: int
    call_id: str


def make_set(session: Session, user: User | None, draft: SetDraft, now: datetime) -> LabelSet:
    """Draw calls and give everybody their tasks.

    Nobody gets a call of their own. A calibration draws from all strata too, so that it is about
    more than clear cases, and everybody gets the same calls.

    Args:
        user: None for the program's own operator (the command line).

    Raises:
        NotAllowedError: the person may not draw; only who publishes rules may.
        InvalidRequestError: no such rules, people or calls.
    """
    if user is not None and Right.PUBLISH_RULES not in rights_of(user):
        raise NotAllowedError(Refusal.NO_RIGHT)
    people = _reviewers(session, draft.people)
    if not people or not draft.rules or not draft.title.strip() or draft.size < 1:
        raise InvalidRequestError(Refusal.NOTHING_TO_DRAW)
    populations, drawn = draw_calls(
        draft.seed, _strata(session, draft, people), min(draft.size, MAX_CALLS)
    )
    if not drawn:
        raise InvalidRequestError(Refusal.NOTHING_TO_DRAW)
    ids = sorted(people)
    if draft.kind is SetKind.CALIBRATION:
        tasks = [(call, person) for call in drawn for person in ids]
    else:
        tasks = share_out(drawn, ids, twice=draft.twice)
    set_id = _insert(session, user, draft, populations, now)
    _insert_tasks(session, set_id, tasks)
    for person in {person for _, person in tasks}:
        tell_user(session, MessageKind.LABELS_ASSIGNED, person, None, now)
    details: dict[str, Detail] = {
        "kind": draft.kind.value,
        "ruleset": draft.ruleset_id,
        "rules": " ".join(draft.rules)[:500],
        "calls": len(drawn),
        "people": len(people),
        "seed": draft.seed,
    }
    audit(session, user, "labels.draw", "label_set", str(set_id), details)
    return find_set(session, set_id)


def add_file_set(session: Session, user: User | None, draft: SetDraft, now: datetime) -> int:
    """Make the set that labels of a file belong to; it is closed at once, and has no tasks.

    Raises:
        NotAllowedError: only who publishes rules may bring in labels.
    """
    if user is not None and Right.PUBLISH_RULES not in rights_of(user):
        raise NotAllowedError(Refusal.NO_RIGHT)
    set_id = _insert(session, user, draft, {}, now)
    by = user.user_id if user else None
    session.add(LabelStepRow(set_id=set_id, action=CLOSE, done_by=by, done_at=now))
    session.flush()
    return set_id


def list_sets(
    session: Session, *, ruleset_id: str | None = None, person: int | None = None
) -> list[LabelSet]:
    """List sets, the newest first.

    Args:
        person: only those that this user has tasks in.
    """
    wanted = select(LabelSetRow).order_by(LabelSetRow.set_id.desc())
    if ruleset_id is not None:
        wanted = wanted.where(LabelSetRow.ruleset_id == ruleset_id)
    if person is not None:
        own = select(LabelTaskRow.set_id).where(LabelTaskRow.user_id == person)
        wanted = wanted.where(LabelSetRow.set_id.in_(own))
    return _load(session, list(session.scalars(wanted)))


def find_set(session: Session, set_id: int) -> LabelSet:
    """Load one set.

    Raises:
        NotFoundError: there is none.
    """
    row = session.get(LabelSetRow, set_id)
    if row is None:
        raise NotFoundError("label set", str(set_id))
    return _load(session, [row])[0]


def tasks_of(session: Session, set_id: int, user_id: int) -> list[Task]:
    """List a person's tasks in a set, in order of position; empty where they have none."""
    rows = session.execute(
        select(LabelTaskRow.position, LabelTaskRow.call_id)
        .where(LabelTaskRow.set_id == set_id, LabelTaskRow.user_id == user_id)
        .order_by(LabelTaskRow.position)
    )
    return [Task(set_id, row[0], row[1]) for row in rows]


def find_task(session: Session, user: User, set_id: int, position: int) -> Task:
    """Find a person's own task.

    Raises:
        NotFoundError: it is nobody's, or somebody else's.
        NotAllowedError: the person may no longer review.
    """
    if Right.REVIEW not in rights_of(user):
        raise NotAllowedError(Refusal.NO_RIGHT)
    for task in tasks_of(session, set_id, user.user_id):
        if task.position == position:
            return task
    raise NotFoundError("label task", f"{set_id}/{position}")


def _reviewers(session: Session, wanted: Sequence[int]) -> dict[int, str | None]:
    """Find who of some people may label: leads and heads; with the agent's number of each."""
    rows = session.execute(
        select(UserRow.user_id, UserRow.agent_id).where(
            UserRow.user_id.in_(list(wanted)),
            UserRow.role.in_([UserRole.LEAD.value, UserRole.HEAD.value]),
            UserRow.is_disabled.is_(False),
        )
    )
    found = {row[0]: row[1] for row in rows}
    if len(found) != len(set(wanted)):
        raise InvalidRequestError(Refusal.NOTHING_TO_DRAW)
    return found


def _strata(
    session: Session, draft: SetDraft, people: Mapping[int, str | None]
) -> Iterator[tuple[str, Stratum]]:
    """List the calls that may be drawn with their strata, by the rules of the draft."""
    violated, undecided = (
        _has(draft.rules, outcome) for outcome in (Outcome.VIOLATED, Outcome.UNDECIDED)
    )
    stratum = case(
        (violated, Stratum.FLAGGED.value),
        (undecided, Stratum.UNDECIDED.value),
        else_=Stratum.CLEAN.value,
    )
    wanted = (
        select(CallStatusRow.call_id, stratum)
        .join(CallRow, CallRow.call_id == CallStatusRow.call_id)
        .where(
            CallStatusRow.ruleset_id == draft.ruleset_id,
            CallRow.recording_id.is_not(None),
        )
    )
    own = sorted({number for number in people.values() if number is not None})
    if own:  # who labels shall not meet their own calls, nor who labels beside them
        wanted = wanted.where(func.coalesce(CallStatusRow.agent_id, "").not_in(own))
    if draft.since is not None:
        wanted = wanted.where(CallStatusRow.sorted_at >= draft.since)
    if draft.until is not None:
        wanted = wanted.where(CallStatusRow.sorted_at < draft.until)
    for call_id, name in session.execute(wanted).yield_per(5000):
        yield call_id, Stratum(name)


def _has(rules: Sequence[str], outcome: Outcome) -> ColumnElement[bool]:
    return (
        select(VerdictRow.rule_id)
        .where(
            VerdictRow.scorecard_id == CallStatusRow.scorecard_id,
            VerdictRow.rule_id.in_(list(rules)),
            VerdictRow.outcome == outcome.value,
        )
        .exists()
    )


def _insert(
    session: Session,
    user: User | None,
    draft: SetDraft,
    populations: Mapping[Stratum, int],
    now: datetime,
) -> int:
    row = LabelSetRow(
        kind=draft.kind.value,
        title=draft.title.strip()[:200],
        ruleset_id=draft.ruleset_id,
        ruleset_hash=draft.ruleset_hash,
        rules=json.dumps(list(draft.rules)),
        strata=json.dumps({one.value: size for one, size in populations.items()}),
        seed=draft.seed[:200],
        since=draft.since,
        until=draft.until,
        made_by=user.user_id if user else None,
        made_at=now,
    )
    session.add(row)
    session.flush()
    return row.set_id


def _insert_tasks(session: Session, set_id: int, tasks: Iterable[tuple[DrawnCall, int]]) -> None:
    rows = [
        {
            "set_id": set_id,
            "position": call.position,
            "call_id": call.call_id,
            "stratum": call.stratum.value,
            "user_id": person,
        }
        for call, person in tasks
    ]
    session.connection().execute(insert(LabelTaskRow), rows)


def _load(session: Session, rows: Sequence[LabelSetRow]) -> list[LabelSet]:
    ids = [row.set_id for row in rows]
    calls: dict[int, set[int]] = {}
    people: dict[int, set[int]] = {}
    for set_id, position, person in session.execute(
        select(LabelTaskRow.set_id, LabelTaskRow.position, LabelTaskRow.user_id).where(
            LabelTaskRow.set_id.in_(ids)
        )
    ):
        calls.setdefault(set_id, set()).add(position)
        people.setdefault(set_id, set()).add(person)
    steps = list(
        session.execute(
            select(
                LabelStepRow.set_id, LabelStepRow.action, LabelStepRow.done_by, LabelStepRow.done_at
            ).where(LabelStepRow.set_id.in_(ids))
        )
    )
    return [
        LabelSet(
            set_id=row.set_id,
            kind=SetKind(row.kind),
            title=row.title,
            ruleset_id=row.ruleset_id,
            ruleset_hash=row.ruleset_hash,
            rules=tuple(json.loads(row.rules)),
            strata=json.loads(row.strata),
            seed=row.seed,
            since=row.since,
            until=row.until,
            made_by=row.made_by,
            made_at=row.made_at,
            calls=len(calls.get(row.set_id, ())),
            people=tuple(sorted(people.get(row.set_id, ()))),
            handed_in=frozenset(s[2] or 0 for s in steps if (s[0], s[1]) == (row.set_id, HAND_IN)),
            closed_at=next((s[3] for s in steps if (s[0], s[1]) == (row.set_id, CLOSE)), None),
        )
        for row in rows
    ]
