"""The lines of a list: what a page shows of each call, loaded for one page at a time."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from qa.records import Basis, FlagAction, ReviewState
from qa.store.queue_filter import SEVERITIES, Severity
from qa.store.tables import AgentRow, CallRow, RecordingRow, VerdictRow
from qa.store.tables_review import CallStatusRow, FlagDecisionRow
from qa.types import Grade, Outcome


@dataclass(frozen=True, slots=True)
class QueueFlag:
    """One line that the machine flagged.

    Attributes:
        start_ms: where its evidence begins; None where there is none.
        action: what a person decided last; None while nobody has.
    """

    rule_id: str
    outcome: Outcome
    grade: Grade
    critical: bool
    points: int
    start_ms: int | None
    action: FlagAction | None


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One call in a list.

    Attributes:
        score: as `basis` says; `machine` is what the machine alone gives.
        flags: violated ones first, each kind by what it costs.
        open_flags: flags that nobody has decided.
        is_judged_anew: an appealed or final call that was judged again and waits for a look.
        appeal_until: end of the appeal window of a released call.
    """

    call_id: str
    scorecard_id: int
    started_at: datetime | None
    agent_id: str | None
    agent_name: str | None
    team: str | None
    direction: str | None
    duration_ms: int | None
    ruleset_id: str
    severity: Severity
    state: ReviewState
    basis: Basis
    score: int
    machine: int
    open_flags: int
    undecided: int
    confirmed_fines: int
    is_praised: bool
    is_judged_anew: bool
    released_at: datetime | None
    appeal_until: datetime | None
    flags: tuple[QueueFlag, ...]


# Columns, not mapped objects: of those SQLAlchemy keeps track, at three times the price.
_STATUS_COLUMNS = tuple(CallStatusRow.__table__.c)
_FLAG_COLUMNS = (
    VerdictRow.scorecard_id,
    VerdictRow.rule_id,
    VerdictRow.outcome,
    VerdictRow.grade,
    VerdictRow.critical,
    VerdictRow.points,
    VerdictRow.start_ms,
)


def load_lines(session: Session, call_ids: Sequence[str], zone: ZoneInfo) -> list[QueueLine]:
    """Load the lines of calls, in the order given; calls without a scorecard are left out."""
    rows = session.execute(
        select(
            *_STATUS_COLUMNS,
            CallRow.direction,
            AgentRow.name.label("agent_name"),
            RecordingRow.duration_ms,
        )
        .join(CallRow, CallRow.call_id == CallStatusRow.call_id)
        .outerjoin(AgentRow, AgentRow.agent_id == CallStatusRow.agent_id)
        .outerjoin(RecordingRow, RecordingRow.recording_id == CallRow.recording_id)
        .where(CallStatusRow.call_id.in_(call_ids))
    )
    found = {row.call_id: row for row in rows}
    flags = _flags(session, [row.scorecard_id for row in found.values()])
    return [
        _line(found[i], tuple(flags.get(found[i].scorecard_id, ())), zone)
        for i in call_ids
        if i in found
    ]


def _line(status: Row[*tuple[Any, ...]], flags: tuple[QueueFlag, ...], zone: ZoneInfo) -> QueueLine:
    started_at = status.started_at
    return QueueLine(
        call_id=status.call_id,
        scorecard_id=status.scorecard_id,
        started_at=started_at.astimezone(zone) if started_at else None,
        agent_id=status.agent_id,
        agent_name=status.agent_name,
        team=status.team,
        direction=status.direction,
        duration_ms=status.duration_ms,
        ruleset_id=status.ruleset_id,
        severity=SEVERITIES[status.severity],
        state=ReviewState(status.state),
        basis=Basis(status.basis),
        score=status.score,
        machine=status.machine,
        open_flags=status.open_flags,
        undecided=status.undecided,
        confirmed_fines=status.confirmed_fines,
        is_praised=status.is_praised,
        is_judged_anew=status.is_judged_anew,
        released_at=status.released_at,
        appeal_until=status.appeal_until,
        flags=flags,
    )


def _flags(session: Session, scorecard_ids: Sequence[int]) -> dict[int, list[QueueFlag]]:
    rows = session.execute(
        select(*_FLAG_COLUMNS)
        .where(
            VerdictRow.scorecard_id.in_(scorecard_ids),
            VerdictRow.outcome.in_([Outcome.VIOLATED.value, Outcome.UNDECIDED.value]),
        )
        .order_by(
            VerdictRow.scorecard_id,
            VerdictRow.outcome.desc(),
            VerdictRow.critical.desc(),
            VerdictRow.points.desc(),
            VerdictRow.rule_id,
        )
    )
    decided = _decided(session, scorecard_ids)
    flags: dict[int, list[QueueFlag]] = defaultdict(list)
    for row in rows:
        flag = QueueFlag(
            row.rule_id,
            Outcome(row.outcome),
            Grade(row.grade),
            row.critical,
            row.points,
            row.start_ms,
            decided.get((row.scorecard_id, row.rule_id)),
        )
        flags[row.scorecard_id].append(flag)
    return flags


def _decided(session: Session, scorecard_ids: Sequence[int]) -> dict[tuple[int, str], FlagAction]:
    """Load what people decided last of each flag; notes decide nothing."""
    last = (
        select(func.max(FlagDecisionRow.decision_id))
        .where(
            FlagDecisionRow.call_id.in_(
                select(CallStatusRow.call_id).where(CallStatusRow.scorecard_id.in_(scorecard_ids))
            ),
            FlagDecisionRow.scorecard_id.in_(scorecard_ids),
            FlagDecisionRow.action != FlagAction.NOTE.value,
        )
        .group_by(FlagDecisionRow.scorecard_id, FlagDecisionRow.rule_id)
    )
    rows = session.execute(
        select(FlagDecisionRow.scorecard_id, FlagDecisionRow.rule_id, FlagDecisionRow.action).where(
            FlagDecisionRow.decision_id.in_(last)
        )
    )
    return {(row[0], row[1]): FlagAction(row[2]) for row in rows}
