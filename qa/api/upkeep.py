"""What the running service does by the clock: appeal windows close, events and fines follow."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from qa.api.watch import EVERY_S, Watch
from qa.batch.deleting import carry_out
from qa.batch.fines import follow_events
from qa.batch.reviewing import book_or_tell, close_passed_windows
from qa.config import Settings
from qa.errors import QAError
from qa.store.personal import search_ahead
from qa.store.rolling import roll
from qa.store.store import Store

FOLLOW_LOOKS = 10
"""Every so many looks events are followed and fines booked, and whenever a window has closed."""

FOLLOW_BATCHES = 6
"""So many batches of scorecards are looked through in one look: some seconds of every minute.

A large archive that an older program filled takes hours that way, and the pages stay quick.
"""
ROLL_S = 3.0
"""So long days are added up in one look; a large archive takes some looks at first."""
SEARCH_S = 2.0
"""So long what is personal is searched for ahead in one look: some 400 calls, the newest first."""

_log = logging.getLogger("qa.api")


class Upkeep(Watch):
    """Looks at once and then once a minute; a list is never further behind the clock than that."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        *,
        every_s: float = EVERY_S,
        gives_way: bool = False,
    ) -> None:
        super().__init__("upkeep", every_s, gives_way=gives_way)
        self._store, self._settings = store, settings
        self._looks, self._has_followed = 0, True

    def _steps(self) -> tuple[Callable[[], None], ...]:
        return self._follow, self._roll, self._delete, self._search

    def _follow(self) -> None:
        """Close the windows that have passed, then follow events and book fines if that is due."""
        now, is_regular = datetime.now(UTC), self._looks % FOLLOW_LOOKS == 0
        self._looks += 1
        is_due = bool(close_passed_windows(self._store, now)) or is_regular
        if is_due or not self._has_followed:
            followed = follow_events(self._store, self._settings, now, most_batches=FOLLOW_BATCHES)
            self._has_followed = followed.is_done
        if is_due:
            book_or_tell(self._store, self._settings, now)

    def _roll(self) -> None:
        """Add up the days whose calls changed, for some seconds at most."""
        end = time.monotonic() + ROLL_S
        roll(self._store, go_on=lambda: time.monotonic() < end and not self._ended.is_set())

    def _search(self) -> None:
        """Find what is personal in calls, so that who opens one need not wait for that."""
        end = time.monotonic() + SEARCH_S
        search_ahead(self._store, go_on=lambda: time.monotonic() < end and not self._ended.is_set())

    def _delete(self) -> None:
        """Carry out deletions that were approved."""
        try:
            carry_out(self._store, self._settings)
        except (QAError, OSError) as error:
            _log.error("approved deletions wait: %s", type(error).__name__)
