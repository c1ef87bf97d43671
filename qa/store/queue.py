"""The queue of calls: pages by cursor, neighbours, and counts that stay quick.

Lists go along an index of `call_status` and stop when the page is full, so that the first page
costs the same with a thousand calls and with a million. A page is named by the place of its first
or last call, never by a number of rows to skip.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, bindparam, literal, select, union_all
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import Scope
from qa.store.queue_filter import (
    Cursor,
    Few,
    Order,
    QueueFilter,
    Severity,
    Show,
    few_by,
    listed,
    order_of,
    other_conditions,
    rank_of,
    scope_parts,
)
from qa.store.queue_lines import QueueLine, load_lines
from qa.store.scope import require_call
from qa.store.tables_review import CallStatusRow

__all__ = ["Cursor", "QueueFilter", "QueueLine", "Severity", "Show"]
_KEPT_STATEMENTS = 512


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of a list.

    Attributes:
        before, after: where the page before and the one behind begin; None where there is none.
    """

    lines: tuple[QueueLine, ...]
    before: Cursor | None
    after: Cursor | None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The places of the calls before and behind one in a list; None at its ends."""

    before: Cursor | None
    after: Cursor | None


def queue_page(
    session: Session,
    wanted: QueueFilter,
    scope: Scope,
    *,
    zone: ZoneInfo,
    after: Cursor | None = None,
    before: Cursor | None = None,
    limit: int = 50,
) -> QueuePage:
    """List one page: the first, the one behind a place, or the one before it.

    Args:
        zone: of the times in the lines.
        after, before: at most one of them.
        limit: lines, 1 or more.
    """
    backwards = before is not None
    place = before if backwards else after
    rows = _places(session, wanted, scope, place, backwards=backwards, limit=limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    if backwards:
        rows.reverse()
    if not rows:
        return QueuePage((), None, None)
    has_before, has_after = (more, True) if backwards else (place is not None, more)
    lines = load_lines(session, [row.call_id for row in rows], zone)
    return QueuePage(tuple(lines), rows[0] if has_before else None, rows[-1] if has_after else None)


def call_places(
    session: Session, wanted: QueueFilter, scope: Scope, *, after: Cursor | None, limit: int
) -> list[Cursor]:
    """List the places of the calls behind one in a list, without loading them."""
    return _places(session, wanted, scope, after, backwards=False, limit=limit)


def neighbours(
    session: Session,
    wanted: QueueFilter,
    scope: Scope,
    call_id: str,
    *,
    place: Cursor | None = None,
) -> Neighbours:
    """Find the calls before and behind one in a list.

    Args:
        place: where the call stood when it was opened; None asks where it stands now. A decision
            moves a call, and the next one should still be the next.

    Raises:
        NotFoundError: no such call in the scope.
    """
    place = place or place_of(session, wanted, scope, call_id)
    found = [
        _places(session, wanted, scope, place, backwards=backwards, limit=2)
        for backwards in (True, False)
    ]
    # The call itself may stand elsewhere by now, on either side.
    others = [[row for row in rows if row.call_id != call_id] for rows in found]
    return Neighbours(*[next(iter(some), None) for some in others])


def place_of(session: Session, wanted: QueueFilter, scope: Scope, call_id: str) -> Cursor:
    """Say where a call stands in a list, or would stand.

    Raises:
        NotFoundError: no such scored call in the scope.
    """
    require_call(session, scope, call_id)
    row = session.execute(_place_of_call(), {"call_id": call_id}).one_or_none()
    if row is None:
        raise NotFoundError("scorecard of call", call_id)
    return Cursor(rank_of(wanted.show, row[0], row[1]), row[2], call_id)


@cache
def _place_of_call() -> Select[*tuple[Any, ...]]:
    status = CallStatusRow.__table__.c
    wanted = select(status.priority, status.severity, status.sorted_at)
    return wanted.where(status.call_id == bindparam("call_id"))


def _places(
    session: Session,
    wanted: QueueFilter,
    scope: Scope,
    place: Cursor | None,
    *,
    backwards: bool,
    limit: int,
) -> list[Cursor]:
    """Find the calls next to a place, the nearest first."""
    if place is None:
        look = _Look(backwards=backwards, limit=limit)
    else:
        look = _Look(backwards=backwards, limit=limit, from_place=True, is_listed=place.rank > 0)
    statement = _next_to(wanted, scope, few_by(session, wanted), look)
    rows = session.execute(statement, place.values() if place else {})
    return [Cursor(row[0], row[1], row[2]) for row in rows]


@dataclass(frozen=True, slots=True)
class _Look:
    """How a list is gone along: `is_listed` says that the place is one of a listed call."""

    backwards: bool
    limit: int
    from_place: bool = False
    is_listed: bool = False


# Kept, for it takes longer to put together than to run; what a statement holds is in its key.
@lru_cache(maxsize=_KEPT_STATEMENTS)
def _next_to(
    wanted: QueueFilter, scope: Scope, few: Few | None, look: _Look
) -> Select[*tuple[Any, ...]]:
    order = order_of(wanted.show, few=few)
    conditions = other_conditions(wanted, few=few)
    in_list = listed(wanted.show, few=few)
    # Whoever stands before a listed call is listed; SQLite would take the weaker of the two bounds.
    if in_list is not None and not (look.backwards and look.is_listed):
        conditions.append(in_list)
    if look.from_place:
        conditions.append(order.beyond(backwards=look.backwards))
    parts = [
        _part(order, and_(part, *conditions), backwards=look.backwards).limit(look.limit)
        for part in scope_parts(scope, wanted, few=few)
    ]
    return parts[0] if len(parts) == 1 else _merged(parts, look.backwards, look.limit)


def _part(
    order: Order, condition: ColumnElement[bool], *, backwards: bool
) -> Select[Any, Any, Any]:
    rank = literal(0) if order.rank is None else order.rank
    columns = order.columns if backwards else [column.desc() for column in order.columns]
    return (
        select(rank.label("rank"), order.sorted_at.label("sorted_at"), CallStatusRow.call_id)
        .where(condition)
        .order_by(*columns)
    )


def _merged(
    parts: list[Select[Any, Any, Any]], backwards: bool, limit: int
) -> Select[Any, Any, Any]:
    """Merge what each part found in order; each stops at the limit by itself."""
    some = [select(part.subquery()) for part in parts]
    found = union_all(*some).subquery()
    columns = (found.c.rank, found.c.sorted_at, found.c.call_id)
    order = columns if backwards else [column.desc() for column in columns]
    return select(*columns).order_by(*order).limit(limit)
