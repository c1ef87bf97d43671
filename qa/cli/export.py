"""`qa export`: rows for spreadsheets and other programs."""

import csv
import io
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from qa.cli.shared import AgentOption, SinceOption, opened_store, parse_since
from qa.errors import ConfigError

# A spreadsheet runs a cell that starts with one of these as a formula; the full-width forms count
# in East Asian versions.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_PLAIN_NUMBER = re.compile(r"-\d+(\.\d+)?")


class What(StrEnum):
    """What can be exported."""

    CALLS = "calls"
    VERDICTS = "verdicts"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("export")(export)


def export(
    what: Annotated[What, typer.Argument(metavar="calls|verdicts", help="Which rows.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV with a header (the default).")] = False,
    as_jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line.")] = False,
    excel: Annotated[
        bool, typer.Option("--excel", help="CSV that Excel opens as UTF-8 (byte order mark).")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Instead of stdout.")
    ] = None,
    flagged: Annotated[
        bool, typer.Option("--flagged", help="Only calls with a violation or an open question.")
    ] = False,
    agent: AgentOption = None,
    since: SinceOption = None,
) -> None:
    """Write calls, or the verdicts of their published scorecards.

    CSV cells that a spreadsheet would run as a formula start with an apostrophe; JSON Lines hold
    the values as they are.
    """
    from qa.store import exports
    from qa.store.queries import CallFilter

    if as_jsonl and (as_csv or excel):
        raise typer.BadParameter("choose one: --csv (with --excel) or --jsonl")
    with opened_store() as (store, _), store.reading() as session:
        wanted = CallFilter(flagged, agent, parse_since(since, store))
        fields: Sequence[str]
        if what is What.CALLS:
            rows, fields = exports.export_calls(session, wanted, store.zone), exports.CALL_FIELDS
        else:
            rows = exports.export_verdicts(session, wanted, store.zone)
            fields = exports.VERDICT_FIELDS
        with open_output(output, "utf-8-sig" if excel else "utf-8") as stream:
            if as_jsonl:
                write_jsonl(rows, stream)
            else:
                write_csv(rows, fields, stream)


def write_jsonl(rows: Iterable[Mapping[str, Any]], stream: TextIO) -> None:
    """Write one JSON object a line."""
    for row in rows:
        stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def write_csv(rows: Iterable[Mapping[str, Any]], fields: Sequence[str], stream: TextIO) -> None:
    """Write a header and one line a row; no cell can run as a formula."""
    writer = csv.writer(stream)
    writer.writerow(fields)
    for row in rows:
        writer.writerow([safe_cell(row[field]) for field in fields])


def safe_cell(value: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would run; plain numbers stay."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str) or _PLAIN_NUMBER.fullmatch(value):
        return value
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value


@contextmanager
def open_output(output: Path | None, encoding: str) -> Iterator[TextIO]:
    """Open stdout, or a file that appears only when it is whole."""
    if output is None:
        # Line ends are the CSV writer's own; UTF-8 whatever the terminal's locale.
        stream = io.TextIOWrapper(sys.stdout.buffer, encoding=encoding, newline="")
        try:
            yield stream
            stream.flush()
        finally:
            with suppress(OSError, ValueError):
                stream.detach()  # stdout itself stays open
        return
    with (
        _appears_whole(output) as unfinished,
        unfinished.open("w", encoding=encoding, newline="") as file,
    ):
        yield file


def write_whole(output: Path, content: bytes) -> None:
    """Write a file that appears only when it is whole.

    Raises:
        ConfigError: it cannot be written there.
    """
    with _appears_whole(output) as unfinished:
        unfinished.write_bytes(content)


@contextmanager
def _appears_whole(output: Path) -> Iterator[Path]:
    """Give a file beside the output to write to, which takes its place at the end.

    Raises:
        ConfigError: it cannot be written there.
    """
    unfinished = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        yield unfinished
        unfinished.replace(output)
    except OSError as error:
        raise ConfigError(f"{output} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
