"""Promises: what agents promised, what became of it, and what people say of that."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from qa.api.access import Viewer, needs
from qa.api.days import Days, DaysQuery, days_query, shown_days
from qa.api.display import chinese_punctuation
from qa.api.pages.shared import Count
from qa.api.rendering import flash, language, page
from qa.api.service import Service, service_of
from qa.api.words import word
from qa.api.written import hide_by_call
from qa.records import Right
from qa.refusals import InvalidRequestError, NotAllowedError
from qa.review.promises import PromiseState, Unclear
from qa.store.names import user_names
from qa.store.promise_pages import promise_counts, promise_page
from qa.store.promise_rulings import PromisePlace, rule_promise
from qa.store.promises import PromiseFilter, PromiseLine, Ruling
from qa.store.queue_filter import Cursor

PAGE_SIZE = 50

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(service_of)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_TEAMS, Right.READ_CALLS))]
Reviewer = Annotated[Viewer, Depends(needs(Right.REVIEW))]
Show = Literal["all", "kept", "broken", "open", "overdue", "unknown", "no_ticket"]
_SHOWS: tuple[Show, ...] = (*("all", "broken", "overdue", "open", "unknown", "no_ticket", "kept"),)
After = Annotated[str, Query(max_length=300, description="place of the last call shown")]


@dataclass(frozen=True, slots=True)
class PromiseCard:
    """A promise as the page shows it: words without what is personal, and what people said."""

    line: PromiseLine
    quote: str
    said: tuple[tuple[str, str, Ruling], ...]
    may_rule: bool


@router.get("/promises")
def show_promises(
    request: Request,
    service: Running,
    viewer: Reader,
    asked: Annotated[DaysQuery, Depends(days_query)],
    show: Annotated[Show, Query()] = "all",
    after: After = "",
) -> Response:
    """Show the promises of some days, those of the newest calls first."""
    days = shown_days(service, viewer.scope, asked, datetime.now(UTC))
    return _shown(request, service, viewer, days, show, after=after)


@router.post("/promises/{call_id:path}")
def rule(
    request: Request,
    call_id: str,
    service: Running,
    viewer: Reviewer,
    rule_id: Annotated[str, Form(max_length=50)] = "",
    start_ms: Annotated[Count, Form()] = 0,
    end_ms: Annotated[Count, Form()] = 0,
    state: Annotated[Literal["", "kept", "broken", "open", "unknown"], Form()] = "",
    reason: Annotated[str, Form(max_length=8000)] = "",
    back: Annotated[str, Form(max_length=100, pattern=r"^(\?[a-z0-9=&-]*)?$")] = "",
) -> Response:
    """Say what became of a promise, or let the ticket count again."""
    place = PromisePlace(call_id, rule_id, start_ms, end_ms)
    said = (PromiseState(state) if state else None, reason)
    try:
        with service.store.writing() as session:
            rule_promise(session, viewer.user, place, said, now=datetime.now(UTC))
    except (InvalidRequestError, NotAllowedError) as error:
        told = word(f"refusal_{error.refusal.value}", language(request))
        days = shown_days(service, viewer.scope, DaysQuery(), datetime.now(UTC))
        status = 422 if isinstance(error, InvalidRequestError) else 403
        return _shown(request, service, viewer, days, "all", said=told, status=status)
    response = RedirectResponse(f"/promises{back}", 303)
    flash(response, "flash_promises_ruled")
    return response


def _shown(
    request: Request,
    service: Service,
    viewer: Viewer,
    days: Days,
    show: Show,
    *,
    after: str = "",
    said: str = "",
    status: int = 200,
) -> Response:
    now, zone = datetime.now(UTC), service.store.zone
    wanted = _filter(show, days, viewer)
    with service.store.reading() as session:
        found = promise_page(session, wanted, zone, now, after=_place(after), limit=PAGE_SIZE)
        counts = promise_counts(session, wanted, zone, now)
        shown = found.lines
        written = hide_by_call(session, [one.call_id for one in shown], zone)
        names = user_names(session, [r.ruled_by for one in shown for r in one.rulings])
    cards = [
        PromiseCard(
            line=one,
            quote=chinese_punctuation(written(one.call_id, one.quote)),
            said=tuple(
                (names.get(r.ruled_by, "–"), written(one.call_id, r.reason), r) for r in one.rulings
            ),
            may_rule=Right.REVIEW in viewer.rights
            and (one.agent_id is None or one.agent_id != viewer.user.agent_id),
        )
        for one in shown
    ]
    values = {
        "viewer": viewer,
        "days": days,
        "today": now.astimezone(zone).date(),
        "zone": zone,
        "show": show,
        "shows": _SHOWS,
        "counts": counts,
        "lines": cards,
        "next": found.after.text() if found.after else "",
        "is_first": not after,
        "said": said,
    }
    return page(request, "promises.html", values, status=status)


def _filter(show: Show, days: Days, viewer: Viewer) -> PromiseFilter:
    plain = PromiseFilter(since=days.since, until=days.until, scope=viewer.scope)
    match show:
        case "all":
            return plain
        case "overdue":
            return replace(plain, overdue=True)
        case "no_ticket":
            return replace(plain, unclear=Unclear.NO_TICKET)
        case _:
            return replace(plain, state=PromiseState(show))


def _place(text: str) -> Cursor | None:
    """Read a place from an address.

    Raises:
        HTTPException: 400 for one that is damaged.
    """
    try:
        return Cursor.parse(text) if text else None
    except ValueError:
        raise HTTPException(400, "the place is damaged") from None
