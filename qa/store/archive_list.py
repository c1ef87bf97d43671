"""The archive's recordings, call by call: pages by cursor, found by day, agent and state.

The list goes along the index of calls by time, the newest first, and then lists calls of unknown
time. Where few recordings are in the state that is asked for, they are found by it and sorted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from qa.records import Scope
from qa.store.archive import BAD, Kept
from qa.store.scope import agent_in_scope
from qa.store.tables import AgentRow, CallRow, RecordingRow
from qa.store.tables_archive import ArchiveCheckRow, ArchivedRow, TombstoneRow

_FEW = 5_000
_START = datetime(1, 1, 1, tzinfo=UTC)


class Found(StrEnum):
    """What a recording is asked for by: how it was found when last read, or that it is gone."""

    OK = Kept.OK.value
    MISSING = Kept.MISSING.value
    CHANGED = Kept.CHANGED.value
    """Its bytes no longer have the hash that it is known by."""
    DAMAGED = Kept.DAMAGED.value
    LOCKED = Kept.LOCKED.value
    BAD = "bad"
    """Any of the four before this."""
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class ArchiveFilter:
    """Which recordings: all that fit everything given.

    Attributes:
        since, until: the call started at or after, and before; one of unknown time fits neither.
    """

    state: Found | None = None
    agent_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ArchivePlace:
    """The place of a call in the list; `started_at` is None for one of unknown time."""

    started_at: datetime | None
    call_id: str

    def text(self) -> str:
        """Write it for an address."""
        if self.started_at is None:
            return f"~{self.call_id}"
        return f"{(self.started_at - _START) // timedelta(microseconds=1)}~{self.call_id}"

    @classmethod
    def parse(cls, text: str) -> "ArchivePlace":
        """Read what `text` wrote.

        Raises:
            ValueError: it is no such text.
        """
        micros, call_id = text.split("~", 1)
        if not micros:
            return cls(None, call_id)
        try:
            return cls(_START + timedelta(microseconds=int(micros)), call_id)
        except OverflowError as error:
            raise ValueError("no such time") from error


@dataclass(frozen=True, slots=True)
class ArchiveLine:
    """A call's recording and how it fares.

    Attributes:
        state: None for one that was never read again.
        since: when that state began; of a deleted one when it was deleted.
        checked_at: when it was read last.
        is_copied, is_sealed: whether the archive has a copy of its own, and whether that is sealed.
    """

    call_id: str
    recording_id: str
    started_at: datetime | None
    agent_id: str | None
    agent_name: str | None
    size_bytes: int
    duration_ms: int | None
    state: Found | None
    since: datetime | None
    checked_at: datetime | None
    is_copied: bool
    is_sealed: bool

    @property
    def place(self) -> ArchivePlace:
        """Where the list goes on behind it."""
        return ArchivePlace(self.started_at, self.call_id)


def archive_page(
    session: Session,
    scope: Scope,
    wanted: ArchiveFilter,
    *,
    after: ArchivePlace | None = None,
    limit: int = 50,
) -> list[ArchiveLine]:
    """List recordings of calls within a scope, the newest calls first, unknown times last.

    Args:
        after: only what stands behind this place.
        limit: lines, 1 or more.
    """
    lines: list[ArchiveLine] = []
    few = wanted.state is not None and _is_few(session, wanted.state)
    if after is None or after.started_at is not None:
        lines += _load(session, _timed(scope, wanted, after, few).limit(limit))
        after = None
    if len(lines) < limit and wanted.since is None and wanted.until is None:
        lines += _load(session, _timeless(scope, wanted, after).limit(limit - len(lines)))
    return lines


def _timed(
    scope: Scope, wanted: ArchiveFilter, after: ArchivePlace | None, few: bool
) -> Select[*tuple[Any, ...]]:
    moment: Any = CallRow.started_at
    # Hidden from its index where few are found otherwise: the whole archive would be gone along.
    order = func.coalesce(moment, moment) if few else moment
    # The scope's agents have an index, too, whose calls would all be sorted.
    along = not few and wanted.agent_id is None
    conditions = [moment.is_not(None), *_conditions(scope, wanted, along=along)]
    if wanted.since is not None:
        conditions.append(order >= wanted.since)
    if wanted.until is not None:
        conditions.append(order < wanted.until)
    if after is not None:
        later = and_(order == after.started_at, CallRow.call_id < after.call_id)
        conditions += [order <= after.started_at, or_(order < after.started_at, later)]
    return _lines().where(*conditions).order_by(order.desc(), CallRow.call_id.desc())


def _timeless(
    scope: Scope, wanted: ArchiveFilter, after: ArchivePlace | None
) -> Select[*tuple[Any, ...]]:
    conditions = [CallRow.started_at.is_(None), *_conditions(scope, wanted, along=False)]
    if after is not None:
        conditions.append(CallRow.call_id < after.call_id)
    return _lines().where(*conditions).order_by(CallRow.call_id.desc())


def _lines() -> Select[*tuple[Any, ...]]:
    return (
        select(
            *(CallRow.call_id, CallRow.recording_id, CallRow.started_at, CallRow.agent_id),
            *(AgentRow.name, RecordingRow.size_bytes, RecordingRow.duration_ms),
            *(ArchiveCheckRow.state, ArchiveCheckRow.since, ArchiveCheckRow.checked_at),
            *(ArchivedRow.is_sealed, TombstoneRow.deleted_at),
        )
        .join(RecordingRow, RecordingRow.recording_id == CallRow.recording_id)
        .outerjoin(AgentRow, AgentRow.agent_id == CallRow.agent_id)
        .outerjoin(ArchiveCheckRow, ArchiveCheckRow.recording_id == CallRow.recording_id)
        .outerjoin(ArchivedRow, ArchivedRow.recording_id == CallRow.recording_id)
        .outerjoin(TombstoneRow, TombstoneRow.recording_id == CallRow.recording_id)
    )


def _conditions(scope: Scope, wanted: ArchiveFilter, *, along: bool) -> list[ColumnElement[bool]]:
    agent_id: Any = CallRow.agent_id
    of_scope = func.coalesce(agent_id, agent_id) if along else agent_id
    conditions = [CallRow.replaced_by.is_(None), agent_in_scope(scope, of_scope)]
    if wanted.agent_id is not None:
        conditions.append(CallRow.agent_id == wanted.agent_id)
    if wanted.state is Found.DELETED:
        conditions.append(CallRow.recording_id.in_(select(TombstoneRow.recording_id)))
    elif wanted.state is not None:
        checked = select(ArchiveCheckRow.recording_id)
        checked = checked.where(ArchiveCheckRow.state.in_(_states(wanted.state)))
        conditions += [CallRow.recording_id.in_(checked), TombstoneRow.recording_id.is_(None)]
    return conditions


def _states(state: Found) -> list[str]:
    return [one.value for one in BAD] if state is Found.BAD else [state.value]


def _is_few(session: Session, state: Found) -> bool:
    some = select(TombstoneRow.recording_id)
    if state is not Found.DELETED:
        some = select(ArchiveCheckRow.recording_id)
        some = some.where(ArchiveCheckRow.state.in_(_states(state)))
    counted = select(func.count()).select_from(some.limit(_FEW).subquery())
    return (session.scalar(counted) or 0) < _FEW


def _load(session: Session, statement: Select[*tuple[Any, ...]]) -> Sequence[ArchiveLine]:
    return [_line(*row) for row in session.execute(statement)]


def _line(*row: Any) -> ArchiveLine:
    *about, state, since, checked_at, is_sealed, deleted_at = row
    is_kept = deleted_at is None
    found = (Found(state) if state else None) if is_kept else Found.DELETED
    standing: list[Any] = [found, since if is_kept else deleted_at, checked_at]
    copy = [is_sealed is not None and is_kept, bool(is_sealed) and is_kept]
    return ArchiveLine(*about, *standing, *copy)
