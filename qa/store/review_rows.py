"""What people did with calls, read together: decisions, releases, appeals, and what follows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select, union
from sqlalchemy.orm import Session

from qa.codec import decode_card
from qa.records import (
    Appeal,
    AppealState,
    Basis,
    FlagAction,
    FlagDecision,
    ReviewState,
)
from qa.review.appeals import (
    Release,
    ReleaseAction,
    appeals_of,
    basis_of,
    release_in_force,
    released_state,
    unreleased_state,
)
from qa.review.reviewing import ReviewedCard, effective_card
from qa.store.convert import chunks
from qa.store.tables import ScorecardRow
from qa.store.tables_review import AppealRow, AppealStepRow, FlagDecisionRow, ReleaseRow
from qa.types import Outcome


@dataclass(frozen=True, slots=True)
class CallReview:
    """A call's scorecard with all that people did about it.

    Attributes:
        scorecard_id: the card that `state`, `score` and `card` rest on.
        current_id: the card in force; another one only where an appealed or final call was judged
            again and keeps its score until a person looks.
        is_judged_anew: so it is, and nobody has looked.
        score: what is shown, 0–100; `basis` says what it rests on.
        release: the one in force; None while there is none.
        steps: every release and what undid it, in order.
        appeals: those against the release in force, in order; `past_appeals` those before.
    """

    call_id: str
    scorecard_id: int
    current_id: int
    is_judged_anew: bool
    state: ReviewState
    basis: Basis
    score: int
    card: ReviewedCard
    release: Release | None
    steps: tuple[Release, ...]
    appeals: tuple[Appeal, ...]
    past_appeals: tuple[Appeal, ...]


@dataclass(frozen=True, slots=True)
class History:
    """What people did with one call, in order; appeals with the release that each is against."""

    decisions: tuple[FlagDecision, ...] = ()
    steps: tuple[Release, ...] = ()
    appeals: tuple[tuple[int, Appeal], ...] = ()

    def on(self, scorecard_id: int) -> list[FlagDecision]:
        """List the decisions on one scorecard."""
        return [d for d in self.decisions if d.scorecard_id == scorecard_id]


NOTHING = History()


def touched_calls(session: Session, call_ids: Sequence[str]) -> set[str]:
    """Find the calls about which people have decided anything; at most `CHUNK` ids."""
    decided = select(FlagDecisionRow.call_id).where(FlagDecisionRow.call_id.in_(call_ids))
    released = select(ReleaseRow.call_id).where(ReleaseRow.call_id.in_(call_ids))
    return set(session.scalars(union(decided, released)))


def load_histories(session: Session, call_ids: Sequence[str]) -> dict[str, History]:
    """Load what people did with calls, by call id; calls that nobody touched are left out."""
    histories: dict[str, History] = {}
    for ids in chunks(call_ids):
        decisions: dict[str, list[FlagDecision]] = defaultdict(list)
        steps: dict[str, list[Release]] = defaultdict(list)
        for row in session.scalars(_decisions_on(), {"call_ids": ids}):
            decisions[row.call_id].append(as_decision(row))
        for one in session.scalars(_releases_of(), {"call_ids": ids}):
            steps[one.call_id].append(as_release(one))
        appeals = _appeals(session, list(steps))
        for call_id in decisions.keys() | steps.keys():
            histories[call_id] = History(
                tuple(decisions[call_id]), tuple(steps[call_id]), tuple(appeals[call_id])
            )
    return histories


# Put together once: that takes longer than to run them.
@cache
def _decisions_on() -> Select[FlagDecisionRow]:
    of_calls = FlagDecisionRow.call_id.in_(bindparam("call_ids", expanding=True))
    return select(FlagDecisionRow).where(of_calls).order_by(FlagDecisionRow.decision_id)


@cache
def _releases_of() -> Select[ReleaseRow]:
    of_calls = ReleaseRow.call_id.in_(bindparam("call_ids", expanding=True))
    return select(ReleaseRow).where(of_calls).order_by(ReleaseRow.release_id)


@cache
def _cards_in_force() -> Select[*tuple[Any, ...]]:
    cards = ScorecardRow.__table__.c
    return select(cards.call_id, cards.scorecard_id, cards.blob).where(
        cards.call_id.in_(bindparam("call_ids", expanding=True)), cards.is_current.is_(True)
    )


def _appeals(session: Session, ids: Sequence[str]) -> dict[str, list[tuple[int, Appeal]]]:
    appeals: dict[str, list[tuple[int, Appeal]]] = defaultdict(list)
    if not ids:
        return appeals
    rows = session.execute(
        select(AppealRow, AppealStepRow)
        .outerjoin(AppealStepRow, AppealStepRow.appeal_id == AppealRow.appeal_id)
        .where(AppealRow.call_id.in_(ids))
        .order_by(AppealRow.appeal_id)
    )
    for row, step in rows:
        appeals[row.call_id].append((row.release_id, as_appeal(row, step)))
    return appeals


def load_reviews(session: Session, call_ids: Sequence[str], now: datetime) -> dict[str, CallReview]:
    """Load calls' reviews by call id; calls without a current scorecard are left out.

    Raises:
        StoreError: a stored scorecard is damaged.
    """
    reviews: dict[str, CallReview] = {}
    for ids in chunks(call_ids):
        histories = load_histories(session, ids)
        current = {row[0]: (row[1], row[2]) for row in _current_cards(session, ids)}
        older = _older_cards(session, current, histories)
        for call_id, (current_id, blob) in current.items():
            history = histories.get(call_id, NOTHING)
            cards = {current_id: blob}
            release = release_in_force(history.steps)
            if release is not None and release.scorecard_id in older:
                cards[release.scorecard_id] = older[release.scorecard_id]
            reviews[call_id] = _review(call_id, current_id, cards, history, now)
    return reviews


def _current_cards(session: Session, ids: Sequence[str]) -> Iterable[tuple[str, int, bytes]]:
    rows = session.execute(_cards_in_force(), {"call_ids": list(ids)})
    return [(row[0], row[1], row[2]) for row in rows]


def _older_cards(
    session: Session, current: Mapping[str, tuple[int, bytes]], histories: Mapping[str, History]
) -> dict[int, bytes]:
    """Load the cards that were released and are no longer the current ones."""
    releases = [release_in_force(history.steps) for history in histories.values()]
    wanted = [
        release.scorecard_id
        for release in releases
        if release is not None
        and release.call_id in current
        and release.scorecard_id != current[release.call_id][0]
    ]
    if not wanted:
        return {}
    rows = session.execute(
        select(ScorecardRow.scorecard_id, ScorecardRow.blob).where(
            ScorecardRow.scorecard_id.in_(wanted)
        )
    )
    return {row[0]: row[1] for row in rows}


def _review(
    call_id: str, current_id: int, blobs: Mapping[int, bytes], history: History, now: datetime
) -> CallReview:
    release = release_in_force(history.steps)
    shown_id = release.scorecard_id if release is not None else current_id
    card = effective_card(decode_card(blobs[shown_id]), history.on(shown_id))
    appeals = appeals_of(release, history.appeals)
    state = released_state(release, appeals, now) if release else unreleased_state(card)
    return CallReview(
        call_id=call_id,
        scorecard_id=shown_id,
        current_id=current_id,
        is_judged_anew=shown_id != current_id and not _was_kept(history.steps, current_id),
        state=state,
        basis=basis_of(state, card),
        score=card.score,
        card=card,
        release=release,
        steps=history.steps,
        appeals=tuple(appeals),
        past_appeals=tuple([one for _, one in history.appeals if one not in appeals]),
    )


def _was_kept(steps: Sequence[Release], current_id: int) -> bool:
    last = steps[-1]
    return last.action is ReleaseAction.KEEP and last.scorecard_id == current_id


def as_decision(row: FlagDecisionRow) -> FlagDecision:
    """Read a decision from its row."""
    return FlagDecision(
        decision_id=row.decision_id,
        call_id=row.call_id,
        scorecard_id=row.scorecard_id,
        rule_id=row.rule_id,
        action=FlagAction(row.action),
        outcome=Outcome(row.outcome) if row.outcome else None,
        points=row.points,
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        appeal_id=row.appeal_id,
        carried_from=row.carried_from,
    )


def as_release(row: ReleaseRow) -> Release:
    """Read a release from its row."""
    return Release(
        release_id=row.release_id,
        call_id=row.call_id,
        scorecard_id=row.scorecard_id,
        action=ReleaseAction(row.action),
        score=row.score,
        reason=row.reason,
        done_by=row.done_by,
        done_at=row.done_at,
        appeal_until=row.appeal_until,
        carried_from=row.carried_from,
    )


def as_appeal(row: AppealRow, step: AppealStepRow | None) -> Appeal:
    """Read an appeal from its row and what became of it."""
    return Appeal(
        appeal_id=row.appeal_id,
        call_id=row.call_id,
        scorecard_id=row.scorecard_id,
        rule_id=row.rule_id,
        text=row.text,
        submitted_by=row.submitted_by,
        submitted_at=row.submitted_at,
        state=AppealState(step.state) if step else AppealState.OPEN,
        decided_by=step.done_by if step else None,
        decided_at=step.done_at if step else None,
        answer=step.answer if step else "",
    )
