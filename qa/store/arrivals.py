"""What a sender may bring in and name: nothing that is taken, nothing of what others have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import and_, not_, or_, select
from sqlalchemy.orm import Session

from qa.errors import ConflictError
from qa.records import Scope
from qa.store.convert import load_tickets, row_values
from qa.store.scope import agent_in_scope
from qa.store.tables import CallRow
from qa.types import Ticket


class NotYoursError(ConflictError):
    """The recording, the call id or the ticket belongs to what the sender may not see.

    Which of them is never said: it would tell what other teams have.
    """


class CallTakenError(ConflictError):
    """The call id belongs to a call that this recording cannot be."""


class TicketDiffersError(ConflictError):
    """The ticket is known with other contents; an upload never changes one."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A recording that lies in its place, and what its sender says of it.

    Attributes:
        upload_id: also the file's name, without its ending.
        path: absolute.
        recording_id: SHA-256 of its bytes.
        values: columns of the call, by field name of `qa.types.Call`, `call_id` not among them.
    """

    upload_id: str
    path: Path
    recording_id: str
    size_bytes: int
    call_id: str
    values: Mapping[str, Any] = field(default_factory=dict)
    ticket: Ticket | None = None


def known_call(session: Session, recording_id: str, scope: Scope) -> str | None:
    """Find the call that has this recording already; None where there is none.

    Raises:
        NotYoursError: it lies outside the scope.
    """
    has = and_(CallRow.recording_id == recording_id, CallRow.replaced_by.is_(None))
    visible = select(CallRow.call_id).where(has, agent_in_scope(scope, CallRow.agent_id))
    call_id = session.scalar(visible.order_by(CallRow.call_id).limit(1))
    if call_id is None and session.scalar(select(CallRow.call_id).where(has).limit(1)):
        raise _not_yours()
    return call_id


def require_free(session: Session, arrival: Arrival, scope: Scope) -> None:
    """Let a call without a recording take this one, if nothing said of it is contradicted.

    Raises:
        CallTakenError: the call id has another recording or other values.
        NotYoursError: it belongs to a call outside the scope.
    """
    row = session.get(CallRow, arrival.call_id)
    if row is None:
        return
    visible = select(CallRow.call_id).where(
        CallRow.call_id == arrival.call_id, agent_in_scope(scope, CallRow.agent_id)
    )
    if session.scalar(visible) is None:
        raise _not_yours()
    if row.recording_id is not None or row.replaced_by:
        raise CallTakenError("another recording has this call id")
    known = row_values(row)
    differing = [k for k, v in arrival.values.items() if known[k] is not None and known[k] != v]
    if differing:
        raise CallTakenError(
            f"the call is known with another {', '.join(sorted(differing))}; leave that out"
        )


def require_ticket(session: Session, arrival: Arrival, scope: Scope) -> None:
    """Let a ticket be named that no call has, or one of the sender's calls.

    Contents change every call that names the ticket, so none of them may be somebody else's.

    Raises:
        NotYoursError: it belongs to calls outside the scope.
    """
    ticket_id = arrival.values.get("ticket_id")
    if ticket_id is None or scope.everything:
        return
    named = CallRow.ticket_id == ticket_id
    visible = agent_in_scope(scope, CallRow.agent_id)
    hidden = or_(CallRow.agent_id.is_(None), not_(visible))
    if session.scalar(select(CallRow.call_id).where(named, hidden).limit(1)) is None:
        return
    own = session.scalar(select(CallRow.call_id).where(named, visible).limit(1))
    if own is None or _is_new(session, arrival.ticket):
        raise _not_yours()


def _is_new(session: Session, ticket: Ticket | None) -> bool:
    return ticket is not None and not load_tickets(session, [ticket.ticket_id])


def _not_yours() -> NotYoursError:
    return NotYoursError("the recording, its call id or its ticket is not yours to use")
