"""What goes on beside the service: a thread of this process that keeps a process of its own."""

import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Companion(ABC):
    """Keeps something going while the service runs; use it as a context manager.

    Args:
        name: of the thread.
        stop_s: how long what is kept may take to end when it is asked to, seconds.
    """

    def __init__(self, name: str, stop_s: float) -> None:
        self._stop_s = stop_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=name, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    @property
    @abstractmethod
    def pid(self) -> int | None:
        """Number of the process that is kept; None while there is none."""

    def close(self) -> None:
        """End it; what it had in hand is taken up by the next one."""
        self._stopping.set()
        self._thread.join(2 * self._stop_s)

    @abstractmethod
    def _keep(self) -> None:
        """Do it until `_stopping` is set."""
