"""One request and its answer without a task of its own.

uvicorn gives each request a cycle, an event and a task. A request that came whole, whose path
scores and whose model answers in the event loop needs none of them: it is read at once, waits
in a batch, and its answer is written in one piece. Everything else takes uvicorn's way.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from nbmodel.serve.http.responses import Reply, mistake

if TYPE_CHECKING:
    from nbmodel.serve.http.connection import Connection

Headers = Sequence[tuple[bytes, bytes]]
#: Takes a request that came whole; False to let it have a task after all.
Begin = Callable[["Exchange", Headers, bytes], bool]

logger = logging.getLogger("uvicorn.error")


class Direct(Protocol):
    """Who says which requests may be answered without a task, and counts them."""

    running: int

    def direct(self, path: bytes, headers: Headers) -> Begin | None:
        """What answers; None for what has a task: other paths, and what is refused."""


class _NoEvent:
    def set(self) -> None:
        """Nobody waits."""


class Exchange:
    """Stands in the place of uvicorn's `RequestResponseCycle`.

    Parameters
    ----------
    connection : Connection
    direct : Direct
    keep_alive : bool
    """

    __slots__ = (
        "_connection", "_counted", "_direct", "disconnected", "keep_alive",
        "response_complete", "response_started",
    )  # fmt: skip
    message_event = _NoEvent()
    more_body = False

    def __init__(self, connection: Connection, direct: Direct, keep_alive: bool) -> None:
        self._connection: Connection | None = connection
        self._direct = direct
        self._counted = False
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_started = False
        self.response_complete = False

    def begin(self, begin: Begin, headers: Headers, body: bytes) -> bool:
        """Let the endpoint take it; False if it needs a task."""
        self._direct.running += 1
        self._counted = True
        try:
            taken = begin(self, headers, body)
        except Exception as error:  # noqa: BLE001  as uvicorn does: logged, and answered
            self.fail(error)
            return True
        if not taken:
            self._end()
        return taken

    def abandoned(self) -> bool:
        """Whether the client is gone, so that nobody is to be answered."""
        if self.disconnected:
            self._end()
        return self.disconnected

    def fail(self, error: Exception) -> None:
        """Answer for a mistake of the server's own."""
        logger.error("Exception in ASGI application\n", exc_info=error)
        self.respond(Reply.of(500, {"error": mistake(error)}))

    def respond(self, reply: Reply) -> None:
        """Write the whole answer, unless the client is gone."""
        connection = self._connection
        self._end()
        if connection is None or self.disconnected or connection.transport.is_closing():
            return
        self.response_started = self.response_complete = True
        pieces = [STATUS_LINE[reply.status]]
        for name, value in (*connection.server_state.default_headers, *reply.headers):
            pieces += (name, b": ", value, b"\r\n")
        last = b"" if self.keep_alive else b"connection: close\r\n"
        pieces.append(b"content-length: %d\r\n%b\r\n" % (len(reply.body), last))
        pieces.append(reply.body)
        connection.transport.write(b"".join(pieces))
        if not self.keep_alive:
            connection.transport.close()
        connection.on_response_complete()

    def _end(self) -> None:
        """It is over: nothing refers to it in a circle, and it counts no more."""
        self._connection = None
        if self._counted:
            self._counted = False
            self._direct.running -= 1
