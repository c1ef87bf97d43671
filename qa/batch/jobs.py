"""What goes to a worker and what comes back; the same for every engine that runs workers."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from qa.config import Settings
from qa.errors import RecordingError
from qa.types import Call, Hearing, Question, Transcript

if TYPE_CHECKING:
    from qa.pipeline import Ask


class Transcriber(Protocol):
    """What a worker process holds: `qa.pipeline.Worker`, or its like in tests."""

    def expect(self, path: Path) -> None:
        """Take note of a recording that will be transcribed: it may be decoded meanwhile."""

    def transcribe(
        self,
        path: Path,
        source: str | None,
        *,
        ask: "Ask | None" = None,
        ruleset: str | None = None,
    ) -> Transcript:
        """Transcribe one recording, and put what `ask` gives to its sound.

        `ruleset` is the id of what will judge its (first) call, where that is known.
        Raises RecordingError or EngineError.
        """

    def hear(
        self, path: Path, transcript: Transcript, questions: Sequence[Question]
    ) -> tuple[Hearing, ...]:
        """Put questions to the sound; raises RecordingError or EngineError."""


WorkerFactory = Callable[[Settings], AbstractContextManager[Transcriber]]


@dataclass(frozen=True, slots=True)
class Job:
    """One recording to transcribe, or, where it has a transcript, to put questions to.

    Attributes:
        calls: those whose rules ask the questions; without any the default ruleset asks.
        transcript: with the hearings that are known; None for a recording to transcribe.
    """

    recording_id: str
    path: str
    source: str | None
    calls: tuple[Call, ...] = ()
    transcript: Transcript | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """A job is done.

    Attributes:
        transcript: with its hearings, old and new.
        open_questions: how many have no answer.
    """

    job: Job
    transcript: Transcript
    open_questions: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """A recording cannot be used."""

    job: Job
    error: RecordingError


@dataclass(frozen=True, slots=True)
class EngineFailed:
    """The recogniser failed on a job; trying again may help.

    Attributes:
        of_machine: any other recording would have failed too (no space for decoded samples).
    """

    job: Job
    problem: str
    of_machine: bool = False


@dataclass(frozen=True, slots=True)
class WorkerDied:
    """A worker process ended while it worked on a job.

    Attributes:
        took_mb: memory for which it was ended, MiB; None where it ended otherwise.
    """

    job: Job
    exit_code: int | None
    took_mb: int | None = None

    @property
    def how(self) -> str:
        """Say how it ended."""
        if self.took_mb is not None:
            return f"it took {self.took_mb} MiB, more than batch.worker_memory_mb"
        return f"exit code {self.exit_code}"


Result = Heard | Refused | EngineFailed | WorkerDied
