"""What the running service does about reports by the clock: late alarms, and what waits to leave.

A thread of its own, because a mail server may take its time.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from qa.api.watch import EVERY_S, Watch
from qa.batch.report_delivery import deliver_due
from qa.batch.reporting import raise_alarms
from qa.config import Settings
from qa.store.store import Store


class ReportWatch(Watch):
    """Looks once a minute; several services on one database do nothing twice."""

    def __init__(self, store: Store, settings: Settings, *, every_s: float = EVERY_S) -> None:
        super().__init__("reports", every_s, delay_s=every_s)  # a start is not slowed down
        self._store, self._settings = store, settings

    def _steps(self) -> tuple[Callable[[], None], ...]:
        return self._raise_alarms, self._deliver

    def _raise_alarms(self) -> None:
        raise_alarms(self._store, self._settings, datetime.now(UTC))

    def _deliver(self) -> None:
        while not self._ended.is_set() and deliver_due(self._store, self._settings, most=1):
            pass
