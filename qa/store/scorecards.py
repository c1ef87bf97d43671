"""Scorecards: what is still to judge, and the cards once they are published."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from qa.codec import decode, encode
from qa.scoring.scorecard import open_questions
from qa.store.convert import chunks, load_calls
from qa.store.evidence import evidence_of
from qa.store.hearings import load_hearings
from qa.store.intake import set_contexts
from qa.store.tables import (
    CallRow,
    PromiseRow,
    RulesetRow,
    ScorecardRow,
    TranscriptRow,
    VerdictRow,
)
from qa.store.upsert import upsert
from qa.types import Call, Outcome, Scorecard, Transcript

_Key = tuple[str, str, str, str, str]
BROKEN = "check_failed"
"""Reason of a line whose check broke on the call (`qa.scoring.scorecard`)."""


@dataclass(frozen=True, slots=True)
class Judgeable:
    """All that judging a call needs, and its published scorecard, if any."""

    call: Call
    transcript: Transcript
    current: Scorecard | None


@dataclass(frozen=True, slots=True)
class RulesetRecord:
    """What is kept of a ruleset that judges."""

    ruleset_hash: str
    ruleset_id: str
    title: str


def calls_to_score(session: Session) -> list[str]:
    """List calls with a transcript that have no scorecard for it, its hearings and their context.

    A change of the ruleset alone makes no call pending: re-scoring is a decision.
    """
    return list(
        session.scalars(
            _transcribed_calls().where(
                or_(
                    ScorecardRow.scorecard_id.is_(None),
                    ScorecardRow.transcript_key != TranscriptRow.transcript_key,
                    ScorecardRow.hearings != TranscriptRow.hearings,
                    ScorecardRow.context != CallRow.context,
                )
            )
        )
    )


def calls_since(session: Session, since: datetime | None) -> list[str]:
    """List calls with a transcript that started at or after a time; all where it is None."""
    wanted = _transcribed_calls()
    if since is not None:
        wanted = wanted.where(CallRow.started_at >= since)
    return list(session.scalars(wanted))


def _transcribed_calls() -> Select[str]:
    return (
        select(CallRow.call_id)
        .join(
            TranscriptRow,
            (TranscriptRow.recording_id == CallRow.recording_id)
            & TranscriptRow.is_current.is_(True),
        )
        .outerjoin(
            ScorecardRow,
            (ScorecardRow.call_id == CallRow.call_id) & ScorecardRow.is_current.is_(True),
        )
        .where(CallRow.replaced_by.is_(None))
        .order_by(CallRow.call_id)
    )


def load_judgeable(
    session: Session, call_ids: Sequence[str], zone: ZoneInfo, *, with_current: bool = False
) -> Iterator[Judgeable]:
    """Load calls with their transcripts, in the order given; those without one are left out."""
    for ids in chunks(call_ids):
        calls = load_calls(session, ids, zone)
        found = session.execute(
            select(
                CallRow.call_id,
                TranscriptRow.blob,
                TranscriptRow.transcript_key,
                TranscriptRow.hearings,
            )
            .join(TranscriptRow, TranscriptRow.recording_id == CallRow.recording_id)
            .where(CallRow.call_id.in_(ids), TranscriptRow.is_current.is_(True))
        )
        transcripts = {row[0]: row[1:] for row in found}
        heard = load_hearings(
            session, {key for _, key, answered in transcripts.values() if answered}
        )
        cards = current_scorecards(session, ids) if with_current else {}
        for call_id in ids:
            if call_id in calls and call_id in transcripts:
                blob, key, _ = transcripts[call_id]
                transcript = decode(Transcript, blob)
                if key in heard:
                    transcript = replace(transcript, hearings=heard[key])
                yield Judgeable(calls[call_id], transcript, cards.get(call_id))


def current_scorecards(session: Session, call_ids: Sequence[str]) -> dict[str, Scorecard]:
    """Load the published scorecards of calls, by call id."""
    cards: dict[str, Scorecard] = {}
    for ids in chunks(call_ids):
        rows = session.execute(
            select(ScorecardRow.call_id, ScorecardRow.blob).where(
                ScorecardRow.call_id.in_(ids), ScorecardRow.is_current.is_(True)
            )
        )
        cards.update((call_id, decode(Scorecard, blob)) for call_id, blob in rows)
    return cards


def put_rulesets(session: Session, rulesets: Sequence[RulesetRecord], now: datetime) -> None:
    """Keep which rulesets have judged."""
    rows = [
        {
            "ruleset_hash": ruleset.ruleset_hash,
            "ruleset_id": ruleset.ruleset_id,
            "title": ruleset.title,
            "first_used_at": now,
        }
        for ruleset in rulesets
    ]
    upsert(session, RulesetRow, rows)


def publish(session: Session, cards: Sequence[Scorecard], now: datetime) -> int:
    """Make scorecards the current ones of their calls; those they supersede stay as they are.

    A card whose key was published before becomes current again instead of being written twice.

    Args:
        cards: at most one per call.

    Returns:
        How many were new.
    """
    new = 0
    for some in chunks(cards):
        ids = [card.call_id for card in some]
        set_contexts(session, {card.call_id: card.context for card in some})
        _discard_broken(session, ids)
        known = _known_keys(session, ids)
        session.execute(
            update(ScorecardRow).where(ScorecardRow.call_id.in_(ids)).values(is_current=False)
        )
        again = [known[_key(card)] for card in some if _key(card) in known]
        session.execute(
            update(ScorecardRow).where(ScorecardRow.scorecard_id.in_(again)).values(is_current=True)
        )
        fresh = [card for card in some if _key(card) not in known]
        _insert(session, fresh, now)
        new += len(fresh)
    return new


def _discard_broken(session: Session, call_ids: Sequence[str]) -> None:
    """Remove the cards of calls that are judged again whose check broke.

    The ruleset's hash does not change with a repaired check, so such a card would come back as the
    current one; it was never a judgement.
    """
    broken = (
        select(VerdictRow.scorecard_id)
        .join(ScorecardRow, ScorecardRow.scorecard_id == VerdictRow.scorecard_id)
        .where(ScorecardRow.call_id.in_(call_ids), VerdictRow.reason == BROKEN)
    )
    broken_ids = session.scalars(broken).all()
    if broken_ids:
        for table in (VerdictRow, PromiseRow):
            session.execute(delete(table).where(table.scorecard_id.in_(broken_ids)))
        session.execute(delete(ScorecardRow).where(ScorecardRow.scorecard_id.in_(broken_ids)))


def _key(card: Scorecard) -> _Key:
    key = (card.call_id, card.transcript_key, card.context, card.ruleset_hash)
    return (*key, card.hearings)


def _known_keys(session: Session, call_ids: Sequence[str]) -> Mapping[_Key, int]:
    rows = session.execute(
        select(
            ScorecardRow.call_id,
            ScorecardRow.transcript_key,
            ScorecardRow.context,
            ScorecardRow.ruleset_hash,
            ScorecardRow.hearings,
            ScorecardRow.scorecard_id,
        ).where(ScorecardRow.call_id.in_(call_ids))
    )
    return {(row[0], row[1], row[2], row[3], row[4]): row[5] for row in rows}


def _insert(session: Session, cards: Sequence[Scorecard], now: datetime) -> None:
    if not cards:
        return
    statement = insert(ScorecardRow).returning(
        ScorecardRow.scorecard_id, sort_by_parameter_order=True
    )
    numbers = session.scalars(statement, [_scorecard_values(card, now) for card in cards]).all()
    verdicts = [
        verdict
        for number, card in zip(numbers, cards, strict=True)
        for verdict in _verdict_values(number, card)
    ]
    if verdicts:
        session.execute(insert(VerdictRow), verdicts)
    promises = [
        promise
        for number, card in zip(numbers, cards, strict=True)
        for promise in _promise_values(number, card)
    ]
    if promises:
        session.execute(insert(PromiseRow), promises)


def _scorecard_values(card: Scorecard, now: datetime) -> dict[str, Any]:
    outcomes = [line.verdict.outcome for line in card.lines]
    return {
        "call_id": card.call_id,
        "transcript_key": card.transcript_key,
        "context": card.context,
        "ruleset_id": card.ruleset_id,
        "ruleset_hash": card.ruleset_hash,
        "created_at": now,
        "is_current": True,
        "total": card.total,
        "critical_failure": card.critical_failure,
        "violated": outcomes.count(Outcome.VIOLATED),
        "undecided": outcomes.count(Outcome.UNDECIDED),
        "hearings": card.hearings,
        "open_questions": len(open_questions(card)),
        "blob": encode(card),
    }


def _verdict_values(number: int, card: Scorecard) -> Iterator[dict[str, Any]]:
    for line in card.lines:
        span = evidence_of(line.verdict).span
        yield {
            "scorecard_id": number,
            "rule_id": line.rule_id,
            "outcome": line.verdict.outcome.value,
            "grade": line.grade.value,
            "points": line.points,
            "critical": line.critical,
            "reason": line.verdict.reason[:200],
            "start_ms": span.start_ms if span else None,
            "end_ms": span.end_ms if span else None,
        }


def _promise_values(number: int, card: Scorecard) -> Iterator[dict[str, Any]]:
    for line in card.lines:
        for position, promise in enumerate(line.verdict.promises):
            yield {
                "scorecard_id": number,
                "rule_id": line.rule_id,
                "position": position,
                "start_ms": promise.match.span.start_ms,
                "end_ms": promise.match.span.end_ms,
                "due": promise.due,
            }
