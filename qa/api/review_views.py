"""What people decided of a call, as its page shows it: beside each flag, and as a history."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from qa.api.display import format_moment
from qa.api.words import word as say
from qa.api.written import Hide
from qa.records import Appeal, AppealState, FlagAction, FlagDecision
from qa.review.reviewing import ReviewedLine
from qa.store.review_rows import CallReview
from qa.types import Outcome
from qa.wording import outcome_name

_RULING_CSS = {FlagAction.CONFIRM: "upheld", FlagAction.REJECT: "cleared"}
_APPEAL_CSS = {AppealState.OPEN: "asked", AppealState.UPHELD: "cleared"}
QUICK_REASONS = {
    Outcome.VIOLATED: ("misheard", "quoted", "context", "said_later", "exempt", "other_speaker"),
    Outcome.UNDECIDED: ("heard_well", "not_due", "exempt", "unclear", "other_speaker"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """How a page is read: in which language and zone, by whom, and who the others are.

    Attributes:
        names: of users, by id.
        written: hides what is personal in what people wrote about the call.
        sees_notes: reviewers' remarks to each other are not for agents.
    """

    lang: str
    zone: ZoneInfo
    names: Mapping[int, str]
    written: Hide
    sees_notes: bool = True

    def who(self, user_id: int | None) -> str:
        """Name a person; a dash for one who is no longer known."""
        return self.names.get(user_id or 0, "–")

    def when(self, moment: datetime | None) -> str:
        """Write a moment in the centre's own zone."""
        return format_moment(moment.astimezone(self.zone)) if moment else ""


@dataclass(frozen=True, slots=True)
class StepView:
    """One thing that a person did."""

    what: str
    css: str
    reason: str
    who: str
    when: str
    is_carried: bool = False


@dataclass(frozen=True, slots=True)
class FlagReview:
    """What people decided of one flag.

    Attributes:
        is_required: it keeps the call from being released.
        label, css: the decision that counts; empty while nobody decided.
        points: what it takes off now; `was_points` what it took off before, where that differs.
        after: number of the decision that counts, 0 for none: a form sends it back, so that one
            made meanwhile by somebody else is not covered up.
    """

    is_open: bool
    is_required: bool
    label: str
    css: str
    points: int
    was_points: int | None
    after: int
    steps: tuple[StepView, ...]
    can_appeal: bool = False


@dataclass(frozen=True, slots=True)
class AppealView:
    """One appeal against the call."""

    rule_id: str | None
    what: str
    css: str
    text: str
    who: str
    when: str
    answer: str
    answered_by: str
    answered_at: str


def people_in(review: CallReview) -> set[int | None]:
    """List everybody whom the history of a call names."""
    decisions = [d.decided_by for line in review.card.lines for d in line.history]
    appeals = [*review.appeals, *review.past_appeals]
    return {
        *decisions,
        *(step.done_by for step in review.steps),
        *(appeal.submitted_by for appeal in appeals),
        *(appeal.decided_by for appeal in appeals),
    }


def flag_reviews(review: CallReview, reading: Reading) -> dict[str, FlagReview]:
    """Lay out the review of every flag, by rule id."""
    appealed = {a.rule_id for a in review.appeals if a.state is not AppealState.WITHDRAWN}
    return {
        line.line.rule_id: flag_review(line, reading, is_appealed=line.line.rule_id in appealed)
        for line in review.card.flags
    }


def flag_review(line: ReviewedLine, reading: Reading, *, is_appealed: bool) -> FlagReview:
    """Lay out the review of one flag."""
    label, css = _ruling(line, reading.lang)
    steps = [
        _step(line, decision, reading)
        for decision in line.history
        if reading.sees_notes or decision.action is not FlagAction.NOTE
    ]
    changed = line.decision is not None and line.points != line.line.points
    return FlagReview(
        is_open=line.is_open,
        is_required=line.must_be_decided,
        label=label,
        css=css,
        points=line.points,
        was_points=line.line.points if changed else None,
        after=line.decision.decision_id if line.decision else 0,
        steps=tuple(steps),
        can_appeal=line.outcome is Outcome.VIOLATED and not is_appealed,
    )


def _ruling(line: ReviewedLine, lang: str) -> tuple[str, str]:
    if line.decision is None:
        return "", ""
    text = _what(line, line.decision, lang)
    if line.decision.action is FlagAction.CHANGE:
        return text, "upheld" if line.outcome is Outcome.VIOLATED else "cleared"
    if line.outcome is Outcome.UNDECIDED:
        return text, "seen"
    return text, _RULING_CSS[line.decision.action]


def _what(line: ReviewedLine, decision: FlagDecision, lang: str) -> str:
    if decision.action is FlagAction.NOTE:
        return say("did_note", lang)
    if decision.action is FlagAction.CHANGE:
        outcome = outcome_name(decision.outcome or line.line.verdict.outcome, lang)
        if decision.points is not None:
            return say("did_change_points", lang, outcome=outcome, points=decision.points)
        return say("did_change", lang, outcome=outcome)
    return say(f"did_{decision.action.value}_{line.line.verdict.outcome.value.lower()}", lang)


def _step(line: ReviewedLine, decision: FlagDecision, reading: Reading) -> StepView:
    return StepView(
        what=_what(line, decision, reading.lang),
        css=decision.action.value,
        reason=reading.written(decision.reason),
        who=reading.who(decision.decided_by),
        when=reading.when(decision.decided_at),
        is_carried=decision.carried_from is not None,
    )


def release_steps(review: CallReview, reading: Reading) -> tuple[StepView, ...]:
    """Lay out when the call went to its agent, and what was undone."""
    return tuple(
        StepView(
            what=say(f"step_{step.action.value}", reading.lang, score=step.score),
            css=step.action.value,
            reason=reading.written(step.reason),
            who=reading.who(step.done_by),
            when=reading.when(step.done_at),
            is_carried=step.carried_from is not None,
        )
        for step in review.steps
    )


def appeal_views(appeals: Iterable[Appeal], reading: Reading) -> tuple[AppealView, ...]:
    """Lay out appeals, in order."""
    return tuple(
        AppealView(
            rule_id=appeal.rule_id,
            what=say(f"appealed_{appeal.state.value}", reading.lang),
            css=_APPEAL_CSS.get(appeal.state, "upheld"),
            text=reading.written(appeal.text),
            who=reading.who(appeal.submitted_by),
            when=reading.when(appeal.submitted_at),
            answer=reading.written(appeal.answer),
            answered_by=reading.who(appeal.decided_by),
            answered_at=reading.when(appeal.decided_at),
        )
        for appeal in appeals
    )


def quick_reasons(outcome: Outcome, lang: str) -> tuple[str, ...]:
    """List the reasons that number keys give."""
    keys = QUICK_REASONS.get(outcome, ())
    return tuple(say(f"why_{key}", lang) for key in keys)
