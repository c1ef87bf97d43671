"""Spot checks: whose they are, which are overdue, and their results; done only in writing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import CheckKind, DrawnBy, Right, Scope, SpotCheck, User, UserRole
from qa.refusals import NotAllowedError, Refusal
from qa.review.appeals import require_other_person
from qa.review.reviewing import check_text
from qa.review.rights import rights_of
from qa.store.audit import Detail, audit
from qa.store.blind import open_scope
from qa.store.convert import chunks
from qa.store.scope import agent_in_scope, call_in_scope, require_not_closed
from qa.store.tables_review import SpotCheckResultRow, SpotCheckRow

DEFAULT_MIN_RESULT = 10
"""Shortest result accepted, characters (setting `review.min_result_chars`)."""

_MOST = 500


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One written result of a spot check; the first made it done."""

    result: str
    done_by: int
    done_at: datetime


@dataclass(frozen=True, slots=True)
class CheckFilter:
    """Which spot checks: all that fit everything given.

    Attributes:
        overdue_at: not done, and due before this time.
        since, until: days that they are for, both included.
        done_since: something was written about them at or after this time.
    """

    kind: CheckKind | None = None
    assigned_to: int | None = None
    agent_id: str | None = None
    only_open: bool = False
    overdue_at: datetime | None = None
    since: date | None = None
    until: date | None = None
    done_since: datetime | None = None


def list_checks(
    session: Session, scope: Scope, wanted: CheckFilter, *, limit: int = _MOST
) -> list[SpotCheck]:
    """List spot checks of calls within a scope: those to do by what is due first, then the rest.

    With `done_since` what was done last comes first.
    """
    conditions = [call_in_scope(scope, SpotCheckRow.agent_id, SpotCheckRow.call_id)]
    if wanted.kind is not None:
        conditions.append(SpotCheckRow.kind == wanted.kind.value)
    if wanted.assigned_to is not None:
        conditions.append(SpotCheckRow.assigned_to == wanted.assigned_to)
    if wanted.agent_id is not None:
        conditions.append(SpotCheckRow.agent_id == wanted.agent_id)
    if wanted.only_open or wanted.overdue_at is not None:
        conditions.append(SpotCheckResultRow.result_id.is_(None))
    if wanted.overdue_at is not None:
        conditions.append(SpotCheckRow.due_at < wanted.overdue_at)
    if wanted.since is not None:
        conditions.append(SpotCheckRow.day >= wanted.since)
    if wanted.until is not None:
        conditions.append(SpotCheckRow.day <= wanted.until)
    order: tuple[Any, ...] = (
        SpotCheckResultRow.result_id.is_not(None),
        SpotCheckRow.due_at,
        SpotCheckRow.check_id,
    )
    if wanted.done_since is not None:
        conditions.append(SpotCheckRow.check_id.in_(_written_since(wanted.done_since)))
        order = (SpotCheckResultRow.done_at.desc(), SpotCheckRow.check_id.desc())
    return _load(session, _checks().where(*conditions).order_by(*order).limit(limit))


def checks_for(session: Session, user: User, *, only_open: bool = True) -> list[SpotCheck]:
    """List a person's spot checks; for a head those that nobody was found for, too."""
    wanted = _checks_of(open_scope(session, user), user.role is UserRole.HEAD, only_open)
    return _load(session, wanted, {"assigned_to": user.user_id})


# Kept, for every page of the queue asks, and it takes longer to put together than to run.
@lru_cache(maxsize=256)
def _checks_of(
    scope: Scope, is_head: bool, only_open: bool
) -> Select[SpotCheckRow, SpotCheckResultRow | None]:
    own = SpotCheckRow.assigned_to == bindparam("assigned_to")
    if is_head:
        own = or_(own, SpotCheckRow.assigned_to.is_(None))
    of_scope = call_in_scope(scope, SpotCheckRow.agent_id, SpotCheckRow.call_id)
    wanted = _checks().where(own, of_scope)
    if only_open:
        wanted = wanted.where(SpotCheckResultRow.result_id.is_(None))
    done = SpotCheckResultRow.result_id.is_not(None)
    return wanted.order_by(done, SpotCheckRow.due_at, SpotCheckRow.check_id)


def overdue_checks(session: Session, scope: Scope, now: datetime) -> list[SpotCheck]:
    """List the spot checks within a scope that are due and not done, the longest overdue first."""
    return _load(session, _overdue_in(scope), {"overdue_at": now})


@lru_cache(maxsize=256)
def _overdue_in(scope: Scope) -> Select[SpotCheckRow, SpotCheckResultRow | None]:
    return (
        _checks()
        .where(
            call_in_scope(scope, SpotCheckRow.agent_id, SpotCheckRow.call_id),
            SpotCheckResultRow.result_id.is_(None),
            SpotCheckRow.due_at < bindparam("overdue_at"),
        )
        .order_by(SpotCheckRow.due_at, SpotCheckRow.check_id)
        .limit(_MOST)
    )


def find_check(session: Session, scope: Scope, check_id: int) -> SpotCheck:
    """Load one spot check.

    Raises:
        NotFoundError: no such check in the scope.
    """
    wanted = _checks().where(
        SpotCheckRow.check_id == check_id, agent_in_scope(scope, SpotCheckRow.agent_id)
    )
    found = _load(session, wanted)
    if not found:
        raise NotFoundError("spot check", str(check_id))
    require_not_closed(scope, found[0].call_id)
    return found[0]


def results_of(session: Session, check_id: int) -> list[CheckResult]:
    """List everything that was written about a check, in order."""
    return results_of_all(session, [check_id]).get(check_id, [])


def results_of_all(session: Session, check_ids: Sequence[int]) -> dict[int, list[CheckResult]]:
    """List everything that was written about some checks, in order; nothing for those not done."""
    found: dict[int, list[CheckResult]] = {}
    for ids in chunks(check_ids):
        rows = session.scalars(
            select(SpotCheckResultRow)
            .where(SpotCheckResultRow.check_id.in_(ids))
            .order_by(SpotCheckResultRow.result_id)
        )
        for row in rows:
            result = CheckResult(row.result, row.done_by, row.done_at)
            found.setdefault(row.check_id, []).append(result)
    return found


def record_result(
    session: Session,
    user: User,
    check_id: int,
    result: str,
    *,
    now: datetime,
    min_length: int = DEFAULT_MIN_RESULT,
) -> SpotCheck:
    """Write down what a spot check found; the first result makes it done, later ones add to it.

    The same person writing the same twice in a row leaves one result.

    Raises:
        NotAllowedError: the person lacks the right, it is their own call, or it is neither theirs
            to do nor are they above who should.
        NotFoundError: no such check in their scope.
        InvalidRequestError: the result is shorter than `min_length` characters or too long.
    """
    if Right.REVIEW not in rights_of(user):
        raise NotAllowedError(Refusal.NO_RIGHT)
    check = find_check(session, open_scope(session, user), check_id)
    require_other_person(user, check.agent_id)
    if not _may_do(user, check):
        raise NotAllowedError(Refusal.NOT_ASSIGNED)
    result = check_text(result, min_length=min_length)
    _hold(session, check_id)
    known = results_of(session, check_id)
    if known and (known[-1].result, known[-1].done_by) == (result, user.user_id):
        return check
    row = SpotCheckResultRow(check_id=check_id, result=result, done_by=user.user_id, done_at=now)
    session.add(row)
    session.flush()
    details: dict[str, Detail] = {"call": check.call_id, "kind": check.kind.value}
    audit(session, user, "check.done", "check", str(check_id), details)
    return load_checks(session, [check_id])[0]


def _may_do(user: User, check: SpotCheck) -> bool:
    """Whether a check is this person's to do: assigned to them, or they are above."""
    if user.role is UserRole.HEAD or check.assigned_to == user.user_id:
        return True
    return check.assigned_to is None and check.kind is CheckKind.DAILY


def _hold(session: Session, check_id: int) -> None:
    """Keep others from the check until the transaction ends."""
    wanted = select(SpotCheckRow.check_id).where(SpotCheckRow.check_id == check_id)
    session.execute(wanted.with_for_update())


def load_checks(session: Session, check_ids: Sequence[int]) -> list[SpotCheck]:
    """Load spot checks, in order of number."""
    checks: list[SpotCheck] = []
    for ids in chunks(check_ids):
        wanted = _checks().where(SpotCheckRow.check_id.in_(ids))
        checks += _load(session, wanted.order_by(SpotCheckRow.check_id))
    return checks


def _written_since(moment: datetime) -> Select[int]:
    return select(SpotCheckResultRow.check_id).where(SpotCheckResultRow.done_at >= moment)


def _checks() -> Select[SpotCheckRow, SpotCheckResultRow | None]:
    """Select checks, each with its first result."""
    first = (
        select(func.min(SpotCheckResultRow.result_id))
        .where(SpotCheckResultRow.check_id == SpotCheckRow.check_id)
        .correlate(SpotCheckRow)
        .scalar_subquery()
    )
    of_check = and_(
        SpotCheckResultRow.check_id == SpotCheckRow.check_id,
        SpotCheckResultRow.result_id == first,
    )
    return select(SpotCheckRow, SpotCheckResultRow).outerjoin(SpotCheckResultRow, of_check)


def _load(
    session: Session,
    wanted: Select[SpotCheckRow, SpotCheckResultRow | None],
    values: Mapping[str, Any] | None = None,
) -> list[SpotCheck]:
    return [
        SpotCheck(
            check_id=row.check_id,
            kind=CheckKind(row.kind),
            day=row.day,
            agent_id=row.agent_id,
            call_id=row.call_id,
            drawn_by=DrawnBy(row.drawn_by),
            assigned_to=row.assigned_to,
            due_at=row.due_at,
            result=done.result if done else None,
            done_by=done.done_by if done else None,
            done_at=done.done_at if done else None,
        )
        for row, done in session.execute(wanted, values or {})
    ]
