"""A rule as the pages show it: what it is for, what it listens for, what to say instead."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, cast

from qa.api.kept import KeptOf
from qa.api.views import CLASSES, SYMBOLS
from qa.api.words import WORDS, word
from qa.codec import to_plain
from qa.scoring.ruleset import Rule, RuleExample, Ruleset, regulation_sentence
from qa.types import Outcome
from qa.wording import grade_name, outcome_name, slot_name

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_AGENT_LINE = re.compile(r"^(?:\[[^\]]*\]\s*)?坐席(?:\([^)]*\))?[:：]\s*(.+)$")
_SPOKEN_KINDS = frozenset(
    {
        *("script_slots", "callback_opening", "introduction", "late_apology", "hold_courtesy"),
        *("courtesies", "asked_question", "not_convenient", "hotline_closing", "expected_time"),
        *("read_back", "details_read_back", "own_number", "festival_greeting", "points_repeated"),
        *("payment_reminder", "polite_address"),
    }
)
"""Kinds that want something said: a good example's words are what to say."""
_DETAILS = ("detail", "question")
_CHOICES = 5
_VIEWS: KeptOf["RuleView"] = KeptOf(2_000)


@dataclass(frozen=True, slots=True)
class ExampleView:
    """An example dialogue and the outcome that it must have; lines are (who, text, css)."""

    outcome: str
    symbol: str
    css: str
    note: str
    metadata: str
    lines: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule.

    Attributes:
        looks: what it listens for, in plain words; `kind` names the check.
        sentences: the regulations that it serves, each with its own words ("" where unknown).
        limits: names and values of its figures.
        phrases: names and lists of what is listened for, in readable notation.
        slots: names of a script's parts, and how each may be said.
        knowledge: topic, what would be wrong, what is right.
        say: what to say, from the rule's first good example; empty where nothing need be said.
        advice: what to do instead; empty where nothing is known.
    """

    rule_id: str
    title: str
    group: str
    kind: str
    looks: str
    grade: str
    grade_css: str
    points: int
    critical: bool
    sentences: tuple[tuple[str, str], ...]
    limits: tuple[tuple[str, str], ...]
    phrases: tuple[tuple[str, tuple[str, ...]], ...]
    slots: tuple[tuple[str, tuple[str, ...]], ...]
    knowledge: tuple[tuple[str, str, str], ...]
    say: tuple[str, ...]
    advice: str
    examples: tuple[ExampleView, ...]


def rule_view(rule: Rule, ruleset: Ruleset, lang: str) -> RuleView:
    """Lay out a rule with everything that a reader may ask."""
    make = partial(_rule_view, rule, ruleset, lang)
    is_own = ruleset.rule(rule.rule_id) is rule
    return _VIEWS.get(ruleset, (rule.rule_id, lang), make) if is_own else make()


def _rule_view(rule: Rule, ruleset: Ruleset, lang: str) -> RuleView:
    parameters = {f.name: to_plain(getattr(rule.check, f.name)) for f in fields(_any(rule.check))}
    groups = {group.name: group for group in ruleset.groups}
    group = groups.get(rule.group)
    return RuleView(
        rule_id=rule.rule_id,
        title=_in(lang, rule.title, rule.title_en),
        group=_in(lang, group.title, group.title_en) if group else rule.group,
        kind=rule.check.kind,
        looks=_word(f"looks_{rule.check.kind}", lang),
        grade=grade_name(rule.grade, lang),
        grade_css=rule.grade.value,
        points=rule.points,
        critical=rule.critical,
        sentences=tuple((ref, regulation_sentence(ref) or "") for ref in rule.regulations),
        limits=tuple(_limits(parameters, lang)),
        phrases=tuple(_phrases(parameters, lang)),
        slots=tuple(_slots(parameters, lang)),
        knowledge=tuple(
            (entry["topic"], entry["wrong"], entry["right"])
            for entry in parameters.get("knowledge", ())
        ),
        say=what_to_say(rule),
        advice=advice(rule, lang),
        examples=tuple(_example(example, lang, _shared(rule)) for example in rule.examples),
    )


def what_to_say(rule: Rule) -> tuple[str, ...]:
    """Give the agent's words of the rule's first good example, where the rule wants words said."""
    if rule.check.kind not in _SPOKEN_KINDS:
        return ()
    good = (e for e in rule.examples if e.outcome is Outcome.MET)
    said = next((lines for example in good if (lines := _agent_lines(example))), ())
    # Such an example asks, repeats, and goes on with the rest of the call.
    return said[:2] if rule.check.kind == "read_back" else said


def advice(rule: Rule, lang: str) -> str:
    """Say what to do instead of what the rule objects to; empty where nothing is known."""
    return _word(f"advice_{rule.rule_id}", lang)


def readable(notation: str) -> str:
    """Write a phrase pattern for people: `[您|你]好[吗|]` becomes `〔您/你〕好（吗）`.

    Of a long list of choices only the first stand here; the ruleset's file has them all.
    """

    def choice(match: re.Match[str]) -> str:
        options = match[1].split("|")
        kept = [option for option in options if option and option != "^"]
        more = f"…（{len(kept)}）" if len(kept) > _CHOICES else ""
        shown = "/".join(kept[:_CHOICES]) + more
        if len(kept) < len(options):
            return f"（{shown}）" if kept else ""
        return f"〔{shown}〕" if len(kept) > 1 else shown

    return _CHOICE.sub(choice, notation).replace("~", "…").replace("^", "")


def _agent_lines(example: RuleExample) -> tuple[str, ...]:
    found = (_AGENT_LINE.match(line.strip()) for line in example.dialogue.splitlines())
    return tuple(match[1] for match in found if match)


def _limits(parameters: Mapping[str, Any], lang: str) -> Iterator[tuple[str, str]]:
    for name, value in parameters.items():
        label = _word(f"value_{name}", lang)
        if not label or value is None:
            continue
        if name in _DETAILS or name == "fields":
            wanted = value if isinstance(value, list) else [value]
            yield label, "、".join(slot_name(str(each), lang) for each in wanted)
        elif name == "hours":
            yield label, "、".join(value)
        elif isinstance(value, int | float):
            yield label, f"{value:g}"
        elif isinstance(value, str) and value:
            yield label, readable(value)
        elif _is_band(value):
            yield label, f"{value[0]:g} – {value[1]:g}"


def _phrases(parameters: Mapping[str, Any], lang: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, value in parameters.items():
        label = _word(f"value_{name}", lang)
        is_list = isinstance(value, list) and value and isinstance(value[0], str)
        if label and is_list and name not in ("fields", "hours"):
            yield label, tuple(dict.fromkeys(map(readable, value)))


def _slots(parameters: Mapping[str, Any], lang: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for slot in parameters.get("slots", ()):
        if isinstance(slot, Mapping):
            said = tuple(map(readable, slot.get("any_of") or ()))
            digits = f"{slot['digits']}+ 0–9" if slot.get("digits") else ""
            yield slot_name(str(slot.get("name", "")), lang), said or ((digits,) if digits else ())


def _shared(rule: Rule) -> dict[str, Any]:
    """Find what all examples of a rule say of their calls, which says nothing of any of them."""
    first, *others = [example.metadata for example in rule.examples] or [{}]
    return {
        name: value
        for name, value in first.items()
        if all(name in other and other[name] == value for other in others)
    }


def _example(example: RuleExample, lang: str, shared: Mapping[str, Any]) -> ExampleView:
    return ExampleView(
        outcome=outcome_name(example.outcome, lang),
        symbol=SYMBOLS[example.outcome],
        css=CLASSES[example.outcome],
        note=example.note,
        metadata="  ".join(
            f"{name}={value}" for name, value in example.metadata.items() if name not in shared
        ),
        lines=tuple(_dialogue_line(line) for line in example.dialogue.strip().splitlines()),
    )


def _dialogue_line(line: str) -> tuple[str, str, str]:
    """Take a line apart: who speaks, what, and the look; a pause or time stays with its line."""
    head, mark, text = line.strip().partition(":")
    if not mark:
        head, mark, text = line.strip().partition("：")
    for name, css in (("坐席", "agent"), ("客户", "customer"), ("未知", "unknown")):
        if mark and name in head:
            return head, text.strip(), css
    return "", line.strip(), "pause"


def _is_band(value: Any) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and len(value) == 2
        and all(isinstance(each, int | float) for each in value)
    )


def _word(key: str, lang: str) -> str:
    return word(key, lang) if key in WORDS else ""


def _in(lang: str, chinese: str, english: str) -> str:
    return english if lang == "en" and english else chinese


def _any(value: object) -> Any:
    return cast(Any, value)
