"""Erasing what an approved deletion covers: what was said in it; the tombstone that stays."""

import json
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from qa.codec import decode, encode
from qa.errors import RecordingFault
from qa.records import Scope
from qa.store.audit import Detail, audit
from qa.store.deletions import (
    TO_DO,
    Block,
    Deletion,
    DeletionState,
    add_step,
    blocks_of,
    find_deletion,
    list_deletions,
)
from qa.store.queries_queue import KnownFile
from qa.store.retrying import due_now
from qa.store.tables import (
    CallRow,
    FileRow,
    HearingsRow,
    RecordingRow,
    ScorecardRow,
    TranscriptRow,
)
from qa.store.tables_archive import ArchiveCheckRow, ArchivedRow, TombstoneRow
from qa.store.tables_personal import PersonalRow
from qa.types import Match, Scorecard, Transcript, Verdict

ALL = Scope(everything=True)


def deletions_to_do(session: Session, now: datetime | None = None) -> list[Deletion]:
    """List what was approved and is not done, the oldest first.

    Args:
        now: what failed a short while before is left out; None lists it, too.
    """
    found = list_deletions(session, ALL, states=TO_DO, limit=10_000)[::-1]
    return found if now is None else due_now(session, found, now)


def begin_erasing(session: Session, deletion_id: int, now: datetime) -> tuple[Block, ...]:
    """Write the tombstone and erase what was said; from here on the recording is gone for all.

    Begun already, nothing changes. All in one transaction: killed before its end, nothing is gone.

    Returns:
        What still needs the recording; then nothing was erased, and the deletion is refused.
    """
    deletion = find_deletion(session, ALL, deletion_id)
    if session.get(TombstoneRow, deletion.recording_id) is not None:
        return ()
    blocks = blocks_of(session, deletion.recording_id)
    if blocks:
        refuse(session, deletion_id, ", ".join(blocks), now)
        return blocks
    recording = session.get_one(RecordingRow, deletion.recording_id)
    calls = session.scalars(
        select(CallRow.call_id)
        .where(CallRow.recording_id == deletion.recording_id)
        .order_by(CallRow.call_id)
    ).all()
    session.add(
        TombstoneRow(
            recording_id=deletion.recording_id,
            deletion_id=deletion_id,
            deleted_at=now,
            size_bytes=recording.size_bytes,
            duration_ms=recording.duration_ms,
            calls=json.dumps(list(calls)),
            reason=deletion.reason,
            requested_by=deletion.requested_by,
            approved_by=deletion.decided_by or deletion.requested_by,
        )
    )
    recording.fault, recording.fault_engine = RecordingFault.DELETED.value, None
    recording.advice, recording.failed_at = "deleted by an approved request.", now
    _erase_words(session, deletion.recording_id)
    add_step(session, deletion_id, DeletionState.ERASING, None, now=now)
    details = {"recording": deletion.recording_id, "kind": deletion.kind.value}
    audit(session, None, "archive.erase", "deletion", str(deletion_id), details)
    return ()


def refuse(session: Session, deletion_id: int, why: str, now: datetime) -> None:
    """Write down that the program does not do what was approved."""
    add_step(session, deletion_id, DeletionState.REFUSED, None, now=now, note=why)
    audit(session, None, "archive.refuse_deletion", "deletion", str(deletion_id), {"why": why})


def fail(session: Session, deletion_id: int, why: str, now: datetime) -> None:
    """Write down that a file could not be removed; each time, for later tries wait for longer."""
    add_step(session, deletion_id, DeletionState.FAILED, None, now=now, note=why)


def end_erasing(session: Session, deletion_id: int, files: int, now: datetime) -> None:
    """Write down that no file is left."""
    deletion = find_deletion(session, ALL, deletion_id)
    session.execute(delete(FileRow).where(FileRow.recording_id == deletion.recording_id))
    session.execute(delete(ArchivedRow).where(ArchivedRow.recording_id == deletion.recording_id))
    session.execute(
        delete(ArchiveCheckRow).where(ArchiveCheckRow.recording_id == deletion.recording_id)
    )
    add_step(session, deletion_id, DeletionState.DONE, None, now=now, note=f"{files} files")
    details: dict[str, Detail] = {"recording": deletion.recording_id, "files": files}
    audit(session, None, "archive.delete", "deletion", str(deletion_id), details)


def files_of(session: Session, recording_id: str) -> list[KnownFile]:
    """List the files that ever held a recording, as they are known."""
    rows = session.scalars(select(FileRow).where(FileRow.recording_id == recording_id))
    return [KnownFile(row.path, row.size_bytes, row.mtime_ns) for row in rows]


def copy_of(session: Session, recording_id: str) -> str | None:
    """Name the archive's copy of a recording below the archive's folder; None where none is."""
    row = session.get(ArchivedRow, recording_id)
    return row.name if row else None


def is_deleted(session: Session, recording_id: str) -> bool:
    """Whether a recording was deleted by request."""
    return session.get(TombstoneRow, recording_id) is not None


def _erase_words(session: Session, recording_id: str) -> None:
    """Empty transcripts, hearings and quotes; scores, points and decisions stay."""
    keys = []
    for row in session.scalars(
        select(TranscriptRow).where(TranscriptRow.recording_id == recording_id)
    ):
        heard = decode(Transcript, row.blob)
        row.blob = encode(replace(heard, utterances=(), hearings=(), speech=()))
        row.is_current = False  # nothing is judged anew from it
        keys.append(row.transcript_key)
    session.flush()  # from here on whoever keeps what is personal sees that the words are gone
    session.execute(delete(PersonalRow).where(PersonalRow.transcript_key.in_(keys)))
    session.execute(delete(HearingsRow).where(HearingsRow.transcript_key.in_(keys)))
    cards = session.scalars(select(ScorecardRow).where(ScorecardRow.transcript_key.in_(keys)))
    for card in cards:
        lines = decode(Scorecard, card.blob)
        kept = tuple(replace(line, verdict=_wordless(line.verdict)) for line in lines.lines)
        card.blob = encode(replace(lines, lines=kept))
        card.open_questions = 0
    session.execute(
        update(TranscriptRow).where(TranscriptRow.transcript_key.in_(keys)).values(hearings="")
    )


def _wordless(verdict: Verdict) -> Verdict:
    """Keep what was found and when; drop every word of it."""
    return replace(
        verdict,
        details=tuple((name, _code(value)) for name, value in verdict.details),
        matches=tuple(_silent(match) for match in verdict.matches),
        nearest=verdict.nearest and _silent(verdict.nearest),
        slots=tuple(
            replace(
                slot,
                match=slot.match and _silent(slot.match),
                nearest=slot.nearest and _silent(slot.nearest),
            )
            for slot in verdict.slots
        ),
        questions=(),
        promises=tuple(
            replace(promise, match=_silent(promise.match)) for promise in verdict.promises
        ),
    )


def _code(value: str) -> str:
    """Keep codes and counts, which hold no words."""
    return value if value.isascii() and sum(c.isdigit() for c in value) < 5 else "…"


def _silent(match: Match) -> Match:
    return replace(match, quote="", expected="")
