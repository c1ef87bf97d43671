"""The process beside the service: started with it, started anew when it dies, ended with it."""

import logging
import multiprocessing
import os
import signal
import threading
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from qa.batch.asked_runs import WorkOptions
from qa.batch.companion import Companion
from qa.batch.uploads import work_until
from qa.config import Settings
from qa.logs import hide_in_logs

_STOP_S = 5.0
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_NICE = 5

_log = logging.getLogger("qa.uploads")


class Beside(Companion):
    """Keeps one process at work on uploads and runs; it opens the database by itself.

    Args:
        options: how recordings are heard; None is the real recogniser.
    """

    def __init__(self, settings: Settings, options: WorkOptions | None = None) -> None:
        self._settings, self._options = settings, options or WorkOptions()
        super().__init__("beside", _STOP_S)
        self._process: SpawnProcess | None = None

    @property
    def pid(self) -> int | None:
        """Process number; None while there is none."""
        process = self._process
        return process.pid if process is not None else None

    def _keep(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            ours, theirs = multiprocessing.get_context("spawn").Pipe()
            process = multiprocessing.get_context("spawn").Process(
                target=_work, args=(theirs, self._settings, self._options), name="qa-uploads"
            )
            process.start()
            theirs.close()  # so that the process sees when this one is gone
            self._process = process
            while not self._stopping.is_set() and not wait([process.sentinel], 0.2):
                pass
            self._end(process, ours)
            if process.exitcode == 0:  # it has done enough for one life
                pause_s = _FIRST_PAUSE_S
            elif not self._stopping.is_set():
                _log.error("the process beside the service ended (%s)", process.exitcode)
                self._stopping.wait(pause_s)
                pause_s = min(_LONGEST_PAUSE_S, 2 * pause_s)

    def _end(self, process: SpawnProcess, pipe: "Connection[None, None]") -> None:
        """Ask it to stop, then make it; its own workers end with it."""
        pipe.close()
        if process.is_alive():
            process.terminate()
            process.join(_STOP_S)
        if process.is_alive():
            process.kill()
            process.join()
        self._process = None


def _work(pipe: "Connection[None, None]", settings: Settings, options: WorkOptions) -> None:
    """Run the process until the service asks it to stop or is gone."""
    hide_in_logs()
    os.setpgid(0, 0)  # Ctrl-C in the terminal is the service's to handle
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    threading.Thread(target=_end_with_service, daemon=True).start()
    with suppress(OSError):
        os.nice(_NICE)  # people who wait for a page come first

    def is_over(pause_s: float) -> bool:
        try:
            return pipe.poll(pause_s)  # nothing is ever sent: there is only its end
        except OSError:
            return True

    work_until(settings, is_over, options)


def _stop(_number: int, _frame: object) -> None:
    """Unwind, so that what was heard is kept; a second signal changes nothing."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(0)


def _end_with_service() -> None:
    service = multiprocessing.parent_process()
    if service is not None:
        service.join()
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(_STOP_S)
        os.killpg(os.getpgrp(), signal.SIGKILL)
