"""Several processes that answer requests on one address; what must run once is none of theirs.

One process of Python works on one processor. The listener is opened before and handed to each, so
that whoever is free takes the next connection; all else that they share is in the database.
"""

import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from tempfile import TemporaryDirectory

from qa.api.upkeep import Upkeep
from qa.config import Settings
from qa.errors import ServeError
from qa.store.store import Store

MOST_BY_DEFAULT = 4
_STOP_S = 3.0
_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 10.0
_YOUNG_S = 5.0
"""Who dies so soon after being ready has not served."""
MOST_LOST = 5
"""So many may die in a row without having served, while nobody else serves."""
_READY = b"ready"
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where the processes lay their counts together; the library reads it when it is loaded."""

_log = logging.getLogger("qa.api")


def worker_count(wanted: int) -> int:
    """Say how many processes answer requests.

    Args:
        wanted: `serve.workers`; 0 is one for each processor that the program may use.
    """
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return wanted or min(MOST_BY_DEFAULT, usable or 1)


def serve_by_many(
    store: Store,
    settings: Settings,
    listener: socket.socket,
    count: int,
    on_ready: Callable[[], None],
) -> None:
    """Serve by several processes until interrupted; one that dies is started anew.

    Where none of them lives to answer, starting them for ever would hide it.

    This process looks by the clock (`Upkeep`), which may take long and delays no answer here.

    Args:
        count: 2 or more.
        on_ready: called once, when the first of them is about to answer.

    Raises:
        ServeError: `MOST_LOST` died in a row at their start.
    """
    with TemporaryDirectory(prefix="qa-metrics-") as folder, listener:
        workers = [_Worker(settings, listener, number, folder) for number in range(count)]
        upkeep = Upkeep(store, settings, gives_way=True)
        try:
            for worker in workers:
                worker.start()
            upkeep.start()
            _watch(workers, on_ready)
        finally:
            for worker in workers:
                worker.ask_to_end()
            for worker in workers:
                worker.end()
            upkeep.close()


class _Worker:
    def __init__(
        self, settings: Settings, listener: socket.socket, number: int, folder: str
    ) -> None:
        self._given, self._name = (settings, listener, folder), f"qa-serve-{number}"
        self.process: SpawnProcess | None = None
        self.line: Connection | None = None
        self._ready_at: float | None = None

    @property
    def has_served(self) -> bool:
        """Whether it was ready some time ago."""
        return self._ready_at is not None and time.monotonic() - self._ready_at >= _YOUNG_S

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.is_alive()

    @property
    def news(self) -> Connection | None:
        """The line that tells when it is ready; None once it told."""
        return self.line if self._ready_at is None else None

    def heard_ready(self) -> bool:
        """Whether it says only now that it is ready."""
        if self.news is None or not self.news.poll() or not _says(self.news):
            return False
        self._ready_at = time.monotonic()
        return True

    def start(self) -> None:
        """Start it; the line tells when it is ready, and it ends when the line does."""
        self._ready_at = None
        context = multiprocessing.get_context("spawn")
        self.line, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, *self._given), name=self._name)
        self.process.start()
        theirs.close()

    def ask_to_end(self) -> None:
        if self.process is not None and self.process.is_alive():
            self.process.terminate()

    def end(self) -> None:
        if self.process is not None:
            self.process.join(_STOP_S)
            if self.process.is_alive():
                self.process.kill()
                self.process.join()
        if self.line is not None:
            self.line.close()


def _watch(workers: list[_Worker], on_ready: Callable[[], None]) -> None:
    waiting, lost = True, 0
    while True:
        lines = [one.news for one in workers if one.news is not None and one.is_alive]
        ends = [one.process.sentinel for one in workers if one.process is not None]
        wait([*lines, *ends])
        for worker in workers:
            if worker.heard_ready() and waiting:
                waiting = False
                on_ready()
            if worker.process is not None and not worker.is_alive:
                code = worker.process.exitcode
                _log.error("a process that answers requests died (%s)", code)
                lost = 0 if worker.has_served else lost + 1
                others = any(one.is_alive and one.has_served for one in workers)
                if lost >= MOST_LOST and not others:
                    raise ServeError(_why_none(code))
                worker.end()
                time.sleep(min(_LONGEST_PAUSE_S, max(1, lost) * _PAUSE_S) if others else _PAUSE_S)
                worker.start()


def _why_none(code: int | None) -> str:
    return (
        f"the processes that answer requests end at their start, {MOST_LOST} times in a row (exit "
        f"code {code}). What they wrote above says why; where there is nothing, memory may be "
        "short: try qa serve --workers 1."
    )


def _says(line: Connection) -> bool:
    with suppress(EOFError, OSError):
        return line.recv_bytes() == _READY
    return False


def _work(line: Connection, settings: Settings, listener: socket.socket, folder: str) -> None:
    os.environ[METRICS_FOLDER] = folder  # before anything loads the library
    from qa.api.server import log_requests, serve

    log_requests()
    threading.Thread(target=_end_with, args=(line,), name="line", daemon=True).start()
    store = Store.open(settings.database_url, timezone=settings.timezone)
    with suppress(KeyboardInterrupt), store:
        serve(store, settings, listener, lambda: line.send_bytes(_READY), looks_after=False)


def _end_with(line: Connection) -> None:
    """End this process with the one that started it, however that went."""
    with suppress(EOFError, OSError):
        line.recv_bytes()
    signal.raise_signal(signal.SIGTERM)
