"""`qa notices`: festival notices for a head who has no table."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli.shared import JsonOption, clean, opened_store, print_json

if TYPE_CHECKING:
    from qa.ingest.rows import NoticeEntry
    from qa.store.store import Store

app = typer.Typer(
    name="notices",
    help="Festival notices: on which days which greeting is due.",
    no_args_is_help=True,
)

FestivalArgument = Annotated[
    str, typer.Argument(metavar="FESTIVAL", help="As the rules name it: 春节, 国庆节, …")
]
FirstArgument = Annotated[
    str, typer.Argument(metavar="FROM", help="First day, 2026-02-15 or 2026年2月15日.")
]
ScoreOption = Annotated[
    bool, typer.Option("--score", help="Judge the calls of these days again at once.")
]


@app.command("add")
def add(
    festival: FestivalArgument,
    first: FirstArgument,
    last: Annotated[
        str | None, typer.Argument(metavar="TO", help="Last day; default: the first.")
    ] = None,
    script: Annotated[
        str | None,
        typer.Option("--script", metavar="TEXT", help="The greeting that the notice prescribes."),
    ] = None,
    number: Annotated[
        str | None, typer.Option("--number", metavar="TEXT", help="The notice's number.")
    ] = None,
    score: ScoreOption = False,
) -> None:
    """Enter a notice; both days belong to it. A late one counts for the calls of its days too.

    Exit code 1: with --score, when a call could not be judged.
    """
    from qa.ingest.entries import notice_entry
    from qa.ingest.tables import Report, Row
    from qa.store.notices import add_notice

    report = Report("notice")
    cells = {"festival": festival, "from": first, "to": last or first}
    entry = notice_entry(Row(1, {**cells, "script": script, "number": number}), report)
    if entry is None:
        raise typer.BadParameter("; ".join(issue.reason for issue in report.issues))
    with opened_store() as (store, _):
        with store.run_lock(), store.writing() as session:
            add_notice(session, entry, store.zone)
        typer.echo(f"entered: {_shown(entry)}")
        _judge(store, entry, score=score)


@app.command("list")
def list_all(as_json: JsonOption = False) -> None:
    """List every notice: those of folders, and those entered here."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from qa.cli.show import terminal
    from qa.store.notices import list_notices

    with opened_store() as (store, _), store.reading() as session:
        lines = list_notices(session)
    if as_json:
        print_json(lines)
        return
    if not lines:
        typer.echo("there are no notices", err=True)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for column in ("festival", "from", "to", "number", "greeting", "entered by"):
        table.add_column(column, overflow="fold")
    for line in lines:
        table.add_row(
            Text(clean(line.festival)),
            str(line.first_day),
            str(line.last_day),
            Text(clean(line.number or "")),
            Text(clean(line.script or "")),
            Text(clean(line.origin) if line.origin else "qa notices add", style="dim"),
        )
    terminal().print(table)


@app.command("remove")
def remove(festival: FestivalArgument, first: FirstArgument, score: ScoreOption = False) -> None:
    """Take back a notice that was entered with `qa notices add`.

    A notice of a folder is taken back in its notices.csv.
    """
    from qa.ingest.entries import parse_day
    from qa.store.notices import remove_notice

    day: date | None = parse_day(first)
    if day is None:
        raise typer.BadParameter(f"'{first}' is no day such as 2026-02-15", param_hint="FROM")
    with opened_store() as (store, _):
        with store.run_lock(), store.writing() as session:
            entry = remove_notice(session, festival, day, store.zone)
        typer.echo(f"removed: {_shown(entry)}")
        _judge(store, entry, score=score)


def _judge(store: "Store", entry: "NoticeEntry", *, score: bool) -> None:
    from qa.batch.runner import score_all_pending
    from qa.cli.progress import shown_progress
    from qa.cli.run import print_judging
    from qa.cli.show import terminal
    from qa.config import load_settings
    from qa.store.notices import count_calls

    with store.reading() as session:
        count = count_calls(session, entry, store.zone)
    if not score:
        if count:
            typer.echo(f"{count} calls wait to be judged again: qa score")
        return
    with shown_progress() as listener:
        judging = score_all_pending(store, load_settings(), listener=listener)
    print_judging(terminal(), judging)
    if judging.unjudged or judging.broken_checks:
        raise typer.Exit(1)


def _shown(entry: "NoticeEntry") -> str:
    days = f"{entry.first_day} – {entry.last_day}"
    script = f"  「{clean(entry.script)}」" if entry.script else ""
    return f"{clean(entry.festival)}  {days}{script}"
