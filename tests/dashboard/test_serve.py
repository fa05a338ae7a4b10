"""A real `nbmodel dashboard`: what it serves, which clients it refuses, and how it ends."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tornado.httpclient import HTTPRequest
from tornado.ioloop import IOLoop
from tornado.websocket import websocket_connect

import nbmodel
from tests.dashboard.conftest import EVIL, Served
from tests.waiting import until

MIME = "application/vnd.nbmodel.panel+json"


def data_of(text):
    """What the page's script reads: the address of the kernel, and the first view of the panel."""
    documents = re.findall(
        r'<script [^>]*type="application/[^"]*json">(.*?)</script>', text, re.DOTALL
    )
    config, output = map(json.loads, documents)
    return config, output["data"][MIME]


@pytest.fixture(scope="module")
def page(served):
    status, headers, text = served.get()
    assert status == 200
    return headers, text


def test_the_page_contains_the_first_view(page):
    _, shown = data_of(page[1])
    first = shown["traits"]["initial"]
    assert first["registry"]["readOnly"]
    assert {row["ref"] for row in first["rows"]["rows"]} == {"net:exp@4", "top@1"} or {
        row["model"] for row in first["rows"]["rows"]
    } == {"net", "top"}
    assert not {"promote", "checkout", "card"} & set(shown["traits"]["verbs"])


def test_the_policy_is_strict_and_named_by_header(served, page):
    policy = page[0]["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    assert f"ws://{urlsplit(served.url).netloc}" in policy
    assert page[0]["Referrer-Policy"] == "same-origin"
    assert page[0]["X-Content-Type-Options"] == "nosniff"


def test_the_page_needs_nothing_from_elsewhere_and_runs_no_inline_script(page):
    text = page[1]
    assert re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", text) == []
    scripts = re.findall(r"<script([^>]*)>", text)
    assert all('type="application/' in tag or "src=" in tag for tag in scripts)
    assert not re.search(r"\son\w+=", re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL))


def test_hostile_names_are_text(page):
    title = re.search(r"<title>(.*?)</title>", page[1])[1]
    assert title == "my models &lt;i&gt; · models"
    assert "<img" not in page[1]
    _, shown = data_of(page[1])
    assert EVIL in json.dumps(shown, ensure_ascii=False)


def test_only_files_of_the_dashboard_are_served(served):
    for name, kind in (("live.js", "javascript"), ("live.css", "text/css")):
        status, headers, text = served.get(f"{served.url}voila/static/{name}")
        assert (status, len(text) > 1000) == (200, True)
        assert kind in headers["Content-Type"]
    for path in ("voila/files/registry.ipynb", "voila/files/serve.py", "api/contents", "tree"):
        status, _, text = served.get(served.url + path)
        assert status >= 400, path
        assert "is not one of this dashboard" in text or "Forbidden" in text, text


@pytest.mark.parametrize("host", ["evil.example.org", "evil.example.org:80", "10.0.0.1"])
def test_another_name_for_this_machine_is_refused(served, host):
    assert served.get(Host=host)[0] == 403


def test_a_template_cannot_be_chosen_by_a_viewer(served):
    _, headers, text = served.get(f"{served.url}?template=lab&theme=dark")
    assert "cdn" not in text
    assert "live.js" in text
    assert "script-src 'self';" in headers["Content-Security-Policy"]


def ask(served, config, comm, messages, ids):
    """Send raw messages over the web socket and collect replies until each of `ids` came."""

    async def talk():
        place = f"{urlsplit(served.url).netloc}/api/kernels/{config['kernelId']}/channels"
        socket = await websocket_connect(HTTPRequest(f"ws://{place}", connect_timeout=30))
        for number, (kind, content) in enumerate(messages):
            header = {"msg_id": f"m{number}", "msg_type": kind, "session": "s", "version": "5.3"}
            whole = {"channel": "shell", "header": header | {"username": "", "date": ""}}
            whole |= {"parent_header": {}, "metadata": {}, "content": content}
            await socket.write_message(json.dumps(whole))
        replies = {}
        while set(replies) != set(ids):
            text = await socket.read_message()
            assert text is not None, "the socket was closed"
            message = json.loads(text)
            inner = message["content"].get("data", {})
            reply = inner.get("content") if isinstance(inner, dict) else None
            if message["msg_type"] == "comm_msg" and isinstance(reply, dict) and "id" in reply:
                replies[reply["id"]] = reply
        socket.close()
        return replies

    return IOLoop().run_sync(talk, timeout=60)


def test_raw_messages_of_a_viewer_change_nothing(served, folder):
    config, shown = data_of(served.get()[2])
    before = subprocess.run(
        ["git", "-C", str(folder), "for-each-ref"], capture_output=True, check=True
    ).stdout

    def custom(verb, **args):
        content = {"id": verb, "verb": verb, "args": args}
        return "comm_msg", {
            "comm_id": shown["comm"],
            "data": {"method": "custom", "content": content},
        }

    commit = "import nbmodel; nbmodel.commit({'x': 1}, 'planted')"
    messages = [
        ("execute_request", {"code": commit, "silent": False, "store_history": False}),
        ("complete_request", {"code": "%model_", "cursor_pos": 7}),
        custom("promote", ref="net@1", stage="dev", message="x"),
        custom("rollback", ref="net@prod", message="x"),
        custom("release", ref="net@1", bump="major"),
        custom("card", ref="net", text="# mine"),
        custom("checkout", ref="net@1", variable="x", trust=True),
        custom("version", ref="net@2"),
    ]
    verbs = [m[1]["data"]["content"]["verb"] for m in messages[2:]]
    replies = ask(served, config, shown["comm"], messages, verbs)
    assert replies.pop("version")["answer"]["row"]["ref"] == "net@2"
    assert {reply["error"]["kind"] for reply in replies.values()} == {"ReadOnlyRegistry"}
    after = subprocess.run(
        ["git", "-C", str(folder), "for-each-ref"], capture_output=True, check=True
    ).stdout
    assert after == before


def test_a_viewer_sees_a_version_committed_after_the_kernel_started(served, folder):
    with nbmodel.open(folder) as registry:
        registry.commit({"late": 1}, "late", "after the start")
    config, shown = data_of(served.get()[2])
    question = {"id": "r", "verb": "rows", "args": {}}
    message = {"comm_id": shown["comm"], "data": {"method": "custom", "content": question}}
    replies = ask(served, config, shown["comm"], [("comm_msg", message)], ["r"])
    assert "late@1" in [row["ref"] for row in replies["r"]["answer"]["rows"]]


# -- other ways to start it --------------------------------------------------


def test_other_machines_need_the_token_and_ctrl_c_also_ends_the_kernels(folder):
    running = Served("--repo", str(folder), "--host", "0.0.0.0", "--model", "net")
    try:
        bare, token = running.url.split("?token=")
        assert len(token) >= 32
        status, _, text = running.get(bare)
        assert "jupyter-config-data" not in text
        assert "opens with a token" in text
        assert "new_password" not in text
        assert running.get(f"{bare}?token=wrong")[2].count("jupyter-config-data") == 0
        status, _, text = running.get()
        assert status == 200
        assert data_of(text)[1]["traits"]["opening"] == {"model": "net"}
        kernel = data_of(text)[0]["kernelId"]
        assert running.get(f"{bare}api/kernels/{kernel}")[0] in (401, 403)
        kernels = running.kernels()
        assert len(kernels) >= 2
    finally:
        code = running.end(signal.SIGINT)
    assert code == 0, running.output
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in kernels))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--repo", "/nonexistent"], "no model registry"),
        (["--model", "nett"], "Did you mean net?"),
        (["--port", "99999"], "is not a port"),
        (["--host", "no.such.host.invalid"], "is not an address"),
        (["--token", "a b"], "letters and digits"),
        (["--limit", "3"], "--static"),
        (["--force"], "--static"),
    ],
)
def test_an_impossible_option_is_refused_at_once(folder, args, message):
    done = subprocess.run(
        [sys.executable, "-m", "nbmodel.cli", "dashboard", "--no-browser", *args],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
