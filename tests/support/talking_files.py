"""A recogniser for tests: a "recording" is a text file that holds its own dialogue.

Its first line may hold an order: `!refuse`, `!engine`, `!engine-once`, `!full-disk`, `!die`,
`!die-once`, `!slow SECONDS`, `!held` (until `let_go`), `!held-after COUNT` (the same, once so many
were heard, whichever those are). It runs inside real worker processes; nothing of the store or the
pool is replaced.
"""

import hashlib
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from qa.config import Settings
from qa.errors import (
    AudioDecodeError,
    ConfigError,
    EngineError,
    RecordingError,
    RecordingFault,
    ScratchError,
)
from qa.pipeline import ROUNDS, Ask, with_hearings
from qa.scoring.dialogue import parse_dialogue
from qa.types import Hearing, Question, Transcript

ENGINE = "talking-files"

HELD_S = 600
"""A recording that nobody lets go is heard after that; longer than a busy machine takes to start
whatever a test starts meanwhile."""


class TalkingFiles:
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def expect(self, path: Path) -> None:
        pass

    def transcribe(self, path: Path, source: str | None, *, ask: Ask | None = None) -> Transcript:
        data = path.read_bytes()
        order, _, rest = data.decode().partition("\n")
        text = rest if order.startswith("!") else data.decode()
        if order.startswith("!"):
            _obey(order, path)
        # A log beside the recordings counts what was really heard, across processes.
        with Path(os.environ["TALKING_LOG"]).open("a") as log:
            log.write(f"{path.name}\n")
        recording_id = hashlib.sha256(data).hexdigest()
        transcript = replace(parse_dialogue(text), recording_id=recording_id, engine=ENGINE)
        for _ in range(ROUNDS if ask and not os.environ.get("TALKING_DEAF") else 0):
            transcript = with_hearings(transcript, _answers(ask(transcript), text))
        return transcript

    def hear(
        self, path: Path, transcript: Transcript, questions: Sequence[Question]
    ) -> tuple[Hearing, ...]:
        data = path.read_bytes() if path.exists() else b""
        if hashlib.sha256(data).hexdigest() != transcript.recording_id:
            raise RecordingError(path.name, RecordingFault.CHANGED, "another file than before")
        order, _, rest = data.decode().partition("\n")
        if order.startswith("!hear-"):
            _obey("!" + order.removeprefix("!hear-"), path)
        with Path(os.environ["TALKING_LOG"]).open("a") as log:
            log.write(f"asked:{path.name}\n")
        return _answers(questions, rest)


def _answers(questions: Sequence[Question], text: str) -> tuple[Hearing, ...]:
    """What the file's last line `# said: …` holds is said wherever it is asked about."""
    said = text.rpartition("# said: ")[2].strip()
    return tuple(
        Hearing(question.channel, question.span, words, 5.0 if words == said else -50.0, 2)
        for question in questions
        for words in question.hypotheses
    )


def _obey(order: str, path: Path) -> None:
    name, _, value = order[1:].strip().partition(" ")
    marker = path.with_suffix(".tried")
    first = not marker.exists()
    if name == "refuse":
        raise AudioDecodeError(path.name, RecordingFault.NOT_AUDIO, "not audio; export it again")
    if name == "engine" or (name == "engine-once" and first):
        marker.touch()
        raise EngineError(path.name, "RuntimeError in test")
    if name == "full-disk" and not path.with_suffix(".freed").exists():
        raise ScratchError(path.name, "no space in /tmp")
    if name == "die" or (name == "die-once" and first):
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "slow":
        time.sleep(float(value))
    log = Path(os.environ["TALKING_LOG"])
    if name == "held" or (name == "held-after" and _heard(log) >= int(value)):
        _wait(log)


def _heard(log: Path) -> int:
    return len(log.read_text().split()) if log.exists() else 0


def _wait(log: Path) -> None:
    log.with_suffix(".held").touch()
    deadline = time.monotonic() + HELD_S
    while not log.with_suffix(".go").exists() and time.monotonic() < deadline:
        time.sleep(0.02)


def let_go(log: Path) -> None:
    """Recordings with the order `!held` are heard from now on."""
    log.with_suffix(".go").touch()


def factory(settings: Settings) -> TalkingFiles:
    return TalkingFiles()


def no_model(settings: Settings) -> TalkingFiles:
    raise ConfigError("no such model")


def dies_at_start(settings: Settings) -> TalkingFiles:
    os._exit(9)
