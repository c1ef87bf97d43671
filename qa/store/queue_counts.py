"""How many calls a list holds, by how serious they are; quick, and honest about where it stops."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true
from sqlalchemy.orm import Session

from qa.records import Scope
from qa.store.queue_filter import (
    SEVERITIES,
    QueueFilter,
    Severity,
    Show,
    few_by,
    other_conditions,
    scope_parts,
)
from qa.store.tables_review import CallStatusRow

COUNT_CAP = 1_000
"""No more calls than this are looked at of each seriousness: nobody works through more, and each
thousand costs a millisecond on every page of the queue."""
FEW_CAP = 10_000
"""No more than this are looked at in all, where a list holds one agent's calls or few at all."""
_LEAST = 200


@dataclass(frozen=True, slots=True)
class Count:
    """How many; where it is not exact there are at least so many."""

    number: int
    is_exact: bool


def queue_counts(session: Session, wanted: QueueFilter, scope: Scope) -> dict[Severity, Count]:
    """Count the calls of a list by how serious they are.

    At most `COUNT_CAP` calls of each seriousness are looked at, or `FEW_CAP` in all where they are
    one agent's or few, so that the answer is quick however many there are.
    """
    few = few_by(session, wanted)
    fits = and_(true(), *other_conditions(wanted, few=few))
    parts = scope_parts(scope, wanted, few=few)
    column, shift = CallStatusRow.severity.expression, 0
    if wanted.show is Show.REVIEW:
        column, shift = CallStatusRow.priority.expression, 1
    ranks = range(1 if wanted.show is Show.FLAGGED else 0, len(SEVERITIES))
    if few is not None or wanted.agent_id is not None or scope.agent_id is not None:
        # Few calls, which no index has by seriousness: one look at all of them.
        look = or_(*parts) if few is None else and_(or_(*parts), fits)
        numbers, is_exact = _count(session, look, column, fits, FEW_CAP)
        return {SEVERITIES[n]: Count(numbers.get(n + shift, 0), is_exact) for n in ranks}
    limit = max(_LEAST, COUNT_CAP // len(parts))
    counts = {}
    for rank in ranks:
        looks = [
            _count(session, and_(part, column == rank + shift), column, fits, limit)
            for part in parts
        ]
        number = sum(numbers.get(rank + shift, 0) for numbers, _ in looks)
        counts[SEVERITIES[rank]] = Count(number, all(is_exact for _, is_exact in looks))
    return counts


def _count(
    session: Session,
    look: ColumnElement[bool],
    rank: ColumnElement[int],
    fits: ColumnElement[bool],
    limit: int,
) -> tuple[dict[int, int], bool]:
    """Count what fits among the first calls of a look, by rank; say whether that were all."""
    hit = case((fits, 1), else_=0).label("hit")
    some = select(rank.label("rank"), hit).where(look).limit(limit).subquery()
    rows = session.execute(
        select(some.c.rank, func.sum(some.c.hit), func.count()).group_by(some.c.rank)
    ).all()
    looked_at = sum(row[2] for row in rows)
    return {row[0]: int(row[1]) for row in rows}, looked_at < limit


def total_of(counts: Mapping[Severity, Count]) -> Count:
    """Add up counts."""
    number = sum(count.number for count in counts.values())
    return Count(number, all(count.is_exact for count in counts.values()))
