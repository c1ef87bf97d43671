"""What people found of calls, gathered from all that they wrote: labels, reviews, appeals."""

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from qa.records import FlagAction, Scope
from qa.review.backtest import Origin, Truth
from qa.review.labelling import together
from qa.store.convert import chunks
from qa.store.label_sets import SetKind, list_sets
from qa.store.labels import Label, counted_labels
from qa.store.scope import call_in_scope
from qa.store.tables import CallRow, ScorecardRow, VerdictRow
from qa.store.tables_labels import LabelTaskRow
from qa.store.tables_review import CallStatusRow, FlagDecisionRow
from qa.types import Outcome

_ORIGINS = {
    SetKind.SAMPLE: Origin.SAMPLE,
    SetKind.CALIBRATION: Origin.CALIBRATION,
    SetKind.FILE: Origin.FILE,
}


def load_truths(session: Session, ruleset_id: str) -> dict[tuple[str, str], Truth]:
    """Gather what people found of calls of a ruleset, by call and rule.

    Where there is more than one source the weightiest counts: the decision of an appeal, labels
    given apart from the machine (drawn before others), then reviews.

    Returns:
        Also labels of open sets are left out; strata are named `SET:STRATUM`.
    """
    found = _reviewed(session, ruleset_id)
    appealed = {key for key, one in found.items() if one.origin is Origin.APPEAL}
    sets = [one for one in list_sets(session, ruleset_id=ruleset_id) if not one.is_open]
    order = {SetKind.FILE: 0, SetKind.CALIBRATION: 1, SetKind.SAMPLE: 2}
    for one in sorted(sets, key=lambda one: (order[one.kind], one.set_id)):
        strata = _strata_of(session, one.set_id)
        for (call_id, rule_id), outcomes in _by_rule(counted_labels(session, one)).items():
            if (call_id, rule_id) in appealed and one.kind is not SetKind.SAMPLE:
                continue
            is_drawn = one.kind is SetKind.SAMPLE
            found[call_id, rule_id] = Truth(
                call_id,
                rule_id,
                found[call_id, rule_id].outcome
                if (call_id, rule_id) in appealed
                else together(outcomes),
                _ORIGINS[one.kind],
                f"{one.set_id}:{strata[call_id]}" if is_drawn else "",
            )
    return found


def count_flags(session: Session, ruleset_id: str) -> dict[str, int]:
    """Count how many current scorecards of a ruleset hold each rule as violated."""
    rows = session.execute(
        select(VerdictRow.rule_id, func.count())
        .join(ScorecardRow, ScorecardRow.scorecard_id == VerdictRow.scorecard_id)
        .where(
            ScorecardRow.is_current.is_(True),
            ScorecardRow.ruleset_id == ruleset_id,
            VerdictRow.outcome == Outcome.VIOLATED.value,
        )
        .group_by(VerdictRow.rule_id)
    )
    return {row[0]: row[1] for row in rows}


def agents_of(session: Session, call_ids: Iterable[str]) -> dict[str, str | None]:
    """Find the agent of each call."""
    found: dict[str, str | None] = {}
    for ids in chunks(sorted(call_ids)):
        rows = session.execute(
            select(CallRow.call_id, CallRow.agent_id).where(CallRow.call_id.in_(ids))
        )
        found.update((row[0], row[1]) for row in rows)
    return found


def calls_in_scope(session: Session, scope: Scope, call_ids: Sequence[str]) -> set[str]:
    """Find which of some calls lie within a scope."""
    found: set[str] = set()
    for ids in chunks(call_ids):
        wanted = select(CallRow.call_id).where(
            CallRow.call_id.in_(ids),
            call_in_scope(scope, CallRow.agent_id.expression, CallRow.call_id),
        )
        found |= set(session.scalars(wanted))
    return found


def chance_calls(session: Session, ruleset_id: str, count: int) -> list[str]:
    """Draw scored calls of a ruleset by chance, always the same ones while there are no new ones.

    Chance is SHA-256 of the call id, so that a new call hardly changes the rest.
    """
    ids = session.scalars(
        select(CallStatusRow.call_id).where(CallStatusRow.ruleset_id == ruleset_id)
    ).yield_per(10_000)
    return heapq.nsmallest(count, ids, key=lambda i: hashlib.sha256(i.encode()).digest())


def _reviewed(session: Session, ruleset_id: str) -> dict[tuple[str, str], Truth]:
    """Read decisions about flags as labels; the last one of each call and rule counts."""
    rows = session.execute(
        select(
            FlagDecisionRow.call_id,
            FlagDecisionRow.rule_id,
            FlagDecisionRow.action,
            FlagDecisionRow.outcome,
            FlagDecisionRow.appeal_id,
            VerdictRow.outcome,
        )
        .join(
            VerdictRow,
            (VerdictRow.scorecard_id == FlagDecisionRow.scorecard_id)
            & (VerdictRow.rule_id == FlagDecisionRow.rule_id),
        )
        .join(ScorecardRow, ScorecardRow.scorecard_id == FlagDecisionRow.scorecard_id)
        .where(
            ScorecardRow.ruleset_id == ruleset_id,
            FlagDecisionRow.action != FlagAction.NOTE.value,
        )
        .order_by(FlagDecisionRow.decision_id)
    )
    found = {}
    for call_id, rule_id, action, changed, appeal_id, machine in rows:
        outcome = Outcome(machine)
        if action == FlagAction.REJECT.value:
            outcome = Outcome.MET
        elif action == FlagAction.CHANGE.value and changed is not None:
            outcome = Outcome(changed)
        origin = Origin.APPEAL if appeal_id is not None else Origin.REVIEW
        found[call_id, rule_id] = Truth(call_id, rule_id, outcome, origin)
    return found


def _by_rule(labels: Iterable[Label]) -> dict[tuple[str, str], list[Outcome]]:
    found: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for one in labels:
        found[one.call_id, one.rule_id].append(one.outcome)
    return found


def _strata_of(session: Session, set_id: int) -> dict[str, str]:
    rows = session.execute(
        select(LabelTaskRow.call_id, LabelTaskRow.stratum).where(LabelTaskRow.set_id == set_id)
    )
    return {row[0]: row[1] for row in rows}
