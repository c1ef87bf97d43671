"""Frozen dataclasses that are made by the hundred for every call."""

from dataclasses import MISSING, fields
from typing import Any, TypeVar

_Made = TypeVar("_Made")


def made_quickly(cls: type[_Made]) -> type[_Made]:
    """Let a frozen dataclass with slots set its fields through them; decorates the dataclass.

    Its own `__init__` goes through `object.__setattr__`, which looks each field up by its name and
    takes twice as long. Everything else, and what may be handed in, stays as it is.

    Raises:
        TypeError: a field has no slot, or takes no plain value as its default.
    """
    known: dict[str, Any] = {}
    taken, lines = [], []
    for field in fields(cls):  # type: ignore[arg-type]
        name = field.name
        slot: Any = cls.__dict__.get(name)
        plain = field.init and not field.kw_only and field.default_factory is MISSING
        if not (plain and hasattr(slot, "__set__")):
            raise TypeError(f"{cls.__name__}.{name} cannot be set through a slot")
        known[f"_set_{name}"] = slot.__set__
        known[f"_default_{name}"] = field.default
        taken.append(name if field.default is MISSING else f"{name}=_default_{name}")
        lines.append(f"    _set_{name}(self, {name})")
    if hasattr(cls, "__post_init__"):
        lines.append("    self.__post_init__()")
    exec("\n".join([f"def __init__(self, {', '.join(taken)}):", *lines]), known)
    made = known["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    made.__annotations__ = dict(cls.__init__.__annotations__)
    cls.__init__ = made  # type: ignore[method-assign]
    return cls
