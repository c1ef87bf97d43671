"""A recogniser for proofs: a "recording" is a small text file, heard in a few milliseconds.

The dialogue stands in the file. It runs in real worker processes; nothing else of the program is
replaced.
"""

import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from qa.config import Settings
from qa.errors import RecordingError, RecordingFault
from qa.pipeline import Ask
from qa.scoring.dialogue import parse_dialogue
from qa.types import Hearing, Question, Transcript

ENGINE = "quick-files"
DIALOGUE = """坐席: 您好，大龙供暖报修，幺零八为您服务，请问您有什么问题？
客户: 我家暖气不热，第{number}次报修了。
坐席: 好的，维修人员会尽快跟您联系，感谢您的来电，再见。
"""
_HEADER = "file,call_id,started_at,agent_id,direction,ring_count,released_by,ticket_id"
_AGE_S = 3600


class QuickFiles:
    """Hears text files; see `qa.batch.jobs.Transcriber`."""

    def __init__(self) -> None:
        self._told = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def expect(self, path: Path) -> None:
        """Nothing need be decoded."""

    def transcribe(
        self,
        path: Path,
        source: str | None,
        *,
        ask: Ask | None = None,
        ruleset: str | None = None,
    ) -> Transcript:
        """Read the dialogue; it takes as long as QUICK_SECONDS says."""
        data = path.read_bytes()
        self._tell()
        time.sleep(float(os.environ.get("QUICK_SECONDS", "0")))
        key = hashlib.sha256(data).hexdigest()
        return replace(parse_dialogue(data.decode()), recording_id=key, engine=ENGINE)

    def _tell(self) -> None:
        """Leave the process number where whoever kills workers looks for one that works."""
        folder = os.environ.get("QUICK_AT_WORK")
        if folder and not self._told:
            Path(folder, str(os.getpid())).touch()
            self._told = True

    def hear(
        self, path: Path, transcript: Transcript, questions: Sequence[Question]
    ) -> tuple[Hearing, ...]:
        """Nothing is asked of a text."""
        raise RecordingError(path.name, RecordingFault.CHANGED, "a text has no sound")


def quick_worker(settings: Settings) -> QuickFiles:
    """Make the worker."""
    return QuickFiles()


def make_files(folder: Path, count: int) -> None:
    """Write so many calls, each with bytes of its own, and their table."""
    lines = [_HEADER]
    for number in range(count):
        name = f"{number // 500:03d}/{number}.wav"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(DIALOGUE.format(number=number), "utf-8")
        clock = f"{8 + number // 3600 % 12:02d}:{number // 60 % 60:02d}:{number % 60:02d}"
        lines.append(f"{name},Q{number},2025-11-18 {clock},{100 + number % 9},inbound,2,customer,")
    (folder / "calls.csv").write_text("\n".join(lines) + "\n", "utf-8")
    then = time.time() - _AGE_S
    for path in folder.rglob("*.*"):
        os.utime(path, (then, then))
