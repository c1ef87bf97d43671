"""The rules as pages of the documentation, written from the rulesets themselves."""

import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, cast

from qa.codec import to_plain
from qa.scoring.ruleset import Rule, RuleExample, Ruleset, regulation_sentence
from qa.wording import grade_name, outcome_name

_HEAD = """\
Written by `scripts/reference` from the bundled rulesets; do not edit. `qa rules explain ID` shows
the same in the terminal, with the values of your settings. Every example here runs as a test.
"""
_LONG = 40
"""Characters beyond which a parameter that is a named value is not written out again."""


def parameters_in_force(rule: Rule) -> dict[str, Any]:
    """Return the parameters of a rule's check by name, defaults included, as plain values."""
    check = rule.check
    return {f.name: to_plain(getattr(check, f.name)) for f in fields(cast(Any, check))}


def rules_page(rulesets: list[Ruleset]) -> str:
    """List the rules of rulesets, and describe their checks, in Markdown.

    What each rule looks for, with examples, stands on the pages of the rulesets (`ruleset_page`) in
    the folder `rules` beside it.
    """
    lines = ["# Rules", "", _HEAD]
    for ruleset in rulesets:
        lines += [f"## {_title(ruleset)}", ""]
        lines += _table(ruleset, f"rules/{ruleset.ruleset_id}.md", "")
    lines += ["## Checks", ""]
    checks = {rule.check.kind: type(rule.check) for each in rulesets for rule in each.rules}
    for kind in sorted(checks):
        lines += [f"### `{kind}`", "", "```text", inspect.getdoc(checks[kind]) or "", "```", ""]
    return _page(lines)


def ruleset_page(ruleset: Ruleset) -> str:
    """Describe a ruleset's values and rules, with examples, in Markdown."""
    lines = [f"# {_title(ruleset)}", "", _HEAD]
    if ruleset.values:
        lines += ["Values that settings (`[scoring.values]`) may replace:", ""]
        lines += ["| value | default |", "|---|---|"]
        lines += [f"| `{n}` | {_cell(_compact(v))} |" for n, v in ruleset.values.items()]
        lines += [""]
    lines += _table(ruleset, "", "../rules.md")
    named = {_compact(value): name for name, value in ruleset.values.items()}
    for rule in ruleset.rules:
        lines += _rule(rule, named)
    return _page(lines)


def _title(ruleset: Ruleset) -> str:
    return f"{ruleset.title} · {ruleset.title_en} (`{ruleset.ruleset_id}`)"


def _page(lines: list[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


def _table(ruleset: Ruleset, rules_on: str, checks_on: str) -> Iterator[str]:
    """Give one line a rule; the pages are those of the rules and of the checks, "" for this one."""
    yield "| id | rule | group | check | grade | points | critical |"
    yield "|---|---|---|---|---|---|---|"
    groups = {group.name: group for group in ruleset.groups}
    for rule in ruleset.rules:
        group = groups[rule.group]
        cells = (
            f"[{rule.rule_id}]({rules_on}#{rule.rule_id.lower()})",
            f"{rule.title} · {rule.title_en}",
            f"{group.title} · {group.title_en}",
            f"[`{rule.check.kind}`]({checks_on}#{rule.check.kind})",
            f"{grade_name(rule.grade)} · {grade_name(rule.grade, 'en')}",
            str(rule.points),
            "yes" if rule.critical else "",
        )
        yield "| " + " | ".join(map(_cell, cells)) + " |"
    yield ""


def _rule(rule: Rule, named: Mapping[str, str]) -> Iterator[str]:
    """Describe a rule; a parameter that is one of the named values is given by its name."""
    yield f"### {rule.rule_id}"
    yield ""
    yield f"**{rule.title}** · {rule.title_en}"
    yield ""
    for reference in rule.regulations:
        sentence = regulation_sentence(reference)
        yield f"- {reference}" + (f" 「{sentence}」" if sentence else "")
    yield ""
    for name, value in parameters_in_force(rule).items():
        written = _compact(value)
        is_long = len(written) > _LONG and written in named
        yield f"- `{name}`: `{'$' + named[written] if is_long else written}`"
    yield ""
    for example in rule.examples:
        yield from _example(example)


def _example(example: RuleExample) -> Iterator[str]:
    note = f": {example.note}" if example.note else ""
    yield f"{outcome_name(example.outcome)} · {outcome_name(example.outcome, 'en')}{note}"
    yield ""
    yield "```text"
    if example.metadata:
        yield "# " + "  ".join(f"{k}={_compact(v)}" for k, v in example.metadata.items())
    yield example.dialogue.strip()
    yield "```"
    yield ""


def _compact(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
