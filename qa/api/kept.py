"""Answers of pure functions that are dear and asked again and again, kept within bounds."""

import hashlib
import pickle
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")
_REST = 60
"""An answer is given so many times as long as it took to make: a sixtieth of the time is spent."""
_SECRET = secrets.token_bytes(32)


class Kept(Generic[_T]):
    """Keeps the latest answers under a keyed hash of all that they follow from.

    What was asked is not kept, only its hash, under a secret that ends with the process: the
    memory holds what may be shown, and nothing that the answers were made of.

    Args:
        most: how many answers are kept.
    """

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._kept: OrderedDict[bytes, _T] = OrderedDict()

    def get(self, asked: Any, make: Callable[[], _T]) -> _T:
        """Give the answer, made now unless it is kept.

        Args:
            asked: all that the answer follows from, picklable; what looks different is made anew.
        """
        key = hashlib.blake2b(pickle.dumps(asked), key=_SECRET, digest_size=16).digest()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made


class KeptOf(Generic[_T]):
    """Keeps what follows from objects that never change; which object it is counts, not its worth.

    Args:
        most: how many answers are kept; with more, all of them are made anew.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[tuple[int, Hashable], tuple[object, _T]] = {}

    def get(self, of: object, asked: Hashable, make: Callable[[], _T]) -> _T:
        """Give the answer, made now unless it is kept.

        Args:
            of: what the answer follows from; it lives as long as its answers are kept.
            asked: which of its answers.
        """
        found = self._kept.get((id(of), asked))
        if found is not None and found[0] is of:
            return found[1]
        made = make()
        if len(self._kept) >= self._most:
            self._kept.clear()
        self._kept[id(of), asked] = (of, made)
        return made


class Rested(Generic[_T]):
    """Keeps an answer as much longer than it took as it may be older: what is quick is made anew.

    For hints that may be some minutes old where they are dear, and are as good as never old where
    they are not. Whoever asks while one is being made gets the old one, where there is one.
    """

    def __init__(self) -> None:
        self._kept: tuple[object, float, _T] | None = None
        self._making = threading.Lock()

    def get(self, of: object, make: Callable[[], _T]) -> _T:
        """Give the answer, made now unless it is young for what it cost.

        Args:
            of: what the answer follows from; another one's answer is not given.
        """
        kept = self._kept if self._kept is not None and self._kept[0] is of else None
        if kept is not None and (time.monotonic() < kept[1] or self._making.locked()):
            return kept[2]
        with self._making:
            began = time.monotonic()
            made = make()
            ended = time.monotonic()
            self._kept = (of, ended + _REST * (ended - began), made)
        return made
