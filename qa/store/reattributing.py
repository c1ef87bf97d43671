"""What changes whose call it is after calls were taken in: a roster that comes late, a decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.ingest.rows import RosterEntry
from qa.store.attributing import attribute_rows, started_between
from qa.store.audit import Detail, audit
from qa.store.call_status import calls_changed
from qa.store.convert import chunks, row_values
from qa.store.intake import refresh_contexts
from qa.store.tables import CallRow
from qa.store.tables_ingest import AgentRulingRow, RosterRow
from qa.store.upsert import upsert


def put_roster(
    session: Session, origin: str, entries: Sequence[RosterEntry], zone: ZoneInfo, now: datetime
) -> None:
    """Replace the roster of one source, and say anew whose the calls of changed shifts are."""
    wanted = {(e.seat, e.agent_id, e.starts_at, e.ends_at) for e in entries}
    rows = session.scalars(select(RosterRow).where(RosterRow.origin == origin)).all()
    known = {(row.seat, row.agent_id, row.starts_at, row.ends_at) for row in rows}
    changed = wanted ^ known
    if not changed:
        return
    session.execute(delete(RosterRow).where(RosterRow.origin == origin))
    names = ("seat", "agent_id", "starts_at", "ends_at")
    fresh = [{"origin": origin, **dict(zip(names, entry, strict=True))} for entry in wanted]
    for some in chunks(sorted(fresh, key=lambda row: (row["seat"], row["starts_at"]))):
        upsert(session, RosterRow, some, update=("ends_at",))
    first, last = min(entry[2] for entry in changed), max(entry[3] for entry in changed)
    renew_attribution(session, started_between(session, first, last), zone, now)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A person's decision whose call it is.

    Attributes:
        agent_id: whose it is; None takes an earlier decision back.
        by: who decides.
        at: when, aware.
        note: why; no customer's data.
    """

    agent_id: str | None
    by: str
    at: datetime
    note: str | None = None


def settle_agent(session: Session, call_id: str, ruling: Ruling, zone: ZoneInfo) -> None:
    """Keep a decision; the call waits to be judged again where that changes whose it is.

    The audit log names who decided, as the command line was told.

    Raises:
        NotFoundError: there is no such call.
    """
    row = session.get(CallRow, call_id)
    if row is None or row.replaced_by:
        raise NotFoundError("call", call_id)
    session.add(
        AgentRulingRow(
            call_id=call_id,
            agent_id=ruling.agent_id,
            ruled_by=ruling.by,
            ruled_at=ruling.at,
            note=ruling.note,
        )
    )
    session.flush()
    renew_attribution(session, [call_id], zone, ruling.at)
    details: dict[str, Detail] = {"agent_id": ruling.agent_id, "by": ruling.by}
    audit(session, None, "call.attribute", "call", call_id, details)


def renew_attribution(
    session: Session, call_ids: Sequence[str], zone: ZoneInfo, now: datetime
) -> int:
    """Say anew whose some calls are; return how many changed."""
    count = 0
    for ids in chunks(call_ids):
        found = session.scalars(select(CallRow).where(CallRow.call_id.in_(ids))).all()
        rows = {row.call_id: row_values(row) for row in found}
        before = {i: (row["agent_id"], row["agent_state"]) for i, row in rows.items()}
        attribute_rows(session, rows.values(), whole=True)
        changed = [i for i, r in rows.items() if (r["agent_id"], r["agent_state"]) != before[i]]
        columns = ("agent_id", "agent_state")
        for row in found:
            if row.call_id in changed:
                for name in columns:
                    setattr(row, name, rows[row.call_id][name])
        session.flush()
        refresh_contexts(session, changed, zone)
        calls_changed(session, changed, now)
        count += len(changed)
    return count
