"""Who may ask, and how much: an ASGI layer in front of everything else."""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from nbmodel.errors import Overloaded

if TYPE_CHECKING:
    from nbmodel.serve.http.dispatch import Front
    from nbmodel.serve.http.exchange import Begin, Headers

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TOO_LARGE = 413
_PORT_RE = re.compile(rb":\d*$")
OPEN_PATHS = frozenset({"/v2/health/live", "/v2/health/ready"})  # for probes, which have no token


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server takes.

    Attributes
    ----------
    body : int
        Bytes of a request.
    rows : int
        Rows of a request.
    seconds : float
        Time for a request to come, and again until its answer.
    requests : int
        Requests at once.
    pending : int
        Bytes of the larger requests at once.
    dropped : int
        Bytes of a body that is too large and still taken, so that its client hears why.
    connections : int
        Clients at once; one more takes the place of one that does nothing.
    pipelined : int
        Requests that a client may send before it has an answer.
    head, head_seconds : int, float
        Bytes of a request's line and headers, and time for them to come.
    """

    body: int = 8 << 20
    rows: int = 10_000
    seconds: float = 30.0
    requests: int = 512
    pending: int = 64 << 20
    dropped: int = 64 << 20
    connections: int = 2000
    pipelined: int = 64
    head: int = 64 << 10
    head_seconds: float = 10.0


# What would say two things if it came twice, and which of them counts differs between servers.
_ONCE = frozenset(
    {
        b"authorization", b"content-encoding", b"content-length", b"content-type", b"expect",
        b"host", b"inference-header-content-length", b"transfer-encoding",
    }
)  # fmt: skip
_LONGEST_LENGTH = 18  # digits
_LINE_ENDS = (b"\r", b"\n", b"\0")


def malformed(headers: Headers) -> str:
    """What is wrong with a request's head, though it can be read; empty if nothing is."""
    seen: set[bytes] = set()
    for name, value in headers:
        if name in _ONCE:
            if name in seen:
                return f"The header {name.decode()} came twice."
            seen.add(name)
        if any(end in value for end in _LINE_ENDS):
            return f"The header {name.decode('latin-1'):.60} has several lines."
    return ""


def _length(headers: Mapping[bytes, bytes]) -> int:
    """Bytes that a request says it has; 0 if it says nothing that could be."""
    length = headers.get(b"content-length", b"0")
    return int(length) if length.isdigit() and len(length) <= _LONGEST_LENGTH else 0


class Guard:
    """Refuses strangers' hosts, missing tokens, bodies too large, and requests too many.

    Attributes
    ----------
    running : int
        Requests that were not answered yet.

    Parameters
    ----------
    app : Front
    token : str
        Asked of every request if not empty, as ``Authorization: Bearer``.
    hosts : iterable of str
        Names that may stand in the Host header: a page of another site that a browser
        resolves to this machine brings its own. Empty: any.
    limits : Limits
    """

    def __init__(self, app: Front, token: str, hosts: Iterable[str], limits: Limits) -> None:
        self._app = app
        self._token = f"Bearer {token}".encode() if token else b""
        self._hosts = frozenset(host.encode() for host in hosts)
        self._limits = limits
        self.running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        wrong = malformed(scope["headers"])
        headers = dict(scope["headers"])
        refusal = (400, wrong) if wrong else self._refusal(scope["path"], headers)
        if refusal is not None:
            if refusal[0] == TOO_LARGE:
                await self._let_come(receive, headers)
            await _refuse(send, *refusal)
            return
        self.running += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self.running -= 1

    def direct(self, path: bytes, headers: Headers) -> Begin | None:
        """What answers a request without a task; None also for what is to be refused."""
        begin = self._app.direct(path)
        # A path that scores is never one of those that are open.
        if begin is None or self._refusal("", dict(headers)) is not None:
            return None
        return begin

    async def _let_come(self, receive: Receive, headers: dict[bytes, bytes]) -> None:
        """Drop what a client is still to send: one that is cut off while it sends hears nothing."""
        if not 0 < _length(headers) <= self._limits.dropped:
            return
        while (await receive()).get("more_body"):
            pass

    def _refusal(self, path: str, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
        host = _PORT_RE.sub(b"", headers.get(b"host", b"")).lower()
        if self._hosts and host not in self._hosts:
            return 421, "This server does not answer to that host name."
        if self._token and path not in OPEN_PATHS:
            given = headers.get(b"authorization", b"")
            if not hmac.compare_digest(given, self._token):
                return 401, "Send the server's token: Authorization: Bearer TOKEN."
        if _length(headers) > self._limits.body:
            return TOO_LARGE, f"A request may have {self._limits.body} bytes."
        if self.running >= self._limits.requests and path not in OPEN_PATHS:
            return 503, "Too many requests at once; repeat in a second."
        return None


async def _refuse(send: Send, status: int, text: str) -> None:
    body = orjson.dumps({"error": text})
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if status == 503:
        headers.append((b"retry-after", b"1"))
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class BodyTooLarge(Exception):
    """More bytes came than a request may have."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"A request may have {limit} bytes.")


class ClientGone(Exception):
    """The connection ended before the request did: there is nobody to answer."""


class Intake:
    """Reads bodies, never more than `limits.pending` bytes of them at once.

    A body that came with its head, in one piece, does not count: those are as many as
    requests may be.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.pending = 0

    async def read(self, receive: Receive) -> tuple[bytes | bytearray, int]:
        """The body of a request, and how many bytes to take from `pending` in the end.

        Raises
        ------
        BodyTooLarge, ClientGone, Overloaded
        """
        message = await receive()
        first = _body(message)
        if len(first) > self._limits.body:
            raise BodyTooLarge(self._limits.body)
        if not message.get("more_body"):
            return first, 0
        body = bytearray(first)
        try:
            while message.get("more_body"):
                message = await receive()
                part = _body(message)
                body += part
                self.pending += len(part)
                if len(body) > self._limits.body:
                    raise BodyTooLarge(self._limits.body)
                if self.pending > self._limits.pending:
                    raise Overloaded(self.pending, "bytes")
        except BaseException:
            self.pending -= len(body) - len(first)
            raise
        return body, len(body) - len(first)


def _body(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientGone
    found: bytes = message.get("body", b"")
    return found
