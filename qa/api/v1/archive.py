"""The archive: which recordings there are, how they are kept, and requests to delete one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from qa.api.access import Viewer
from qa.api.problems import Refused, declared
from qa.api.service import Service
from qa.api.v1.schemas import Answer, Line, Request, Text, example
from qa.api.v1.shared import (
    MAX_NUMBER,
    PLAIN,
    After,
    Limit,
    Running,
    days_between,
    next_cursor,
    now,
    read_cursor,
    who,
)
from qa.api.written import hide_by_call
from qa.records import Right
from qa.store import archive, retrying
from qa.store import deletions as store
from qa.store.archive import Kept
from qa.store.archive_list import ArchiveFilter, ArchivePlace, Found, archive_page
from qa.store.deletions import Deletion, DeletionKind, DeletionState

router = APIRouter(prefix="/archive", tags=["archive"])
Reader = Annotated[Viewer, who(Right.READ_ARCHIVE)]
Asker = Annotated[Viewer, who(Right.REQUEST_DELETION)]
Approver = Annotated[Viewer, who(Right.APPROVE_DELETION)]
DeletionId = Annotated[int, Path(ge=1, le=MAX_NUMBER, examples=[12])]


@dataclass(frozen=True)
class Wanted:
    """Which recordings: all that fit everything given."""

    state: Annotated[Found | None, Query(description="How found when last read.")] = None
    agent: Annotated[str | None, Query(max_length=200, pattern=PLAIN, description="工号")] = None
    since: Annotated[date | None, Query(description="First day, in the centre's zone.")] = None
    until: Annotated[date | None, Query(description="Last day, in the centre's zone.")] = None


class AlarmOut(Answer):
    """A recording that is not as it should be."""

    recording_id: str = Field(description="SHA-256 of its bytes.")
    call_id: str | None
    state: Kept
    since: datetime


class RecordingOut(Answer):
    """A call's recording, and how it was found when it was last read."""

    model_config = example(
        call_id="20251118-093012-108",
        recording_id="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        started_at="2025-11-18T01:30:12Z",
        agent_id="108",
        agent_name="陈晨",
        size_bytes=1_920_044,
        duration_ms=120_000,
        state="ok",
        since="2025-11-19T18:00:03Z",
        checked_at="2025-12-19T18:00:07Z",
        is_copied=True,
        is_sealed=False,
    )

    call_id: str
    recording_id: str = Field(description="SHA-256 of its bytes.")
    started_at: datetime | None = Field(description="Of the call; null where nobody knows.")
    agent_id: str | None
    agent_name: str | None
    size_bytes: int
    duration_ms: int | None
    state: Found | None = Field(description="Null for one that was never read again.")
    since: datetime | None = Field(description="When that state began, or it was deleted.")
    checked_at: datetime | None
    is_copied: bool = Field(description="The archive has a copy of its own.")
    is_sealed: bool = Field(description="That copy is sealed.")


class RecordingPage(Answer):
    """Recordings, the newest calls first, those of unknown time last."""

    items: list[RecordingOut]
    next: str | None = Field(description="`after` of the next page; null on the last.")


class DeletionOut(Answer):
    """A request to delete a recording, and where it stands."""

    deletion_id: int
    call_id: str
    recording_id: str = Field(description="SHA-256 of the recording's bytes.")
    kind: DeletionKind
    reason: str = Field(description="Without names, numbers and addresses.")
    requested_by: int
    requested_at: datetime
    state: DeletionState
    decided_by: int | None
    changed_at: datetime
    failures: int = Field(
        0, description="How often its files could not be removed since it was last asked for."
    )
    fault: str | None = Field(None, description="Why, where it failed: `not_permitted`, …")
    next_try: datetime | None = Field(None, description="When the service tries again, by itself.")


class DeletionIn(Request):
    """Which recording shall go, and why."""

    call_id: Line = Field(examples=["20251118-093012-108"])
    reason: Text = Field("", examples=["客户书面要求删除，已核实身份。"])
    empty: bool = Field(False, description="As proved empty; then nobody needs to approve.")


class RulingIn(Request):
    """A decision about what somebody else asked for."""

    approve: bool
    note: Text = Field("", description="Needed to reject.")


@router.get("/alarms", summary="List what is wrong", response_model=list[AlarmOut])
def list_alarms(service: Running, viewer: Reader, limit: Limit = 100) -> list[AlarmOut]:
    """List recordings that were missing, changed, damaged or locked when last read."""
    with service.store.reading() as session:
        found = archive.alarms(session, viewer.scope, limit=limit)
    return [AlarmOut.model_validate(one) for one in found]


@router.get(
    "/recordings",
    summary="List recordings",
    response_model=RecordingPage,
    responses=declared("bad_cursor", "invalid"),
)
def list_recordings(
    service: Running,
    viewer: Reader,
    wanted: Annotated[Wanted, Depends()],
    after: After = None,
    limit: Limit = 100,
) -> RecordingPage:
    """List the recordings of calls that you may see and how they fare, the newest calls first."""
    days = days_between(wanted.since, wanted.until, service.store.zone)
    fitting = ArchiveFilter(wanted.state, wanted.agent, days.since, days.until)
    with service.store.reading() as session:
        found = archive_page(session, viewer.scope, fitting, after=_place(after), limit=limit + 1)
    return RecordingPage(
        items=[RecordingOut.model_validate(one) for one in found[:limit]],
        next=next_cursor(found, limit, lambda one: (one.place.text(),)),
    )


@router.get("/deletions", summary="List requests to delete", response_model=list[DeletionOut])
def list_deletions(service: Running, viewer: Reader, limit: Limit = 100) -> list[DeletionOut]:
    """List requests about calls that you may see, the newest first; done ones stay listed."""
    with service.store.reading() as session:
        found = store.list_deletions(session, viewer.scope, limit=limit)
        return _given(session, service, found)


@router.post(
    "/deletions",
    summary="Ask for a deletion",
    response_model=DeletionOut,
    status_code=201,
    responses=declared("not_found", "invalid", "not_allowed", "conflict"),
)
def ask_for_deletion(service: Running, viewer: Asker, wanted: DeletionIn) -> DeletionOut:
    """Ask that the recording of a call be deleted; another person, a head, decides."""
    with service.store.writing() as session:
        made = store.request_deletion(
            session,
            viewer.user,
            wanted.call_id,
            wanted.reason,
            now=now(),
            empty=wanted.empty,
            min_reason=service.settings.archive.min_reason_chars,
        )
        return _given(session, service, [made])[0]


@router.post(
    "/deletions/{deletion_id}/decision",
    summary="Decide a request to delete",
    response_model=DeletionOut,
    responses=declared("not_found", "invalid", "not_allowed", "conflict"),
)
def decide_deletion(
    deletion_id: DeletionId, service: Running, viewer: Approver, ruling: RulingIn
) -> DeletionOut:
    """Approve or reject what somebody else asked for; the service carries it out."""
    with service.store.writing() as session:
        made = store.decide_deletion(
            session,
            viewer.user,
            deletion_id,
            approve=ruling.approve,
            note=ruling.note,
            now=now(),
        )
        return _given(session, service, [made])[0]


@router.post(
    "/deletions/{deletion_id}/withdrawal",
    summary="Take a request back",
    response_model=DeletionOut,
    responses=declared("not_found", "not_allowed", "conflict"),
)
def withdraw_deletion(deletion_id: DeletionId, service: Running, viewer: Asker) -> DeletionOut:
    """Take your own request back, as long as nobody has decided it."""
    with service.store.writing() as session:
        made = store.withdraw_deletion(session, viewer.user, deletion_id, now=now())
        return _given(session, service, [made])[0]


@router.post(
    "/deletions/{deletion_id}/retry",
    summary="Try a deletion again",
    response_model=DeletionOut,
    responses=declared("not_found", "not_allowed", "conflict"),
)
def retry_deletion(deletion_id: DeletionId, service: Running, viewer: Asker) -> DeletionOut:
    """Have files that could not be removed tried again at once; failures are counted anew."""
    with service.store.writing() as session:
        made = retrying.retry_deletion(session, viewer.user, deletion_id, now=now())
        return _given(session, service, [made])[0]


def _place(after: str | None) -> ArchivePlace | None:
    """Read where a page begins.

    Raises:
        Refused: it is no place of this list.
    """
    try:
        return ArchivePlace.parse(read_cursor(after, str)[0]) if after is not None else None
    except ValueError:
        raise Refused("bad_cursor") from None


def _given(session: Any, service: Service, found: Sequence[Deletion]) -> list[DeletionOut]:
    written = hide_by_call(session, [one.call_id for one in found], service.store.zone)
    failed = retrying.failures_of(session, [one.deletion_id for one in found])
    notes = {one.deletion_id: one.note for one in found}
    outs = [DeletionOut.model_validate(one) for one in found]
    for out in outs:
        out.reason = written(out.call_id, out.reason)
        known = failed.get(out.deletion_id)
        if known is not None:
            out.failures, out.next_try = known.count, known.next_at
            out.fault = notes[out.deletion_id] or None
    return outs
