"""What a person was told: released calls, answered appeals, tasks."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from qa.api.access import Viewer, needs
from qa.api.pages.shared import Count
from qa.api.rendering import flash, page
from qa.api.service import Service, running_service
from qa.store.messages import Message, MessageKind, count_new_messages, mark_read, messages_for

PAGE_SIZE = 40
_TASKS = {
    MessageKind.CHECK_ASSIGNED: "/checks",
    MessageKind.LABELS_ASSIGNED: "/labels",
    MessageKind.APPEAL_SUBMITTED: "/appeals",
    MessageKind.EVENT_ESCALATED: "/events",
    MessageKind.FINE_BOOKED: "/ledger",
    MessageKind.FINE_REVERSED: "/ledger",
    MessageKind.FINE_RECKONED: "/ledger",
    MessageKind.CALL_MOVED: "/ledger",
    MessageKind.CHARGE_CONFIRMED: "/ledger",
    MessageKind.REPORT_LATE: "/reports",
    MessageKind.REPORT_UNDELIVERED: "/reports",
}
"""Where a message leads instead of its call."""
_SIGNS = {
    MessageKind.CALL_RELEASED: ("✓", "met"),
    MessageKind.CALL_TAKEN_BACK: ("↶", "undecided"),
    MessageKind.CALL_REOPENED: ("↻", "undecided"),
    MessageKind.APPEAL_SUBMITTED: ("!", "undecided"),
    MessageKind.APPEAL_UPHELD: ("✓", "met"),
    MessageKind.APPEAL_DISMISSED: ("–", "na"),
    MessageKind.CHECK_ASSIGNED: ("◎", "na"),
    MessageKind.EVENT_ESCALATED: ("!", "violated"),
    MessageKind.FINE_BOOKED: ("¥", "violated"),
    MessageKind.FINE_REVERSED: ("↶", "met"),
    MessageKind.FINE_RECKONED: ("¥", "undecided"),
    MessageKind.CALL_MOVED: ("→", "na"),
    MessageKind.CHARGE_CONFIRMED: ("¥", "undecided"),
    MessageKind.LABELS_ASSIGNED: ("◎", "na"),
    MessageKind.REPORT_LATE: ("!", "violated"),
    MessageKind.REPORT_UNDELIVERED: ("!", "violated"),
}

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
Anybody = Annotated[Viewer, Depends(needs())]


@router.get("/messages")
def show_messages(
    request: Request,
    service: Running,
    viewer: Anybody,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Show a page of one's own messages, the newest first."""
    with service.store.reading() as session:
        found = messages_for(
            session,
            viewer.user,
            before=before,
            limit=PAGE_SIZE + 1,
            closed=viewer.scope.closed,
        )
        unread = count_new_messages(session, viewer.user)
    shown = found[:PAGE_SIZE]
    values = {
        "viewer": viewer,
        "messages": shown,
        "unread": unread,
        "older": shown[-1].message_id if len(found) > PAGE_SIZE else None,
        "is_first": before is None,
        "zone": service.store.zone,
        "signs": _SIGNS,
        "leads_to": _leads_to,
    }
    return page(request, "messages.html", values)


@router.post("/messages/read")
def read_all(service: Running, viewer: Anybody, last: Annotated[Count, Form()]) -> Response:
    """Mark one's own messages up to a number as read."""
    with service.store.writing() as session:
        mark_read(session, viewer.user, last, datetime.now(UTC))
    response = RedirectResponse("/messages", 303)
    flash(response, "flash_messages_read")
    return response


def _leads_to(message: Message, call_url: str) -> str:
    return _TASKS.get(message.kind) or (call_url if message.call_id else "")
