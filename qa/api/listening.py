"""What of a call's sound was sent to somebody lately."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from qa.types import Span

REMEMBERED = timedelta(minutes=15)
"""What was sent so lately is not written down again."""
_MOST_REMEMBERED = 2_000


@dataclass(slots=True)
class _Sent:
    until: float
    spans: list[Span]


class Fetched:
    """Remembers what of a call was sent to a person, so that playing it once is one row of the log.

    A player asks for a recording piece by piece, and again whenever somebody goes back in it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._sent: OrderedDict[tuple[int, str], _Sent] = OrderedDict()

    def is_new(self, user_id: int, call_id: str, span: Span) -> bool:
        """Whether this stretch was not sent to this person lately; remembers that it is now."""
        key, now = (user_id, call_id), self._clock()
        with self._lock:
            known = self._sent.pop(key, None)
            if known is None or known.until < now:
                known = _Sent(now + REMEMBERED.total_seconds(), [])
            self._sent[key] = known
            while len(self._sent) > _MOST_REMEMBERED:
                self._sent.popitem(last=False)
            covered = any(
                one.start_ms <= span.start_ms and span.end_ms <= one.end_ms for one in known.spans
            )
            if not covered:
                known.spans = [one for one in known.spans if not _within(one, span)] + [span]
            return not covered

    def forget(self, user_id: int, call_id: str) -> None:
        """Forget what a person was sent of a call, because it could not be written down."""
        with self._lock:
            self._sent.pop((user_id, call_id), None)


def _within(one: Span, other: Span) -> bool:
    return other.start_ms <= one.start_ms and one.end_ms <= other.end_ms
