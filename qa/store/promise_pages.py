"""Promises page by page, the newest calls first: what a page looks at stays small in any archive.

What became of a promise is told by its words and its ticket, which no index knows. So calls with
promises are gone through along the index of calls, and at most `LOOKED_AT` of them for one page;
counts say so where they stop there.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from qa.records import Scope
from qa.review.lists import Show
from qa.review.promises import Unclear
from qa.store.promises import PromiseFilter, PromiseLine, is_wanted, promises_of
from qa.store.queue import call_places
from qa.store.queue_filter import Cursor, QueueFilter

LOOKED_AT = 500
"""Calls with promises that are looked at for one page, or for counting."""
_AT_ONCE = 100
_EVERYBODY = Scope(everything=True)


@dataclass(frozen=True, slots=True)
class PromisePage:
    """Some promises, in order; `after` is where to go on, None at the end."""

    lines: tuple[PromiseLine, ...]
    after: Cursor | None


@dataclass(frozen=True, slots=True)
class PromiseCounts:
    """How many promises there are in each state, of the newest calls.

    Attributes:
        by_state: of each state, and of `all`, `overdue` and `no_ticket`.
        is_whole: nothing lies beyond; else there are at least so many.
    """

    by_state: dict[str, int]
    is_whole: bool


def promise_page(
    session: Session,
    wanted: PromiseFilter,
    zone: ZoneInfo,
    now: datetime,
    *,
    after: Cursor | None = None,
    limit: int = 50,
) -> PromisePage:
    """List promises of the newest calls first; those of one call stay together.

    Args:
        limit: the page ends with the call in which it is reached, or after `LOOKED_AT` calls,
            whatever was found by then.
    """
    lines: list[PromiseLine] = []
    calls = _calls(session, wanted, (zone, now), after)
    for looked_at, (place, own, is_last) in enumerate(calls, start=1):
        lines += [line for line in own if is_wanted(line, wanted)]
        if len(lines) >= limit or looked_at >= LOOKED_AT:
            return PromisePage(tuple(lines), None if is_last else place)
    return PromisePage(tuple(lines), None)


def promise_counts(
    session: Session, wanted: PromiseFilter, zone: ZoneInfo, now: datetime
) -> PromiseCounts:
    """Count promises by what became of them, whatever state is wanted."""
    counts: Counter[str] = Counter()
    everything = replace(wanted, state=None, overdue=False, unclear=None)
    is_whole = True
    calls = _calls(session, everything, (zone, now), None)
    for looked_at, (_, own, is_last) in enumerate(calls, start=1):
        for line in own:
            counts.update(("all", line.state.value))
            counts["overdue"] += line.overdue
            counts["no_ticket"] += line.unclear is Unclear.NO_TICKET
        if looked_at >= LOOKED_AT:
            is_whole = is_last
            break
    return PromiseCounts(dict(counts), is_whole)


def _calls(
    session: Session,
    wanted: PromiseFilter,
    at: tuple[ZoneInfo, datetime],
    after: Cursor | None,
) -> Iterator[tuple[Cursor, list[PromiseLine], bool]]:
    """Go through calls with promises; say of each whether it is the last."""
    listed = QueueFilter(
        show=Show.ALL,
        agent_id=wanted.agent_id,
        since=wanted.since,
        until=wanted.until,
        with_promises=True,
    )
    place, more = after, True
    while more:
        found = call_places(
            session, listed, wanted.scope or _EVERYBODY, after=place, limit=_AT_ONCE + 1
        )
        more, found = len(found) > _AT_ONCE, found[:_AT_ONCE]
        own = promises_of(session, [one.call_id for one in found], *at)
        for number, one in enumerate(found, start=1):
            yield one, own.get(one.call_id, []), not more and number == len(found)
        if found:
            place = found[-1]
