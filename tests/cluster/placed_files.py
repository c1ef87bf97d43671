"""Talking files that write down where each was heard; `BLIND` is a node without the share."""

import os
from pathlib import Path

from qa.config import Settings
from qa.errors import AudioDecodeError, RecordingFault
from qa.pipeline import Ask
from qa.types import Transcript
from tests.support.talking_files import ENGINE, TalkingFiles


class PlacedFiles(TalkingFiles):
    def __init__(self, device: str) -> None:
        self._device = device

    def transcribe(
        self,
        path: Path,
        source: str | None,
        *,
        ask: Ask | None = None,
        ruleset: str | None = None,
    ) -> Transcript:
        if os.environ.get("BLIND"):
            raise AudioDecodeError(path.name, RecordingFault.VANISHED, "it is not there")
        with Path(os.environ["PLACES_LOG"]).open("a") as log:
            gpu = os.environ.get("CUDA_VISIBLE_DEVICES") or "-"
            log.write(f"{os.environ['PLACE']} {self._device} {gpu} {os.getpid()}\n")
        return super().transcribe(path, source, ask=ask)


def factory(settings: Settings) -> PlacedFiles:
    return PlacedFiles(settings.hearing.device)


__all__ = ["ENGINE", "factory"]
