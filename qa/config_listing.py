"""The settings as people read them: every one with its value, default, meaning and source.

Passwords are hidden, wherever in a value they stand.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_settings import EnvSettingsSource, TomlConfigSettingsSource

from qa.config import Settings, settings_file


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """One setting for people to read.

    Attributes:
        value: what is in force, as JSON would hold it; secrets are masked.
        source: `default`, the name of the settings file, or `environment`.
    """

    key: str
    value: Any
    default: Any
    description: str
    source: str


def explain_settings(settings: Settings) -> tuple[SettingInfo, ...]:
    """List every setting with its value, default, meaning and where the value comes from."""
    places = {
        "environment": EnvSettingsSource(Settings)(),
        str(settings_file()): TomlConfigSettingsSource(Settings, settings_file())(),
    }
    values = settings.model_dump(mode="json")
    infos = []
    for path, default, description in _leaves(Settings, ()):
        sources = [name for name, given in places.items() if _lookup(given, path) is not None]
        value = _mask(path[-1], _lookup(values, path))
        key = ".".join(path)
        infos.append(SettingInfo(key, value, default, description, (*sources, "default")[0]))
    return tuple(infos)


def _leaves(
    section: type[BaseModel], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    """Walk the settings in order: path, default and description of each."""
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _leaves(kind, (*above, name))
            continue
        default = field.get_default(call_default_factory=True)
        shown = str(default) if isinstance(default, Path) else default
        yield (*above, name), shown, field.description or ""


def _lookup(tree: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        tree = tree.get(name) if isinstance(tree, Mapping) else None
    return tree


def _mask(name: str, value: Any) -> Any:
    """Hide passwords: in addresses such as a database's, and under names that tell."""
    if isinstance(value, Mapping):
        return {key: _mask(str(key), item) for key, item in value.items()}
    if value and re.search(r"password|secret|token", name, re.IGNORECASE):
        return "***"
    if isinstance(value, list | tuple):
        return [_mask(name, item) for item in value]
    if isinstance(value, str) and "://" in value:
        value = re.sub(r"(://[^:@/]*:).*@", r"\1***@", value)
        return re.sub(r"(?i)((?:password|secret|token|key)=)[^&]*", r"\1***", value)
    return value
