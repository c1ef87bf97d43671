"""Rows to take elsewhere: calls with totals, verdicts with the words that decided."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from qa.store.convert import chunks
from qa.store.evidence import evidence_of
from qa.store.queries import CallFilter, CallLine, list_calls
from qa.store.scorecards import current_scorecards
from qa.types import ScoreLine
from qa.wording import reason_text

CALL_FIELDS = (
    *("call_id", "started_at", "agent_id", "direction", "status", "fault", "duration_ms"),
    *("ruleset", "total", "critical_failure", "violated", "undecided"),
    *("violated_rules", "undecided_rules"),
)
VERDICT_FIELDS = (
    *("call_id", "started_at", "agent_id", "ruleset", "ruleset_hash", "rule_id", "outcome"),
    *("grade", "critical", "points", "start_ms", "end_ms", "quote", "evidence"),
    *("reason", "reason_text"),
)


def export_calls(session: Session, wanted: CallFilter, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    """List calls as flat rows with the fields `CALL_FIELDS`."""
    for line in list_calls(session, wanted, zone):
        row = {name: getattr(line, name) for name in CALL_FIELDS}
        row["started_at"] = line.started_at.isoformat() if line.started_at else None
        row["violated_rules"] = " ".join(line.violated_rules)
        row["undecided_rules"] = " ".join(line.undecided_rules)
        yield row


def export_verdicts(
    session: Session, wanted: CallFilter, zone: ZoneInfo
) -> Iterator[dict[str, Any]]:
    """List every line of every published scorecard with the fields `VERDICT_FIELDS`.

    `start_ms`, `end_ms` and `quote` are the best evidence; `evidence` says what it is: a `match`,
    the `nearest` miss, or the stretch `searched`, which has no quote.
    """
    for lines in chunks(list_calls(session, wanted, zone)):
        cards = current_scorecards(session, [line.call_id for line in lines])
        for line in lines:
            card = cards.get(line.call_id)
            for scored in card.lines if card else ():
                yield verdict_row(line, card.ruleset_hash if card else None, scored)


def verdict_row(line: CallLine, ruleset_hash: str | None, scored: ScoreLine) -> dict[str, Any]:
    """Lay out one line of a scorecard with the fields `VERDICT_FIELDS`."""
    found = evidence_of(scored.verdict)
    return {
        "call_id": line.call_id,
        "started_at": line.started_at.isoformat() if line.started_at else None,
        "agent_id": line.agent_id,
        "ruleset": line.ruleset,
        "ruleset_hash": ruleset_hash,
        "rule_id": scored.rule_id,
        "outcome": scored.verdict.outcome.value,
        "grade": scored.grade.value,
        "critical": scored.critical,
        "points": scored.points,
        "start_ms": found.span.start_ms if found.span else None,
        "end_ms": found.span.end_ms if found.span else None,
        "quote": found.quote,
        "evidence": found.kind.value,
        "reason": scored.verdict.reason,
        "reason_text": reason_text(scored.verdict),
    }
