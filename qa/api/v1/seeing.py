"""A call as one reader may see it: within their scope, masked unless they may see it in clear."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import Query

from qa.api.access import Viewer
from qa.api.problems import Refused
from qa.api.service import LoadedCall, Service, load_call
from qa.api.v1.schemas import SpanOut, TwoLanguages
from qa.api.v1.schemas_calls import AppealOut, DecisionOut, ScoreOut
from qa.api.v1.schemas_verdicts import (
    EvidenceOut,
    GroupOut,
    MatchOut,
    PromiseOut,
    SlotOut,
    VerdictOut,
)
from qa.api.v1.shared import now
from qa.api.written import hide_in
from qa.errors import NotFoundError
from qa.masking import Heard, mask_call, mask_scorecard, mask_transcript
from qa.records import Appeal, FlagAction, FlagDecision, Right
from qa.review.reviewing import ReviewedLine
from qa.store import queries
from qa.store.audit import audit
from qa.store.evidence import evidence_of
from qa.store.names import user_names
from qa.store.personal import hear
from qa.store.review_rows import CallReview, load_reviews
from qa.types import Call, Scorecard, ScoreLine, Transcript
from qa.wording import reason_text

Clear = Annotated[
    bool,
    Query(
        description="Names, numbers and addresses in clear; needs the right to see personal data, "
        "and is written to the audit log."
    ),
]


@dataclass(frozen=True, slots=True)
class Seen:
    """A call for one reader.

    What was said and judged is masked when it is asked for: most answers show neither.

    Attributes:
        review: None while there is no scorecard.
        names: of the people who decided something, by user id.
        sees_notes: reviewers' remarks to each other are not for agents.
        heard: what hides personal data in texts that people wrote; None in clear.
    """

    loaded: LoadedCall
    call: Call
    review: CallReview | None
    names: dict[int, str]
    sees_notes: bool
    heard: Heard | None
    _card: Scorecard | None
    _transcript: Transcript | None

    @property
    def card(self) -> Scorecard | None:
        """The scorecard that the call's score rests on."""
        if self.heard is None or self._card is None:
            return self._card
        return mask_scorecard(self._card, self.heard)

    @property
    def transcript(self) -> Transcript | None:
        """The transcript that `card` judged; without a card what was heard last."""
        if self.heard is None or self._transcript is None:
            return self._transcript
        return mask_transcript(self._transcript, self.loaded.detail.call, heard=self.heard)

    @property
    def call_id(self) -> str:
        """The call's own id."""
        return self.loaded.detail.line.call_id

    @property
    def is_masked(self) -> bool:
        """Whether personal data is hidden."""
        return self.heard is not None

    def written(self, text: str) -> str:
        """Give a text that somebody wrote about the call."""
        return hide_in(self.heard)(text)

    def reviewed(self) -> CallReview:
        """Give the review.

        Raises:
            NotFoundError: the call has no scorecard yet.
        """
        if self.review is None:
            raise NotFoundError("scorecard of call", self.call_id)
        return self.review


def see(service: Service, viewer: Viewer, call_id: str, *, clear: bool = False) -> Seen:
    """Load a call for a reader; a look at personal data is written down.

    Raises:
        NotFoundError: there is no such call within the scope.
        NotAllowedError: the reader still has to label it blind.
        Refused: clear text was asked for without the right.
    """
    if clear and not viewer.may(Right.SEE_PERSONAL_DATA):
        raise Refused("not_allowed", "your account does not see personal data in clear")
    with service.store.sharing() as session:
        loaded = load_call(service, viewer.scope, call_id)
        own_id = loaded.detail.line.call_id
        review = load_reviews(session, [own_id], now()).get(own_id)
        names = user_names(session, _people_in(review))
        card, transcript = loaded.detail.scorecard, loaded.transcript
        if review is not None and review.scorecard_id != review.current_id:
            card = review.card.card
            transcript = queries.transcript_by_key(session, card.transcript_key)
        call, heard = loaded.detail.call, None
        if not clear:
            heard = hear(session, card.transcript_key if card else None, transcript, call)
            call = mask_call(call, heard=heard)
    if clear:
        with service.store.writing() as session:
            audit(session, viewer.user, "call.read_personal", "call", own_id, {"by": "api"})
    return Seen(
        loaded=loaded,
        call=call,
        review=review,
        names=names,
        sees_notes=viewer.may(Right.REVIEW),
        heard=heard,
        _card=card,
        _transcript=transcript,
    )


def score_out(review: CallReview) -> ScoreOut:
    """Lay out what a call is worth."""
    card = review.card
    return ScoreOut(
        score=review.score,
        basis=review.basis,
        machine=card.machine,
        total=card.card.total,
        state=review.state,
        critical_failure=card.critical_failure,
    )


def groups_out(review: CallReview) -> list[GroupOut]:
    """Lay out what each group of rules takes off now."""
    return [GroupOut.model_validate(group) for group in review.card.groups]


def verdicts_out(seen: Seen) -> list[VerdictOut]:
    """Lay out every line of the scorecard, masked where the reader sees it so."""
    review = seen.reviewed()
    shown = {line.rule_id: line for line in seen.card.lines} if seen.card else {}
    return [
        _verdict(seen, line, shown[line.line.rule_id])
        for line in review.card.lines
        if line.line.rule_id in shown
    ]


def verdict_out(seen: Seen, rule_id: str) -> VerdictOut:
    """Lay out one line.

    Raises:
        NotFoundError: the call has no scorecard, or no such rule on it.
    """
    found = [one for one in verdicts_out(seen) if one.rule_id == rule_id]
    if not found:
        raise NotFoundError("rule on this scorecard", rule_id)
    return found[0]


def clip_address(call_id: str, rule_id: str) -> str:
    """Write where the evidence of a verdict can be heard."""
    return f"/api/v1/calls/{quote(call_id, safe='')}/verdicts/{rule_id}/clip"


def decisions_out(seen: Seen) -> list[DecisionOut]:
    """Lay out the decisions on the scorecard that counts, in the order they were made."""
    review = seen.reviewed()
    found = [decision for line in review.card.lines for decision in line.history]
    found.sort(key=lambda decision: decision.decision_id)
    return [
        decision_out(decision, seen.names, seen.written(decision.reason))
        for decision in found
        if seen.sees_notes or decision.action is not FlagAction.NOTE
    ]


def decision_out(decision: FlagDecision, names: dict[int, str], reason: str) -> DecisionOut:
    """Lay out one decision."""
    return DecisionOut(
        decision_id=decision.decision_id,
        scorecard_id=decision.scorecard_id,
        rule_id=decision.rule_id,
        action=decision.action,
        outcome=decision.outcome,
        points=decision.points,
        reason=reason,
        decided_by=decision.decided_by,
        decided_by_name=names.get(decision.decided_by),
        decided_at=decision.decided_at,
        appeal_id=decision.appeal_id,
    )


def appeal_out(
    appeal: Appeal, agent_id: str | None, names: dict[int, str], seen: Seen | None = None
) -> AppealOut:
    """Lay out one appeal.

    Args:
        seen: the call, whose personal data is hidden in the texts; None leaves them as they are.
    """
    written = seen.written if seen is not None else str
    return AppealOut(
        appeal_id=appeal.appeal_id,
        call_id=appeal.call_id,
        scorecard_id=appeal.scorecard_id,
        agent_id=agent_id,
        rule_id=appeal.rule_id,
        text=written(appeal.text),
        submitted_by=appeal.submitted_by,
        submitted_by_name=names.get(appeal.submitted_by),
        submitted_at=appeal.submitted_at,
        state=appeal.state,
        decided_by=appeal.decided_by,
        decided_by_name=names.get(appeal.decided_by or 0),
        decided_at=appeal.decided_at,
        answer=written(appeal.answer),
    )


def people_of_appeals(appeals: Iterable[Appeal]) -> set[int | None]:
    """List who submitted and decided appeals."""
    return {person for one in appeals for person in (one.submitted_by, one.decided_by)}


def _people_in(review: CallReview | None) -> set[int | None]:
    if review is None:
        return set()
    decided = {d.decided_by for line in review.card.lines for d in line.history}
    steps = {step.done_by for step in review.steps}
    return decided | steps | people_of_appeals((*review.appeals, *review.past_appeals))


def _verdict(seen: Seen, line: ReviewedLine, shown: ScoreLine) -> VerdictOut:
    verdict = shown.verdict
    evidence = evidence_of(verdict)
    span = SpanOut.model_validate(evidence.span) if evidence.span else None
    is_heard = evidence.span is not None and evidence.span.duration_ms > 0
    return VerdictOut(
        rule_id=shown.rule_id,
        title=shown.title,
        title_en=shown.title_en or shown.title,
        group=shown.group,
        grade=shown.grade,
        critical=shown.critical,
        is_flag=shown.is_flag,
        is_open=line.is_open,
        machine_outcome=verdict.outcome,
        machine_points=shown.points,
        outcome=line.outcome,
        points=line.points,
        reason=verdict.reason,
        reason_text=TwoLanguages(zh=reason_text(verdict), en=reason_text(verdict, "en")),
        details=dict(verdict.details),
        evidence=EvidenceOut(kind=evidence.kind, span=span, quote=evidence.quote),
        matches=[MatchOut.model_validate(match) for match in verdict.matches],
        slots=[SlotOut.model_validate(slot) for slot in verdict.slots],
        promises=[PromiseOut.model_validate(promise) for promise in verdict.promises],
        searched=SpanOut.model_validate(verdict.searched) if verdict.searched else None,
        nearest=MatchOut.model_validate(verdict.nearest) if verdict.nearest else None,
        open_questions=len(verdict.questions),
        last_decision_id=line.decision.decision_id if line.decision else 0,
        clip=clip_address(seen.call_id, shown.rule_id) if is_heard else None,
    )
