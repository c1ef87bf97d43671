"""Where a call stands between release and final, and who may appeal and decide.

Pure: rows of what people did in, what may happen next out.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from qa.records import Appeal, AppealState, Basis, ReviewState, User
from qa.refusals import NotAllowedError, Refusal, TransitionError
from qa.review.reviewing import ReviewedCard

_DECIDED = frozenset({AppealState.UPHELD, AppealState.DISMISSED})


class ReleaseAction(StrEnum):
    """A step between a reviewed scorecard and its agent."""

    RELEASE = "release"
    TAKE_BACK = "take_back"
    REOPEN = "reopen"
    """A final call that was judged anew is reviewed again, on the new scorecard."""
    KEEP = "keep"
    """A person looked at the new scorecard of a final call: what was final stays."""


@dataclass(frozen=True, slots=True)
class Release:
    """One step; the last one of a call counts.

    Attributes:
        score: what the agent was told, 0–100.
        done_by: None where the program reopened a call that was judged again otherwise.
        appeal_until: end of the appeal window; None for a step that opens none.
        carried_from: the release that goes on, where the call was judged again and nothing that
            counts changed.
    """

    release_id: int
    call_id: str
    scorecard_id: int
    action: ReleaseAction
    score: int
    reason: str
    done_by: int | None
    done_at: datetime
    appeal_until: datetime | None
    carried_from: int | None

    @property
    def root_id(self) -> int:
        """The release that appeals name: the first of a row of carried ones."""
        return self.carried_from or self.release_id


@dataclass(frozen=True, slots=True)
class AppealChange:
    """What an upheld appeal makes of one flag: rejected, or other points where some are given."""

    rule_id: str
    points: int | None = None


def release_in_force(steps: Sequence[Release]) -> Release | None:
    """Find the release that the agent was told of, unless it was taken back.

    Args:
        steps: those of one call, in order.
    """
    for step in reversed(steps):
        if step.action is ReleaseAction.RELEASE:
            return step
        if step.action in (ReleaseAction.TAKE_BACK, ReleaseAction.REOPEN):
            return None
    return None


def appeals_of(release: Release | None, appeals: Sequence[tuple[int, Appeal]]) -> list[Appeal]:
    """List the appeals against a release.

    Args:
        appeals: each with the release that it was submitted against.
    """
    if release is None:
        return []
    return [appeal for root_id, appeal in appeals if root_id == release.root_id]


def released_state(release: Release, appeals: Sequence[Appeal], now: datetime) -> ReviewState:
    """Say where a released call stands: `released`, `appealed` or `final`.

    Args:
        appeals: those against this release.
    """
    states = {appeal.state for appeal in appeals}
    if AppealState.OPEN in states:
        return ReviewState.APPEALED
    if states & _DECIDED:
        return ReviewState.FINAL
    if release.appeal_until is None or now >= release.appeal_until:
        return ReviewState.FINAL
    return ReviewState.RELEASED


def unreleased_state(card: ReviewedCard) -> ReviewState:
    """Say where a call stands that is not released: `clean`, `open` or `started`."""
    if any(line.decision is not None for line in card.lines):
        return ReviewState.STARTED
    return ReviewState.OPEN if card.flags else ReviewState.CLEAN


def basis_of(state: ReviewState, card: ReviewedCard) -> Basis:
    """Say what a call's shown score rests on."""
    if state is ReviewState.FINAL:
        return Basis.FINAL
    if state in (ReviewState.RELEASED, ReviewState.APPEALED):
        return Basis.REVIEWED
    return card.basis


def appeal_until(released_at: datetime, days: int) -> datetime:
    """Say when an appeal window ends that begins now."""
    return released_at + timedelta(days=days)


def require_undecided_call(state: ReviewState) -> None:
    """Make sure that flags of the call may still be decided.

    Raises:
        TransitionError: it is released (take it back first), appealed or final.
    """
    refusals = {
        ReviewState.RELEASED: Refusal.ALREADY_RELEASED,
        ReviewState.APPEALED: Refusal.APPEALED,
        ReviewState.FINAL: Refusal.FINAL,
    }
    if state in refusals:
        raise TransitionError(refusals[state])


def require_other_person(user: User, agent_id: str | None) -> None:
    """Make sure that nobody reviews their own calls.

    Raises:
        NotAllowedError: the call is the person's own.
    """
    if agent_id is not None and user.agent_id == agent_id:
        raise NotAllowedError(Refusal.OWN_CALL)


def require_own_call(user: User, agent_id: str | None) -> None:
    """Make sure that only the agent whose call it is appeals.

    Raises:
        NotAllowedError: it is not this person's call.
    """
    if user.agent_id is None or user.agent_id != agent_id:
        raise NotAllowedError(Refusal.NOT_OWN_CALL)


def require_appealable(
    release: Release | None, appeals: Sequence[Appeal], rule_id: str | None, now: datetime
) -> None:
    """Make sure that an appeal about a rule, or about the whole call, may be submitted now.

    Args:
        release: the one in force; None where there is none.
        appeals: those against it.

    Raises:
        TransitionError: not released, the window has passed, one about the same is open or was
            decided, or the call is final.
    """
    if release is None:
        raise TransitionError(Refusal.NOT_RELEASED)
    same = {appeal.state for appeal in appeals if appeal.rule_id == rule_id}
    if AppealState.OPEN in same:
        raise TransitionError(Refusal.APPEAL_OPEN)
    if same & _DECIDED:
        raise TransitionError(Refusal.APPEAL_CLOSED)
    if release.appeal_until is None or now >= release.appeal_until:
        raise TransitionError(Refusal.WINDOW_PASSED)
    if released_state(release, appeals, now) is ReviewState.FINAL:
        raise TransitionError(Refusal.FINAL)


def require_open(appeal: Appeal) -> None:
    """Make sure that an appeal is not withdrawn or decided yet.

    Raises:
        TransitionError: it is.
    """
    if appeal.state is not AppealState.OPEN:
        raise TransitionError(Refusal.APPEAL_CLOSED)


def require_impartial(user: User, deciders: Collection[int]) -> None:
    """Make sure that an appeal is decided by somebody else than who reviewed the call.

    Args:
        deciders: users who decided a flag of the scorecard or released it.

    Raises:
        NotAllowedError: the person is one of them.
    """
    if user.user_id in deciders:
        raise NotAllowedError(Refusal.OWN_DECISION)
