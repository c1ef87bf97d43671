"""Which calls a person asked for, read from the address and written back into links."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import HTTPException, Query

from qa.store.queries_queue import QueueFilter

MAX_PAGE = 1_000_000


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The list as asked for; empty texts mean no restriction."""

    show: Literal["flagged", "all"] = "flagged"
    agent: str = ""
    since: str = ""
    until: str = ""
    rule: str = ""
    page: int = 1

    @property
    def is_restricted(self) -> bool:
        """Whether anything but flagged or all was chosen."""
        return bool(self.agent or self.since or self.until or self.rule)

    def to_filter(self, zone: ZoneInfo) -> QueueFilter:
        """Turn it into a filter of the store; both days belong to the window.

        Raises:
            HTTPException: 400 for a date that is none.
        """
        last = _midnight(self.until, zone)
        return QueueFilter(
            flagged=self.show == "flagged",
            agent_id=self.agent or None,
            since=_midnight(self.since, zone),
            until=last + timedelta(days=1) if last else None,
            rule_id=self.rule or None,
        )

    def link(self, *, page: int = 1, show: Literal["flagged", "all"] | None = None) -> str:
        """Write the address of this list on another page or with another choice."""
        other = replace(self, page=page, show=show or self.show)
        return f"/?{other.parameters()}" if other.parameters() else "/"

    def place(self, number: int) -> str:
        """Write the parameters of a call's page: `page` is the call's place in the list there."""
        return replace(self, page=number).parameters()

    def parameters(self) -> str:
        """Write what differs from the defaults as a query string."""
        default = ListQuery()
        names = ("show", "agent", "since", "until", "rule", "page")
        values = {name: getattr(self, name) for name in names}
        return urlencode({k: v for k, v in values.items() if v != getattr(default, k)})


def list_query(
    show: Annotated[
        Literal["flagged", "all"],
        Query(description="`flagged`: most serious first; `all`: newest first"),
    ] = "flagged",
    agent: Annotated[str, Query(max_length=200, description="agent number (工号)")] = "",
    since: Annotated[str, Query(max_length=10, description="first day, 2025-11-18")] = "",
    until: Annotated[str, Query(max_length=10, description="last day, 2025-11-18")] = "",
    rule: Annotated[
        str, Query(max_length=50, description="rule id that is violated or undecided")
    ] = "",
    page: Annotated[int, Query(ge=1, le=MAX_PAGE, description="page number, from 1")] = 1,
) -> ListQuery:
    """Read the list's parameters from a request."""
    return ListQuery(show, agent.strip(), since.strip(), until.strip(), rule.strip(), page)


def _midnight(text: str, zone: ZoneInfo) -> datetime | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        if not 1900 <= day.year <= 9000:
            raise ValueError
    except ValueError:
        raise HTTPException(400, "a date is written 2025-11-18") from None
    return datetime(day.year, day.month, day.day, tzinfo=zone)
