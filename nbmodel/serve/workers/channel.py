"""A worker's line to the process that started it.

The worker says when it is ready, tells its counters when it is asked, asks for those of
all, and ends when the line ends: whatever happened to the parent.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from nbmodel.errors import ServerFailed

PATIENCE = 5.0  # seconds for the other workers to tell their counters


class Link:
    """The worker's end of the line.

    Parameters
    ----------
    connection : Connection
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._asked: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Future[bytes]]] = {}

    def start(self, text: Callable[[], bytes], end: Callable[[], None]) -> None:
        """Begin to listen: `text` tells this worker's counters, `end` ends its server."""
        threading.Thread(
            target=self._listen, args=(text, end), name="nbmodel-link", daemon=True
        ).start()

    def tell(self, word: str, *what: Any) -> None:
        """Say something to the parent; if it is gone, `_listen` finds out."""
        with self._lock:
            try:
                self._connection.send((word, *what))
            except OSError:
                return

    async def gather(self, own: bytes) -> bytes:
        """The counters of all workers together.

        Raises
        ------
        ServerFailed
            If the parent does not answer.
        """
        number = next(self._numbers)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bytes] = loop.create_future()
        self._asked[number] = (loop, future)
        try:
            self.tell("scrape", number, own)
            return await asyncio.wait_for(future, PATIENCE)
        except TimeoutError:
            raise ServerFailed("all workers", "their counters did not come in time") from None
        finally:
            self._asked.pop(number, None)

    def _listen(self, text: Callable[[], bytes], end: Callable[[], None]) -> None:
        words: dict[str, Callable[..., None]] = {
            "count": lambda number: self.tell("counted", number, text()),
            "sum": self._settle,
        }
        while True:
            try:
                word, *what = self._connection.recv()
            except (EOFError, OSError):
                end()
                return
            words[word](*what)

    def _settle(self, number: int, total: bytes) -> None:
        loop, future = self._asked.pop(number, (None, None))
        if loop is not None and future is not None:
            loop.call_soon_threadsafe(lambda: None if future.done() else future.set_result(total))
