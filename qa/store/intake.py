"""Write what a source handed in. Every function can be repeated without effect."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from qa.ingest.join import JoinedCall
from qa.ingest.rows import AnswersEntry, FoundFile, Issue, NoticeEntry, RecordEntry
from qa.scoring.scorecard import context_revision
from qa.store.attributing import attribute_rows
from qa.store.call_status import calls_changed, teams_changed
from qa.store.convert import (
    CALL_COLUMNS,
    call_from,
    chunks,
    load_answers,
    load_calls,
    load_notices,
    load_tickets,
)
from qa.store.known_calls import KnownCalls
from qa.store.tables import (
    AgentRow,
    AnswersRow,
    CallRow,
    FileRow,
    IssueRow,
    NoticeRow,
    RecordingRow,
    Table,
    TicketRow,
)
from qa.store.upsert import upsert
from qa.types import Notice


@dataclass(frozen=True, slots=True)
class HashedFile:
    """A recording file whose bytes have been read."""

    file: FoundFile
    recording_id: str


def known_recordings(session: Session, files: Sequence[FoundFile]) -> dict[str, str]:
    """Find which files were hashed before and have not changed since.

    Returns:
        Recording ids by path.
    """
    known = {}
    for some in chunks(files):
        states = {str(f.path): (f.size_bytes, f.mtime_ns) for f in some}
        for row in session.scalars(select(FileRow).where(FileRow.path.in_(states))):
            if states[row.path] == (row.size_bytes, row.mtime_ns):
                known[row.path] = row.recording_id
    return known


def put_files(session: Session, origin: str, files: Sequence[HashedFile], now: datetime) -> None:
    """Keep recordings, and the files that hold them."""
    recordings = {
        hashed.recording_id: {
            "recording_id": hashed.recording_id,
            "size_bytes": hashed.file.size_bytes,
            "first_seen_at": now,
            "attempts": 0,
        }
        for hashed in files
    }
    upsert(session, RecordingRow, list(recordings.values()))
    rows = [
        {
            "path": str(hashed.file.path),
            "root": origin,
            "recording_id": hashed.recording_id,
            "size_bytes": hashed.file.size_bytes,
            "mtime_ns": hashed.file.mtime_ns,
        }
        for hashed in files
    ]
    upsert(session, FileRow, rows, update=("root", "recording_id", "size_bytes", "mtime_ns"))


def forget_files(session: Session, origin: str, present: Iterable[str]) -> None:
    """Drop files that are no longer in the source; their recordings and calls stay."""
    stored = set(session.scalars(select(FileRow.path).where(FileRow.root == origin)))
    for paths in chunks(sorted(stored - set(present))):
        session.execute(delete(FileRow).where(FileRow.path.in_(paths)))


def put_agents(session: Session, entries: Sequence[RecordEntry]) -> None:
    """Keep agents; columns that the source does not have stay as they are."""
    keys = [entry.key for entry in entries]
    before = _teams(session, keys)
    _put_records(session, AgentRow, "agent_id", entries)
    after = _teams(session, keys)
    # Looking through all calls of every agent would take seconds in a large archive.
    teams_changed(session, [key for key in after if after[key] != before.get(key)])


def _teams(session: Session, agent_ids: Sequence[str]) -> dict[str, str | None]:
    teams: dict[str, str | None] = {}
    for ids in chunks(agent_ids):
        found = select(AgentRow.agent_id, AgentRow.team).where(AgentRow.agent_id.in_(ids))
        teams.update((row[0], row[1]) for row in session.execute(found))
    return teams


def put_tickets(session: Session, entries: Sequence[RecordEntry], zone: ZoneInfo) -> None:
    """Keep tickets, and renew the context of the calls that name a changed one."""
    before = load_tickets(session, [entry.key for entry in entries])
    _put_records(session, TicketRow, "ticket_id", entries)
    after = load_tickets(session, [entry.key for entry in entries])
    changed = [key for key, ticket in after.items() if before.get(key) != ticket]
    call_ids = session.scalars(select(CallRow.call_id).where(CallRow.ticket_id.in_(changed)))
    refresh_contexts(session, call_ids.all(), zone)


def put_notices(
    session: Session, origin: str, entries: Sequence[NoticeEntry], zone: ZoneInfo
) -> None:
    """Replace the notices of one source, and renew the context of the calls concerned."""
    before = set(load_notices(session))
    session.execute(delete(NoticeRow).where(NoticeRow.origin == origin))
    upsert(session, NoticeRow, [{"origin": origin, **asdict(entry)} for entry in entries])
    _refresh_days(session, before ^ set(load_notices(session)), zone)


def _refresh_days(session: Session, notices: Iterable[Notice], zone: ZoneInfo) -> None:
    """Renew the context of the calls on the days of some notices, and of those without a day."""
    for notice in notices:
        first = datetime.combine(notice.first_day, time(), zone)
        after_last = datetime.combine(notice.last_day + timedelta(days=1), time(), zone)
        within = (CallRow.started_at >= first) & (CallRow.started_at < after_last)
        concerned = select(CallRow.call_id).where(or_(within, CallRow.started_at.is_(None)))
        refresh_contexts(session, session.scalars(concerned).all(), zone)


def put_answers(
    session: Session, entries: Sequence[tuple[AnswersEntry, str | None]], zone: ZoneInfo
) -> tuple[Issue, ...]:
    """Keep what was keyed in after callbacks, and renew the context of the calls concerned.

    Args:
        entries: each with the path of its recording, where the row names a file.

    Returns:
        The rows whose recording belongs to no call, or to several.
    """
    owners = _calls_by_path(session, [path for _, path in entries if path])
    issues: list[Issue] = []
    records: dict[str, RecordEntry] = {}
    for entry, path in entries:
        ids = [entry.call_id] if entry.call_id else owners.get(path or "", [])
        if len(ids) == 1 and ids[0] not in records:
            attitude = entry.values.get("attitude")
            values = dict(entry.values) | ({"attitude": attitude.value} if attitude else {})
            records[ids[0]] = RecordEntry(ids[0], values)
            continue
        code, reason = "no_such_call", "no call has this recording; give the call id"
        if ids:
            code, reason = "duplicate_key", "another row has the answers of the same call"
        issues.append(Issue(entry.table, entry.line, True, code, reason))
    keys = list(records)
    before = load_answers(session, keys)
    _put_records(session, AnswersRow, "call_id", list(records.values()))
    after = load_answers(session, keys)
    refresh_contexts(session, [key for key in after if before.get(key) != after[key]], zone)
    return tuple(issues)


def _calls_by_path(session: Session, paths: Sequence[str]) -> dict[str, list[str]]:
    owners: dict[str, list[str]] = defaultdict(list)
    for some in chunks(paths):
        active = CallRow.path.in_(some) & CallRow.replaced_by.is_(None)
        for path, call_id in session.execute(select(CallRow.path, CallRow.call_id).where(active)):
            owners[path or ""].append(call_id)
    return owners


def refresh_contexts(session: Session, call_ids: Sequence[str], zone: ZoneInfo) -> None:
    """Compute the context of calls again, and keep it where it changed."""
    for ids in chunks(call_ids):
        contexts = {i: context_revision(c) for i, c in load_calls(session, ids, zone).items()}
        set_contexts(session, contexts)


def set_contexts(session: Session, contexts: Mapping[str, str]) -> None:
    """Keep the contexts of calls, by call id."""
    rows = [{"call_id": call_id, "context": value} for call_id, value in contexts.items()]
    if rows:
        session.execute(update(CallRow), rows)


def put_calls(
    session: Session, calls: Sequence[JoinedCall], recordings: Mapping[str, str], zone: ZoneInfo
) -> tuple[int, int]:
    """Keep calls: what a row says replaces what was known, what it does not say stays.

    Args:
        recordings: recording id by path, for every file of these calls.

    Returns:
        How many calls are new, and how many changed.
    """
    known = KnownCalls(session, calls, recordings)
    rows = {call_id: row for call in calls for call_id, row in known.updated(call)}
    attribute_rows(session, rows.values())
    tickets = load_tickets(session, [row["ticket_id"] for row in rows.values() if row["ticket_id"]])
    notices, answers = load_notices(session), load_answers(session, list(rows))
    for row in rows.values():
        row["context"] = context_revision(call_from(row, tickets, notices, answers, zone))
    changed = {i: row for i, row in rows.items() if known.before.get(i) != row}
    columns = [name for name in CALL_COLUMNS if name != "call_id"]
    upsert(session, CallRow, list(changed.values()), update=columns)
    # A call that is back again after it was replaced has its lists' row made anew, by the clock.
    calls_changed(session, [i for i in changed if i in known.before], datetime.now(UTC))
    new = sum(call_id not in known.before for call_id in changed)
    return new, len(changed) - new


def shared_recordings(session: Session) -> set[str]:
    """Find recordings that more than one call has."""
    counted = (
        select(CallRow.recording_id)
        .where(CallRow.recording_id.is_not(None), CallRow.replaced_by.is_(None))
        .group_by(CallRow.recording_id)
        .having(func.count() > 1)
    )
    return {recording_id for recording_id in session.scalars(counted) if recording_id}


def put_issues(session: Session, origin: str, issues: Sequence[Issue]) -> None:
    """Replace what the last ingest of a source complained of."""
    session.execute(delete(IssueRow).where(IssueRow.root == origin))
    rows = [
        {
            "root": origin,
            "position": position,
            "file": issue.file,
            "line": issue.line,
            "rejected": issue.rejected,
            "code": issue.code,
            "reason": issue.reason,
        }
        for position, issue in enumerate(issues)
    ]
    upsert(session, IssueRow, rows)


def _put_records(
    session: Session, table: type[Table], key: str, entries: Sequence[RecordEntry]
) -> None:
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for entry in entries:
        by_columns[tuple(entry.values)].append({key: entry.key, **entry.values})
    for columns, rows in by_columns.items():
        upsert(session, table, rows, update=columns)
