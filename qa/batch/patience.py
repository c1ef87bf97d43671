"""Waiting for a database that is locked, full or away, so that a night does not end for it."""

import time
from collections.abc import Callable
from typing import TypeVar

from qa.batch.events import Listener, Waiting
from qa.errors import StoreUnavailableError

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 15.0
_CALM_S = 60.0

_Done = TypeVar("_Done")


def patiently(work: Callable[[], _Done], patience_s: float, listener: Listener) -> _Done:
    """Do something that may be done again and again, until the database lets it be done.

    Args:
        work: goes on from what is in the tables, or writes the same again.
        patience_s: how long to wait, seconds; counted anew after a minute without refusals.

    Raises:
        StoreUnavailableError: the database refused all that time.
    """
    pause_s, waited_s = _FIRST_PAUSE_S, 0.0
    while True:
        began = time.monotonic()
        try:
            return work()
        except StoreUnavailableError as error:
            if time.monotonic() - began > _CALM_S:
                pause_s, waited_s = _FIRST_PAUSE_S, 0.0
            if waited_s >= patience_s:
                raise
            listener(Waiting(str(error)))
        pause_s = min(pause_s, patience_s - waited_s)
        time.sleep(pause_s)
        waited_s += time.monotonic() - began
        pause_s = min(_LONGEST_PAUSE_S, 2 * pause_s)
