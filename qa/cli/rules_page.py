"""The rules as a page of the documentation, written from the rulesets themselves."""

import inspect
import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, cast

from qa.codec import to_plain
from qa.scoring.ruleset import Rule, RuleExample, Ruleset, regulation_sentence
from qa.wording import grade_name, outcome_name

_HEAD = """\
# Rules

Written by `scripts/reference` from the bundled rulesets; do not edit. `qa rules explain ID` shows
the same in the terminal, with the values of your settings. Every example here runs as a test.
"""


def parameters_in_force(rule: Rule) -> dict[str, Any]:
    """Return the parameters of a rule's check by name, defaults included, as plain values."""
    check = rule.check
    return {f.name: to_plain(getattr(check, f.name)) for f in fields(cast(Any, check))}


def rules_page(rulesets: list[Ruleset]) -> str:
    """Describe rulesets and their checks in Markdown."""
    lines = [_HEAD]
    for ruleset in rulesets:
        lines += _ruleset(ruleset)
    lines += ["## Checks", ""]
    checks = {rule.check.kind: type(rule.check) for each in rulesets for rule in each.rules}
    for kind in sorted(checks):
        lines += [f"### `{kind}`", "", "```text", inspect.getdoc(checks[kind]) or "", "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def _ruleset(ruleset: Ruleset) -> Iterator[str]:
    yield f"## {ruleset.title} · {ruleset.title_en} (`{ruleset.ruleset_id}`)"
    yield ""
    if ruleset.values:
        yield "Values that settings (`[scoring.values]`) may replace:"
        yield ""
        yield "| value | default |"
        yield "|---|---|"
        for name, value in ruleset.values.items():
            yield f"| `{name}` | {_cell(_compact(value))} |"
        yield ""
    yield "| id | rule | group | check | grade | points | critical |"
    yield "|---|---|---|---|---|---|---|"
    groups = {group.name: group for group in ruleset.groups}
    for rule in ruleset.rules:
        group = groups[rule.group]
        cells = (
            f"[{rule.rule_id}](#{rule.rule_id.lower()})",
            f"{rule.title} · {rule.title_en}",
            f"{group.title} · {group.title_en}",
            f"[`{rule.check.kind}`](#{rule.check.kind})",
            f"{grade_name(rule.grade)} · {grade_name(rule.grade, 'en')}",
            str(rule.points),
            "yes" if rule.critical else "",
        )
        yield "| " + " | ".join(map(_cell, cells)) + " |"
    yield ""
    for rule in ruleset.rules:
        yield from _rule(rule)


def _rule(rule: Rule) -> Iterator[str]:
    yield f"### {rule.rule_id}"
    yield ""
    yield f"**{rule.title}** · {rule.title_en}"
    yield ""
    for reference in rule.regulations:
        sentence = regulation_sentence(reference)
        yield f"- {reference}" + (f" 「{sentence}」" if sentence else "")
    yield ""
    for name, value in parameters_in_force(rule).items():
        yield f"- `{name}`: `{_compact(value)}`"
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
