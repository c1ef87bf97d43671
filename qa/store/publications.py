"""Which ruleset is in force for an id: a history that only grows, and whose last step counts."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from qa.errors import ConflictError, NotFoundError
from qa.records import User
from qa.store.audit import Detail, audit
from qa.store.tables import PublicationRow

PUBLISH = "publish"
ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Publication:
    """One step of the history.

    Attributes:
        number: counts all publications of this database.
        action: `publish` or `rollback`.
        version, ruleset_hash: as the ruleset had them when it was published, with the values of
            that time; None where the bundled ruleset is in force again.
        text: the YAML; None for the bundled ruleset.
        previous: the step that a rollback returns to; None for the bundled ruleset.
        standing: what the gate said of it (`qa.review.gate.Standing`); None where it was not asked.
        override: why it was published although the gate stopped it; None where it did not.
    """

    number: int
    ruleset_id: str
    action: str
    version: int | None
    ruleset_hash: str | None
    published_at: datetime
    published_by: str
    note: str | None
    previous: int | None
    text: str | None
    standing: str | None = None
    override: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A ruleset that is to be published, checked by whoever hands it in.

    Attributes:
        gate: JSON of what it could show (`qa.review.gate`), with its `standing`; None where it was
            not asked.
    """

    ruleset_id: str
    version: int
    ruleset_hash: str
    text: str
    gate: str | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """Who publishes or takes back, when, and why; `user` where it is somebody with an account.

    Attributes:
        override: why it is to be published even if the gate stops it.
    """

    by: str
    at: datetime
    note: str | None = None
    user: User | None = None
    override: str | None = None


def publish_ruleset(session: Session, draft: Draft, signature: Signature) -> Publication:
    """Put a ruleset in force for its id.

    Raises:
        ConflictError: exactly this one is in force already.
    """
    before = in_force(session, draft.ruleset_id)
    if before is not None and (before.ruleset_hash, before.text) == (
        draft.ruleset_hash,
        draft.text,
    ):
        raise ConflictError("exactly this ruleset is in force already")
    row = _row(draft.ruleset_id, PUBLISH, signature, before.number if before else None)
    row.version, row.ruleset_hash, row.text = draft.version, draft.ruleset_hash, draft.text
    row.gate = draft.gate
    row.override = signature.override[:1000] if signature.override else None
    return _added(session, row, "ruleset.publish", signature)


def roll_back(
    session: Session, ruleset_id: str, signature: Signature, *, to: int | None = None
) -> Publication:
    """Put in force what was in force before, or an earlier publication.

    Args:
        to: number of a publication of this id; None takes back the last step that still counts.

    Raises:
        ConflictError: nothing is published for this id, so that there is nothing to take back.
        NotFoundError: the id has no publication of that number.
    """
    current = in_force(session, ruleset_id)
    if to is None and (current is None or current.text is None):
        raise ConflictError(f"no ruleset is published for '{ruleset_id}'; nothing to take back")
    target = to if to is not None else current.previous if current else None
    row = _row(ruleset_id, ROLLBACK, signature, None)
    if target is not None:
        wanted = session.get(PublicationRow, target)
        if wanted is None or wanted.ruleset_id != ruleset_id:
            raise NotFoundError("publication", f"{ruleset_id} {target}")
        row.version, row.ruleset_hash, row.text = wanted.version, wanted.ruleset_hash, wanted.text
        row.previous, row.gate = wanted.previous, wanted.gate
    return _added(session, row, "ruleset.roll_back", signature)


def in_force(session: Session, ruleset_id: str) -> Publication | None:
    """Find the step that counts for an id; None where nothing was ever published."""
    row = session.scalar(
        select(PublicationRow)
        .where(PublicationRow.ruleset_id == ruleset_id)
        .order_by(PublicationRow.publication_id.desc())
        .limit(1)
    )
    return _publication(row) if row else None


def published_texts(session: Session) -> dict[str, tuple[int, str]]:
    """Load what is published now: number and YAML by ruleset id."""
    last = select(func.max(PublicationRow.publication_id)).group_by(PublicationRow.ruleset_id)
    rows = session.scalars(select(PublicationRow).where(PublicationRow.publication_id.in_(last)))
    return {row.ruleset_id: (row.publication_id, row.text) for row in rows if row.text is not None}


def last_step(session: Session) -> tuple[object, ...]:
    """Tell the history as it is now from any other, without reading texts.

    Steps are only ever added, so that while this is the same, so is what is published. They are
    counted because two at once may become visible in the other order than they are numbered.
    """
    return tuple(session.execute(_last_step()).one())


@cache
def _last_step() -> Select[*tuple[Any, ...]]:
    steps = PublicationRow.__table__.c
    return select(func.count(), func.max(steps.publication_id), func.max(steps.published_at))


def history(session: Session, ruleset_id: str | None = None) -> list[Publication]:
    """List all steps, the last one first; of one id, or of all."""
    statement = select(PublicationRow).order_by(PublicationRow.publication_id.desc())
    if ruleset_id is not None:
        statement = statement.where(PublicationRow.ruleset_id == ruleset_id)
    return [_publication(row) for row in session.scalars(statement)]


def _row(
    ruleset_id: str, action: str, signature: Signature, previous: int | None
) -> PublicationRow:
    return PublicationRow(
        ruleset_id=ruleset_id,
        action=action,
        published_at=signature.at,
        published_by=signature.by[:200],
        note=signature.note[:1000] if signature.note else None,
        previous=previous,
    )


def _added(session: Session, row: PublicationRow, action: str, signature: Signature) -> Publication:
    """Add a step to the history, and to the audit log."""
    session.add(row)
    session.flush()
    details: dict[str, Detail] = {
        "publication": row.publication_id,
        "version": row.version,
        "hash": row.ruleset_hash,
        "by": row.published_by,
    }
    if row.gate is not None:
        details["standing"] = _standing(row)
    if row.override is not None:
        details["override"] = row.override[:500]
    audit(session, signature.user, action, "ruleset", row.ruleset_id, details)
    return _publication(row)


def _standing(row: PublicationRow) -> str | None:
    """Read what the gate said."""
    standing = json.loads(row.gate).get("standing") if row.gate else None
    return str(standing) if standing else None


def _publication(row: PublicationRow) -> Publication:
    return Publication(
        number=row.publication_id,
        ruleset_id=row.ruleset_id,
        action=row.action,
        version=row.version,
        ruleset_hash=row.ruleset_hash,
        published_at=row.published_at,
        published_by=row.published_by,
        note=row.note,
        previous=row.previous,
        text=row.text,
        standing=_standing(row),
        override=row.override,
    )
