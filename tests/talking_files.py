"""A recogniser for tests: a "recording" is a text file that holds its own dialogue.

Its first line may hold an order: `!refuse`, `!engine`, `!engine-once`, `!full-disk`, `!die`,
`!die-once`, `!slow SECONDS`. It runs inside real worker processes; nothing of the store or the pool
is replaced.
"""

import hashlib
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Self

from qa.config import Settings
from qa.errors import AudioDecodeError, ConfigError, EngineError, RecordingFault, ScratchError
from qa.scoring.dialogue import parse_dialogue
from qa.types import Transcript

ENGINE = "talking-files"


class TalkingFiles:
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def transcribe(self, path: Path, source: str | None) -> Transcript:
        data = path.read_bytes()
        order, _, rest = data.decode().partition("\n")
        text = rest if order.startswith("!") else data.decode()
        if order.startswith("!"):
            _obey(order, path)
        # A log beside the recordings counts what was really heard, across processes.
        with Path(os.environ["TALKING_LOG"]).open("a") as log:
            log.write(f"{path.name}\n")
        recording_id = hashlib.sha256(data).hexdigest()
        return replace(parse_dialogue(text), recording_id=recording_id, engine=ENGINE)


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


def factory(settings: Settings) -> TalkingFiles:
    return TalkingFiles()


def no_model(settings: Settings) -> TalkingFiles:
    raise ConfigError("no such model")


def dies_at_start(settings: Settings) -> TalkingFiles:
    os._exit(9)
