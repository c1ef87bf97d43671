"""Looks at recordings in S3-compatible storage, for pages: briefly, and not twice in a moment.

A page waits for the look and holds one of the few threads meanwhile. So a look takes seconds at
most, its answer holds for a moment (a player asks for a recording in many pieces), and a storage
that did not answer is left alone for a while.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qa.batch.fetching import at_hand
from qa.batch.jobs import Job
from qa.config import Settings
from qa.errors import ConfigError, EngineError, RecordingError, RecordingFault
from qa.ingest.objects import ObjectFile, ObjectState

LOOK_S = 5.0
"""The longest silence of a storage that a page waits for."""
_HOLDS_S = 5.0
_LEFT_ALONE_S = 15.0
_REMEMBERED = 1_000
_NO_ACCESS = (
    "the storage refuses this server; an administrator checks its keys and their rights to read"
)


class Objects:
    """What a process of the service knows of objects.

    Args:
        settings: `s3` says where the storage is, `audio` how large a recording may be and where
            it is copied to for a moment.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        timeout_s = min(LOOK_S, settings.s3.timeout_s)
        self._storage = settings.s3.model_copy(update={"timeout_s": timeout_s})
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[float, ObjectState]] = OrderedDict()
        self._away_until = 0.0

    def file(self, url: str) -> ObjectFile:
        """Give an object to look at and to read."""
        return ObjectFile(url, self._storage)

    def look(self, url: str) -> ObjectState:
        """Look at an object; what was seen a moment ago counts.

        Raises:
            FileNotFoundError: it is not there.
            PermissionError: this server may not see it, or has no usable keys.
            OSError: the storage does not answer.
        """
        with self._lock:
            at, state = self._seen.get(url, (0.0, None))
            if state is not None and time.monotonic() - at < _HOLDS_S:
                return state
            if time.monotonic() < self._away_until:
                raise OSError("the storage did not answer a moment ago")
        state = self._ask(url)
        with self._lock:
            self._seen[url] = (time.monotonic(), state)
            self._seen.move_to_end(url)
            while len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        return state

    def _ask(self, url: str) -> ObjectState:
        try:
            return self.file(url).stat()
        except ConfigError as error:
            raise PermissionError(str(error)) from error
        except (FileNotFoundError, PermissionError):
            raise
        except OSError:
            with self._lock:
                self._away_until = time.monotonic() + _LEFT_ALONE_S
            raise

    @contextmanager
    def copied(self, url: str, recording_id: str) -> Iterator[Path]:
        """Give a copy of a recording for as long as it is needed; see `at_hand`.

        Raises:
            RecordingError: the object is gone, too large, was exchanged, or may not be read.
            EngineError: the storage failed, or there is no space for a copy.
        """
        try:
            with at_hand(Job(recording_id, url, None), self._settings) as path:
                yield path
        except ConfigError as error:
            raise _no_access(url) from error
        except EngineError as error:
            if isinstance(error.__cause__, PermissionError):
                raise _no_access(url) from error
            raise


def _no_access(url: str) -> RecordingError:
    return RecordingError(url.rpartition("/")[2], RecordingFault.UNREADABLE, _NO_ACCESS)
