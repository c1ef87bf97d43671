"""`qa checks`: spot checks, from drawing them to their written results."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli.shared import JsonOption, clean, opened_store, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from qa.records import SpotCheck

app = typer.Typer(
    name="checks",
    help="Spot checks: draw them, see what is to do, write down what was found.",
    no_args_is_help=True,
)

_MAX_LISTED = 200
DayOption = Annotated[
    str | None,
    typer.Option("--day", metavar="DATE", help="A day that is over, 2025-11-18; default: those."),
]


@app.command("draw")
def draw(day: DayOption = None, as_json: JsonOption = False) -> None:
    """Draw the checks of a day, or of the last seven days; on a Sunday those of its week too.

    The same settings draw the same calls, and drawing again adds only what is missing.
    """
    from datetime import UTC

    from qa.batch.reviewing import do_daily_work, draw_day

    with opened_store() as (store, settings):
        now = datetime.now(UTC)
        if day is None:
            drawn: Sequence[SpotCheck] = do_daily_work(store, settings, now).drawn
        else:
            wanted = _day(day)
            if wanted >= now.astimezone(store.zone).date():
                raise typer.BadParameter(f"{wanted} is not over yet", param_hint="--day")
            drawn = draw_day(store, settings, wanted, now)
        if as_json:
            print_json(list(drawn))
            return
        typer.echo(f"drawn: {len(drawn)} spot checks")
        _print(drawn, store.zone)


@app.command("list")
def list_all(
    day: Annotated[
        str | None, typer.Option("--day", metavar="DATE", help="For this day only, 2025-11-18.")
    ] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only those not done yet.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List spot checks: those to do by what is due first, then those that are done."""
    from qa.records import Scope
    from qa.store.spot_checks import CheckFilter, list_checks

    wanted_day = _day(day) if day else None
    wanted = CheckFilter(only_open=open_only, since=wanted_day, until=wanted_day)
    with opened_store() as (store, _), store.reading() as session:
        found = list_checks(session, Scope(everything=True), wanted, limit=_MAX_LISTED)
        _show(found, store.zone, as_json=as_json)


@app.command("overdue")
def overdue(as_json: JsonOption = False) -> None:
    """List the spot checks that are due and not done. Exit code 1: there are some."""
    from datetime import UTC

    from qa.records import Scope
    from qa.store.spot_checks import overdue_checks

    with opened_store() as (store, _), store.reading() as session:
        found = overdue_checks(session, Scope(everything=True), datetime.now(UTC))
        _show(found, store.zone, as_json=as_json)
    if found:
        raise typer.Exit(1)


@app.command("done")
def done(
    check_id: Annotated[int, typer.Argument(metavar="ID", help="Number of the spot check.")],
    result: Annotated[
        str, typer.Option("--result", metavar="TEXT", help="What was found, in writing.")
    ],
    login: Annotated[
        str, typer.Option("--as", metavar="LOGIN", help="Whose result it is; needs their right.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Write down what a spot check found; that alone makes it done."""
    from datetime import UTC

    from qa.store.accounts import user_by_login
    from qa.store.spot_checks import record_result

    with opened_store() as (store, settings):
        with store.writing() as session:
            user = user_by_login(session, login)
            check = record_result(
                session,
                user,
                check_id,
                result,
                now=datetime.now(UTC),
                min_length=settings.review.min_result_chars,
            )
        if as_json:
            print_json(check)
        else:
            typer.echo(f"done: spot check {check.check_id}, call {clean(check.call_id)}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no date such as 2025-11-18") from None


def _show(checks: "Sequence[SpotCheck]", zone: "ZoneInfo", *, as_json: bool) -> None:
    if as_json:
        print_json(list(checks))
    elif checks:
        _print(checks, zone)
    else:
        typer.echo("no spot checks")


def _print(checks: "Sequence[SpotCheck]", zone: "ZoneInfo") -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from qa.cli.show import terminal

    if not checks:
        return
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("id", "kind", "day", "agent", "call", "drawn by", "for", "due", "done"):
        table.add_column(title, overflow="fold")
    for check in checks:
        table.add_row(
            str(check.check_id),
            check.kind.value,
            check.day.isoformat(),
            Text(clean(check.agent_id)),
            Text(clean(check.call_id)),
            check.drawn_by.value,
            "-" if check.assigned_to is None else f"user {check.assigned_to}",
            f"{check.due_at.astimezone(zone):%Y-%m-%d %H:%M}",
            f"{check.done_at.astimezone(zone):%Y-%m-%d %H:%M}" if check.done_at else "",
        )
    terminal().print(table)
