"""The scheduler in the service: once a day it runs `qa nightly` as a process of its own.

It waits by the wall clock in short steps, so that a machine that slept through the moment begins
when it wakes. The run lock, not this thread, keeps two runs apart.
"""

import logging
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from qa.batch.companion import Companion
from qa.errors import StoreError
from qa.store.runs import Run, RunState, last_run
from qa.store.store import Store

KIND = "nightly"
_LOOK_EVERY_S = 20.0
_STOP_S = 15.0
_NICE = 5
_OVER = (RunState.DONE, RunState.FAILED)
_log = logging.getLogger("qa.nightly")


@dataclass(frozen=True, slots=True)
class Plan:
    """What runs, and when.

    Attributes:
        at: time of day in `zone`.
        command: program and arguments of the night.
    """

    at: time
    zone: ZoneInfo
    command: Sequence[str]


def next_time(after: datetime, at: time, zone: ZoneInfo) -> datetime:
    """Find the first moment after another at which clocks show a time of day.

    Where clocks are put forward over it, it is as much later as they jump; where they are put back
    and show it twice, only the first counts.

    Args:
        after: aware.

    Returns:
        The moment in UTC.
    """
    day = after.astimezone(zone).date() - timedelta(days=1)
    while (moment := datetime.combine(day, at, zone).astimezone(UTC)) <= after:
        day += timedelta(days=1)
    return moment


def last_time(until: datetime, at: time, zone: ZoneInfo) -> datetime:
    """Find the last such moment that is not after another; see `next_time`."""
    day = until.astimezone(zone).date() + timedelta(days=1)
    while (moment := datetime.combine(day, at, zone).astimezone(UTC)) > until:
        day -= timedelta(days=1)
    return moment


def is_missed(last: Run | None, now: datetime, plan: Plan) -> bool:
    """Whether the last moment passed without a night that ended.

    A service that never did a night waits for the next moment, so that nothing begins in office
    hours only because it was set up.
    """
    if last is None:
        return False
    return last.started_at < last_time(now, plan.at, plan.zone) or last.state not in _OVER


class Nightly(Companion):
    """Keeps the plan while the service runs; a night that was missed is caught up at the start.

    Args:
        clock: gives the time, in UTC.
    """

    def __init__(
        self,
        store: Store,
        plan: Plan,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        look_every_s: float = _LOOK_EVERY_S,
    ) -> None:
        self._store, self._plan, self._clock = store, plan, clock
        self._look_every_s = look_every_s
        super().__init__("nightly", _STOP_S)
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process number of the night that is going on; None while there is none."""
        child = self._child
        return child.pid if child is not None else None

    def _keep(self) -> None:
        plan = self._plan
        due = self._first_due()
        while not self._stopping.is_set():
            now = self._clock()
            if now >= due:
                self._run()
                due = next_time(self._clock(), plan.at, plan.zone)
                _log.info("the next night begins at %s", due.astimezone(plan.zone))
            left_s = (due - self._clock()).total_seconds()
            self._stopping.wait(max(0.0, min(left_s, self._look_every_s)))

    def _first_due(self) -> datetime:
        now, plan = self._clock(), self._plan
        if is_missed(self._last(), now, plan):
            _log.info("the last night was missed or broken off: it is caught up now")
            return now
        due = next_time(now, plan.at, plan.zone)
        _log.info("the next night begins at %s", due.astimezone(plan.zone))
        return due

    def _run(self) -> None:
        """Run the command to its end, or until the service stops."""
        try:
            # A group of its own: Ctrl-C in the terminal is the service's to handle.
            child = subprocess.Popen(
                self._plan.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                process_group=0,
            )
        except OSError as error:
            _log.error("the night cannot begin: %s", error.strerror)
            return
        self._child = child
        with suppress(OSError):  # people who wait for a page come first
            os.setpriority(os.PRIO_PROCESS, child.pid, _NICE)
        while child.poll() is None and not self._stopping.wait(0.2):
            pass
        if child.poll() is None:
            self._end(child)
        self._child = None
        self._tell(child.returncode)

    def _end(self, child: "subprocess.Popen[bytes]") -> None:
        """Ask it to stop, then make it; its own workers end with it."""
        child.terminate()
        try:
            child.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    def _tell(self, code: int) -> None:
        """Log how the night ended."""
        run = self._last()
        if self._stopping.is_set():
            _log.info("the night was broken off with the service; the next one goes on with it")
        elif run is None or code not in (0, 1):
            _log.error("the night ended with exit code %d: see the lines above", code)
        else:
            _log.info(
                "night %d: %s, %d transcribed, %d failed, %d judged (exit code %d)",
                *(run.run_id, run.state.value, run.transcribed, run.failed, run.scored, code),
            )

    def _last(self) -> Run | None:
        try:
            with self._store.reading() as session:
                return last_run(session, KIND)
        except StoreError as error:
            _log.error("the runs cannot be read: %s", error)
            return None
