"""Rulesets made of others: what a file includes, and what it changes of it.

Everything here works on plain parsed YAML, before any model looks at it: what is malformed is left
as it is, for the models to name with its line.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from qa.scoring.ruleset_yaml import Document, KeyPath

Origins = dict[KeyPath, tuple[Document, KeyPath]]
_SECTIONS = ("values", "groups")


def compose(document: Document, read: Callable[[str], Document]) -> Document:
    """Put together a ruleset that includes others (`include: [language, promises]`).

    Values and groups of the file itself win over included ones; `extend` adds to included values.
    Included rules come after its own, less those that `drop` names, changed as `adjust` says; all
    are put in the order of the groups.

    Args:
        read: gives the document of an included name, composed itself.

    Returns:
        One document with everything in it, in which each part still knows its file and line.

    Raises:
        RulesetError: what is included cannot be read.
    """
    names = _list(document.data, "include")
    if not names or not all(isinstance(name, str) for name in names):
        return document
    data = document.data
    origins: Origins = {}
    parts = [read(name) for name in names]
    merged = {**data, **{key: _section(key, [*parts, document], origins) for key in _SECTIONS}}
    _extend(document, merged["values"])
    own_groups = data.get("groups") if isinstance(data.get("groups"), dict) else {}
    merged["groups"] = {**own_groups, **merged["groups"]}  # its own first, in its own order
    rules = [entry for part in parts for entry in _entries(part)]
    dropped = [name for name in _list(data, "drop") if isinstance(name, str)]
    if "drop" in data:  # what is left here is refused: it dropped nothing
        merged["drop"] = [one for one in dropped if one not in {_id(e[0]) for e in rules}]
    rules = [entry for entry in rules if _id(entry[0]) not in dropped]
    order = list(merged["groups"])
    merged["rules"] = []
    for rule, source, path in sorted(
        [(_adjusted(rule, data), *where) for rule, *where in [*_entries(document), *rules]],
        key=lambda entry: _position(entry[0], order),
    ):
        origins["rules", len(merged["rules"])] = source, path
        _trace_added(rule, len(merged["rules"]), document, origins)
        merged["rules"].append(rule)
    return Document(document.source, merged, document.lines, origins)


def _section(section: str, documents: Sequence[Document], origins: Origins) -> dict[str, Any]:
    """Merge a mapping of several documents; later ones win."""
    merged: dict[str, Any] = {}
    for document in documents:
        own = document.data.get(section) if isinstance(document.data, dict) else None
        for key, value in own.items() if isinstance(own, dict) else ():
            merged[key] = value
            origins[section, key] = document, (section, key)
    return merged


def _entries(document: Document) -> list[tuple[Any, Document, KeyPath]]:
    """Return a document's rules, each with its place; examples know the metadata they share."""
    shared = document.data.get("example_call") if isinstance(document.data, dict) else None
    return [
        (_exemplified(rule, shared), document, ("rules", i))
        for i, rule in enumerate(_list(document.data, "rules"))
    ]


def _extend(document: Document, values: dict[str, Any]) -> None:
    additions = document.data.get("extend")
    for name, addition in additions.items() if isinstance(additions, dict) else ():
        if name in values:
            values[name] = _extended(values[name], addition)


def _extended(value: Any, addition: Any) -> Any:
    """Add to a value: lists grow, mappings merge, alternatives (`保证|一定`) get more of them."""
    if isinstance(value, list):
        return value + (addition if isinstance(addition, list) else [addition])
    if isinstance(value, dict) and isinstance(addition, dict):
        added = {
            key: _extended(value[key], part) if key in value else part
            for key, part in addition.items()
        }
        return {**value, **added}
    if isinstance(value, str) and isinstance(addition, str):
        return f"{value}|{addition}"
    return addition  # of another type: the check that uses it will say so


def _adjusted(rule: Any, data: Mapping[str, Any]) -> Any:
    adjust = data.get("adjust")
    change = adjust.get(_id(rule)) if isinstance(adjust, dict) else None
    if not isinstance(change, dict) or not isinstance(rule, dict):
        return rule
    changed = {**rule, **change}
    for key in ("parameters", "examples"):
        if key in change and key in rule:
            changed[key] = _extended_part(rule[key], change[key])
    return changed


def _extended_part(part: Any, change: Any) -> Any:
    if isinstance(part, dict) and isinstance(change, dict):
        return {**part, **change}
    return part + change if isinstance(part, list) and isinstance(change, list) else change


def _trace_added(rule: Any, index: int, document: Document, origins: Origins) -> None:
    """Note where the examples come from that an adjustment added behind a rule's own."""
    adjust = document.data.get("adjust")
    change = adjust.get(_id(rule)) if isinstance(adjust, dict) else None
    if not isinstance(change, dict):
        return
    added = len(_list(change, "examples"))
    first = len(_list(rule, "examples")) - added
    for k in range(added):
        there = ("adjust", str(_id(rule)), "examples", k)
        origins["rules", index, "examples", first + k] = document, there
    for key in change:
        if key != "examples":
            origins["rules", index, key] = document, ("adjust", str(_id(rule)), key)


def _exemplified(rule: Any, shared: Any) -> Any:
    """Lay a rule's examples over the metadata that the examples of its own file share."""
    if not isinstance(rule, dict) or not isinstance(shared, dict):
        return rule
    examples = [
        {**e, "call": {**shared, **e["call"]} if isinstance(e.get("call"), dict) else shared}
        if isinstance(e, dict)
        else e
        for e in _list(rule, "examples")
    ]
    return {**rule, "examples": examples}


def _id(rule: Any) -> Any:
    return rule.get("id") if isinstance(rule, dict) else None


def _list(data: Any, key: str) -> list[Any]:
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, list) else []


def _position(rule: Any, groups: list[str]) -> int:
    group = rule.get("group") if isinstance(rule, dict) else None
    return groups.index(group) if group in groups else len(groups)
