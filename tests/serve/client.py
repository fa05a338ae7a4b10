"""An HTTP client that returns every response, including errors."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from nbmodel.serve.process import RunningServer


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def version(self) -> str:
        return self.headers.get("x-nbmodel-version", "")


def answer_of(response: http.client.HTTPResponse) -> Answer:
    """A response, with its headers in lower case."""
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, response.read())


class Client:
    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.address = urlsplit(server.address)

    def ask(self, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a GET, or a POST if there is a body; text and bytes are not encoded."""
        line = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=30)
        try:
            if body is not None and not isinstance(body, str | bytes):
                body = json.dumps(body)
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            line.request("GET" if body is None else "POST", path, body, named)
            return answer_of(line.getresponse())
        finally:
            line.close()
