"""A server that ends while it answers: the notebook gets an error, not a traceback."""

from __future__ import annotations

import socket
import threading

import pytest

from nbmodel.errors import ServerFailed
from nbmodel.serve.process import RunningServer


@pytest.fixture
def half_answer():
    """The address of a server that promises 100 bytes, sends two, and closes the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}")

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def server_at(address: str) -> RunningServer:
    return RunningServer(address=address, versions={"clf": "clf@1"}, pid=1, detached=True)


def test_an_incomplete_answer_is_an_error_of_the_connection(half_answer):
    with pytest.raises(ConnectionError, match="incomplete"):
        server_at(half_answer).ask("/metrics")


def test_a_prediction_that_the_server_did_not_finish_is_named(half_answer):
    with pytest.raises(ServerFailed, match="incomplete"):
        server_at(half_answer).predict([{"a": 1}])
