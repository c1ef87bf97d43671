"""How values are written on the page: times, lengths, moments, punctuation."""

import re
from datetime import datetime

_FULL_WIDTH = str.maketrans(",?!:;", "，？！：；")
_HALF_WIDTH = re.compile(r"(?<=[\u4e00-\u9fff])(?:[,?!:;]|\.(?!\w))")


def format_time(ms: int) -> str:
    """Write a time in a recording as `mm:ss.s`, cut (not rounded) to a tenth of a second."""
    minutes, tenths = divmod(ms // 100, 600)
    return f"{minutes:02d}:{tenths // 10:02d}.{tenths % 10}"


def format_length(ms: int | None) -> str:
    """Write a length as `m:ss`, or `h:mm:ss` from an hour on."""
    if ms is None:
        return ""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def format_moment(moment: datetime | None) -> str:
    """Write a date and time to the minute; empty where it is unknown."""
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def format_short_moment(moment: datetime | None, year: int) -> str:
    """Write a date and time to the minute, without the year where it is the given one."""
    if moment is None or moment.year != year:
        return format_moment(moment)
    return f"{moment:%m-%d %H:%M}"


def chinese_punctuation(text: str) -> str:
    """Set half-width marks after Chinese characters full-width, one mark for one."""
    return _HALF_WIDTH.sub(
        lambda mark: "。" if mark[0] == "." else mark[0].translate(_FULL_WIDTH), text
    )
