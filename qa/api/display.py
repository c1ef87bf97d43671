"""How values are written on the page: times, lengths, numbers that are masked."""

import re
from datetime import datetime

_MOBILE = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")
_VISIBLE = 4
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


def mask_number(number: str | None) -> str:
    """Hide the middle of a telephone number: `138****1234`.

    Returns:
        The number with all but its first three and last four characters replaced; a short one
        keeps its last two at most, and never more than half of it is shown.
    """
    if not number:
        return ""
    if len(number) >= 3 + _VISIBLE + 3:
        return f"{number[:3]}{'*' * (len(number) - 7)}{number[-_VISIBLE:]}"
    shown = min(2, len(number) // 2)
    return "*" * (len(number) - shown) + number[len(number) - shown :]


def mask_numbers_in(text: str) -> str:
    """Hide mobile numbers inside a file name or an id: recorders like to put them there."""
    return _MOBILE.sub(r"\1****\2", text)


def mask_name(name: str | None) -> str:
    """Keep the family name: `张**`."""
    return name[0] + "*" * max(1, len(name) - 1) if name else ""


def chinese_punctuation(text: str) -> str:
    """Set half-width marks after Chinese characters full-width, one mark for one."""
    return _HALF_WIDTH.sub(
        lambda mark: "。" if mark[0] == "." else mark[0].translate(_FULL_WIDTH), text
    )
