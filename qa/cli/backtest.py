"""`qa backtest`: how right a ruleset is, from what people found of calls."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.cli.shared import JsonOption, clean, opened_store, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from qa.batch.proving import Backtest
    from qa.review.backtest import Recall, RuleProof
    from qa.review.exact import Share
    from qa.review.gate import Gate, RuleGate
    from qa.store.labels import FileLabel


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("backtest")(backtest)


def backtest(
    ruleset: Annotated[
        str, typer.Argument(metavar="RULESET", help="Ruleset id, or a draft: a YAML file.")
    ],
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            metavar="FILE",
            help="Labels: CSV, JSON Lines or YAML with call_id, rule_id, outcome; without it, "
            "those of the database: reviews, label sets.",
        ),
    ] = None,
    rule: Annotated[
        str | None, typer.Option("--rule", metavar="ID", help="Also the threshold curve of a rule.")
    ] = None,
    gate: Annotated[
        bool, typer.Option("--gate", help="Also say whether it might be published. Exit 1: no.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Say how right a ruleset is: precision, recall, fairness, each with its 95 % interval.

    Labelled calls are judged by the ruleset now, from what was heard of them; nothing is stored.
    Recall holds for all calls only where labels were drawn by chance (`qa labels draw`).
    """
    from qa.batch.proving import BacktestOptions, gate_of
    from qa.batch.proving import backtest as run

    given = _read(labels) if labels is not None else None
    with opened_store() as (store, settings):
        found = run(store, settings, BacktestOptions(ruleset, given))
        held = gate_of(store, settings, found.ruleset) if gate else None
    if as_json:
        print_json(plain(found, held))
    else:
        from qa.cli.show import terminal

        console = terminal()
        _print(console, found)
        if rule is not None:
            _print_curve(console, found.rule(rule))
        if held is not None:
            _print_gate(console, held)
    if held is not None and held.stops:
        raise typer.Exit(1)


def _read(path: Path) -> "list[FileLabel]":
    from qa.ingest.labels import read_labels
    from qa.store.labels import FileLabel

    return [FileLabel(one.call_id, one.rule_id, one.outcome) for one in read_labels(path)]


def plain(found: "Backtest", gate: "Gate | None") -> dict[str, Any]:
    """Lay out a back-test as JSON has it."""
    return {
        "ruleset_id": found.ruleset.ruleset_id,
        "version": found.ruleset.version,
        "ruleset_hash": found.ruleset.hash,
        "calls": found.calls,
        "left_out": found.left_out,
        "outdated": found.outdated,
        "unknown_rules": found.unknown_rules,
        "draws": [one.set_id for one in found.draws],
        "rules": [
            {"flags": found.flags.get(one.rule_id, 0), "is_few": one.is_few, "proof": one}
            for one in found.rules
        ],
        "parity": found.parity,
        "gate": gate,
    }


def _print(console: "Console", found: "Backtest") -> None:
    from rich.table import Table

    ruleset = found.ruleset
    console.print(
        f"{ruleset.ruleset_id} v{ruleset.version} {ruleset.hash[:12]}: {found.calls} labelled calls"
        + (f", {found.left_out} more could not be judged by it" if found.left_out else ""),
        style="bold",
        markup=False,
    )
    if found.unknown_rules:
        names = clean(" ".join(found.unknown_rules))
        console.print(f"labels of rules that it does not have: {names}", style="yellow")
    known = [one for one in found.rules if one.labels or one.cannot_tell]
    if not known:
        console.print("nothing is proved: nobody has labelled anything of its rules")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("rule", "grade", "labels", "precision", "recall", "found or handed on"):
        table.add_column(name, no_wrap=name != "found or handed on")
    for one in known:
        table.add_row(
            one.rule_id,
            one.grade.value,
            str(one.labels) + (f" (+{one.cannot_tell} ?)" if one.cannot_tell else ""),
            _share(one.precision) + (" few" if one.precision and one.is_few else ""),
            _recall(one.recall),
            _recall(one.handed_on),
        )
    console.print(table)
    silent = [one.rule_id for one in found.rules if not one.labels and not one.cannot_tell]
    if silent:
        console.print(f"not proved, no labels: {' '.join(silent)}", style="dim")
    _print_parity(console, found)


def _print_parity(console: "Console", found: "Backtest") -> None:
    parity = found.parity
    if parity.chance is None:
        console.print("false alarms by agent: too few judged flags to compare", style="dim")
        return
    console.print(f"false alarms by agent: so uneven by chance alone in {parity.chance:.1%}")
    for one in parity.agents:
        said = "too few" if one.chance is None else f"p {one.chance:.3f}"
        share = one.wrong
        console.print(
            f"  {clean(one.agent_id)}: {share.count} of {share.whole} flags wrong {_share(share)}  "
            f"{said}",
            markup=False,
        )


def _share(share: "Share | None") -> str:
    if share is None:
        return "–"
    return f"{share.value:.0%} ({share.low:.0%}–{share.high:.0%}) {share.count}/{share.whole}"


def _recall(recall: "Recall | None") -> str:
    if recall is None:
        return "cannot tell"
    value = "?" if recall.value is None else f"{recall.value:.0%}"
    kind = "" if recall.by_chance else " of labels"
    return f"{value} ({recall.low:.0%}–{recall.high:.0%}){kind}"


def _print_curve(console: "Console", proof: "RuleProof | None") -> None:
    if proof is None or not proof.curve:
        console.print("no threshold curve: the rule has no measure, or too few labels")
        return
    for point in proof.curve:
        console.print(
            f"  from {point.threshold:.3f}: {point.flagged} flagged, precision "
            f"{point.precision:.0%}, recall of labels {point.recall:.0%}"
        )


def _needed(rule: "RuleGate") -> str:
    """Say how many labels a rule lacks that is neither proved nor refuted."""
    if rule.standing.value != "not_proved":
        return ""
    if rule.more is None:
        return ", at this share no number of labels proves it"
    return f", at this share at least {rule.more} more labelled flags are needed"


def _print_gate(console: "Console", gate: "Gate") -> None:
    style = "red" if gate.stops else "yellow" if gate.standing.value != "proved" else "green"
    console.print(
        f"gate: {gate.standing.value}{', it may not be published' if gate.stops else ''}",
        style=style,
    )
    for one in gate.rules:
        new = "" if one.is_new else " (in force already, unchanged)"
        said = f"  {one.rule_id}: {one.standing.value}{new} {_share(one.precision)}"
        console.print(said + _needed(one), markup=False)
    if gate.changed is not None:
        much = ", more than allowed" if gate.changes_too_much else ""
        console.print(f"  changes the score of {_share(gate.changed)} calls{much}")
