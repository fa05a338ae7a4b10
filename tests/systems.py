"""Other people's servers, the real ones, each with its own folder and ports of this machine."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from tests.waiting import until_ready


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def asked(url: str) -> Any:
    """The JSON at a URL; None if nobody answers yet."""
    try:
        with urlopen(url, timeout=10) as answer:
            return json.loads(answer.read() or "null")
    except (URLError, ConnectionError):
        return None


@contextmanager
def running(command: list[str], folder: Path, ready: Callable[[], Any]) -> Iterator[None]:
    """A server for as long as the block lasts."""
    log = folder / "said"
    with log.open("wb") as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said)
        try:
            until_ready(process, ready, log)
            yield
        finally:
            process.terminate()
            process.wait(20)


@contextmanager
def receiving() -> Iterator[tuple[str, list[Any]]]:
    """A server that takes any POST: its address, and the JSON that it got."""
    got: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", got
        server.shutdown()
        thread.join()
