"""Bytes for a server's socket, and a campaign that reduces those that fail."""

from __future__ import annotations

import json
import re
import socket
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.fixtures.servers import Client, limited_server
from tests.serve.conftest import X, churn_registry
from tests.shrinking import command, shrunk, steps_again

Headers = Sequence[tuple[bytes, bytes]]
Sent = tuple[bytes, bool]
BODY = json.dumps(X.head(1).to_dict("records")).encode()
HEAD = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
GOOD = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
MIB = 1 << 20
LIMITS = {
    "head_timeout_s": 1.0, "timeout_s": 3.0, "max_connections": 100, "max_pending_bytes": 16 * MIB,
}  # fmt: skip
SHRINK_S = 60


def dial(client: Client) -> socket.socket:
    return socket.create_connection((client.address.hostname, client.address.port), timeout=20)


def responses_to(client: Client, *pieces: bytes, end: bool = False) -> bytes:
    """The bytes of the server's responses, until it closes the connection or sends no more."""
    with dial(client) as line:
        try:
            for piece in pieces:
                line.sendall(piece)
            if end:
                line.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the server has closed the connection
        response = b""
        try:
            while piece := line.recv(65536):
                response += piece
        except OSError:
            pass
        return response


def is_well(client: Client) -> bool:
    answer = client.ask("/predict", BODY)
    return answer.status == 200 and answer.version == "churn@1"


def answers(client: Client) -> bool:
    """Whether the server is well; it may have ended."""
    try:
        return is_well(client)
    except OSError:
        return False


ONCE = {  # headers of which servers use the first or the last
    "Host": (b"localhost", b"evil.example"),
    "Authorization": (b"Bearer one", b"Bearer two"),
    "Content-Length": (b"%d" % len(BODY), b"%d" % len(BODY)),
    "Content-Type": (b"application/json", b"application/octet-stream"),
    "Content-Encoding": (b"identity", b"gzip"),
    "Inference-Header-Content-Length": (b"%d" % len(BODY), b"1"),
    "Transfer-Encoding": (b"chunked", b"chunked"),
    "Expect": (b"100-continue", b"100-continue"),
}


def posted(headers: Headers, body: bytes = BODY, path: bytes = b"/predict") -> bytes:
    """A request with these headers and the required ones that are not among them."""
    required = {b"host": b"localhost", b"content-type": b"application/json",
              b"content-length": b"%d" % len(body)}  # fmt: skip
    names = {name.strip().lower() for name, _ in headers}
    if b"transfer-encoding" in names:
        del required[b"content-length"]
    lines = [(n, v) for n, v in required.items() if n not in names] + list(headers)
    head = b"".join(b"%b: %b\r\n" % line for line in lines)
    return b"POST %b HTTP/1.1\r\n%b\r\n%b" % (path, head, body)


def is_twice(headers: Headers) -> bool:
    """Whether a header is there twice that may come once."""
    names = [name.lower() for name, _ in headers if name.decode() in ONCE]
    return len(set(names)) < len(names)


def wrong_with(response: bytes, twice: bool = False) -> str:
    """What is wrong with a response; empty if nothing is. No request may cause a server error."""
    if re.search(rb"^HTTP/1\.1 50[0-2]", response, re.MULTILINE):
        return "a server error"
    return "twice, and answered" if twice and response.startswith(b"HTTP/1.1 2") else ""


def pieces(client: Client, sent: list[Sent], test: str, seed: int, every: int = 50) -> None:
    """Send ``(bytes, whether a header comes twice)`` one after the other; check each response.

    A failure shows the fewest bytes that fail in the same way, and a command that sends them
    again. If this server no longer answers, each attempt gets a new one.
    """
    seen = dict.fromkeys(range(1, 6), 0)
    unchecked: list[Sent] = []
    if again := steps_again():
        sent = [(text.encode("latin-1"), twice) for text, twice in again]
    for number, (piece, twice) in enumerate(sent, 1):
        response = responses_to(client, piece, end=True)
        unchecked.append((piece, twice))
        for status in re.findall(rb"^HTTP/1\.1 (\d)\d\d", response, re.MULTILINE):
            seen[int(status)] += 1
        if wrong := wrong_with(response, twice):
            small = smallest(client, piece, twice, wrong)
            report(test, seed, f"{wrong}: {response[:500]!r}", [(small, twice)])
        if number % every == 0 or number == len(sent):
            if not answers(client):
                report(test, seed, "the server does not answer", fewest(unchecked))
            unchecked = []
    print(f"seed {seed}: {sum(seen.values())} answers to {len(sent)}, by hundreds {seen}")


def smallest(client: Client, piece: bytes, twice: bool, wrong: str) -> bytes:
    """The shortest request that fails in the same way: fewer bytes, or fewer lines of its head."""
    if not twice:
        return shrunk(
            piece, lambda some: wrong_with(responses_to(client, some, end=True)) == wrong, SHRINK_S
        )
    head, _, body = piece.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")

    def joined(some: list[bytes]) -> bytes:
        return b"\r\n".join([first, *some]) + b"\r\n\r\n" + body

    def alike(some: list[bytes]) -> bool:
        names = [(line.partition(b":")[0], b"") for line in some]
        return (
            is_twice(names)
            and wrong_with(responses_to(client, joined(some), end=True), True) == wrong
        )

    return joined(shrunk(lines, alike, SHRINK_S))


def fewest(sent: list[Sent]) -> list[Sent]:
    """The fewest requests that stop a server; each attempt goes to a new one."""

    def ends(some: list[Sent]) -> bool:
        with (
            tempfile.TemporaryDirectory() as name,
            churn_registry(Path(name)) as registry,
            limited_server(registry, Path(name), **LIMITS) as client,
        ):
            for piece, _ in some:
                with suppress(OSError):
                    responses_to(client, piece, end=True)
            return not answers(client)

    return shrunk(sent, ends, SHRINK_S)


def report(test: str, seed: int, wrong: str, sent: list[Sent]) -> None:
    steps = [(piece.decode("latin-1"), twice) for piece, twice in sent]
    again = command(f"tests/serve/http/test_raw_sockets.py::{test}", steps)
    raise AssertionError(f"seed {seed}: {wrong}\n{again}")
