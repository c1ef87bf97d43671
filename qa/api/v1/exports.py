"""Tables to take out of the house, streamed row by row."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from qa.api.access import Viewer
from qa.api.problems import Refused, declared
from qa.api.service import Service
from qa.api.v1.seeing import Clear
from qa.api.v1.shared import PLAIN, Running, days_between, who
from qa.records import Right
from qa.store import export_rows
from qa.store.audit import Detail, audit
from qa.store.export_rows import Export
from qa.store.queries import CallFilter

router = APIRouter(prefix="/exports", tags=["exports"])
Exporter = Annotated[Viewer, who(Right.EXPORT)]
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_ROWS_AT_ONCE = 200


class Kind(StrEnum):
    """What is exported."""

    CALLS = "calls"
    VERDICTS = "verdicts"
    REVIEWS = "reviews"
    APPEALS = "appeals"


_TABLES: Final[dict[Kind, tuple[Sequence[str], Callable[..., Iterator[dict[str, Any]]]]]] = {
    Kind.CALLS: (export_rows.CALL_EXPORT, export_rows.call_rows),
    Kind.VERDICTS: (export_rows.VERDICT_EXPORT, export_rows.verdict_rows),
    Kind.REVIEWS: (export_rows.REVIEW_EXPORT, export_rows.review_rows),
    Kind.APPEALS: (export_rows.APPEAL_EXPORT, export_rows.appeal_rows),
}
_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
_DESCRIBED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The table, a row a line. Cells of a CSV that a spreadsheet would take for "
        "a formula begin with a quote.",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/x-ndjson": {"schema": {"type": "string"}},
        },
    }
}


@router.get(
    "/{kind}.{ending}",
    summary="Take out a table",
    response_class=StreamingResponse,
    responses={**_DESCRIBED, **declared("not_allowed", "invalid")},
)
def take_out(
    kind: Kind,
    ending: Literal["csv", "jsonl"],
    service: Running,
    viewer: Exporter,
    agent: Annotated[str | None, Query(max_length=200, pattern=PLAIN)] = None,
    since: Annotated[date | None, Query(description="First day, in the centre's zone.")] = None,
    until: Annotated[date | None, Query(description="Last day, in the centre's zone.")] = None,
    clear: Clear = False,
) -> StreamingResponse:
    """Stream calls, verdicts, decisions or appeals that you may see; every export is audited."""
    if clear and not viewer.may(Right.SEE_PERSONAL_DATA):
        raise Refused("not_allowed", "your account does not see personal data in clear")
    days = days_between(since, until, service.store.zone)
    wanted = CallFilter(agent_id=agent, since=days.since, until=days.until, scope=viewer.scope)
    details: dict[str, Detail] = {
        "kind": kind.value,
        "format": ending,
        "agent": agent,
        "since": since.isoformat() if since else None,
        "until": until.isoformat() if until else None,
        "clear": clear,
    }
    with service.store.writing() as session:
        audit(session, viewer.user, "export.take", None, None, details)
    headers = {"content-disposition": f'attachment; filename="{kind.value}.{ending}"'}
    lines = _lines(service, kind, Export(service.store.zone, wanted, clear), ending)
    return StreamingResponse(lines, media_type=_TYPES[ending], headers=headers)


def _lines(service: Service, kind: Kind, export: Export, ending: str) -> Iterator[bytes]:
    """Write the table piece by piece; the database is read as it is when the export begins."""
    fields, rows_of = _TABLES[kind]
    with service.store.reading() as session:
        write = _CsvLines(fields) if ending == "csv" else _json_line
        if isinstance(write, _CsvLines):
            yield b"\xef\xbb\xbf" + write.head()  # spreadsheets take it for another encoding else
        held: list[bytes] = []
        for row in rows_of(session, export):
            held.append(write(row))
            if len(held) == _ROWS_AT_ONCE:
                yield b"".join(held)
                held = []
        yield b"".join(held)


def _json_line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n"


class _CsvLines:
    """Writes rows of a CSV in which no cell is a formula."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._fields = fields

    def head(self) -> bytes:
        """Write the names of the columns."""
        return self._written(self._fields)

    def __call__(self, row: dict[str, Any]) -> bytes:
        """Write one row."""
        return self._written([safe_cell(row[name]) for name in self._fields])

    def _written(self, cells: Sequence[Any]) -> bytes:
        out = io.StringIO()
        csv.writer(out).writerow(cells)
        return out.getvalue().encode()


def safe_cell(value: Any) -> Any:
    """Keep a spreadsheet from taking a text for a formula; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value
