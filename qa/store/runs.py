"""Runs: those that were asked for, those going on, and those that are over."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.store.ledger import start_run
from qa.store.tables import RunRow
from qa.store.tables_work import RunTaskRow


class RunState(StrEnum):
    """Where a run stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


OPEN_STATES = (RunState.WAITING, RunState.RUNNING)


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far the present stage of a run is.

    Attributes:
        total, done: pieces of work: files, recordings or calls.
        total_bytes, done_bytes: of the recordings; 0 where size says nothing about the time.
    """

    stage: str | None = None
    stage_started_at: datetime | None = None
    total: int = 0
    done: int = 0
    total_bytes: int = 0
    done_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    Attributes:
        kind: `run`, `nightly`, `ingest`, `score`, `rescore`, `hear` or `what_if`.
        requested_by: user id; None where the command line started it.
        transcribed, failed, scored, audio_ms: what it did, as far as it is over.
        fault: why it failed; an error's class or the house's own words.
        result: what it found, of a `what_if`; what it did, of a `run` or `nightly`.
        updated_at: when its progress was last written; None for runs of older programs.
    """

    run_id: int
    kind: str
    state: RunState
    requested_by: int | None
    started_at: datetime
    finished_at: datetime | None
    transcribed: int
    failed: int
    scored: int
    audio_ms: int
    progress: RunProgress
    updated_at: datetime | None = None
    fault: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] | None = None


def request_run(
    session: Session, kind: str, parameters: Mapping[str, Any], user_id: int, now: datetime
) -> tuple[Run, bool]:
    """Put a run on the list of what is to be done; one that waits already is not doubled.

    Returns:
        The run, and whether it is new.
    """
    text = json.dumps(parameters, ensure_ascii=False, sort_keys=True)
    waiting = _select().where(
        RunRow.kind == kind,
        RunTaskRow.state == RunState.WAITING.value,
        RunTaskRow.parameters == text,
    )
    found = session.execute(waiting.limit(1)).first()
    if found is not None:
        return _run(found[0], found[1]), False
    run_id = start_run(session, kind, now)
    add_task(session, run_id, now, state=RunState.WAITING, parameters=text, user_id=user_id)
    return get_run(session, run_id), True


def add_task(
    session: Session,
    run_id: int,
    now: datetime,
    *,
    state: RunState,
    parameters: str = "{}",
    user_id: int | None = None,
) -> None:
    """Give a run its row of progress."""
    session.add(
        RunTaskRow(
            run_id=run_id,
            state=state.value,
            requested_by=user_id,
            requested_at=now,
            parameters=parameters,
            updated_at=now,
            total=0,
            done=0,
            total_bytes=0,
            done_bytes=0,
        )
    )
    session.flush()


def next_waiting(session: Session) -> Run | None:
    """Find the run that has waited longest."""
    found = session.execute(
        _select().where(RunTaskRow.state == RunState.WAITING.value).order_by(RunRow.run_id).limit(1)
    ).first()
    return _run(found[0], found[1]) if found else None


def begin_run(session: Session, run_id: int, now: datetime) -> None:
    """Note that a run that waited is going on."""
    _set(session, run_id, now, state=RunState.RUNNING.value)
    session.execute(update(RunRow).where(RunRow.run_id == run_id).values(started_at=now))


def began_at(session: Session, run_id: int) -> datetime | None:
    """Look up when a run began, or was asked for; None where there is none of this number."""
    return session.scalar(select(RunRow.started_at).where(RunRow.run_id == run_id))


def put_progress(session: Session, run_id: int, progress: RunProgress, now: datetime) -> None:
    """Keep how far a run has come."""
    _set(
        session,
        run_id,
        now,
        stage=progress.stage,
        stage_started_at=progress.stage_started_at,
        total=progress.total,
        done=progress.done,
        total_bytes=progress.total_bytes,
        done_bytes=progress.done_bytes,
    )


def end_run(
    session: Session,
    run_id: int,
    state: RunState,
    now: datetime,
    *,
    fault: str | None = None,
    result: Mapping[str, Any] | None = None,
) -> None:
    """Note how a run ended."""
    text = json.dumps(result, ensure_ascii=False) if result is not None else None
    _set(session, run_id, now, state=state.value, fault=fault and fault[:200], result=text)


def interrupt_running(session: Session, now: datetime) -> int:
    """Note that what is said to be running is not; only whoever holds the run lock may know that.

    Returns:
        How many runs that were.
    """
    changed = session.execute(
        update(RunTaskRow)
        .where(RunTaskRow.state == RunState.RUNNING.value)
        .values(state=RunState.INTERRUPTED.value, updated_at=now)
        .returning(RunTaskRow.run_id)
    )
    return len(changed.all())


def get_run(session: Session, run_id: int) -> Run:
    """Load one run.

    Raises:
        NotFoundError: there is none of this number.
    """
    found = session.execute(_select().where(RunRow.run_id == run_id)).first()
    if found is None:
        raise NotFoundError("run", str(run_id))
    return _run(found[0], found[1])


def list_runs(
    session: Session, *, before: int | None = None, kind: str | None = None, limit: int = 50
) -> list[Run]:
    """List runs, the last one first.

    Args:
        before: only runs of a lower number.
        kind: only runs of a kind.
    """
    statement = _select().order_by(RunRow.run_id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(RunRow.run_id < before)
    if kind is not None:
        statement = statement.where(RunRow.kind == kind)
    return [_run(row[0], row[1]) for row in session.execute(statement)]


def last_run(session: Session, kind: str, *, before: int | None = None) -> Run | None:
    """Find the run of a kind that was started last.

    Args:
        before: only runs of a lower number.
    """
    statement = _select().where(RunRow.kind == kind).order_by(RunRow.run_id.desc()).limit(1)
    if before is not None:
        statement = statement.where(RunRow.run_id < before)
    found = session.execute(statement).first()
    return _run(found[0], found[1]) if found else None


def last_done(session: Session) -> dict[str, datetime]:
    """Find when a run last ended with all its work done, by kind; those without one are missing."""
    done = RunTaskRow.state == RunState.DONE.value
    of_old = RunTaskRow.run_id.is_(None)  # see `_state_of_old`
    newest = (
        select(RunRow.kind, func.max(RunRow.finished_at))
        .outerjoin(RunTaskRow, RunTaskRow.run_id == RunRow.run_id)
        .where(RunRow.finished_at.is_not(None), done | of_old)
        .group_by(RunRow.kind)
        .order_by(RunRow.kind)
    )
    return {kind: ended_at for kind, ended_at in session.execute(newest) if ended_at is not None}


def _select() -> Select[RunRow, RunTaskRow]:
    return select(RunRow, RunTaskRow).outerjoin(RunTaskRow, RunTaskRow.run_id == RunRow.run_id)


def _set(session: Session, run_id: int, now: datetime, **values: Any) -> None:
    session.execute(
        update(RunTaskRow).where(RunTaskRow.run_id == run_id).values(updated_at=now, **values)
    )


def _run(row: RunRow, task: RunTaskRow | None) -> Run:
    state = RunState(task.state) if task else _state_of_old(row)
    return Run(
        run_id=row.run_id,
        kind=row.kind,
        state=state,
        requested_by=task.requested_by if task else None,
        started_at=row.started_at,
        finished_at=row.finished_at,
        transcribed=row.transcribed,
        failed=row.failed,
        scored=row.scored,
        audio_ms=row.audio_ms,
        progress=_progress(task) if task else RunProgress(),
        updated_at=task.updated_at if task else None,
        fault=task.fault if task else None,
        parameters=json.loads(task.parameters) if task else {},
        result=json.loads(task.result) if task and task.result else None,
    )


def _state_of_old(row: RunRow) -> RunState:
    """Judge a run of an older program: without an end it was broken off."""
    return RunState.DONE if row.finished_at else RunState.INTERRUPTED


def _progress(task: RunTaskRow) -> RunProgress:
    return RunProgress(
        task.stage,
        task.stage_started_at,
        task.total,
        task.done,
        task.total_bytes,
        task.done_bytes,
    )
