"""How a run shows itself on stderr: bars on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from qa.batch.events import (
    Advanced,
    Event,
    Listener,
    RecordingMarked,
    Retrying,
    Stage,
    StageFinished,
    StageStarted,
    Waiting,
)
from qa.cli.shared import loggable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_NAMES = {
    Stage.INGEST: "taking in files",
    Stage.TRANSCRIBE: "transcribing",
    Stage.HEAR: "listening again",
    Stage.SCORE: "judging calls",
}
_LINE_EVERY_S = 15.0


@contextmanager
def shown_progress() -> Iterator[Listener]:
    """Show a run's events while it works."""
    if not sys.stderr.isatty():
        yield _PlainLines()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:<16}"),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TextColumn("{task.fields[done]}"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        yield _Bars(bars)


class _Tally:
    """How far one stage is."""

    def __init__(self, started: StageStarted) -> None:
        self.stage, self.total, self.total_bytes = (
            started.stage,
            started.total,
            started.total_bytes,
        )
        self.count = self.size_bytes = self.audio_ms = self.failed = 0
        self.since = time.monotonic()
        self.last_line = self.since

    def add(self, event: Advanced) -> None:
        self.count += event.count
        self.size_bytes += event.size_bytes
        self.audio_ms += event.audio_ms

    @property
    def share(self) -> float:
        """Share of the work done, 0–1: by bytes where these tell the time needed."""
        if self.total_bytes:
            return self.size_bytes / self.total_bytes
        return self.count / self.total if self.total else 1.0

    @property
    def seconds(self) -> float:
        return max(time.monotonic() - self.since, 1e-3)

    @property
    def done(self) -> str:
        failed = f", {self.failed} failed" if self.failed else ""
        return f"{self.count}/{self.total}{failed}"

    @property
    def rate(self) -> str:
        if self.audio_ms:
            return f"{self.audio_ms / 1000 / self.seconds:.1f}x real time"
        return _per_time(self.count / self.seconds) if self.count else ""


def _per_time(per_s: float) -> str:
    """Say how many a second, or of slow work how many a minute."""
    if per_s < 1:
        return f"{60 * per_s:.1f}/min"
    return f"{per_s:.0f}/s"


class _Bars:
    """Bars with rate and time left."""

    def __init__(self, bars: "Progress") -> None:
        self._bars = bars
        self._tallies: dict[Stage, tuple[_Tally, TaskID]] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, StageStarted) and event.total:
            tally = _Tally(event)
            task = self._bars.add_task(
                _NAMES[event.stage], total=1.0, done=tally.done, rate=tally.rate
            )
            self._tallies[event.stage] = (tally, task)
        elif isinstance(event, RecordingMarked):
            self._tallies[event.stage][0].failed += 1
            self._bars.console.print(failure_line(event), style="red", markup=False)
        elif isinstance(event, Waiting):
            self._bars.console.print(_waiting_line(event), style="yellow", markup=False)
        elif isinstance(event, Retrying):
            self._bars.console.print(_retry_line(event), style="yellow", markup=False)
        elif isinstance(event, (Advanced, StageFinished)) and event.stage in self._tallies:
            tally, task = self._tallies[event.stage]
            if isinstance(event, Advanced):
                tally.add(event)
            self._bars.update(task, completed=tally.share, done=tally.done, rate=tally.rate)


class _PlainLines:
    """A line when a stage starts and ends, and every so often between."""

    def __init__(self) -> None:
        self._tallies: dict[Stage, _Tally] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, StageStarted) and event.total:
            self._tallies[event.stage] = _Tally(event)
        elif isinstance(event, RecordingMarked):
            self._tallies[event.stage].failed += 1
            _say(failure_line(event))
        elif isinstance(event, Waiting):
            _say(_waiting_line(event))
        elif isinstance(event, Retrying):
            _say(_retry_line(event))
        elif isinstance(event, (Advanced, StageFinished)) and event.stage in self._tallies:
            tally = self._tallies[event.stage]
            if isinstance(event, Advanced):
                tally.add(event)
            if isinstance(event, StageFinished):
                _say(f"{_NAMES[event.stage]}: {tally.done} in {tally.seconds:.0f} s {tally.rate}")
            elif time.monotonic() - tally.last_line >= _LINE_EVERY_S:
                tally.last_line = time.monotonic()
                left_s = tally.seconds * (1 / tally.share - 1) if tally.share else 0.0
                _say(f"{_NAMES[event.stage]}: {tally.done}, {tally.rate}, {left_s:.0f} s left")


def failure_line(event: RecordingMarked) -> str:
    """Say which recording failed and why."""
    return f"failed: {loggable(event.file)}: {event.fault}: {loggable(event.advice)}"


def _waiting_line(event: Waiting) -> str:
    return f"waiting, then trying again: {loggable(event.problem)}"


def _retry_line(event: Retrying) -> str:
    return f"trying again: {loggable(event.file)}: {loggable(event.problem)}"


def _say(line: str) -> None:
    print(line.rstrip(), file=sys.stderr, flush=True)
