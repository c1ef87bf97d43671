"""What the running service does about reports by the clock: late alarms, and what waits to leave.

A thread of its own, because a mail server may take its time.
"""

import logging
import threading
from datetime import UTC, datetime

from qa.api.faults import log_fault
from qa.batch.report_delivery import deliver_due
from qa.batch.reporting import raise_alarms
from qa.config import Settings
from qa.errors import QAError
from qa.store.store import Store

EVERY_S = 60.0

_log = logging.getLogger("qa.api")


class ReportWatch:
    """A thread that looks once a minute; several services on one database do nothing twice."""

    def __init__(self, store: Store, settings: Settings, *, every_s: float = EVERY_S) -> None:
        self._store, self._settings, self._every_s = store, settings, every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="reports", daemon=True)

    def start(self) -> None:
        """Begin; the first look is after one wait, so that a start is not slowed down."""
        self._thread.start()

    def close(self) -> None:
        """End, after the delivery that is going on."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while not self._ended.wait(self._every_s):
            try:
                raise_alarms(self._store, self._settings, datetime.now(UTC))
                while not self._ended.is_set() and deliver_due(self._store, self._settings, most=1):
                    pass
            except QAError as error:  # busy, or gone for a moment: the next look finds the same
                _log.info("reports were not looked after: %s", type(error).__name__)
            except Exception as error:  # the thread must not end, or no report is ever late again
                log_fault(_log, "reports", error)
