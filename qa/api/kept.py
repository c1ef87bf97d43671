"""Answers of pure functions that are dear and asked again and again, kept within bounds."""

import hashlib
import pickle
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")
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
