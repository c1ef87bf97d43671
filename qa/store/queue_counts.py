"""How many calls a list holds, by how serious they are; quick, and honest about where it stops."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
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
    Few,
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
_KEPT_STATEMENTS = 256


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
    shift = 1 if wanted.show is Show.REVIEW else 0
    ranks = range(1 if wanted.show is Show.FLAGGED else 0, len(SEVERITIES))
    if few is not None or wanted.agent_id is not None or scope.agent_id is not None:
        # Few calls, which no index has by seriousness: one look at all of them.
        rows = session.execute(_one_look(wanted, scope, few)).all()
        numbers, is_exact = {row[0]: int(row[1]) for row in rows}, sum(r[2] for r in rows) < FEW_CAP
        return {SEVERITIES[n]: Count(numbers.get(n + shift, 0), is_exact) for n in ranks}
    looked = _looks(wanted, scope, COUNT_CAP, _LEAST)
    counts = {rank: Count(0, True) for rank in ranks}
    for at, hits, looked_at in session.execute(looked.statement):
        before = counts[looked.ranks[at]]
        is_exact = before.is_exact and looked_at < looked.limit
        counts[looked.ranks[at]] = Count(before.number + int(hits or 0), is_exact)
    return {SEVERITIES[rank]: count for rank, count in counts.items()}


def _rank_of(wanted: QueueFilter) -> ColumnElement[int]:
    in_review = wanted.show is Show.REVIEW
    return (CallStatusRow.priority if in_review else CallStatusRow.severity).expression


# Statements are kept, for they take longer to put together than to run; what one holds is in its
# key.
@lru_cache(maxsize=_KEPT_STATEMENTS)
def _one_look(wanted: QueueFilter, scope: Scope, few: Few | None) -> Select[*tuple[Any, ...]]:
    """Select what fits among the first calls of a list, and how many were looked at, by rank."""
    fits = and_(true(), *other_conditions(wanted, few=few))
    parts = scope_parts(scope, wanted, few=few)
    look = or_(*parts) if few is None else and_(or_(*parts), fits)
    some = _look(look, _rank_of(wanted), fits, FEW_CAP)
    return select(some.c.rank, func.sum(some.c.hit), func.count()).group_by(some.c.rank)


@dataclass(frozen=True, slots=True)
class _Looks:
    """Several looks at once: each is numbered, and is at the calls of one rank."""

    statement: CompoundSelect[*tuple[Any, ...]]
    ranks: tuple[int, ...]
    limit: int


@lru_cache(maxsize=_KEPT_STATEMENTS)
def _looks(wanted: QueueFilter, scope: Scope, cap: int, least: int) -> _Looks:
    fits = and_(true(), *other_conditions(wanted, few=None))
    parts = scope_parts(scope, wanted, few=None)
    column, shift = _rank_of(wanted), 1 if wanted.show is Show.REVIEW else 0
    limit = max(least, cap // len(parts))
    ranks = range(1 if wanted.show is Show.FLAGGED else 0, len(SEVERITIES))
    looks = [
        (rank, _newest(and_(part, column == rank + shift), column, fits, limit))
        for rank in ranks
        for part in parts
    ]
    counted = [
        select(literal(at).label("at"), func.sum(some.c.hit), func.count()).select_from(some)
        for at, (_, some) in enumerate(looks)
    ]
    return _Looks(union_all(*counted), tuple(rank for rank, _ in looks), limit)


def _look(
    look: ColumnElement[bool], rank: ColumnElement[int], fits: ColumnElement[bool], limit: int
) -> Subquery:
    """Take the first calls of a look with what fits among them."""
    hit = case((fits, 1), else_=0).label("hit")
    return select(rank.label("rank"), hit).where(look).limit(limit).subquery()


def _newest(
    look: ColumnElement[bool], rank: ColumnElement[int], fits: ColumnElement[bool], limit: int
) -> Subquery:
    """Take the newest calls of one seriousness with what fits among them, off an index.

    Without an order, PostgreSQL reads a large table from its start until it has found enough.
    """
    hit = case((fits, 1), else_=0).label("hit")
    newest = (CallStatusRow.sorted_at.desc(), CallStatusRow.call_id.desc())
    return select(rank.label("rank"), hit).where(look).order_by(*newest).limit(limit).subquery()


def total_of(counts: Mapping[Severity, Count]) -> Count:
    """Add up counts."""
    number = sum(count.number for count in counts.values())
    return Count(number, all(count.is_exact for count in counts.values()))
