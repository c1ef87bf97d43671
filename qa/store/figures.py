"""What calls a person can listen to behind the figures: what is missed most, praise, appeals.

Sums, means and weeks are in `team_figures`.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select
from sqlalchemy.orm import Session

from qa.records import Appeal, FlagAction, Scope
from qa.review.statistics import quantile
from qa.store.review_rows import as_appeal
from qa.store.scope import agent_in_scope, is_open_to
from qa.store.selections import form_of, form_of_scope
from qa.store.tables import ScorecardRow, VerdictRow
from qa.store.tables_review import AppealRow, AppealStepRow, CallStatusRow, FlagDecisionRow
from qa.store.team_figures import Selection
from qa.types import Outcome

_MOST_TIMED = 10_000
_NEWEST = 20
"""An example is one of so many of the newest."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to hear something; the times are None where only the call is known."""

    call_id: str
    scorecard_id: int
    rule_id: str
    start_ms: int | None
    end_ms: int | None


@dataclass(frozen=True, slots=True)
class MissedRule:
    """A rule that an agent violated, as far as it still counts.

    Attributes:
        times: violations, those that a person rejected left out.
        points: taken off by them, as the machine counts.
        examples: among the newest, with a clip; see `_in_few_calls`.
    """

    rule_id: str
    times: int
    points: int
    examples: tuple[Place, ...]


def newest_call(session: Session, scope: Scope, *, before: datetime) -> datetime | None:
    """Find when the newest judged call within a scope started; None without any."""
    form, values = form_of_scope(scope)
    return session.scalar(_newest(form), {**values, "before": before})


@lru_cache(maxsize=64)
def _newest(scope: Scope) -> Select[datetime | None]:
    started, sorted_at = CallStatusRow.started_at, CallStatusRow.sorted_at  # only one is indexed
    within = and_(agent_in_scope(scope, CallStatusRow.agent_id), sorted_at <= bindparam("before"))
    known = select(started).where(within, started.is_not(None))
    return known.order_by(sorted_at.desc()).limit(1)


def missed_rules(
    session: Session, wanted: Selection, *, limit: int = 10, examples: int = 3
) -> list[MissedRule]:
    """List the rules missed most in a selection, the most frequent first."""
    form, values = form_of(wanted)
    rows = session.execute(_violations(form), values)
    lifted = _lifted(session, wanted)
    times, points = Counter[str](), Counter[str]()
    newest: dict[str, list[Place]] = defaultdict(list)
    for rule_id, lost, start_ms, end_ms, call_id, number in rows:
        if (number, rule_id) in lifted:
            continue
        times[rule_id] += 1
        points[rule_id] += lost
        if start_ms is not None and len(newest[rule_id]) < _NEWEST:
            place = Place(call_id, number, rule_id, start_ms, end_ms)
            newest[rule_id].append(place)
    most = sorted(times, key=lambda rule_id: (-times[rule_id], -points[rule_id], rule_id))[:limit]
    shown = _in_few_calls([newest[rule_id] for rule_id in most], examples)
    return [
        MissedRule(rule_id, times[rule_id], points[rule_id], places)
        for rule_id, places in zip(most, shown, strict=True)
    ]


@lru_cache(maxsize=64)
def _violations(wanted: Selection) -> Select[*tuple[Any, ...]]:
    return (
        select(
            VerdictRow.rule_id,
            VerdictRow.points,
            VerdictRow.start_ms,
            VerdictRow.end_ms,
            CallStatusRow.call_id,
            CallStatusRow.scorecard_id,
        )
        .join(CallStatusRow, CallStatusRow.scorecard_id == VerdictRow.scorecard_id)
        .where(_within(wanted), VerdictRow.outcome == Outcome.VIOLATED.value)
        .order_by(CallStatusRow.sorted_at.desc(), CallStatusRow.call_id)
    )


def _in_few_calls(newest: Sequence[Sequence[Place]], wanted: int) -> list[tuple[Place, ...]]:
    """Choose examples of each rule among its newest, so that few calls show all of them.

    One call that shows three rules is heard and understood sooner than three calls, and what is
    personal in it is searched for once. Call after call is taken that shows most of what is still
    without its examples; of several the one that stands first in a list.
    """
    lacking = [min(wanted, len(places)) for places in newest]
    shows: dict[str, list[int]] = defaultdict(list)
    first: dict[str, int] = {}
    for rule, places in enumerate(newest):
        for at, place in enumerate(places):
            shows[place.call_id].append(rule)
            first[place.call_id] = min(at, first.get(place.call_id, at))
    order = sorted(first, key=lambda call_id: (first[call_id], call_id))
    taken: list[str] = []
    while any(lacking):
        best = max(order, key=lambda call_id: sum(lacking[rule] > 0 for rule in shows[call_id]))
        order.remove(best)
        taken.append(best)
        for rule in shows[best]:
            lacking[rule] = max(0, lacking[rule] - 1)
    return [
        tuple([place for place in places if place.call_id in taken][:wanted]) for places in newest
    ]


def _lifted(session: Session, wanted: Selection) -> set[tuple[int, str]]:
    """Find the violations that a person rejected, or found to be none."""
    form, values = form_of(wanted)
    return {
        (row.scorecard_id, row.rule_id)
        for row in session.execute(_last_decisions(form), values)
        if row.action == FlagAction.REJECT.value
        or (row.outcome is not None and row.outcome != Outcome.VIOLATED.value)
    }


@lru_cache(maxsize=64)
def _last_decisions(wanted: Selection) -> Select[*tuple[Any, ...]]:
    last = (
        select(func.max(FlagDecisionRow.decision_id))
        .join(
            CallStatusRow,
            and_(
                CallStatusRow.call_id == FlagDecisionRow.call_id,
                CallStatusRow.scorecard_id == FlagDecisionRow.scorecard_id,
            ),
        )
        .where(_within(wanted), FlagDecisionRow.action != FlagAction.NOTE.value)
        .group_by(FlagDecisionRow.scorecard_id, FlagDecisionRow.rule_id)
    )
    of = FlagDecisionRow
    return select(of.scorecard_id, of.rule_id, of.action, of.outcome).where(
        of.decision_id.in_(last)
    )


def praised_calls(session: Session, wanted: Selection, *, limit: int = 10) -> list[str]:
    """List the calls in which somebody praises an agent, the newest first."""
    form, values = form_of(wanted)
    return list(session.scalars(_praised(form), {**values, "most": limit}))


@lru_cache(maxsize=64)
def _praised(wanted: Selection) -> Select[str]:
    return (
        select(CallStatusRow.call_id)
        .where(_within(wanted), CallStatusRow.is_praised.is_(True))
        .order_by(CallStatusRow.sorted_at.desc(), CallStatusRow.call_id)
        .limit(bindparam("most"))
    )


def appeals_about(session: Session, wanted: Selection) -> list[Appeal]:
    """List the appeals about the calls of a selection, the newest first."""
    rows = session.execute(
        select(AppealRow, AppealStepRow)
        .join(CallStatusRow, CallStatusRow.call_id == AppealRow.call_id)
        .outerjoin(AppealStepRow, AppealStepRow.appeal_id == AppealRow.appeal_id)
        .where(_within(wanted))
        .order_by(AppealRow.appeal_id.desc())
    )
    return [as_appeal(row, step) for row, step in rows]


def review_minutes(session: Session, wanted: Selection) -> float | None:
    """Say how long a call of a selection typically waits: from its scorecard to the first decision.

    Returns:
        The median in minutes, over the calls of the 10,000 latest decisions; None without any.
    """
    rows = session.execute(
        select(FlagDecisionRow.scorecard_id, FlagDecisionRow.decided_at, ScorecardRow.created_at)
        .join(CallStatusRow, CallStatusRow.call_id == FlagDecisionRow.call_id)
        .join(ScorecardRow, ScorecardRow.scorecard_id == FlagDecisionRow.scorecard_id)
        .where(
            _within(wanted),
            FlagDecisionRow.action != FlagAction.NOTE.value,
            FlagDecisionRow.carried_from.is_(None),
        )
        .order_by(FlagDecisionRow.decision_id.desc())
        .limit(_MOST_TIMED)
    )
    minutes: dict[int, list[float]] = defaultdict(list)
    for number, decided_at, created_at in rows:
        minutes[number].append((decided_at - created_at).total_seconds() / 60)
    return quantile([min(some) for some in minutes.values()], 0.5)


def _within(wanted: Selection) -> ColumnElement[bool]:
    conditions = [
        is_open_to(wanted.scope, CallStatusRow.call_id),
        agent_in_scope(wanted.scope, CallStatusRow.agent_id.expression),
        CallStatusRow.sorted_at >= wanted.since,
        CallStatusRow.sorted_at < wanted.until,
    ]
    for column, value in (
        (CallStatusRow.team, wanted.team),
        (CallStatusRow.agent_id, wanted.agent_id),
        (CallStatusRow.ruleset_id, wanted.ruleset_id),
    ):
        if value is not None:
            conditions.append(column == value)
    return and_(*conditions)
