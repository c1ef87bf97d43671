"""What the running service does by the clock: appeal windows close, events and fines follow."""

import logging
import threading
import time
from datetime import UTC, datetime

from qa.api.faults import log_fault
from qa.batch.deleting import carry_out
from qa.batch.fines import follow_events
from qa.batch.reviewing import book_or_tell, close_passed_windows
from qa.config import Settings
from qa.errors import QAError, StoreError
from qa.store.rolling import roll
from qa.store.store import Store

EVERY_S = 60.0
FOLLOW_LOOKS = 10
"""Every so many looks events are followed and fines booked, and whenever a window has closed."""

FOLLOW_BATCHES = 6
"""So many batches of scorecards are looked through in one look: some seconds of every minute.

A large archive that an older program filled takes hours that way, and the pages stay quick.
"""
ROLL_S = 3.0
"""So long days are added up in one look; a large archive takes some looks at first."""

_log = logging.getLogger("qa.api")


class Upkeep:
    """A thread that looks once a minute; a list is never further behind the clock than that."""

    def __init__(self, store: Store, settings: Settings, *, every_s: float = EVERY_S) -> None:
        self._store, self._settings, self._every_s = store, settings, every_s
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
        looks, is_done = 0, True
        while True:
            now = datetime.now(UTC)
            try:
                closed = close_passed_windows(self._store, now)
                is_due = bool(closed) or looks % FOLLOW_LOOKS == 0
                if is_due or not is_done:
                    followed = follow_events(
                        self._store, self._settings, now, most_batches=FOLLOW_BATCHES
                    )
                    is_done = followed.is_done
                if is_due:
                    book_or_tell(self._store, self._settings, now)
            except StoreError:  # busy, or gone for a moment: the next look finds the same
                _log.info("the look by the clock was not finished: the database is busy")
            except Exception as error:  # the thread must not end, or nothing becomes final
                log_fault(_log, "the look by the clock", error)
            looks += 1
            self._roll()
            self._delete()
            if self._ended.wait(self._every_s):
                return

    def _roll(self) -> None:
        """Add up the days whose calls changed, for some seconds at most."""
        end = time.monotonic() + ROLL_S
        try:
            roll(self._store, go_on=lambda: time.monotonic() < end and not self._ended.is_set())
        except StoreError:
            _log.info("days were not added up: the database is busy")

    def _delete(self) -> None:
        """Carry out deletions that were approved."""
        try:
            carry_out(self._store, self._settings)
        except (QAError, OSError) as error:
            _log.error("approved deletions wait: %s", type(error).__name__)
