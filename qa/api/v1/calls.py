"""One call: what is known of it, what was said, how it was judged and reviewed."""

from fastapi import APIRouter

from qa.api.problems import declared
from qa.api.v1.schemas import SpanOut
from qa.api.v1.schemas_calls import (
    CallOut,
    CallStatus,
    DecisionOut,
    HistoryOut,
    KeyedOut,
    NoticeWindow,
    StepOut,
    TicketOut,
    TranscriptOut,
    UtteranceOut,
    VersionOut,
    WordOut,
)
from qa.api.v1.schemas_sound import SoundOut
from qa.api.v1.schemas_verdicts import ScorecardOut, VerdictList, VerdictOut
from qa.api.v1.seeing import (
    Clear,
    Seen,
    appeal_out,
    decisions_out,
    groups_out,
    score_out,
    see,
    verdict_out,
    verdicts_out,
)
from qa.api.v1.shared import CallId, Listener, Reader, RuleId, Running
from qa.errors import NotFoundError
from qa.review.appeals import Release
from qa.types import Utterance

router = APIRouter(prefix="/calls", tags=["calls"])
_MISSING = declared("not_found")


@router.get(
    "/{call_id:path}/transcript",
    summary="Read what was said",
    response_model=TranscriptOut,
    responses=_MISSING,
)
def get_transcript(
    call_id: CallId, service: Running, viewer: Listener, clear: Clear = False
) -> TranscriptOut:
    """Give the transcript that the scorecard judged; without one, what was heard last."""
    seen = see(service, viewer, call_id, clear=clear)
    transcript = seen.transcript
    if transcript is None:
        raise NotFoundError("transcript of call", call_id)
    return TranscriptOut(
        call_id=seen.call_id,
        recording_id=transcript.recording_id,
        engine=transcript.engine,
        duration_ms=transcript.duration_ms,
        channel_count=transcript.channel_count,
        notes=list(transcript.notes),
        is_masked=seen.is_masked,
        sound=SoundOut.of(transcript),
        utterances=[_utterance(utterance) for utterance in transcript.utterances],
    )


@router.get(
    "/{call_id:path}/scorecard",
    summary="Read how it was judged",
    response_model=ScorecardOut,
    responses=_MISSING,
)
def get_scorecard(
    call_id: CallId, service: Running, viewer: Reader, clear: Clear = False
) -> ScorecardOut:
    """Give the scorecard that the call's score rests on, with what people decided since."""
    seen = see(service, viewer, call_id, clear=clear)
    review = seen.reviewed()
    card = review.card.card
    return ScorecardOut(
        call_id=seen.call_id,
        scorecard_id=review.scorecard_id,
        ruleset_id=card.ruleset_id,
        ruleset_hash=card.ruleset_hash,
        is_judged_anew=review.is_judged_anew,
        score=score_out(review),
        groups=groups_out(review),
        verdicts=verdicts_out(seen),
        is_masked=seen.is_masked,
    )


@router.get(
    "/{call_id:path}/verdicts",
    summary="List the verdicts",
    response_model=VerdictList,
    responses=_MISSING,
)
def list_verdicts(
    call_id: CallId,
    service: Running,
    viewer: Reader,
    clear: Clear = False,
    flags_only: bool = False,
) -> VerdictList:
    """List every rule's verdict in the ruleset's order; or only those a person should look at."""
    seen = see(service, viewer, call_id, clear=clear)
    items = [one for one in verdicts_out(seen) if one.is_flag or not flags_only]
    return VerdictList(
        scorecard_id=seen.reviewed().scorecard_id, items=items, is_masked=seen.is_masked
    )


@router.get(
    "/{call_id:path}/verdicts/{rule_id}",
    summary="Read one verdict",
    response_model=VerdictOut,
    responses=_MISSING,
)
def get_verdict(
    call_id: CallId, rule_id: RuleId, service: Running, viewer: Reader, clear: Clear = False
) -> VerdictOut:
    """Give one rule's verdict with its evidence."""
    return verdict_out(see(service, viewer, call_id, clear=clear), rule_id)


@router.get(
    "/{call_id:path}/decisions",
    summary="List the decisions",
    response_model=list[DecisionOut],
    responses=_MISSING,
)
def list_decisions(
    call_id: CallId, service: Running, viewer: Reader, clear: Clear = False
) -> list[DecisionOut]:
    """List what people decided on the scorecard that counts; agents do not see notes."""
    return decisions_out(see(service, viewer, call_id, clear=clear))


@router.get(
    "/{call_id:path}/history",
    summary="Read all that happened to its score",
    response_model=HistoryOut,
    responses=_MISSING,
)
def get_history(
    call_id: CallId, service: Running, viewer: Reader, clear: Clear = False
) -> HistoryOut:
    """Give every scorecard, decision, release and appeal of the call, in order."""
    seen = see(service, viewer, call_id, clear=clear)
    review = seen.review
    appeals = (*review.past_appeals, *review.appeals) if review else ()
    return HistoryOut(
        scorecards=[VersionOut.model_validate(one) for one in seen.loaded.detail.history],
        decisions=decisions_out(seen) if review else [],
        releases=[_step(seen, step) for step in review.steps] if review else [],
        appeals=[appeal_out(one, seen.call.agent_id, seen.names, seen) for one in appeals],
    )


@router.get("/{call_id:path}", summary="Read one call", response_model=CallOut, responses=_MISSING)
def get_call(call_id: CallId, service: Running, viewer: Reader, clear: Clear = False) -> CallOut:
    """Give what is known of a call, how far it is, and its score."""
    seen = see(service, viewer, call_id, clear=clear)
    call, loaded, review = seen.call, seen.loaded, seen.review
    line = loaded.detail.line
    return CallOut(
        call_id=seen.call_id,
        started_at=call.started_at,
        agent_id=call.agent_id,
        agent_name=loaded.agent_name,
        direction=call.direction,
        ring_count=call.ring_count,
        released_by=call.released_by,
        caller_number=call.caller_number,
        source=call.source,
        ruleset=call.ruleset,
        fee_unpaid=call.fee_unpaid,
        ticket=TicketOut.model_validate(call.ticket) if call.ticket else None,
        notices=[NoticeWindow.model_validate(notice) for notice in call.notices],
        keyed=KeyedOut.model_validate(call.keyed) if call.keyed else None,
        status=CallStatus(line.status),
        fault=line.fault,
        advice=loaded.detail.advice,
        recording=loaded.recording.state if loaded.recording else None,
        duration_ms=line.duration_ms,
        scorecard_id=review.scorecard_id if review else None,
        score=score_out(review) if review else None,
        is_masked=seen.is_masked,
    )


def _utterance(utterance: Utterance) -> UtteranceOut:
    return UtteranceOut(
        role=utterance.role,
        role_confidence=utterance.role_confidence,
        channel=utterance.channel,
        span=SpanOut.model_validate(utterance.span),
        text=utterance.text,
        confidence=utterance.confidence,
        words=[
            WordOut(
                text=word.text,
                start_ms=word.span.start_ms,
                end_ms=word.span.end_ms,
                confidence=word.confidence,
            )
            for word in utterance.words
        ],
    )


def _step(seen: Seen, step: Release) -> StepOut:
    return StepOut(
        release_id=step.release_id,
        scorecard_id=step.scorecard_id,
        action=step.action,
        score=step.score,
        reason=seen.written(step.reason),
        done_by=step.done_by,
        done_by_name=seen.names.get(step.done_by or 0),
        done_at=step.done_at,
        appeal_until=step.appeal_until,
    )
