"""A ruleset, read and ready to judge."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from qa.scoring.check import Check
from qa.types import Call, Grade, Outcome, Transcript

SCORING_REVISION = 21
"""Raise it when code under `qa/scoring/` changes what a rule finds: every hash follows, and so
calls are judged anew instead of keeping scorecards that no code can reproduce."""


@dataclass(frozen=True)
class RuleExample:
    """A dialogue with its metadata, and the outcome that the rule must give on it.

    Attributes:
        metadata: the example's own metadata, without what the ruleset's examples share.
        line: where it stands in the file.
        check: what judges it, where the example has values of its own.
    """

    outcome: Outcome
    dialogue: str
    transcript: Transcript
    call: Call
    metadata: Mapping[str, Any]
    line: int
    note: str = ""
    check: Check | None = None


@dataclass(frozen=True)
class Rule:
    """One rule, ready to judge.

    Attributes:
        parameters: as written, with the named values filled in.
        points: what a violation takes off 100; 0 for hints.
    """

    rule_id: str
    title: str
    title_en: str
    group: str
    regulations: tuple[str, ...]
    check: Check
    parameters: Mapping[str, Any]
    grade: Grade
    points: int
    critical: bool
    examples: tuple[RuleExample, ...]

    @cached_property
    def hash(self) -> str:
        """SHA-256 over everything that can move this rule's verdict (`content`)."""
        return hashlib.sha256(self.content.encode()).hexdigest()

    @property
    def content(self) -> str:
        """Everything that can move this rule's verdict, as JSON.

        That is the kind of check, its parameters with the values filled in, and the revision of
        the scoring code. Title, group, grade and points are not part of it: they move no verdict,
        and a line is laid out anew with those of the rule in force.
        """
        content = {
            "check": self.check.kind,
            "parameters": self.parameters,
            "scoring_revision": SCORING_REVISION,
        }
        return json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)

    def judging(self, example: RuleExample) -> "Rule":
        """Return the rule as it judges an example: with the example's own values, if it has any."""
        return self if example.check is None else replace(self, check=example.check)


@dataclass(frozen=True)
class Group:
    """A section of the scorecard."""

    name: str
    title: str
    title_en: str


@dataclass(frozen=True)
class Ruleset:
    """The rules that judge one kind of call, in order.

    Attributes:
        values: the named values in force.
        hash: SHA-256 over everything that can move a verdict or a point, the values in force and
            the revision of the scoring code; examples and titles are part of it too.
    """

    ruleset_id: str
    title: str
    title_en: str
    version: int
    values: Mapping[str, Any]
    groups: tuple[Group, ...]
    rules: tuple[Rule, ...]
    hash: str

    def rule(self, rule_id: str) -> Rule | None:
        """Return the rule with this id (in any case), or None."""
        return next((rule for rule in self.rules if rule.rule_id == rule_id.upper()), None)
