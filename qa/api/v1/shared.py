"""What the resources share: who asks, the clock, pages, cursors."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final, TypeVar
from zoneinfo import ZoneInfo

from fastapi import Depends, Path, Query

from qa.api.access import Viewer, needs
from qa.api.problems import Refused, invalid
from qa.api.service import Service, running_service
from qa.records import Right

MAX_PAGE: Final = 500
MAX_NUMBER: Final = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly."""
_MAX_CURSOR = 1_000
PLAIN = r"^[^\x00-\x1f\x7f]*$"
_Item = TypeVar("_Item")

Running = Annotated[Service, Depends(running_service)]
CallId = Annotated[
    str,
    Path(
        min_length=1,
        max_length=200,
        pattern=PLAIN,
        description="The call's id; a slash in it is written as it is.",
        examples=["C-20251118-0001"],
    ),
]
RuleId = Annotated[
    str,
    Path(pattern=r"^[A-Za-z0-9_-]{1,50}$", description="The rule's id.", examples=["IP01"]),
]
RulesetId = Annotated[
    str,
    Path(
        pattern=r"^[a-z][a-z0-9-]{0,99}$",
        description="The ruleset's id.",
        examples=["heating-repair"],
    ),
]
Number = Annotated[int, Path(ge=1, le=MAX_NUMBER)]
Limit = Annotated[
    int, Query(ge=1, le=MAX_PAGE, description="How many at most; there may be fewer on a page.")
]
After = Annotated[
    str | None,
    Query(
        max_length=_MAX_CURSOR,
        description="`next` of the page before; without it the list begins.",
    ),
]


def who(*rights: Right) -> Any:
    """Make the dependency of a route that needs some rights; see `needs`."""
    return Depends(needs(*rights))


AnyOne = Annotated[Viewer, who()]
Reader = Annotated[Viewer, who(Right.READ_CALLS)]
Listener = Annotated[Viewer, who(Right.LISTEN)]


def now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


def as_cursor(*parts: str | int | None) -> str:
    """Pack what a page ended with; opaque to the caller, and worth nothing without a log-in."""
    text = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, *kinds: type) -> list[Any]:
    """Unpack a cursor.

    Args:
        kinds: what each part must be.

    Raises:
        Refused: it is not one of this list's.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
    except (binascii.Error, UnicodeError, ValueError, RecursionError):
        parts = None
    fits = isinstance(parts, list) and len(parts) == len(kinds)
    if not fits or not all(_fits(part, kind) for part, kind in zip(parts, kinds, strict=True)):
        raise Refused("bad_cursor")
    return list(parts)


def number_after(cursor: str | None) -> int | None:
    """Read the cursor of a list in order of number; None for its beginning."""
    if cursor is None:
        return None
    number: int = read_cursor(cursor, int)[0]
    return number


def moment_of(text: str) -> datetime:
    """Read a moment that a cursor holds.

    Raises:
        Refused: it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
        utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("bad_cursor") from None
    if moment.tzinfo is None:
        raise Refused("bad_cursor")
    return utc


def _fits(part: object, kind: type) -> bool:
    if kind is int:
        return type(part) is int and 0 <= part <= MAX_NUMBER
    return type(part) is kind and _is_kept(str(part))


def _is_kept(text: str) -> bool:
    """Whether a database keeps a text: a lone surrogate and a NUL it does not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def next_cursor(
    items: Sequence[_Item], limit: int, key: Callable[[_Item], Sequence[str | int | None]]
) -> str | None:
    """Write the cursor of the next page; None where this is the last.

    Args:
        items: what was found, one more than the page holds where there are more.
    """
    return as_cursor(*key(items[limit - 1])) if len(items) > limit else None


@dataclass(frozen=True, slots=True)
class Days:
    """A stretch of whole days in the call centre's zone; both may be open."""

    since: datetime | None
    until: datetime | None


def days_between(first: date | None, last: date | None, zone: ZoneInfo) -> Days:
    """Turn two days, both included, into moments.

    Raises:
        Refused: a day that no calendar of ours reaches.
    """
    for name, day in (("since", first), ("until", last)):
        if day is not None and not 1900 <= day.year <= 9000:
            raise invalid(f"query.{name}", "date_out_of_range", "a day from 1900 to 9000")
    since = datetime.combine(first, time(), zone) if first else None
    until = datetime.combine(last + timedelta(days=1), time(), zone) if last else None
    return Days(since, until)
