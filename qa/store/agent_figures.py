"""What an agent's own page is made of: which calls show what, and how the flags stand."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from qa.records import FlagAction, Scope
from qa.store.scope import is_open_to
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
    last = last_decisions(wanted)
    rows = session.execute(
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
    counts: dict[str, int] = defaultdict(int)
    for action, outcome, count in rows:
        counts[_kind(action, outcome)] += count
    return FlagCounts(**{name: counts[name] for name in FlagCounts.__slots__})


def agent_calls(
    session: Session, agent_id: str, scope: Scope, *, after: CallPlace | None, limit: int
) -> list[AgentCall]:
    """List an agent's scored calls, the newest first.

    Args:
        scope: of who looks, who has been found to see this agent; what is closed is left out.
        after: only calls behind this place.
    """
    at, call_id = CallStatusRow.sorted_at, CallStatusRow.call_id
    statement = select(CallStatusRow).where(CallStatusRow.agent_id == agent_id)
    statement = statement.where(is_open_to(scope, call_id))
    if after is not None:
        later = and_(at == after.sorted_at, call_id < after.call_id)
        statement = statement.where(or_(at < after.sorted_at, later))
    rows = session.scalars(statement.order_by(at.desc(), call_id.desc()).limit(limit))
    return [
        AgentCall(
            place=CallPlace(row.sorted_at, row.call_id),
            started_at=row.started_at,
            score=row.score,
            basis=row.basis,
            state=row.state,
            severity=row.severity,
            flags=row.flags,
            undecided=row.undecided,
            is_praised=row.is_praised,
        )
        for row in rows
    ]


def _kind(action: str | None, outcome: str) -> str:
    if action is None:
        return "undecided" if outcome == Outcome.UNDECIDED.value else "open"
    return {
        FlagAction.CONFIRM.value: "confirmed",
        FlagAction.REJECT.value: "rejected",
        FlagAction.CHANGE.value: "changed",
    }[action]
