"""Which calls a list shows and in which order, as conditions on `call_status`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.visitors import InternalTraversal

from qa.records import ReviewState, Scope
from qa.review.lists import SEVERITIES, Severity, Show
from qa.store.call_status import UNKNOWN_TIME
from qa.store.scope import is_open_to
from qa.store.tables import PromiseRow, ShortText, UtcDateTime, VerdictRow
from qa.store.tables_review import CallStatusRow
from qa.types import Outcome

__all__ = ["SEVERITIES", "Severity", "Show"]
_FEW = 5_000
_FLAGGED = [Outcome.VIOLATED.value, Outcome.UNDECIDED.value]


class Few(StrEnum):
    """What a filter asks for that few calls have, so that they are found by it and then sorted."""

    RULE = "rule"
    STATE = "state"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which calls: all that fit everything given.

    Attributes:
        since, until: started at or after, and before; a call without a time fits neither.
        rule_id: the machine found this rule violated or undecided.
        outcome: what it found of `rule_id`; without one, of any rule. Violated or undecided.
        states: one of these; empty for any.
        severity: the most serious thing that still counts.
        min_score, max_score: the score shown lies between them, both included.
        with_promises: the agent promised something.
    """

    show: Show = Show.REVIEW
    agent_id: str | None = None
    team: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    rule_id: str | None = None
    outcome: Outcome | None = None
    states: frozenset[ReviewState] = field(default_factory=frozenset)
    severity: Severity | None = None
    min_score: int | None = None
    max_score: int | None = None
    ruleset_id: str | None = None
    with_promises: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of a call in a list; it holds when the call itself has left the list."""

    rank: int
    sorted_at: datetime
    call_id: str

    def text(self) -> str:
        """Write it for an address."""
        micros = (self.sorted_at - UNKNOWN_TIME) // timedelta(microseconds=1)
        return f"{self.rank}~{micros}~{self.call_id}"

    def values(self) -> dict[str, Any]:
        """List what a statement about this place is run with."""
        return {"at_rank": self.rank, "at_moment": self.sorted_at, "at_call_id": self.call_id}

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read what `text` wrote.

        Raises:
            ValueError: it is no such text.
        """
        rank, micros, call_id = text.split("~", 2)
        try:
            sorted_at = UNKNOWN_TIME + timedelta(microseconds=int(micros))
        except OverflowError as error:
            raise ValueError("no such time") from error
        return cls(min(max(int(rank), 0), 9), sorted_at, call_id[:200])


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is ordered: all columns descending.

    Attributes:
        rank: the first column; None for a list by time alone.
        sorted_at: the next one; the last is the call's id.
    """

    rank: ColumnElement[int] | None
    sorted_at: ColumnElement[datetime]

    @property
    def columns(self) -> tuple[ColumnElement[Any], ...]:
        """The columns in order."""
        by_time = (self.sorted_at, CallStatusRow.call_id.expression)
        return by_time if self.rank is None else (self.rank, *by_time)

    def beyond(self, *, backwards: bool) -> ColumnElement[bool]:
        """Write the condition for what stands behind a place, or before it: `Cursor.values`."""
        rank: ColumnElement[int] = bindparam("at_rank", type_=Integer)
        place: tuple[ColumnElement[Any], ...] = (
            bindparam("at_moment", type_=UtcDateTime()),
            bindparam("at_call_id", type_=ShortText),
        )
        here = tuple_(*place) if self.rank is None else tuple_(rank, *place)
        row = tuple_(*self.columns)
        return row > here if backwards else row < here


class _Unindexed(ColumnElement[str]):
    """A column that SQLite looks up in no index, while PostgreSQL sees it as it is."""

    inherit_cache = True
    _traverse_internals = [("column", InternalTraversal.dp_clauseelement)]  # noqa: RUF012

    def __init__(self, column: ColumnElement[str]) -> None:
        self.column, self.type = column, column.type


@compiles(_Unindexed)
def _plain(element: _Unindexed, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.column, **options))


@compiles(_Unindexed, "sqlite")
def _with_plus(element: _Unindexed, compiler: Any, **options: Any) -> str:
    return f"+{compiler.process(element.column, **options)}"


class _OneByOne(ColumnElement[bool]):
    """Two columns are equal, and PostgreSQL does not read all that has the first one to know it.

    It takes a subquery with such a condition for one that is asked for every call of the archive,
    and makes a table of all answers first: all verdicts of a rule, for the few calls of a page.
    """

    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012
        ("one", InternalTraversal.dp_clauseelement),
        ("other", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, one: Any, other: Any) -> None:
        self.one, self.other, self.type = one.expression, other.expression, Boolean()

    def self_group(self, against: Any = None) -> "_OneByOne":
        """Stand as it is: where a database has no truth values, it would be compared with 1."""
        return self


@compiles(_OneByOne)
def _equal(element: _OneByOne, compiler: Any, **options: Any) -> str:
    one, other = (compiler.process(side, **options) for side in (element.one, element.other))
    return f"{one} = {other}"


@compiles(_OneByOne, "postgresql")
def _between(element: _OneByOne, compiler: Any, **options: Any) -> str:
    one, other = (compiler.process(side, **options) for side in (element.one, element.other))
    return f"({one} >= {other} AND {one} <= {other})"


def _hidden(column: Any, few: Few | None) -> Any:
    """Hide a column from the indexes where few calls are found otherwise.

    SQLite would go along the whole list, for it does not know how few they are.
    """
    return column.expression if few is None else func.coalesce(column, column)


def order_of(show: Show, *, few: Few | None = None) -> Order:
    """Say how a list is ordered; `few` as `few_by` says."""
    sorted_at = _hidden(CallStatusRow.sorted_at, few)
    if show is Show.ALL:
        return Order(None, sorted_at)
    column = CallStatusRow.priority if show is Show.REVIEW else CallStatusRow.severity
    return Order(_hidden(column, few), sorted_at)


def rank_of(show: Show, priority: int, severity: int) -> int:
    """Say the rank that a call has, or had while it stood in the list."""
    if show is Show.ALL:
        return 0
    return (priority or severity + 1) if show is Show.REVIEW else severity


def listed(show: Show, *, few: Few | None = None) -> ColumnElement[bool] | None:
    """Write the condition for a call to stand in a list at all; None where every call does."""
    rank = order_of(show, few=few).rank
    return None if rank is None else rank > 0


def scope_parts(
    scope: Scope, wanted: QueueFilter, *, few: Few | None = None
) -> list[ColumnElement[bool]]:
    """Cut what a person may see into disjoint parts, each of which one index serves in order."""
    own = _own_conditions(wanted, few)
    if scope.closed:
        own.append(is_open_to(scope, _Unindexed(CallStatusRow.call_id.expression)))
    if scope.everything:
        return [and_(*own)] if own else [CallStatusRow.call_id.is_not(None)]
    teams = sorted(scope.teams if wanted.team is None else scope.teams & {wanted.team})
    if wanted.agent_id is not None:
        # One agent's calls: their index, whoever looks.
        team = func.coalesce(CallStatusRow.team, "")
        is_seen = or_(team.in_(teams), CallStatusRow.agent_id == scope.agent_id)
        return [and_(is_seen, *own)]
    team, agent_id = _hidden(CallStatusRow.team, few), _hidden(CallStatusRow.agent_id, few)
    parts = [and_(team == one, *own) for one in teams]
    if scope.agent_id is not None:
        mine = agent_id == scope.agent_id
        elsewhere = or_(team.is_(None), team.not_in(teams))
        parts.append(and_(mine, elsewhere, *own) if teams else and_(mine, *own))
    return parts or [false()]


def _own_conditions(wanted: QueueFilter, few: Few | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    sorted_at = CallStatusRow.sorted_at.expression
    if few is not Few.TIME:
        sorted_at = _hidden(CallStatusRow.sorted_at, few)
    if wanted.agent_id is not None:
        conditions.append(_hidden(CallStatusRow.agent_id, few) == wanted.agent_id)
    if wanted.team is not None:
        conditions.append(_hidden(CallStatusRow.team, few) == wanted.team)
    if wanted.severity is not None:
        rank = SEVERITIES.index(wanted.severity)
        # Each list goes along the index of its own column.
        in_review = wanted.show is Show.REVIEW
        column, rank = (
            (CallStatusRow.priority, rank + 1) if in_review else (CallStatusRow.severity, rank)
        )
        conditions.append(_hidden(column, few) == rank)
    conditions += _times(wanted, sorted_at)
    return conditions


def _times(wanted: QueueFilter, sorted_at: ColumnElement[datetime]) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.since is not None:
        conditions.append(sorted_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(sorted_at < wanted.until)
        if wanted.since is None:
            conditions.append(sorted_at > UNKNOWN_TIME)
    return conditions


def other_conditions(wanted: QueueFilter, *, few: Few | None) -> list[ColumnElement[bool]]:
    """Write what no order of an index helps with; `few` as `few_by` says."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.states:
        states = [state.value for state in wanted.states]
        # An index by state is of use where few have it, or where it is in the list's own order.
        # Else SQLite would take it, and sort all that it finds. PostgreSQL knows how many have a
        # state; hidden from it, it takes them for few, and sorts all of them.
        in_order = few is None and wanted.show is Show.ALL and len(states) == 1
        state = CallStatusRow.state.expression
        if few is not Few.STATE and not in_order:
            state = _Unindexed(state)
        conditions.append(state.in_(sorted(states)))
    if wanted.min_score is not None:
        conditions.append(CallStatusRow.score >= wanted.min_score)
    if wanted.max_score is not None:
        conditions.append(CallStatusRow.score <= wanted.max_score)
    if wanted.ruleset_id is not None:
        conditions.append(CallStatusRow.ruleset_id == wanted.ruleset_id)
    if wanted.with_promises:
        conditions.append(exists().where(PromiseRow.scorecard_id == CallStatusRow.scorecard_id))
    if wanted.rule_id is not None:
        conditions.append(_has_rule(wanted.rule_id, wanted.outcome, few))
    elif wanted.outcome is Outcome.UNDECIDED:
        conditions.append(CallStatusRow.undecided > 0)
    elif wanted.outcome is Outcome.VIOLATED:
        conditions.append(CallStatusRow.severity >= SEVERITIES.index(Severity.HINT))
    return conditions


def _outcomes(outcome: Outcome | None) -> Sequence[str]:
    return _FLAGGED if outcome is None else [outcome.value]


def _has_rule(rule_id: str, outcome: Outcome | None, few: Few | None) -> ColumnElement[bool]:
    flagged = (VerdictRow.rule_id == rule_id, VerdictRow.outcome.in_(_outcomes(outcome)))
    if few is Few.RULE:
        return CallStatusRow.scorecard_id.in_(select(VerdictRow.scorecard_id).where(*flagged))
    return exists().where(_OneByOne(VerdictRow.scorecard_id, CallStatusRow.scorecard_id), *flagged)


def few_by(session: Session, wanted: QueueFilter) -> Few | None:
    """Say what of a filter fits so few calls that they are found by it, not along the list."""
    if wanted.rule_id is not None:
        flagged = select(VerdictRow.scorecard_id).where(
            VerdictRow.rule_id == wanted.rule_id, VerdictRow.outcome.in_(_outcomes(wanted.outcome))
        )
        if _is_few(session, flagged):
            return Few.RULE
    if wanted.states:
        states = CallStatusRow.state.in_([state.value for state in wanted.states])
        if _is_few(session, select(CallStatusRow.call_id).where(states)):
            return Few.STATE
    times = _times(wanted, CallStatusRow.sorted_at.expression)
    by_rank = wanted.show is not Show.ALL
    if by_rank and times and _is_few(session, select(CallStatusRow.call_id).where(*times)):
        return Few.TIME
    return None


def _is_few(session: Session, found: Select[Any]) -> bool:
    some = found.limit(_FEW).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) < _FEW
