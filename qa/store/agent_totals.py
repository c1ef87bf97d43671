"""Every agent's judged calls in numbers, for the list of agents."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Text, and_, case, cast, func, null, select, union_all
from sqlalchemy.orm import Session

from qa.records import Scope
from qa.store.day_figures import FIRST, LAST, Parts, parts_of
from qa.store.scope import agent_in_scope
from qa.store.selections import Selection, sum_of, within
from qa.store.tables import AgentRow, ScorecardRow, VerdictRow
from qa.store.tables_figures import AgentDayRow, AgentRuleRow
from qa.store.tables_review import CallStatusRow
from qa.types import Outcome

_EVERYTHING = Scope(everything=True)
_SUMS = ("calls", "total", "critical", "violated", "left_undecided")


@dataclass(frozen=True, slots=True)
class AgentTotals:
    """One agent's judged calls in numbers.

    Attributes:
        mean_score, lowest_score: of the scores that count, 0-100; an unconfirmed fine counts
            nothing.
        critical_failures, violated, undecided: what the machine found, confirmed or not.
        missed: violations by rule id, the most frequent first.
    """

    agent_id: str | None
    name: str | None
    team: str | None
    calls: int
    mean_score: float
    lowest_score: int
    critical_failures: int
    violated: int
    undecided: int
    missed: tuple[tuple[str, int], ...]


def agent_totals(
    session: Session, since: datetime | None = None, *, scope: Scope = _EVERYTHING
) -> list[AgentTotals]:
    """Sum up judged calls by agent, in order of agent id; calls of unknown agents last.

    Args:
        scope: whose calls count; the command line's user sees all.
    """
    wanted = Selection(scope, since or FIRST, LAST)
    bounds = (wanted.since, wanted.until)
    # Sums of days hold closed calls too.
    parts = Parts((), (bounds,)) if wanted.scope.closed else parts_of(session, bounds)
    sums: Counter[tuple[str, str]] = Counter()
    lowest: dict[str, int] = {}
    for statement in (_rolled(wanted, parts), _read(wanted, parts)):
        for agent_id, low, *counts in session.execute(statement):
            lowest[agent_id] = min(low, lowest.get(agent_id, low))
            sums.update({(agent_id, n): int(c) for n, c in zip(_SUMS, counts, strict=True)})
    missed = _missed(session, wanted, parts, whole=since is None)
    people = {
        row[0]: (row[1], row[2])
        for row in session.execute(select(AgentRow.agent_id, AgentRow.name, AgentRow.team))
    }
    return [
        AgentTotals(
            agent_id or None,
            *people.get(agent_id, (None, None)),
            calls=sums[agent_id, "calls"],
            mean_score=sums[agent_id, "total"] / sums[agent_id, "calls"],
            lowest_score=lowest[agent_id],
            critical_failures=sums[agent_id, "critical"],
            violated=sums[agent_id, "violated"],
            undecided=sums[agent_id, "left_undecided"],
            missed=tuple(sorted(missed[agent_id].items(), key=lambda one: (-one[1], one[0]))),
        )
        for agent_id in sorted(lowest, key=lambda one: (one == "", one))
    ]


def _rolled(wanted: Selection, parts: Parts) -> Any:
    agent_id = AgentDayRow.agent_id
    return (
        select(
            agent_id,
            func.min(AgentDayRow.lowest),
            *(sum_of(getattr(AgentDayRow, name)) for name in _SUMS),
        )
        .where(parts.in_days(AgentDayRow.day), agent_in_scope(wanted.scope, agent_id.expression))
        .group_by(agent_id)
    )


def _agent() -> Any:
    return func.coalesce(CallStatusRow.agent_id, "")


def _current() -> Any:
    # Hidden, as in `_of_card`: SQLite would else begin with all verdicts, or with all scorecards.
    of_call = ScorecardRow.call_id == func.coalesce(CallStatusRow.call_id, CallStatusRow.call_id)
    return and_(of_call, ScorecardRow.is_current.is_(True))


def _of_card() -> Any:
    card = func.coalesce(ScorecardRow.scorecard_id, ScorecardRow.scorecard_id)
    return VerdictRow.scorecard_id == card


def _read(wanted: Selection, parts: Parts) -> Any:
    agent_id = _agent()
    return (
        select(
            agent_id,
            func.min(CallStatusRow.score),
            func.count(),
            sum_of(CallStatusRow.score),
            sum_of(case((ScorecardRow.critical_failure.is_(True), 1), else_=0)),
            sum_of(ScorecardRow.violated),
            sum_of(ScorecardRow.undecided),
        )
        .select_from(CallStatusRow)
        .join(ScorecardRow, _current())
        .where(*within(wanted, parts))
        .group_by(agent_id)
    )


def _missed(
    session: Session, wanted: Selection, parts: Parts, *, whole: bool
) -> dict[str, Counter[str]]:
    """Count violations by agent and rule.

    Args:
        whole: all calls are wanted. Then what all days have together, less the days that do not
            hold, saves reading every day.
    """
    found: dict[str, Counter[str]] = defaultdict(Counter)
    agent_id = _agent()
    # Not a condition: SQLite would begin with the violations of all days.
    violations = sum_of(case((VerdictRow.outcome == Outcome.VIOLATED.value, 1), else_=0))
    read = (
        select(agent_id, VerdictRow.rule_id, violations)
        .select_from(CallStatusRow)
        .join(ScorecardRow, _current())
        .join(VerdictRow, _of_card())
        .where(*within(wanted, parts))
        .group_by(agent_id, VerdictRow.rule_id)
    )
    for agent, rule_id, times in session.execute(read):
        if times:
            found[agent][rule_id] += int(times)
    holds, owner = parts.in_days(AgentDayRow.day), AgentDayRow.agent_id.expression
    days = select(
        owner.label("agent_id"),
        AgentDayRow.missed.label("what"),
        cast(null(), Integer).label("times"),
    )
    days = days.where(agent_in_scope(wanted.scope, owner), ~holds if whole else holds)
    if whole and parts.days:
        # One statement, so that both are of one moment while somebody adds up days.
        rule = cast(AgentRuleRow.rule_id, Text).label("what")
        all_days = select(AgentRuleRow.agent_id, rule, AgentRuleRow.times)
        seen = agent_in_scope(wanted.scope, AgentRuleRow.agent_id.expression)
        rows = session.execute(union_all(all_days.where(seen), days))
    elif whole:
        return found
    else:
        rows = session.execute(days)
    for agent, what, times in rows:
        if times is not None:
            found[agent][what] += times
            continue
        change = json.loads(what)
        found[agent].update({one: -n if whole else n for one, n in change.items()})
    for rules in found.values():
        rules += Counter()  # drops zeros
    return found
