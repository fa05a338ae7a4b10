"""What is no proper request: the server refuses it, goes on, and does not grow."""

from __future__ import annotations

import json
import random
import socket
import threading
import time

import psutil
import pytest

from tests.serve.conftest import X, limited, made
from tests.serve.test_server import until

BODY = json.dumps(X.head(1).to_dict("records")).encode()
HEAD = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
GOOD = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
MIB = 1 << 20


@pytest.fixture(scope="module")
def strained(isolated_home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("strained")
    limits = {"head_seconds": 1.0, "seconds": 3.0, "connections": 100, "pending": 16 * MIB}
    with made(folder) as registry, limited(registry, folder, **limits) as client:
        yield client


def dial(client):
    return socket.create_connection((client.address.hostname, client.address.port), timeout=20)


def said(client, *pieces, end=False):
    """All that the server answers to these bytes, until it closes or is silent."""
    with dial(client) as line:
        try:
            for piece in pieces:
                line.sendall(piece)
            if end:
                line.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has heard enough
        found = b""
        try:
            while piece := line.recv(65536):
                found += piece
        except OSError:
            pass
        return found


def is_well(client):
    answer = client.ask("/predict", BODY)
    return answer.status == 200 and answer.version == "churn@1"


def memory(client):
    return psutil.Process(client.server.pid).memory_info().rss


NONSENSE = {
    "no method": b"\r\n\r\nhello\r\n\r\n",
    "binary": bytes(range(256)) * 20,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no version": b"GET /v2\r\n\r\n",
    "strange version": b"GET /v2 HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "path not ASCII": "GET /v2/ü HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
    "no path": b"GET  HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "CONNECT": b"CONNECT example.org:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "absolute": b"GET http://example.org HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "header without a name": b"GET /v2 HTTP/1.1\r\n: x\r\n\r\n",
    "header with a NUL": b"GET /v2 HTTP/1.1\r\nHost: local\0host\r\n\r\n",
    "folded header": b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n folded\r\n\r\n",
    "length and chunks": HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "length no number": HEAD + b"Content-Length: many\r\n\r\n",
    "length negative": HEAD + b"Content-Length: -1\r\n\r\n",
    "length immense": HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n",
    "chunk no number": HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "chunk lies": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n[[[[[[\r\n0\r\n\r\n",
    "chunk immense": HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    "no host": b"GET /v2 HTTP/1.1\r\n\r\n",
    "other host": b"GET /v2 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_refused(strained, name):
    found = said(strained, NONSENSE[name], end=True)
    assert not found or found.startswith(b"HTTP/1.1 4"), found
    assert is_well(strained)


def test_whoever_is_refused_before_the_body_is_there_is_let_go(strained):
    """The server ends at once when it is told to, and not after those are forgotten."""
    lines = psutil.Process(strained.server.pid).net_connections
    for _ in range(20):
        with dial(strained) as line:
            line.sendall(b"POST /predict HTTP/1.1\r\nHost: evil\r\nContent-Length: 9\r\n\r\n")
            assert line.recv(100).startswith(b"HTTP/1.1 421")
            line.sendall(b"too late!")
    until(lambda: all(line.status == "LISTEN" for line in lines(kind="tcp")), 5)


def test_a_body_shorter_than_it_says_is_not_scored(strained):
    before = strained.ask("/metrics").body
    for cut in (1, len(BODY) // 2, len(BODY) - 1, len(BODY)):
        lie = HEAD + b"Content-Length: %d\r\n\r\n" % (len(BODY) + 5) + BODY[:cut]
        assert not said(strained, lie, end=True).startswith(b"HTTP/1.1 200")
    counted = [line for line in before.splitlines() if b"nbmodel_predictions_total{" in line]
    after = strained.ask("/metrics").body
    assert all(line in after for line in counted)


def test_a_body_longer_than_it_says_is_answered_and_the_rest_is_not(strained):
    found = said(strained, HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY + b"x" * 99)
    assert found.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in found


@pytest.mark.parametrize("piece", [b"a: b\r\n", b"a" * 1000])
def test_a_head_without_end_is_cut_off(strained, piece):
    before = memory(strained)
    found = said(strained, b"GET /v2 HTTP/1.1\r\n", *([piece * 64] * 2000))
    assert not found or found.startswith(b"HTTP/1.1 431")
    assert memory(strained) - before < 30 * MIB
    assert is_well(strained)


def test_chunks_without_end_are_cut_off(strained):
    before = memory(strained)
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    found = said(strained, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *([chunk] * 1000))
    assert not found or found.startswith(b"HTTP/1.1 413")
    assert memory(strained) - before < 60 * MIB
    assert is_well(strained)


@pytest.mark.parametrize(
    "start", [b"", b"G", b"GET /v2 HTTP/1.1\r\nHos", HEAD + b"Content-Length: 90\r\n\r\n[["]
)
def test_whoever_does_not_finish_is_told_and_let_go(strained, start):
    assert said(strained, start).startswith(b"HTTP/1.1 408")


def test_slow_clients_do_not_keep_others_out(strained):
    """More of them than the server takes connections."""
    lines = []
    try:
        for number in range(300):
            line = dial(strained)
            line.sendall(b"GET /v2 HTTP/1.1\r\nX-%d: " % number)
            lines.append(line)
            if number % 50 == 0:
                assert is_well(strained)
        assert is_well(strained)
    finally:
        for line in lines:
            line.close()


def test_pipelined_requests_are_answered_in_order(strained):
    asked = [
        HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
        for body in (
            json.dumps({"records": json.loads(BODY), "id": f"n{number}"}).encode()
            for number in range(20)
        )
    ]
    found = said(strained, b"".join(asked), end=True)
    places = [found.find(b'"id":"n%d"' % number) for number in range(20)]
    assert -1 not in places
    assert places == sorted(places)


def test_whoever_pipelines_without_end_is_cut_off(strained):
    before = memory(strained)
    said(strained, *([b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n" * 5000] * 20))
    assert memory(strained) - before < 60 * MIB
    assert is_well(strained)


def test_large_bodies_at_once_are_bounded(strained):
    """Sixty of 7 MiB each that all but end: the server takes 16 MiB of them, not 420."""
    before, statuses, lines = memory(strained), [], []
    body = b"[" + b" " * (7 * MIB)

    def send():
        line = dial(strained)
        lines.append(line)
        try:
            line.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % (len(body) + 1) + body)
            statuses.append(line.recv(100).split()[1])
        except OSError:
            statuses.append(b"closed")

    senders = [threading.Thread(target=send) for _ in range(60)]
    for sender in senders:
        sender.start()
    peak = 0
    while any(sender.is_alive() for sender in senders):
        peak = max(peak, memory(strained))
        time.sleep(0.02)
    for line in lines:
        line.close()
    assert set(statuses) <= {b"503", b"408", b"closed"}
    assert b"503" in statuses
    assert peak - before < 150 * MIB
    assert is_well(strained)


def test_random_bytes(strained):
    chance = random.Random(4)
    for _ in range(60):
        piece = bytearray(GOOD)
        for _ in range(chance.randrange(1, 12)):
            piece[chance.randrange(len(piece))] = chance.randrange(256)
        said(strained, bytes(piece), end=True)
    assert is_well(strained)


@pytest.mark.stress
def test_random_bytes_for_a_long_time(strained):
    chance = random.Random()
    start = memory(strained)
    for number in range(20_000):
        piece = bytearray(GOOD)
        for _ in range(chance.randrange(1, 40)):
            piece[chance.randrange(len(piece))] = chance.randrange(256)
        said(strained, bytes(piece[: chance.randrange(1, len(piece))]), end=True)
        if number % 500 == 0:
            assert is_well(strained)
    assert memory(strained) - start < 50 * MIB
