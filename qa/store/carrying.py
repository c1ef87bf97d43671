"""What goes on when a call that people have worked on is judged again.

Decisions stay with the scorecard that they were made on. Where the new one says the same of a rule,
the decision that counts is added to it as well, marked as carried over; a release goes on where
nothing that counts changed. Else a released call is open again, and its agent is told; an appealed
or final call keeps what it has until a person looks (decision record 23).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from qa.codec import decode
from qa.records import FlagDecision, ReviewState
from qa.review.appeals import (
    Release,
    ReleaseAction,
    appeals_of,
    release_in_force,
    released_state,
)
from qa.review.reviewing import (
    effective_card,
    last_decision,
    same_counts,
    unchanged_rules,
)
from qa.store.messages import MessageKind, tell_agent
from qa.store.review_rows import NOTHING, History, load_histories
from qa.store.tables import ScorecardRow
from qa.store.tables_review import FlagDecisionRow, ReleaseRow
from qa.types import Scorecard


def current_numbers(session: Session, call_ids: Sequence[str]) -> dict[str, int]:
    """Load the number of each call's current scorecard; at most `CHUNK` ids."""
    rows = session.execute(
        select(ScorecardRow.call_id, ScorecardRow.scorecard_id).where(
            ScorecardRow.call_id.in_(call_ids), ScorecardRow.is_current.is_(True)
        )
    )
    return {row[0]: row[1] for row in rows}


def carry_over(
    session: Session, before: Mapping[str, int], after: Mapping[str, int], now: datetime
) -> None:
    """Carry what people did from the scorecards that were current to those that are.

    Args:
        before, after: scorecard number by call id.

    Raises:
        StoreError: a stored scorecard is damaged.
    """
    moved = [i for i in after if i in before and before[i] != after[i]]
    histories = load_histories(session, moved)
    numbers = {n for i in moved for n in (before[i], after[i])}
    numbers |= {s.scorecard_id for history in histories.values() for s in history.steps}
    cards = _cards(session, numbers)
    for call_id in moved:
        history = histories.get(call_id, NOTHING)
        carried: list[FlagDecision] = []
        if before[call_id] in cards:  # one whose check broke is gone
            carried = _carry_decisions(session, history, cards, before[call_id], after[call_id])
        history = History((*history.decisions, *carried), history.steps, history.appeals)
        _carry_release(session, history, cards, after[call_id], now)


def _cards(session: Session, numbers: set[int]) -> dict[int, Scorecard]:
    if not numbers:
        return {}
    rows = session.execute(
        select(ScorecardRow.scorecard_id, ScorecardRow.blob).where(
            ScorecardRow.scorecard_id.in_(sorted(numbers))
        )
    )
    return {row[0]: decode(Scorecard, row[1]) for row in rows}


def _root(decision: FlagDecision) -> int:
    return decision.carried_from or decision.decision_id


def _carry_decisions(
    session: Session, history: History, cards: Mapping[int, Scorecard], old: int, new: int
) -> list[FlagDecision]:
    """Add the decisions that count on one card to another, where both say the same."""
    carried: list[FlagDecision] = []
    for rule_id in sorted(unchanged_rules(cards[old], cards[new])):
        counts = last_decision([d for d in history.on(old) if d.rule_id == rule_id])
        known = last_decision([d for d in history.on(new) if d.rule_id == rule_id])
        if counts is None or (known is not None and _root(known) >= _root(counts)):
            continue
        values = {
            "call_id": counts.call_id,
            "scorecard_id": new,
            "rule_id": rule_id,
            "action": counts.action.value,
            "outcome": counts.outcome.value if counts.outcome else None,
            "points": counts.points,
            "reason": counts.reason,
            "decided_by": counts.decided_by,
            "decided_at": counts.decided_at,
            "appeal_id": counts.appeal_id,
            "carried_from": _root(counts),
        }
        added = session.scalar(
            insert(FlagDecisionRow).values(values).returning(FlagDecisionRow.decision_id)
        )
        carried.append(
            FlagDecision(
                decision_id=int(added or 0),
                call_id=counts.call_id,
                scorecard_id=new,
                rule_id=rule_id,
                action=counts.action,
                outcome=counts.outcome,
                points=counts.points,
                reason=counts.reason,
                decided_by=counts.decided_by,
                decided_at=counts.decided_at,
                appeal_id=counts.appeal_id,
                carried_from=_root(counts),
            )
        )
    return carried


def _carry_release(
    session: Session, history: History, cards: Mapping[int, Scorecard], new: int, now: datetime
) -> None:
    """Let a release go on with the new card, or open a released call again."""
    release = release_in_force(history.steps)
    if release is None or release.scorecard_id == new:
        return
    told = effective_card(cards[release.scorecard_id], history.on(release.scorecard_id))
    found = effective_card(cards[new], history.on(new))
    if found.can_be_released and same_counts(told, found):
        _add_step(session, release, ReleaseAction.RELEASE, new, release.done_at)
        return
    state = released_state(release, appeals_of(release, history.appeals), now)
    if state is ReviewState.RELEASED:
        _add_step(session, release, ReleaseAction.REOPEN, new, now)
        tell_agent(session, MessageKind.CALL_REOPENED, release.call_id, now)


def _add_step(
    session: Session, release: Release, action: ReleaseAction, new: int, done_at: datetime
) -> None:
    goes_on = action is ReleaseAction.RELEASE
    session.execute(
        insert(ReleaseRow).values(
            call_id=release.call_id,
            scorecard_id=new,
            action=action.value,
            score=release.score,
            reason=release.reason if goes_on else "",
            done_by=release.done_by if goes_on else None,
            done_at=done_at,
            appeal_until=release.appeal_until if goes_on else None,
            carried_from=release.root_id if goes_on else None,
        )
    )
