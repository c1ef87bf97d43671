"""Rulesets: YAML files that say which checks judge a call, and what a violation costs."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from qa.errors import RulesetError
from qa.scoring.ruleset_builder import Builder, check_of
from qa.scoring.ruleset_compose import compose
from qa.scoring.ruleset_model import SCORING_REVISION, Group, Rule, RuleExample, Ruleset
from qa.scoring.ruleset_yaml import Document, read_document

__all__ = [
    "BUNDLED",
    "SCORING_REVISION",
    "Group",
    "Rule",
    "RuleExample",
    "Ruleset",
    "bundled_rulesets",
    "check_of",
    "load_ruleset",
    "parse_ruleset",
    "regulation_sentence",
    "ruleset_text",
]

BUNDLED = Path(__file__).parent / "rulesets"
SHARED = BUNDLED / "shared"
REGULATIONS = Path(__file__).parent / "regulations.yaml"


def bundled_rulesets() -> tuple[str, ...]:
    """Name the rulesets that come with the package, in name order."""
    return tuple(sorted(path.stem for path in BUNDLED.glob("*.yaml")))


def load_ruleset(
    name_or_path: str,
    *,
    values: Mapping[str, Any] | None = None,
    tables: Mapping[str, Any] | None = None,
) -> Ruleset:
    """Read and check a ruleset.

    Args:
        name_or_path: a bundled name (`heating-repair`) or the path of a YAML file.
        values: replacements for the ruleset's named values; a mapping replaces key by key (one
            that is empty in the ruleset, such as a table of stations, as a whole). A name that
            only another bundled ruleset has is passed over.
        tables: whole values (stations, knowledge) for a ruleset that has them; others pass over.

    Raises:
        RulesetError: the ruleset is unknown or wrong in any way; the message names the file and,
            for each problem, line, rule and key. Nothing is skipped or guessed.
    """
    text = ruleset_text(name_or_path)
    source = str(_find(name_or_path))
    return parse_ruleset(text, source=source, values=values, tables=tables)


def ruleset_text(name_or_path: str) -> str:
    """Read the YAML of a ruleset, or of a shared part, without judging it.

    Raises:
        RulesetError: there is no such ruleset, or the file is not UTF-8 text.
    """
    shared = SHARED / f"{name_or_path}.yaml"
    is_shared = re.fullmatch("[a-z][a-z0-9-]*", name_or_path) and shared.is_file()
    path = shared if is_shared else _find(name_or_path)
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise RulesetError(str(path), f"cannot be read: {problem}") from error


def parse_ruleset(
    text: str,
    *,
    source: str,
    values: Mapping[str, Any] | None = None,
    tables: Mapping[str, Any] | None = None,
) -> Ruleset:
    """Check the text of a ruleset; see `load_ruleset`.

    Args:
        source: name for error messages.
    """
    document = compose(read_document(text, source), _included)
    builder = Builder(document, values or {}, tables or {}, _values_of_bundled)
    return builder.build()


def _find(name_or_path: str) -> Path:
    if re.fullmatch(r"[a-z][a-z0-9-]*", name_or_path):
        path = BUNDLED / f"{name_or_path}.yaml"
        if path.is_file():
            return path
        known = ", ".join(bundled_rulesets())
        raise RulesetError(name_or_path, f"no such ruleset; bundled are {known}; or give a path")
    return Path(name_or_path)


def _included(name: str) -> Document:
    """Read a shared part, or a whole bundled ruleset, that a ruleset includes."""
    # A name and never a path: the text may have come over the network.
    is_name = re.fullmatch(r"[a-z][a-z0-9-]*", name) is not None
    places = (SHARED / f"{name}.yaml", BUNDLED / f"{name}.yaml") if is_name else ()
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        known = ", ".join([*sorted(p.stem for p in SHARED.glob("*.yaml")), *bundled_rulesets()])
        raise RulesetError(name, f"nothing of this name to include; there are {known}")
    shown = path.relative_to(BUNDLED).as_posix()
    return compose(read_document(path.read_text(encoding="utf-8"), shown), _included)


@cache
def _values_of_bundled() -> frozenset[str]:
    """Gather the names of the values that any bundled ruleset has."""
    names: set[str] = set()
    for path in [*BUNDLED.glob("*.yaml"), *SHARED.glob("*.yaml")]:
        data = read_document(path.read_text(encoding="utf-8"), path.stem).data
        names |= set(data.get("values", ()))
    return frozenset(names)


@cache
def _regulations() -> Mapping[str, Mapping[int, str]]:
    document = read_document(REGULATIONS.read_text(encoding="utf-8"), REGULATIONS.name)
    sentences: Mapping[str, Mapping[int, str]] = document.data
    return sentences


def regulation_sentence(reference: str) -> str | None:
    """Return the sentence that a reference such as `001 §7` names, or None if it names none."""
    match = re.fullmatch(r"(\d{3}) §(\d+)", reference)
    return _regulations().get(match[1], {}).get(int(match[2])) if match else None
