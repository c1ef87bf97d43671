"""Turns a parsed document into a ruleset, and names every problem with its line."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from qa.errors import RulesetError
from qa.scoring import ruleset_model
from qa.scoring.check import Check
from qa.scoring.checks import load_checks
from qa.scoring.conditions.model import OPERATORS
from qa.scoring.dialogue import DialogueError, parse_dialogue
from qa.scoring.ruleset_model import Group, Rule, RuleExample, Ruleset
from qa.scoring.ruleset_schema import (
    ExampleDocument,
    RuleDocument,
    RulesetDocument,
    call_model,
    parameters_model,
)
from qa.scoring.ruleset_yaml import Document, KeyPath, read_document
from qa.types import Call, Grade, Outcome

_REFERENCE = re.compile(r"\$(?:\{(?P<braced>[\w.-]*)\}|(?P<plain>[\w.]*))")


class Builder:
    """Turns one document into a ruleset, gathering every problem before it gives up."""

    def __init__(
        self,
        document: Document,
        overrides: Mapping[str, Any],
        tables: Mapping[str, Any],
        known_values: Callable[[], frozenset[str]],
    ) -> None:
        """Prepare to build; see `qa.scoring.ruleset.load_ruleset`.

        Args:
            known_values: names of the values that any bundled ruleset has.
        """
        self.document = document
        self.known_values = known_values
        self.overrides = overrides
        self.tables = tables
        self.values: dict[str, Any] = {}
        self.resolving: list[str] = []
        self.example_call: Mapping[str, Any] = {}
        self.problems: list[tuple[str, int, str]] = []

    def build(self) -> Ruleset:
        """Build the ruleset.

        Raises:
            RulesetError: anything is wrong; the message lists every problem with its line.
        """
        raw = self._validate(RulesetDocument, self.document.data, ())
        self._stop_on_problems()
        assert isinstance(raw, RulesetDocument)  # narrows the type; problems stopped us above
        self.values = self._effective_values(raw.values)
        self.example_call = {"call_id": "example", **raw.example_call}
        self._validate(call_model(), {"value": self.example_call}, ("example_call",), skip=1)
        self._stop_on_problems()
        groups = tuple(Group(n, g.title, g.title_en) for n, g in raw.groups.items())
        self._check_ids(raw)
        self._check_changes(raw)
        rules = [self._rule(rule, index, raw) for index, rule in enumerate(raw.rules)]
        self._stop_on_problems()
        return Ruleset(
            ruleset_id=raw.id,
            title=raw.title,
            title_en=raw.title_en,
            version=raw.version,
            values=self.values,
            groups=groups,
            rules=tuple(rule for rule in rules if rule is not None),
            hash=_hash(raw, self.values),
        )

    def _rule(self, raw: RuleDocument, index: int, whole: RulesetDocument) -> Rule | None:
        path: KeyPath = ("rules", index)
        for key, problem in _rule_problems(raw, whole):
            self._problem((*path, key), problem)
        parameters = self._resolve(raw.parameters, (*path, "parameters"))
        check = self._check(raw, parameters, path)
        examples = tuple(self._examples(raw, (*path, "examples")))
        if check is None:
            return None
        return Rule(
            rule_id=raw.id,
            title=raw.title,
            title_en=raw.title_en,
            group=raw.group,
            regulations=tuple(raw.regulations),
            check=check,
            parameters=parameters,
            grade=raw.grade,
            points=raw.points,
            critical=raw.critical,
            examples=examples,
        )

    def _check(self, raw: RuleDocument, parameters: Any, path: KeyPath) -> Check | None:
        kind = load_checks().get(raw.check)
        if kind is None:
            known = ", ".join(load_checks())
            self._problem((*path, "check"), f"no check '{raw.check}'; there are {known}")
            return None
        model = self._validate(
            parameters_model(kind), {"value": parameters}, (*path, "parameters"), skip=1
        )
        return None if model is None else getattr(model, "value")  # noqa: B009

    def _examples(self, raw: RuleDocument, path: KeyPath) -> Iterator[RuleExample]:
        for index, example in enumerate(raw.examples):
            here = (*path, index)
            document, there = self.document.origin(here)
            metadata = {**self.example_call, **example.call}
            model = self._validate(call_model(), {"value": metadata}, (*here, "call"), skip=1)
            try:
                transcript = parse_dialogue(example.dialogue)
            except DialogueError as error:
                self._problem((*here, "dialogue"), str(error))
                continue
            if model is not None:
                yield RuleExample(
                    outcome=example.outcome,
                    dialogue=example.dialogue,
                    transcript=transcript,
                    call=getattr(model, "value"),  # noqa: B009
                    metadata=example.call,
                    line=document.line(there),
                    note=example.note,
                    check=self._example_check(raw, example, here) if example.values else None,
                )

    def _example_check(
        self, raw: RuleDocument, example: ExampleDocument, path: KeyPath
    ) -> Check | None:
        """Build the rule's check with the values that an example brings along."""
        values, self.values = self.values, {**self.values, **example.values}
        if unknown := sorted(set(example.values) - set(values)):
            self._problem((*path, "values"), f"no value '{unknown[0]}' to replace")
        parameters = self._resolve(raw.parameters, (*path, "values"))
        self.values = values
        return self._check(raw, parameters, (*path[:2],))

    def _check_ids(self, raw: RulesetDocument) -> None:
        seen: set[str] = set()
        for index, rule in enumerate(raw.rules):
            if rule.id in seen:
                self._problem(("rules", index, "id"), f"rule id '{rule.id}' stands here twice")
            seen.add(rule.id)

    def _check_changes(self, raw: RulesetDocument) -> None:
        """Refuse changes to what is not there: a misspelt name must not be without effect."""
        rules = {rule.id for rule in raw.rules}
        for rule in sorted(set(raw.adjust) - rules):
            self._problem(("adjust", rule), f"no rule '{rule}' to adjust")
        for name in sorted(set(raw.extend) - set(raw.values)):
            known = ", ".join(raw.values) or "none"
            self._problem(("extend", name), f"no value '{name}' to extend; there are {known}")
        if (raw.extend or raw.adjust or raw.drop) and not raw.include:
            self._problem((), "extend, adjust and drop change what is included; include nothing?")
        for rule in raw.drop:
            self._problem(("drop",), f"no included rule '{rule}' to drop")

    def _effective_values(self, defaults: Mapping[str, Any]) -> dict[str, Any]:
        values = {name: self.tables.get(name, value) for name, value in defaults.items()}
        for name, value in self.overrides.items():
            if name not in values:
                if name in self.known_values():
                    continue  # one set of settings serves several rulesets
                known = ", ".join(values) or "none"
                raise RulesetError(
                    self.document.source, f"no value '{name}' to replace; it has {known}"
                )
            default = values[name]
            if isinstance(default, dict) and default and isinstance(value, Mapping):
                if unknown := sorted(set(value) - set(default)):
                    problem = f"no value '{name}.{unknown[0]}' to replace"
                    raise RulesetError(self.document.source, problem)
                value = {**default, **value}
            values[name] = value
        return values

    def _resolve(self, part: Any, path: KeyPath) -> Any:
        """Fill in named values: `$name` keeps the value's type, `${name}` may stand in a text."""
        if isinstance(part, dict):
            return {key: self._resolve(value, (*path, key)) for key, value in part.items()}
        if isinstance(part, list):
            return [self._resolve(value, (*path, index)) for index, value in enumerate(part)]
        if not isinstance(part, str) or "$" not in part:
            return part
        if whole := _REFERENCE.fullmatch(part):
            return self._value(whole, path)
        return _REFERENCE.sub(lambda match: str(self._value(match, path)), part)

    def _value(self, reference: re.Match[str], path: KeyPath) -> Any:
        name = reference["braced"] or reference["plain"] or ""
        value: Any = self.values
        for key in name.split("."):
            if not isinstance(value, Mapping) or key not in value:
                known = ", ".join(self.values) or "none"
                self._problem(path, f"no value '${name}'; the ruleset has {known}")
                return ""
            value = value[key]
        if name in self.resolving:
            self._problem(path, f"value '${name}' refers to itself")
            return ""
        self.resolving.append(name)
        value = self._resolve(value, path)
        self.resolving.pop()
        return value

    def _validate(
        self, model: type[BaseModel], data: Any, path: KeyPath, *, skip: int = 0
    ) -> BaseModel | None:
        """Validate data that stands at `path`; `skip` leading keys of the model are not there."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for detail in error.errors():
                real = real_path(data, detail["loc"])[skip:]
                self._problem((*path, *real), _explain(detail))
            return None

    def _problem(self, path: KeyPath, problem: str) -> None:
        place = self.document.place(path)
        key = ".".join(map(str, path[2:] if path[:1] == ("rules",) else path))
        parts = [self._rule_name(path), f"'{key}'" if key else "", problem]
        order = self.document.origin(path)
        problem = ": ".join(part for part in parts if part)
        self.problems.append((order[0].source, order[0].line(order[1]), f"{place}: {problem}"))

    def _rule_name(self, path: KeyPath) -> str:
        if len(path) < 2 or path[0] != "rules":
            return ""
        rule = self.document.data["rules"][path[1]]
        name = rule.get("id") if isinstance(rule, dict) else None
        return f"rule {name}" if isinstance(name, str) else f"rule number {int(path[1]) + 1}"

    def _stop_on_problems(self) -> None:
        if self.problems:
            lines = [problem for _, _, problem in sorted(set(self.problems))]
            raise RulesetError(self.document.source, "\n  ".join(lines))


def check_of(content: str) -> Check | None:
    """Build a rule's check from what was kept of it (`Rule.content`).

    Returns:
        None where this program would not judge by it as the one that kept it did.
    """
    kept = json.loads(content)
    kind = load_checks().get(kept["check"])
    if kind is None or kept["scoring_revision"] != ruleset_model.SCORING_REVISION:
        return None
    try:
        model = parameters_model(kind).model_validate({"value": kept["parameters"]})
    except ValidationError:
        return None
    check: Check = getattr(model, "value")  # noqa: B009
    return check


def read_call(text: str, source: str, call_id: str) -> Call:
    """Read what the systems know of a call, written like the `call` of an example.

    Raises:
        RulesetError: the text is not YAML, or a field is unknown or wrong; names the line.
    """
    document = read_document(text, source)
    builder = Builder(document, {}, {}, frozenset)
    data = {"call_id": call_id, **(document.data if isinstance(document.data, dict) else {})}
    model = builder._validate(call_model(), {"value": data}, (), skip=1)
    builder._stop_on_problems()
    call: Call = getattr(model, "value")  # noqa: B009
    return call


def real_path(data: Any, location: tuple[str | int, ...]) -> KeyPath:
    """Follow pydantic's location of an error through the data, leaving out the names of operators.

    Pydantic puts the tag of a union between the keys (`all.all.0.phrase.by` for `all.0.by`).
    """
    path: list[str | int] = []
    for step, piece in enumerate(location):
        following = location[step + 1] if step + 1 < len(location) else None
        if isinstance(data, Mapping):
            is_tag = piece == following or (following in data and piece in data)
            if is_tag and piece in OPERATORS:
                continue
            path.append(piece)
            data = data.get(piece)
        else:
            path.append(piece)
            inside = isinstance(data, list) and isinstance(piece, int) and piece < len(data)
            data = data[int(piece)] if inside else None
    return tuple(path)


def _rule_problems(raw: RuleDocument, whole: RulesetDocument) -> Iterator[tuple[str, str]]:
    """Find what no single field shows: (key, problem)."""
    if raw.group not in whole.groups:
        yield "group", f"no group '{raw.group}'; there are {', '.join(whole.groups)}"
    if raw.grade is Grade.HINT and raw.points:
        yield "points", "a hint never moves points; write 0"
    if raw.grade is Grade.HINT and raw.critical:
        yield "critical", "a hint cannot be critical"
    outcomes = {example.outcome for example in raw.examples}
    if Outcome.MET not in outcomes:
        yield "examples", "needs an example with outcome MET"
    if raw.grade is Grade.HINT:
        if not outcomes & {Outcome.VIOLATED, Outcome.NOT_APPLICABLE}:
            yield "examples", "needs an example with outcome VIOLATED or NOT_APPLICABLE"
    elif Outcome.VIOLATED not in outcomes:
        yield "examples", "needs an example with outcome VIOLATED"


def _explain(detail: Mapping[str, Any]) -> str:
    if detail["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return "unknown key"
    if detail["type"] in ("missing", "missing_argument"):
        return "is missing"
    return str(detail["msg"]).removeprefix("Value error, ")


def _hash(raw: RulesetDocument, values: Mapping[str, Any]) -> str:
    content = raw.model_dump(mode="json") | {
        "values": values,
        "scoring_revision": ruleset_model.SCORING_REVISION,
    }
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
