"""Read files of call detail records line by line, whatever system writes them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from qa.errors import IngestError
from qa.ingest.cdr import CdrRules, entries_of, record_of
from qa.ingest.columns import normalise_header
from qa.ingest.rows import Intake
from qa.ingest.tables import Report, checked_row, csv_records, read_text, split_lines

Layout = Callable[[Sequence[str]], Sequence[str] | None]
"""Names the fields of a record with these cells; None where no record has so many. A field whose
name is empty is passed over."""


class RecordsFile:
    """A file of records that is parsed only when it has changed since the last look."""

    def __init__(self, file: Path, headers: Mapping[str, str], rules: CdrRules) -> None:
        self._file, self._headers, self._rules = file, headers, rules
        self._last: tuple[tuple[int, int, int], Intake] | None = None

    def read(self, layout: Layout) -> Intake:
        """Read the conversations of the file.

        Raises:
            IngestError: there is no such file.
        """
        state = _state(self._file)
        if self._last is not None and self._last[0] == state:
            return self._last[1]
        intake = read_records(self._file, layout, self._headers, self._rules)
        if _state(self._file) == state:  # else it was written to while it was read
            self._last = (state, intake)
        return intake


def _state(file: Path) -> tuple[int, int, int]:
    try:
        found = file.stat()
    except OSError as error:
        problem = f"there is no such file of call records, or it cannot be read: {error.strerror}"
        raise IngestError(str(file), f"{problem}; see the setting cdr") from error
    return found.st_ino, found.st_size, found.st_mtime_ns


def read_records(file: Path, layout: Layout, headers: Mapping[str, str], rules: CdrRules) -> Intake:
    """Read one file of records.

    The last line is left for the next time where it has no line end: the telephone system is still
    writing it.

    Args:
        layout: names the fields where the file has no header.
        headers: field by normalised header cell; a first line that names two of them is a header.

    Raises:
        IngestError: there is no such file.
    """
    if not file.is_file():
        raise IngestError(str(file), "there is no such file of call records; see the setting cdr")
    report = Report(str(file.absolute()))
    text = read_text(file, report) or ""
    if text and not text.endswith(("\n", "\r")):
        text, _, _ = text.rpartition("\n") if "\n" in text else ("", "", "")
        reason = "the last line has no end; it is read next time, once it is written"
        report.notice(None, "unfinished_line", reason)
    records, fields = [], None
    for number, (line, cells) in enumerate(csv_records(split_lines(text), ",", report)):
        if not any(cell.strip() for cell in cells):
            continue
        if number == 0 and (named := _header(cells, headers)):
            fields = named
            continue
        names = fields or layout(cells)
        if names is None or len(cells) > len(names):
            report.reject(line, "bad_record", _unlike(len(cells)))
            continue
        row = checked_row(line, dict(_pairs(names, cells)), report)
        record = record_of(row, report, rules) if row else None
        if record is not None:
            records.append(record)
    calls, counts = entries_of(records, report)
    for what, count in counts.items():
        if count:
            reason = f"{count} calls were {what}: no conversation with a customer, not taken"
            report.notice(None, f"{what}_calls", reason)
    return Intake(str(file.absolute()), calls=calls, issues=tuple(report.issues))


def _header(cells: Sequence[str], headers: Mapping[str, str]) -> list[str] | None:
    """Name the fields by the file's first line, if it is a header."""
    names = [headers.get(normalise_header(cell), "") for cell in cells]
    known = [name for name in names if name]
    return names if len(known) > 1 and len(set(known)) == len(known) else None


def _pairs(names: Sequence[str], cells: Sequence[str]) -> list[tuple[str, str]]:
    return [(name, cell) for name, cell in zip(names, cells, strict=False) if name]


def _unlike(count: int) -> str:
    return (
        f"a record with {count} cells is none that this format knows; set cdr_format, or "
        "cdr_columns to the order of your fields"
    )
