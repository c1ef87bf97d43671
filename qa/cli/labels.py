"""`qa labels`: draw calls for people to label, see how far they are, how far they agree."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.cli.shared import JsonOption, SinceOption, clean, opened_store, parse_since, print_json
from qa.errors import NotFoundError

if TYPE_CHECKING:
    from qa.review.agreement import Agreement
    from qa.store.label_sets import LabelSet

app = typer.Typer(
    name="labels",
    help="Calls that people label apart from the machine: to prove rules, and to calibrate people.",
    no_args_is_help=True,
)
RulesetArgument = Annotated[str, typer.Argument(metavar="RULESET", help="Ruleset id.")]
SetArgument = Annotated[int, typer.Argument(metavar="SET", help="Number of the set.", min=1)]


@app.command("draw")
def draw(
    ruleset: RulesetArgument,
    people: Annotated[
        list[str],
        typer.Option("--person", metavar="LOGIN", help="Who labels, a lead or head; repeat it."),
    ],
    rules: Annotated[
        list[str] | None,
        typer.Option("--rule", metavar="ID", help="Rules to label; repeat it; default: fine ones."),
    ] = None,
    size: Annotated[int, typer.Option("--size", min=1, max=2000, help="How many calls.")] = 100,
    calibration: Annotated[
        bool, typer.Option("--calibration", help="Everybody labels every call.")
    ] = False,
    twice: Annotated[
        float, typer.Option("--twice", min=0, max=1, help="Share that two people label, 0–1.")
    ] = 0.2,
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="What it is for.")] = "",
    seed: Annotated[
        str, typer.Option("--seed", metavar="TEXT", help="Chance follows from it.")
    ] = "tingjian",
    since: SinceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw calls by chance, from those flagged, undecided and clean, for people to label blind.

    The same seed draws the same calls. People find their tasks on the page /labels.
    """
    from qa.batch.rulesets import RulesetLoader
    from qa.store.accounts import user_by_login
    from qa.store.label_sets import SetDraft, SetKind, make_set
    from qa.types import Grade

    with opened_store() as (store, settings):
        loaded = RulesetLoader.of(store, settings).load(ruleset)
        fine = [rule.rule_id for rule in loaded.rules if rule.grade is Grade.FINE]
        unknown = [one for one in rules or [] if loaded.rule(one) is None]
        if unknown:
            raise NotFoundError("rule", " ".join(unknown))
        kind = SetKind.CALIBRATION if calibration else SetKind.SAMPLE
        with store.writing() as session:
            ids = [user_by_login(session, login).user_id for login in people]
            wanted = SetDraft(
                kind,
                title or f"{loaded.ruleset_id} {seed}",
                loaded.ruleset_id,
                loaded.hash,
                tuple(rules or fine),
                tuple(ids),
                size,
                seed,
                twice=twice,
                since=parse_since(since, store),
            )
            found = make_set(session, None, wanted, datetime.now(UTC))
    _print_sets([found], as_json=as_json)


@app.command("add")
def add(
    ruleset: RulesetArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, JSON Lines or YAML.")],
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="Whose they are.")] = "",
) -> None:
    """Keep the labels of a file, so that they count whenever the ruleset is proved."""
    from qa.batch.rulesets import RulesetLoader
    from qa.ingest.labels import read_labels
    from qa.store.label_sets import SetDraft, SetKind
    from qa.store.labels import FileLabel, add_labels

    labels = [FileLabel(one.call_id, one.rule_id, one.outcome) for one in read_labels(file)]
    with opened_store() as (store, settings):
        loaded = RulesetLoader.of(store, settings).load(ruleset)
        rules = tuple(sorted({one.rule_id for one in labels}))
        draft = SetDraft(
            SetKind.FILE, title or file.name, ruleset, loaded.hash, rules, (), len(labels), ""
        )
        with store.writing() as session:
            found, missing = add_labels(session, None, draft, labels, datetime.now(UTC))
    typer.echo(f"set {found.set_id}: {len(labels) - missing} labels kept")
    if missing:
        typer.echo(f"{missing} labels are of calls that are not here", err=True)


@app.command("list")
def list_all(as_json: JsonOption = False) -> None:
    """List the sets, the newest first."""
    from qa.store.label_sets import list_sets

    with opened_store() as (store, _), store.reading() as session:
        found = list_sets(session)
    _print_sets(found, as_json=as_json)


@app.command("close")
def close(number: SetArgument) -> None:
    """Close a set before everybody has handed in; what there is counts."""
    from qa.store.labels import close_set

    with opened_store() as (store, _), store.writing() as session:
        found = close_set(session, None, number, datetime.now(UTC))
    typer.echo(
        f"set {found.set_id} is closed; {len(found.handed_in)} of {len(found.people)} had handed in"
    )


@app.command("agreement")
def agreement(number: SetArgument, as_json: JsonOption = False) -> None:
    """Say how far the people of a set agree: pairs by Cohen's kappa, all by Krippendorff's alpha.

    Nothing is said while the set is open: nobody may see what others found before their own.
    """
    from qa.store.agreement import agreement_of

    with opened_store() as (store, _), store.reading() as session:
        found = agreement_of(session, number)
        names = _names(session, found.people)
    if as_json:
        pairs = [{"people": people, "agreement": one} for people, one in found.pairs.items()]
        print_json(
            {
                "together": found.together,
                "by_rule": found.by_rule,
                "pairs": pairs,
                "differing": found.differing,
            }
        )
        return
    typer.echo(f"all rules together: {_said(found.together)}")
    for rule_id, one in found.by_rule.items():
        typer.echo(f"  {rule_id}: {_said(one)}")
    for (first, second), one in found.pairs.items():
        typer.echo(f"  {names[first]} and {names[second]}: {_said(one)}")


def _said(one: "Agreement | None") -> str:
    if one is None:
        return "nothing was labelled by two people"
    few = ", few" if one.is_few else ""
    if one.value is None or one.low is None or one.high is None:
        return f"{one.share:.0%} alike of {one.things}; one answer for everything, so no more"
    return f"{one.value:.2f} ({one.low:.2f} to {one.high:.2f}), {one.share:.0%} alike of " + (
        f"{one.things}{few}"
    )


def _names(session: Any, people: "frozenset[int]") -> dict[int, str]:
    from qa.store.names import user_names

    known = user_names(session, people)
    return {person: clean(known.get(person, str(person))) for person in people}


def _print_sets(found: "list[LabelSet]", *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    for one in found:
        state = "open" if one.is_open else "closed"
        people = len(one.people)
        typer.echo(
            f"{one.set_id}  {one.kind.value}  {state}  {one.ruleset_id}  {one.calls} calls, "
            f"{people} people, {len(one.handed_in)} handed in  {clean(one.title)}"
        )
    if not found:
        typer.echo("there are no label sets")
