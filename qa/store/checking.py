"""Checking a database from end to end: its structure, its blobs, its lists, its log, its files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Executable, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from qa.codec import decode
from qa.errors import StoreError
from qa.ingest.objects import is_object
from qa.records import Basis, ReviewState
from qa.store.audit_reading import log_length, verify_chain
from qa.store.call_status import compute_status
from qa.store.convert import CHUNK
from qa.store.copying import all_tables
from qa.store.hearings import Answers
from qa.store.tables import CallRow, FileRow, HearingsRow, ScorecardRow, TranscriptRow
from qa.store.tables_review import CallStatusRow
from qa.types import Scorecard, Transcript

NAMED = 20
"""At most so many broken things of a part are named; all are counted."""
_BATCH = 200


class Part(StrEnum):
    """What is looked at, in this order."""

    STRUCTURE = "structure"
    REFERENCES = "references"
    TRANSCRIPTS = "transcripts"
    SCORECARDS = "scorecards"
    HEARINGS = "hearings"
    LISTS = "lists"
    AUDIT_LOG = "audit log"
    RECORDINGS = "recordings"


_ADVICE = {
    Part.STRUCTURE: "Stop the service and restore the last backup: `qa db restore FILE --replace`.",
    Part.REFERENCES: "Restore the last backup: `qa db restore FILE --replace`.",
    Part.TRANSCRIPTS: "Restore the last backup, or transcribe these calls again from their files.",
    Part.SCORECARDS: "Restore the last backup; `qa rescore` judges calls without one again.",
    Part.HEARINGS: "Restore the last backup: `qa db restore FILE --replace`.",
    Part.LISTS: "Make the lists anew: `qa review rebuild`.",
    Part.AUDIT_LOG: "Keep this database as it is and compare it with a backup: somebody or "
    "something changed the log.",
    Part.RECORDINGS: "Bring the files back from their backup, or mount the folder they lie in.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one part of a check found.

    Attributes:
        checked: how many things were looked at.
        broken: how many of them are wrong.
        problem: what is wrong, in short; empty where nothing is.
        named: ids of calls (for structure and references: what the database says), at most `NAMED`.
    """

    part: Part
    checked: int
    broken: int = 0
    problem: str = ""
    named: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.broken

    @property
    def advice(self) -> str:
        """What to do about it; empty where nothing is wrong."""
        return "" if self.is_sound else _ADVICE[self.part]


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """How thoroughly to check.

    Attributes:
        now: aware; windows that passed before it are closed.
        sample: calls whose place in the lists is worked out anew, spread over all; 0 for every one.
        files: whether to look for the recordings.
    """

    now: datetime
    sample: int = 1000
    files: bool = True


OnProgress = Callable[[Part, int, int], None]
"""Is told how far a part is: done and total."""


@dataclass(slots=True)
class _Tally:
    """Counts what is looked at, and names the first that are wrong."""

    part: Part
    total: int
    on_progress: OnProgress
    checked: int = 0
    broken: int = 0
    named: list[str] = field(default_factory=list)

    def sound(self) -> None:
        self.checked += 1
        if self.checked % _BATCH == 0:
            self.on_progress(self.part, self.checked, self.total)

    def wrong(self, names: Sequence[str]) -> None:
        self.sound()
        self.broken += 1
        self.named += [name for name in names if name not in self.named][: NAMED - len(self.named)]

    def finding(self, problem: str) -> Finding:
        problem = problem if self.broken else ""
        return Finding(self.part, self.checked, self.broken, problem, tuple(self.named))


def check_database(
    session: Session,
    options: CheckOptions,
    on_progress: OnProgress = lambda part, done, total: None,
) -> Iterator[Finding]:
    """Look at everything, part by part; changes nothing and holds few rows at a time."""
    parts: dict[Part, Callable[[], Finding]] = {
        Part.STRUCTURE: lambda: _structure(session),
        Part.REFERENCES: lambda: _references(session, on_progress),
        Part.TRANSCRIPTS: lambda: _transcripts(session, on_progress),
        Part.SCORECARDS: lambda: _scorecards(session, on_progress),
        Part.HEARINGS: lambda: _hearings(session, on_progress),
        Part.LISTS: lambda: _lists(session, options, on_progress),
        Part.AUDIT_LOG: lambda: _audit_log(session, on_progress),
        Part.RECORDINGS: lambda: _recordings(session, on_progress),
    }
    for part, look in parts.items():
        if part is Part.RECORDINGS and not options.files:
            continue
        on_progress(part, 0, 0)
        try:
            yield look()
        except SQLAlchemyError as error:  # a damaged page, for example: the other parts go on
            session.rollback()
            cause = type(getattr(error, "orig", None) or error).__name__
            yield Finding(part, 0, 1, f"the database cannot read it ({cause})")


def _structure(session: Session) -> Finding:
    if session.get_bind().dialect.name == "sqlite":
        said = [str(row[0]) for row in session.execute(text("PRAGMA integrity_check(20)"))]
        wrong = [] if said == ["ok"] else said
        return _said(Part.STRUCTURE, 1, wrong, "pages or indexes are damaged")
    invalid = session.scalars(
        text(
            "SELECT conname FROM pg_constraint WHERE NOT convalidated "
            "AND connamespace = current_schema()::regnamespace UNION ALL "
            "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class c ON c.oid = indrelid "
            "WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace"
        )
    ).all()
    return _said(Part.STRUCTURE, 1, invalid, "constraints or indexes are not validated")


def _references(session: Session, on_progress: OnProgress) -> Finding:
    """Look for rows that refer to nothing."""
    keys = [(table, key) for table in all_tables() for key in sorted(table.foreign_keys, key=str)]
    wrong = []
    for done, (table, key) in enumerate(keys):
        on_progress(Part.REFERENCES, done, len(keys))
        there = key.column.table.alias()
        found = select(there.c[key.column.name]).where(there.c[key.column.name] == key.parent)
        orphans = select(func.count()).select_from(table)
        orphans = orphans.where(key.parent.is_not(None), ~found.exists())
        if count := session.scalar(orphans):
            wrong.append(f"{table.name}.{key.parent.name} ({count})")
    return _said(Part.REFERENCES, len(keys), wrong, "rows refer to what is not there")


def _said(part: Part, checked: int, wrong: Sequence[str], problem: str) -> Finding:
    return Finding(part, checked, len(wrong), problem if wrong else "", tuple(wrong[:NAMED]))


def _transcripts(session: Session, on_progress: OnProgress) -> Finding:
    wanted = select(TranscriptRow.recording_id, TranscriptRow.blob)
    tally = _Tally(Part.TRANSCRIPTS, _count(session, TranscriptRow), on_progress)
    for recording_id, blob in _stream(session, wanted.order_by(TranscriptRow.transcript_key)):
        if _is_readable(Transcript, blob):
            tally.sound()
        else:
            tally.wrong(_calls_of(session, CallRow.recording_id == recording_id))
    return tally.finding("words that were heard cannot be read any more")


def _scorecards(session: Session, on_progress: OnProgress) -> Finding:
    wanted = select(ScorecardRow.call_id, ScorecardRow.blob)
    tally = _Tally(Part.SCORECARDS, _count(session, ScorecardRow), on_progress)
    for call_id, blob in _stream(session, wanted.order_by(ScorecardRow.scorecard_id)):
        if _is_readable(Scorecard, blob):
            tally.sound()
        else:
            tally.wrong([call_id])
    return tally.finding("scorecards cannot be read any more")


def _hearings(session: Session, on_progress: OnProgress) -> Finding:
    wanted = select(HearingsRow.transcript_key, HearingsRow.blob)
    tally = _Tally(Part.HEARINGS, _count(session, HearingsRow), on_progress)
    for key, blob in _stream(session, wanted.order_by(HearingsRow.hearings_id)):
        if _is_readable(Answers, blob):
            tally.sound()
        else:
            heard = select(TranscriptRow.recording_id).where(TranscriptRow.transcript_key == key)
            tally.wrong(_calls_of(session, CallRow.recording_id.in_(heard)))
    return tally.finding("answers of the sound cannot be read any more")


def _lists(session: Session, options: CheckOptions, on_progress: OnProgress) -> Finding:
    """Compare the rows that lists show with what they are made from."""
    scored = select(ScorecardRow.call_id).join(CallRow, CallRow.call_id == ScorecardRow.call_id)
    scored = scored.where(ScorecardRow.is_current.is_(True), CallRow.replaced_by.is_(None))
    listed = select(CallStatusRow.call_id)
    total = _count(session, CallStatusRow)
    step = max(1, total // options.sample) if options.sample else 1
    tally = _Tally(Part.LISTS, -(-total // step), on_progress)
    for astray in (scored.except_(listed), listed.except_(scored)):
        for row in session.execute(astray):
            tally.wrong([row[0]])
    ids = session.scalars(
        listed.order_by(CallStatusRow.call_id), execution_options={"yield_per": CHUNK}
    )
    chosen = islice(ids, 0, None, step)
    while some := list(islice(chosen, _BATCH)):
        _compare(session, some, options.now, tally)
    return tally.finding("what lists show is not what scorecards and decisions say")


def _compare(session: Session, call_ids: Sequence[str], now: datetime, tally: _Tally) -> None:
    rows = session.execute(
        select(CallStatusRow.__table__).where(CallStatusRow.call_id.in_(call_ids))
    )
    for row in rows.all():
        stored = dict(row._mapping)
        call_id = stored["call_id"]
        is_over = stored["state"] == ReviewState.RELEASED and stored["appeal_until"] <= now
        if is_over:  # a page closes passed windows when it is opened
            stored |= {"state": ReviewState.FINAL.value, "basis": Basis.FINAL.value}
        try:
            computed = compute_status(session, [call_id], now).get(call_id)
        except StoreError:
            tally.sound()  # the scorecard is damaged, which its own part says
            continue
        if computed == stored:
            tally.sound()
        else:
            tally.wrong([call_id])


def _audit_log(session: Session, on_progress: OnProgress) -> Finding:
    total = log_length(session)
    found = verify_chain(session, on_progress=lambda rows: on_progress(Part.AUDIT_LOG, rows, total))
    if found.broken is None:
        return Finding(Part.AUDIT_LOG, found.entries)
    problem = f"row {found.broken} is broken: {found.problem}"
    return Finding(Part.AUDIT_LOG, found.entries, 1, problem)


def _recordings(session: Session, on_progress: OnProgress) -> Finding:
    has_file = (CallRow.path.is_not(None), CallRow.replaced_by.is_(None))
    wanted = select(CallRow.call_id, CallRow.path, FileRow.size_bytes)
    wanted = wanted.outerjoin(FileRow, FileRow.path == CallRow.path).where(*has_file)
    total = session.scalar(select(func.count()).select_from(CallRow).where(*has_file)) or 0
    tally = _Tally(Part.RECORDINGS, total, on_progress)
    for call_id, path, size_bytes in _stream(session, wanted.order_by(CallRow.call_id)):
        if is_object(path) or _is_there(Path(path), size_bytes):
            tally.sound()
        else:
            tally.wrong([call_id])
    return tally.finding("files of recordings are missing, or of another size than they were")


def _is_there(path: Path, size_bytes: int | None) -> bool:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return False
    return size_bytes is None or found.st_size == size_bytes


def _is_readable(type_: type[Any], blob: bytes) -> bool:
    try:
        decode(type_, blob)
    except StoreError:
        return False
    return True


def _stream(session: Session, wanted: Executable) -> Iterator[Any]:
    yield from session.execute(wanted, execution_options={"yield_per": _BATCH})


def _count(session: Session, table: type[Any]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def _calls_of(session: Session, condition: ColumnElement[bool]) -> Sequence[str]:
    """Name the calls of a recording, or say that there is none."""
    found = session.scalars(select(CallRow.call_id).where(condition).limit(NAMED)).all()
    return found or ("(no call)",)
