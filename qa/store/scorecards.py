"""Scorecards: what is still to judge, and the cards once they are published."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from qa.codec import decode, said_in, unsqueeze
from qa.scoring.check import MIN_ROLE_CONFIDENCE
from qa.scoring.scorecard import Basis
from qa.store.convert import chunks, load_calls
from qa.store.hearings import load_hearings
from qa.store.publishing import pack_card, publish_packed
from qa.store.tables import CallRow, JudgedRuleRow, RulesetRow, ScorecardRow, TranscriptRow
from qa.store.upsert import upsert
from qa.types import Call, Scorecard, Transcript


@dataclass(frozen=True, slots=True)
class CardSummary:
    """A published scorecard's total, and its outcomes by rule id."""

    total: int
    outcomes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Judgeable:
    """All that judging a call needs."""

    call: Call
    transcript: Transcript


@dataclass(frozen=True, slots=True)
class StoredCard:
    """A published scorecard, packed, and what it followed from."""

    transcript_key: str
    context: str
    hearings: str
    ruleset_hash: str
    total: int
    blob: bytes

    def basis(self, call_id: str) -> Basis:
        """Say what it followed from besides the rules."""
        return Basis(call_id, self.transcript_key, self.context, self.hearings)


@dataclass(frozen=True, slots=True)
class Standing:
    """A call, its current transcript by name, and its published scorecard, if any.

    Attributes:
        hearings: revision of what the sound has answered so far; empty for nothing.
    """

    call: Call
    transcript_key: str
    hearings: str
    card: StoredCard | None


@dataclass(frozen=True, slots=True)
class RulesetRecord:
    """What is kept of a ruleset that judges.

    Attributes:
        rule_hashes: rule id and hash of each rule; empty where they are not known.
        contents: hash and content of each rule, compressed.
    """

    ruleset_hash: str
    ruleset_id: str
    title: str
    rule_hashes: tuple[tuple[str, str], ...] = ()
    contents: tuple[tuple[str, bytes], ...] = ()


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
    session: Session, call_ids: Sequence[str], zone: ZoneInfo
) -> Iterator[Judgeable]:
    """Load calls with their transcripts, in the order given; those without one are left out."""
    for ids in chunks(call_ids):
        calls = load_calls(session, ids, zone)
        for call_id, transcript in load_transcripts(session, ids):
            if call_id in calls:
                yield Judgeable(calls[call_id], transcript)


def load_transcripts(session: Session, call_ids: Sequence[str]) -> Iterator[tuple[str, Transcript]]:
    """Load the current transcripts of calls, in the order given; calls without are left out."""
    for ids in chunks(call_ids):
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
        for call_id in ids:
            if call_id in transcripts:
                blob, key, _ = transcripts[call_id]
                transcript = decode(Transcript, blob)
                if key in heard:
                    transcript = replace(transcript, hearings=heard[key])
                yield call_id, transcript


def load_standing(session: Session, call_ids: Sequence[str], zone: ZoneInfo) -> list[Standing]:
    """Load calls as they stand, no transcript read; those without a transcript are left out."""
    standing: list[Standing] = []
    for ids in chunks(call_ids):
        calls = load_calls(session, ids, zone)
        found = session.execute(
            select(CallRow.call_id, TranscriptRow.transcript_key, TranscriptRow.hearings)
            .join(TranscriptRow, TranscriptRow.recording_id == CallRow.recording_id)
            .where(CallRow.call_id.in_(ids), TranscriptRow.is_current.is_(True))
        )
        keys = {row[0]: (row[1], row[2]) for row in found}
        cards = _stored_cards(session, ids)
        standing += [
            Standing(calls[i], *keys[i], cards.get(i)) for i in ids if i in calls and i in keys
        ]
    return standing


def _stored_cards(session: Session, call_ids: Sequence[str]) -> dict[str, StoredCard]:
    rows = session.execute(
        select(
            ScorecardRow.call_id,
            ScorecardRow.transcript_key,
            ScorecardRow.context,
            ScorecardRow.hearings,
            ScorecardRow.ruleset_hash,
            ScorecardRow.total,
            ScorecardRow.blob,
        ).where(ScorecardRow.call_id.in_(call_ids), ScorecardRow.is_current.is_(True))
    )
    return {row[0]: StoredCard(*row[1:]) for row in rows}


def load_rule_hashes(session: Session, ruleset_hash: str) -> dict[str, str]:
    """Load the hashes of a ruleset's rules by rule id; empty where they are not known."""
    kept = session.scalar(
        select(RulesetRow.rule_hashes).where(RulesetRow.ruleset_hash == ruleset_hash)
    )
    hashes: dict[str, str] = json.loads(kept) if kept else {}
    return hashes


def load_rule_contents(session: Session, rule_hashes: Sequence[str]) -> dict[str, str]:
    """Load what rules that have judged were, by hash; those that are not known are left out.

    Raises:
        StoreError: a row is damaged.
    """
    contents: dict[str, str] = {}
    for hashes in chunks(rule_hashes):
        rows = session.execute(
            select(JudgedRuleRow.rule_hash, JudgedRuleRow.content).where(
                JudgedRuleRow.rule_hash.in_(hashes)
            )
        )
        contents.update((row[0], unsqueeze(row[1])) for row in rows)
    return contents


def load_said(
    session: Session, call_ids: Sequence[str]
) -> dict[str, tuple[str, tuple[str, str] | None]]:
    """Load by call id the key of its current transcript, and what both sides said (`said_in`)."""
    found: dict[str, tuple[str, tuple[str, str] | None]] = {}
    for ids in chunks(call_ids):
        rows = session.execute(
            select(CallRow.call_id, TranscriptRow.transcript_key, TranscriptRow.blob)
            .join(TranscriptRow, TranscriptRow.recording_id == CallRow.recording_id)
            .where(CallRow.call_id.in_(ids), TranscriptRow.is_current.is_(True))
        )
        found.update((row[0], (row[1], said_in(row[2], MIN_ROLE_CONFIDENCE))) for row in rows)
    return found


def current_scorecards(session: Session, call_ids: Sequence[str]) -> dict[str, Scorecard]:
    """Load the published scorecards of calls, by call id."""
    cards: dict[str, Scorecard] = {}
    for ids in chunks(call_ids):
        rows = session.execute(_published(), {"call_ids": ids})
        cards.update((row[0], decode(Scorecard, row[1])) for row in rows)
    return cards


@cache
def _published() -> Select[*tuple[Any, ...]]:
    wanted: BindParameter[Any] = bindparam("call_ids", expanding=True)
    cards = ScorecardRow.__table__.c
    return select(cards.call_id, cards.blob).where(
        cards.call_id.in_(wanted), cards.is_current.is_(True)
    )


def put_rulesets(session: Session, rulesets: Sequence[RulesetRecord], now: datetime) -> None:
    """Keep which rulesets have judged."""
    rows = [
        {
            "ruleset_hash": ruleset.ruleset_hash,
            "ruleset_id": ruleset.ruleset_id,
            "title": ruleset.title,
            "first_used_at": now,
            "rule_hashes": json.dumps(dict(ruleset.rule_hashes)) if ruleset.rule_hashes else None,
        }
        for ruleset in rulesets
    ]
    # A ruleset that an older program kept gets the hashes when it judges again: they follow from
    # its own hash, which is the same.
    upsert(session, RulesetRow, rows, update=("rule_hashes",))
    contents = dict(pair for ruleset in rulesets for pair in ruleset.contents)
    wanted = select(JudgedRuleRow.rule_hash).where(JudgedRuleRow.rule_hash.in_(contents))
    known = set(session.scalars(wanted)) if contents else set()
    fresh = [
        {"rule_hash": rule_hash, "content": content}
        for rule_hash, content in contents.items()
        if rule_hash not in known
    ]
    upsert(session, JudgedRuleRow, fresh)


def publish(session: Session, cards: Sequence[Scorecard], now: datetime) -> int:
    """Make scorecards the current ones of their calls; see `publish_packed`.

    Returns:
        How many were new.
    """
    return publish_packed(session, [pack_card(card) for card in cards], now)
