"""Notifications with ordinary and with hostile text, and a receiver that judges what it gets."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

HOSTILE = [
    "<!channel> <!here> <@U012> <https://evil.example|click>",
    "@all @channel @here @nina @prod churn@prod",
    "``` @all ``` ````@channel```` `@here`",
    "~~~\n@all\n~~~\n\n@channel\r\n\r\n# @here",
    "&lt;!channel&gt; &amp; <&>",
    "x" * 50_000,
    "<" * 50_000,
    "`" * 5_000 + " @all",
    "Bcc: victim@example.org\r\nBcc: victim@example.org\n\nbody\r\n.\r\nQUIT",
    "\u202eevil\u2028@all\x00\x1b[31m",
    "naïve 模型 🤖 =?utf-8?q?spoof?=",
    "[@all](https://evil.example) ![](https://evil.example/pixel.png) <b>@all</b>",
]


@dataclass(frozen=True)
class Message:
    """An alert whose every text is the same; numbers if it is None."""

    words: str | None = None
    state: str = "firing"

    def document(self):
        names = ("version", "stage", "rule", "metric", "last_good", "rollback", "model")
        usual = ("churn@3", "prod", "psi(age) > 0.2", "psi(age)", "churn@2",
                 '%model_rollback churn@prod -m "psi(age) > 0.2"', "churn")  # fmt: skip
        words = dict(zip(names, usual, strict=True))
        if self.words is not None:
            words = dict.fromkeys(names, self.words)
        return {**words, "alert": "0" * 8, "state": self.state, "value": 0.98, "since": 1.7e9}

    def text(self):
        return f"{self.state}  {self.words or 'churn@3 in prod  psi(age) > 0.2'}"


@pytest.fixture(scope="module")
def receiver():
    """A web server; its rules return the reason why it refuses a body, by the path of the URL."""
    bodies, rules = [], {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            bodies.append(body)
            reason = rules[self.path](body)
            if self.headers["Content-Type"] != "application/json":
                reason = "invalid_content_type"
            self.send_response(400 if reason else 200)
            self.end_headers()
            self.wfile.write((reason or "ok").encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", bodies, rules
        server.shutdown()
        thread.join()
