"""Webhooks with a real server: their content, the addresses that are refused, and time limits."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from nbmodel.errors import InvalidValue
from nbmodel.monitor.alerts import notify
from nbmodel.monitor.alerts.channels import table, webhook
from nbmodel.monitor.alerts.channels.base import NotificationChannel
from nbmodel.monitor.alerts.channels.table import check_notifier, recipient
from nbmodel.monitor.alerts.notify import Notifier, allow, is_allowed


@dataclass
class Message:
    number: int = 1
    seen: list = field(default_factory=list)

    def document(self):
        return {"model": "churn", "number": self.number}

    def text(self):
        return f"firing {self.number}"


@pytest.fixture
def receiver():
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            requests.append((self.command, self.path, dict(self.headers), body))
            if self.path == "/elsewhere":
                self.send_response(302)
                self.send_header("Location", "/target")
            else:
                self.send_response({"/broken": 500}.get(self.path, 204))
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"webhook:http://127.0.0.1:{server.server_port}", requests
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_gets_the_alert_as_json(receiver):
    address, requests = receiver
    allow(f"{address}/hook")
    notifier = Notifier()
    notifier.notify([f"{address}/hook"], Message(7))
    notifier.close()
    ((method, path, headers, body),) = requests
    assert (method, path) == ("POST", "/hook")
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"model": "churn", "number": 7, "text": "firing 7"}
    assert (notifier.sent, notifier.failed) == (1, 0)


def test_an_address_of_another_user_is_not_called_and_is_reported_once(receiver, caplog):
    address, requests = receiver
    notifier = Notifier()
    for _ in range(3):
        notifier.notify([f"{address}/planted", "log:"], Message())
    notifier.close()
    assert requests == []
    assert (notifier.refused, notifier.sent) == (3, 3)
    assert caplog.text.count("set by another user") == 1
    assert "planted" not in caplog.text  # the address of a webhook is a secret
    (digest,) = re.findall(r"sha256:\w+", caplog.text)
    allow(digest)
    allow(digest)
    assert is_allowed(f"{address}/planted")


def test_a_webhook_is_allowed_by_its_whole_address(receiver):
    address, _ = receiver
    allow(f"{address}/a")
    allow(f"{address}/a")
    assert is_allowed(f"{address}/a")
    assert not is_allowed(f"{address}/b")
    assert not is_allowed(f"{address}/")


def test_redirects_are_not_followed_and_failures_counted(receiver, caplog):
    address, requests = receiver
    notifier = Notifier()
    for place in ("elsewhere", "broken"):
        allow(f"{address}/{place}")
        notifier.notify([f"{address}/{place}"], Message())
    notifier.close()
    assert [path for _, path, _, _ in requests] == ["/elsewhere", "/broken"]
    assert notifier.failed == 2
    assert "could not be notified" in caplog.text
    assert "elsewhere" not in caplog.text


def test_an_address_without_a_server_does_not_block(monkeypatch):
    monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", 0.2)
    address = "webhook:http://127.0.0.1:9/"  # nothing listens
    allow(address)
    notifier = Notifier()
    for number in range(500):
        notifier.notify([address], Message(number))
    notifier.close()
    assert notifier.failed + notifier.dropped == 500
    assert notifier.failed >= notify.MAX_QUEUED // 2


@pytest.mark.parametrize(
    "notifier",
    ["webhook:file:///etc/passwd", "webhook:ftp://host/x", "webhook:gopher://x", "webhook:",
     "webhook:http://", "webhook:javascript:alert(1)", "webhook:http://a b/", "webhook://x",
     "webhook:http://host:99999/", "webhook:http://host/\r\nX: y", "mail:x", "", "log:there",
     "sha256:ab", "webhook:http://h/" + "a" * 3000],
)  # fmt: skip
def test_invalid_notifiers_are_refused(notifier):
    with pytest.raises(InvalidValue) as refusal:
        check_notifier(notifier)
    assert "aaa" not in str(refusal.value)


@pytest.mark.parametrize(
    ("notifier", "shown"),
    [
        ("slack:https://hooks.slack.com/services/T0/B0/s3cret", "slack:hooks.slack.com"),
        ("mattermost:https://me:s3cret@chat.example/hooks/s3cret", "mattermost:chat.example"),
        ("webhook:http://[::1:s3cret", "webhook:..."),
        ("slak:https://hooks.slack.com/services/s3cret", "slak"),
        ("https://hooks.slack.com/services/s3cret", "https"),
        ("hooks.slack.com/services/s3cret", "hooks.slack.com"),
        ("mail:nina@example.org", "mail:nina@example.org"),
        ("log:", "log"),
        ("slack:s3cret", "slack:..."),
    ],
)
def test_a_notifier_is_shown_without_its_secret(notifier, shown):
    assert recipient(notifier) == shown


def test_the_address_of_a_plug_in_is_not_shown(monkeypatch):
    pager = {"pager": NotificationChannel(lambda *_: None)}
    monkeypatch.setattr(table, "channels", lambda: table.CHANNELS | pager)
    assert recipient("pager:s3cret-key") == "pager:..."
    assert recipient("pager:https://pager.example/s3cret") == "pager:pager.example"


def test_the_refusal_of_a_notifier_does_not_show_a_secret():
    for notifier in ("slak:https://h/s3cret", "https://h/s3cret", "slack:https:/h/s3cret"):
        with pytest.raises(InvalidValue) as refusal:
            check_notifier(notifier)
        assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize("notifier", ["log:", "webhook:https://hooks.example.org/x?y=z"])
def test_valid_notifiers(notifier):
    assert check_notifier(notifier) == notifier
