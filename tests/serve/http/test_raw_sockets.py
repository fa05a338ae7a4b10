"""Malformed requests: the server refuses them, goes on, and its memory does not grow."""

from __future__ import annotations

import json
import os
import random
import threading
import time

import psutil
import pytest

from tests.fixtures.servers import limited_server
from tests.serve.conftest import churn_registry
from tests.serve.raw import (
    BODY,
    GOOD,
    HEAD,
    LIMITS,
    MIB,
    ONCE,
    dial,
    is_twice,
    is_well,
    pieces,
    posted,
    responses_to,
)
from tests.waiting import until


@pytest.fixture(scope="module")
def limited(isolated_home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("limited")
    with churn_registry(folder) as registry, limited_server(registry, folder, **LIMITS) as client:
        yield client


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
def test_nonsense_is_refused(limited, name):
    response = responses_to(limited, NONSENSE[name], end=True)
    assert not response or response.startswith(b"HTTP/1.1 4"), response
    assert is_well(limited)


LENGTH = b"Content-Length: %d\r\n" % len(BODY)


@pytest.mark.parametrize("case", [bytes.lower, bytes.upper, bytes.title])
@pytest.mark.parametrize("name", ONCE)
def test_a_repeated_header_is_refused(limited, name, case):
    for values in (ONCE[name], ONCE[name][::-1], (ONCE[name][0],) * 2):
        response = responses_to(limited, posted([(case(name.encode()), value) for value in values]))
        assert response.startswith(b"HTTP/1.1 400"), response
    assert is_well(limited)


ODD = {
    "a length of 5,000 digits": [(b"Inference-Header-Content-Length", b"1" * 5000)],
    "a length with a sign": [(b"Inference-Header-Content-Length", b"+5")],
    "a length beyond the body": [(b"Inference-Header-Content-Length", b"%d" % (len(BODY) + 1))],
    "a length of other digits": [(b"Inference-Header-Content-Length", "٣".encode())],
    "an empty length": [(b"Inference-Header-Content-Length", b"")],
    "a content length of 5,000 digits": [(b"Content-Length", b"1" * 5000)],
    "a content length with zeros before": [(b"Content-Length", b"0" * 5000 + b"5")],
    "a content length twice in one": [(b"Content-Length", b"5, 5")],
    "a content length in hex": [(b"Content-Length", b"0x5")],
    "a folded header": [(b"X-Note", b"one\r\n two")],
    "a folded header by a tab": [(b"X-Note", b"one\r\n\ttwo")],
    "a folded token": [(b"Authorization", b"Bearer\r\n token")],
    "an unknown coding": [(b"Transfer-Encoding", b"xchunked")],
    "chunked, and then another": [(b"Transfer-Encoding", b"chunked, identity")],
    "another that is not chunked": [(b"Transfer-Encoding", b"gzip")],
    "chunked with a space before": [(b"Transfer-Encoding ", b"chunked")],
    "a bare carriage return": [(b"X-Note", b"one\rContent-Length: 3")],
    "a bare line end": [(b"X-Note", b"one\nContent-Length: 3")],
    "a NUL": [(b"X-Note", b"one\0two")],
}


@pytest.mark.parametrize("name", ODD)
def test_a_malformed_head_is_refused(limited, name):
    body = b"0\r\n\r\n" if b"Transfer-Encoding" in dict(ODD[name]) else BODY
    response = responses_to(limited, posted(ODD[name], body), end=True)
    assert response.startswith(b"HTTP/1.1 400"), response
    assert b" 200 " not in response
    assert is_well(limited)


def test_a_request_before_a_malformed_one_is_answered(limited):
    response = responses_to(limited, GOOD + posted([(b"Host", b"localhost"), (b"Host", b"evil")]))
    assert response.startswith(b"HTTP/1.1 200")
    assert response.count(b"HTTP/1.1") == 1 or b"HTTP/1.1 400" in response


def test_a_trailer_is_not_a_header(limited):
    """Trailers after the chunks do not change the host, the token or the type of the body."""
    chunks = b"%x\r\n%b\r\n0\r\nHost: evil.example\r\nContent-Type: x\r\n\r\n" % (len(BODY), BODY)
    response = responses_to(limited, posted([(b"Transfer-Encoding", b"chunked")], chunks), end=True)
    assert response.startswith(b"HTTP/1.1 200"), response


HEADERS = [*(name.encode() for name in ONCE), b"Connection", b"X-Note", b"Accept", b"Upgrade"]
VALUES = [
    b"", b"localhost", b"chunked", b"close", b"keep-alive", b"5", b"%d" % len(BODY), b"1" * 5000,
    b"application/json", b"Bearer x", b"100-continue", b"\xff\xfe", b"a, b", b"gzip", b"h2c",
]  # fmt: skip


def drawn_heads(count, seed):
    """Requests of headers drawn at random, twice and more: a path, and names with values."""
    chance = random.Random(seed)
    for _ in range(count):
        headers = [
            (chance.choice(HEADERS), chance.choice(VALUES)) for _ in range(chance.randrange(1, 7))
        ]
        yield chance.choice([b"/predict", b"/v2/models/churn/infer"]), headers


def heads(client, count, seed, test):
    drawn = list(drawn_heads(count, seed))
    pieces(client, [(posted(h, path=path), is_twice(h)) for path, h in drawn], test, seed)


def chosen(count, seed):
    """Seed and size, from the environment where they are there."""
    response = (
        int(os.environ.get("NBMODEL_SEED", seed)),
        int(os.environ.get("NBMODEL_CAMPAIGN", count)),
    )
    print(f"NBMODEL_SEED={response[0]}")
    return response


def test_random_heads(limited):
    seed, count = chosen(150, 7)
    heads(limited, count, seed, "test_random_heads")


@pytest.mark.stress
def test_random_heads_for_a_long_time(limited):
    seed, count = chosen(20_000, time.time_ns() % 10**6)
    heads(limited, count, seed, "test_random_heads")


def test_a_client_refused_before_its_body_arrives_is_disconnected(limited):
    """Then such clients do not delay the end of the server."""
    lines = psutil.Process(limited.server.pid).net_connections
    for _ in range(20):
        with dial(limited) as line:
            line.sendall(b"POST /predict HTTP/1.1\r\nHost: evil\r\nContent-Length: 9\r\n\r\n")
            assert line.recv(100).startswith(b"HTTP/1.1 421")
            line.sendall(b"too late!")
    until(lambda: all(line.status == "LISTEN" for line in lines(kind="tcp")), 5)


def test_a_body_shorter_than_its_stated_length_is_not_scored(limited):
    before = limited.ask("/metrics").body
    for cut in (1, len(BODY) // 2, len(BODY) - 1, len(BODY)):
        lie = HEAD + b"Content-Length: %d\r\n\r\n" % (len(BODY) + 5) + BODY[:cut]
        assert not responses_to(limited, lie, end=True).startswith(b"HTTP/1.1 200")
    counted = [line for line in before.splitlines() if b"nbmodel_predictions_total{" in line]
    after = limited.ask("/metrics").body
    assert all(line in after for line in counted)


def test_bytes_after_the_stated_length_are_not_answered(limited):
    response = responses_to(
        limited, HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY + b"x" * 99
    )
    assert response.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in response


@pytest.mark.parametrize("piece", [b"a: b\r\n", b"a" * 1000])
def test_an_endless_head_is_cut_off(limited, piece):
    before = memory(limited)
    response = responses_to(limited, b"GET /v2 HTTP/1.1\r\n", *([piece * 64] * 2000))
    assert not response or response.startswith(b"HTTP/1.1 431")
    assert memory(limited) - before < 30 * MIB
    assert is_well(limited)


def test_endless_chunks_are_cut_off(limited):
    before = memory(limited)
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    response = responses_to(
        limited, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *([chunk] * 1000)
    )
    assert not response or response.startswith(b"HTTP/1.1 413")
    assert memory(limited) - before < 60 * MIB
    assert is_well(limited)


@pytest.mark.parametrize(
    "start", [b"", b"G", b"GET /v2 HTTP/1.1\r\nHos", HEAD + b"Content-Length: 90\r\n\r\n[["]
)
def test_an_incomplete_request_gets_408_and_is_disconnected(limited, start):
    assert responses_to(limited, start).startswith(b"HTTP/1.1 408")


def test_slow_clients_do_not_delay_others(limited):
    """There are more of them than the server accepts connections."""
    lines = []
    try:
        for number in range(300):
            line = dial(limited)
            line.sendall(b"GET /v2 HTTP/1.1\r\nX-%d: " % number)
            lines.append(line)
            if number % 50 == 0:
                assert is_well(limited)
        assert is_well(limited)
    finally:
        for line in lines:
            line.close()


def test_pipelined_requests_are_answered_in_order(limited):
    requests = [
        HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
        for body in (
            json.dumps({"records": json.loads(BODY), "id": f"n{number}"}).encode()
            for number in range(20)
        )
    ]
    response = responses_to(limited, b"".join(requests), end=True)
    places = [response.find(b'"id":"n%d"' % number) for number in range(20)]
    assert -1 not in places
    assert places == sorted(places)


def test_endless_pipelining_is_cut_off(limited):
    before = memory(limited)
    responses_to(limited, *([b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n" * 5000] * 20))
    assert memory(limited) - before < 60 * MIB
    assert is_well(limited)


def test_the_memory_for_concurrent_large_bodies_is_limited(limited):
    """Of sixty bodies of 7 MiB that never end, the server keeps 16 MiB, not 420."""
    before, statuses, lines = memory(limited), [], []
    body = b"[" + b" " * (7 * MIB)

    def send():
        line = dial(limited)
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
        peak = max(peak, memory(limited))
        time.sleep(0.02)
    for line in lines:
        line.close()
    assert set(statuses) <= {b"503", b"408", b"closed"}
    assert b"503" in statuses
    assert peak - before < 150 * MIB
    assert is_well(limited)


def changed(count, seed, most, cut):
    """A good request with some bytes of others, and cut off somewhere."""
    chance = random.Random(seed)
    for _ in range(count):
        piece = bytearray(GOOD)
        for _ in range(chance.randrange(1, most)):
            piece[chance.randrange(len(piece))] = chance.randrange(256)
        yield bytes(piece[: chance.randrange(1, len(piece))] if cut else piece), False


def test_random_bytes(limited):
    seed, count = chosen(60, 4)
    pieces(limited, list(changed(count, seed, 12, cut=False)), "test_random_bytes", seed)


@pytest.mark.stress
def test_random_bytes_for_a_long_time(limited):
    """What it grows by is the sum of all: that is not made smaller, the seed repeats it."""
    seed, count = chosen(20_000, time.time_ns() % 10**6)
    start = memory(limited)
    pieces(limited, list(changed(count, seed, 40, cut=True)), "test_random_bytes", seed, 500)
    assert memory(limited) - start < 50 * MIB, f"NBMODEL_SEED={seed} NBMODEL_CAMPAIGN={count}"
