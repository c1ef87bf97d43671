"""A file of labels: which calls violated which rules, as people found. CSV, JSON Lines or YAML.

A line that cannot be read stops everything: labels that are silently left out make a rule look
better or worse than it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from qa.errors import IngestError
from qa.ingest.columns import LABELS
from qa.ingest.tables import Report, read_table, read_text
from qa.types import Outcome

_OUTCOMES: Final[Mapping[str, Outcome]] = {
    **{outcome.value.casefold(): outcome for outcome in Outcome},
    **{"合格": Outcome.MET, "违规": Outcome.VIOLATED, "不适用": Outcome.NOT_APPLICABLE},
    **{"待定": Outcome.UNDECIDED, "听不清": Outcome.UNDECIDED, "n/a": Outcome.NOT_APPLICABLE},
}
_SHOWN = 10
_MAX_ID = 200
_MAX_RULE = 50


@dataclass(frozen=True, slots=True)
class LabelEntry:
    """A label of a file; `line` is where it stands, from 1."""

    line: int
    call_id: str
    rule_id: str
    outcome: Outcome


def read_labels(path: Path) -> list[LabelEntry]:
    """Read a file of labels.

    Raises:
        IngestError: it cannot be read, or a line of it cannot; the message names the lines.
    """
    report = Report(path.name)
    cells = _from_yaml if path.suffix.lower() in (".yaml", ".yml") else _from_table
    found = [
        entry
        for line, row in cells(path, report)
        if (entry := _entry(line, row, report)) is not None
    ]
    faults = [
        f"line {issue.line}: {issue.reason}" if issue.line else issue.reason
        for issue in report.issues
        if issue.rejected
    ]
    if faults:
        more = [f"and {len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
        raise IngestError(path.name, "; ".join([*faults[:_SHOWN], *more]))
    if not found:
        columns = "call_id, rule_id, outcome"
        raise IngestError(path.name, f"it holds no labels; the columns are {columns}")
    return found


def _from_table(path: Path, report: Report) -> Iterator[tuple[int, Mapping[str, str | None]]]:
    for row in read_table(path, LABELS, report):
        yield row.line, row.cells


def _from_yaml(path: Path, report: Report) -> Iterator[tuple[int, Mapping[str, str | None]]]:
    """Read either a list of `{call_id, rule_id, outcome}`, or `call: {rule: outcome}`."""
    text = read_text(path, report)
    if text is None:
        return
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        report.reject(mark.line + 1 if mark else None, "bad_yaml", "this is no YAML")
        return
    if isinstance(root, yaml.SequenceNode):
        for node in root.value:
            yield _listed(node)
    elif isinstance(root, yaml.MappingNode):
        for call, rules in root.value:
            if not isinstance(rules, yaml.MappingNode):
                report.reject(call.start_mark.line + 1, "bad_label", "a call has rules below it")
                continue
            for rule, outcome in rules.value:
                row = {"call_id": _text(call), "rule_id": _text(rule), "outcome": _text(outcome)}
                yield rule.start_mark.line + 1, row


def _listed(node: yaml.Node) -> tuple[int, Mapping[str, str | None]]:
    row: dict[str, str | None] = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            field = LABELS.field_of(_text(key) or "")
            if field is not None:
                row[field] = _text(value)
    return node.start_mark.line + 1, row


def _text(node: yaml.Node) -> str | None:
    return str(node.value).strip() or None if isinstance(node, yaml.ScalarNode) else None


def _entry(line: int, row: Mapping[str, str | None], report: Report) -> LabelEntry | None:
    call_id, rule_id, said = (row.get(name) for name in ("call_id", "rule_id", "outcome"))
    outcome = _OUTCOMES.get((said or "").casefold())
    if not call_id or len(call_id) > _MAX_ID:
        report.reject(line, "no_key", "there is no call_id")
    elif not rule_id or len(rule_id) > _MAX_RULE:
        report.reject(line, "no_key", "there is no rule_id")
    elif outcome is None:
        report.reject(line, "bad_outcome", "outcome is MET, VIOLATED, NOT_APPLICABLE or UNDECIDED")
    else:
        return LabelEntry(line, call_id, rule_id, outcome)
    return None
