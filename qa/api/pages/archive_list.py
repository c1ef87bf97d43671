"""The archive's recordings in a list: found by day, agent and state, page by page."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from qa.api.access import Viewer, needs
from qa.api.display import format_moment
from qa.api.pages.shared import midnight
from qa.api.rendering import page
from qa.api.service import Service, running_service
from qa.records import Right
from qa.store.archive_list import ArchiveFilter, ArchivePlace, Found, archive_page

PAGE_SIZE = 50
_DAY = r"^(\d{4}-\d{2}-\d{2})?$"

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_ARCHIVE))]


@dataclass(frozen=True)
class ArchiveQuery:
    """What the list is asked to show; days are the call centre's, both included."""

    state: Annotated[str, Query(max_length=20)] = ""
    agent: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")] = ""
    since: Annotated[str, Query(pattern=_DAY)] = ""
    until: Annotated[str, Query(pattern=_DAY)] = ""
    after: Annotated[str, Query(max_length=400, pattern=r"^[^\x00]*$")] = ""

    def to_filter(self, zone: ZoneInfo) -> ArchiveFilter:
        """Turn it into a filter of the store; a state that there is not counts as none.

        Raises:
            HTTPException: 400, a day that does not exist.
        """
        return ArchiveFilter(
            state=Found(self.state) if self.state in set(Found) else None,
            agent_id=self.agent.strip() or None,
            since=midnight(self.since, zone, 0),
            until=midnight(self.until, zone, 1),
        )

    def place(self) -> ArchivePlace | None:
        """Read the place that the page begins behind.

        Raises:
            HTTPException: 400, it is damaged.
        """
        try:
            return ArchivePlace.parse(self.after) if self.after else None
        except ValueError as error:
            raise HTTPException(400, "the place is damaged") from error

    def link(self, place: ArchivePlace) -> str:
        """Write the address of the next page."""
        chosen = {name: value for name, value in asdict(self).items() if value}
        return "/archive/recordings?" + urlencode(chosen | {"after": place.text()})


@router.get("/archive/recordings")
def show_recordings(
    request: Request, service: Running, viewer: Reader, asked: Annotated[ArchiveQuery, Depends()]
) -> Response:
    """Show the recordings of calls within one's scope and how they fare, the newest first."""
    zone = service.store.zone
    wanted, place = asked.to_filter(zone), asked.place()
    with service.store.reading() as session:
        found = archive_page(session, viewer.scope, wanted, after=place, limit=PAGE_SIZE + 1)
    lines = found[:PAGE_SIZE]

    def moment(at: datetime | None) -> str:
        return format_moment(at.astimezone(zone)) if at else ""

    values = {
        "asked": asked,
        "lines": lines,
        "states": tuple(Found),
        "next": asked.link(lines[-1].place) if len(found) > PAGE_SIZE else "",
        "moment": moment,
        "links_calls": viewer.may(Right.READ_CALLS),
    }
    return page(request, "archive_list.html", values)
