"""What people ask the store."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, and_, bindparam, case, or_, select
from sqlalchemy.orm import Session

from qa.codec import decode, decode_card
from qa.errors import NotFoundError
from qa.records import Scope
from qa.store.attributing import CallAttribution, call_attribution
from qa.store.convert import chunks, load_calls
from qa.store.hearings import with_hearings
from qa.store.scope import call_in_scope
from qa.store.tables import (
    AgentRow,
    CallRow,
    RecordingRow,
    ScorecardRow,
    TranscriptRow,
    VerdictRow,
)
from qa.store.tables_review import CallStatusRow
from qa.types import Call, Outcome, Scorecard, Transcript

EVERYTHING = Scope(everything=True)
"""The scope of the command line."""


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls: all that fit everything given.

    Attributes:
        flagged: with a violated or undecided line.
        since, until: started at or after, and before; calls without a time are left out.
        limit: at most so many; 0 is all.
        scope: whose calls.
    """

    flagged: bool = False
    agent_id: str | None = None
    since: datetime | None = None
    limit: int = 0
    until: datetime | None = None
    scope: Scope = EVERYTHING


@dataclass(frozen=True, slots=True)
class CallLine:
    """One call in a list.

    Attributes:
        status: `scored`, `failed`, `waiting` (for transcription), `unscored`, or `no_recording`.
        fault: reason code of a recording that failed.
        total, violated, undecided, critical_failure: what the scorecard says; None before it is
            scored.
        score, basis: what counts, 0-100, and whose word it is: `machine` leaves out what may be
            fined and nobody confirmed yet, `reviewed` and `final` are people's.
        violated_rules, undecided_rules: ids in order.
        open_questions: what its scorecard still asks of the sound (`qa hear`).
    """

    call_id: str
    started_at: datetime | None
    agent_id: str | None
    direction: str | None
    status: str
    fault: str | None
    duration_ms: int | None
    has_metadata: bool
    ruleset: str | None
    total: int | None
    violated: int | None
    undecided: int | None
    critical_failure: bool | None
    violated_rules: tuple[str, ...]
    undecided_rules: tuple[str, ...]
    open_questions: int | None = None
    score: int | None = None
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class ScorecardVersion:
    """One scorecard in a call's history."""

    scorecard_id: int
    created_at: datetime
    is_current: bool
    ruleset_id: str
    ruleset_hash: str
    total: int
    violated: int
    undecided: int


@dataclass(frozen=True, slots=True)
class CallDetail:
    """Everything about one call; what does not exist yet is None."""

    line: CallLine
    call: Call
    path: str | None
    recording_id: str | None
    advice: str | None
    scorecard: Scorecard | None
    history: tuple[ScorecardVersion, ...]
    attribution: CallAttribution | None = None


STATUS = case(
    (ScorecardRow.scorecard_id.is_not(None), "scored"),
    (CallRow.recording_id.is_(None), "no_recording"),
    (RecordingRow.fault.is_not(None), "failed"),
    (TranscriptRow.transcript_key.is_(None), "waiting"),
    else_="unscored",
)


def _call_lines(wanted: CallFilter) -> Select[Any]:
    statement = (
        select(
            CallRow.call_id,
            CallRow.started_at,
            CallRow.agent_id,
            CallRow.direction,
            STATUS.label("status"),
            RecordingRow.fault,
            RecordingRow.duration_ms,
            CallRow.has_metadata,
            ScorecardRow.scorecard_id,
            ScorecardRow.ruleset_id,
            ScorecardRow.total,
            ScorecardRow.violated,
            ScorecardRow.undecided,
            ScorecardRow.critical_failure,
            ScorecardRow.open_questions,
            CallStatusRow.score,
            CallStatusRow.basis,
        )
        .outerjoin(RecordingRow, RecordingRow.recording_id == CallRow.recording_id)
        .outerjoin(
            TranscriptRow,
            and_(
                TranscriptRow.recording_id == CallRow.recording_id,
                TranscriptRow.is_current.is_(True),
            ),
        )
        .outerjoin(
            ScorecardRow,
            and_(ScorecardRow.call_id == CallRow.call_id, ScorecardRow.is_current.is_(True)),
        )
        .outerjoin(CallStatusRow, CallStatusRow.call_id == CallRow.call_id)
        .where(CallRow.replaced_by.is_(None))
        .order_by(CallRow.started_at.is_(None), CallRow.started_at, CallRow.call_id)
    )
    if wanted.flagged:
        statement = statement.where(or_(ScorecardRow.violated > 0, ScorecardRow.undecided > 0))
    if wanted.agent_id is not None:
        statement = statement.where(CallRow.agent_id == wanted.agent_id)
    if wanted.since is not None:
        statement = statement.where(CallRow.started_at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(CallRow.started_at < wanted.until)
    if wanted.scope != EVERYTHING:
        own = call_in_scope(wanted.scope, CallRow.agent_id, CallRow.call_id)
        statement = statement.where(own)
    return statement.limit(wanted.limit) if wanted.limit else statement


def list_calls(session: Session, wanted: CallFilter, zone: ZoneInfo) -> Iterator[CallLine]:
    """List calls in order of time; those whose time is unknown come last."""
    rows = session.execute(_call_lines(wanted)).mappings()
    for some in chunks(rows):
        rules = _flagged_rules(session, [row["scorecard_id"] for row in some])
        for row in some:
            yield _call_line(dict(row), rules, zone)


def _call_line(
    row: dict[str, Any], rules: dict[tuple[int, str], list[str]], zone: ZoneInfo
) -> CallLine:
    number, started_at = row["scorecard_id"], row["started_at"]
    return CallLine(
        call_id=row["call_id"],
        started_at=started_at.astimezone(zone) if started_at else None,
        agent_id=row["agent_id"],
        direction=row["direction"],
        status=row["status"],
        fault=row["fault"],
        duration_ms=row["duration_ms"],
        has_metadata=row["has_metadata"],
        ruleset=row["ruleset_id"],
        total=row["total"],
        violated=row["violated"],
        undecided=row["undecided"],
        critical_failure=row["critical_failure"],
        violated_rules=tuple(rules.get((number, Outcome.VIOLATED.value), ())),
        undecided_rules=tuple(rules.get((number, Outcome.UNDECIDED.value), ())),
        open_questions=row["open_questions"],
        score=row["score"],
        basis=row["basis"],
    )


def _flagged_rules(
    session: Session, scorecard_ids: list[int | None]
) -> dict[tuple[int, str], list[str]]:
    wanted = [number for number in scorecard_ids if number is not None]
    rows = session.execute(_wanted_rules(), {"scorecard_ids": wanted})
    rules: dict[tuple[int, str], list[str]] = {}
    for number, outcome, rule_id in rows:
        rules.setdefault((number, outcome), []).append(rule_id)
    return rules


@cache
def _wanted_rules() -> Select[*tuple[Any, ...]]:
    verdicts = VerdictRow.__table__.c
    return (
        select(verdicts.scorecard_id, verdicts.outcome, verdicts.rule_id)
        .where(
            verdicts.scorecard_id.in_(bindparam("scorecard_ids", expanding=True)),
            verdicts.outcome.in_([Outcome.VIOLATED.value, Outcome.UNDECIDED.value]),
        )
        .order_by(verdicts.scorecard_id, verdicts.rule_id)
    )


def call_detail(session: Session, call_id: str, zone: ZoneInfo) -> CallDetail:
    """Load one call with its published scorecard and the history.

    Raises:
        NotFoundError: there is no such call.
    """
    row = session.get(CallRow, call_id)
    if row is not None and row.replaced_by:
        row = session.get(CallRow, row.replaced_by)
    if row is None:
        raise NotFoundError("call", call_id)
    call_id = row.call_id
    mapping = dict(session.execute(_line_of_call(), {"call_id": call_id}).mappings().one())
    line = _call_line(mapping, _flagged_rules(session, [mapping["scorecard_id"]]), zone)
    cards = session.execute(_cards_of_call(), {"call_id": call_id}).all()
    current = next((card for card in cards if card.is_current), None)
    advice = None
    if row.recording_id:
        advice = session.scalar(_advice(), {"recording_id": row.recording_id})
    card = decode_card(current.blob) if current else None
    return CallDetail(
        line=line,
        call=load_calls(session, [call_id], zone)[call_id],
        path=row.path,
        recording_id=row.recording_id,
        advice=advice,
        scorecard=card,
        history=tuple(_version(card) for card in cards),
        attribution=call_attribution(session, row, card),
    )


# Statements that every page of a call needs are put together once: that takes longer than to run
# them.
@cache
def _line_of_call() -> Select[*tuple[Any, ...]]:
    return _call_lines(CallFilter()).where(CallRow.call_id == bindparam("call_id"))


@cache
def _cards_of_call() -> Select[*tuple[Any, ...]]:
    cards = ScorecardRow.__table__.c
    return (
        select(
            *(cards.scorecard_id, cards.created_at, cards.is_current, cards.ruleset_id),
            *(cards.ruleset_hash, cards.total, cards.violated, cards.undecided, cards.blob),
        )
        .where(cards.call_id == bindparam("call_id"))
        .order_by(cards.scorecard_id)
    )


@cache
def _advice() -> Select[str | None]:
    recordings = RecordingRow.__table__.c
    return select(recordings.advice).where(recordings.recording_id == bindparam("recording_id"))


@cache
def _stored_transcript() -> Select[bytes]:
    transcripts = TranscriptRow.__table__.c
    return select(transcripts.blob).where(transcripts.transcript_key == bindparam("key"))


@cache
def _stored_for_recording() -> Select[bytes]:
    transcripts = TranscriptRow.__table__.c
    return select(transcripts.blob).where(
        transcripts.recording_id == bindparam("recording_id"), transcripts.is_current.is_(True)
    )


def _version(row: Row[*tuple[Any, ...]]) -> ScorecardVersion:
    return ScorecardVersion(
        row.scorecard_id,
        row.created_at,
        row.is_current,
        row.ruleset_id,
        row.ruleset_hash,
        row.total,
        row.violated,
        row.undecided,
    )


def current_transcript(session: Session, recording_id: str) -> Transcript | None:
    """Load the transcript in force; None where there is none."""
    blob = session.scalar(_stored_for_recording(), {"recording_id": recording_id})
    return with_hearings(session, decode(Transcript, blob)) if blob is not None else None


def transcript_by_key(session: Session, transcript_key: str) -> Transcript:
    """Load the transcript that a scorecard names.

    Raises:
        NotFoundError: there is no such transcript.
    """
    blob = session.scalar(_stored_transcript(), {"key": transcript_key})
    if blob is None:
        raise NotFoundError("transcript", transcript_key)
    return with_hearings(session, decode(Transcript, blob))


def agent_names(session: Session) -> dict[str, str]:
    """Load the names of agents by number; those without a name are left out."""
    rows = session.execute(select(AgentRow.agent_id, AgentRow.name))
    return {agent_id: name for agent_id, name in rows if name}
