"""YAML as people write it: strict about duplicates, and every value knows its line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
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


class _NoAliases:
    """Refuses aliases while nodes are put together: a few lines of them unfold into gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):  # type: ignore[attr-defined]
            mark = self.peek_event().start_mark  # type: ignore[attr-defined]
            problem = "anchors and aliases are not supported; write it out"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
        node: yaml.Node | None = super().compose_node(parent, index)  # type: ignore[misc]
        return node


class _Loader(_NoAliases, yaml.SafeLoader):
    """The loader whose messages people read."""


def _fast_loader() -> Callable[[str], Any]:
    """Make a loader that splits the text in C, four times as fast; else return the slow one.

    Only the splitting is C's: nodes are put together as in `_Loader`, by code that cannot overrun
    the stack.
    """
    if not yaml.__with_libyaml__:
        return _Loader
    from yaml._yaml import CParser
    from yaml.composer import Composer
    from yaml.constructor import SafeConstructor
    from yaml.resolver import Resolver

    class _FastLoader(_NoAliases, Composer, CParser, SafeConstructor, Resolver):
        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)
            Composer.__init__(self)
            SafeConstructor.__init__(self)
            Resolver.__init__(self)

    return _FastLoader


_Fast = _fast_loader()


def read_document(text: str, source: str) -> Document:
    """Parse one YAML document.

    Args:
        source: name for error messages.

    Returns:
        The document; it may be one that was handed out before, so nobody changes its data.

    Raises:
        RulesetError: the text is not YAML, holds a key twice, uses anchors, or nests without end.
    """
    try:
        try:
            data, lines = _parse(text, _Fast)
        except (yaml.YAMLError, ValueError, RecursionError):
            data, lines = _parse(text, _Loader)  # says what is wrong in its own words, or reads it
    except _DuplicateKeyError as error:
        raise RulesetError(source, str(error)) from error
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise RulesetError(source, f"{where}not YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RulesetError(source, f"not YAML: {type(error).__name__}") from error
    return Document(source, data, lines)


class _DuplicateKeyError(Exception):
    """A key stands twice in one mapping."""


@lru_cache(maxsize=64)  # six rulesets share nine parts
def _parse(text: str, loader_type: Callable[[str], Any]) -> tuple[Any, Mapping[KeyPath, int]]:
    loader = loader_type(text)
    try:
        node = loader.get_single_node()
        lines: dict[KeyPath, int] = {}
        if node is not None:
            _collect(node, (), lines)
        return (loader.construct_document(node) if node is not None else None), lines
    finally:
        loader.dispose()


def _collect(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int]) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _collect(item, (*path, index), lines)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = str(key.value)
            line = key.start_mark.line + 1
            if (*path, name) in lines:
                raise _DuplicateKeyError(f"line {line}: key '{name}' stands here twice")
            lines[(*path, name)] = line
            _collect(value, (*path, name), lines)
