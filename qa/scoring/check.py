"""What a check is, and the scene it looks at."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from qa.types import Call, Outcome, Transcript, Verdict


@dataclass(frozen=True)
class Scene:
    """One call as the checks see it: what was said, and what the systems know."""

    transcript: Transcript
    call: Call


@dataclass(frozen=True)
class Example:
    """A dialogue with the outcome that a check (or a rule) must give on it.

    Attributes:
        parameters: the check's parameters; empty for a rule's example, which has its own.
        dialogue: lines of `坐席: …` and `客户: …`, read by `qa.scoring.dialogue`.
        call: metadata by the field names of `qa.types.Call`, as written in YAML.
    """

    parameters: Mapping[str, Any]
    dialogue: str
    outcome: Outcome
    call: Mapping[str, Any] | None = None


class Check(ABC):
    """A way of judging. Each kind is a frozen dataclass in its own file under `checks/`.

    The fields of the dataclass are the check's parameters: a ruleset fills them, pydantic
    validates them. A check computes; it never formats, renders, opens files or asks the time.
    """

    kind: ClassVar[str]
    examples: ClassVar[tuple[Example, ...]] = ()

    @abstractmethod
    def run(self, scene: Scene) -> Verdict:
        """Judge one call."""
