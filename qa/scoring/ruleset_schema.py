"""What a ruleset file may hold: the models that validate it, and the schema for editors."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from qa.scoring.check import Check
from qa.scoring.checks import load_checks
from qa.types import Call, Grade, Outcome

RuleId = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, Field(min_length=1)]
Value = bool | int | float | str | list[Any] | dict[str, Any]


class Part(BaseModel):
    """A frozen part of a ruleset file that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class GroupDocument(Part):
    """A section of the scorecard."""

    title: Text = Field(description="name in Chinese")
    title_en: Text = Field(description="name in English")


class ExampleDocument(Part):
    """A dialogue and the outcome that the rule must give on it."""

    outcome: Outcome = Field(description="what the rule must find")
    dialogue: Text = Field(description="lines of '坐席: …' and '客户: …'; '(停顿 12秒)' is silence")
    call: dict[str, Any] = Field(
        default_factory=dict, description="metadata, laid over the ruleset's example_call"
    )
    values: dict[Name, Value] = Field(
        default_factory=dict,
        description="named values for this example alone, such as a small table of stations",
    )
    note: str = Field("", description="what the example is about")


class RuleDocument(Part):
    """One rule: what is checked, how, and what a violation costs."""

    id: RuleId = Field(description="category letters and a number (FP03); never reused")
    title: Text = Field(description="name in Chinese")
    title_en: Text = Field(description="name in English")
    group: Name = Field(description="section of the scorecard, a key of groups")
    regulations: list[Text] = Field(
        min_length=1, description="sentences it serves: regulation and item, such as '001 §86'"
    )
    check: Name = Field(description="the kind of check (docs/reference/rules.md)")
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="parameters of the check; $name stands for a value"
    )
    grade: Grade = Field(description="fine, score, or hint (a hint never moves points)")
    points: int = Field(ge=0, le=100, description="points that a violation takes off 100")
    critical: bool = Field(False, description="true: a violation makes the total 0")
    examples: list[ExampleDocument] = Field(
        description="at least one met and one violated (for hints: or not applicable)"
    )


class Adjustment(Part):
    """What a ruleset changes of a rule that it includes; what is not named stays."""

    points: int | None = Field(None, ge=0, le=100)
    group: Name | None = None
    grade: Grade | None = None
    critical: bool | None = None
    regulations: list[Text] | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    examples: list[ExampleDocument] = Field(
        default_factory=list, description="more examples, behind the rule's own"
    )


class RulesetDocument(Part):
    """A ruleset file."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$", description="name of the ruleset")
    title: Text = Field(description="name in Chinese")
    title_en: Text = Field(description="name in English")
    version: int = Field(ge=1, description="raised by its author with every published change")
    include: list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]] = Field(
        default_factory=list,
        description="shared parts, or whole bundled rulesets, that belong to this ruleset",
    )
    extend: dict[Name, Value] = Field(
        default_factory=dict, description="what is added to included values, by their name"
    )
    drop: list[RuleId] = Field(default_factory=list, description="included rules that are left out")
    adjust: dict[RuleId, Adjustment] = Field(
        default_factory=dict, description="changes to included rules, by rule id"
    )
    values: dict[Name, Value] = Field(
        default_factory=dict,
        description="named values that settings may replace; parameters name them as $name",
    )
    example_call: dict[str, Any] = Field(
        default_factory=dict, description="metadata that the examples share"
    )
    groups: dict[Name, GroupDocument] = Field(min_length=1, description="sections, in order")
    rules: list[RuleDocument] = Field(min_length=1, description="the rules, in order")


@cache
def parameters_model(check: type[Check]) -> type[BaseModel]:
    """Build the model whose field `value` is the check, filled from a ruleset's parameters."""
    return create_model(
        f"{check.__name__}Parameters",
        __config__=ConfigDict(extra="forbid"),
        value=(check, ...),
    )


@cache
def call_model() -> type[BaseModel]:
    """Build the model whose field `value` is the call of an example."""
    return create_model("ExampleCall", __config__=ConfigDict(extra="forbid"), value=(Call, ...))


def json_schema() -> dict[str, Any]:
    """Describe ruleset files for editors (JSON Schema 2020-12), parameters of each check included.

    Raises:
        RulesetError: a check cannot be loaded.
    """
    schema = RulesetDocument.model_json_schema()
    definitions = schema["$defs"]
    rule = definitions["RuleDocument"]
    rule["properties"]["check"]["enum"] = list(load_checks())
    rule["allOf"] = []
    for kind, check in load_checks().items():
        parameters = parameters_model(check).model_json_schema()
        definitions.update(parameters.get("$defs", {}))
        name = parameters["properties"]["value"]["$ref"].rpartition("/")[2]
        definitions[name] = _with_values(definitions[name])
        condition = {"properties": {"check": {"const": kind}}, "required": ["check"]}
        then = {"properties": {"parameters": {"$ref": f"#/$defs/{name}"}}}
        if definitions[name].get("required"):
            then = {**then, "required": ["parameters"]}  # type: ignore[dict-item]
        rule["allOf"].append({"if": condition, "then": then})
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _with_values(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Let each parameter also be a reference such as `$max_rings`."""
    reference = {"type": "string", "pattern": r"^\$"}
    properties = {
        name: {"anyOf": [reference, part]} for name, part in schema.get("properties", {}).items()
    }
    return {**schema, "properties": properties}
