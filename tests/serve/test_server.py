"""The server process: the stage it follows, the clients it refuses, how it starts and stops."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nbmodel.errors import ServerFailed
from tests.serve.conftest import X, fitted
from tests.waiting import until

RECORDS = X.head(1).to_dict("records")


def test_a_server_follows_the_stage_and_no_request_fails(serve, registry):
    client = serve("churn@prod")
    registry.commit(fitted(0.1), "churn", "C=0.1")
    seen, failed, stop = [], [], threading.Event()

    def ask():
        while not stop.is_set():
            answer = client.ask("/predict", RECORDS)
            seen.append(answer.version)
            if answer.status != 200 or answer.json["version"] != answer.version:
                failed.append(answer)

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for thread in asking:
        thread.start()
    try:
        until(lambda: len(seen) > 20)
        registry.promote("churn@2", "prod", "better")
        until(lambda: seen[-1] == "churn@2")
        registry.rollback("churn@prod", "worse after all")
        until(lambda: seen[-1] == "churn@1")
    finally:
        stop.set()
        for thread in asking:
            thread.join()
    assert failed == []
    assert set(seen) == {"churn@1", "churn@2"}


def test_a_canary_answers_its_share_and_an_id_always_gets_the_same_version(serve, registry):
    registry.commit(fitted(0.1), "churn", "C=0.1")
    client = serve("churn@1", "--canary", "churn@2=25%")
    ids = [f"customer-{number}" for number in range(200)]

    def version(name):
        return client.ask("/predict", {"records": RECORDS, "id": name}).version

    first = [version(name) for name in ids]
    assert 20 < first.count("churn@2") < 80
    assert [version(name) for name in ids[:40]] == first[:40]
    assert client.ask("/v2/models/churn/versions/2/infer", {"inputs": []}).status == 400


def test_a_shadow_never_answers(serve, registry):
    registry.commit(fitted(0.1), "churn", "C=0.1")
    client = serve("churn@1", "--shadow", "churn@2")
    assert {client.ask("/predict", RECORDS).version for _ in range(10)} == {"churn@1"}


def test_a_version_that_cannot_be_loaded_does_not_replace_the_old_one(serve, registry):
    client = serve("churn@prod")
    registry.commit({"no": "model"}, "churn", "a mistake")
    registry.promote("churn@2", "prod", "unseen")
    until(lambda: client.ask("/v2/models/churn").json["parameters"].get("problem"))
    assert client.ask("/predict", RECORDS).version == "churn@1"
    registry.commit(fitted(0.1), "churn", "mended")
    registry.promote("churn@3", "prod", "seen")
    until(lambda: client.ask("/predict", RECORDS).version == "churn@3")


def test_another_host_name_is_refused(serve):
    client = serve("churn@prod")
    port = client.address.port
    assert client.ask("/v2", Host=f"localhost:{port}").status == 200
    assert client.ask("/v2", Host=f"evil.example:{port}").status == 421


def test_a_token_is_required(serve):
    client = serve("churn@prod", "--token", "word")
    assert client.ask("/predict", RECORDS).status == 401
    assert client.ask("/predict", RECORDS, Authorization="Bearer other").status == 401
    assert client.ask("/predict", RECORDS, Authorization="Bearer word").status == 200
    assert client.ask("/v2/health/ready").status == 200


def test_an_address_off_loopback_has_a_token(serve):
    client = serve("churn@prod", "--host", "0.0.0.0")
    assert len(client.server.token) > 20
    assert client.ask("/predict", RECORDS).status == 401


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["churn@9"], "no version"),
        (["nope"], "no model"),
        (["churn@1", "churn@1"], "served twice"),
        (["churn@1", "--canary", "churn@1=130%"], "not a share"),
    ],
)
def test_an_error_at_the_start_is_reported(serve, words, message):
    with pytest.raises(ServerFailed, match=message):
        serve(*words)


def test_a_port_in_use_is_reported(serve):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ServerFailed, match="Address already in use"):
            serve("churn@prod", "--port", str(taken.getsockname()[1]))


def test_a_server_that_stops_finishes_its_requests(serve):
    client = serve("churn@prod")
    line = socket.create_connection((client.address.hostname, client.address.port))
    body = b'{"records": ['
    line.sendall(
        b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n" + body
    )
    # The server reads in the order of arrival: this answer says that it has read the line too.
    assert client.ask("/v2/health/ready").status == 200
    os.kill(client.server.pid, signal.SIGTERM)
    until(lambda: refuses(client.address))
    line.sendall(b"]}".rjust(1000 - len(body)))
    assert line.makefile("rb").readline().startswith(b"HTTP/1.1 400")
    line.close()
    assert client.server.process.wait(10) == 0


def refuses(address):
    """Whether no server listens at an address."""
    with socket.socket() as line:
        return line.connect_ex((address.hostname, address.port)) != 0


def test_a_server_ends_with_the_process_that_started_it(registry, tmp_path):
    script = f"""
import os, sys
from pathlib import Path
from nbmodel.serve.process import start
server = start(Path({str(registry.path)!r}), ["churn@prod", "--port", "0"],
               detach=False, log=Path({str(tmp_path / "log")!r}))
print(server.pid, flush=True)
os._exit(1)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    pid = int(done.stdout)
    until(lambda: state(pid) in ("gone", "Z"))


def state(pid):
    """The state of a process in ``/proc``: Z is a zombie, whose parent did not wait for it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "gone"
