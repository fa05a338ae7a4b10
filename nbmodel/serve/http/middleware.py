"""Checks each request before the application sees it: host name, token, limits."""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from nbmodel.errors import Overloaded

if TYPE_CHECKING:
    from nbmodel.serve.http.dispatch import Dispatcher
    from nbmodel.serve.http.exchange import DirectHandler, Headers

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TOO_LARGE = 413
_PORT_RE = re.compile(rb":\d*$")
OPEN_PATHS = frozenset({"/v2/health/live", "/v2/health/ready"})  # probes have no token


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimits:
    """What a server accepts.

    Attributes
    ----------
    max_body_bytes : int
        Of one request.
    max_rows : int
        Of one request.
    timeout_s : float
        For a request to arrive, and again for its response.
    max_concurrent : int
        Requests at the same time.
    max_pending_bytes : int
        Of all request bodies that arrive in several pieces, at the same time.
    max_discarded_bytes : int
        Of a body that is too large. A shorter one is read to its end, so that the client can
        receive the refusal.
    max_connections : int
        At the same time. A new connection replaces one that is idle.
    max_pipelined : int
        Requests that a client may send before it receives a response.
    max_head_bytes : int
        Of the request line and headers.
    head_timeout_s : float
        For the request line and headers to arrive.
    """

    max_body_bytes: int = 8 << 20
    max_rows: int = 10_000
    timeout_s: float = 30.0
    max_concurrent: int = 512
    max_pending_bytes: int = 64 << 20
    max_discarded_bytes: int = 64 << 20
    max_connections: int = 2000
    max_pipelined: int = 64
    max_head_bytes: int = 64 << 10
    head_timeout_s: float = 10.0


# Servers differ in which of two such headers they use, so a second one is refused.
_SINGLE_HEADERS = frozenset(
    {
        b"authorization", b"content-encoding", b"content-length", b"content-type", b"expect",
        b"host", b"inference-header-content-length", b"transfer-encoding",
    }
)  # fmt: skip
_MAX_LENGTH_DIGITS = 18
_LINE_ENDS = (b"\r", b"\n", b"\0")


def malformed(headers: Headers) -> str:
    """What is wrong with the headers of a request that could be parsed; empty if nothing is."""
    names: set[bytes] = set()
    for name, value in headers:
        if name in _SINGLE_HEADERS:
            if name in names:
                return f"The request has the header {name.decode()} twice."
            names.add(name)
        if any(end in value for end in _LINE_ENDS):
            return f"The header {name.decode('latin-1'):.60} has a line break or a null character."
    return ""


def _length(headers: Mapping[bytes, bytes]) -> int:
    """The content length of a request; 0 if it has none, or not a valid one."""
    length = headers.get(b"content-length", b"0")
    return int(length) if length.isdigit() and len(length) <= _MAX_LENGTH_DIGITS else 0


class AccessMiddleware:
    """Refuses wrong host names, missing tokens, bodies that are too large, and too many requests.

    Attributes
    ----------
    running : int
        Requests that have no response yet.

    Parameters
    ----------
    app : Dispatcher
    token : str
        That every request must send as ``Authorization: Bearer``; empty for none.
    hosts : iterable of str
        Names that the Host header may have; any if empty. This stops DNS rebinding: the page of
        another site whose name resolves to this machine sends its own name.
    limits : RequestLimits
    """

    def __init__(
        self, app: Dispatcher, token: str, hosts: Iterable[str], limits: RequestLimits
    ) -> None:
        self._app = app
        self._token = f"Bearer {token}".encode() if token else b""
        self._hosts = frozenset(host.encode() for host in hosts)
        self._limits = limits
        self.running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        problem = malformed(scope["headers"])
        headers = dict(scope["headers"])
        refusal = (400, problem) if problem else self._refusal(scope["path"], headers)
        if refusal is not None:
            if refusal[0] == TOO_LARGE:
                await self._discard_body(receive, headers)
            await _refuse(send, *refusal)
            return
        self.running += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self.running -= 1

    def direct_handler(self, path: bytes, headers: Headers) -> DirectHandler | None:
        """The function that answers a request without a task; None also for a refused request."""
        handler = self._app.direct_handler(path)
        # No path that scores is an open path, so the path does not matter for the checks.
        if handler is None or self._refusal("", dict(headers)) is not None:
            return None
        return handler

    async def _discard_body(self, receive: Receive, headers: dict[bytes, bytes]) -> None:
        """Read the rest of a body: a client that is cut off while it sends reads no response."""
        if not 0 < _length(headers) <= self._limits.max_discarded_bytes:
            return
        while (await receive()).get("more_body"):
            pass

    def _refusal(self, path: str, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
        host = _PORT_RE.sub(b"", headers.get(b"host", b"")).lower()
        if self._hosts and host not in self._hosts:
            return 421, "This server does not answer to that host name."
        if self._token and path not in OPEN_PATHS:
            credentials = headers.get(b"authorization", b"")
            if not hmac.compare_digest(credentials, self._token):
                return 401, "The token is missing or wrong. Send Authorization: Bearer TOKEN."
        if _length(headers) > self._limits.max_body_bytes:
            return TOO_LARGE, f"A request may have at most {self._limits.max_body_bytes} bytes."
        if self.running >= self._limits.max_concurrent and path not in OPEN_PATHS:
            return 503, "The server has too many requests at once. Repeat yours in a second."
        return None


# The codes of errors that are not exceptions.
ERROR_CODES: Mapping[int, str] = {
    400: "bad-request",
    401: "unauthorized",
    404: "not-found",
    405: "method-not-allowed",
    408: "request-timeout",
    413: "body-too-large",
    421: "misdirected-request",
    431: "headers-too-large",
    500: "internal-error",
    503: "overloaded",
}


def error_document(status: int, text: str) -> dict[str, str]:
    """Return the body of an error that is not an exception."""
    return {"error": text, "code": ERROR_CODES[status]}


async def _refuse(send: Send, status: int, text: str) -> None:
    body = orjson.dumps(error_document(status, text))
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if status == 503:
        headers.append((b"retry-after", b"1"))
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class BodyTooLarge(Exception):
    """A request body exceeds the limit."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"A request may have at most {limit} bytes.")


class ClientGone(Exception):
    """The client disconnected before it had sent the whole request."""


class BodyReader:
    """Reads bodies, never more than `max_pending_bytes` at the same time.

    A body that arrived in one piece with the headers does not count: the number of requests
    limits those.

    Parameters
    ----------
    limits : RequestLimits
    """

    def __init__(self, limits: RequestLimits) -> None:
        self._limits = limits
        self.pending_bytes = 0

    async def read(self, receive: Receive) -> tuple[bytes | bytearray, int]:
        """Read the body of a request.

        Returns
        -------
        body : bytes
        reserved : int
            To be subtracted from `pending_bytes` when the request is done.

        Raises
        ------
        BodyTooLarge, ClientGone, Overloaded
        """
        message = await receive()
        first = _body(message)
        if len(first) > self._limits.max_body_bytes:
            raise BodyTooLarge(self._limits.max_body_bytes)
        if not message.get("more_body"):
            return first, 0
        body = bytearray(first)
        try:
            while message.get("more_body"):
                message = await receive()
                part = _body(message)
                body += part
                self.pending_bytes += len(part)
                if len(body) > self._limits.max_body_bytes:
                    raise BodyTooLarge(self._limits.max_body_bytes)
                if self.pending_bytes > self._limits.max_pending_bytes:
                    raise Overloaded(self.pending_bytes, "bytes")
        except BaseException:  # a request that is cancelled must give its bytes back too
            self.pending_bytes -= len(body) - len(first)
            raise
        return body, len(body) - len(first)


def _body(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientGone
    body: bytes = message.get("body", b"")
    return body
