"""Which speech models exist, where they come from, and what bytes they must have."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from qa.errors import ConfigError

# A link to models/registry.yaml in a checkout, a copy of it in an installed package.
REGISTRY_FILE = Path(__file__).with_name("registry.yaml")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model; `sha256` is None until the first copy has been pinned."""

    name: str
    size: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Wheel:
    """A file of the package index that carries a piece of a model.

    Attributes:
        python, platform: of a wheel that was built for one kind of machine; its weights are good
            for all, so that one is fetched everywhere. None for a wheel that is for any.
    """

    requirement: str
    file: str
    size: int
    sha256: str
    python: str | None = None
    platform: str | None = None


@dataclass(frozen=True, slots=True)
class WheelSource:
    """Model files joined from members of wheels: file name, then its pieces in order."""

    wheels: tuple[Wheel, ...]
    members: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class HubSource:
    """A repository of a model hub at one commit."""

    repository: str
    revision: str


Source = WheelSource | HubSource


class ModelKind(StrEnum):
    """What a model is for, and with it what loads it."""

    WHISPER = "whisper"
    SENSE_VOICE = "sense-voice"
    PARAFORMER = "paraformer"
    VOICES = "voices"


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model as the registry describes it."""

    name: str
    title: str
    licence: str
    note: str
    files: tuple[ModelFile, ...]
    sources: tuple[Source, ...]
    kind: ModelKind = ModelKind.WHISPER

    @property
    def weights(self) -> str:
        """Name of the largest file, which holds the weights; its hash stands for the model."""
        return max(self.files, key=lambda file: file.size).name

    @property
    def size_bytes(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)


@cache
def load_registry(file: Path = REGISTRY_FILE) -> dict[str, ModelSpec]:
    """Read the registry.

    Returns:
        Models by name, in the order of the file.

    Raises:
        ConfigError: the file is missing or an entry is incomplete.
    """
    import yaml

    try:
        entries = yaml.safe_load(file.read_text("utf-8"))["models"]
        return {name: _model(name, entry) for name, entry in entries.items()}
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ConfigError(f"{file}: the model registry cannot be read: {error!r}") from error


def find_model(name: str) -> ModelSpec:
    """Look a model up.

    Raises:
        ConfigError: the registry has no such model; the message lists those it has.
    """
    registry = load_registry()
    if name not in registry:
        raise ConfigError(f"no speech model is called '{name}'; known: {', '.join(registry)}")
    return registry[name]


def _model(name: str, entry: dict[str, Any]) -> ModelSpec:
    files = tuple(
        ModelFile(file, int(facts["size"]), _sha256(facts.get("sha256")))
        for file, facts in entry["files"].items()
    )
    sources = tuple(_source(source) for source in entry["sources"])
    texts = (entry["title"], entry["licence"], entry["note"])
    kind = ModelKind(entry.get("kind", ModelKind.WHISPER))
    return ModelSpec(name, *texts, files, sources, kind)


def _source(entry: dict[str, Any]) -> Source:
    if "hub" in entry:
        if not re.fullmatch("[0-9a-f]{40}", str(entry["revision"])):
            raise ValueError(f"{entry['hub']}: the revision is not a full commit id")
        return HubSource(entry["hub"], entry["revision"])
    wheels = tuple(
        Wheel(
            wheel["requirement"],
            wheel["file"],
            int(wheel["size"]),
            wheel["sha256"],
            wheel.get("python"),
            wheel.get("platform"),
        )
        for wheel in entry["wheels"]
    )
    return WheelSource(wheels, tuple((name, tuple(m)) for name, m in entry["members"].items()))


def _sha256(text: str | None) -> str | None:
    if text is not None and not re.fullmatch("[0-9a-f]{64}", text):
        raise ValueError(f"not a SHA-256: {text}")
    return text
