"""Types and errors survive pickling; every command and setting is documented."""

import dataclasses
import importlib
import inspect
import pickle
import pkgutil
import types
import typing
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import typer.main
from starlette.exceptions import HTTPException

import qa
import qa.types
from qa.cli.app import app
from qa.config import Settings
from qa.config_listing import explain_settings
from qa.errors import QAError

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"

SAMPLES: dict[Any, Any] = {
    str: "text",
    int: 3,
    float: 0.5,
    bool: True,
    date: date(2026, 2, 17),
    datetime: datetime(2026, 2, 17, 8, 30, tzinfo=UTC),
    Path: Path("a.wav"),
    Any: "anything",
}


def sample(hint: Any) -> Any:
    """A value of a type, built from its annotations."""
    if hint in SAMPLES:
        return SAMPLES[hint]
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return sample(next(part for part in parts if part is not type(None)))
    if origin is tuple:
        return tuple(sample(part) for part in parts if part is not Ellipsis)
    if origin in (list, Mapping, dict):
        return {} if origin is not list else []
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    hints = typing.get_type_hints(hint)
    return hint(**{f.name: sample(hints[f.name]) for f in dataclasses.fields(hint)})


def all_modules() -> Iterator[types.ModuleType]:
    for info in pkgutil.walk_packages(qa.__path__, "qa."):
        if ".migrations" not in info.name:  # scripts that Alembic runs
            yield importlib.import_module(info.name)


def all_errors() -> list[type[Exception]]:
    """Every exception that a module of ours defines."""
    return [
        thing
        for module in all_modules()
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, Exception)
        and thing.__module__ == module.__name__
        and not issubclass(thing, HTTPException)  # an answer, which leaves no process
    ]


def build_error(kind: type[Exception]) -> Exception:
    if not inspect.isfunction(kind.__init__):  # inherited from a built-in: a message, no fields
        return kind("what is wrong")
    hints = typing.get_type_hints(kind.__init__)
    names = [name for name in inspect.signature(kind).parameters if name in hints]
    return kind(*(sample(hints[name]) for name in names))


TYPES = [kind for kind in vars(qa.types).values() if dataclasses.is_dataclass(kind)]


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_types_are_frozen_and_survive_pickling(kind: type[Any]) -> None:
    value = sample(kind)
    assert pickle.loads(pickle.dumps(value)) == value
    hash(value)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, dataclasses.fields(kind)[0].name, None)


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_errors_survive_pickling(kind: type[Exception]) -> None:
    error = build_error(kind)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert (copy.args, str(copy), vars(copy)) == (error.args, str(error), vars(error))


def test_the_error_tree_is_among_them() -> None:
    assert {kind.__name__ for kind in all_errors()} >= {
        *("QAError", "ConfigError", "RulesetError", "ModelNotFoundError", "RecordingError"),
        *("EngineError", "CheckError", "StoreError", "ConflictError", "IngestError"),
    }
    assert all(str(build_error(kind)) for kind in all_errors() if issubclass(kind, QAError))


def all_commands() -> Iterator[tuple[str, Any]]:
    """Every command with its full name, groups left out."""
    stack: list[tuple[str, Any]] = [("qa", typer.main.get_command(app))]
    while stack:
        name, command = stack.pop()
        below = getattr(command, "commands", None)
        if below is None:
            yield name, command
        else:
            stack += [(f"{name} {word}", below[word]) for word in below if not below[word].hidden]


COMMANDS = dict(all_commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_command_is_documented(name: str) -> None:
    page = (REFERENCE / "commands.md").read_text("utf-8")
    assert f"`{name}`" in page, "run scripts/reference"
    section = page.split(f"`{name}`\n", 1)[1].split("\n## ")[0].split("\n### ")[0]
    command = COMMANDS[name]
    assert command.help, f"{name} says nothing of itself"
    for parameter in command.params:
        if parameter.param_type_name == "option" and not parameter.hidden:
            assert parameter.help, f"{name} {parameter.opts[0]} has no help text"
            assert parameter.opts[0] in section, "run scripts/reference"


@pytest.mark.parametrize("info", explain_settings(Settings()), ids=lambda info: info.key)
def test_setting_is_documented(info: Any) -> None:
    assert info.description, "every setting has a help text with its unit"
    page = (REFERENCE / "settings.md").read_text("utf-8")
    assert f"| `{info.key}` | " in page, "run scripts/reference"
    assert info.description in page, "run scripts/reference"
