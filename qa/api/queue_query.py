"""Which calls a person asked for, read from the queue's address and written back into links."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import Query

from qa.records import ReviewState
from qa.store.queue import Cursor, QueueFilter, Severity, Show
from qa.types import Outcome

SCORES = ("0-59", "60-74", "75-89", "90-99", "100-100")
"""Choices of the score, both ends included."""
DAYS = ("today", "yesterday", "week", "month", "30")
"""Quick choices of days: `week` and `month` begin on Monday and on the first; `30` is 30 days."""
SEVERITY_CHOICES = tuple(s for s in reversed(Severity) if s is not Severity.NONE)
OUTCOME_CHOICES = (Outcome.VIOLATED, Outcome.UNDECIDED)


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """A list as it stands in an address; empty texts mean no restriction.

    Whatever makes no sense counts as empty: an address may be old or typed by hand.

    Attributes:
        show: `review`, `flagged` or `all`; empty for the reader's own first list.
        days: one of `DAYS`; then `since` and `until` do not count.
        score: one of `SCORES`.
        after, before: the page behind or before a place.
        at: on a call's page, where the call stood in the list when it was opened.
    """

    show: str = ""
    severity: str = ""
    state: str = ""
    team: str = ""
    agent: str = ""
    rule: str = ""
    outcome: str = ""
    score: str = ""
    ruleset: str = ""
    days: str = ""
    since: str = ""
    until: str = ""
    after: str = ""
    before: str = ""
    at: str = ""

    def to_filter(self, zone: ZoneInfo, now: datetime, first: Show = Show.REVIEW) -> QueueFilter:
        """Turn it into a filter of the store; both days belong to the window.

        Args:
            zone: the days' zone.
            now: what `today` is counted from.
            first: the list of a reader who chose none.
        """
        low, high = _score(self.score)
        since, until = window(self, now.astimezone(zone).date())
        return QueueFilter(
            show=_one(Show, self.show) or first,
            agent_id=self.agent or None,
            team=self.team or None,
            since=_midnight(since, zone),
            until=_midnight(until + timedelta(days=1), zone) if until else None,
            rule_id=self.rule or None,
            outcome=_outcome(self.outcome),
            states=frozenset(s for s in (_one(ReviewState, self.state),) if s),
            severity=_one(Severity, self.severity),
            min_score=low,
            max_score=high,
            ruleset_id=self.ruleset or None,
        )

    def choices(self) -> Mapping[str, str]:
        """List the restrictions in force, as they stand in the address; not the list itself."""
        names = ("severity", "state", "team", "agent", "rule", "outcome", "score", "ruleset")
        dates = ("days",) if self.days else ("since", "until")
        return {name: value for name in (*names, *dates) if (value := getattr(self, name))}

    def link(self, **changes: str) -> str:
        """Write the address of this list with something changed, on its first page."""
        return _address("/", replace(self, **{"after": "", "before": "", "at": "", **changes}))

    def call_link(self, call_id: str, at: str = "") -> str:
        """Write the address of a call opened from this list."""
        return self.call_links()(call_id, at)

    def call_links(self) -> Callable[[str, str], str]:
        """Make what writes the addresses of calls opened from this list: from id and place."""
        given = urlencode(_given(replace(self, at="")))

        def link(call_id: str, at: str) -> str:
            place = urlencode({"at": at}) if at else ""  # the last of the fields
            parameters = f"{given}&{place}" if given and place else given or place
            path = f"/calls/{quote(call_id, safe='')}"
            return f"{path}?{parameters}" if parameters else path

        return link

    def back_link(self) -> str:
        """Write the address of the page of the list that a call was opened from."""
        return _address("/", replace(self, at=""))

    def parameters(self) -> str:
        """Write everything as a query string."""
        return urlencode(_given(self))

    def place(self) -> Cursor | None:
        """Read where the call stood; None where the address does not say."""
        return cursor(self.at)


async def queue_query(
    show: Annotated[str, Query(max_length=20)] = "",
    severity: Annotated[str, Query(max_length=20)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
    team: Annotated[str, Query(max_length=200)] = "",
    agent: Annotated[str, Query(max_length=200)] = "",
    rule: Annotated[str, Query(max_length=50)] = "",
    outcome: Annotated[str, Query(max_length=20)] = "",
    score: Annotated[str, Query(max_length=20)] = "",
    ruleset: Annotated[str, Query(max_length=200)] = "",
    days: Annotated[str, Query(max_length=20)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
    after: Annotated[str, Query(max_length=400)] = "",
    before: Annotated[str, Query(max_length=400)] = "",
    at: Annotated[str, Query(max_length=400)] = "",
) -> QueueQuery:
    """Read a list from a request."""
    given = {name: str(value).strip() for name, value in locals().items()}
    return _plain(QueueQuery(**given))


def parse_query(parameters: Mapping[str, str]) -> QueueQuery:
    """Read a list from the parameters of an address; others are left aside."""
    names = {field.name for field in fields(QueueQuery)}
    return _plain(QueueQuery(**{k: v[:400] for k, v in parameters.items() if k in names}))


def cursor(text: str) -> Cursor | None:
    """Read a place; None for none, and for what is no place."""
    try:
        return Cursor.parse(text) if text else None
    except ValueError:
        return None


def window(query: QueueQuery, today: date) -> tuple[date | None, date | None]:
    """Say the first and the last day asked for; None for open ends."""
    if query.days in DAYS:
        first = {
            "today": today,
            "yesterday": today - timedelta(days=1),
            "week": today - timedelta(days=today.weekday()),
            "month": today.replace(day=1),
            "30": today - timedelta(days=29),
        }[query.days]
        return first, first if query.days == "yesterday" else today
    return _day(query.since), _day(query.until)


def _plain(query: QueueQuery) -> QueueQuery:
    """Empty what names nothing, so that the page shows only restrictions that are in force."""
    kept = {
        "show": _one(Show, query.show),
        "severity": _one(Severity, query.severity),
        "state": _one(ReviewState, query.state),
        "outcome": _outcome(query.outcome),
        "score": query.score if _score(query.score) != (None, None) else "",
        "days": query.days if query.days in DAYS else "",
        "since": query.since if _day(query.since) else "",
        "until": query.until if _day(query.until) else "",
    }
    return replace(query, **{name: str(value or "") for name, value in kept.items()})


def _given(query: QueueQuery) -> dict[str, str]:
    return {f.name: value for f in fields(query) if (value := getattr(query, f.name))}


def _address(path: str, query: QueueQuery) -> str:
    given = _given(query)
    return f"{path}?{urlencode(given)}" if given else path


def _one(kind: Any, text: str) -> Any:
    try:
        return kind(text) if text else None
    except ValueError:
        return None


def _outcome(text: str) -> Outcome | None:
    found: Outcome | None = _one(Outcome, text.upper())
    return found if found in OUTCOME_CHOICES else None


def _score(text: str) -> tuple[int | None, int | None]:
    if text not in SCORES:
        return None, None
    low, high = text.split("-")
    return int(low), int(high)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        return None
    return day if day is None or 1900 <= day.year <= 9000 else None


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=zone) if day else None
