"""YAML as people write it: strict about duplicates, and every value knows its line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from qa.errors import RulesetError

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A parsed file: its plain data, and the line of each key and list item (from 1).

    Attributes:
        origins: for what came from an included file, by its path here: that file and its path
            there.
    """

    source: str
    data: Any
    lines: Mapping[KeyPath, int]
    origins: Mapping[KeyPath, tuple["Document", KeyPath]] = field(default_factory=dict)

    def place(self, path: KeyPath) -> str:
        """Say where a value stands: `line 12`, or `promises.yaml line 12` when included."""
        document, there = self.origin(path)
        line = f"line {document.line(there)}"
        return line if document is self else f"{document.source} {line}"

    def origin(self, path: KeyPath) -> tuple["Document", KeyPath]:
        """Return the file that a value was written in, and its path there."""
        for length in range(len(path), 0, -1):
            if found := self.origins.get(path[:length]):
                document, there = found
                return document.origin((*there, *path[length:]))
        return self, path

    def line(self, path: KeyPath) -> int:
        """Return the line of a value, or of the nearest thing around it in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Loader(yaml.SafeLoader):
    """A safe loader that refuses aliases: a few lines of them unfold into gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            problem = "anchors and aliases are not supported; write it out"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
        return super().compose_node(parent, index)


def read_document(text: str, source: str) -> Document:
    """Parse one YAML document.

    Args:
        source: name for error messages.

    Raises:
        RulesetError: the text is not YAML, holds a key twice, uses anchors, or nests without end.
    """
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            lines: dict[KeyPath, int] = {}
            if node is not None:
                _collect(node, (), lines, source)
            data = loader.construct_document(node) if node is not None else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise RulesetError(source, f"{where}not YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RulesetError(source, f"not YAML: {type(error).__name__}") from error
    return Document(source, data, lines)


def _collect(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], source: str) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _collect(item, (*path, index), lines, source)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = str(key.value)
            line = key.start_mark.line + 1
            if (*path, name) in lines:
                raise RulesetError(source, f"line {line}: key '{name}' stands here twice")
            lines[(*path, name)] = line
            _collect(value, (*path, name), lines, source)


def compose(document: Document, read: Callable[[str], Document]) -> Document:
    """Put together a ruleset that includes others (`include: [forbidden]`).

    Values and groups of the file itself win over included ones. Included rules come after its own,
    changed as `adjust` says, and all rules are put in the order of the groups. What is malformed
    is left as it is, for the models to name.

    Args:
        read: gives the document of an included name, composed itself.

    Raises:
        RulesetError: what is included cannot be read.
    """
    data = document.data
    names = data.get("include") if isinstance(data, dict) else None
    if not names or not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        return document
    origins: dict[KeyPath, tuple[Document, KeyPath]] = {}
    sections: dict[str, dict[str, Any]] = {"values": {}, "groups": {}}
    rules: list[tuple[Any, Document, KeyPath]] = []
    for index, name in enumerate(names):
        origins["include", index] = document, ("include", index)
        included = read(name)
        _merge(included, sections, origins)
        adjust = data.get("adjust")
        rules += [
            (_adjusted(_exemplified(rule, included.data), adjust), included, ("rules", i))
            for i, rule in enumerate(_list(included.data, "rules"))
        ]
    included_groups, sections["groups"] = sections["groups"], {}
    _merge(document, sections, origins)
    sections["groups"] = {**sections["groups"], **included_groups, **sections["groups"]}
    rules = [(r, document, ("rules", i)) for i, r in enumerate(_list(data, "rules"))] + rules
    order = list(sections["groups"])
    rules.sort(key=lambda entry: _position(entry[0], order))
    for index, (_, source, path) in enumerate(rules):
        origins["rules", index] = source, path
    merged = {**data, **sections, "rules": [rule for rule, _, _ in rules]}
    return Document(document.source, merged, document.lines, origins)


def _merge(
    document: Document,
    sections: dict[str, dict[str, Any]],
    origins: dict[KeyPath, tuple[Document, KeyPath]],
) -> None:
    for section, merged in sections.items():
        own = document.data.get(section) if isinstance(document.data, dict) else None
        for key, value in own.items() if isinstance(own, dict) else ():
            merged[key] = value
            origins[section, key] = document, (section, key)


def _list(data: Any, key: str) -> list[Any]:
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, list) else []


def _adjusted(rule: Any, adjust: Any) -> Any:
    change = (
        adjust.get(rule.get("id")) if isinstance(adjust, dict) and isinstance(rule, dict) else 0
    )
    if not isinstance(change, dict):
        return rule
    parameters = {**rule.get("parameters", {}), **change.get("parameters", {})}
    return {**rule, **change, "parameters": parameters}


def _exemplified(rule: Any, data: Any) -> Any:
    """Lay a rule's examples over the metadata that the examples of its own file share."""
    shared = data.get("example_call")
    if not isinstance(rule, dict) or not isinstance(shared, dict):
        return rule
    examples = [
        {**e, "call": {**shared, **e["call"]} if isinstance(e.get("call"), dict) else shared}
        if isinstance(e, dict)
        else e
        for e in _list(rule, "examples")
    ]
    return {**rule, "examples": examples}


def _position(rule: Any, groups: list[str]) -> int:
    group = rule.get("group") if isinstance(rule, dict) else None
    return groups.index(group) if group in groups else len(groups)
