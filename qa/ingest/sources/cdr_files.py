"""Read files of call detail records line by line, whatever system writes them.

Such files only grow, all day long, so that what was parsed is kept and only what is new is read.
"""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qa.errors import IngestError
from qa.ingest.cdr import CdrRules, Record, entries_of, record_of
from qa.ingest.columns import normalise_header
from qa.ingest.encoding import decode_table
from qa.ingest.rows import Intake, Issue
from qa.ingest.tables import MAX_RECORD_LINES, Report, checked_row, csv_records, split_lines

Layout = Callable[[Sequence[str]], Sequence[str] | None]
"""Names the fields of a record with these cells; None where no record has so many. A field whose
name is empty is passed over."""
_MAX_BYTES = 2 << 30
_HOLE = b"\x1a"
_State = tuple[int, int, int]


@dataclass(slots=True)
class _Parsed:
    """What has been read of a file so far.

    Attributes:
        head: the first bytes, by which a file is known to be the one that grew.
        offset, lines: bytes and lines that were read; whole lines only.
        fields: of the header; None where the file has none.
        header: its cells; the same again further down, as where files were joined, is no record.
        half: whether something stands behind the last line end.
    """

    head: bytes = b""
    offset: int = 0
    lines: int = 0
    fields: Sequence[str] | None = None
    header: Sequence[str] | None = None
    half: bool = False
    records: list[Record] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    @property
    def can_grow(self) -> bool:
        """Whether more can be read behind it: no open quote near the end may reach further.

        What holds zeros at its beginning, as UTF-16 does, is read from the start each time.
        """
        quotes = (i.line or 0 for i in self.issues if i.code == "bad_quotes")
        known = self.offset > 0 and bool(self.records)
        return known and all(n <= self.lines - MAX_RECORD_LINES for n in quotes)


class RecordsFile:
    """A file of records; what has been parsed is not parsed again while the file only grows."""

    def __init__(self, file: Path, headers: Mapping[str, str], rules: CdrRules) -> None:
        self._file, self._headers, self._rules = file.absolute(), headers, rules
        self._parsed: _Parsed | None = None
        self._last: tuple[_State, Intake] | None = None

    def read(self, layout: Layout) -> Intake:
        """Read the conversations of the file.

        The last line is left for the next time where it has no line end: the telephone system is
        still writing it.

        Args:
            layout: names the fields where the file has no header.

        Raises:
            IngestError: there is no such file.
        """
        state = self._state()
        if self._last is not None and self._last[0] == state:
            return self._last[1]
        parsed = self._parsed
        if parsed is None or not parsed.can_grow or not self._is_grown(parsed, state):
            parsed = _Parsed()
        if not self._parse(parsed, layout):
            parsed = _Parsed()  # a quote is open: perhaps since before, so from the start
            self._parse(parsed, layout)
        self._parsed = parsed
        intake = self._intake(parsed)
        if self._state() == state:  # else it was written to while it was read
            self._last = (state, intake)
        return intake

    def _state(self) -> _State:
        try:
            found = self._file.stat()
        except OSError as error:
            problem = f"there is no such file of call records, or it cannot be read: {error}"
            raise IngestError(str(self._file), f"{problem}; see the setting cdr") from error
        if not self._file.is_file():
            raise IngestError(str(self._file), "this is no file; see the setting cdr")
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _is_grown(self, parsed: _Parsed, state: _State) -> bool:
        """Whether the file is the one that was read, with more behind it."""
        if self._last is None or self._last[0][0] != state[0] or state[1] < parsed.offset:
            return False
        return self._bytes(0, len(parsed.head)) == parsed.head

    def _bytes(self, offset: int, count: int = -1) -> bytes:
        with self._file.open("rb") as stream:
            stream.seek(offset)
            return stream.read(count)

    def _parse(self, parsed: _Parsed, layout: Layout) -> bool:
        """Read what stands behind what has been read; False where that needs the whole file.

        That is so where a quote does not close, or the encoding is in question: it is found from
        the file as a whole, and only plain ASCII cannot change it.
        """
        report = Report(str(self._file))
        grown = parsed.offset > 0
        data = self._data(parsed.offset, report)
        if grown and not (data.isascii() and b"\x00" not in data):
            return False
        text = self._new_text(parsed, data, report)
        first = parsed.lines
        for line, cells in csv_records(split_lines(text), ",", report):
            if not any(cell.strip() for cell in cells):
                continue
            if first + line == 1 and (named := _header(cells, self._headers)):
                parsed.fields, parsed.header = named, cells
                continue
            if cells == parsed.header:
                continue
            names = parsed.fields or layout(cells)
            if names is None or len(cells) > len(names):
                report.reject(line, "bad_record", _unlike(len(cells)))
                continue
            row = checked_row(line, dict(_pairs(names, cells)), report)
            record = record_of(row, report, self._rules) if row else None
            if record is not None:
                parsed.records.append(record.moved(first))
        parsed.lines += text.count("\n")
        parsed.issues += [issue.moved(first) for issue in report.issues]
        return not (grown and any(issue.code == "bad_quotes" for issue in report.issues))

    def _data(self, offset: int, report: Report) -> bytes:
        try:
            if self._file.stat().st_size > _MAX_BYTES:
                raise IngestError(report.file, "larger than 2 GiB; rotate it")
            return self._bytes(offset)
        except (IngestError, OSError) as error:
            _tell(error, report)
            return b""

    def _new_text(self, parsed: _Parsed, data: bytes, report: Report) -> str:
        """Decode the whole lines that have not been read."""
        try:
            text = decode_table(_without_holes(data), report.file).text
        except IngestError as error:
            _tell(error, report)
            return ""
        whole = data[: data.rfind(b"\n") + 1]
        parsed.half = not text.endswith(("\n", "\r")) and bool(text)
        if parsed.half:
            text = text[: text.rfind("\n") + 1]
        if b"\x00" not in data[:1000]:  # UTF-16 is read from the start each time
            parsed.head = parsed.head or whole[:256]
            parsed.offset += len(whole)
        return re.sub(r"\r\n?", "\n", text)

    def _intake(self, parsed: _Parsed) -> Intake:
        report = Report(str(self._file))
        report.issues += parsed.issues
        if parsed.half:
            reason = "the last line has no end; it is read next time, once it is written"
            report.notice(None, "unfinished_line", reason)
        calls, counts = entries_of(parsed.records, report)
        for what, count in counts.items():
            if count:
                reason = f"{count} calls were {what}: no conversation with a customer, not taken"
                report.notice(None, f"{what}_calls", reason)
        return Intake(str(self._file), calls=calls, issues=tuple(report.issues))


def _without_holes(data: bytes) -> bytes:
    """Put another control character in the place of bytes of zero that are no UTF-16.

    A machine that lost its power leaves zeros where it was writing: they cost their own lines,
    which are told, and not the file. In UTF-16 every line has some, since each separator has one.
    """
    if b"\x00" not in data:
        return data
    whole = sum(b"\x00" not in line for line in io.BytesIO(data))
    return data.replace(b"\x00", _HOLE) if whole and 2 * whole >= data.count(b"\n") else data


def _tell(error: IngestError | OSError, report: Report) -> None:
    problem = error.problem if isinstance(error, IngestError) else type(error).__name__
    report.reject(None, "unreadable_table", f"the file cannot be read: {problem}")


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
