"""Reading the audit log, and checking that nobody changed it."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlalchemy.orm import Session

from qa.store.audit import FIRST_HASH, HEAD_ID, entry_hash
from qa.store.tables_people import AuditHeadRow, AuditRow, UserRow

_CHUNK = 5000
_TABLE = AuditRow.__table__


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row of the log.

    Attributes:
        actor_login: None for the program itself, the command line, or a person unknown.
        details: a JSON object.
    """

    entry_id: int
    happened_at: datetime
    actor_login: str | None
    action: str
    subject_kind: str | None
    subject: str | None
    details: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which rows: all that fit everything given.

    Attributes:
        action: an action, or its first part: `session` for all that begin with `session.`.
        person: a login; rows of what they did, and of what was done to their account.
        since, until: half-open.
    """

    action: str = ""
    person: str = ""
    subject_kind: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """What a check of the log found.

    Attributes:
        entries, head: how many rows are sound from the start, and the hash of the last of them.
        broken: number of the first row that is missing or changed; None where all is sound.
        problem: what is wrong with it; empty where all is sound.
    """

    entries: int
    head: str
    broken: int | None = None
    problem: str = ""


def was_written_lately(
    session: Session,
    actor: int,
    action: str,
    call_id: str,
    holds: Callable[[dict[str, Any]], bool],
    within: timedelta,
) -> bool:
    """Whether a person's row about a call, with such details, was written a short while ago.

    Call it in the transaction that would write the row: it holds the log until the commit, so
    that of two processes the second one sees the first one's row.
    """
    session.execute(
        select(AuditHeadRow.entries).where(AuditHeadRow.head_id == HEAD_ID).with_for_update()
    )
    rows = session.scalars(
        select(AuditRow.details).where(
            AuditRow.subject_kind == "call",
            AuditRow.subject == call_id,
            AuditRow.actor == actor,
            AuditRow.action == action,
            AuditRow.happened_at >= datetime.now(UTC) - within,
        )
    )
    return any(holds(json.loads(details)) for details in rows)


def list_entries(
    session: Session,
    wanted: AuditFilter,
    *,
    before: int | None = None,
    limit: int,
    closed: frozenset[str] = frozenset(),
) -> list[AuditEntry]:
    """List rows, newest first.

    Args:
        closed: calls that the reader still labels blind. A row about one stays in the list, for
            the log has no gaps, and does not say of which call it tells.
        before: only rows with smaller numbers; for the next page.
    """
    if wanted.subject in closed:
        return []
    conditions = _conditions(session, wanted)
    if before is not None:
        conditions.append(AuditRow.entry_id < before)
    rows = session.execute(
        select(_TABLE).where(*conditions).order_by(AuditRow.entry_id.desc()).limit(limit)
    )
    return [_without(_entry(row), closed) for row in rows]


def _without(entry: AuditEntry, closed: frozenset[str]) -> AuditEntry:
    """Hide which call a row is about, where that is closed; what else it says would tell."""
    if not closed:
        return entry
    named = {entry.subject, *json.loads(entry.details).values()}
    if named.isdisjoint(closed):
        return entry
    return replace(entry, subject=None, details="{}")


def every_entry(session: Session, wanted: AuditFilter) -> Iterator[AuditEntry]:
    """Give all rows, oldest first, holding few at a time."""
    conditions = _conditions(session, wanted)
    last = 0
    while rows := session.execute(
        select(_TABLE)
        .where(AuditRow.entry_id > last, *conditions)
        .order_by(AuditRow.entry_id)
        .limit(_CHUNK)
    ).all():
        yield from (_entry(row) for row in rows)
        last = rows[-1].entry_id


def log_length(session: Session) -> int:
    """Say how many rows the log should have; 0 where that is not known any more."""
    return session.scalar(select(AuditHeadRow.entries).filter_by(head_id=HEAD_ID)) or 0


def verify_chain(
    session: Session,
    expected: tuple[int, str] | None = None,
    *,
    on_progress: Callable[[int], None] = lambda _: None,
) -> ChainCheck:
    """Compute every hash anew and name the first row that does not fit; holds few rows at a time.

    Args:
        expected: length and last hash that an earlier check printed. Without it, somebody who
            rewrote the log and the row that keeps its length is not found out.
        on_progress: called now and then with the number of rows that are sound so far.
    """
    walk = _Walk(expected)
    while True:
        rows, is_readable = _next_rows(session, walk.entries)
        for row in rows:
            if problem := walk.step(row):
                return walk.broken(problem)
        if not is_readable:
            return walk.broken("it cannot be read")
        on_progress(walk.entries)
        if rows:
            continue
        head = session.execute(
            select(AuditHeadRow.entries, AuditHeadRow.entry_hash).where(
                AuditHeadRow.head_id == HEAD_ID
            )
        ).one_or_none()
        # Read after the rows: what others appended meanwhile is there to be read as well.
        if head is None or head.entries <= walk.entries or not _next_rows(session, walk.entries)[0]:
            return walk.end(head)


def _next_rows(session: Session, after: int) -> tuple[Sequence[Row[Any]], bool]:
    """Read some rows, and say whether the one behind them can be read at all."""
    wanted = select(_TABLE).where(AuditRow.entry_id > after).order_by(AuditRow.entry_id)
    try:
        return session.execute(wanted.limit(_CHUNK)).all(), True
    except (ValueError, TypeError):  # a time that is none, for example: come closer, one by one
        rows: list[Row[Any]] = []
        with suppress(ValueError, TypeError):
            while row := session.execute(wanted.limit(1).offset(len(rows))).first():
                rows.append(row)
        return rows, False


@dataclass(slots=True)
class _Walk:
    """How far a check has come."""

    expected: tuple[int, str] | None
    entries: int = 0
    head: str = field(default=FIRST_HASH)

    def step(self, row: Row[Any]) -> str:
        """Take the next row; says what is wrong with it."""
        if row.entry_id != self.entries + 1:
            return "it is missing"
        if row.previous_hash != self.head:
            return "it does not follow from the row before it"
        try:
            is_whole = entry_hash(row._asdict()) == row.entry_hash
        except (ValueError, TypeError):  # a number where a text belongs, for example
            is_whole = False
        if not is_whole:
            return "it was changed"
        is_known = self.expected is not None and self.expected[0] == row.entry_id
        if is_known and self.expected != (row.entry_id, row.entry_hash):
            return "its hash is not the expected one: the log up to it was written anew"
        self.entries, self.head = row.entry_id, row.entry_hash
        return ""

    def end(self, head: Row[int, str] | None) -> ChainCheck:
        """Compare the end of the log with what is known of it."""
        problem = ""
        if head is None:
            problem = "the row that keeps the length of the log is missing"
        elif head.entries > self.entries:
            problem = f"it and the rows up to {head.entries} are missing"
        elif head.entries < self.entries or head.entry_hash != self.head:
            problem = "the row that keeps the length of the log was changed"
        elif self.expected and self.expected[0] > self.entries:
            problem = f"it and the rows up to {self.expected[0]}, the expected length, are missing"
        return self.broken(problem) if problem else ChainCheck(self.entries, self.head)

    def broken(self, problem: str) -> ChainCheck:
        """Name the next row as the first one that is broken."""
        return ChainCheck(self.entries, self.head, self.entries + 1, problem)


def _conditions(session: Session, wanted: AuditFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.action:
        begins = AuditRow.action.startswith(f"{wanted.action}.", autoescape=True)
        conditions.append(or_(AuditRow.action == wanted.action, begins))
    if wanted.person:
        user_id = session.scalar(select(UserRow.user_id).where(UserRow.login == wanted.person))
        about = and_(AuditRow.subject_kind == "user", AuditRow.subject == wanted.person)
        conditions.append(or_(AuditRow.actor == user_id, about) if user_id is not None else about)
    if wanted.subject_kind:
        conditions.append(AuditRow.subject_kind == wanted.subject_kind)
    if wanted.subject:
        conditions.append(AuditRow.subject == wanted.subject)
    if wanted.since is not None:
        conditions.append(AuditRow.happened_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(AuditRow.happened_at < wanted.until)
    return conditions


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        entry_id=row.entry_id,
        happened_at=row.happened_at,
        actor_login=row.actor_login,
        action=row.action,
        subject_kind=row.subject_kind,
        subject=row.subject,
        details=row.details,
    )
