"""`qa demo`: the main job on the bundled calls, and what to try next."""

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from qa.cli.demo_accounts import DemoAccount
    from qa.config import ServeSettings, Settings
    from qa.store.store import Store

_ROOT = Path(__file__).resolve().parents[2]
_CALLS = Path("tests", "fixtures", "audio")
_SHOWN_CALL = "bad"
_CHECKED_DAYS = 3
_DEMO_TEAM = "二组"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("demo")(demo)


def demo(
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data-dir", metavar="DIR", help="Folder of the demo's database [build/demo]."
        ),
    ] = None,
    no_serve: Annotated[
        bool, typer.Option("--no-serve", help="End without showing the review page.")
    ] = False,
) -> None:
    """Inspect the bundled calls, print every scorecard, then show the review page.

    A second time only what changed is done again. Without a terminal it ends after the scorecards.
    It makes one account per role to log in with, in its own database.
    """
    from qa.batch.runner import run_folder
    from qa.cli.demo_accounts import demo_accounts
    from qa.cli.demo_ledger import demo_ledger
    from qa.cli.progress import shown_progress
    from qa.cli.run import print_run
    from qa.cli.serve import show_pages
    from qa.config import load_settings
    from qa.store.store import Store

    calls = bundled_calls()
    folder = (data_dir or _ROOT / "build" / "demo").absolute()
    # Its own database, whatever the settings of this machine name.
    settings = load_settings(data_dir=folder, database={"url": None}, ledger={"dry_run": False})
    with Store.open(settings.database_url, timezone=settings.timezone) as store:
        typer.echo(f"inspecting the calls in {_short(calls)}", err=True)
        with shown_progress() as listener:
            report = run_folder(store, settings, calls, listener=listener)
        _print_scorecards(store)
        print_run(report)
        _print_next(folder)
        _print_accounts(demo_accounts(store))
        _draw_checks(store, settings)
        _add_labels(store, settings, calls)
        demo_ledger(store, settings)
        _make_reports(store, settings)
        if not no_serve and sys.stdin.isatty() and sys.stdout.isatty():
            show_pages(store, settings, _any_port(settings.serve))
    if not report.is_clean:
        raise typer.Exit(1)


def bundled_calls(root: Path = _ROOT) -> Path:
    """Find the calls that come with a checkout.

    Raises:
        ConfigError: this is an installed package, which does not hold them.
    """
    from qa.errors import ConfigError

    folder = root / _CALLS
    if not (folder / "calls.csv").is_file():
        raise ConfigError(
            f"the bundled calls are not in {folder}: they come with a checkout of the source, not "
            "with the installed package. Inspect calls of your own: qa run DIR"
        )
    return folder


def _print_scorecards(store: "Store") -> None:
    from qa.cli.calls import agent_summaries, counted
    from qa.cli.show import print_agents_summary, print_scorecard, terminal
    from qa.store import queries
    from qa.store.agent_totals import agent_totals

    console = terminal()
    with store.reading() as session:
        lines = list(queries.list_calls(session, queries.CallFilter(), store.zone))
        for line in lines:
            detail = queries.call_detail(session, line.call_id, store.zone)
            if detail.scorecard:
                print_scorecard(
                    console, detail.scorecard, call=detail.call, counted=counted(detail.line)
                )
        totals = agent_totals(session)
    print_agents_summary(console, agent_summaries(totals))


def _print_next(folder: Path) -> None:
    """Name commands that work as they stand in this folder and shell."""
    qa = "qa" if shutil.which("qa") else _short(Path(sys.executable).with_name("qa"))
    lines = (
        (f"{qa} show {_SHOWN_CALL} --full --transcript", "one call, every rule, what was said"),
        (f"{qa} list --flagged", "the calls that a person should look at"),
        (f"{qa} promises", "what agents promised, and until when"),
        (f"{qa} reports list", "daily, weekly, monthly and yearly reports, as drafts"),
        (f"{qa} export verdicts --csv", "every verdict as a table"),
        (f"{qa} backtest heating-repair", "how right the rules are, by the authors' labels"),
        (f"{qa} events list --as head", "abnormal events: repairs that took over four hours"),
        (f"{qa} ledger list", "fines and rewards, each with its call"),
        (f"{qa} rules explain IP01", "what a rule looks for, with its examples"),
        (f"{qa} serve", "the review service, with the accounts below"),
        (f"{qa} run DIR", "your own recordings: a folder with calls.csv"),
    )
    width = max(len(command) for command, _ in lines) + 2
    typer.echo("\nWhat to try next:")
    typer.echo(f"  export QA_DATA_DIR={_short(folder)}")
    for command, meaning in lines:
        typer.echo(f"  {command:<{width}}# {meaning}")
    typer.echo("")


def _draw_checks(store: "Store", settings: "Settings") -> None:
    """Draw spot checks as the nights after the newest calls would have, once there are people."""
    from datetime import UTC, datetime

    from qa.batch.reviewing import draw_day
    from qa.store import queries

    with store.reading() as session:
        calls = queries.list_calls(session, queries.CallFilter(), store.zone)
        days = {line.started_at.date() for line in calls if line.started_at}
    for day in sorted(days)[-_CHECKED_DAYS:]:
        draw_day(store, settings, day, datetime.now(UTC))


def _add_labels(store: "Store", settings: "Settings", calls: Path) -> None:
    """Keep what the authors of the calls meant, once: so that the rules can be held against it."""
    from datetime import UTC, datetime

    from qa.batch.rulesets import RulesetLoader
    from qa.ingest.labels import read_labels
    from qa.store.label_sets import SetDraft, SetKind, list_sets
    from qa.store.labels import FileLabel, add_labels

    found = read_labels(calls / "labels.yaml")
    labels = [FileLabel(one.call_id, one.rule_id, one.outcome) for one in found]
    loaded = RulesetLoader.of(store, settings).load("heating-repair")
    draft = SetDraft(
        SetKind.FILE,
        "演示通话的作者标注",
        loaded.ruleset_id,
        loaded.hash,
        tuple(sorted({one.rule_id for one in labels})),
        (),
        len(labels),
        "",
    )
    with store.writing() as session:
        if not list_sets(session):
            add_labels(session, None, draft, labels, datetime.now(UTC))


def _make_reports(store: "Store", settings: "Settings") -> None:
    """Make the reports on the newest call's day, week and month, with tickets made up for them."""
    from datetime import UTC, datetime

    from qa.batch.reporting import make_report
    from qa.cli.demo_tickets import demo_tickets
    from qa.refusals import TransitionError
    from qa.review.report_model import ReportKind, days_of
    from qa.store import queries

    demo_tickets(store)
    with store.reading() as session:
        calls = queries.list_calls(session, queries.CallFilter(), store.zone)
        newest = max(line.started_at.date() for line in calls if line.started_at)
    for kind in ReportKind:
        for team in ("", _DEMO_TEAM):
            with suppress(TransitionError):  # somebody sent it in an earlier demo
                days = days_of(kind, newest)
                make_report(store, settings, days, team=team, now=datetime.now(UTC))


def _print_accounts(accounts: "Sequence[DemoAccount]") -> None:
    typer.echo("Accounts of the demo, with new passwords each time:")
    typer.echo(f"  {'role':<7}{'log-in':<8}{'password':<15}")
    for one in accounts:
        typer.echo(f"  {one.role:<7}{one.login:<8}{one.password:<15}# {one.meaning}")
    typer.echo("")


def _short(path: Path) -> str:
    """Write a path relative to where the user is, if it lies below."""
    full, here = path.absolute(), Path.cwd()
    return os.fspath(full.relative_to(here) if full.is_relative_to(here) else full)


def _any_port(serve: "ServeSettings") -> "socket.socket":
    """Take the port of the settings; a demo takes any other where that one is in use."""
    from qa.api.server import bind
    from qa.errors import ConfigError

    try:
        return bind(serve)
    except ConfigError as error:
        if serve.port == 0:
            raise
        listener = bind(serve.model_copy(update={"port": 0}))
        typer.echo(f"{error}\nThe demo takes a free port instead.", err=True)
        return listener
