"""`qa ledger`: fines and rewards, reckoned, booked, checked, closed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli.shared import JsonOption, clean, opened_store, print_json

if TYPE_CHECKING:
    from qa.review.years import YearSheet

app = typer.Typer(
    name="ledger",
    help="Fines and rewards by the regulations: a dry run, booking, replay, closing a month.",
    no_args_is_help=True,
)
AsOption = Annotated[
    str, typer.Option("--as", metavar="LOGIN", help="Who does it; needs their right.")
]
MonthArgument = Annotated[str, typer.Argument(metavar="MONTH", help="A month, 2025-11.")]


@app.command("preview")
def preview(as_json: JsonOption = False) -> None:
    """Say what every confirmed case costs and what would be booked; writes nothing."""
    from qa.batch.fines import reckoning_of
    from qa.review.booking import yuan
    from qa.store.fines import cases_now, due_postings

    with opened_store() as (store, settings), store.reading() as session:
        reckoning, now = reckoning_of(settings, store), datetime.now(UTC)
        cases = cases_now(session, reckoning, now)
        due = due_postings(session, reckoning, now)
    if as_json:
        print_json(
            {
                "dry_run": reckoning.dry_run,
                "cases": [
                    {
                        "case": case.key,
                        "standing": case.standing.value,
                        "fen": case.fen,
                        "pending_fen": case.pending_fen,
                        "call_id": case.evidence.call_id,
                    }
                    for case in cases
                ],
                "due": [{"kind": p.kind.value, "fen": p.fen, "month": p.month} for p in due],
            }
        )
        return
    for case in cases:
        sums = f"{yuan(case.fen):>9} of {yuan(case.pending_fen):>9}"
        typer.echo(f"{case.standing.value:<18}{sums}  {clean(case.key)}")
    typer.echo(f"{len(cases)} cases; {len(due)} entries would be booked")


@app.command("book")
def book_due(
    login: AsOption,
    as_json: JsonOption = False,
) -> None:
    """Book what is due; doing it again books nothing. Needs ledger.dry_run = false."""
    from qa.batch.fines import reckoning_of
    from qa.review.booking import yuan
    from qa.store.accounts import user_by_login
    from qa.store.fines import book

    with opened_store() as (store, settings), store.writing() as session:
        user = user_by_login(session, login)
        made = book(session, reckoning_of(settings, store), datetime.now(UTC), user)
    if as_json:
        print_json(made)
        return
    for entry in made:
        typer.echo(f"{entry.entry_id:>6}  {yuan(entry.fen):>9}  {entry.month}  {entry.why.value}")
    typer.echo(f"{len(made)} entries booked")


@app.command("list")
def list_all(
    month: Annotated[
        str | None, typer.Option("--month", metavar="MONTH", help="Of this month, 2025-11.")
    ] = None,
    agent: Annotated[
        str | None, typer.Option("--agent", metavar="ID", help="Of this agent (工号).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the entries, in the order in which they were booked."""
    from qa.review.booking import yuan
    from qa.store.fines import EntryFilter, list_entries

    with opened_store() as (store, _), store.reading() as session:
        found = list_entries(session, None, EntryFilter(month, agent))
    if as_json:
        print_json(found)
        return
    for one in found:
        who = one.agent_id or f"@{one.login}"
        call = one.evidence.call_id if one.evidence else "-"
        line = f"{one.entry_id:>6}  {one.month}  {yuan(one.fen):>9}  {who}  {one.item}  {call}"
        typer.echo(clean(line))
    typer.echo(f"{len(found)} entries, {yuan(sum(one.fen for one in found))} yuan")


@app.command("verify")
def verify(as_json: JsonOption = False) -> None:
    """Replay the decisions and compare the sums; check closed sheets. Exit code 1: they differ.

    With entries still to book the sums differ: `qa ledger book` first.
    """
    from qa.batch.fines import reckoning_of
    from qa.review.booking import totals, yuan
    from qa.store.fine_months import broken_months
    from qa.store.fines import check_ledger, list_entries

    with opened_store() as (store, settings), store.reading() as session:
        reckoning = reckoning_of(settings, store)
        found = check_ledger(session, reckoning, datetime.now(UTC))
        broken = broken_months(session)
        booked = totals(list_entries(session))
    if as_json:
        print_json({"differences": found, "broken_months": broken, "totals_fen": booked})
    else:
        for one in found:
            said = f"booked {yuan(one.booked)}, decisions say {yuan(one.due)}"
            typer.echo(f"{clean(one.case_key)}: {said}")
        for month in broken:
            typer.echo(f"{month}: the sheets are not what was closed")
        typer.echo(f"{len(found)} cases differ, {len(broken)} closed months are broken")
    if found or broken:
        raise typer.Exit(1)


@app.command("close")
def close(month: MonthArgument, login: AsOption, as_json: JsonOption = False) -> None:
    """Close a month: book what is due, freeze its sheets with a hash; harmless to repeat."""
    from qa.batch.fines import reckoning_of
    from qa.store.accounts import user_by_login
    from qa.store.fine_months import close_month

    with opened_store() as (store, settings), store.writing() as session:
        user, reckoning = user_by_login(session, login), reckoning_of(settings, store)
        done = close_month(session, user, _month(month), reckoning, datetime.now(UTC))
    if as_json:
        print_json(done)
    else:
        typer.echo(f"{done.month} is closed: {done.sheets} sheets, {done.sheets_hash}")


@app.command("sheets")
def sheets(
    month: MonthArgument,
    login: AsOption,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The workbook, .xlsx.")],
    lang: Annotated[str, typer.Option("--lang", help="zh or en.")] = "zh",
) -> None:
    """Write the assessment sheets that a person may see as an Excel workbook."""
    from qa.batch.fines import reckoning_of
    from qa.cli.export import write_whole
    from qa.reports.assessment import sheet_workbook
    from qa.store.accounts import user_by_login
    from qa.store.audit import audit
    from qa.store.blind import open_scope
    from qa.store.fine_months import sheets_of
    from qa.store.queries import agent_names

    with opened_store() as (store, settings), store.writing() as session:
        user = user_by_login(session, login)
        reckoning = reckoning_of(settings, store)
        found = sheets_of(session, open_scope(session, user), _month(month), reckoning)
        names = agent_names(session)
        audit(session, user, "ledger.download", "month", month, {"sheets": len(found)})
    kept = [(one.sheet, one.sheet_hash, one.is_frozen) for one in found]
    write_whole(to, sheet_workbook(kept, names, "en" if lang == "en" else "zh"))
    typer.echo(f"{len(found)} sheets: {to}")


@app.command("year")
def year(
    of_year: Annotated[str, typer.Argument(metavar="YEAR", help="A year, 2025.")],
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent (工号).")],
    login: AsOption,
    lang: Annotated[str, typer.Option("--lang", help="zh or en.")] = "zh",
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write a workbook instead, .xlsx.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Add up an agent's twelve monthly sheets, and name the months that are missing or open."""
    from qa.batch.fines import reckoning_of
    from qa.cli.export import write_whole
    from qa.reports.assessment import year_workbook
    from qa.review.years import PersonYear
    from qa.store.accounts import user_by_login
    from qa.store.audit import audit
    from qa.store.blind import open_scope
    from qa.store.fine_years import year_sheet_of
    from qa.store.queries import agent_names

    wanted = PersonYear(_year(of_year), agent)
    with opened_store() as (store, settings), store.writing() as session:
        user, reckoning = user_by_login(session, login), reckoning_of(settings, store)
        scope = open_scope(session, user)
        found = year_sheet_of(session, scope, wanted, reckoning, datetime.now(UTC))
        if to is not None:
            names = agent_names(session)
            audit(session, user, "ledger.download", "year", wanted.year, {"sheets": 1})
    if to is not None:
        write_whole(to, year_workbook([found], names, "en" if lang == "en" else "zh"))
        typer.echo(f"1 sheet: {to}")
        return
    if as_json:
        sums = {
            "is_final": found.is_final,
            "work": found.work,
            "excellent_months": found.excellent_months,
            "rewarded_months": found.rewarded_months,
            "fined_fen": found.fined,
            "given_back_fen": found.given_back,
            "rewards_fen": found.rewards,
            "total_fen": found.total,
        }
        print_json({"year": found.year, "agent_id": agent, **sums, "months": found.months})
        return
    for line in _year_lines(found, "en" if lang == "en" else "zh"):
        typer.echo(clean(line))


def _year_lines(found: "YearSheet", lang: str) -> list[str]:
    from qa.reports.assessment import label, year_lines
    from qa.review.booking import yuan

    lines = [f"{label('year_sheet', lang)} {found.year} {found.agent_id}"]
    for one in found.months:
        total = yuan(one.sheet.total) if one.sheet else "–"
        calls = str(one.sheet.work.calls) if one.sheet else "–"
        lines.append(f"{one.month}  {calls:>6}  {total:>10}  {label(f'month_{one.state}', lang)}")
    lines += [f"{name}: {value}" for name, value in year_lines(found, lang)]
    sums = (("fined", found.fined), ("given_back", found.given_back), ("rewards", found.rewards))
    lines += [f"{label(key, lang)}: {yuan(fen)}" for key, fen in (*sums, ("total", found.total))]
    return [*lines, label("year_final" if found.is_final else "year_open", lang)]


@app.command("withdraw")
def withdraw(
    ruleset_hash: Annotated[
        str, typer.Argument(metavar="HASH", help="The version's hash, or its beginning.")
    ],
    login: AsOption,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")],
    reinstate: Annotated[bool, typer.Option("--reinstate", help="Let it count again.")] = False,
) -> None:
    """Withdraw a ruleset version: its fines are given back with the next booking."""
    from qa.batch.fines import payer_of
    from qa.store.accounts import user_by_login
    from qa.store.withdrawals import set_withdrawn, whole_hash

    with opened_store() as (store, settings), store.writing() as session:
        set_withdrawn(
            session,
            user_by_login(session, login),
            whole_hash(session, ruleset_hash),
            withdrawn=not reinstate,
            reason=reason,
            payer=payer_of(settings),
            now=datetime.now(UTC),
        )
    typer.echo("reinstated" if reinstate else "withdrawn; 'qa ledger book' gives back")


def _year(text: str) -> str:
    import re

    if not re.fullmatch(r"(19|20)[0-9]{2}", text):
        raise typer.BadParameter(f"'{text}' is no year such as 2025")
    return text


def _month(text: str) -> str:
    import re

    if not re.fullmatch(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])", text):
        raise typer.BadParameter(f"'{text}' is no month such as 2025-11")
    return text
