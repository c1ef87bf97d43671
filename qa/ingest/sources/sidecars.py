"""A JSON file beside a recording: what the telephone system knows of this one call.

`a.json` or `a.wav.json` belongs to `a.wav`. It holds one object with the fields of `calls`, under
any of their names; `docs/reference/sidecar.schema.json` is its JSON Schema.
"""

import json
from typing import Any
from zoneinfo import ZoneInfo

from qa.errors import IngestError
from qa.ingest.columns import CALLS
from qa.ingest.encoding import decode_table
from qa.ingest.entries import MAX_ID_CHARS, MAX_RINGS, call_values
from qa.ingest.rows import CallEntry, FoundFile, Issue, Voice
from qa.ingest.scan import AUDIO_SUFFIXES
from qa.ingest.tables import Report, checked_row, header_names

MAX_BYTES = 1 << 20


def read_sidecar(
    file: FoundFile, recordings: set[str], zone: ZoneInfo
) -> tuple[CallEntry | None, tuple[Issue, ...]]:
    """Read one sidecar.

    Args:
        recordings: relative paths of the recordings that are there.
        zone: of times that are written without one.

    Returns:
        The entry, or None where the file is no sidecar or cannot be used; and what is to be told:
        every wrong field, each with its reason.
    """
    beside = recording_of(file.relative, recordings)
    if beside is None and recording_of(_without_middle(file.relative), recordings):
        return None, ()  # `a.truth.json` beside `a.wav`: another program's
    report = Report(file.relative)
    document = _document(file, report)
    if document is None:
        return None, tuple(report.issues)
    fields = {CALLS.field_of(name) for name in document} - {None}
    if beside is None and not fields:
        return None, ()  # nothing in it is about a call
    if beside is None and not {"file", "call_id"} & fields:
        reason = "no recording lies beside it, and it names neither file nor call_id"
        report.reject(None, "no_key", reason)
        return None, tuple(report.issues)
    entry = _entry(document, beside, report, zone)
    return entry, tuple(report.issues)


def _entry(
    document: dict[str, Any], beside: str | None, report: Report, zone: ZoneInfo
) -> CallEntry | None:
    """Parse the fields; None when one of them is wrong."""
    cells = _cells(document, report)
    row = checked_row(None, cells, report) if not report_rejects(report) else None
    if row is None:
        return None
    values, faults = call_values(row.cells, zone)
    for fault in faults:
        report.reject(None, fault.code, f"{fault.field}: {fault.reason}")
    if faults:
        return None
    named = row.cells.get("file") if beside is None else beside
    return CallEntry(
        *(report.file, 0, row.cells.get("call_id"), named, values),
        voice=Voice.SIDECAR,
        moments=(values["started_at"],) if values.get("started_at") else (),
    )


def recording_of(sidecar: str, recordings: set[str]) -> str | None:
    """Find the recording that a sidecar lies beside: `a.wav.json` first, then `a.json`."""
    stem = sidecar[: -len(".json")]
    if stem in recordings:
        return stem
    endings = sorted(AUDIO_SUFFIXES | {suffix.upper() for suffix in AUDIO_SUFFIXES})
    beside = [f"{stem}{ending}" for ending in endings if f"{stem}{ending}" in recordings]
    return beside[0] if len(beside) == 1 else None


def _without_middle(sidecar: str) -> str:
    """Write `folder/a.truth.json` as `folder/a.json`; a plain name stays as it is."""
    folder, slash, name = sidecar.rpartition("/")
    return f"{folder}{slash}{name.split('.')[0]}.json"


def report_rejects(report: Report) -> bool:
    """Whether something of the file was rejected already."""
    return any(issue.rejected for issue in report.issues)


def _document(file: FoundFile, report: Report) -> dict[str, Any] | None:
    try:
        if file.size_bytes > MAX_BYTES:
            raise IngestError(file.relative, "larger than 1 MiB; a sidecar holds one object")
        document = json.loads(decode_table(file.path.read_bytes(), file.relative).text)
    except OSError as error:
        report.reject(None, "unreadable_file", f"cannot be read: {error.strerror}")
    except IngestError as error:
        report.reject(None, "unreadable_table", f"cannot be read: {error.problem}")
    except json.JSONDecodeError as error:
        report.reject(error.lineno, "bad_json", "this is not JSON; write one object { … }")
    except (ValueError, RecursionError):
        report.reject(None, "bad_json", "this is not JSON that can be read")
    else:
        if isinstance(document, dict):
            return document
        report.reject(None, "bad_json", "the file must hold one object { … }")
    return None


def _cells(document: dict[str, Any], report: Report) -> dict[str, str]:
    cells: dict[str, str] = {}
    for name, value in document.items():
        field = CALLS.field_of(name)
        if field is None:
            shown = header_names([name])
            report.notice(None, "unknown_column", f"the unknown field {shown} is ignored")
        elif field in cells:
            report.reject(None, "repeated_column", f"{field}: it stands twice, by two names")
        elif isinstance(value, (list, dict)):
            report.reject(None, "bad_value", f"{field}: a list or an object, not a single value")
        elif isinstance(value, bool):
            cells[field] = "true" if value else "false"
        else:
            cells[field] = "" if value is None else str(value)
    return cells


def sidecar_schema() -> dict[str, Any]:
    """Build the JSON Schema of a sidecar, from the columns of `calls`."""
    text = {"type": ["string", "null"], "maxLength": MAX_ID_CHARS}
    special: dict[str, Any] = {
        "file": {"type": ["string", "null"], "description": "only where it lies elsewhere"},
        "agent_id": {"type": ["string", "integer", "null"]},
        "ring_count": {"type": ["integer", "string", "null"], "minimum": 0, "maximum": MAX_RINGS},
        "fee_unpaid": {"type": ["boolean", "string", "null"]},
        "direction": {"enum": ["inbound", "outbound", "呼入", "呼出", None]},
        "released_by": {"enum": ["agent", "customer", "坐席", "客户", None]},
    }
    names = {name: special.get(name, text) for name in CALLS.columns}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tingjian sidecar",
        "description": "What the telephone system knows of the recording beside this file.",
        "type": "object",
        "properties": names,
        "additionalProperties": True,
    }
