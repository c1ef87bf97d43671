"""The archive: how recordings are kept, what is wrong, requests to delete and what was deleted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from qa.api.access import Viewer, needs
from qa.api.display import format_moment
from qa.api.pages.shared import Number
from qa.api.rendering import flash, language, page
from qa.api.service import Service, running_service
from qa.api.words import word
from qa.api.written import hide_by_call
from qa.errors import NotFoundError
from qa.records import Right
from qa.refusals import InvalidRequestError, NotAllowedError, TransitionError
from qa.store import archive
from qa.store.deletions import (
    Deletion,
    DeletionState,
    decide_deletion,
    list_deletions,
    request_deletion,
    withdraw_deletion,
)
from qa.store.names import user_names
from qa.store.retrying import Failures, failures_of, retry_deletion

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_ARCHIVE))]
Asker = Annotated[Viewer, Depends(needs(Right.REQUEST_DELETION))]
Approver = Annotated[Viewer, Depends(needs(Right.APPROVE_DELETION))]
CallField = Annotated[str, Form(max_length=200, pattern=r"^[^\x00]*$")]
Text = Annotated[str, Form(max_length=8000)]
_REFUSED = (InvalidRequestError, NotAllowedError, TransitionError)


@dataclass(frozen=True, slots=True)
class DeletionView:
    """A request as the page shows it; the reason is without what is personal."""

    deletion: Deletion
    reason: str
    asked_by: str
    decided_by: str
    when: str
    may_decide: bool
    may_withdraw: bool
    failures: Failures | None
    faults: tuple[str, ...]
    may_retry: bool


@router.get("/archive")
def show_archive(
    request: Request,
    service: Running,
    viewer: Reader,
    call: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")] = "",
) -> Response:
    """Show the archive; `call` fills in the request."""
    return _shown(request, service, viewer, call=call)


@router.post("/archive/deletions")
def ask(
    request: Request,
    service: Running,
    viewer: Asker,
    call_id: CallField,
    reason: Text = "",
    empty: Annotated[bool, Form()] = False,
) -> Response:
    """Ask for a deletion; of what is proved empty nobody else needs to approve."""
    least = service.settings.archive.min_reason_chars
    try:
        with service.store.writing() as session:
            now = datetime.now(UTC)
            request_deletion(
                session, viewer.user, call_id, reason, now=now, empty=empty, min_reason=least
            )
    except _REFUSED as error:
        said = word(f"refusal_{error.refusal.value}", language(request))
        return _shown(request, service, viewer, call=call_id, reason=reason, said=said, status=422)
    except NotFoundError:
        said = word("refusal_unknown", language(request))
        return _shown(request, service, viewer, call=call_id, reason=reason, said=said, status=404)
    return _back("flash_archive_asked")


@router.post("/archive/deletions/{deletion_id}/decide")
def decide(
    request: Request,
    deletion_id: Number,
    service: Running,
    viewer: Approver,
    decision: Annotated[str, Form(pattern="^(approve|reject)$")],
    note: Text = "",
) -> Response:
    """Approve or reject what somebody else asked for."""
    decide = partial(decide_deletion, approve=decision == "approve", note=note)
    return _changed(request, service, viewer, deletion_id, decide)


@router.post("/archive/deletions/{deletion_id}/withdraw")
def withdraw(request: Request, deletion_id: Number, service: Running, viewer: Asker) -> Response:
    """Take one's own request back."""
    return _changed(request, service, viewer, deletion_id, withdraw_deletion)


@router.post("/archive/deletions/{deletion_id}/retry")
def retry(request: Request, deletion_id: Number, service: Running, viewer: Asker) -> Response:
    """Have files that could not be removed tried again at once."""
    return _changed(
        request, service, viewer, deletion_id, retry_deletion, done="flash_archive_retry"
    )


def _changed(
    request: Request,
    service: Service,
    viewer: Viewer,
    deletion_id: int,
    change: Callable[..., object],
    *,
    done: str = "flash_archive_decided",
) -> Response:
    """Change a deletion and go back to the list, or say there why it is refused."""
    try:
        with service.store.writing() as session:
            change(session, viewer.user, deletion_id, now=datetime.now(UTC))
    except _REFUSED as error:
        said = word(f"refusal_{error.refusal.value}", language(request))
        return _shown(request, service, viewer, said=said, status=422)
    return _back(done)


def _back(said: str) -> Response:
    response = RedirectResponse("/archive", 303)
    flash(response, said)
    return response


def _shown(
    request: Request,
    service: Service,
    viewer: Viewer,
    *,
    call: str = "",
    reason: str = "",
    said: str = "",
    status: int = 200,
) -> Response:
    settings, zone = service.settings.archive, service.store.zone
    due = datetime.now(UTC) - timedelta(days=settings.verify_days)
    with service.store.reading() as session:
        deletions = list_deletions(session, viewer.scope)
        people = {one.requested_by for one in deletions} | {one.decided_by for one in deletions}
        names = user_names(session, people)
        written = hide_by_call(session, [one.call_id for one in deletions], zone)
        failed = failures_of(session, [one.deletion_id for one in deletions])
        values: dict[str, Any] = {
            "standing": archive.standing(session, due, roughly=True)
            if viewer.scope.everything
            else None,
            "alarms": archive.alarms(session, viewer.scope),
            "empty": archive.proved_empty(session, viewer.scope),
            "stones": {one.recording_id for one in archive.tombstones(session, viewer.scope)},
        }
    looks = _Looks(viewer, names, written, failed, service)
    views = [looks.view(one) for one in deletions]
    values |= {
        "viewer": viewer,
        "requests": [v for v in views if v.deletion.state is DeletionState.REQUESTED],
        "others": [v for v in views if v.deletion.state is not DeletionState.REQUESTED],
        "settings": settings,
        "call": call,
        "reason": reason,
        "said": said,
        "moment": lambda at: format_moment(at.astimezone(zone)),
    }
    return page(request, "archive.html", values, status=status)


@dataclass(frozen=True, slots=True)
class _Looks:
    """What laying out a request needs."""

    viewer: Viewer
    names: dict[int, str]
    written: Callable[[str, str], str]
    failed: dict[int, Failures]
    service: Service

    def view(self, one: Deletion) -> DeletionView:
        """Lay out one request for the person who looks."""
        viewer = self.viewer
        is_open = one.state is DeletionState.REQUESTED
        is_own = one.requested_by == viewer.user.user_id
        failures = self.failed.get(one.deletion_id)
        return DeletionView(
            deletion=one,
            reason=self.written(one.call_id, one.reason),
            asked_by=self.names.get(one.requested_by, "–"),
            decided_by=self.names.get(one.decided_by or 0, "–"),
            when=format_moment(one.changed_at.astimezone(self.service.store.zone)),
            may_decide=is_open and not is_own and viewer.may(Right.APPROVE_DELETION),
            may_withdraw=is_open and is_own,
            failures=failures,
            faults=tuple(one.note.split(", ")) if failures and one.note else (),
            may_retry=failures is not None and viewer.may(Right.REQUEST_DELETION),
        )
