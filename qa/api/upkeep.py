"""What the running service does by the clock: calls whose appeal window has passed become final."""

import logging
import threading
from datetime import UTC, datetime

from qa.batch.reviewing import close_passed_windows
from qa.errors import StoreError
from qa.store.store import Store

EVERY_S = 60.0

_log = logging.getLogger("qa.api")


class Upkeep:
    """A thread that looks once a minute; a list is never further behind the clock than that."""

    def __init__(self, store: Store, *, every_s: float = EVERY_S) -> None:
        self._store, self._every_s = store, every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="upkeep", daemon=True)

    def start(self) -> None:
        """Begin; the first look is at once."""
        self._thread.start()

    def close(self) -> None:
        """End, after the look that is going on."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while True:
            try:
                close_passed_windows(self._store, datetime.now(UTC))
            except StoreError:  # busy, or gone for a moment: the next look finds the same
                _log.info("passed appeal windows were not closed: the database is busy")
            if self._ended.wait(self._every_s):
                return
