"""`qa audit`: who did what, and whether somebody tampered with the record of it."""

import csv
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli.shared import JsonOption, clean, opened_store, parse_since, print_json

if TYPE_CHECKING:
    from qa.store.audit_reading import AuditEntry, AuditFilter
    from qa.store.store import Store

EXIT_BROKEN = 1
app = typer.Typer(
    name="audit",
    help="The audit log: log-ins, listens, reviews, exports, changes.",
    no_args_is_help=True,
)


class Form(StrEnum):
    """A form of the export."""

    CSV = "csv"
    JSONL = "jsonl"


ActionOption = Annotated[
    str,
    typer.Option("--action", metavar="NAME", help="review.decide, or review for all of its kind."),
]
PersonOption = Annotated[
    str,
    typer.Option("--person", metavar="LOGIN", help="What this person did, or had done to them."),
]
SubjectOption = Annotated[
    str, typer.Option("--subject", metavar="ID", help="Done to this call, user, ….")
]
FromOption = Annotated[
    str | None, typer.Option("--since", metavar="DATE", help="On or after, 2025-11-18.")
]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="DATE", help="Before, 2025-11-19.")
]


@app.command("list")
def list_(
    action: ActionOption = "",
    person: PersonOption = "",
    subject: SubjectOption = "",
    since: FromOption = None,
    until: UntilOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many rows.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List what happened, newest first."""
    from qa.store.audit_reading import list_entries

    with opened_store() as (store, _):
        wanted = _filter(store, (action, person, subject), since, until)
        with store.reading() as session:
            entries = list_entries(session, wanted, limit=limit)
        if as_json:
            print_json(entries)
        else:
            _print_table(entries, store)


@app.command("verify")
def verify(
    expect: Annotated[
        str | None,
        typer.Option(
            "--expect",
            metavar="COUNT:HASH",
            help="What an earlier check printed: the log must still begin so.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check that no row of the audit log was changed, removed or added afterwards.

    Keep the line COUNT:HASH that it prints outside this machine, and give it to the next check:
    only so is somebody found out who can write to the database and wrote the whole log anew.

    Exit code 1: a row is broken.
    """
    from qa.store.audit_reading import log_length, verify_chain

    expected = _parse_expected(expect)
    with (
        opened_store() as (store, _),
        store.reading() as session,
        _shown_progress(log_length(session)) as on_progress,
    ):
        found = verify_chain(session, expected, on_progress=on_progress)
    if as_json:
        print_json(found)
    elif found.broken is None:
        typer.echo(f"The audit log is sound: {found.entries} rows.")
        typer.echo(f"{found.entries}:{found.head}")
    else:
        typer.echo(f"Row {found.broken} of the audit log is broken: {found.problem}.")
        typer.echo(f"The {found.entries} rows before it are sound.")
    if found.broken is not None:
        raise typer.Exit(EXIT_BROKEN)


@app.command("export")
def export(
    form: Annotated[Form, typer.Option("--format", help="Form of the output.")] = Form.CSV,
    action: ActionOption = "",
    person: PersonOption = "",
    subject: SubjectOption = "",
    since: FromOption = None,
    until: UntilOption = None,
) -> None:
    """Print rows as a table, oldest first; the export is written to the log as well."""
    from qa.store.audit import audit
    from qa.store.audit_reading import every_entry

    with opened_store() as (store, _):
        wanted = _filter(store, (action, person, subject), since, until)
        with store.writing() as session:
            audit(session, None, "export.take", "audit", None, {"form": form.value})
        with store.reading() as session:
            _write(every_entry(session, wanted), form)


@contextmanager
def _shown_progress(total: int) -> "Iterator[Callable[[int], None]]":
    """Show on a terminal how far the check is; a million rows take a minute."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task("verifying", total=total)
        yield lambda rows: bars.update(task, completed=rows)


def _write(entries: "Iterable[AuditEntry]", form: Form) -> None:
    from qa.codec import to_plain

    if form is Form.JSONL:
        for entry in entries:
            row = {**to_plain(entry), "details": json.loads(entry.details)}
            typer.echo(json.dumps(row, ensure_ascii=False))
        return
    names = ("entry_id", "happened_at", "actor_login", "action", "subject_kind", "subject")
    writer = csv.writer(sys.stdout)
    writer.writerow((*names, "details"))
    for entry in entries:
        plain = to_plain(entry)
        writer.writerow([_cell(plain[name]) for name in (*names, "details")])


def _cell(value: object) -> object:
    """Keep spreadsheets from taking a text for a formula."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return "" if value is None else value


def _print_table(entries: "list[AuditEntry]", store: "Store") -> None:
    from rich.table import Table

    from qa.cli.console import results

    table = Table(box=None, pad_edge=False)
    for name in ("row", "when", "who", "what", "to", "details"):
        table.add_column(name, overflow="fold")
    for entry in entries:
        when = entry.happened_at.astimezone(store.zone).strftime("%Y-%m-%d %H:%M:%S")
        subject = f"{entry.subject_kind} {entry.subject or ''}" if entry.subject_kind else ""
        cells = (entry.actor_login or "-", entry.action, subject.strip(), entry.details)
        table.add_row(str(entry.entry_id), when, *(_plain(cell) for cell in cells))
    results().print(table)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(clean(text))


def _filter(
    store: "Store", texts: tuple[str, str, str], since: str | None, until: str | None
) -> "AuditFilter":
    from qa.store.audit_reading import AuditFilter

    action, person, subject = texts
    return AuditFilter(
        action=action,
        person=person.lower(),
        subject=subject,
        since=parse_since(since, store),
        until=parse_since(until, store),
    )


def _parse_expected(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,18}:[0-9a-f]{64}", text):
        raise typer.BadParameter("write it as an earlier check printed it", param_hint="--expect")
    count, _, head = text.partition(":")
    return int(count), head
