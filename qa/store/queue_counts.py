"""How many calls a list holds, by how serious they are; quick, and honest about where it stops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Subquery,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
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
    looks = [
        (rank, _look(and_(part, column == rank + shift), column, fits, limit))
        for rank in ranks
        for part in parts
    ]
    counts = {rank: Count(0, True) for rank in ranks}
    for rank, (number, looked_at) in zip(
        [rank for rank, _ in looks], _all_counts(session, [look for _, look in looks]), strict=True
    ):
        before = counts[rank]
        is_exact = before.is_exact and looked_at < limit
        counts[rank] = Count(before.number + number, is_exact)
    return {SEVERITIES[rank]: count for rank, count in counts.items()}


def _look(
    look: ColumnElement[bool], rank: ColumnElement[int], fits: ColumnElement[bool], limit: int
) -> Subquery:
    """Take the first calls of a look with what fits among them."""
    hit = case((fits, 1), else_=0).label("hit")
    return select(rank.label("rank"), hit).where(look).limit(limit).subquery()


def _all_counts(session: Session, looks: Sequence[Subquery]) -> list[tuple[int, int]]:
    """Count several looks at once: how many fit, and how many calls were looked at."""
    parts = [
        select(literal(at).label("at"), func.sum(some.c.hit), func.count()).select_from(some)
        for at, some in enumerate(looks)
    ]
    found = {row[0]: (int(row[1] or 0), row[2]) for row in session.execute(union_all(*parts))}
    return [found[at] for at in range(len(looks))]


def _count(
    session: Session,
    look: ColumnElement[bool],
    rank: ColumnElement[int],
    fits: ColumnElement[bool],
    limit: int,
) -> tuple[dict[int, int], bool]:
    """Count what fits among the first calls of a look, by rank; say whether that were all."""
    some = _look(look, rank, fits, limit)
    rows = session.execute(
        select(some.c.rank, func.sum(some.c.hit), func.count()).group_by(some.c.rank)
    ).all()
    looked_at = sum(row[2] for row in rows)
    return {row[0]: int(row[1]) for row in rows}, looked_at < limit


def total_of(counts: Mapping[Severity, Count]) -> Count:
    """Add up counts."""
    number = sum(count.number for count in counts.values())
    return Count(number, all(count.is_exact for count in counts.values()))
