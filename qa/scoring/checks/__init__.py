"""The kinds of check: one file each, found by name; see `load_checks`."""

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import cache
from types import MappingProxyType, ModuleType

from qa.errors import RulesetError
from qa.scoring.check import Check


@cache
def load_checks() -> Mapping[str, type[Check]]:
    """Import every module of this package, in name order, and gather its checks.

    Returns:
        The check classes by kind, in module order, then source order.

    Raises:
        RulesetError: a module does not import, a check has no kind or no example or is no frozen
            dataclass, or two checks share a kind. Nothing is skipped: a missing check would look
            like a perfect agent.
    """
    checks: dict[str, type[Check]] = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        for check in _checks_of(_import(f"{__name__}.{info.name}")):
            if check.kind in checks:
                raise RulesetError(check.__module__, f"check kind '{check.kind}' exists twice")
            checks[check.kind] = check
    return MappingProxyType(checks)


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:  # whatever breaks an import must stop the run, under our own name
        raise RulesetError(name, f"cannot be imported: {type(error).__name__}: {error}") from error


def _checks_of(module: ModuleType) -> list[type[Check]]:
    """Return the concrete checks that the module itself defines, in source order."""
    found = [
        member
        for member in vars(module).values()
        if inspect.isclass(member)
        and issubclass(member, Check)
        and member.__module__ == module.__name__
        and not inspect.isabstract(member)
    ]
    for check in found:
        problem = _problem(check)
        if problem:
            raise RulesetError(module.__name__, f"check {check.__name__} {problem}")
    return found


def _problem(check: type[Check]) -> str | None:
    if not isinstance(check.__dict__.get("kind"), str):
        return "has no kind"
    if not is_dataclass(check) or not check.__dataclass_params__.frozen:
        return "is not a frozen dataclass"
    if not check.examples:
        return "has no example"
    return None
