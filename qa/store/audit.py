"""The audit log: what happened, who did it, in a chain that shows every later change.

Each row's hash covers the row and the hash before it; the one row of `audit_head` keeps the length
and the last hash. Who writes locks that row first, so that processes writing at once make one chain
(decision record 21). Reading and verifying stand in `audit_reading.py`.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from qa.errors import StoreError
from qa.records import User
from qa.store.tables_people import AuditHeadRow, AuditRow

HEAD_ID = 1
FIRST_HASH = "0" * 64
MAX_DETAIL_CHARS = 500
_ACTION = re.compile(r"[a-z_]+(\.[a-z_]+)*")
Detail = str | int | bool | None


def audit(
    session: Session,
    actor: User | None,
    action: str,
    subject_kind: str | None = None,
    subject: str | None = None,
    details: Mapping[str, Detail] | None = None,
) -> int:
    """Write down that something happened, in the transaction that does it.

    Call it last in the transaction: it holds the log against other writers until the commit.

    Args:
        session: a writing one; what is rolled back leaves no row.
        actor: who did it; None for the program itself or a person unknown.
        action: dotted lower case, `review.decide`.
        subject_kind, subject: what it was done to, `call` and its id.
        details: no words of a conversation, no phone numbers, no customers' names.

    Returns:
        The row's number, from 1 without gaps.

    Raises:
        StoreError: the session only reads, so the row would be lost.
        ValueError: an action or a detail of a form that the log does not take.
    """
    _check(session, action, details or {})
    head = session.execute(
        select(AuditHeadRow.entries, AuditHeadRow.entry_hash)
        .where(AuditHeadRow.head_id == HEAD_ID)
        .with_for_update()
    ).one()
    row = {
        "entry_id": head.entries + 1,
        "happened_at": datetime.now(UTC),  # under the lock, so that the log's times follow its rows
        "actor": actor.user_id if actor else None,
        "actor_login": actor.login if actor else None,
        "action": action,
        "subject_kind": subject_kind,
        "subject": subject,
        "details": _json(dict(details or {})),
        "previous_hash": head.entry_hash,
    }
    row["entry_hash"] = entry_hash(row)
    session.execute(insert(AuditRow).values(row))
    session.execute(
        update(AuditHeadRow)
        .where(AuditHeadRow.head_id == HEAD_ID)
        .values(entries=row["entry_id"], entry_hash=row["entry_hash"])
    )
    return int(head.entries) + 1


def entry_hash(row: Mapping[str, object]) -> str:
    """Compute the hash of a row over all its other columns, as 64 hexadecimal digits."""
    happened_at = row["happened_at"]
    if not isinstance(happened_at, datetime):
        raise ValueError("a row of the audit log has a time")
    covered = [
        row["entry_id"],
        happened_at.astimezone(UTC).isoformat(timespec="microseconds"),
        *(row[name] for name in ("actor", "actor_login", "action", "subject_kind", "subject")),
        row["details"],
        row["previous_hash"],
    ]
    return hashlib.sha256(_json(covered).encode()).hexdigest()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _check(session: Session, action: str, details: Mapping[str, Detail]) -> None:
    if not session.get_bind().get_execution_options().get("qa_immediate"):
        raise StoreError(f"'{action}' cannot be written to the audit log while only reading")
    if not _ACTION.fullmatch(action):
        raise ValueError(f"an action is dotted lower case, not {action!r}")
    for name, value in details.items():
        if not isinstance(value, str | int | bool | None):
            raise ValueError(f"detail {name} of {action} is a {type(value).__name__}")
        if isinstance(value, str) and len(value) > MAX_DETAIL_CHARS:
            raise ValueError(f"detail {name} of {action} is longer than {MAX_DETAIL_CHARS}")
