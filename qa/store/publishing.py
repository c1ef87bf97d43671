"""Scorecards on their way into the tables: packed where they were made, written by one process."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, union, update
from sqlalchemy.orm import Session

from qa.codec import encode, encode_card
from qa.packed.scorecards import Laid
from qa.scoring.scorecard import open_questions
from qa.store.call_status import (
    lock_status,
    machine_columns,
    put_machine_status,
    write_status,
)
from qa.store.carrying import carry_over, current_numbers
from qa.store.convert import chunks
from qa.store.day_touches import touch_where
from qa.store.event_finding import follow_again
from qa.store.evidence import evidence_of
from qa.store.intake import set_contexts
from qa.store.review_rows import touched_calls
from qa.store.tables import CallRow, PromiseRow, ScorecardRow, VerdictRow
from qa.store.tables_review import AppealRow, CallStatusRow, FlagDecisionRow, ReleaseRow
from qa.types import Outcome, Scorecard, ScoreLine

Key = tuple[str, str, str, str, str]
BROKEN = "check_failed"
"""Reason of a line whose check broke on the call (`qa.scoring.scorecard`)."""


@dataclass(frozen=True, slots=True)
class PackedCard:
    """A scorecard as its rows hold it; small to hand from process to process.

    Attributes:
        row: columns of `scorecards`, less its number and time.
        verdicts, promises: rows of these tables, less the scorecard's number.
        status: what the call's row in `call_status` says while nobody has looked at it.
    """

    row: dict[str, Any]
    verdicts: tuple[dict[str, Any], ...]
    promises: tuple[dict[str, Any], ...]
    status: dict[str, Any]

    @property
    def call_id(self) -> str:
        """The call that was judged."""
        return str(self.row["call_id"])

    @property
    def key(self) -> Key:
        """What the card follows from: equal keys, equal cards."""
        row = self.row
        key = (row["call_id"], row["transcript_key"], row["context"], row["ruleset_hash"])
        return (*key, row["hearings"])


def pack_card(card: Scorecard, laid: Sequence[Laid] | None = None) -> PackedCard:
    """Lay out a scorecard for its tables.

    Only violated and undecided verdicts have rows, and broken ones are undecided: nobody counts
    the others, and a million calls would have thirty million of them. The blob holds them all.

    Args:
        laid: its lines as they are to be stored; see `qa.packed.scorecards.pack`.
    """
    outcomes = [line.verdict.outcome for line in card.lines]
    row = {
        "call_id": card.call_id,
        "transcript_key": card.transcript_key,
        "context": card.context,
        "ruleset_id": card.ruleset_id,
        "ruleset_hash": card.ruleset_hash,
        "is_current": True,
        "total": card.total,
        "critical_failure": card.critical_failure,
        "violated": outcomes.count(Outcome.VIOLATED),
        "undecided": outcomes.count(Outcome.UNDECIDED),
        "hearings": card.hearings,
        "open_questions": len(open_questions(card)),
        "blob": encode(card) if laid is None else encode_card(card, laid),
    }
    promises = tuple(
        {
            "rule_id": line.rule_id,
            "position": position,
            "start_ms": promise.match.span.start_ms,
            "end_ms": promise.match.span.end_ms,
            "due": promise.due,
        }
        for line in card.lines
        for position, promise in enumerate(line.verdict.promises)
    )
    verdicts = tuple([_verdict(line) for line in card.lines if line.is_flag])
    return PackedCard(row, verdicts, promises, machine_columns(card))


def _verdict(line: ScoreLine) -> dict[str, Any]:
    span = evidence_of(line.verdict).span
    return {
        "rule_id": line.rule_id,
        "outcome": line.verdict.outcome.value,
        "grade": line.grade.value,
        "points": line.points,
        "critical": line.critical,
        "reason": line.verdict.reason[:200],
        "start_ms": span.start_ms if span else None,
        "end_ms": span.end_ms if span else None,
    }


def publish_packed(session: Session, cards: Sequence[PackedCard], now: datetime) -> int:
    """Make scorecards the current ones of their calls; those they supersede stay as they are.

    A card whose key was published before becomes current again instead of being written twice.

    Args:
        cards: at most one per call.

    Returns:
        How many were new.
    """
    return sum([_publish_some(session, some, now) for some in chunks(cards)])


def _publish_some(session: Session, cards: Sequence[PackedCard], now: datetime) -> int:
    """Publish cards of at most `CHUNK` calls."""
    ids = [card.call_id for card in cards]
    lock_status(session, ids)
    _keep_contexts(session, {card.call_id: card.row["context"] for card in cards})
    touched = touched_calls(session, ids)
    before = current_numbers(session, sorted(touched)) if touched else {}
    _discard_broken(session, ids, touched)
    known = _known_keys(session, ids)
    session.execute(
        update(ScorecardRow)
        .where(ScorecardRow.call_id.in_(ids), ScorecardRow.is_current.is_(True))
        .values(is_current=False)
    )
    again = {card.call_id: known[card.key] for card in cards if card.key in known}
    if again:
        session.execute(
            update(ScorecardRow)
            .where(ScorecardRow.scorecard_id.in_(list(again.values())))
            .values(is_current=True)
        )
        follow_again(session, again, now)
    fresh = [card for card in cards if card.key not in known]
    numbers = again | _insert(session, fresh, now)
    machine = {c.call_id: (numbers[c.call_id], c.status) for c in cards if c.call_id not in touched}
    put_machine_status(session, machine)
    if touched:
        carry_over(session, before, {i: numbers[i] for i in sorted(touched)}, now)
        write_status(session, sorted(touched), now)
    return len(fresh)


def _keep_contexts(session: Session, contexts: Mapping[str, str]) -> None:
    """Keep the contexts that were judged by, where they are not the ones kept."""
    found = session.execute(
        select(CallRow.call_id, CallRow.context).where(CallRow.call_id.in_(list(contexts)))
    )
    set_contexts(session, {i: contexts[i] for i, context in found if contexts[i] != context})


def _discard_broken(session: Session, call_ids: Sequence[str], touched: Container[str]) -> None:
    """Remove the cards of calls that are judged again whose check broke.

    The ruleset's hash does not change with a repaired check, so such a card would come back as the
    current one; it was never a judgement. A card that people worked on stays, as they saw it, but
    under a key that nothing leads to.
    """
    broken = (
        select(VerdictRow.scorecard_id, ScorecardRow.call_id)
        .join(ScorecardRow, ScorecardRow.scorecard_id == VerdictRow.scorecard_id)
        .where(ScorecardRow.call_id.in_(call_ids), VerdictRow.reason == BROKEN)
        .distinct()
    )
    rows = session.execute(broken).all()
    worked_on = _worked_on(session, [number for number, call_id in rows if call_id in touched])
    for number in worked_on:
        session.execute(
            update(ScorecardRow)
            .where(ScorecardRow.scorecard_id == number)
            .values(context=f"check broke, card {number}")
        )
    broken_ids = [number for number, _ in rows if number not in worked_on]
    if broken_ids:
        touch_where(session, CallStatusRow.scorecard_id.in_(broken_ids))
        for table in (CallStatusRow, VerdictRow, PromiseRow, ScorecardRow):
            session.execute(delete(table).where(table.scorecard_id.in_(broken_ids)))


def _worked_on(session: Session, numbers: Sequence[int]) -> set[int]:
    """Find the scorecards that a decision, a release or an appeal names."""
    if not numbers:
        return set()
    named = [
        select(table.scorecard_id).where(table.scorecard_id.in_(numbers))
        for table in (FlagDecisionRow, ReleaseRow, AppealRow)
    ]
    return set(session.scalars(union(*named)))


def _known_keys(session: Session, call_ids: Sequence[str]) -> Mapping[Key, int]:
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


def _insert(session: Session, cards: Sequence[PackedCard], now: datetime) -> dict[str, int]:
    """Insert new cards with all their rows; return their numbers by call id."""
    if not cards:
        return {}
    numbers = _insert_cards(session, [{**card.row, "created_at": now} for card in cards])
    numbered = list(zip(numbers, cards, strict=True))
    for table, rows in (
        (VerdictRow, [{"scorecard_id": n, **row} for n, card in numbered for row in card.verdicts]),
        (PromiseRow, [{"scorecard_id": n, **row} for n, card in numbered for row in card.promises]),
    ):
        if rows:
            session.connection().execute(insert(table), rows)
    return {card.call_id: number for number, card in numbered}


def _insert_cards(session: Session, rows: list[dict[str, Any]]) -> Sequence[int]:
    """Insert scorecards and return their numbers, in order."""
    if session.get_bind().dialect.name == "sqlite":
        # SQLite has one writer, and it has begun to write: the next numbers are its own. Asking
        # for each number back takes ten times as long.
        last = session.scalar(select(func.max(ScorecardRow.scorecard_id))) or 0
        numbers = range(last + 1, last + 1 + len(rows))
        numbered = [{**row, "scorecard_id": n} for n, row in zip(numbers, rows, strict=True)]
        session.connection().execute(insert(ScorecardRow), numbered)
        return numbers
    statement = insert(ScorecardRow).returning(
        ScorecardRow.scorecard_id, sort_by_parameter_order=True
    )
    return session.scalars(statement, rows).all()
