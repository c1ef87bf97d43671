"""`qa rules`: read the rules, test them on their examples, try them on a dialogue."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.cli.shared import existing_store, has_store
from qa.types import Outcome, Verdict

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from qa.scoring.ruleset import Rule, RuleExample, Ruleset

app = typer.Typer(name="rules", help="List, explain, test and try the rules.", no_args_is_help=True)


class Language(StrEnum):
    """A language of the output."""

    ZH = "zh"
    EN = "en"


RulesetOption = Annotated[
    str | None,
    typer.Option("--ruleset", metavar="NAME|FILE", help="Instead of the one in the settings."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LangOption = Annotated[Language, typer.Option("--lang", help="Language of names and reasons.")]


def load(ruleset: str | None, *, tables: bool = True) -> "Ruleset":
    """Load a ruleset as it is in force, or the one of the settings, with the values in force.

    Args:
        tables: with the station table and the knowledge entries too, which examples do not expect.
    """
    from qa.config import TableSettings, load_settings
    from qa.scoring.ruleset import load_ruleset

    settings = load_settings()
    scoring = settings.scoring
    name = ruleset or scoring.ruleset
    if not has_store(settings) and (scoring.tables == TableSettings() or not tables):
        return load_ruleset(name, values=scoring.values)  # at once: without the database's imports
    from qa.batch.rulesets import RulesetLoader

    with existing_store(settings) as store:
        return RulesetLoader.of(store, settings, tables=tables).load(name)


def print_json(value: Any) -> None:
    """Print as JSON with Chinese characters as they are."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def _describe(rule: "Rule") -> dict[str, Any]:
    return {
        "id": rule.rule_id,
        "title": rule.title,
        "title_en": rule.title_en,
        "group": rule.group,
        "check": rule.check.kind,
        "grade": rule.grade.value,
        "points": rule.points,
        "critical": rule.critical,
        "regulations": list(rule.regulations),
    }


@app.command("list")
def list_rules(
    ruleset: RulesetOption = None, lang: LangOption = Language.ZH, as_json: JsonOption = False
) -> None:
    """List the rules of a ruleset."""
    from rich.text import Text

    from qa.cli.show import terminal
    from qa.wording import grade_name

    rules = load(ruleset)
    if as_json:
        print_json([_describe(rule) for rule in rules.rules])
        return
    groups = {group.name: group.title_en if lang == "en" else group.title for group in rules.groups}
    table = _table(("", "rule", "group", "check", "grade"))
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("regulations")
    for rule in rules.rules:
        table.add_row(
            Text(rule.rule_id, style="bold"),
            rule.title_en if lang == "en" else rule.title,
            groups[rule.group],
            rule.check.kind,
            grade_name(rule.grade, lang),
            f"{rule.points}{' !' if rule.critical else ''}",
            ", ".join(rule.regulations),
        )
    console = terminal()
    title = rules.title_en if lang == "en" else rules.title
    console.print(Text(f"{rules.ruleset_id}  {title}  v{rules.version}", style="bold"))
    console.print(table)
    if any(rule.critical for rule in rules.rules):
        console.print(Text("  ! critical: a violation makes the total 0", style="dim"))
    console.print(Text("  qa rules explain ID says what a rule means", style="dim"))


def _table(columns: tuple[str, ...]) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, no_wrap=not column)
    return table


@app.command()
def explain(
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="A rule id, such as GR01.")],
    ruleset: RulesetOption = None,
    lang: LangOption = Language.ZH,
    as_json: JsonOption = False,
) -> None:
    """Explain one rule: its regulations, check, parameters, points and examples."""
    from qa.cli.rules_page import parameters_in_force
    from qa.cli.show import terminal

    rules = load(ruleset)
    rule = rules.rule(rule_id)
    if rule is None:
        known = ", ".join(rule.rule_id for rule in rules.rules)
        raise typer.BadParameter(f"no rule '{rule_id}' in {rules.ruleset_id}; it has {known}")
    if as_json:
        print_json(_describe(rule) | {"parameters": parameters_in_force(rule)})
        return
    _print_explanation(terminal(), rules, rule, lang.value)


def _print_explanation(console: "Console", rules: "Ruleset", rule: "Rule", lang: str) -> None:
    import inspect

    from rich.padding import Padding
    from rich.text import Text

    from qa.cli.rules_page import parameters_in_force
    from qa.scoring.ruleset import regulation_sentence
    from qa.wording import grade_name

    def section(title: str, *lines: str | Text) -> None:
        console.print(Text(title, style="bold cyan"))
        for line in lines:
            console.print(Padding(Text(line) if isinstance(line, str) else line, (0, 0, 0, 2)))
        console.print()

    names = {group.name: group for group in rules.groups}
    group = names[rule.group].title_en if lang == "en" else names[rule.group].title
    console.print(Text(f"{rule.rule_id}  {rule.title}  {rule.title_en}", style="bold"))
    cost = (
        f"{grade_name(rule.grade, lang)}   -{rule.points}"
        if rule.points
        else grade_name(rule.grade, lang)
    )
    critical = "   critical: a violation makes the total 0" if rule.critical else ""
    console.print(Text(f"{rules.ruleset_id} · {group} · {cost}{critical}\n", style="dim"))
    section(
        "regulations",
        *(f"{ref}  {regulation_sentence(ref) or ''}".rstrip() for ref in rule.regulations),
    )
    section(f"check {rule.check.kind}", inspect.getdoc(type(rule.check)) or "")
    section("parameters", *(f"{k}: {_compact(v)}" for k, v in parameters_in_force(rule).items()))
    for number, example in enumerate(rule.examples, start=1):
        section(f"example {number}", *_example_lines(example, rules, lang))


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value


def _example_lines(example: "RuleExample", rules: "Ruleset", lang: str) -> list[Any]:
    from rich.text import Text

    from qa.cli.show import MARKS
    from qa.wording import outcome_name

    mark, style = MARKS[example.outcome]
    head = Text(f"{mark} {outcome_name(example.outcome, lang)}", style=style)
    if example.note:
        head.append(f"  {example.note}", style="default")
    metadata = "  ".join(f"{key}={_compact(value)}" for key, value in example.metadata.items())
    lines: list[Any] = [head, *example.dialogue.strip().splitlines()]
    if metadata:
        lines.insert(1, Text(metadata, style="dim"))
    return lines


@dataclass(frozen=True)
class _ExampleResult:
    rule_id: str
    line: int
    expected: Outcome
    verdict: Verdict

    @property
    def passed(self) -> bool:
        return self.verdict.outcome is self.expected and self.verdict.reason != "check_failed"


@app.command()
def test(
    ruleset: Annotated[
        str | None, typer.Argument(metavar="NAME|FILE", help="Default: the one in the settings.")
    ] = None,
    lang: LangOption = Language.ZH,
    as_json: JsonOption = False,
) -> None:
    """Run the examples of every rule; exit 1 when one comes out differently."""
    rules = load(ruleset, tables=False)
    results = [
        _ExampleResult(rule.rule_id, example.line, example.outcome, _judge(rule, example))
        for rule in rules.rules
        for example in rule.examples
    ]
    if as_json:
        print_json([_result_plain(result) for result in results])
    else:
        _print_results(rules, results, lang.value)
    if not all(result.passed for result in results):
        raise typer.Exit(1)


def _judge(rule: "Rule", example: "RuleExample") -> Verdict:
    from qa.scoring.check import Scene
    from qa.scoring.scorecard import judge_rule

    return judge_rule(rule.judging(example), Scene(example.transcript, example.call))


def _result_plain(result: _ExampleResult) -> Mapping[str, Any]:
    return {
        "rule_id": result.rule_id,
        "line": result.line,
        "expected": result.expected.value,
        "outcome": result.verdict.outcome.value,
        "reason": result.verdict.reason,
        "passed": result.passed,
    }


def _print_results(rules: "Ruleset", results: list[_ExampleResult], lang: str) -> None:
    from rich.text import Text

    from qa.cli.show import evidence, terminal
    from qa.wording import outcome_name

    console = terminal()
    table = _table(("", "rule", "examples"))
    for rule in rules.rules:
        own = [result.passed for result in results if result.rule_id == rule.rule_id]
        mark = Text("✓ ", style="green") if all(own) else Text("✗ ", style="bold red")
        title = rule.title_en if lang == "en" else rule.title
        table.add_row(mark + Text(rule.rule_id, style="bold"), title, f"{sum(own)}/{len(own)}")
    console.print(table)
    failures = _table(("", "line", "expected", "found"))
    for result in (result for result in results if not result.passed):
        found = Text(f"{outcome_name(result.verdict.outcome, lang)}\n", style="red")
        expected = outcome_name(result.expected, lang)
        found += evidence(result.verdict, lang)
        failures.add_row(result.rule_id, str(result.line), expected, found)
    if failures.row_count:
        console.print(failures)
    passed = sum(result.passed for result in results)
    style = "bold green" if passed == len(results) else "bold red"
    console.print(Text(f"  {rules.ruleset_id}: {passed} of {len(results)} examples", style=style))


@app.command()
def new(
    base: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="The ruleset to start from; default: heating-repair."),
    ] = None,
) -> None:
    """Print a ruleset of your own that includes a bundled one: add phrases, change points."""
    from qa.cli.rules_new import starter
    from qa.scoring.ruleset import load_ruleset

    typer.echo(starter(load_ruleset(base or "heating-repair")), nl=False)


@app.command()
def source(
    ruleset: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Default: the one in the settings.")
    ] = None,
) -> None:
    """Print the YAML of a ruleset, or of a shared part (language, promises, …), to read."""
    from qa.config import load_settings
    from qa.scoring.ruleset import ruleset_text

    typer.echo(ruleset_text(ruleset or load_settings().scoring.ruleset), nl=False)


@app.command()
def page(
    ruleset: Annotated[
        str | None, typer.Argument(help="A bundled ruleset: its rules with examples.")
    ] = None,
) -> None:
    """Print the reference page of the bundled rulesets, or of one of them, in Markdown."""
    from qa.cli.rules_page import rules_page, ruleset_page
    from qa.scoring.ruleset import bundled_rulesets, load_ruleset

    if ruleset is None:
        written = rules_page([load_ruleset(name) for name in bundled_rulesets()])
    else:
        written = ruleset_page(load_ruleset(ruleset))
    typer.echo(written, nl=False)


@app.command()
def schema() -> None:
    """Print the JSON Schema of ruleset files, for editors."""
    from qa.scoring.ruleset_schema import json_schema

    print_json(json_schema())
