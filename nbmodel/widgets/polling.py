"""Looks at something each second, beside the cells that run, for as long as a page shows it.

A page says now and then that it is being looked at. The kernel hears that between two cells only:
so while a cell runs nobody is taken to have left.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal

from IPython.core.getipython import get_ipython

POLL_SECONDS = 1.0  # seconds between two looks
LEASE_SECONDS = 15.0  # seconds for which a page's word holds; it says it again each 5
GRACE_SECONDS = 3.0  # seconds after a cell in which the word of a page that waited arrives


class Poll:
    """A daemon thread that comes and goes.

    Parameters
    ----------
    once : callable
        Looks once; false if there is nothing more to see, ever.
    """

    def __init__(self, once: Callable[[], bool]) -> None:
        self._once = once
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._until = 0.0
        self._in_cell = False
        self._thread: threading.Thread | None = None

    def look(self, *, in_cell: bool = False) -> None:
        """A page shows the widget now; `in_cell` if a cell that runs says so."""
        with self._lock:
            self._until = time.monotonic() + LEASE_SECONDS
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="nbmodel-poll", daemon=True)
                self._in_cell = in_cell
                self._hear("register")
                self._thread.start()
        self._wake.set()

    @property
    def running(self) -> bool:
        """Whether the thread is there."""
        return self._thread is not None

    def _run(self) -> None:
        more = True
        while more:
            more = False  # an error ends the thread too, and the next page starts another
            try:
                more = self._once()
            finally:
                with self._lock:
                    more = more and (self._in_cell or time.monotonic() < self._until)
                    if not more:
                        self._hear("unregister")
                        self._thread = None
            if more:
                self._wake.wait(POLL_SECONDS)
                self._wake.clear()

    def _hear(self, how: Literal["register", "unregister"]) -> None:
        shell = get_ipython()
        if shell is not None:
            change = getattr(shell.events, how)
            change("pre_run_cell", self._before_cell)
            change("post_run_cell", self._after_cell)

    def _before_cell(self, *_: object) -> None:
        self._in_cell = True

    def _after_cell(self, *_: object) -> None:
        self._until = max(self._until, time.monotonic() + GRACE_SECONDS)
        self._in_cell = False
