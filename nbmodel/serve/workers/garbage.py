"""Runs Python's garbage collector between requests.

A full collection visits every object of the imported libraries, several hundred thousand, which
blocks all requests for 50 to 100 ms. So automatic collection is off, and loaded objects are
frozen, which exempts them from collection (`gc.freeze`). Reference cycles that requests leave
behind are collected between requests; that work is small and bounded.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

MAX_ALLOCATIONS = 10_000  # of containers that were not freed, until the next collection
MAX_INTERVAL_SECONDS = 1.0  # between two collections: even one container may hold much memory
MAX_TIME_SHARE = 0.01  # for collections
SETTLE_SECONDS = 5.0  # after a version was replaced, for its last requests to end


class GarbageCollector:
    """Collects garbage when the event loop is between two requests.

    A process can have only one.
    """

    def __init__(self) -> None:
        self._earliest = 0.0
        self._last = 0.0
        self._replaced_at = 0.0

    @contextmanager
    def replace_automatic(self) -> Iterator[GarbageCollector]:
        """Turn off automatic collection until the context ends."""
        automatic = gc.isenabled()
        gc.disable()
        try:
            yield self
        finally:
            gc.unfreeze()
            if automatic:
                gc.enable()

    def version_loaded(self, *, replaced: bool = False) -> None:
        """Exempt the objects of a version that was loaded; any thread may call this.

        Parameters
        ----------
        replaced : bool
            Whether it replaced another version, whose objects may form reference cycles. A full
            collection follows when the last requests of that version have ended.
        """
        gc.freeze()
        if replaced:
            self._replaced_at = time.monotonic()

    def collect_if_due(self, now: float) -> None:
        """Collect garbage if it is time; the event loop calls this often, between requests.

        Parameters
        ----------
        now : float
            `time.monotonic`.
        """
        if self._replaced_at and now - self._replaced_at > SETTLE_SECONDS:
            self._replaced_at = 0.0
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            return
        many = gc.get_count()[0] >= MAX_ALLOCATIONS
        due = many or now - self._last > MAX_INTERVAL_SECONDS
        if not due or now < self._earliest:
            return
        start = time.perf_counter()
        gc.collect()
        self._last = now
        self._earliest = now + (time.perf_counter() - start) / MAX_TIME_SHARE
