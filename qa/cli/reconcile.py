"""`qa reconcile` and `qa attribute`: what does not add up, and whose call it is."""

import getpass
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.cli.shared import JsonOption, clean, opened_store, print_json

if TYPE_CHECKING:
    from qa.store.reconciling import Finding, Reconciliation
    from qa.store.store import Store

_CSV_FIELDS = ("kind", "needs_person", "day", "source", "call_id", "place", "reason", "to_do")
_MAX_LISTED = 8


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("reconcile")(reconcile)
    app.command("attribute")(attribute)


def reconcile(
    day: Annotated[
        str | None,
        typer.Option("--day", metavar="DATE", help="Only calls of this day, 2025-11-18."),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a row a finding.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Hold calls, recordings and agents together, and list what does not add up.

    Calls without recording, recordings without call, duplicates, silent and one-sided recordings
    (many in a day: the recorder is faulty), times that cannot be, unknown agents, and calls whose
    metadata, roster and spoken number name different people. Exit code 1: something needs a person.
    """
    from qa.ingest.sources.configured import records_of
    from qa.store import reconciling

    if as_csv and as_json:
        raise typer.BadParameter("choose one: --csv or --json")
    with opened_store() as (store, settings):
        limits = reconciling.Limits(
            day=_day(day),
            one_sided_ms=round(settings.ingest.one_sided_speech_s * 1000),
            fault_share=settings.ingest.fault_share,
            fault_calls=settings.ingest.fault_calls,
            with_records=records_of(settings),
            until=datetime.now(UTC) + timedelta(days=1),
        )
        _look_at_channels(store)
        with store.reading() as session:
            found = reconciling.reconcile(session, store.zone, limits)
    if as_json:
        findings = [_row(finding) | {"details": finding.details} for finding in found.findings]
        print_json({"calls": found.calls, "findings": findings})
    elif as_csv:
        _write_csv(found)
    else:
        _print(found)
    if found.needs_person:
        raise typer.Exit(1)


def attribute(
    call_id: Annotated[str, typer.Argument(metavar="CALL", help="Call id.")],
    agent: Annotated[
        str | None, typer.Option("--agent", metavar="ID", help="Whose call it is (工号).")
    ] = None,
    take_back: Annotated[
        bool, typer.Option("--take-back", help="Take an earlier decision back.")
    ] = False,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="NAME", help="Who decides (default: the system's user)."),
    ] = None,
    note: Annotated[
        str | None, typer.Option("--note", metavar="TEXT", help="Why; no customer's data.")
    ] = None,
) -> None:
    """Decide whose call it is, where metadata, roster and spoken number disagree.

    The decision stands whatever is taken in later, and is kept with who decided and when. `qa
    score` then judges the call again.
    """
    from qa.store.reattributing import Ruling, settle_agent

    if (agent is None) == (not take_back):
        raise typer.BadParameter("give either --agent ID or --take-back")
    for text, limit in ((agent, 200), (by, 200), (note, 1000)):
        if text is not None and not 0 < len(text) <= limit:
            raise typer.BadParameter(f"a text of 1 to {limit} characters is needed")
    ruling = Ruling(agent, by or getpass.getuser(), datetime.now(UTC), note)
    with opened_store() as (store, _), store.writing() as session:
        settle_agent(session, call_id, ruling, store.zone)
    decided = "the voices count again" if agent is None else f"it is {clean(agent)}'s"
    typer.echo(f"{clean(call_id)}: {decided}; `qa score` judges it again")


def _look_at_channels(store: "Store") -> None:
    """Open the transcripts that are new since the last time, some at a time."""
    from qa.store.sides import keep_sides

    while True:
        with store.writing() as session:
            if not keep_sides(session):
                return


def _day(text: str | None) -> date | None:
    from qa.ingest.entries import parse_day

    if text is None:
        return None
    day = parse_day(text)
    if day is None:
        raise typer.BadParameter(f"'{text}' is no day such as 2025-11-18", param_hint="--day")
    return day


def _row(finding: "Finding") -> dict[str, Any]:
    return {
        "kind": finding.kind.value,
        "needs_person": finding.needs_person,
        "day": finding.day.isoformat() if finding.day else None,
        "source": finding.source,
        "call_id": finding.call_id,
        "place": finding.place,
        "reason": finding.reason,
        "to_do": finding.to_do,
    }


def _write_csv(found: "Reconciliation") -> None:
    from qa.cli.export import open_output, write_csv

    with open_output(None, "utf-8") as stream:
        write_csv(map(_row, found.findings), _CSV_FIELDS, stream)


def _print(found: "Reconciliation") -> None:
    from qa.cli.show import terminal

    console = terminal()
    console.print(f"{found.calls} calls", style="bold")
    counts = Counter(finding.kind for finding in found.findings)
    listed: Counter[object] = Counter()
    for finding in found.findings:
        listed[finding.kind] += 1
        style = "red" if finding.needs_person else "yellow"
        if listed[finding.kind] == 1:
            name = finding.kind.value.replace("_", " ")
            console.print(f"\n{counts[finding.kind]} {name}", style=style, markup=False)
            console.print(f"  to do: {finding.to_do}", style="dim", markup=False, highlight=False)
        if listed[finding.kind] <= _MAX_LISTED:
            console.print(f"  {_line(finding)}", markup=False, highlight=False)
        elif listed[finding.kind] == _MAX_LISTED + 1:
            more = counts[finding.kind] - _MAX_LISTED
            console.print(f"  {more} more; --csv or --json lists them all", style="dim")
    if not found.findings:
        console.print("everything adds up", style="green")


def _line(finding: "Finding") -> str:
    parts = [str(finding.day) if finding.day else "", finding.source or "", finding.call_id or ""]
    where = " ".join(part for part in parts if part) or finding.place or ""
    text = f"{clean(where)}: {clean(finding.reason)}"
    claims = finding.details.get("claims")
    if claims:
        told = ", ".join(f"{voice} {' '.join(agents)}" for voice, agents in claims.items())
        text += f" ({clean(told)})"
    return text
