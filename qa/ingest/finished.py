"""Which files are finished: nothing tells that a file is whole, so it is looked at for a while."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from qa.ingest.rows import FoundFile, Issue
from qa.ingest.scan import is_unchanged

UNFINISHED = "unfinished_file"
FRESH_S = 2.0
SETTLE_S = 0.5


class Finished(Protocol):
    """Decides which files may be taken now."""

    @property
    def code(self) -> str:
        """Name why the others wait, for programs."""

    def waiting(self, files: Sequence[FoundFile], markers: set[str]) -> dict[str, str]:
        """Say of each file that must wait, by relative path, why."""


def tell(finished: Finished, waiting: Mapping[str, str]) -> list[Issue]:
    """Tell of files that wait, and why; one that is being written is no fault, only a notice."""
    is_fault = finished.code != UNFINISHED
    return [Issue(name, None, is_fault, finished.code, why) for name, why in waiting.items()]


class Settled:
    """For one look: what changed in the last seconds is looked at twice.

    Args:
        fresh_s: a file that changed so recently may still be written, seconds. A clock that runs
            ahead of the file server's makes files look older than they are, so that this is no
            proof; a file that grew is taken in again as soon as it is seen.
    """

    code = UNFINISHED

    def __init__(self, fresh_s: float = FRESH_S) -> None:
        self._fresh_s = fresh_s

    def waiting(self, files: Sequence[FoundFile], markers: set[str]) -> dict[str, str]:
        """Wait half a second where a file is fresh, and leave out those that changed."""
        now = time.time()
        fresh = [f for f in files if abs(now - f.mtime_ns / 1e9) < max(FRESH_S, self._fresh_s)]
        if fresh:
            time.sleep(SETTLE_S)
        growing = {f.relative for f in fresh if not is_unchanged(f)}
        young = {f.relative for f in fresh if 0 <= now - f.mtime_ns / 1e9 < self._fresh_s}
        if self._fresh_s > FRESH_S:
            growing |= young
        return dict.fromkeys(sorted(growing), "still being written; it is taken in next time")


class Watched:
    """For many looks: size and time must stand still for a while, by this machine's own clock.

    Args:
        stable_s: how long, seconds.
    """

    code = UNFINISHED

    def __init__(self, stable_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._stable_s, self._clock = stable_s, clock
        self._seen: dict[str, tuple[int, int, float]] = {}

    def waiting(self, files: Sequence[FoundFile], markers: set[str]) -> dict[str, str]:
        """Compare with the last looks; a file that is new or changed begins to wait."""
        now = self._clock()
        seen, waiting = {}, {}
        for file in files:
            before = self._seen.get(file.relative)
            state = (file.size_bytes, file.mtime_ns)
            since = before[2] if before and before[:2] == state else now
            seen[file.relative] = (*state, since)
            if now - since < self._stable_s:
                waiting[file.relative] = "not yet unchanged for long enough; it is taken in soon"
        self._seen = seen  # what vanished is forgotten
        return waiting


class Marked:
    """A file is finished when a marker lies beside it: `a.wav.done` or `a.done` for `a.wav`."""

    code = "not_marked"

    def waiting(self, files: Sequence[FoundFile], markers: set[str]) -> dict[str, str]:
        """Leave out what has no marker."""
        reason = "there is no .done marker beside it yet"
        return {
            file.relative: reason
            for file in files
            if file.relative not in markers and file.relative.rpartition(".")[0] not in markers
        }
