"""The calendar of festival notices: list, enter, take back."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from qa.api.access import Viewer, needs
from qa.api.rendering import flash, language, page
from qa.api.service import Service, running_service
from qa.api.words import word
from qa.errors import ConflictError, NotFoundError
from qa.ingest.entries import notice_entry, parse_day
from qa.ingest.rows import NoticeEntry
from qa.ingest.tables import Report, Row
from qa.records import Right
from qa.store.audit import audit
from qa.store.notices import NoticeLine, add_notice, list_notices, remove_notice
from qa.wording import FESTIVALS

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
Publisher = Annotated[Viewer, Depends(needs(Right.PUBLISH_RULES))]
Short = Annotated[str, Form(max_length=200)]

_REASONS = {"no_key": "notices_no_festival", "bad_day": "notices_bad_day"}


@router.get("/notices")
def show_notices(request: Request, service: Running, viewer: Publisher) -> Response:
    """Show every notice, what is in force first."""
    return _shown(request, service, viewer)


@router.post("/notices")
def enter(
    request: Request,
    service: Running,
    viewer: Publisher,
    festival: Short = "",
    first: Short = "",
    last: Short = "",
    script: Short = "",
    number: Short = "",
) -> Response:
    """Enter a notice; it counts for the calls of its days, those judged already too."""
    lang = language(request)
    cells = {"festival": festival, "from": first, "to": last or first}
    cells |= {"script": script, "number": number}
    filled = {name: text.strip() for name, text in cells.items()}
    report = Report("notice")
    entry = notice_entry(Row(1, {n: t or None for n, t in filled.items()}), report)
    if entry is None:
        code = report.issues[0].code if report.issues else ""
        said = word(_REASONS.get(code, "notices_bad"), lang)
        return _shown(request, service, viewer, said=said, filled=filled, status=422)
    try:
        with service.store.run_lock(), service.store.writing() as session:
            add_notice(session, entry, service.store.zone)
            audit(session, viewer.user, "notice.add", "notice", entry.festival, _days(entry))
    except ConflictError:
        said = word("notices_conflict", lang)
        return _shown(request, service, viewer, said=said, filled=filled, status=409)
    return _back("flash_notices_added")


@router.post("/notices/remove")
def take_out(
    request: Request,
    service: Running,
    viewer: Publisher,
    festival: Short,
    first: Short,
) -> Response:
    """Take back a notice that was entered here or by command."""
    day = parse_day(first)
    if day is None:
        raise NotFoundError("notice", festival)
    try:
        with service.store.run_lock(), service.store.writing() as session:
            entry = remove_notice(session, festival, day, service.store.zone)
            audit(session, viewer.user, "notice.remove", "notice", festival, _days(entry))
    except ConflictError:
        said = word("notices_busy", language(request))
        return _shown(request, service, viewer, said=said, status=409)
    return _back("flash_notices_removed")


def _shown(
    request: Request,
    service: Service,
    viewer: Viewer,
    *,
    said: str = "",
    filled: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    lang = language(request)
    today = datetime.now(UTC).astimezone(service.store.zone).date()
    with service.store.reading() as session:
        notices = list_notices(session)
    values = {
        "viewer": viewer,
        "sections": [
            ("now", [n for n in notices if n.first_day <= today <= n.last_day]),
            ("coming", [n for n in notices if n.first_day > today]),
            ("past", [n for n in notices if n.last_day < today][::-1]),
        ],
        "festivals": {name: wording.text(lang) for name, wording in FESTIVALS.items()},
        "origin": _origin,
        "said": said,
        "filled": filled or {},
    }
    return page(request, "notices.html", values, status=status)


def _origin(notice: NoticeLine) -> str:
    """Name the folder that handed a notice in, without where it lies on this machine."""
    return notice.origin.replace("\\", "/").rstrip("/").rpartition("/")[2]


def _days(entry: NoticeEntry) -> dict[str, str | int | bool | None]:
    return {"first": entry.first_day.isoformat(), "last": entry.last_day.isoformat()}


def _back(said: str) -> Response:
    response = RedirectResponse("/notices", 303)
    flash(response, said)
    return response
