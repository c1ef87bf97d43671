"""Rows that people take out of the house: within their scope, and masked unless allowed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from qa.masking import listen, mask_scorecard, mask_written
from qa.store.convert import chunks, load_calls
from qa.store.exports import CALL_FIELDS, VERDICT_FIELDS, export_calls, verdict_row
from qa.store.queries import CallFilter, list_calls
from qa.store.scope import call_in_scope
from qa.store.scorecards import current_scorecards, load_transcripts
from qa.store.tables import CallRow
from qa.store.tables_people import UserRow
from qa.store.tables_review import (
    AppealRow,
    AppealStepRow,
    CallStatusRow,
    FlagDecisionRow,
)
from qa.types import Call

_STATUS_FIELDS = ("state", "basis", "score", "machine", "released_at")
CALL_EXPORT = (*CALL_FIELDS, *_STATUS_FIELDS)
VERDICT_EXPORT = VERDICT_FIELDS
REVIEW_EXPORT = (
    *("decision_id", "call_id", "agent_id", "scorecard_id", "rule_id", "action", "outcome"),
    *("points", "reason", "decided_by", "decided_at", "appeal_id"),
)
APPEAL_EXPORT = (
    *("appeal_id", "call_id", "agent_id", "scorecard_id", "rule_id", "text", "submitted_by"),
    *("submitted_at", "state", "answer", "decided_by", "decided_at"),
)
_CHUNK = 100
Rows = Iterator[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Export:
    """What to take out.

    Attributes:
        zone: of the times.
        clear: names and numbers as they are.
    """

    zone: ZoneInfo
    wanted: CallFilter = field(default_factory=CallFilter)
    clear: bool = False


def call_rows(session: Session, export: Export) -> Rows:
    """List calls with what they are worth now, with the fields `CALL_EXPORT`."""
    for some in chunks(export_calls(session, export.wanted, export.zone)):
        columns = (CallStatusRow.call_id, *(getattr(CallStatusRow, n) for n in _STATUS_FIELDS))
        found = session.execute(
            select(*columns).where(CallStatusRow.call_id.in_([row["call_id"] for row in some]))
        )
        states = {row[0]: row[1:] for row in found}
        for row in some:
            values = states.get(row["call_id"], (None,) * len(_STATUS_FIELDS))
            named = dict(zip(_STATUS_FIELDS, values, strict=True))
            yield row | named | {"released_at": _written(named["released_at"], export.zone)}


def verdict_rows(session: Session, export: Export) -> Rows:
    """List every line of every scorecard in force, with the fields `VERDICT_EXPORT`."""
    for lines in chunks(list_calls(session, export.wanted, export.zone), _CHUNK):
        ids = [line.call_id for line in lines]
        cards = current_scorecards(session, ids)
        if not export.clear:
            calls = load_calls(session, list(cards), export.zone)
            for call_id, transcript in load_transcripts(session, list(cards)):
                heard = listen(transcript, calls[call_id])
                cards[call_id] = mask_scorecard(cards[call_id], heard)
        for line in lines:
            card = cards.get(line.call_id)
            for scored in card.lines if card else ():
                yield verdict_row(line, card.ruleset_hash if card else None, scored)


def review_rows(session: Session, export: Export) -> Rows:
    """List what people decided, in order, with the fields `REVIEW_EXPORT`."""
    statement = (
        select(FlagDecisionRow, CallRow.agent_id, UserRow.login)
        .join(CallRow, CallRow.call_id == FlagDecisionRow.call_id)
        .outerjoin(UserRow, UserRow.user_id == FlagDecisionRow.decided_by)
        .order_by(FlagDecisionRow.decision_id)
    )
    masker = _Masker(session, export)
    for row, agent_id, login in session.execute(_within(statement, export)):
        yield {
            "decision_id": row.decision_id,
            "call_id": row.call_id,
            "agent_id": agent_id,
            "scorecard_id": row.scorecard_id,
            "rule_id": row.rule_id,
            "action": row.action,
            "outcome": row.outcome,
            "points": row.points,
            "reason": masker.written(row.call_id, row.reason),
            "decided_by": login,
            "decided_at": _written(row.decided_at, export.zone),
            "appeal_id": row.appeal_id,
        }


def appeal_rows(session: Session, export: Export) -> Rows:
    """List appeals with their answers, in order, with the fields `APPEAL_EXPORT`."""
    submitter, decider = UserRow.__table__.alias("submitter"), UserRow.__table__.alias("decider")
    statement = (
        select(AppealRow, AppealStepRow, CallRow.agent_id, submitter.c.login, decider.c.login)
        .join(CallRow, CallRow.call_id == AppealRow.call_id)
        .outerjoin(AppealStepRow, AppealStepRow.appeal_id == AppealRow.appeal_id)
        .outerjoin(submitter, submitter.c.user_id == AppealRow.submitted_by)
        .outerjoin(decider, decider.c.user_id == AppealStepRow.done_by)
        .order_by(AppealRow.appeal_id)
    )
    masker = _Masker(session, export)
    for row, step, agent_id, by, decided_by in session.execute(_within(statement, export)):
        yield {
            "appeal_id": row.appeal_id,
            "call_id": row.call_id,
            "agent_id": agent_id,
            "scorecard_id": row.scorecard_id,
            "rule_id": row.rule_id,
            "text": masker.written(row.call_id, row.text),
            "submitted_by": by,
            "submitted_at": _written(row.submitted_at, export.zone),
            "state": step.state if step else "open",
            "answer": masker.written(row.call_id, step.answer) if step else "",
            "decided_by": decided_by,
            "decided_at": _written(step.done_at, export.zone) if step else None,
        }


class _Masker:
    """Hides what is personal in texts about calls, one call after the other."""

    def __init__(self, session: Session, export: Export) -> None:
        self._session, self._export = session, export
        self._call_id, self._heard = "", listen(None, Call(""))

    def written(self, call_id: str, text: str) -> str:
        """Give a text that somebody wrote about a call."""
        if self._export.clear or not text:
            return text
        if call_id != self._call_id:
            call = load_calls(self._session, [call_id], self._export.zone)[call_id]
            found = dict(load_transcripts(self._session, [call_id]))
            self._call_id, self._heard = call_id, listen(found.get(call_id), call)
        return mask_written(text, self._heard)


def _within(statement: Any, export: Export) -> Any:
    wanted = export.wanted
    statement = statement.where(call_in_scope(wanted.scope, CallRow.agent_id, CallRow.call_id))
    if wanted.agent_id is not None:
        statement = statement.where(CallRow.agent_id == wanted.agent_id)
    if wanted.since is not None:
        statement = statement.where(CallRow.started_at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(CallRow.started_at < wanted.until)
    return statement


def _written(moment: Any, zone: ZoneInfo) -> str | None:
    return moment.astimezone(zone).isoformat() if moment else None
