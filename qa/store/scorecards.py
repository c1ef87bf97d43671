"""Scorecards: what is still to judge, and the cards once they are published."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from qa.codec import card_summary, decode
from qa.store.convert import chunks, load_calls
from qa.store.hearings import load_hearings
from qa.store.publishing import pack_card, publish_packed
from qa.store.tables import CallRow, RulesetRow, ScorecardRow, TranscriptRow
from qa.store.upsert import upsert
from qa.types import Call, Scorecard, Transcript


@dataclass(frozen=True, slots=True)
class CardSummary:
    """A published scorecard's total, and its outcomes by rule id."""

    total: int
    outcomes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Judgeable:
    """All that judging a call needs, and its published scorecard, if any."""

    call: Call
    transcript: Transcript
    current: CardSummary | None


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
    return list(session.scalars(_since(since)))


def count_since(session: Session, since: datetime | None) -> int:
    """Count the calls that `calls_since` lists."""
    wanted = _since(since).order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(wanted)) or 0


def calls_after(
    session: Session, call_id: str, count: int, *, since: datetime | None = None
) -> list[str]:
    """List the next calls of `calls_since` behind a call id, in order; the empty id for the first.

    So an archive of any size is gone through without holding its ids.
    """
    wanted = _since(since).where(CallRow.call_id > call_id).limit(count)
    return list(session.scalars(wanted))


def _since(since: datetime | None) -> Select[str]:
    wanted = (
        select(CallRow.call_id)
        .join(
            TranscriptRow,
            (TranscriptRow.recording_id == CallRow.recording_id)
            & TranscriptRow.is_current.is_(True),
        )
        .where(CallRow.replaced_by.is_(None))
        .order_by(CallRow.call_id)
    )
    return wanted if since is None else wanted.where(CallRow.started_at >= since)


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
        cards = _summaries(session, ids) if with_current else {}
        for call_id in ids:
            if call_id in calls and call_id in transcripts:
                blob, key, _ = transcripts[call_id]
                transcript = decode(Transcript, blob)
                if key in heard:
                    transcript = replace(transcript, hearings=heard[key])
                yield Judgeable(calls[call_id], transcript, cards.get(call_id))


def current_scorecards(session: Session, call_ids: Sequence[str]) -> dict[str, Scorecard]:
    """Load the published scorecards of calls, by call id."""
    return {call_id: decode(Scorecard, blob) for call_id, blob in _blobs(session, call_ids)}


def _summaries(session: Session, call_ids: Sequence[str]) -> dict[str, CardSummary]:
    return {
        call_id: CardSummary(*card_summary(blob)) for call_id, blob in _blobs(session, call_ids)
    }


def _blobs(session: Session, call_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    for ids in chunks(call_ids):
        rows = session.execute(
            select(ScorecardRow.call_id, ScorecardRow.blob).where(
                ScorecardRow.call_id.in_(ids), ScorecardRow.is_current.is_(True)
            )
        )
        yield from ((row[0], row[1]) for row in rows)


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
    """Make scorecards the current ones of their calls; see `publish_packed`.

    Returns:
        How many were new.
    """
    return publish_packed(session, [pack_card(card) for card in cards], now)
