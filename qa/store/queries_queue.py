"""What the review page asks: the queue of calls, most serious first, and where a recording lies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, or_, select
from sqlalchemy.orm import Session

from qa.codec import decode
from qa.store.queries import STATUS
from qa.store.tables import (
    AgentRow,
    CallRow,
    FileRow,
    RecordingRow,
    RulesetRow,
    ScorecardRow,
    TranscriptRow,
    VerdictRow,
)
from qa.types import Grade, Outcome, Scorecard


class Severity(StrEnum):
    """The most serious thing that a call's scorecard holds."""

    CRITICAL = "critical"
    FINE = "fine"
    SCORE = "score"
    HINT = "hint"
    UNDECIDED = "undecided"
    NONE = "none"


_BY_RANK = (
    Severity.NONE,
    Severity.UNDECIDED,
    Severity.HINT,
    Severity.SCORE,
    Severity.FINE,
    Severity.CRITICAL,
)


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which calls: all that fit everything given.

    Attributes:
        flagged: with a violated or undecided line, in order of seriousness; else every call,
            the newest first.
        since, until: started at or after, and before; a call without a time fits neither.
        rule_id: this rule is violated or undecided.
    """

    flagged: bool = True
    agent_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    rule_id: str | None = None


@dataclass(frozen=True, slots=True)
class QueueFlag:
    """One violated or undecided line of a call; `start_ms` is where its evidence begins."""

    rule_id: str
    outcome: Outcome
    grade: Grade
    critical: bool
    points: int
    start_ms: int | None


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One call in the queue.

    Attributes:
        status: `scored`, `failed`, `waiting`, `unscored` or `no_recording`.
        total: None before it is scored.
        flags: violated ones first, each kind by what it costs.
    """

    call_id: str
    started_at: datetime | None
    agent_id: str | None
    agent_name: str | None
    direction: str | None
    duration_ms: int | None
    status: str
    fault: str | None
    total: int | None
    severity: Severity
    flags: tuple[QueueFlag, ...]


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How many calls fit a filter, whether they are flagged or not.

    Attributes:
        critical, fine, score, hint, undecided: flagged calls by their most serious line.
        mean_total: None where nothing is scored.
        points: points taken off, over all scored calls.
    """

    calls: int
    scored: int
    critical: int
    fine: int
    score: int
    hint: int
    undecided: int
    mean_total: float | None
    points: int

    @property
    def flagged(self) -> int:
        """Calls with a violated or undecided line."""
        return self.critical + self.fine + self.score + self.hint + self.undecided


@dataclass(frozen=True, slots=True)
class AgentChoice:
    """An agent that some call names."""

    agent_id: str
    name: str | None


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file as it was when ingest last read it."""

    path: str
    size_bytes: int
    mtime_ns: int


def _violated(condition: ColumnElement[bool]) -> ColumnElement[int]:
    hit = and_(VerdictRow.outcome == Outcome.VIOLATED.value, condition)
    return func.max(case((hit, 1), else_=0))


def _marks() -> Subquery:
    """Sum up each scorecard: which kinds of flags it holds, and the points it takes off."""
    return (
        select(
            VerdictRow.scorecard_id,
            _violated(VerdictRow.grade == Grade.FINE.value).label("fine"),
            _violated(VerdictRow.grade == Grade.SCORE.value).label("score"),
            _violated(VerdictRow.grade == Grade.HINT.value).label("hint"),
            func.sum(VerdictRow.points).label("points"),
        )
        .where(VerdictRow.outcome.in_([Outcome.VIOLATED.value, Outcome.UNDECIDED.value]))
        .group_by(VerdictRow.scorecard_id)
        .subquery()
    )


def _rank(marks: Subquery) -> ColumnElement[int]:
    """Rank a call by its most serious flag: a place in `_BY_RANK`."""
    return case(
        (ScorecardRow.critical_failure.is_(True), 5),
        (marks.c.fine == 1, 4),
        (marks.c.score == 1, 3),
        (marks.c.hint == 1, 2),
        (ScorecardRow.undecided > 0, 1),
        else_=0,
    )


def _matching(statement: Select[Any], marks: Subquery, wanted: QueueFilter) -> Select[Any]:
    """Join calls with what is published about them, and keep what fits all but `flagged`."""
    of_call = and_(ScorecardRow.call_id == CallRow.call_id, ScorecardRow.is_current.is_(True))
    statement = (
        statement.select_from(CallRow)
        .outerjoin(ScorecardRow, of_call)
        .outerjoin(marks, marks.c.scorecard_id == ScorecardRow.scorecard_id)
        .where(CallRow.replaced_by.is_(None))
    )
    if wanted.agent_id is not None:
        statement = statement.where(CallRow.agent_id == wanted.agent_id)
    if wanted.since is not None:
        statement = statement.where(CallRow.started_at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(CallRow.started_at < wanted.until)
    if wanted.rule_id is not None:
        hit = select(VerdictRow.rule_id).where(
            VerdictRow.scorecard_id == ScorecardRow.scorecard_id,
            VerdictRow.rule_id == wanted.rule_id,
            VerdictRow.outcome.in_([Outcome.VIOLATED.value, Outcome.UNDECIDED.value]),
        )
        statement = statement.where(hit.exists())
    return statement


def queue_page(
    session: Session, wanted: QueueFilter, zone: ZoneInfo, *, offset: int, limit: int
) -> list[QueueLine]:
    """List one page of the queue."""
    marks = _marks()
    rank = _rank(marks)
    columns = (
        CallRow.call_id,
        CallRow.started_at,
        CallRow.agent_id,
        AgentRow.name.label("agent_name"),
        CallRow.direction,
        RecordingRow.duration_ms,
        STATUS.label("status"),
        RecordingRow.fault,
        ScorecardRow.scorecard_id,
        ScorecardRow.total,
        rank.label("rank"),
    )
    heard = and_(
        TranscriptRow.recording_id == CallRow.recording_id, TranscriptRow.is_current.is_(True)
    )
    statement = (
        _matching(select(*columns), marks, wanted)
        .outerjoin(AgentRow, AgentRow.agent_id == CallRow.agent_id)
        .outerjoin(RecordingRow, RecordingRow.recording_id == CallRow.recording_id)
        .outerjoin(TranscriptRow, heard)
    )
    if wanted.flagged:
        statement = statement.where(or_(ScorecardRow.violated > 0, ScorecardRow.undecided > 0))
        statement = statement.order_by(rank.desc(), ScorecardRow.total)
    statement = statement.order_by(
        CallRow.started_at.is_(None), CallRow.started_at.desc(), CallRow.call_id
    )
    rows = session.execute(statement.offset(offset).limit(limit)).mappings().all()
    flags = _flags(session, [row["scorecard_id"] for row in rows if row["scorecard_id"]])
    return [_line(dict(row), flags, zone) for row in rows]


def _line(
    row: dict[str, Any], flags: dict[int, tuple[QueueFlag, ...]], zone: ZoneInfo
) -> QueueLine:
    started_at = row.pop("started_at")
    scorecard_id, rank = row.pop("scorecard_id"), row.pop("rank")
    return QueueLine(
        **row,
        started_at=started_at.astimezone(zone) if started_at else None,
        severity=_BY_RANK[rank],
        flags=flags.get(scorecard_id, ()),
    )


def _flags(session: Session, scorecard_ids: Sequence[int]) -> dict[int, tuple[QueueFlag, ...]]:
    rows = session.scalars(
        select(VerdictRow)
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
    flags: dict[int, tuple[QueueFlag, ...]] = {}
    for row in rows:
        outcome, grade = Outcome(row.outcome), Grade(row.grade)
        flag = QueueFlag(row.rule_id, outcome, grade, row.critical, row.points, row.start_ms)
        flags[row.scorecard_id] = (*flags.get(row.scorecard_id, ()), flag)
    return flags


def queue_counts(session: Session, wanted: QueueFilter) -> QueueCounts:
    """Count the calls that fit a filter; its `flagged` does not matter here."""
    marks = _marks()
    rank = _rank(marks)

    def ranked(severity: Severity) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((rank == _BY_RANK.index(severity), 1), else_=0)), 0)

    statement = select(
        func.count(),
        func.count(ScorecardRow.scorecard_id),
        ranked(Severity.CRITICAL),
        ranked(Severity.FINE),
        ranked(Severity.SCORE),
        ranked(Severity.HINT),
        ranked(Severity.UNDECIDED),
        func.avg(ScorecardRow.total),
        func.coalesce(func.sum(marks.c.points), 0),
    )
    row = session.execute(_matching(statement, marks, wanted)).one()
    return QueueCounts(
        calls=row[0],
        scored=row[1],
        critical=int(row[2]),
        fine=int(row[3]),
        score=int(row[4]),
        hint=int(row[5]),
        undecided=int(row[6]),
        mean_total=None if row[7] is None else float(row[7]),
        points=int(row[8]),
    )


def agent_choices(session: Session) -> list[AgentChoice]:
    """List the agents that calls name, in order of id."""
    rows = session.execute(
        select(CallRow.agent_id, AgentRow.name)
        .outerjoin(AgentRow, AgentRow.agent_id == CallRow.agent_id)
        .where(CallRow.replaced_by.is_(None), CallRow.agent_id.is_not(None))
        .distinct()
        .order_by(CallRow.agent_id)
    )
    return [AgentChoice(agent_id, name) for agent_id, name in rows if agent_id is not None]


def agent_name(session: Session, agent_id: str | None) -> str | None:
    """Find an agent's name; None where no table of agents gave it."""
    row = session.get(AgentRow, agent_id) if agent_id else None
    return row.name if row else None


def known_files(session: Session, recording_id: str) -> list[KnownFile]:
    """List the files that hold a recording, in order of path."""
    rows = session.scalars(
        select(FileRow).where(FileRow.recording_id == recording_id).order_by(FileRow.path)
    )
    return [KnownFile(row.path, row.size_bytes, row.mtime_ns) for row in rows]


def rule_titles(session: Session) -> dict[str, tuple[str, str]]:
    """Name the rules that have judged: rule id to Chinese and English title, the latest wording."""
    titles: dict[str, tuple[str, str]] = {}
    hashes = session.scalars(select(RulesetRow.ruleset_hash).order_by(RulesetRow.first_used_at))
    for ruleset_hash in hashes:
        blob = session.scalar(
            select(ScorecardRow.blob).where(ScorecardRow.ruleset_hash == ruleset_hash).limit(1)
        )
        for line in decode(Scorecard, blob).lines if blob else ():
            titles[line.rule_id] = (line.title, line.title_en or line.title)
    return titles
