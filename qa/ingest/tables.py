"""Read a CSV or JSON Lines table into rows by field name, with every fault told."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.errors import IngestError
from qa.ingest.columns import TableKind, normalise_header
from qa.ingest.encoding import DAMAGED, decode_table
from qa.ingest.objects import ObjectFile
from qa.ingest.rows import Issue

TABLE_ENDINGS = (".csv", ".jsonl")
_DELIMITERS = ",\t;,"
_MAX_TABLE_BYTES = 2 << 30
MAX_RECORD_LINES = 200
MAX_NAMES_CHARS = 500
# Control characters, and halves of surrogate pairs, which no database takes.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Row:
    """Cells by field name, stripped; an empty cell is None."""

    line: int
    cells: dict[str, str | None]


class Report:
    """Collects issues of one table."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.issues: list[Issue] = []

    def reject(self, line: int | None, code: str, reason: str) -> None:
        """Tell that a row, or the table where `line` is None, is left out."""
        self.issues.append(Issue(self.file, line, True, code, reason))

    def notice(self, line: int | None, code: str, reason: str) -> None:
        """Tell that something is odd, though nothing was left out."""
        self.issues.append(Issue(self.file, line, False, code, reason))


def read_table(path: Path | ObjectFile, kind: TableKind, report: Report) -> list[Row]:
    """Read the rows of a table that can be read; the report tells of the others.

    A table that cannot be read at all is reported too, and gives no rows: one bad export must not
    stop a night's work.
    """
    text = read_text(path, report)
    if text is None:
        return []
    if path.suffix.lower() == ".jsonl":
        return list(_jsonl_rows(text, kind, report))
    return list(_csv_rows(text, kind, report))


def read_text(path: Path | ObjectFile, report: Report) -> str | None:
    """Read a table's text; None when it cannot be read, which the report then tells."""
    try:
        if path.stat().st_size > _MAX_TABLE_BYTES:
            raise IngestError(report.file, "larger than 2 GiB; split it")
        return decode_table(path.read_bytes(), report.file).text
    except (IngestError, OSError) as error:
        problem = error.problem if isinstance(error, IngestError) else type(error).__name__
        report.reject(None, "unreadable_table", f"the table cannot be read: {problem}")
        return None


def _csv_rows(text: str, kind: TableKind, report: Report) -> Iterator[Row]:
    lines = split_lines(text)
    records = csv_records(lines, _delimiter(lines), report)
    header = next(((n, r) for n, r in records if any(c.strip() for c in r)), None)
    if header is None:
        report.notice(None, "empty_table", "the table is empty")
        return
    fields = _fields(header[1], header[0], kind, report)
    if not any(fields):
        report.reject(header[0], "no_header", "the first line names no known column")
        return
    for line, record in records:
        if not any(cell.strip() for cell in record):
            continue
        if len(record) > len(fields) and any(cell.strip() for cell in record[len(fields) :]):
            report.reject(line, "too_many_cells", "the row has more cells than the header")
            continue
        cells = {f: cell for f, cell in zip(fields, record, strict=False) if f}
        cells = {f: cells.get(f, "") for f in fields if f}  # a short row ends in empty cells
        row = checked_row(line, cells, report)
        if row:
            yield row


def split_lines(text: str) -> list[str]:
    """Split at any line end; each line ends in a line feed."""
    # Not splitlines: it also splits at separators that may stand inside a cell.
    return [f"{line}\n" for line in re.split(r"\r\n|\r|\n", text)]


def csv_records(
    lines: Sequence[str], delimiter: str, report: Report
) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells); after a broken record go on with the line that follows its first.

    Args:
        lines: each with its line end.
    """
    start = 0
    while start < len(lines):
        span = _Span(lines, start)
        reader = csv.reader(span, delimiter=delimiter, strict=True)
        consumed = 0
        try:
            for record in reader:
                yield start + consumed + 1, record
                consumed = span.record_ended()
            return
        except csv.Error:
            line = start + consumed + 1
            report.reject(line, "bad_quotes", 'the row\'s quotes do not match; write " as ""')
            start = line


class _Span:
    """Hands lines to the CSV reader, and stops a record that runs over too many of them.

    A quote that is never closed would else swallow the rest of the file, once for each such row.
    """

    def __init__(self, lines: Sequence[str], start: int) -> None:
        self._lines, self._start = lines, start
        self._given = self._ended = 0

    def __iter__(self) -> "_Span":
        return self

    def __next__(self) -> str:
        if self._start + self._given >= len(self._lines):
            raise StopIteration
        if self._given - self._ended > MAX_RECORD_LINES:
            raise csv.Error("a cell with too many lines")
        self._given += 1
        return self._lines[self._start + self._given - 1]

    def record_ended(self) -> int:
        """Take note that a record is whole; return how many lines were read."""
        self._ended = self._given
        return self._given


def _delimiter(lines: list[str]) -> str:
    head = next((line for line in lines if line.strip()), "")
    return max(_DELIMITERS, key=head.count)  # Excel writes tabs in UTF-16, semicolons in places


def _fields(
    header: Iterable[str], line: int | None, kind: TableKind, report: Report
) -> list[str | None]:
    """Map header cells to fields; unknown and repeated ones are told once, and ignored."""
    fields: list[str | None] = []
    unknown = []
    for cell in header:
        field = kind.field_of(cell)
        if field is not None and field in fields:
            report.notice(line, "repeated_column", f"a second column for '{field}' is ignored")
            field = None
        elif field is None and normalise_header(cell):
            unknown.append(cell)
        fields.append(field)
    if unknown and any(fields):
        report.notice(
            line, "unknown_column", f"unknown columns are ignored: {header_names(unknown)}"
        )
    return fields


def header_names(headers: Iterable[str]) -> str:
    """List header cells to be shown; long digits go: a table without a header has numbers there."""
    shown = ("".join(c for c in name.strip()[:40] if c.isprintable()) for name in headers)
    text = ", ".join("'" + re.sub(r"\d{5,}", "…", name) + "'" for name in shown)
    return text if len(text) <= MAX_NAMES_CHARS else f"{text[:MAX_NAMES_CHARS]}…"


def _jsonl_rows(text: str, kind: TableKind, report: Report) -> Iterator[Row]:
    unknown: set[str] = set()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            report.reject(number, "bad_json", "the line is not JSON")
            continue
        if not isinstance(value, dict):
            report.reject(number, "bad_json", "the line is not a JSON object")
            continue
        fresh = [name for name in value if kind.field_of(name) is None and name not in unknown]
        if fresh:
            unknown.update(fresh)
            report.notice(
                number, "unknown_column", f"unknown names are ignored: {header_names(fresh)}"
            )
        row = object_row(number, value, kind, report)
        if row:
            yield row


def object_row(
    number: int, value: Mapping[str, Any], kind: TableKind, report: Report
) -> Row | None:
    """Read one object as a row of a table; None when it was rejected.

    Args:
        number: its line, or its place in a list, from 1.
    """
    cells = _json_cells(value, kind)
    if cells is None:
        report.reject(number, "bad_value", "a value is a list or an object, not a single value")
        return None
    return checked_row(number, cells, report)


def _json_cells(value: Mapping[str, Any], kind: TableKind) -> dict[str, str] | None:
    cells: dict[str, str] = {}
    for name, item in value.items():
        field = kind.field_of(name)
        if field is None or field in cells:
            continue
        if isinstance(item, (list, dict)):
            return None
        if isinstance(item, bool):
            item = "true" if item else "false"
        cells[field] = "" if item is None else str(item)
    return cells


def checked_row(line: int | None, cells: Mapping[str, str], report: Report) -> Row | None:
    """Strip the cells of a row; None when they hold what no table should, which is reported."""
    values = {field: cell.strip() or None for field, cell in cells.items()}
    texts = [value for value in values.values() if value]
    if any(DAMAGED in value for value in texts):
        report.reject(
            line, "bad_encoding", "the row holds bytes that are not text; export it again"
        )
        return None
    if any(_CONTROL.search(value) for value in texts):
        report.reject(line, "bad_characters", "the row holds control characters")
        return None
    return Row(line or 0, values)
