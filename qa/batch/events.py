"""What a run tells while it works; who listens decides how to show it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """The parts of a run, in order."""

    INGEST = "ingest"
    TRANSCRIBE = "transcribe"
    HEAR = "hear"
    SCORE = "score"


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A stage begins.

    Attributes:
        total: pieces of work: files, recordings or calls.
        total_bytes: size of the recordings; 0 where size says nothing about the time needed.
    """

    stage: Stage
    total: int
    total_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Advanced:
    """Some pieces are done, well or not."""

    stage: Stage
    count: int = 1
    size_bytes: int = 0
    audio_ms: int = 0


@dataclass(frozen=True, slots=True)
class RecordingMarked:
    """A recording failed; `fault` is its reason code. Only transcribing marks it for later."""

    file: str
    fault: str
    advice: str
    stage: Stage = Stage.TRANSCRIBE


@dataclass(frozen=True, slots=True)
class Retrying:
    """A recording will be tried again; `problem` says what happened, without words of a call."""

    file: str
    problem: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The run waits until the database can be written again."""

    problem: str


@dataclass(frozen=True, slots=True)
class StageFinished:
    """A stage is over."""

    stage: Stage


Event = StageStarted | Advanced | RecordingMarked | Retrying | Waiting | StageFinished
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Listen to nothing."""
