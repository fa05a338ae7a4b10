"""A cache for slow functions: callers that ask for the same key at the same time share one call."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_EMPTY: Any = object()


class SingleFlightCache(Generic[T]):
    """A thread-safe cache of the results that were used last.

    If a call raises an error, nothing is stored.

    Parameters
    ----------
    maxsize : int
        Number of results; the least recently used ones are discarded.
    """

    def __init__(self, maxsize: int) -> None:
        self._maxsize = maxsize
        self._lock = Lock()
        self._slots: OrderedDict[Hashable, _Slot[T]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the result for a key.

        Parameters
        ----------
        key : hashable
        make : callable
            Computes the result if there is none. Other threads that want the same key wait for it.
        """
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            while len(self._slots) > self._maxsize:
                self._slots.popitem(last=False)
        with slot.lock:
            if slot.value is _EMPTY:
                slot.value = make()
            return slot.value


class _Slot(Generic[T]):
    def __init__(self) -> None:
        self.lock = Lock()
        self.value: T = _EMPTY
