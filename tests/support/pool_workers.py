"""Workers for tests of the pool: a job's path says what becomes of it, and nothing is read.

Orders, as words of the path: `die`, `eat-MIB` (takes memory until it is ended for it),
`held-ORDER` (tells that it has begun, and waits until `let_go`, then obeys), `meet-COUNT` (waits
until so many are at work). Nobody waits for a time that somebody else might need.
"""

import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from qa.config import Settings
from qa.errors import ModelNotFoundError
from qa.types import Hearing, Question, Transcript

KEPT: list[bytearray] = []
PATIENCE_S = 240
"""Whoever is not met or let go by then goes on, so that a wrong test ends."""


class Obedient:
    def __init__(self) -> None:
        self.expected: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def expect(self, path: Path) -> None:
        self.expected.append(path.name)

    def transcribe(
        self,
        path: Path,
        source: str | None,
        *,
        ask: object = None,
        ruleset: str | None = None,
    ) -> Transcript:
        order, _, value = path.name.partition("-")
        if order == "held":
            (path.parent / "begun").touch()
            _wait_for(path.parent, "go", 1)
            order = value
        if order == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if order == "eat":
            KEPT.append(bytearray(os.urandom(1 << 20) * int(value)))
            time.sleep(PATIENCE_S)
        if order == "meet":
            _meet(path.parent, int(value))
        # What was announced while this one had its turn comes back as notes.
        notes = (str(os.getpid()), *self.expected)
        return Transcript(path.name, "obedient", 1000, 1, (), (), notes)

    def hear(
        self, path: Path, transcript: Transcript, questions: Sequence[Question]
    ) -> tuple[Hearing, ...]:
        return ()


def _meet(folder: Path, count: int) -> None:
    """Wait until so many processes, or threads of one, have come here."""
    (folder / f"here-{os.getpid()}-{threading.get_ident()}").touch()
    _wait_for(folder, "here-*", count)


def _wait_for(folder: Path, pattern: str, count: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while len(list(folder.glob(pattern))) < count and time.monotonic() < deadline:
        time.sleep(0.02)


def has_begun(folder: Path) -> bool:
    """Whether a `held` recording of this folder is in hand."""
    return (folder / "begun").exists()


def let_go(folder: Path) -> None:
    """Let the `held` recordings of this folder go on."""
    (folder / "go").touch()


def obedient(settings: Settings) -> Obedient:
    return Obedient()


def shows_its_gpu(settings: Settings) -> Obedient:
    worker = Obedient()
    worker.expected.append(os.environ.get("CUDA_VISIBLE_DEVICES", "none"))
    return worker


def loses_its_model(settings: Settings) -> Obedient:
    """The first worker finds its model; whoever comes later does not."""
    seen = settings.data_dir / "model"
    if not seen.exists():
        raise ModelNotFoundError("base", "fetch it")
    seen.unlink()
    return Obedient()
