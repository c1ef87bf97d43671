"""An agent's calls as consistency is worked out from: scores, checks by chance, repeat callers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from qa.records import DrawnBy
from qa.review.consistency import AgentCall
from qa.store.tables import CallRow
from qa.store.tables_review import CallStatusRow, SpotCheckRow
from qa.store.team_figures import Selection, within


@dataclass(frozen=True, slots=True)
class AgentCalls:
    """One agent's calls of one ruleset."""

    agent_id: str
    team: str | None
    calls: tuple[AgentCall, ...]


def main_ruleset(session: Session, wanted: Selection) -> str | None:
    """Name the ruleset that judged most of the calls; None without any.

    Scores of two rulesets are not alike, so only one is looked at.
    """
    row = session.execute(
        select(CallStatusRow.ruleset_id, func.count())
        .where(*within(wanted))
        .group_by(CallStatusRow.ruleset_id)
        .order_by(func.count().desc(), CallStatusRow.ruleset_id)
        .limit(1)
    ).first()
    return row[0] if row else None


def calls_by_agent(session: Session, wanted: Selection, *, repeat_days: int) -> list[AgentCalls]:
    """Load the calls of each agent of a selection, agents in order of number.

    Args:
        wanted: should name one ruleset.
        repeat_days: a caller is a repeat one who called anybody so many days before or less.
    """
    drawn = case(
        (SpotCheckRow.check_id.is_(None), 0),
        (SpotCheckRow.drawn_by == DrawnBy.CHANCE.value, 1),
        else_=-1,
    )
    rows = session.execute(
        select(
            CallStatusRow.agent_id,
            CallStatusRow.team,
            CallStatusRow.started_at,
            CallStatusRow.machine,
            drawn,
            CallRow.caller_number,
            CallRow.direction,
        )
        .join(CallRow, CallRow.call_id == CallStatusRow.call_id)
        .outerjoin(SpotCheckRow, SpotCheckRow.call_id == CallStatusRow.call_id)
        .where(
            CallStatusRow.agent_id.is_not(None),
            CallStatusRow.started_at.is_not(None),
            *within(wanted),
        )
        .order_by(CallStatusRow.agent_id, CallStatusRow.started_at)
    ).all()
    inbound = [(row[5], row[2]) for row in rows if row[5] and row[6] != "outbound"]
    repeated = _repeats(session, inbound, timedelta(days=repeat_days))
    found: dict[str, tuple[str | None, list[AgentCall]]] = {}
    for agent_id, team, started_at, score, sampled, number, direction in rows:
        is_known = bool(number) and direction != "outbound"
        call = AgentCall(
            started_at,
            score,
            is_sampled=None if sampled < 0 else sampled == 1,
            is_repeat=(number, started_at) in repeated if is_known else None,
        )
        found.setdefault(agent_id, (team, []))[1].append(call)
    return [AgentCalls(agent, team, tuple(calls)) for agent, (team, calls) in found.items()]


def _repeats(
    session: Session, calls: Sequence[tuple[str, datetime]], within_time: timedelta
) -> set[tuple[str, datetime]]:
    """Find the calls whose number called before, whoever answered then."""
    numbers = sorted({number for number, _ in calls})
    if not numbers:
        return set()
    first, last = min(at for _, at in calls) - within_time, max(at for _, at in calls)
    starts: dict[str, list[datetime]] = {}
    for at in range(0, len(numbers), 500):
        rows = session.execute(
            select(CallRow.caller_number, CallRow.started_at)
            .where(
                CallRow.caller_number.in_(numbers[at : at + 500]),
                CallRow.started_at >= first,
                CallRow.started_at <= last,
                CallRow.replaced_by.is_(None),
            )
            .order_by(CallRow.started_at)
        )
        for number, started_at in rows:
            if number is not None and started_at is not None:
                starts.setdefault(number, []).append(started_at)
    return {
        (number, at)
        for number, at in calls
        if any(at - within_time <= other < at for other in starts.get(number, ()))
    }
