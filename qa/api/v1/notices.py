"""Festival notices: on which days which greeting is due."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Response

from qa.api.access import Viewer
from qa.api.problems import declared, invalid
from qa.api.v1.schemas_rules import NoticeIn, NoticeOut
from qa.api.v1.shared import PLAIN, Running, who
from qa.ingest.rows import NoticeEntry
from qa.records import Right
from qa.store import notices
from qa.store.audit import Detail, audit

router = APIRouter(prefix="/notices", tags=["notices"])
RuleReader = Annotated[Viewer, who(Right.READ_RULES)]
Publisher = Annotated[Viewer, who(Right.PUBLISH_RULES)]
Festival = Annotated[str, Path(min_length=1, max_length=200, pattern=PLAIN, examples=["春节"])]


@router.get("", summary="List notices", response_model=list[NoticeOut])
def list_notices(service: Running, viewer: RuleReader) -> list[NoticeOut]:
    """List every notice, in order of time."""
    with service.store.reading() as session:
        found = notices.list_notices(session)
    return [
        NoticeOut(
            festival=one.festival,
            first_day=one.first_day,
            last_day=one.last_day,
            script=one.script,
            number=one.number,
            is_of_folder=bool(one.origin),
        )
        for one in found
    ]


@router.post(
    "",
    summary="Enter a notice",
    status_code=201,
    response_model=NoticeOut,
    responses=declared("conflict", "invalid"),
)
def add_notice(service: Running, viewer: Publisher, wanted: NoticeIn) -> NoticeOut:
    """Enter a notice; a late one counts for the calls of its days too, once they are judged."""
    if wanted.last_day < wanted.first_day:
        raise invalid("body.last_day", "before_first", "the notice ends before it starts")
    if not (wanted.first_day.year >= 1900 and wanted.last_day.year <= 9000):
        raise invalid("body.first_day", "date_out_of_range", "days from 1900 to 9000")
    entry = NoticeEntry(**wanted.model_dump())
    store = service.store
    with store.run_lock(), store.writing() as session:
        notices.add_notice(session, entry, store.zone)
        audit(session, viewer.user, "notice.add", "notice", entry.festival, _days(entry))
    return NoticeOut(**wanted.model_dump(), is_of_folder=False)


@router.delete(
    "/{festival}/{first_day}",
    summary="Take a notice back",
    status_code=204,
    response_class=Response,
    responses=declared("not_found", "conflict"),
)
def remove_notice(festival: Festival, first_day: date, service: Running, viewer: Publisher) -> None:
    """Take back a notice that was entered by hand; one of a folder is taken back there."""
    store = service.store
    with store.run_lock(), store.writing() as session:
        entry = notices.remove_notice(session, festival, first_day, store.zone)
        audit(session, viewer.user, "notice.remove", "notice", festival, _days(entry))


def _days(entry: NoticeEntry) -> dict[str, Detail]:
    return {"first": entry.first_day.isoformat(), "last": entry.last_day.isoformat()}
