"""One request and its response, without a separate task.

uvicorn creates a cycle, an event and a task for each request. A request needs none of them if it
arrived whole, its path scores, and its model answers in the event loop. It is read at once, waits
in a batch, and its response is written in one piece. uvicorn handles all other requests.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from nbmodel.serve.http.middleware import error_document
from nbmodel.serve.http.responses import RawResponse, internal_error_text

if TYPE_CHECKING:
    from nbmodel.serve.http.connection import Connection

Headers = Sequence[tuple[bytes, bytes]]
#: Takes a request that arrived whole; returns False if the request needs a task.
DirectHandler = Callable[["Exchange", Headers, bytes], bool]

logger = logging.getLogger("uvicorn.error")


class DirectRoutes(Protocol):
    """Decides which requests are answered without a task, and counts the running ones."""

    running: int

    def direct_handler(self, path: bytes, headers: Headers) -> DirectHandler | None:
        """The function that answers a request; None if the request needs a task or is refused."""


class _NoEvent:
    def set(self) -> None:
        """Do nothing: no task waits for this event."""


class Exchange:
    """Takes the place of uvicorn's `RequestResponseCycle`.

    Parameters
    ----------
    connection : Connection
    routes : DirectRoutes
    keep_alive : bool
    """

    __slots__ = (
        "_connection", "_counted", "_routes", "disconnected", "keep_alive",
        "response_complete", "response_started",
    )  # fmt: skip
    message_event = _NoEvent()
    more_body = False

    def __init__(self, connection: Connection, routes: DirectRoutes, keep_alive: bool) -> None:
        self._connection: Connection | None = connection
        self._routes = routes
        self._counted = False
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_started = False
        self.response_complete = False

    def handle(self, handler: DirectHandler, headers: Headers, body: bytes) -> bool:
        """Call the handler; False if the request needs a task."""
        self._routes.running += 1
        self._counted = True
        try:
            accepted = handler(self, headers, body)
        except Exception as error:  # noqa: BLE001  logged and answered, as uvicorn does
            self.fail(error)
            return True
        if not accepted:
            self._release()
        return accepted

    def abandoned(self) -> bool:
        """Whether the client has disconnected."""
        if self.disconnected:
            self._release()
        return self.disconnected

    def fail(self, error: Exception) -> None:
        """Log an error of the server's own, and answer with status 500."""
        logger.error("Exception in ASGI application\n", exc_info=error)
        self.respond(RawResponse.of(500, error_document(500, internal_error_text(error))))

    def respond(self, response: RawResponse) -> None:
        """Write the whole response, unless the client has disconnected."""
        connection = self._connection
        self._release()
        if connection is None or self.disconnected or connection.transport.is_closing():
            return
        self.response_started = self.response_complete = True
        pieces = [STATUS_LINE[response.status]]
        for name, value in (*connection.server_state.default_headers, *response.headers):
            pieces += (name, b": ", value, b"\r\n")
        last_header = b"" if self.keep_alive else b"connection: close\r\n"
        pieces.append(b"content-length: %d\r\n%b\r\n" % (len(response.body), last_header))
        pieces.append(response.body)
        connection.transport.write(b"".join(pieces))
        if not self.keep_alive:
            connection.transport.close()
        connection.on_response_complete()

    def _release(self) -> None:
        """Drop the reference to the connection, which is circular, and stop counting."""
        self._connection = None
        if self._counted:
            self._counted = False
            self._routes.running -= 1
