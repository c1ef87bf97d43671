"""Messages: what a person is told."""

from fastapi import APIRouter

from qa.api.v1.schemas_people import MarkedOut, MessageOut, MessagePage, ReadIn
from qa.api.v1.shared import After, AnyOne, Limit, Running, next_cursor, now, number_after
from qa.store import messages

router = APIRouter(prefix="/messages", tags=["messages"])


@router.get("", summary="List your messages", response_model=MessagePage)
def list_messages(
    service: Running, viewer: AnyOne, after: After = None, limit: Limit = 50
) -> MessagePage:
    """List what you were told: released calls, answers to appeals, tasks."""
    with service.store.reading() as session:
        found = messages.messages_for(
            session,
            viewer.user,
            before=number_after(after),
            limit=limit + 1,
            closed=viewer.scope.closed,
        )
        unread = messages.count_new_messages(session, viewer.user)
    return MessagePage(
        items=[MessageOut.model_validate(one) for one in found[:limit]],
        unread=unread,
        next=next_cursor(found, limit, lambda one: (one.message_id,)),
    )


@router.post("/read", summary="Mark messages as read", response_model=MarkedOut)
def mark_read(service: Running, viewer: AnyOne, wanted: ReadIn) -> MarkedOut:
    """Mark your messages up to a number as read; harmless to repeat."""
    with service.store.writing() as session:
        return MarkedOut(marked=messages.mark_read(session, viewer.user, wanted.last, now()))
