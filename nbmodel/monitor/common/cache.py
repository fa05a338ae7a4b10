"""The last few results of long questions: asked for twice at once, they are made once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_NONE: Any = object()


class SingleFlightCache(Generic[T]):
    """Results by key, the least recently used forgotten; errors are not kept.

    Parameters
    ----------
    maxsize : int
    """

    def __init__(self, maxsize: int) -> None:
        self._maxsize = maxsize
        self._lock = Lock()
        self._slots: OrderedDict[Hashable, _Slot[T]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The result of a key; `make` is called if there is none, by one thread at a time."""
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            while len(self._slots) > self._maxsize:
                self._slots.popitem(last=False)
        with slot.lock:
            if slot.value is _NONE:
                slot.value = make()
            return slot.value


class _Slot(Generic[T]):
    def __init__(self) -> None:
        self.lock = Lock()
        self.value: T = _NONE
