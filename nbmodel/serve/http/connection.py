"""One client's connection, with time limits.

uvicorn closes a connection that is idle between two requests. It does not close one that sends
its first request very slowly, whose headers never end, or that does not read its responses. This
class does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from enum import Enum, auto
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from nbmodel.serve.http.exchange import DirectHandler, DirectRoutes, Exchange
from nbmodel.serve.http.middleware import RequestLimits, error_document, malformed

LINGER_SECONDS = 0.3  # a server that stops still accepts requests that were just sent


class Phase(Enum):
    """What a connection waits for.

    IDLE: the next request. HEAD and BODY: the rest of one. WORK: the response.
    """

    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    WORK = auto()


class Connection(HttpToolsProtocol):
    """An HTTP/1.1 connection with time limits.

    Parameters
    ----------
    limits : RequestLimits
    routes : DirectRoutes, optional
        Decides which requests are answered without a task.
    **settings
        The arguments that uvicorn passes.
    """

    def __init__(
        self, *, limits: RequestLimits, routes: DirectRoutes | None = None, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self._limits = limits
        self._routes = routes
        self._handler: DirectHandler | None = None  # of the current request, if it needs no task
        self._pieces: list[bytes] = []
        self._phase = Phase.HEAD
        self._phase_start = self.loop.time()
        self._head_bytes = 0
        self._blocked_since = 0.0  # since when the client does not read; 0 if it does
        self._draining = False
        self._problem = ""  # with the headers that were read last

    # -- called by uvicorn and the parser ----------------------------------------

    # uvicorn and asyncio disagree about the types of these two, and of `cycle` below.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection; if there are too many, close the one that is idle the longest."""
        if len(self.connections) >= self._limits.max_connections:
            waiting = [c for c in self.connections if isinstance(c, Connection) and c.waits]
            if waiting:
                min(waiting, key=lambda connection: connection._phase_start).transport.abort()
        super().connection_made(transport)
        if len(self.connections) > 2 * self._limits.max_connections:
            self._refuse(503, "The server has too many connections. Connect again in a second.")

    def data_received(self, data: bytes) -> None:
        """Process bytes that the client sent."""
        super().data_received(data)
        if self._handler is not None:  # the request has not arrived whole
            self._make_cycle()
        if self._phase is Phase.HEAD:
            self._head_bytes += len(data)
            limit = self._limits.max_head_bytes
            if self._head_bytes > limit:
                self._refuse(431, f"Request line and headers may have at most {limit} bytes.")
        else:
            self._head_bytes = 0

    def on_message_begin(self) -> None:
        """Process the first byte of a request."""
        self._phase, self._phase_start = Phase.HEAD, self.loop.time()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Process a header; ignore trailers, which follow a chunked body and look like headers."""
        if self._phase is Phase.HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Process the end of the headers."""
        self._problem = malformed(self.headers)
        if self._problem or len(self.pipeline) >= self._limits.max_pipelined:
            raise ValueError  # the parser stops; earlier requests are answered
        self._phase = Phase.BODY
        self._handler = self._find_handler()
        self._pieces = []
        if self._handler is None:
            self._make_cycle()

    def on_body(self, body: bytes) -> None:
        """Process bytes of the body."""
        if self._handler is None:
            super().on_body(body)
        else:
            self._pieces.append(body)

    def on_message_complete(self) -> None:
        """Process the last byte of a request."""
        self._phase = Phase.WORK
        handler, routes = self._handler, self._routes
        if handler is not None and routes is not None and self._handle_directly(handler, routes):
            return
        super().on_message_complete()
        if self._answered:  # refused before its body had arrived
            self._become_idle()

    def on_response_complete(self) -> None:
        """Continue after a response was sent."""
        self.server_state.total_requests += 1
        idle = self._phase is Phase.WORK and not self.pipeline
        if not self.transport.is_closing():
            self.flow.resume_reading()
            if self.pipeline:
                self._start_asgi_task(*self.pipeline.pop())
        if idle:  # `check` closes idle connections, so that no response needs a timer
            self._become_idle()

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client sends no more: answer its requests, then close the connection."""
        self._draining = True
        return self._phase is Phase.WORK

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP; a whole request before it is answered first."""
        if self._phase is Phase.HEAD and self.cycle is not None and not self._answered:
            self.cycle.keep_alive = False
            self.transport.pause_reading()
        else:
            self._refuse(400, self._problem or msg)

    def shutdown(self) -> None:
        """The server stops: answer the requests that were sent, then close the connection."""
        self._draining = True
        if not self._answered:
            self.cycle.keep_alive = False
        else:
            self.loop.call_later(LINGER_SECONDS, self._close_if_waiting)

    # -- requests without a task ---------------------------------------------------

    def _find_handler(self) -> DirectHandler | None:
        """The handler of the current request, if that may be answered without a task."""
        parser = self.parser
        if (
            self._routes is None
            or not self._answered
            or self.flow.write_paused
            or self.expect_100_continue
            or parser.get_method() != b"POST"
            or parser.get_http_version() != "1.1"
            or parser.should_upgrade()
        ):
            return None
        return self._routes.direct_handler(self.url, self.headers)

    def _handle_directly(self, handler: DirectHandler, routes: DirectRoutes) -> bool:
        """Handle the request that arrived whole; False if it needs a task."""
        self._handler = None
        previous = self.cycle
        body = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        keep_alive = self.parser.should_keep_alive() and not self._draining
        exchange = Exchange(self, routes, keep_alive)
        self.cycle = exchange  # type: ignore[assignment]
        small = len(body) <= self._limits.max_body_bytes
        if small and exchange.handle(handler, self.headers, body):
            return True
        self.cycle = previous
        self._make_cycle()
        return False

    def _make_cycle(self) -> None:
        """Hand the request to uvicorn, with the bytes that were read."""
        self._handler = None
        if self.transport.is_closing():
            return
        super().on_headers_complete()
        if self._draining:
            self.cycle.keep_alive = False
        for piece in self._pieces:
            super().on_body(piece)
        self._pieces = []

    # -- called by the server every second -----------------------------------------

    @property
    def waits(self) -> bool:
        """Whether it waits for the client to send a request."""
        return self._phase in (Phase.IDLE, Phase.HEAD)

    def check(self, now: float) -> None:
        """Close the connection if the client takes too long to send, or to read its response."""
        limits = {Phase.HEAD: self._limits.head_timeout_s, Phase.BODY: self._limits.timeout_s}
        waited_s = now - self._phase_start
        if self._phase in limits and waited_s > limits[self._phase]:
            self._refuse(408, "The request did not arrive in time.")
        if self._phase is Phase.IDLE and waited_s > self.timeout_keep_alive:
            self.timeout_keep_alive_handler()
        if self.flow is None or not self.flow.write_paused:
            self._blocked_since = 0.0
        elif not self._blocked_since:
            self._blocked_since = now
        elif now - self._blocked_since > self._limits.timeout_s:
            self.transport.abort()

    def _become_idle(self) -> None:
        """Wait for the next request; a connection that drains closes."""
        self._phase, self._phase_start = Phase.IDLE, self.loop.time()
        if self._draining and not self.transport.is_closing():
            self.transport.close()

    @property
    def _answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _close_if_waiting(self) -> None:
        if self.waits and not self.transport.is_closing():
            self.transport.close()

    def _refuse(self, status: int, text: str) -> None:
        """Respond without the application, unless a response has started; then close."""
        if self.transport.is_closing():
            return
        if self._answered or not self.cycle.response_started:
            body = orjson.dumps(error_document(status, text))
            self.transport.write(
                b"HTTP/1.1 %d Refused\r\ncontent-type: application/json\r\nconnection: close\r\n"
                b"retry-after: 1\r\ncontent-length: %d\r\n\r\n%b" % (status, len(body), body)
            )
        if self.cycle is not None:
            self.cycle.disconnected = True  # now, because the application may be about to respond
            self.cycle.message_event.set()
        self.transport.close()


def check_all(connections: Iterable[Any], now: float) -> None:
    """Check every connection of a server."""
    for connection in list(connections):
        if isinstance(connection, Connection):
            connection.check(now)
