"""What the running service does by the clock: a thread that looks, waits, and looks again."""

import logging
import os
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import suppress

from qa.api.faults import log_fault
from qa.errors import QAError

EVERY_S = 60.0
_YIELDING = 10

_log = logging.getLogger("qa.api")


class Watch(ABC):
    """Looks after something once every so often, in a thread that no failed look ends.

    Args:
        name: of the thread, and of the watch in the log.
        every_s: seconds between the end of one look and the next.
        delay_s: seconds before the first look.
        gives_way: work only when other processes leave the processor free. Not in a process that
            answers requests: who holds Python's lock and is not let on holds up all of them.
    """

    def __init__(
        self, name: str, every_s: float, delay_s: float = 0.0, *, gives_way: bool = False
    ) -> None:
        self._name, self._every_s, self._delay_s = name, every_s, delay_s
        self._gives_way = gives_way
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End, after the look that is going on."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    @abstractmethod
    def _steps(self) -> Iterable[Callable[[], None]]:
        """Give what a look does, in order; a step that raises is tried again at the next look."""

    def _work(self) -> None:
        if self._gives_way and sys.platform == "linux":  # elsewhere it is not of the thread alone
            own = threading.get_native_id()
            with suppress(OSError):
                now = os.getpriority(os.PRIO_PROCESS, own)
                os.setpriority(os.PRIO_PROCESS, own, max(now, _YIELDING))
        wait_s = self._delay_s
        while not self._ended.wait(wait_s):
            for step in self._steps():
                self._do(step)
            wait_s = self._every_s

    def _do(self, step: Callable[[], None]) -> None:
        try:
            step()
        except QAError as error:  # busy, or gone for a moment: the next look finds the same
            _log.info("%s: not finished, tried again: %s", self._name, type(error).__name__)
        except Exception as error:  # the thread must not end: nobody would do it any more
            log_fault(_log, self._name, error)
