"""What several pages use: codes in words, titles of rules."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import HTTPException, Request
from pydantic import Field

from qa.api.rendering import language
from qa.api.v1.shared import MAX_NUMBER
from qa.api.views import CLASSES, SYMBOLS
from qa.errors import RecordingFault
from qa.types import Direction, Outcome
from qa.wording import DIRECTIONS, fault_text, grade_name

Number = Annotated[int, Field(ge=1, le=MAX_NUMBER)]
"""The number of a row; every number that an address or a form names: databases keep none longer."""
Count = Annotated[int, Field(ge=0, le=MAX_NUMBER)]
"""Such a number, or 0 for none."""


def code_words(request: Request) -> dict[str, Any]:
    """Give templates the functions that say codes in the language of the request."""
    lang = language(request)
    return {
        "fault": lambda code: _fault(code, lang),
        "direction": lambda code: DIRECTIONS[Direction(code)].text(lang) if code else "",
        "grade": lambda grade: grade_name(grade, lang),
        "symbol": SYMBOLS,
        "css": CLASSES,
        "Outcome": Outcome,
    }


def titles_in(titles: dict[str, tuple[str, str]], lang: str) -> dict[str, str]:
    """Choose the language of rules' titles, given as Chinese and English; in order of rule id."""
    return {rule_id: pair[1 if lang == "en" else 0] for rule_id, pair in sorted(titles.items())}


def _fault(code: str | None, lang: str) -> str:
    known = {fault.value: fault for fault in RecordingFault}
    return fault_text(known[code], lang) if code in known else code or ""


def midnight(text: str, zone: ZoneInfo, days_later: int) -> datetime | None:
    """Read a day of an address as the moment it begins; None where none is given.

    Args:
        days_later: so many days behind it.

    Raises:
        HTTPException: 400, there is no such day.
    """
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise HTTPException(400, "a date is written 2025-11-18") from error
    if not 1900 <= day.year <= 9000:
        raise HTTPException(400, "a date is written 2025-11-18")
    return datetime.combine(day + timedelta(days=days_later), time(), tzinfo=zone)
