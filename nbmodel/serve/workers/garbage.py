"""Python's garbage collector in a server: between requests, and over what they left behind.

A full collection looks at every object of the imported libraries, several hundred thousand:
50 to 100 ms in which nobody is answered. So automatic collections are off; what was loaded is
frozen, which takes it out of the collector's sight (`gc.freeze`); and what requests leave
behind in circles is collected between them, a small and bounded work.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

ALLOCATIONS = 10_000  # containers made and not freed, after which a collection is worth it
LONGEST = 1.0  # seconds between two collections, however few were made: one may hold much memory
SHARE = 0.01  # of the time that collections may take
SETTLED = 5.0  # seconds after a switch in which the requests of the old version end


class Collector:
    """Collects when the event loop is between two requests.

    Only one server of a process can have one.
    """

    def __init__(self) -> None:
        self._next = 0.0
        self._last = 0.0
        self._switched = 0.0

    @contextmanager
    def instead(self) -> Iterator[Collector]:
        """Take the place of automatic collections until the context ends."""
        automatic = gc.isenabled()
        gc.disable()
        try:
            yield self
        finally:
            gc.unfreeze()
            if automatic:
                gc.enable()

    def loaded(self, *, replaced: bool = False) -> None:
        """A version was loaded: it is here to stay; any thread may say so.

        Parameters
        ----------
        replaced : bool
            Another version went, whose objects may refer to each other in circles: once its
            last requests have ended, everything is looked through.
        """
        gc.freeze()
        if replaced:
            self._switched = time.monotonic()

    def turn(self, now: float) -> None:
        """Collect what is due; the event loop calls it often, when no request is read.

        Parameters
        ----------
        now : float
            `time.monotonic`.
        """
        if self._switched and now - self._switched > SETTLED:
            self._switched = 0.0
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            return
        due = gc.get_count()[0] >= ALLOCATIONS or now - self._last > LONGEST
        if not due or now < self._next:
            return
        begin = time.perf_counter()
        gc.collect()
        self._last = now
        self._next = now + (time.perf_counter() - begin) / SHARE
