"""Requests that are scored without a task get the same responses as requests with one."""

from __future__ import annotations

import asyncio
import json
import socket
import time

import numpy as np
import pytest
import uvicorn
from sklearn.ensemble import RandomForestClassifier

from nbmodel.serve.http.connection import Connection
from nbmodel.serve.http.middleware import RequestLimits
from nbmodel.serve.inference.loaded import load
from nbmodel.serve.workers.worker import UVICORN_SETTINGS
from tests.fixtures.servers import limited_server
from tests.serve.conftest import X, Y, fitted
from tests.waiting import until

ROW = X.iloc[[300]]
ENVELOPE = {"records": ROW.to_dict("records"), "method": "predict_proba", "id": "one"}
BODY = json.dumps(ENVELOPE).encode()
COLUMNS = json.dumps(
    {
        "id": "two",
        "inputs": [
            {"name": name, "shape": [3], "datatype": "FP64", "data": X[name].head(3).tolist()}
            for name in X
        ],
        "outputs": [{"name": "decision_function"}],
    }
).encode()


def request(path, body, *headers, version="1.1"):
    lines = [f"POST {path} HTTP/{version}", "Host: localhost", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def dial(client):
    return socket.create_connection((client.address.hostname, client.address.port), timeout=20)


def answers(line, count):
    """Read `count` responses: status, headers without the date, body."""
    file, responses = line.makefile("rb"), []
    for _ in range(count):
        status = int(file.readline().split()[1])
        headers = {}
        while (head := file.readline().strip()) != b"":
            name, _, value = head.decode().partition(": ")
            headers[name] = value
        headers.pop("date")
        responses.append((status, headers, file.read(int(headers["content-length"]))))
    return responses


def ask(client, *pieces, count=1):
    with dial(client) as line:
        for piece in pieces:
            line.sendall(piece)
            time.sleep(0.05 if len(pieces) > 1 else 0)
        return answers(line, count)


REQUESTS = {
    "records": ("/predict/churn", BODY),
    "the only model": ("/predict", BODY),
    "tensors": ("/v2/models/churn/infer", COLUMNS),
    "no JSON": ("/predict", b"{"),
    "an unknown column": ("/predict", b'{"id": "x", "records": [{"a": 1}]}'),
    "an unknown method": ("/predict", b'{"id": "x", "records": [], "method": "none"}'),
    "several outputs": ("/v2/models/churn/infer", COLUMNS.replace(
        b'[{"name": "decision_function"}]', b'[{"name": "predict"}, {"name": "predict_proba"}]')),
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_in_pieces_gets_the_same_answer(client, name):
    whole = request(*REQUESTS[name])
    at = whole.index(b"\r\n\r\n") + 4
    (response,) = ask(client, whole)
    assert [response] == ask(client, whole[:at], whole[at:])
    assert [response] == ask(client, whole[: at + 1], whole[at + 1 :])
    assert [response] == ask(client, whole[: at - 9], whole[at - 9 :])


def test_the_outputs_are_those_of_the_notebook_bit_for_bit(client):
    model = fitted(1.0)
    ((_, _, body),) = ask(client, request("/predict", BODY))
    assert np.array_equal(json.loads(body)["predict_proba"], model.predict_proba(ROW))
    ((_, _, body),) = ask(client, request("/v2/models/churn/infer", COLUMNS))
    output = json.loads(body)["outputs"][0]
    assert output["datatype"] == "FP64"
    assert np.array_equal(output["data"], model.decision_function(X.head(3)))


@pytest.mark.parametrize("value", [None, 1e308])
def test_a_refusal_of_the_model_is_quoted(client, value):
    record = ROW.to_dict("records")[0] | {"mean area": value}
    body = json.dumps({"records": [record], "id": "x"}).encode()
    ((status, _, answer),) = ask(client, request("/predict", body))
    if value is None:
        assert status == 422
        assert "Input X contains NaN" in json.loads(answer)["error"]
    else:
        changed = ROW.assign(**{"mean area": value})
        assert json.loads(answer)["predict"] == fitted(1.0).predict(changed).tolist()


def test_pipelined_requests_are_answered_in_order(client):
    bodies = [json.dumps(ENVELOPE | {"id": str(number)}).encode() for number in range(40)]
    responses = ask(client, b"".join(request("/predict", body) for body in bodies), count=40)
    assert [json.loads(body)["id"] for _, _, body in responses] == [str(n) for n in range(40)]


def test_a_chunked_body_gets_the_same_answer(client):
    half = len(BODY) // 2
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(c), c) for c in (BODY[:half], BODY[half:], b""))
    head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert ask(client, head + chunks) == ask(client, request("/predict", BODY))


@pytest.mark.parametrize(
    ("version", "headers"),
    [("1.1", ["Connection: close"]), ("1.0", [])],
)
def test_the_connection_closes_when_the_client_wants_it(client, version, headers):
    with dial(client) as line:
        line.sendall(request("/predict", BODY, *headers, version=version))
        ((status, named, _),) = answers(line, 1)
        assert (status, named["connection"]) == (200, "close")
        assert line.recv(1) == b""


def test_a_client_that_expects_100_continue_receives_it(client):
    with dial(client) as line:
        whole = request("/predict", BODY, "Expect: 100-continue")
        line.sendall(whole[: -len(BODY)])
        assert line.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(BODY)
        assert answers(line, 1)[0][0] == 200


def test_clients_that_disconnect_at_once_do_not_count_as_running(registry, tmp_path):
    with limited_server(registry, tmp_path, max_concurrent=4) as client:
        for _ in range(50):
            with dial(client) as line:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                line.sendall(request("/predict", BODY))
        until(lambda: client.ask("/predict", BODY).status == 200)
        assert all(client.ask("/predict", BODY).status == 200 for _ in range(20))


def test_a_body_of_one_byte_too_many_is_refused(registry, tmp_path):
    with limited_server(registry, tmp_path, max_body_bytes=len(BODY)) as client:
        assert ask(client, request("/predict", BODY))[0][0] == 200
        assert ask(client, request("/predict", BODY + b" "))[0][0] == 413
        chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY) + 1, BODY + b" ")
        head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert ask(client, head + chunk)[0][0] == 413


def test_a_shadow_scores_the_requests_of_another_version(serve, registry):
    registry.commit(fitted(0.1), "churn", "C=0.1")
    client = serve("churn@1", "--shadow", "churn@2", "--no-log")
    assert client.ask("/predict", BODY).version == "churn@1"


def test_a_connection_that_is_idle_too_long_is_closed():
    async def application(scope, receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async def run():
        loop = asyncio.get_running_loop()
        server = uvicorn.Server(uvicorn.Config(application, **UVICORN_SETTINGS))
        server.config.load()
        made = []

        def connect():
            state = server.server_state
            made.append(
                Connection(
                    limits=RequestLimits(), config=server.config, server_state=state, app_state={}
                )
            )
            return made[-1]

        listening = await loop.create_server(connect, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"204" in await reader.readuntil(b"\r\n\r\n")
        rest = UVICORN_SETTINGS["timeout_keep_alive"]
        made[0].check(loop.time() + rest - 1)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"204" in await reader.readuntil(b"\r\n\r\n")
        made[0].check(loop.time() + rest + 1)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        listening.close()

    asyncio.run(run())


def test_a_forest_too_slow_for_acceptance_rows_is_compiled_with_the_same_outputs(serve, registry):
    forest = RandomForestClassifier(60, min_samples_leaf=5, random_state=0, n_jobs=2).fit(X, Y)
    registry.commit(forest, "forest", data=X)
    served = load(registry, "forest", None)
    assert served.batchers["predict"].is_quick(1)
    forest.n_jobs = 1
    client = serve("forest", "--no-log")
    body = {"records": X.head(20).to_dict("records"), "method": "predict_proba"}
    outputs = client.ask("/predict/forest", body).json["predict_proba"]
    assert np.array_equal(outputs, forest.predict_proba(X.head(20)))
