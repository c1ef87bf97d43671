"""Where the sound is still to be asked: calls, their recordings, and the files that hold them."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from qa.ingest.objects import is_object
from qa.store.convert import chunks
from qa.store.tables import CallRow, FileRow, ScorecardRow


def calls_with_open_questions(session: Session) -> list[str]:
    """List calls whose published scorecard still asks something of the sound."""
    wanted = (
        select(ScorecardRow.call_id)
        .join(CallRow, CallRow.call_id == ScorecardRow.call_id)
        .where(
            ScorecardRow.is_current.is_(True),
            ScorecardRow.open_questions > 0,
            CallRow.replaced_by.is_(None),
        )
        .order_by(ScorecardRow.call_id)
    )
    return list(session.scalars(wanted))


def count_open_questions(session: Session) -> tuple[int, int]:
    """Count the calls and the questions that published scorecards still ask of the sound."""
    counted = (
        select(func.count(), func.coalesce(func.sum(ScorecardRow.open_questions), 0))
        .join(CallRow, CallRow.call_id == ScorecardRow.call_id)
        .where(
            ScorecardRow.is_current.is_(True),
            ScorecardRow.open_questions > 0,
            CallRow.replaced_by.is_(None),
        )
    )
    calls, questions = session.execute(counted).one()
    return calls, int(questions)


def paths_of(session: Session, recording_ids: Sequence[str]) -> dict[str, str]:
    """Find a file of each recording that is there now; recordings without one are left out."""
    paths: dict[str, list[str]] = defaultdict(list)
    for some in chunks(recording_ids):
        rows = session.execute(
            select(FileRow.recording_id, FileRow.path)
            .where(FileRow.recording_id.in_(some))
            .order_by(FileRow.path)
        )
        for recording_id, path in rows:
            paths[recording_id].append(path)
    there = {key: next((p for p in own if _may_be_there(p)), None) for key, own in paths.items()}
    return {key: path for key, path in there.items() if path is not None}


def _may_be_there(path: str) -> bool:
    """Whether a file is worth asking for; of an object its reader finds out."""
    return is_object(path) or Path(path).is_file()
