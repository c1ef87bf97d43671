"""Claims on recordings: whoever works on one holds it for a while, and renews that while it works.

A claim is no result and no queue: what is to be done stands in the tables of results. It keeps two
runs off the same recording where the run lock cannot (a connection to PostgreSQL that broke while
its run lived on), and tells the slower one that it has been replaced.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from qa.store.convert import chunks
from qa.store.tables import TranscriptRow
from qa.store.tables_work import ClaimRow
from qa.store.upsert import insert_into


@dataclass(frozen=True, slots=True)
class Holder:
    """Who claims: a name that no other run has, and how long a claim lasts, seconds."""

    name: str
    lease_s: float

    def until(self, now: datetime) -> datetime:
        """When a claim of this moment ends."""
        return now + timedelta(seconds=self.lease_s)


def claim(
    session: Session, holder: Holder, recording_ids: Sequence[str], engine: str, now: datetime
) -> list[str]:
    """Claim recordings that nobody holds, and that nobody has transcribed meanwhile.

    A claim that has expired is nobody's; one's own is renewed.

    Args:
        engine: fingerprint of what would transcribe them.

    Returns:
        Those that were claimed, in the order given.
    """
    got: set[str] = set()
    for ids in chunks(recording_ids):
        heard = select(TranscriptRow.recording_id).where(
            TranscriptRow.recording_id.in_(ids), TranscriptRow.engine == engine
        )
        done = set(session.scalars(heard))
        rows = [
            {"recording_id": key, "holder": holder.name, "expires_at": holder.until(now)}
            for key in sorted(set(ids) - done)  # in one order, so that two cannot deadlock
        ]
        if not rows:
            continue
        insert = insert_into(session, ClaimRow).values(rows)
        free = (ClaimRow.expires_at <= now) | (ClaimRow.holder == holder.name)
        changed = {name: insert.excluded[name] for name in ("holder", "expires_at")}
        taken = insert.on_conflict_do_update(
            index_elements=["recording_id"], set_=changed, where=free
        ).returning(ClaimRow.recording_id)
        got.update(session.scalars(taken))
    return [key for key in recording_ids if key in got]


def renew(session: Session, holder: Holder, now: datetime) -> int:
    """Prolong all claims of a holder, also those that have expired and that nobody has taken.

    Returns:
        How many it still holds.
    """
    mine = ClaimRow.holder == holder.name
    session.execute(update(ClaimRow).where(mine).values(expires_at=holder.until(now)))
    return session.scalar(select(func.count()).select_from(ClaimRow).where(mine)) or 0


def release(session: Session, holder: Holder, recording_ids: Sequence[str] | None = None) -> None:
    """Give claims up.

    Args:
        recording_ids: None gives up all of the holder's.
    """
    mine = ClaimRow.holder == holder.name
    if recording_ids is None:
        session.execute(delete(ClaimRow).where(mine))
        return
    for ids in chunks(recording_ids):
        session.execute(delete(ClaimRow).where(mine, ClaimRow.recording_id.in_(ids)))


def drop_all(session: Session) -> None:
    """Give up the claims of runs that are no more; for whoever holds the run lock.

    Nothing waits for the lease of a run that was killed; a run that lives on without its lock finds
    its claims gone and stops.
    """
    session.execute(delete(ClaimRow))
