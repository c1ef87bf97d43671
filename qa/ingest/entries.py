"""Rows of cells to parsed entries; each row that does not parse is rejected with its reason."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from qa.ingest.rows import AnswersEntry, CallEntry, NoticeEntry, RecordEntry, StationEntry
from qa.ingest.tables import Report, Row
from qa.types import Attitude, Direction, ReleasedBy

MAX_ID_CHARS = 200
MAX_PATH_CHARS = 4096
MAX_TEXT_CHARS = 1000
MAX_RINGS = 1000
TOP_POINTS = 10
YEARS = range(1970, 2200)
"""What a clock may show, right or wrong; 9999-12-31 is an export's way to say nothing."""
TICKET_TIMES = ("received_at", "contacted_at", "arrived_at", "completed_at")

_TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T\s]+0?0:00(?::00)?)?")
_RULESET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_DIRECTIONS = {
    **dict.fromkeys(("inbound", "in", "incoming", "呼入", "来电", "呼入电话"), Direction.INBOUND),
    **dict.fromkeys(("outbound", "out", "outgoing", "呼出", "外呼", "去电"), Direction.OUTBOUND),
}
_RELEASED = {
    **dict.fromkeys(("agent", "坐席", "座席", "话务员"), ReleasedBy.AGENT),
    **dict.fromkeys(("customer", "caller", "客户", "用户"), ReleasedBy.CUSTOMER),
}
_YES_NO = {
    **dict.fromkeys(("true", "yes", "y", "1", "是", "欠费"), True),
    **dict.fromkeys(("false", "no", "n", "0", "否", "不欠费"), False),
}


class _BadCellError(ValueError):
    """A cell does not parse; `args` are the code and the reason."""


def call_entry(row: Row, report: Report, zone: ZoneInfo) -> CallEntry | None:
    """Parse a row of calls.csv; None when it was rejected."""
    cells = dict(row.cells)
    call_id, file = cells.pop("call_id", None), cells.pop("file", None)
    if call_id is None and file is None:
        report.reject(row.line, "no_key", "the row has neither a file nor a call id")
        return None
    values, faults = call_values({**cells, "call_id": call_id, "file": file}, zone)
    if faults:
        report.reject(row.line, faults[0].code, faults[0].reason)
        return None
    return CallEntry(report.file, row.line, call_id, file, values)


@dataclass(frozen=True, slots=True)
class Fault:
    """A field that does not parse; the reason never holds its value."""

    field: str
    code: str
    reason: str


def call_values(
    cells: Mapping[str, str | None], zone: ZoneInfo
) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """Parse the fields of a call, and say of each that does not parse what is wrong.

    Args:
        cells: texts by field; `call_id` and `file` are only checked.

    Returns:
        Values by field name of `qa.types.Call`; and the faults, in the order of the fields.
    """
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for field, cell in cells.items():
        try:
            if field == "file":
                _check_length(cell, MAX_PATH_CHARS)
            elif field == "call_id":
                _check_length(cell, MAX_ID_CHARS)
            else:
                values[field] = _call_value(field, cell, zone)
        except _BadCellError as error:
            faults.append(Fault(field, *error.args))
    return values, tuple(faults)


def answers_entry(row: Row, report: Report) -> AnswersEntry | None:
    """Parse a row of answers.csv; None when it was rejected."""
    cells = dict(row.cells)
    call_id, file = cells.pop("call_id", None), cells.pop("file", None)
    if call_id is None and file is None:
        report.reject(row.line, "no_key", "the row has neither a file nor a call id")
        return None
    try:
        _check_length(call_id, MAX_ID_CHARS)
        _check_length(file, MAX_PATH_CHARS)
        values = {
            name: None if cell is None else parse(cell)
            for column, cell in cells.items()
            for name, parse in (_ANSWERS[column],)
        }
    except _BadCellError as error:
        report.reject(row.line, *error.args)
        return None
    return AnswersEntry(report.file, row.line, call_id, file, values)


def station_entry(row: Row, report: Report) -> StationEntry | None:
    """Parse a row of a station table; None when it was rejected."""
    compound, station = row.cells.get("compound"), row.cells.get("station")
    if compound is None or station is None:
        report.reject(row.line, "no_key", "the row needs a compound and its station")
    elif max(len(compound), len(station)) > MAX_ID_CHARS:
        report.reject(row.line, "too_long", f"a cell is longer than {MAX_ID_CHARS} characters")
    else:
        return StationEntry(compound, station)
    return None


def ticket_entry(row: Row, report: Report, zone: ZoneInfo) -> RecordEntry | None:
    """Parse a row of tickets.csv; None when it was rejected."""
    entry = record_entry(row, report, "ticket_id")
    if entry is None:
        return None
    times: dict[str, datetime] = {}
    for name in TICKET_TIMES:
        text = entry.values.get(name)
        if not text:
            continue
        time = parse_time(str(text), zone)
        if time is None:
            reason = f"{name} is no date and time such as 2025-11-18 09:12:30"
            report.reject(row.line, "bad_time", reason)
            return None
        times[name] = time
    return RecordEntry(entry.key, {**entry.values, **times})


def record_entry(row: Row, report: Report, key: str) -> RecordEntry | None:
    """Parse a row of a table of texts (agents.csv); None when it was rejected.

    Args:
        key: the column that identifies the row.
    """
    cells = dict(row.cells)
    identity = cells.pop(key, None)
    if identity is None:
        report.reject(row.line, "no_key", f"the row has no {key}")
        return None
    try:
        _check_length(identity, MAX_ID_CHARS)
        for cell in cells.values():
            _check_length(cell, MAX_TEXT_CHARS if key == "ticket_id" else MAX_ID_CHARS)
    except _BadCellError as error:
        report.reject(row.line, *error.args)
        return None
    return RecordEntry(identity, cells)


def notice_entry(row: Row, report: Report) -> NoticeEntry | None:
    """Parse a row of notices.csv; None when it was rejected."""
    festival = row.cells.get("festival")
    first, last = parse_day(row.cells.get("from")), parse_day(row.cells.get("to"))
    script, number = row.cells.get("script"), row.cells.get("number")
    if festival is None or len(festival) > MAX_ID_CHARS:
        report.reject(row.line, "no_key", "the row names no festival")
    elif first is None or last is None:
        report.reject(row.line, "bad_day", "from and to must be days such as 2026-02-15")
    elif last < first:
        report.reject(row.line, "bad_window", "the notice ends before it starts")
    elif max(len(script or ""), len(number or "")) > MAX_ID_CHARS:
        report.reject(row.line, "too_long", f"a cell is longer than {MAX_ID_CHARS} characters")
    else:
        return NoticeEntry(festival, first, last, script, number)
    return None


def parse_time(text: str, zone: ZoneInfo) -> datetime | None:
    """Read a date with a time of day, as ISO 8601 or as spreadsheets write it.

    Args:
        zone: where the text has no offset.

    Returns:
        The time in UTC; None when it is none, or of a year that no clock shows (`YEARS`).
    """
    found = _TIME.fullmatch(text)
    if not found or int(found[1]) not in YEARS:
        return None
    numbers = [int(part or 0) for part in found.groups()[:6]]
    offset = (found[7] or "").upper()
    try:
        naive = datetime(*numbers)  # type: ignore[arg-type]  # six numbers, then no zone
        aware = (
            datetime.fromisoformat(f"{naive.isoformat()}{offset}")
            if offset
            else naive.replace(tzinfo=zone)
        )
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_day(text: str | None) -> date | None:
    """Read a day, as ISO 8601 or as spreadsheets write it; None when it is none."""
    found = _DAY.fullmatch(text or "")
    if not found:
        return None
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        return None


def _check_length(cell: str | None, limit: int) -> None:
    if cell is not None and len(cell) > limit:
        raise _BadCellError("too_long", f"a cell is longer than {limit} characters")


def _call_value(field: str, cell: str | None, zone: ZoneInfo) -> Any:
    if cell is None:
        return None
    if field == "started_at":
        time = parse_time(cell, zone)
        if time is None:
            raise _BadCellError(
                "bad_time", "started_at is no date and time such as 2025-11-18 09:12:30"
            )
        return time
    parse = _PARSERS.get(field)
    _check_length(cell, MAX_ID_CHARS)
    return parse(cell) if parse else cell


def _choice(choices: Mapping[str, Any], code: str, reason: str) -> Callable[[str], Any]:
    def parse(cell: str) -> Any:
        value = choices.get(cell.casefold())
        if value is None:
            raise _BadCellError(code, reason)
        return value

    return parse


def _rings(cell: str) -> int:
    digits = re.fullmatch(r"(\d{1,4})(?:\.0+)?", cell)  # spreadsheets write 3 as 3.0
    if not digits or not digits[1].isascii() or int(digits[1]) > MAX_RINGS:
        raise _BadCellError(
            "bad_ring_count", f"ring_count is no whole number from 0 to {MAX_RINGS}"
        )
    return int(digits[1])


def _points(cell: str) -> int:
    digits = re.fullmatch(r"(\d{1,2})(?:\.0+)?分?", cell)
    if not digits or not digits[1].isascii() or not 1 <= int(digits[1]) <= TOP_POINTS:
        raise _BadCellError("bad_points", f"d is no whole number from 1 to {TOP_POINTS}")
    return int(digits[1])


def _remark(cell: str) -> str:
    _check_length(cell, MAX_TEXT_CHARS)
    return cell


def _ruleset(cell: str) -> str:
    if not _RULESET.fullmatch(cell):  # a path here would let a table open any file
        raise _BadCellError("bad_ruleset", "ruleset is no name such as heating-repair")
    return cell


_PARSERS: dict[str, Callable[[str], Any]] = {
    "direction": _choice(
        _DIRECTIONS, "unknown_direction", "direction is neither inbound/呼入 nor outbound/呼出"
    ),
    "released_by": _choice(
        _RELEASED, "unknown_releaser", "released_by is neither agent/坐席 nor customer/客户"
    ),
    "fee_unpaid": _choice(_YES_NO, "bad_yes_no", "fee_unpaid is neither yes/是 nor no/否"),
    "ring_count": _rings,
    "ruleset": _ruleset,
}
_NO = ("否", "没有", "无", "no", "n", "false", "0")
_SOLVED = {
    **dict.fromkeys(("是", "已解决", "解决", "yes", "y", "true", "1"), True),
    **dict.fromkeys((*_NO, "未解决", "没解决"), False),
}
_CHARGED = {
    **dict.fromkeys(("是", "有", "收费", "已收费", "yes", "y", "true", "1"), True),
    **dict.fromkeys((*_NO, "未收费", "没收费", "不收费"), False),
}
_ATTITUDES = {
    **dict.fromkeys(("满意", "satisfied"), Attitude.SATISFIED),
    **dict.fromkeys(("普通", "一般", "ordinary"), Attitude.ORDINARY),
    **dict.fromkeys(("不满意", "dissatisfied"), Attitude.DISSATISFIED),
}
_ANSWERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "a": ("solved", _choice(_SOLVED, "bad_yes_no", "a is neither yes/是 nor no/否")),
    "b": ("attitude", _choice(_ATTITUDES, "bad_attitude", "b is none of 满意, 普通, 不满意")),
    "c": ("charged", _choice(_CHARGED, "bad_yes_no", "c is neither yes/是 nor no/否")),
    "d": ("points", _points),
    "e": ("remark", _remark),
}
