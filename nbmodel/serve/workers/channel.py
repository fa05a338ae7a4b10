"""The connection between a worker and the process that started it.

The worker reports when it is ready, sends its metrics on request, and asks for those of all
workers. It stops when the connection closes. That happens however the parent ends.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from nbmodel.errors import ServerFailed

GATHER_SECONDS = 5.0  # for the metrics of all workers to arrive


class WorkerChannel:
    """The worker's end of the connection.

    Parameters
    ----------
    connection : Connection
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._pending: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Future[bytes]]] = {}

    def start(self, metrics: Callable[[], bytes], stop: Callable[[], None]) -> None:
        """Start to listen.

        Parameters
        ----------
        metrics : callable
            Returns this worker's metrics as text.
        stop : callable
            Stops this worker's server.
        """
        threading.Thread(
            target=self._listen, args=(metrics, stop), name="nbmodel-channel", daemon=True
        ).start()

    def send(self, kind: str, *values: Any) -> None:
        """Send a message to the parent; if the parent has ended, `_listen` notices that."""
        with self._lock:
            try:
                self._connection.send((kind, *values))
            except OSError:
                return

    async def gather(self, own: bytes) -> bytes:
        """The metrics of all workers together.

        Parameters
        ----------
        own : bytes
            This worker's metrics.

        Raises
        ------
        ServerFailed
            If the parent does not answer.
        """
        number = next(self._numbers)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bytes] = loop.create_future()
        self._pending[number] = (loop, future)
        try:
            self.send("scrape", number, own)
            return await asyncio.wait_for(future, GATHER_SECONDS)
        except TimeoutError:
            raise ServerFailed("all workers", "their metrics did not arrive in time") from None
        finally:
            self._pending.pop(number, None)

    def _listen(self, metrics: Callable[[], bytes], stop: Callable[[], None]) -> None:
        handlers: dict[str, Callable[..., None]] = {
            "count": lambda number: self.send("counted", number, metrics()),
            "sum": self._resolve,
        }
        while True:
            try:
                kind, *values = self._connection.recv()
            except (EOFError, OSError):
                stop()
                return
            handlers[kind](*values)

    def _resolve(self, number: int, total: bytes) -> None:
        loop, future = self._pending.pop(number, (None, None))
        if loop is not None and future is not None:
            loop.call_soon_threadsafe(lambda: None if future.done() else future.set_result(total))
