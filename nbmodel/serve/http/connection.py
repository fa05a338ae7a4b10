"""One client's connection, and how long it may keep the server waiting.

uvicorn ends a connection that is idle between two requests. It does not end one that sends
its first request a byte a minute, whose head never ends, that pipelines without reading, or
that does not take its answer; this class does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from enum import Enum, auto
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from nbmodel.serve.http.exchange import Begin, Direct, Exchange
from nbmodel.serve.http.middleware import Limits, malformed

LINGER = 0.3  # seconds in which a server that ends still takes what a client just sent


class Phase(Enum):
    """What a connection does now."""

    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    WORK = auto()


class Connection(HttpToolsProtocol):
    """A connection of HTTP/1.1 with deadlines.

    Parameters
    ----------
    limits : Limits
    direct : Direct, optional
        What may be answered without a task.
    **given
        As uvicorn makes one.
    """

    def __init__(self, *, limits: Limits, direct: Direct | None = None, **given: Any) -> None:
        super().__init__(**given)
        self._limits = limits
        self._direct = direct
        self._begin: Begin | None = None  # of the request that is read, if it may do without a task
        self._pieces: list[bytes] = []
        self._phase = Phase.HEAD
        self._since = self.loop.time()
        self._head = 0
        self._stuck = 0.0
        self._draining = False
        self._wrong = ""  # with the head that was read last

    # -- what uvicorn and the parser call ----------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let it in, in the place of whoever does nothing for the longest time if it is full."""
        if len(self.connections) >= self._limits.connections:
            waiting = [c for c in self.connections if isinstance(c, Connection) and c.waits]
            if waiting:
                min(waiting, key=lambda connection: connection._since).transport.abort()
        super().connection_made(transport)
        if len(self.connections) > 2 * self._limits.connections:
            self._refuse(503, "Too many connections at once; repeat in a second.")

    def data_received(self, data: bytes) -> None:
        """Bytes of the client."""
        super().data_received(data)
        if self._begin is not None:  # more of it is to come
            self._make_cycle()  # unless the rest was no HTTP
        if self._phase is Phase.HEAD:
            self._head += len(data)
            if self._head > self._limits.head:
                self._refuse(431, f"A request's head may have {self._limits.head} bytes.")
        else:
            self._head = 0

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._phase, self._since = Phase.HEAD, self.loop.time()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; what comes behind a body of chunks is none, though it looks like one."""
        if self._phase is Phase.HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The end of a request's head."""
        self._wrong = malformed(self.headers)
        if self._wrong or len(self.pipeline) >= self._limits.pipelined:
            raise ValueError  # the parser stops; what came before is answered
        self._phase = Phase.BODY
        self._begin = self._find_begin()
        self._pieces = []
        if self._begin is None:
            self._make_cycle()

    def on_body(self, body: bytes) -> None:
        """Bytes of a request's body."""
        if self._begin is None:
            super().on_body(body)
        else:
            self._pieces.append(body)

    def on_message_complete(self) -> None:
        """The last byte of a request."""
        self._phase = Phase.WORK
        begin, direct = self._begin, self._direct
        if begin is not None and direct is not None and self._take(begin, direct):
            return
        super().on_message_complete()
        if self._answered:  # refused before its body was there
            self._rest()

    def on_response_complete(self) -> None:
        """An answer went out."""
        self.server_state.total_requests += 1
        done = self._phase is Phase.WORK and not self.pipeline
        if not self.transport.is_closing():
            self.flow.resume_reading()
            if self.pipeline:
                self._start_asgi_task(*self.pipeline.pop())
        if done:  # `check` ends what rests too long, without a timer for each answer
            self._rest()

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client sends no more: what it sent is answered, then the connection closes."""
        self._draining = True
        return self._phase is Phase.WORK

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP; a whole request before it is answered first."""
        if self._phase is Phase.HEAD and self.cycle is not None and not self._answered:
            self.cycle.keep_alive = False
            self.transport.pause_reading()
        else:
            self._refuse(400, self._wrong or msg)

    def shutdown(self) -> None:
        """The server ends: what was sent is answered, then the connection closes."""
        self._draining = True
        if not self._answered:
            self.cycle.keep_alive = False
        else:
            self.loop.call_later(LINGER, self._close_if_waiting)

    # -- requests without a task ---------------------------------------------------

    def _find_begin(self) -> Begin | None:
        """Who may answer the request whose head was read, if it comes whole and alone."""
        parser = self.parser
        if (
            self._direct is None
            or not self._answered
            or self.flow.write_paused
            or self.expect_100_continue
            or parser.get_method() != b"POST"
            or parser.get_http_version() != "1.1"
            or parser.should_upgrade()
        ):
            return None
        return self._direct.direct(self.url, self.headers)

    def _take(self, begin: Begin, direct: Direct) -> bool:
        """Begin the request that came whole; False if it needs a task."""
        self._begin = None
        before = self.cycle
        body = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        keep_alive = self.parser.should_keep_alive() and not self._draining
        exchange = Exchange(self, direct, keep_alive)
        self.cycle = exchange  # type: ignore[assignment]
        if len(body) <= self._limits.body and exchange.begin(begin, self.headers, body):
            return True
        self.cycle = before
        self._make_cycle()
        return False

    def _make_cycle(self) -> None:
        """Let uvicorn take the request, with what was read of it."""
        self._begin = None
        if self.transport.is_closing():
            return
        super().on_headers_complete()
        if self._draining:
            self.cycle.keep_alive = False
        for piece in self._pieces:
            super().on_body(piece)
        self._pieces = []

    # -- what the server calls each second -----------------------------------------

    @property
    def waits(self) -> bool:
        """Whether it is the client that holds things up before a request is whole."""
        return self._phase in (Phase.IDLE, Phase.HEAD)

    def check(self, now: float) -> None:
        """End it if the client took too long to send, or to take, what it asked for."""
        allowed = {Phase.HEAD: self._limits.head_seconds, Phase.BODY: self._limits.seconds}
        waited = now - self._since
        if self._phase in allowed and waited > allowed[self._phase]:
            self._refuse(408, "The request did not come in time.")
        if self._phase is Phase.IDLE and waited > self.timeout_keep_alive:
            self.timeout_keep_alive_handler()
        if self.flow is None or not self.flow.write_paused:
            self._stuck = 0.0
        elif not self._stuck:
            self._stuck = now
        elif now - self._stuck > self._limits.seconds:
            self.transport.abort()

    def _rest(self) -> None:
        """Nothing is left to do, until the client sends more."""
        self._phase, self._since = Phase.IDLE, self.loop.time()
        if self._draining and not self.transport.is_closing():
            self.transport.close()

    @property
    def _answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _close_if_waiting(self) -> None:
        if self.waits and not self.transport.is_closing():
            self.transport.close()

    def _refuse(self, status: int, text: str) -> None:
        """Answer without the application, unless an answer is on its way; then close."""
        if self.transport.is_closing():
            return
        if self._answered or not self.cycle.response_started:
            body = orjson.dumps({"error": text})
            self.transport.write(
                b"HTTP/1.1 %d Refused\r\ncontent-type: application/json\r\nconnection: close\r\n"
                b"retry-after: 1\r\ncontent-length: %d\r\n\r\n%b" % (status, len(body), body)
            )
        if self.cycle is not None:
            self.cycle.disconnected = True  # at once: the application may be about to answer
            self.cycle.message_event.set()
        self.transport.close()


def check_all(connections: Iterable[Any], now: float) -> None:
    """Check every connection of a server."""
    for connection in list(connections):
        if isinstance(connection, Connection):
            connection.check(now)
