"""The lines of a list: what a page shows of each call, loaded for one page at a time."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Row, Select, bindparam, func, select
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
        read: all that the line was made of, as it was stored: the same line comes of the same.
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
    read: tuple[Any, ...] = field(default=(), repr=False, compare=False)


# The tables' own columns: of mapped ones SQLAlchemy keeps track, at three times the price.
_STATUS, _CALLS, _AGENTS = CallStatusRow.__table__.c, CallRow.__table__.c, AgentRow.__table__.c
_RECORDINGS, _VERDICTS = RecordingRow.__table__.c, VerdictRow.__table__.c
_OUTCOMES = {one.value: one for one in Outcome}
_GRADES = {one.value: one for one in Grade}


@cache
def _wanted_lines() -> Select[*tuple[Any, ...]]:
    return (
        select(
            *_STATUS,
            _CALLS.direction,
            _AGENTS.name.label("agent_name"),
            _RECORDINGS.duration_ms,
        )
        .join_from(CallStatusRow.__table__, CallRow.__table__, _CALLS.call_id == _STATUS.call_id)
        .outerjoin(AgentRow.__table__, _AGENTS.agent_id == _STATUS.agent_id)
        .outerjoin(RecordingRow.__table__, _RECORDINGS.recording_id == _CALLS.recording_id)
        .where(_STATUS.call_id.in_(bindparam("call_ids", expanding=True)))
    )


@cache
def _wanted_flags() -> Select[*tuple[Any, ...]]:
    return (
        select(
            _VERDICTS.scorecard_id,
            _VERDICTS.rule_id,
            _VERDICTS.outcome,
            _VERDICTS.grade,
            _VERDICTS.critical,
            _VERDICTS.points,
            _VERDICTS.start_ms,
        )
        .where(
            _VERDICTS.scorecard_id.in_(bindparam("numbers", expanding=True)),
            _VERDICTS.outcome.in_([Outcome.VIOLATED.value, Outcome.UNDECIDED.value]),
        )
        .order_by(
            _VERDICTS.scorecard_id,
            _VERDICTS.outcome.desc(),
            _VERDICTS.critical.desc(),
            _VERDICTS.points.desc(),
            _VERDICTS.rule_id,
        )
    )


def load_lines(session: Session, call_ids: Sequence[str], zone: ZoneInfo) -> list[QueueLine]:
    """Load the lines of calls, in the order given; calls without a scorecard are left out."""
    rows = session.execute(_wanted_lines(), {"call_ids": list(call_ids)})
    found = {row.call_id: row for row in rows}
    flags = _flags(session, [row.scorecard_id for row in found.values()])
    return [
        _line(found[i], flags.get(found[i].scorecard_id, _Flags([], [])), zone)
        for i in call_ids
        if i in found
    ]


class _Flags(NamedTuple):
    """The flags of a scorecard, and what they were made of."""

    flags: list[QueueFlag]
    read: list[tuple[Any, ...]]


def _line(status: Row[*tuple[Any, ...]], flags: _Flags, zone: ZoneInfo) -> QueueLine:
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
        flags=tuple(flags.flags),
        read=(tuple(status), tuple(flags.read), zone.key),
    )


def _flags(session: Session, scorecard_ids: Sequence[int]) -> dict[int, _Flags]:
    rows = session.execute(_wanted_flags(), {"numbers": list(scorecard_ids)})
    decided = _decided(session, scorecard_ids)
    flags: dict[int, _Flags] = defaultdict(lambda: _Flags([], []))
    for row in rows:
        number, rule_id, outcome, grade, critical, points, start_ms = row
        action = decided.get((number, rule_id)) if decided else None
        flag = QueueFlag(
            rule_id, _OUTCOMES[outcome], _GRADES[grade], critical, points, start_ms, action
        )
        flags[number].flags.append(flag)
        flags[number].read.append((*row, action))
    return flags


def _decided(session: Session, scorecard_ids: Sequence[int]) -> dict[tuple[int, str], FlagAction]:
    """Load what people decided last of each flag; notes decide nothing."""
    rows = session.execute(_wanted_decisions(), {"numbers": list(scorecard_ids)})
    return {(row[0], row[1]): FlagAction(row[2]) for row in rows}


@cache
def _wanted_decisions() -> Select[*tuple[Any, ...]]:
    decisions = FlagDecisionRow.__table__.c
    wanted: BindParameter[Any] = bindparam("numbers", expanding=True)
    last = (
        select(func.max(decisions.decision_id))
        .where(
            decisions.call_id.in_(select(_STATUS.call_id).where(_STATUS.scorecard_id.in_(wanted))),
            decisions.scorecard_id.in_(wanted),
            decisions.action != FlagAction.NOTE.value,
        )
        .group_by(decisions.scorecard_id, decisions.rule_id)
    )
    return select(decisions.scorecard_id, decisions.rule_id, decisions.action).where(
        decisions.decision_id.in_(last)
    )
