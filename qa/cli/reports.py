"""`qa reports`: daily, weekly, monthly and yearly reports, from the draft to what was delivered."""

from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.cli.shared import JsonOption, LangOption, Language, clean, opened_store, print_json
from qa.review.report_model import ReportKind

if TYPE_CHECKING:
    from qa.records import User
    from qa.store.reports import Report
    from qa.store.store import Store

app = typer.Typer(
    name="reports",
    help="Reports: make, check against their rows, review, send, export, deliver.",
    no_args_is_help=True,
)
_Number = Annotated[int, typer.Argument(metavar="ID", min=1, help="Number from `reports list`.")]
_By = Annotated[str, typer.Option("--by", metavar="LOGIN", help="Who does it: a head's log-in.")]


class Format(StrEnum):
    """What a report is written as."""

    HTML = "html"
    XLSX = "xlsx"
    PDF = "pdf"


@app.command("make")
def make(
    kind: Annotated[
        ReportKind | None, typer.Option("--kind", help="Only this one; default: all that are due.")
    ] = None,
    day: Annotated[
        str | None, typer.Option("--day", metavar="DATE", help="A day of it, 2025-11-18.")
    ] = None,
    team: Annotated[
        str, typer.Option("--team", metavar="NAME", help="Of this team; default: the centre.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Count reports and keep them as drafts; without options all of the days that are over.

    A draft that is there is counted anew, and keeps its number; a reviewed one only when it is
    named by --kind; a sent one never.
    """
    from qa.batch.reporting import make_due, make_report
    from qa.review.report_model import days_of, last_over

    if kind is None and (day or team):
        raise typer.BadParameter("--day and --team need --kind")
    now = datetime.now(UTC)
    with opened_store() as (store, settings):
        if kind is None:
            made = [one.report_id for one in make_due(store, settings, now)]
        else:
            today = now.astimezone(store.zone).date()
            days = days_of(kind, _day(day)) if day else last_over(kind, today)
            if not date(2000, 1, 1) <= days.first <= today:
                raise typer.BadParameter("--day is a day from 2000 until today")
            _require_team(store, team)
            made = [make_report(store, settings, days, team=team, now=now)]
        found = _load(store, made)
    _print(found, as_json)


@app.command("list")
def list_all(
    kind: Annotated[ReportKind | None, typer.Option("--kind", help="Only of this kind.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="At most so many.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List reports with where they stand, the newest days first."""
    from qa.batch.reporting import EVERYTHING
    from qa.store.reports import list_reports

    with opened_store() as (store, _), store.reading() as session:
        found = list_reports(session, EVERYTHING, kind=kind, limit=limit)
    _print(found, as_json)


@app.command("show")
def show(report_id: _Number, lang: LangOption = Language.ZH, as_json: JsonOption = False) -> None:
    """Show a report's figures, and where a recount from the rows differs from them.

    Exit code 1: it differs.
    """
    from qa.batch.reporting import reconcile
    from qa.cli.show import terminal
    from qa.reports import report_words as words

    with opened_store() as (store, settings):
        report = _load(store, [report_id])[0]
        differences = reconcile(store, settings, report)
    if as_json:
        plain = {"figures": list(report.body.figures), "differences": list(differences)}
        print_json({**_summary(report), **plain})
    else:
        console = terminal()
        for one in report.body.figures:
            name = words.figure_name(one.key, report.body.terms, lang.value)
            console.print(f"{words.number(one.value, lang.value):>12}  {name}", markup=False)
        for other in differences:
            line = f"differs: {other.key}: {other.reported} reported, {other.recounted} counted"
            console.print(line, style="red", markup=False)
    if differences:
        raise typer.Exit(1)


@app.command("review")
def review(report_id: _Number, by: _By) -> None:
    """Say that somebody has checked a report and answers for it."""
    from qa.records import Right
    from qa.refusals import NotAllowedError, Refusal
    from qa.review.rights import rights_of
    from qa.store.reports import StepAction, add_step

    with opened_store() as (store, _):
        report = _load(store, [report_id])[0]
        with store.writing() as session:
            user = _user(session, by)
            if Right.SEND_REPORTS not in rights_of(user):
                raise NotAllowedError(Refusal.NO_RIGHT)
            add_step(session, user, report, StepAction.REVIEW, now=datetime.now(UTC))
    typer.echo(f"report {report_id} is reviewed")


@app.command("send")
def send(report_id: _Number, by: _By) -> None:
    """Send a reviewed report: recount it, keep its files for ever, deliver it.

    Exit code 1: some deliveries did not succeed yet; 2: it cannot be sent.
    """
    from qa.batch.report_delivery import deliver_due
    from qa.batch.reporting import reconcile, send_report

    with opened_store() as (store, settings):
        report = _load(store, [report_id])[0]
        for one in reconcile(store, settings, report):
            line = f"differs: {one.key}: {one.reported} reported, {one.recounted} counted"
            typer.echo(line, err=True)
        with store.reading() as session:
            user = _user(session, by)
        queued = send_report(store, settings, user, report, now=datetime.now(UTC))
        typer.echo(f"report {report_id} is sent; {queued} deliveries")
        ended = deliver_due(store, settings) if queued else {}
    _tell(ended)


@app.command("deliver")
def deliver() -> None:
    """Deliver what waits, and raise the alarm of reports that are late; for a timer.

    Exit code 1: some deliveries did not succeed.
    """
    from qa.batch.report_delivery import deliver_due
    from qa.batch.reporting import raise_alarms

    with opened_store() as (store, settings):
        late = raise_alarms(store, settings, datetime.now(UTC))
        ended = deliver_due(store, settings)
    for report in late:
        typer.echo(f"late: the {report.days.kind.value} report of {report.days.first}", err=True)
    _tell(ended)


@app.command("export")
def export(
    report_id: _Number,
    form: Annotated[Format, typer.Option("--format", help="html, xlsx or pdf.")] = Format.HTML,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Default: its own name.")
    ] = None,
    lang: LangOption = Language.ZH,
) -> None:
    """Write a report to a file; a sent one as the very bytes that were sent.

    A PDF needs Chromium (`reports.chromium`); without it, print the HTML file in a browser.
    """
    from qa.batch.report_papers import files_of
    from qa.batch.report_pdf import make_pdf
    from qa.cli.export import write_whole
    from qa.reports.report_page import file_name
    from qa.store.audit import audit
    from qa.store.reports import sent_file

    wanted = "html" if form is Format.PDF else form.value
    with opened_store() as (store, settings):
        report = _load(store, [report_id])[0]
        with store.reading() as session:
            sent = sent_file(session, report, wanted)
            if sent is not None:
                content = sent.content
            else:
                made = files_of(session, settings, store.zone, report, lang=lang.value)
                content = made[wanted]
        if form is Format.PDF:
            content = make_pdf(settings.reports, content)
        path = output or Path(file_name(report.body, form.value))
        write_whole(path, content)
        with store.writing() as session:
            about = {"format": form.value, "version": report.number}
            audit(session, None, "report.export", "report", str(report_id), about)
    typer.echo(clean(str(path)))


def _tell(ended: dict[Any, int]) -> None:
    for state, count in sorted(ended.items()):
        typer.echo(f"{count} {state.value}")
    if any(state.value != "delivered" for state in ended):
        raise typer.Exit(1)


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no day such as 2025-11-18") from None


def _require_team(store: "Store", team: str) -> None:
    from qa.batch.reporting import EVERYTHING
    from qa.errors import NotFoundError
    from qa.store.agent_lists import teams_in_scope

    with store.reading() as session:
        if team and team not in teams_in_scope(session, EVERYTHING):
            raise NotFoundError("team", team)


def _user(session: Any, login: str) -> "User":
    from qa.store.accounts import user_by_login

    return user_by_login(session, login)


def _load(store: "Store", report_ids: list[int]) -> "list[Report]":
    from qa.batch.reporting import EVERYTHING
    from qa.store.reports import find_report

    with store.reading() as session:
        return [find_report(session, EVERYTHING, one) for one in report_ids]


def _summary(report: "Report") -> dict[str, Any]:
    return {
        "report_id": report.report_id,
        "kind": report.days.kind.value,
        "first_day": report.days.first.isoformat(),
        "last_day": report.days.last.isoformat(),
        "team": report.team,
        "version": report.number,
        "state": report.state.value,
        "hash": report.body_hash,
    }


def _print(found: "list[Report]", as_json: bool) -> None:
    if as_json:
        print_json([_summary(report) for report in found])
        return
    if not found:
        typer.echo("no reports", err=True)
    for report in found:
        days = report.days
        last = f" – {days.last}" if days.last != days.first else ""
        line = (
            f"{report.report_id:>5}  {report.state.value:<9}{days.kind.value:<8}{days.first}{last}"
        )
        typer.echo(f"{line}  {clean(report.team)}".rstrip())
