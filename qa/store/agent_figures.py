"""What an agent's own page is made of: which calls show what, and how the flags stand."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from qa.records import FlagAction, Scope
from qa.store.scope import is_open_to
from qa.store.selections import form_of
from qa.store.tables import VerdictRow
from qa.store.tables_review import CallStatusRow
from qa.store.team_figures import Selection, last_decisions, within
from qa.types import Outcome


@dataclass(frozen=True, slots=True)
class FlagCounts:
    """How an agent's flags stand.

    Attributes:
        open: violated, and nobody has decided; undecided lines are counted apart, for they are
            held against nobody.
    """

    open: int
    confirmed: int
    rejected: int
    changed: int
    undecided: int


@dataclass(frozen=True, slots=True)
class CallPlace:
    """Where a call stands in the list of an agent's calls: the key of the next page."""

    sorted_at: datetime
    call_id: str


@dataclass(frozen=True, slots=True)
class AgentCall:
    """One call in the list; `state` and `basis` as `CallStatusRow` has them."""

    place: CallPlace
    started_at: datetime | None
    score: int
    basis: str
    state: str
    severity: int
    flags: int
    undecided: int
    is_praised: bool


def flag_counts(session: Session, wanted: Selection) -> FlagCounts:
    """Count flags by what people decided."""
    form, values = form_of(wanted)
    counts: dict[str, int] = defaultdict(int)
    for action, outcome, count in session.execute(_flags(form), values):
        counts[_kind(action, outcome)] += count
    return FlagCounts(**{name: counts[name] for name in FlagCounts.__slots__})


@lru_cache(maxsize=64)
def _flags(wanted: Selection) -> Select[*tuple[Any, ...]]:
    last = last_decisions(wanted)
    return (
        select(last.c.action, VerdictRow.outcome, func.count())
        .select_from(VerdictRow)
        .join(CallStatusRow, CallStatusRow.scorecard_id == VerdictRow.scorecard_id)
        .outerjoin(
            last,
            and_(
                last.c.scorecard_id == VerdictRow.scorecard_id,
                last.c.rule_id == VerdictRow.rule_id,
            ),
        )
        .where(*within(wanted))
        .group_by(last.c.action, VerdictRow.outcome)
    )


def agent_calls(
    session: Session, agent_id: str, scope: Scope, *, after: CallPlace | None, limit: int
) -> list[AgentCall]:
    """List an agent's scored calls, the newest first.

    Args:
        scope: of who looks, who has been found to see this agent; what is closed is left out.
        after: only calls behind this place.
    """
    values: dict[str, Any] = {"agent_id": agent_id, "most": limit}
    if after is not None:
        values |= {"after_at": after.sorted_at, "after_id": after.call_id}
    rows = session.execute(_calls(scope.closed, after is not None), values)
    return [AgentCall(CallPlace(row[0], row[1]), *row[2:]) for row in rows]


@lru_cache(maxsize=64)
def _calls(closed: frozenset[str], is_later: bool) -> Select[*tuple[Any, ...]]:
    of = CallStatusRow.__table__.c
    columns = (of.sorted_at, of.call_id, of.started_at, of.score, of.basis, of.state)
    statement = select(*columns, of.severity, of.flags, of.undecided, of.is_praised).where(
        of.agent_id == bindparam("agent_id"), is_open_to(Scope(closed=closed), of.call_id)
    )
    if is_later:
        later = and_(of.sorted_at == bindparam("after_at"), of.call_id < bindparam("after_id"))
        statement = statement.where(or_(of.sorted_at < bindparam("after_at"), later))
    return statement.order_by(of.sorted_at.desc(), of.call_id.desc()).limit(bindparam("most"))


def _kind(action: str | None, outcome: str) -> str:
    if action is None:
        return "undecided" if outcome == Outcome.UNDECIDED.value else "open"
    return {
        FlagAction.CONFIRM.value: "confirmed",
        FlagAction.REJECT.value: "rejected",
        FlagAction.CHANGE.value: "changed",
    }[action]
