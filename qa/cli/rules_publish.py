"""`qa rules publish`, `rollback`, `history`: which ruleset is in force, and since when."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli.shared import JsonOption, clean, opened_store, print_json

if TYPE_CHECKING:
    from qa.batch.publishing import Step
    from qa.batch.rescoring import Rescoring
    from qa.config import Settings
    from qa.store.store import Store

NoteOption = Annotated[
    str | None, typer.Option("--note", metavar="TEXT", help="Why; kept in the history.")
]
ByOption = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", help="Who; default: the name of this login."),
]
RescoreOption = Annotated[
    bool,
    typer.Option("--rescore", help="Also judge the calls of this ruleset again, and publish."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the group `qa rules`."""
    app.command("publish")(publish)
    app.command("rollback")(rollback)
    app.command("history")(history)


def publish(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The draft, a YAML file.")],
    note: NoteOption = None,
    by: ByOption = None,
    override: Annotated[
        str | None,
        typer.Option(
            "--override",
            metavar="TEXT",
            help="Publish although the gate stops it: a head's reason.",
        ),
    ] = None,
    rescore: RescoreOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put a draft ruleset in force for its id; `qa rules rollback` takes it back.

    The draft is kept in the database with its version, hash, who and when. It is refused while an
    example of it comes out differently, or while it does not pass its gate (settings `proof.*`;
    `qa backtest FILE --gate` shows it). From then on new calls are judged by it; calls that are
    judged already keep their scorecards until `qa rescore`. `qa rescore --what-if FILE` shows
    before what it would change.
    """
    from qa.batch.publishing import publish_file, sign

    signature = sign(by or login_name(), note, override=override)
    with opened_store() as (store, settings):
        step = publish_file(store, settings, file, signature)
        _finish(store, settings, step, rescore=rescore, as_json=as_json)


def rollback(
    ruleset_id: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="Ruleset id; default: the one in the settings."),
    ] = None,
    to: Annotated[
        int | None,
        typer.Option("--to", metavar="NUMBER", help="Back to this publication of the history."),
    ] = None,
    note: NoteOption = None,
    by: ByOption = None,
    rescore: RescoreOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put in force again what was in force before the last publication.

    Each rollback goes one publication further back, in the end to the bundled ruleset. Nothing is
    deleted: the history holds every step, and --to puts any of them in force again.
    """
    from qa.batch.publishing import sign, take_back
    from qa.batch.rulesets import is_ruleset_id

    with opened_store() as (store, settings):
        wanted = ruleset_id or settings.scoring.ruleset
        if not is_ruleset_id(wanted):
            raise typer.BadParameter("the settings name a file; give the id", param_hint="ID")
        step = take_back(store, settings, wanted, sign(by or login_name(), note), to=to)
        _finish(store, settings, step, rescore=rescore, as_json=as_json)


def history(
    ruleset_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="Only of this ruleset.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show which ruleset is in force for each id, and every publication and rollback."""
    from qa.batch.publishing import list_history, list_in_force
    from qa.cli.show import terminal

    with opened_store() as (store, settings):
        rulesets = list_in_force(store, settings)
        steps = list_history(store, ruleset_id)
        zone = store.zone
    if ruleset_id is not None:
        rulesets = [ruleset for ruleset in rulesets if ruleset.ruleset_id == ruleset_id]
    if as_json:
        print_json({"in_force": rulesets, "history": list(steps)})
        return
    console = terminal()
    for each in rulesets:
        origin = {"published": f"publication {each.detail}", "file": f"file {each.detail}"}
        mark = "  (calls that name none)" if each.is_default else ""
        console.print(
            f"{each.ruleset_id} v{each.version} {each.ruleset_hash[:12]}  "
            f"{clean(origin.get(each.origin, 'bundled'))}{mark}",
            markup=False,
            highlight=False,
        )
    for step in steps:
        what = f"v{step.version} {(step.ruleset_hash or '')[:12]}" if step.text else "bundled"
        console.print(
            f"  {step.number}  {step.published_at.astimezone(zone):%Y-%m-%d %H:%M}  {step.action} "
            f"{step.ruleset_id} {what}  {clean(step.published_by)}  {clean(step.note or '')}",
            style="dim",
            markup=False,
            highlight=False,
        )
    if not steps:
        console.print("  nothing was published", style="dim")


def _finish(
    store: "Store", settings: "Settings", step: "Step", *, rescore: bool, as_json: bool
) -> None:
    from qa.cli.rescore import print_rescoring
    from qa.cli.show import terminal

    result = _judge_again(store, settings, step.ruleset.ruleset_id) if rescore else None
    ruleset, publication = step.ruleset, step.publication
    if as_json:
        print_json(
            {
                "ruleset_id": ruleset.ruleset_id,
                "version": ruleset.version,
                "ruleset_hash": ruleset.hash,
                "publication": publication.number,
                "action": publication.action,
                "bundled": publication.text is None,
                "standing": publication.standing,
                "override": publication.override,
                "outdated": step.outdated,
                "rescoring": result,
            }
        )
    else:
        console = terminal()
        origin = "bundled" if publication.text is None else f"publication {publication.number}"
        console.print(
            f"in force: {ruleset.ruleset_id} v{ruleset.version} {ruleset.hash[:12]}, {origin}",
            style="bold",
            markup=False,
        )
        if publication.standing not in (None, "proved"):
            said = {
                "not_proved": "not proved: too few labels",
                "refuted": "labels speak against it",
            }
            console.print(
                f"{said[publication.standing]}; `qa backtest {ruleset.ruleset_id}` shows what is "
                "known",
                style="yellow",
                markup=False,
            )
        if result is not None:
            print_rescoring(console, result, dry_run=False)
        elif step.outdated:
            console.print(
                f"{step.outdated} published scorecards are of other rules; "
                f"`qa rescore --ruleset {ruleset.ruleset_id}` judges those calls again",
                style="yellow",
                markup=False,
            )
    if result is not None and (result.problems or result.broken_checks):
        raise typer.Exit(1)


def _judge_again(store: "Store", settings: "Settings", ruleset_id: str) -> "Rescoring":
    from qa.batch.rescoring import RescoreOptions, rescore
    from qa.cli.progress import shown_progress

    with shown_progress() as listener:
        return rescore(store, settings, RescoreOptions(ruleset_id), listener=listener)


def login_name() -> str:
    """Name who is at this terminal, for the history."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a user table
        return "unknown"
