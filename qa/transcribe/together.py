"""Windows of many calls decoded together: a full batch costs the model less than many small ones.

Each call is heard by a thread of its own, with a `Voice` in place of the engine. What the threads
ask for meets in one bounded queue; whoever decodes takes windows of one size from it, sorted by
length, so that what stands in a batch ends at about the same token. A window's text does not depend
on its neighbours, nor does it fail with them: a batch that fails is decoded again, one by one.
docs/decisions/0043-windows-of-many-calls.md.
"""

import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition, Event, Thread

import numpy as np
from numpy.typing import NDArray

from qa.errors import EngineError
from qa.transcribe.engine import Abilities, Batching, Engine, Heard, Stretch, Weight

Window = NDArray[np.float32]

LINGER_S = 0.05
"""So long a window waits for others of its size while somebody could still bring them."""
QUEUED_BATCHES = 4
"""Windows that wait at most, in batches (2 MB a window); who brings more waits."""


@dataclass(slots=True, eq=False)
class _Wanted:
    """One window that a call waits for.

    Attributes:
        kind: only windows of one kind go together.
        since: time of its arrival, seconds of the monotonic clock.
    """

    window: Window
    careful: bool
    told: tuple[str, ...]
    kind: tuple[bool, tuple[str, ...], int]
    since: float
    done: Event = field(default_factory=Event)
    heard: Heard | None = None
    error: Exception | None = None


class Together:
    """One engine that many threads use at once; close it when all is heard.

    Args:
        engine: decodes the batches; one without `Batching` is given windows one by one.
        decoders: threads that hand batches to the engine, at least 1.
    """

    def __init__(self, engine: Engine, *, decoders: int = 1) -> None:
        self._engine = engine
        self._batch = engine.batch if isinstance(engine, Batching) else 1
        self._changed = Condition()
        self._waiting: deque[_Wanted] = deque()
        self._calls = self._blocked = 0
        self._closed = False
        self._threads = [
            Thread(target=self._decode, name=f"decode-{i}", daemon=True) for i in range(decoders)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Windows that no batch has taken yet."""
        return len(self._waiting)

    def close(self) -> None:
        """End the threads; who still waits for a window gets an `EngineError`."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        for one in self._waiting:
            one.error = EngineError("window", "the recogniser was closed")
            one.done.set()

    @contextmanager
    def voice(self) -> Iterator[Engine]:
        """Give one call an engine of its own; the model behind it is that of all."""
        with self._changed:
            self._calls += 1
        try:
            yield _Voice(self, self._engine)
        finally:
            with self._changed:
                self._calls -= 1
                if not self._calls:
                    self._engine.forget()
                self._changed.notify_all()

    def recognise(
        self, windows: Sequence[Window], careful: bool, told: Sequence[tuple[str, ...]]
    ) -> list[Heard]:
        """Wait until windows are decoded; see `Engine.recognise`."""
        wanted = []
        with self._changed:
            self._blocked += 1
        try:
            for i, window in enumerate(windows):
                words = told[i] if told else ()
                size = self._engine.size_of(window) if isinstance(self._engine, Batching) else 0
                kind = (careful, words, size)
                one = _Wanted(window, careful, words, kind, time.monotonic())
                self._put(one)
                wanted.append(one)
            for one in wanted:
                one.done.wait()
        finally:
            with self._changed:
                self._blocked -= 1
        return [_result(one) for one in wanted]

    def _put(self, one: _Wanted) -> None:
        with self._changed:
            while len(self._waiting) >= QUEUED_BATCHES * self._batch and not self._closed:
                self._changed.wait()
            if self._closed:
                raise EngineError("window", "the recogniser was closed")
            self._waiting.append(one)
            self._changed.notify_all()

    def _decode(self) -> None:
        while (some := self._next()) is not None:
            error = self._hear(some)
            if error is not None and len(some) > 1:
                # Whose window it was, nobody says: the error is of those that fail alone too.
                for one in some:
                    one.error = self._hear([one])
            elif error is not None:
                some[0].error = error
            for one in some:
                one.done.set()

    def _hear(self, some: Sequence[_Wanted]) -> Exception | None:
        """Decode windows of one kind; return what went wrong, for the fence around each call."""
        told = [one.told for one in some] if some[0].told else ()
        windows = [one.window for one in some]
        try:
            heard = self._engine.recognise(windows, careful=some[0].careful, told=told)
            for one, own in zip(some, heard, strict=True):
                one.heard = own
        except Exception as error:
            return error
        return None

    def _next(self) -> list[_Wanted] | None:
        """Take the next batch; None when everything is over."""
        with self._changed:
            while not self._closed:
                if self._waiting:
                    some = self._full() or self._due()
                    if some:
                        for one in some:
                            self._waiting.remove(one)
                        self._changed.notify_all()
                        return some
                self._changed.wait(LINGER_S if self._waiting else None)
            return None

    def _full(self) -> list[_Wanted]:
        """Find a batch that need not wait for more; nothing where no kind has enough."""
        counts = Counter(one.kind for one in self._waiting)
        first = next((one for one in self._waiting if counts[one.kind] >= self._batch), None)
        return self._like(first) if first is not None else []

    def _due(self) -> list[_Wanted]:
        """Find a smaller batch: nobody can bring more, or the oldest has waited long enough."""
        first = self._waiting[0]
        can_come = self._blocked < self._calls
        if can_come and time.monotonic() - first.since < LINGER_S:
            return []
        return self._like(first)

    def _like(self, first: _Wanted) -> list[_Wanted]:
        """Choose a batch of one kind: the one that came first, and those nearest in length."""
        same = [one for one in self._waiting if one.kind == first.kind]
        near = sorted(same, key=lambda one: abs(len(one.window) - len(first.window)))
        return near[: self._batch]


class _Voice:
    """What one call takes for the engine."""

    def __init__(self, together: Together, engine: Engine) -> None:
        self._together, self._engine = together, engine

    @property
    def fingerprint(self) -> str:
        return self._engine.fingerprint

    @property
    def abilities(self) -> Abilities:
        return self._engine.abilities

    def recognise(
        self,
        windows: Sequence[Window],
        *,
        careful: bool = False,
        told: Sequence[tuple[str, ...]] = (),
    ) -> list[Heard]:
        return self._together.recognise(windows, careful, told)

    def weigh(self, stretches: Sequence[Stretch], texts: Sequence[str]) -> list[Weight]:
        return self._engine.weigh(stretches, texts)

    def forget(self) -> None:
        """Leave it to `Together`: other calls may need what is kept, and it is bounded anyway."""


def _result(one: _Wanted) -> Heard:
    if one.error is not None:
        raise one.error
    if one.heard is None:
        raise EngineError("window", "the recogniser gave nothing")
    return one.heard
